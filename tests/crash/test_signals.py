"""Signals and limits of the system: an end in order, a pause, and memory that is not there.

What the system does to a process when all memory is used up is kill -9: see test_kill.
"""

import asyncio
import os
import resource
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import uvloop

from bench.child import PASSWORD, ChildGateway, GatewayFailed
from protocol.client import Client
from protocol.terminal import SessionEnded, rows_of
from protocol.vocabulary import ReportKind
from tests.crash.seeds import seeds
from tests.crash.witness import (
    WAITING_SECONDS,
    Launched,
    Witness,
    begin_trading,
    check,
    configure_day,
    end_well,
    stream_of,
    witnesses_of,
)
from tests.gateway.conftest import configure, daybook_of, edit
from tests.gateway.orders import rows_to_enter

TERMS = 3
LOAD_SECONDS = 0.15
MIB = 1 << 20


async def trade_until_terminated(
    gateway: ChildGateway, witnesses: Sequence[Witness], seconds: float
) -> None:
    """Let the witnesses trade, and ask the venue to stop after so many seconds."""
    trading = asyncio.gather(*(witness.trade(gateway) for witness in witnesses))
    await asyncio.sleep(seconds)
    gateway.process.send_signal(signal.SIGTERM)
    for said in await trading:
        assert said in ("the venue shuts down", "the connection was closed")


@seeds(2, long=20)
def test_sigterm_in_a_burst_answers_all_that_is_in_the_journal(tmp_path, seed):
    random = Random(seed)
    config = configure_day(tmp_path, journal="sync" if seed % 2 else "buffered")
    daybook, witnesses = daybook_of(config), witnesses_of(seed)
    for term in range(TERMS):
        with ChildGateway(config) as gateway:
            if term == 0:
                uvloop.run(begin_trading(gateway))
            seconds = LOAD_SECONDS * (0.2 + random.random())
            uvloop.run(trade_until_terminated(gateway, witnesses, seconds))
            assert gateway.process.wait(WAITING_SECONDS) == 0
        day = check(daybook, witnesses)
        assert daybook.read_reports().tobytes() == day.reports.tobytes()
        for witness in witnesses:
            assert stream_of(day, witness).tobytes() == witness.heard
    end_well(config, witnesses)


async def connect(gateway: ChildGateway, user: str) -> Client:
    return await Client.connect(
        gateway.host, gateway.port, user, PASSWORD, packed=True, next_report=0
    )


@contextmanager
def standing_still(gateway: ChildGateway) -> Iterator[None]:
    """Stop the process, and let it go on in the end."""
    gateway.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, gateway.process.pid, os.WSTOPPED | os.WNOWAIT)
    try:
        yield
    finally:
        gateway.process.send_signal(signal.SIGCONT)


async def hear_accepted(client: Client, last: int) -> list[int]:
    """Return the numbers of the orders that are accepted, up to this one."""
    accepted: list[int] = []
    while last not in accepted:
        rows = rows_of(await asyncio.wait_for(client.receive(), WAITING_SECONDS))
        accepted += rows["client_seq"][rows["kind"] == ReportKind.ACCEPTED].tolist()
    return accepted


@pytest.mark.parametrize("seconds", [3.5, pytest.param(31, marks=pytest.mark.long)])
def test_a_venue_that_stood_still_goes_on_where_it_was(tmp_path, seconds):
    """It was stopped for more than three heartbeats.  Who went on beating lives, who did not is
    cut, and who gave up and came again has the one session of its user."""
    config = configure(tmp_path)
    edit(config, "port = 0\n", "port = 0\nheartbeat_seconds = 1\n")

    async def play(gateway: ChildGateway) -> None:
        await begin_trading(gateway)
        users = ("terminal1", "terminal2", "terminal3")
        alive, mute, impatient = [await connect(gateway, user) for user in users]
        mute.beating.cancel()
        await alive.send(rows_to_enter(1, 10))
        assert await hear_accepted(alive, 10) == list(range(1, 11))

        with standing_still(gateway):
            await alive.send(rows_to_enter(11, 5_000))
            impatient.beating.cancel()
            impatient.writer.close()
            again = asyncio.create_task(connect(gateway, "terminal3"))
            await asyncio.sleep(seconds)
            assert not again.done()

        assert await hear_accepted(alive, 5_010) == list(range(11, 5_011))
        impatient = await asyncio.wait_for(again, WAITING_SECONDS)
        await impatient.send(rows_to_enter(1, 1, account=2001))
        assert await hear_accepted(impatient, 1) == [1]
        with pytest.raises(SessionEnded, match="nothing was heard for three heartbeats"):
            await asyncio.wait_for(mute.receive(), WAITING_SECONDS)
        await alive.send(rows_to_enter(5_011, 1))
        assert await hear_accepted(alive, 5_011) == [5_011]
        for client in (alive, mute, impatient):
            await client.close()

    with ChildGateway(config) as gateway:
        uvloop.run(play(gateway))
        assert gateway.stop() == 0
    check(daybook_of(config), [])


def limit_memory(gateway: ChildGateway, size: int) -> None:
    """Let the process have no more than so many bytes of address space."""
    resource.prlimit(gateway.process.pid, resource.RLIMIT_AS, (size, size))


def test_too_little_memory_to_begin_with_is_said_in_a_line(tmp_path):
    config = configure(tmp_path, orders=100_000_000)
    with Launched(config) as gateway:
        limit_memory(gateway, 1_500 * MIB)
        with pytest.raises(GatewayFailed) as failed:
            gateway.wait_until_it_listens()
        assert gateway.process.returncode == 1
    said = str(failed.value).splitlines()[-1]
    assert said.startswith("cuohe serve: out of memory: Unable to allocate ")
    assert said.endswith("lower the largest numbers under [capacity] in the configuration")
    assert "Traceback" not in str(failed.value)
    assert not daybook_of(config).journal.exists()


def size_of(gateway: ChildGateway) -> int:
    """Return the bytes of address space that the process has."""
    pages = Path(f"/proc/{gateway.process.pid}/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


@pytest.mark.parametrize(("journal", "room"), [("sync", 16 * MIB), ("buffered", 2 * MIB)])
def test_memory_that_runs_out_stops_the_venue_and_loses_nothing(tmp_path, journal, room):
    config = configure_day(tmp_path, journal=journal)
    witnesses = witnesses_of(1)

    async def play(gateway: ChildGateway) -> None:
        await begin_trading(gateway)
        limit_memory(gateway, size_of(gateway) + room)
        async with asyncio.timeout(WAITING_SECONDS):
            while gateway.process.poll() is None:
                await asyncio.gather(*(witness.trade(gateway) for witness in witnesses))

    with ChildGateway(config) as gateway:
        uvloop.run(play(gateway))
        assert gateway.process.wait(WAITING_SECONDS) != 0
    check(daybook_of(config), witnesses)
    assert any(witness.unanswered for witness in witnesses)
    end_well(config, witnesses)

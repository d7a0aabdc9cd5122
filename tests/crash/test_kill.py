"""kill -9 while clients trade, or while a day is taken up again: what was told stays true.

The system ends a process by the same signal when memory runs out, so this is that end, too.
"""

import asyncio
import time
from pathlib import Path
from random import Random

import pytest
import uvloop

from bench.child import PASSWORD, ChildGateway
from engine.storage.snapshots import Snapshots
from protocol.client import Client
from protocol.terminal import SessionEnded
from tests.crash.seeds import seeds
from tests.crash.witness import (
    REQUESTS,
    WAITING_SECONDS,
    Launched,
    Witness,
    begin_trading,
    check,
    configure_day,
    end_well,
    witnesses_of,
)
from tests.gateway.conftest import daybook_of

KILLS = 5
"""In each day under load, and as many in each recovery."""

LOAD_SECONDS = 0.15
"""A kill comes at most so late after the witnesses have set out to log in."""


async def trade_until_killed(
    gateway: ChildGateway, witnesses: list[Witness], seconds: float
) -> None:
    """Let the witnesses trade, and kill the venue so many seconds after it has a snapshot."""
    trading = asyncio.gather(*(witness.trade(gateway) for witness in witnesses))
    await until_there_is_a_snapshot(gateway)
    await asyncio.sleep(seconds)
    gateway.kill()
    for said in await trading:
        assert said.startswith("the connection")


async def until_there_is_a_snapshot(gateway: ChildGateway) -> None:
    """Wait until some start can go on from a snapshot, as every one but the first can at once."""
    snapshots = Snapshots(daybook_of(gateway.config).snapshots)
    async with asyncio.timeout(WAITING_SECONDS):
        while not snapshots.paths():
            await asyncio.sleep(0.01)


@seeds(4, long=200)
def test_a_day_of_kills_loses_and_doubles_nothing(tmp_path, seed):
    random = Random(seed)
    config = configure_day(tmp_path, journal="sync" if seed % 2 else "buffered")
    witnesses = witnesses_of(seed)
    unanswered = []
    for kill in range(KILLS):
        with ChildGateway(config) as gateway:
            if kill == 0:
                uvloop.run(begin_trading(gateway))
            uvloop.run(trade_until_killed(gateway, witnesses, LOAD_SECONDS * random.random()))
        check(daybook_of(config), witnesses)
        unanswered.append(sum(witness.unanswered for witness in witnesses))
    assert any(unanswered)
    assert all(0 < witness.sent < REQUESTS for witness in witnesses)
    end_well(config, witnesses)


def is_locked(gateway: ChildGateway) -> bool:
    """Say whether the process has locked the journal, which it does before it reads it."""
    locks = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return any(lock[1] == "FLOCK" and lock[4] == str(gateway.process.pid) for lock in locks)


def wait_until_locked(gateway: ChildGateway) -> None:
    deadline = time.monotonic() + WAITING_SECONDS
    while not is_locked(gateway):
        assert time.monotonic() < deadline, "the journal is not opened"


@seeds(1, long=10)
def test_a_kill_while_the_day_is_taken_up_again_costs_nothing(tmp_path, seed):
    """The kills come at instants from the moment at which the journal is opened to the moment at
    which the venue listens."""
    random = Random(seed)
    config = configure_day(tmp_path, journal="buffered")
    witnesses = witnesses_of(seed)
    with ChildGateway(config) as gateway:
        uvloop.run(begin_trading(gateway))
        uvloop.run(trade_until_killed(gateway, witnesses, 4 * LOAD_SECONDS))
    with Launched(config) as gateway:
        wait_until_locked(gateway)
        opened = time.monotonic()
        gateway.wait_until_it_listens()
        seconds = time.monotonic() - opened
    early = 0
    for _ in range(KILLS):
        with Launched(config) as gateway:
            wait_until_locked(gateway)
            time.sleep(seconds * random.random())
            gateway.kill()
            early += not gateway.process.stdout.read()
        check(daybook_of(config), witnesses)
    assert early
    end_well(config, witnesses)


def test_a_client_of_a_venue_that_was_killed_can_be_closed(tmp_path):
    async def play(gateway: ChildGateway) -> None:
        client = await Client.connect(gateway.host, gateway.port, "terminal1", PASSWORD)
        gateway.kill()
        with pytest.raises(SessionEnded, match="the connection was closed"):
            await client.receive()
        client.writer.transport.abort()
        await client.writer.wait_closed()
        with pytest.raises(ConnectionError, match="the connection is closed"):
            await client.cancel(1)
        await client.close()

    with ChildGateway(configure_day(tmp_path)) as gateway:
        uvloop.run(play(gateway))

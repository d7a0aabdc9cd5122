"""Crowds of connections: strangers with half a frame, a thousand logins at once, and lost peers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from bench.child import OPERATOR, ChildGateway
from bench.idle import resident_bytes
from protocol.framing import LENGTH, LOGIN_BYTES_MAX
from protocol.messages import Accepted, Heartbeat, Rejected
from protocol.terminal import SessionEnded
from protocol.vocabulary import Phase, Side
from tests.gateway.conftest import configure, edit
from tests.gateway.orders import MOUTAI, PRICE
from tests.reliability.crowd import Crowd, Guest, among, many_files, sockets_of, until_sockets

USERS = 1_000
STRANGER_BYTES_MAX = 64 << 10
GROWTH_MAX = 4 << 20
LOST = 100
TRADER = f"terminal{USERS + 1}"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[ChildGateway]:
    """A gateway with a thousand users and a trader, and room for two thousand more."""
    folder = tmp_path_factory.mktemp("venue")
    config = configure(folder, terminals=[1] * (USERS + 1), journal="none", orders=200_000)
    edit(config, "connections = 2001\n", "connections = 10200\n")
    with many_files(12_000), ChildGateway(config) as gateway:
        among(gateway, open_market)
        yield gateway


async def open_market(crowd: Crowd) -> None:
    operator = await crowd.knock()
    await operator.log_in(OPERATOR, next_report=0)
    operator.writer.write(operator.terminal.change_phase(Phase.CONTINUOUS))
    await operator.receive()


@asynccontextmanager
async def trading(crowd: Crowd) -> AsyncIterator[None]:
    """Let somebody buy and wait for the answer, again and again, until this is left."""
    is_over = asyncio.Event()
    task = asyncio.create_task(trade(crowd, is_over))
    yield
    is_over.set()
    assert await task > 0


async def trade(crowd: Crowd, is_over: asyncio.Event) -> int:
    trader = await crowd.knock()
    accepted = await trader.log_in(TRADER, next_report=0)
    trader.terminal.client_seq = accepted.client_seq
    trades = 0
    while not is_over.is_set():
        trader.writer.write(trader.terminal.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
        assert isinstance(await trader.receive(), Accepted | Rejected)
        trades += 1
    return trades


@pytest.mark.parametrize("count", [2_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_a_stranger_with_half_a_frame_costs_little(gateway, count):
    half = LENGTH.pack(LOGIN_BYTES_MAX) + bytes(LOGIN_BYTES_MAX - 1)

    async def play(crowd: Crowd) -> None:
        await crowd.come(100)
        async with trading(crowd):
            await asyncio.sleep(0.1)
            before = resident_bytes(gateway.process.pid)
            for guest in await crowd.come(count):
                guest.writer.write(half)
                await guest.writer.drain()
            await asyncio.sleep(0.5)
            each = (resident_bytes(gateway.process.pid) - before) / count
            assert each <= STRANGER_BYTES_MAX

    among(gateway, play)


async def come_in(crowd: list[Guest]) -> list[int]:
    """Let all log in at once; return how often each was told to come again."""
    logins = [guest.come_in(f"terminal{number}") for number, guest in enumerate(crowd, 1)]
    return await asyncio.gather(*logins)


def test_a_thousand_logins_at_once_are_taken_or_told_when_to_come_again(gateway):
    async def play(crowd: Crowd) -> None:
        async with trading(crowd):
            first = await crowd.come(USERS)
            assert max(await come_in(first)) < 10
            sockets = sockets_of(gateway)
            second = await crowd.come(USERS)
            assert max(await come_in(second)) == 0, "who was here once needs no argon2id"
            await until_sockets(gateway, sockets)

    among(gateway, play)


@pytest.mark.parametrize("count", [500, pytest.param(5_000, marks=pytest.mark.long)])
def test_connections_that_come_and_go_leave_nothing_behind(gateway, count):
    """Of four, one says nothing, one half a login, one is reset, and one logs in and goes."""

    async def come_and_go(crowd: Crowd, number: int) -> None:
        guest = await crowd.knock()
        match number % 4:
            case 1:
                guest.writer.write(guest.terminal.login("terminal1", "half of it")[:20])
            case 2:
                guest.reset()
            case 3:
                await guest.come_in(f"terminal{1 + number % USERS}", next_report=0)
        await crowd.go()

    async def play(crowd: Crowd) -> None:
        for number in range(100):
            await come_and_go(crowd, number)
        before = resident_bytes(gateway.process.pid)
        for number in range(count):
            await come_and_go(crowd, number)
        assert resident_bytes(gateway.process.pid) - before < GROWTH_MAX

    among(gateway, play)


def test_peers_that_are_lost_are_found_within_their_heartbeats(gateway):
    """A hundred fall silent without closing, a hundred are reset; their users can come again."""

    async def play(crowd: Crowd) -> None:
        base = sockets_of(gateway)
        peers = await crowd.come(2 * LOST)
        logins = [
            guest.come_in(f"terminal{number}", next_report=0, heartbeat_seconds=1)
            for number, guest in enumerate(peers, 1)
        ]
        await asyncio.gather(*logins)
        for guest in peers[LOST:]:
            guest.reset()
        await until_sockets(gateway, base + LOST)
        for guest in peers[:LOST]:
            with pytest.raises(SessionEnded, match="nothing was heard for three heartbeats"):
                while isinstance(await guest.receive(), Heartbeat):
                    pass
        await until_sockets(gateway, base)
        for number, guest in enumerate(await crowd.come(2 * LOST), 1):
            await guest.log_in(f"terminal{number}")

    among(gateway, play)

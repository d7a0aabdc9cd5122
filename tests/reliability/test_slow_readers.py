"""A hundred of a thousand sessions do not read: they are cut, and nobody else notices."""

import asyncio

import pytest

from bench.child import ChildGateway
from bench.idle import resident_bytes
from gateway.connection import UNREAD_BYTES
from protocol.messages import Rejected
from tests.gateway.conftest import configure
from tests.reliability.crowd import (
    WAITING_SECONDS,
    Crowd,
    Guest,
    among,
    cancels,
    many_files,
)

BRISK, SLOW = 900, 100
PIECE = 8_000
RECEIVE_BUFFER = 4_096
PAUSE_SECONDS = 0.3
RESUMED = 5
ASKED_MAX = 160_000
BYTES_EACH_MAX = 4 * UNREAD_BYTES
"""What a slow reader may cost: what waits for it when it is paused, and what a tick may add."""


async def neglect(guest: Guest) -> int:
    """Ask for ever more without reading, but show life; return how many requests were sent until
    the venue has cut the session."""
    guest.writer.transport.pause_reading()
    asked = 0
    async with asyncio.timeout(WAITING_SECONDS):
        while not guest.writer.transport.is_closing():
            if asked < ASKED_MAX:
                guest.writer.write(guest.terminal.send(cancels(asked + 1, PIECE)))
                asked += PIECE
            guest.writer.write(guest.terminal.heartbeat())
            await asyncio.sleep(PAUSE_SECONDS)
    return asked


async def answer(guest: Guest) -> None:
    guest.writer.write(guest.terminal.cancel(1))
    assert isinstance(await guest.receive(), Rejected)


async def keep_on(guests: list[Guest], is_over: asyncio.Event) -> int:
    """Let all ask for one thing after the other; return how often each was answered."""
    rounds = 0
    while not is_over.is_set():
        await asyncio.gather(*map(answer, guests))
        rounds += 1
    return rounds


@pytest.fixture
def gateway(tmp_path):
    config = configure(tmp_path, terminals=[1] * (BRISK + SLOW), journal="none")
    with many_files(2_000), ChildGateway(config) as gateway:
        yield gateway


def test_slow_readers_are_cut_and_come_again_for_the_rest(gateway):
    async def play(crowd: Crowd) -> None:
        guests = await crowd.come(BRISK) + await crowd.come(SLOW, receive_buffer=RECEIVE_BUFFER)
        brisk, slow = guests[:BRISK], guests[BRISK:]
        logins = [guest.come_in(f"terminal{n}", next_report=0) for n, guest in enumerate(brisk, 1)]
        options = {"next_report": 0, "packed": True, "heartbeat_seconds": 1}
        logins += [
            guest.come_in(f"terminal{n}", **options) for n, guest in enumerate(slow, BRISK + 1)
        ]
        await asyncio.gather(*logins)
        before = resident_bytes(gateway.process.pid)
        is_over, most = asyncio.Event(), asyncio.create_task(peak(gateway))
        going_on = asyncio.create_task(keep_on(brisk, is_over))
        asked = await asyncio.gather(*map(neglect, slow))
        most.cancel()
        is_over.set()
        assert await going_on > 1
        assert await most - before < SLOW * BYTES_EACH_MAX
        for number in range(RESUMED):
            again = await crowd.knock()
            user = f"terminal{BRISK + 1 + number}"
            accepted = await again.log_in(user, next_report=1, packed=True)
            assert 0 < accepted.next_report - 1 <= asked[number]
            while again.terminal.next_report < accepted.next_report:
                await again.receive()

    among(gateway, play)
    cut = gateway.log.read_text(encoding="utf-8")
    assert cut.count("TOO_SLOW") == SLOW


async def peak(gateway: ChildGateway) -> int:
    """Return the most memory that the gateway has had, when this is cancelled."""
    most = 0
    try:
        while True:
            most = max(most, resident_bytes(gateway.process.pid))
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        return most

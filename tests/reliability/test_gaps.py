"""Reports asked for again from anywhere: byte for byte what was sent the first time."""

import asyncio
import socket
from collections.abc import Iterator
from random import Random

import numpy as np
import pytest

from bench.child import PASSWORD, ChildGateway
from protocol.client import BlockingClient
from protocol.codec import decode_outbound, encode
from protocol.framing import Frames
from protocol.messages import Heartbeat, ReportBatch
from protocol.records import REPORT
from protocol.terminal import Terminal
from protocol.vocabulary import Hold, Phase
from tests.crash.seeds import seeds
from tests.gateway.conftest import configure, daybook_of
from tests.gateway.exchange import known_keys
from tests.gateway.orders import MOUTAI, rows_to_enter
from tests.reliability.crowd import Crowd, Guest, among, cancels

LIVES = 4
GAPS = 1_000
ORDERS_OF_LIFE = 400
HOLDS_OF_LIFE = 10
ENDS = ("stop", "kill")
BEAT = encode(Heartbeat())[4:]


class Reader:
    """A session that keeps the frames that it is sent as they come, but for heartbeats."""

    def __init__(self, gateway: ChildGateway, user: str, first: int, packed: bool) -> None:
        self.line = socket.create_connection((gateway.host, gateway.port), timeout=60)
        self.packed = packed
        self.frames = Frames()
        self.arrived: list[bytes] = []
        terminal = Terminal(known_keys)
        login = terminal.login(user, PASSWORD, next_report=first, packed=packed)
        self.line.sendall(login)
        self.line.sendall(terminal.prove(decode_outbound(next(self.bodies()))))
        (accepted,) = terminal.receive(
            len(body := next(self.bodies())).to_bytes(4, "little") + body
        )
        self.reports = accepted.next_report - 1
        self.client_seq = accepted.client_seq

    def bodies(self) -> Iterator[bytes]:
        while True:
            while self.arrived:
                if (body := self.arrived.pop(0)) != BEAT:
                    yield body
            self.arrived += self.frames.feed(self.line.recv(1 << 18))

    def hear(self, count: int) -> list[bytes]:
        """Return the next reports, so many or some more: frames, or rows where these are packed."""
        told: list[bytes] = []
        bodies = self.bodies()
        while len(told) < count:
            body = next(bodies)
            if self.packed:
                batch = decode_outbound(body)
                assert isinstance(batch, ReportBatch)
                rows = np.frombuffer(batch.rows, REPORT)
                told += [row.tobytes() for row in rows]
            else:
                told.append(body)
        return told

    def close(self) -> None:
        self.line.close()


FORMS = {"terminal1": False, "terminal2": True}
"""Whether each user takes its reports packed."""


def live(gateway: ChildGateway, told: dict[str, list[bytes]]) -> None:
    """Let users trade and the operator hold and resume; hear on where they had heard all."""
    readers = {
        user: Reader(gateway, user, len(told[user]) + 1, packed) for user, packed in FORMS.items()
    }
    with BlockingClient(gateway.host, gateway.port, "operator", PASSWORD) as operator:
        operator.change_phase(Phase.CONTINUOUS)
        for _ in range(HOLDS_OF_LIFE):
            for reader in readers.values():
                rows = rows_to_enter(reader.client_seq + 1, ORDERS_OF_LIFE // HOLDS_OF_LIFE)
                reader.client_seq += len(rows)
                reader.line.sendall(Terminal().send(rows))
            operator.change_hold(Hold.HALTED, MOUTAI)
            operator.change_hold(Hold.NONE, MOUTAI)
    for user, reader in readers.items():
        told[user] += reader.hear(ORDERS_OF_LIFE + 2 * HOLDS_OF_LIFE + 1)
        reader.close()


def ask_again(gateway: ChildGateway, told: dict[str, list[bytes]], dice: Random) -> None:
    """Log in anew with a gap somewhere, hear some of it or all, and go."""
    user = dice.choice(list(FORMS))
    first = dice.randint(1, len(told[user]))
    count = dice.randint(1, len(told[user]) - first + 1)
    reader = Reader(gateway, user, first, FORMS[user])
    assert reader.reports == len(told[user])
    heard = reader.hear(count)
    assert heard == told[user][first - 1 : first - 1 + len(heard)]
    reader.close()


@seeds(1, 5)
def test_a_thousand_gaps_are_filled_with_the_bytes_of_the_first_time(tmp_path, seed):
    """The gateway stops and is killed in between."""
    config, dice = configure(tmp_path), Random(seed)
    told: dict[str, list[bytes]] = {user: [] for user in FORMS}
    for life in range(LIVES):
        with ChildGateway(config) as gateway:
            if life:
                for _ in range(GAPS // LIVES // 2):
                    ask_again(gateway, told, dice)
            live(gateway, told)
            for _ in range(GAPS // LIVES if life == 0 else GAPS // LIVES // 2):
                ask_again(gateway, told, dice)
            getattr(gateway, ENDS[life % 2])()
    assert len(told["terminal1"]) == len(told["terminal2"]) > LIVES * ORDERS_OF_LIFE


MILLION = 1_000_000
PIECE = 10_000


@pytest.mark.long
def test_a_million_reports_behind_all_come_while_another_trades(tmp_path):
    config = configure(tmp_path)
    with ChildGateway(config) as gateway:

        async def play(crowd: Crowd) -> None:
            far = await crowd.knock()
            await far.log_in("terminal2", next_report=0, packed=True)
            for first in range(1, MILLION, PIECE):
                far.writer.write(far.terminal.send(cancels(first, PIECE)))
                await far.writer.drain()
                heard = 0
                while heard < PIECE:
                    heard += len((await far.receive()).rows) // REPORT.itemsize
            other = await crowd.knock()
            await other.log_in("terminal1", next_report=0)
            behind = await crowd.knock()
            await behind.log_in("terminal2", next_report=1, packed=True)
            catching_up = asyncio.create_task(rows_heard(behind))
            trips = 0
            while not catching_up.done():
                other.writer.write(other.terminal.cancel(1))
                await other.receive()
                trips += 1
            rows = await catching_up
            assert trips > 10
            numbers = np.frombuffer(rows, REPORT)["request_seq"]
            assert np.array_equal(numbers, np.arange(1, MILLION + 1))
            told.append(rows)

        told: list[bytes] = []
        among(gateway, play)
        assert gateway.stop() == 0
    reports = daybook_of(config).read_reports()
    assert reports[reports["session"] == 2].tobytes() == told[0]


async def rows_heard(guest: Guest) -> bytes:
    """Return a million reports, as they come."""
    rows = bytearray()
    while len(rows) < MILLION * REPORT.itemsize:
        rows += (await guest.receive()).rows
    return bytes(rows)

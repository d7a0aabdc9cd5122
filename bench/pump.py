"""Prepared orders sent as fast as they are answered, over one connection or many."""

import asyncio
from collections.abc import Sequence
from struct import Struct
from time import perf_counter
from typing import NamedTuple, cast

import numpy as np

from bench.loads import Load
from protocol.messages import Accepted, Challenge, Rejected, ReportBatch
from protocol.records import REPORT
from protocol.terminal import Terminal
from protocol.vocabulary import ReportKind

LENGTH = Struct("<I")
AHEAD = 65_536
"""Orders that may be on their way, over all connections."""


class Pump(asyncio.BufferedProtocol):
    """Sends a load piece by piece, and counts what comes back."""

    def __init__(self, load: Load, is_packed: bool, ahead: int) -> None:
        self.load = load
        self.is_packed = is_packed
        self.ahead = ahead
        self.terminal = Terminal()
        self.buffer = bytearray(1 << 22)
        self.kept = 0
        self.sent = self.answered = self.reports = self.bytes = 0
        self.next_piece = 0
        self.is_open = asyncio.Event()
        self.is_done = asyncio.Event()
        self.may_send = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Log in."""
        self.transport = cast(asyncio.Transport, transport)
        load = self.load
        self.transport.write(
            self.terminal.login(load.user, load.password, packed=self.is_packed, next_report=0)
        )

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes are to be put."""
        return memoryview(self.buffer)[self.kept :]

    def buffer_updated(self, nbytes: int) -> None:
        """Count the answers, and send more."""
        if not self.is_open.is_set():
            self.log_in(bytes(self.buffer[:nbytes]))
            return
        self.bytes += nbytes
        stop = self.kept + nbytes
        end = self.count(stop)
        self.buffer[: stop - end] = self.buffer[end:stop]
        self.kept = stop - end
        if self.may_send:
            self.send()
        if self.answered >= sum(self.load.orders):
            self.is_done.set()

    def log_in(self, data: bytes) -> None:
        """Take the next step of the login."""
        for message in self.terminal.receive(data):
            if isinstance(message, Challenge):
                self.transport.write(self.terminal.prove(message))
            else:
                self.is_open.set()

    def count(self, stop: int) -> int:
        """Count the answers in whole frames; return where these end."""
        place, buffer = 0, self.buffer
        while stop - place >= LENGTH.size:
            (length,) = LENGTH.unpack_from(buffer, place)
            end = place + LENGTH.size + length
            if end > stop:
                break
            tag = buffer[place + LENGTH.size + 1]
            if tag == BATCH:
                count = length // REPORT.itemsize
                rows = np.frombuffer(buffer, REPORT, count, end - count * REPORT.itemsize)
                self.reports += len(rows)
                self.answered += int(np.count_nonzero(rows["kind"] <= ReportKind.REJECTED))
            else:
                self.reports += 1
                self.answered += tag in ANSWERS
            place = end
        return place

    def send(self) -> None:
        """Send what may be on its way."""
        orders = self.load.orders
        while self.next_piece < len(orders) and self.sent - self.answered < self.ahead:
            self.transport.write(self.load.pieces[self.next_piece])
            self.sent += orders[self.next_piece]
            self.next_piece += 1


BATCH = ReportBatch.__struct_config__.tag
ANSWERS = Accepted.__struct_config__.tag, Rejected.__struct_config__.tag


class Pumped(NamedTuple):
    """What came of a run."""

    orders: int
    seconds: float
    reports: int
    bytes: int

    @property
    def rate(self) -> float:
        """Orders a second."""
        return self.orders / self.seconds


async def pump(port: int, loads: Sequence[Load], is_packed: bool) -> Pumped:
    """Log all users in, send their loads, and wait for the last answer."""
    loop = asyncio.get_running_loop()
    ahead = AHEAD // len(loads)
    pumps = [Pump(load, is_packed, ahead) for load in loads]
    for one in pumps:
        await loop.create_connection(lambda one=one: one, "127.0.0.1", port)
    for one in pumps:
        await one.is_open.wait()
    await asyncio.sleep(0.2)
    began = perf_counter()
    for one in pumps:
        one.may_send = True
        one.send()
    for one in pumps:
        await one.is_done.wait()
    seconds = perf_counter() - began
    for one in pumps:
        one.transport.close()
    return Pumped(
        sum(sum(one.load.orders) for one in pumps),
        seconds,
        sum(one.reports for one in pumps),
        sum(one.bytes for one in pumps),
    )


class BarePump(asyncio.BufferedProtocol):
    """Sends a load to a server that knows no orders, and counts the bytes that come back."""

    buffer = bytearray(1 << 20)

    def __init__(self, load: Load, back: float, ahead_bytes: int) -> None:
        self.load = load
        self.back = back
        self.ahead_bytes = ahead_bytes
        self.sent = self.received = 0
        self.next_piece = 0
        self.is_done = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return where the next bytes are to be put."""
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Count bytes, and send more."""
        self.received += nbytes
        self.send()
        if self.next_piece == len(self.load.pieces) and self.received >= self.sent * self.back - 1:
            self.is_done.set()

    def send(self) -> None:
        """Send what may be on its way."""
        pieces = self.load.pieces
        while (
            self.next_piece < len(pieces)
            and self.sent * self.back - self.received < self.ahead_bytes
        ):
            self.transport.write(pieces[self.next_piece])
            self.sent += len(pieces[self.next_piece])
            self.next_piece += 1


async def pump_bare(port: int, loads: Sequence[Load], back_bytes: int) -> Pumped:
    """Send loads to a server that sends back so many bytes in all, and wait for the last."""
    loop = asyncio.get_running_loop()
    back = back_bytes / sum(len(piece) for load in loads for piece in load.pieces)
    orders = sum(sum(load.orders) for load in loads)
    ahead_bytes = int(AHEAD / orders * back_bytes / len(loads))
    pumps = [BarePump(load, back, ahead_bytes) for load in loads]
    for one in pumps:
        await loop.create_connection(lambda one=one: one, "127.0.0.1", port)
    began = perf_counter()
    for one in pumps:
        one.send()
    for one in pumps:
        await one.is_done.wait()
    seconds = perf_counter() - began
    for one in pumps:
        one.transport.close()
    return Pumped(orders, seconds, 0, sum(one.received for one in pumps))

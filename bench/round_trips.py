"""How long a single order takes there and back, next to a bare echo and a bare sync."""

import os
import socket
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter_ns

import numpy as np

from bench.child import PASSWORD
from protocol.client import BlockingClient
from protocol.codec import encode
from protocol.messages import CancelOrder, Heartbeat
from protocol.records import ROW_BYTES

ROUNDS_AT_ONCE = 200
PERCENTS = (50.0, 99.0, 99.9)
REPLY_BYTES = 1 << 16


class RoundTrips:
    """Durations in nanoseconds, by contender."""

    def __init__(self) -> None:
        self.times: dict[str, list[int]] = {"echo": [], "gateway": [], "fdatasync": []}

    def median(self, contender: str) -> float:
        return float(np.median(self.times[contender]))

    def lines(self) -> list[str]:
        """Return a line for each contender."""
        lines = []
        for name, times in self.times.items():
            figures = np.percentile(times, PERCENTS) / 1_000
            told = "  ".join(
                f"p{percent:g} {figure:8.1f}"
                for percent, figure in zip(PERCENTS, figures, strict=True)
            )
            lines.append(f"{name:10}{told}")
        return lines


def measure_round_trips(gateway: int, echo: int, trips: int, folder: Path) -> RoundTrips:
    """Take turns between the ports of a gateway and of an echo, and syncs of a row in a file.

    What is sent is a cancel of an order that there is not: a whole way through journal and engine,
    and one report back.
    """
    measured = RoundTrips()
    with (
        BlockingClient("127.0.0.1", gateway, "terminal1", PASSWORD, next_report=0) as client,
        socket.create_connection(("127.0.0.1", echo)) as line,
        TemporaryFile(dir=folder) as file,
    ):
        for one in (client.socket, line):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.settimeout(20)
        sequence = client.terminal.client_seq
        for start in range(0, trips, ROUNDS_AT_ONCE):
            for number in range(start, start + ROUNDS_AT_ONCE):
                frame = encode(CancelOrder(sequence + 1 + number, 1))
                measured.times["gateway"].append(round_trip(client.socket, frame))
                measured.times["echo"].append(round_trip(line, frame))
            for number in range(start, start + ROUNDS_AT_ONCE // 4):
                measured.times["fdatasync"].append(sync(file.fileno(), number))
    return measured


BEAT = encode(Heartbeat())


def round_trip(line: socket.socket, frame: bytes) -> int:
    """Send a frame and wait for the answer, which is no heartbeat; return the nanoseconds."""
    began = perf_counter_ns()
    line.sendall(frame)
    while line.recv(REPLY_BYTES) == BEAT:
        pass
    return perf_counter_ns() - began


def sync(file: int, number: int) -> int:
    """Write two rows to a file and have them on the disk; return the nanoseconds."""
    began = perf_counter_ns()
    os.pwrite(file, bytes(2 * ROW_BYTES), 2 * ROW_BYTES * number)
    os.fdatasync(file)
    return perf_counter_ns() - began

"""How fast the load harness itself is: `python -m bench.load.ceiling [--requests N --sessions N]`.

It sends all its requests at once to a sink in another process, which accepts every one, and checks
the answers as it checks a venue's.  Nobody logs in.  Where others use the processors too, what one
second of its own does is the better figure.
"""

import argparse
import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from multiprocessing import get_context

import numpy as np
import uvloop

from bench.dice import Dice
from bench.load.course import Course
from bench.load.ledger import Ledger
from bench.load.orders import Market, make_orders
from bench.load.outcome import Outcome, outcome_of
from bench.load.reel import packed_reel, readable_reel
from bench.load.shape import Burst, spread
from engine.instruments import load_listings
from engine.listings import listed, symbols_of
from gateway.commands.arguments import count
from gateway.config import DEFAULTS
from protocol.codec import decode_inbound, encode
from protocol.framing import Frames
from protocol.messages import CommandBatch, Logout, ReportBatch
from protocol.records import COMMAND, REPORT
from protocol.vocabulary import ReportKind

BATCHES = {1_000: 1, 10: 1, 1: 4}
"""Requests in a frame, and by how much fewer of them are sent."""

DAY = date(2026, 11, 20)
ACCOUNTS = 1_000, 1_999
CANCELS = 20
REEL_REQUESTS = 50_000
REPORTS_MAX = 16_000
PATIENCE = 10.0


class Sink(asyncio.Protocol):
    """Accepts every request of a connection, in one batch of reports for all that came at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self.frames = Frames()
        self.next_report = 1

    def data_received(self, data: bytes) -> None:
        """Answer what has come."""
        numbers: list[np.ndarray] = []
        is_over = False
        for body in self.frames.feed(data):
            match decode_inbound(body):
                case CommandBatch(rows=rows):
                    numbers.append(np.frombuffer(rows, COMMAND)["client_seq"])
                case Logout():
                    is_over = True
                case message:
                    numbers.append(np.array([message.client_seq]))
        if numbers:
            self.accept(np.concatenate(numbers))
        if is_over:
            self.transport.write(encode(Logout()))
            self.transport.close()

    def accept(self, numbers: np.ndarray) -> None:
        for start in range(0, len(numbers), REPORTS_MAX):
            part = numbers[start : start + REPORTS_MAX]
            rows = np.zeros(len(part), REPORT)
            rows["kind"] = ReportKind.ACCEPTED
            rows["client_seq"] = rows["request_seq"] = part
            self.transport.write(encode(ReportBatch(self.next_report, rows.tobytes())))
            self.next_report += len(rows)


async def serve(listening: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, sock=listening)
    await server.serve_forever()


def run_sink(listening: socket.socket) -> None:
    """Serve as a sink until the process is ended."""
    uvloop.run(serve(listening))


@contextmanager
def sink() -> Iterator[int]:
    """Run a sink in a process of its own; yields its port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = get_context("fork").Process(target=run_sink, args=(listening,), daemon=True)
        process.start()
        try:
            yield listening.getsockname()[1]
        finally:
            process.kill()
            process.join()
            process.close()


async def drive(port: int, sessions: int, requests: int, batch: int) -> tuple[Outcome, float]:
    """Send so many requests at once; return what came of them, and the processor's seconds."""
    course = Course("127.0.0.1", port)
    due = spread(Burst(requests), sessions, batch)
    ledger = Ledger(due, [batch * len(frames) for frames in due], batch)
    _, commands = load_listings(DEFAULTS / "instruments.csv", DAY)
    market = Market(np.arange(len(listed(commands))), listed(commands))
    rows = make_orders(Dice(1), market, ACCOUNTS, REEL_REQUESTS, CANCELS)
    reel = readable_reel(rows, symbols_of(commands)) if batch == 1 else packed_reel(rows, batch)
    for place in range(sessions):
        await course.connect(f"session{place + 1}", place)
    course.hand_out([reel] * sessions)
    began = time.process_time()
    await course.run(ledger, PATIENCE)
    busy = time.process_time() - began
    await course.log_out()
    return outcome_of(course, ledger), busy


def main(words: Sequence[str] | None = None) -> int:
    """Measure frames of several sizes; return 0 where every request had its answer."""
    parser = argparse.ArgumentParser("bench.load.ceiling", description="The harness's own speed.")
    parser.add_argument("--requests", type=count, default=4_000_000)
    parser.add_argument("--sessions", type=count, default=4)
    arguments = parser.parse_args(words)
    status = 0
    for batch, fewer in BATCHES.items():
        with sink() as port:
            requests = max(1, arguments.requests // fewer)
            outcome, busy = uvloop.run(drive(port, arguments.sessions, requests, batch))
        print(
            f"frames of {batch:5,}: {outcome.answered / outcome.answered_within:10,.0f} requests a "
            f"second sent and checked; {outcome.answered / busy:10,.0f} in one of the processor's"
        )
        status = max(status, outcome.status)
    return status


if __name__ == "__main__":
    raise SystemExit(main())

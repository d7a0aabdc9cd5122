"""What sessions cost that do nothing: memory, and time of one that does something."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import uvloop

from bench.child import PASSWORD, ChildGateway
from bench.round_trips import round_trip
from protocol.client import BlockingClient, Client
from protocol.codec import encode
from protocol.messages import CancelOrder

TRIPS = 2_000
AT_ONCE = 64


class Idle(NamedTuple):
    """How many sessions, the bytes that each takes, and median round trips in nanoseconds."""

    sessions: int
    bytes_each: float
    alone: float
    among: float

    def lines(self) -> list[str]:
        """Return what to print."""
        return [
            f"{self.sessions:,} idle sessions: {self.bytes_each:,.0f} bytes each; round trip "
            f"{self.alone / 1_000:.1f} us before they came, {self.among / 1_000:.1f} us among them"
        ]


def measure_idle(gateway: ChildGateway, sessions: int, first: int = 2) -> Idle:
    """Log in so many terminals, from the `first` on, and measure round trips of the one before."""
    busy = f"terminal{first - 1}"
    with BlockingClient("127.0.0.1", gateway.port, busy, PASSWORD, next_report=0) as client:
        alone = trips(client, 1)
        before = resident_bytes(gateway.process.pid)
        names = [f"terminal{number}" for number in range(first, first + sessions)]
        bytes_each, among = uvloop.run(among_idle(gateway, names, before, client))
    return Idle(sessions, bytes_each, alone, among)


async def among_idle(
    gateway: ChildGateway, names: Sequence[str], before: int, client: BlockingClient
) -> tuple[float, float]:
    """Let sessions log in and do nothing; return what each takes, and a round trip among them."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def log_in(name: str) -> Client:
        async with gate:
            return await Client.connect("127.0.0.1", gateway.port, name, PASSWORD, next_report=0)

    idle = await asyncio.gather(*map(log_in, names))
    bytes_each = (resident_bytes(gateway.process.pid) - before) / len(names)
    among = await asyncio.to_thread(trips, client, TRIPS + 1)
    for one in idle:
        await one.close()
    return bytes_each, among


def trips(client: BlockingClient, first: int) -> float:
    """Return the median time of a cancel of an order that there is not."""
    frames = [encode(CancelOrder(number, 1)) for number in range(first, first + TRIPS)]
    return float(np.median([round_trip(client.socket, frame) for frame in frames]))


def resident_bytes(process: int) -> int:
    """Return the memory that a process has of its own, in bytes."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    raise AssertionError("the system does not say")

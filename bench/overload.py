"""More orders than a venue can carry out: `python -m bench.overload`.

First an opening burst, many thousand orders of all sessions within a second.  Then several times
the capacity, for a while, in two ways.  Where each session is held to a rate, what is too much is
refused.  Where the processor is the limit, the venue reads no more than it can carry out, and what
is too much stays with its senders; there the venue is let run for a part of the time only, so that
senders on the same machine can offer so many times what it can do.
"""

import argparse
import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import uvloop

from bench.brake import Brake
from bench.child import OPERATOR, PASSWORD, ChildGateway, write_config
from bench.flow import at_least
from bench.gateway import BUSINESS_DATE, INSTRUMENTS, raise_files
from bench.goals import Goal, tell_goals
from bench.idle import resident_bytes
from bench.load import in_background
from bench.load.course import Course
from bench.load.outcome import Outcome, outcome_of
from bench.load.pacer import Pacer
from bench.load.shape import Ramp, Shape
from bench.load.table import lines_of
from bench.load.users import Login
from bench.load.work import flowing_work
from bench.loads import make_loads
from bench.probe import Probe, Trips
from bench.pump import pump
from engine.instruments import load_listings
from engine.listings import listed
from engine.storage.daybook import Daybook
from engine.venue import warm_up
from protocol.calendar import to_date
from protocol.client import BlockingClient
from protocol.units import NANOSECONDS
from protocol.vocabulary import Phase, ReportKind

MULTIPLES = (2, 5, 10)
PATIENCE = 30.0

RATE_MAX = 300
"""What each session may send in a second where it is held to that."""

SHARE = 0.04
"""Of its time, in which a venue with a brake may run."""

CAPACITY_MAX = 200_000
"""More orders a second than such a venue can do: for so many there is room."""

BRAKED_SESSIONS = 8
BRAKED_BATCH = 10

SEND_BUFFER_BYTES = 1 << 16
"""What a sender lets wait that the venue does not read."""

UNLOADED_TRIPS = 100
UNLOADED_SECONDS = 2
RECOVERED_TRIPS = 300
RECOVERY_GOAL = 5.0
SLOWER_MAX = 2.0

PLACE_BYTES = 8
"""What the venue remembers of each report, all day: where it lies in the file."""

GROWTH_GOAL = 32.0
MEGABYTE = 1e6


class Offering(Course):
    """A course that stops sending after so many seconds, whatever is left."""

    def __init__(self, port: int, seconds: float) -> None:
        super().__init__("127.0.0.1", port)
        self.seconds = seconds
        self.stopped_at = 0

    async def send_all(self, pacer: Pacer, patience: float) -> None:
        """Send what is due until the time is over."""

        def stop() -> None:
            pacer.stop()
            self.stopped_at = time.perf_counter_ns()

        timer = asyncio.get_running_loop().call_later(self.seconds, stop)
        await super().send_all(pacer, patience)
        timer.cancel()
        self.stopped_at = self.stopped_at or time.perf_counter_ns()

    def let_little_wait(self) -> None:
        """Have the sockets keep little of what the venue does not read."""
        for sender in self.senders:
            sender.transport.set_write_buffer_limits(SEND_BUFFER_BYTES)
            line = sender.transport.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


class Offered(NamedTuple):
    """What came of an offer: the memory of the venue on the way, and when the sending was over."""

    due: int
    outcome: Outcome
    resident: list[int]
    stopped_at: int

    @property
    def lost(self) -> list[str]:
        """What is amiss; a refusal may come before the answers to what was sent before."""
        found = [*self.outcome.broken, *self.outcome.findings]
        return [text for text in found if "answered out of order" not in text or not self.refused]

    @property
    def refused(self) -> int:
        return self.outcome.rejected.get("RATE_EXCEEDED", 0)


class Venue(NamedTuple):
    """A gateway that is under way, what limits it, and how many orders it can do in a second.

    `used` is the last client_seq of each session that was used before.
    """

    limit: str
    gateway: ChildGateway
    probe: Probe
    capacity: float
    sessions: int
    batch: int = 1
    used: int = 0


def main(words: Sequence[str] | None = None) -> int:
    """Offer too much in every way, print what comes of it, and at last what was reached."""
    parser = argparse.ArgumentParser("bench.overload", description="More than can be carried out.")
    parser.add_argument("--burst", type=at_least(64), default=300_000, help="orders in a second")
    parser.add_argument("--sessions", type=at_least(1), default=64)
    parser.add_argument("--seconds", type=at_least(1), default=60, help="of each overload")
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk to be used")
    arguments = parser.parse_args(words)
    warm_up(print)
    raise_files()
    goals = measure_burst(arguments)
    goals += measure_refusals(arguments)
    goals += measure_back_pressure(arguments)
    print("\ngoals")
    for line in tell_goals(goals):
        print(f"  {line}")
    return 0


@contextmanager
def venue_in(
    folder: Path, phase: Phase, sessions: int, orders: int, rate_max: int = 0
) -> Iterator[ChildGateway]:
    """Start a gateway with these terminals and one more, for the probe, in a phase of the day."""
    with TemporaryDirectory(dir=folder, prefix=".bench-overload-") as name:
        config = write_config(
            Path(name),
            business_date=BUSINESS_DATE,
            instruments=INSTRUMENTS,
            branches=[1],
            terminals=[1] * (sessions + 1),
            orders=orders,
            rate_max=rate_max,
        )
        with ChildGateway(config) as gateway:
            with BlockingClient(gateway.host, gateway.port, OPERATOR, PASSWORD) as operator:
                operator.change_phase(phase)
                operator.receive()
            yield gateway


async def offer(
    gateway: ChildGateway, sessions: int, shape: Shape, batch: int, seconds: float
) -> Offered:
    """Send a flow of orders in a shape for so many seconds, and wait for all answers."""
    course = Offering(gateway.port, seconds)
    resident: list[int] = []
    flow = argparse.Namespace(batch=batch, seed=1, instruments=INSTRUMENTS, cancels=0)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(course.log_out)
        users = [Login(f"terminal{number}", PASSWORD) for number in range(1, sessions + 1)]
        accepted = await course.log_in(users)
        course.let_little_wait()
        in_background(stack, course.beat(min(one.heartbeat_seconds for one in accepted)))
        work = flowing_work(flow, shape, accepted)
        ledger = work.ledger()
        course.hand_out(work.reels)
        in_background(stack, watch(gateway, resident, max(0.1, seconds / 12)))
        await course.run(ledger, PATIENCE)
    due = int(ledger.requests.sum())
    return Offered(due, outcome_of(course, ledger), resident, course.stopped_at)


async def watch(gateway: ChildGateway, resident: list[int], pause: float) -> None:
    """Note the memory of a gateway, again and again, for ever."""
    while True:
        resident.append(resident_bytes(gateway.process.pid))
        await asyncio.sleep(pause)


def measure_burst(arguments: argparse.Namespace) -> list[Goal]:
    """Let all sessions send their overnight orders within the first second of the opening call."""
    burst, sessions = arguments.burst, arguments.sessions
    print(f"opening burst: {burst:,} orders in a second, from {sessions} sessions")
    with venue_in(arguments.folder, Phase.OPENING_CALL, sessions, burst + 1) as gateway:
        offered = uvloop.run(offer(gateway, sessions, Ramp(burst, burst, 1.0), 1, PATIENCE))
    print(*(f"  {line}" for line in lines_of(offered.outcome)), sep="\n")
    return [
        Goal("burst: orders answered", offered.outcome.answered, burst),
        Goal("burst: seconds of sending", offered.outcome.sent_within, 1.1, True),
        Goal("burst: sessions with an answer amiss", len(offered.lost), 0, True),
    ]


def measure_refusals(arguments: argparse.Namespace) -> list[Goal]:
    """Offer more than the sessions' rates allow."""
    sessions, capacity = arguments.sessions, RATE_MAX * arguments.sessions
    orders = capacity * (arguments.seconds + 5)
    print(f"\nheld to a rate: {sessions} sessions x {RATE_MAX} a second = {capacity:,}; readable")
    goals = []
    for multiple in MULTIPLES:
        with venue_in(arguments.folder, Phase.CONTINUOUS, sessions, orders, RATE_MAX) as gateway:
            with Probe(gateway.port, f"terminal{sessions + 1}") as probe:
                venue = Venue("held to a rate", gateway, probe, capacity, sessions)
                goals += (found := overload(venue, multiple, arguments.seconds)).goals
            goals.append(goal_of_keeping(venue, found))
    return goals


def measure_back_pressure(arguments: argparse.Namespace) -> list[Goal]:
    """Offer more than the processor can do that the venue has."""
    sessions = BRAKED_SESSIONS
    load = int(CAPACITY_MAX * min(2.0, arguments.seconds / 2))
    orders = load + CAPACITY_MAX * (arguments.seconds + 5)
    goals = []
    for multiple in MULTIPLES:
        with venue_in(arguments.folder, Phase.CONTINUOUS, sessions, orders) as gateway:
            with (
                Brake(gateway.process.pid, SHARE),
                Probe(gateway.port, f"terminal{sessions + 1}") as probe,
            ):
                capacity = measured_capacity(gateway, sessions, load)
                print(
                    f"\nheld back: {sessions} sessions, frames of {BRAKED_BATCH}; a venue that "
                    f"runs {SHARE:.0%} of the time can do {capacity:,.0f} a second"
                )
                words = "held back", gateway, probe, capacity, sessions
                venue = Venue(*words, BRAKED_BATCH, load // sessions)
                goals += (found := overload(venue, multiple, arguments.seconds)).goals
            goals.append(goal_of_keeping(venue, found))
    return goals


def measured_capacity(gateway: ChildGateway, sessions: int, orders: int) -> float:
    """Return how many orders a venue carries out in a second when it always has some more."""
    instruments, commands = load_listings(INSTRUMENTS, to_date(BUSINESS_DATE))
    symbols = [instrument.symbol for instrument in instruments]
    loads = make_loads(listed(commands), symbols, sessions, orders, BRAKED_BATCH)
    return uvloop.run(pump(gateway.port, loads, is_packed=True)).rate


class Found(NamedTuple):
    """What came of an overload, and how many orders the venue said that it had accepted."""

    what: str
    goals: list[Goal]
    accepted: int


def overload(venue: Venue, multiple: int, seconds: float) -> Found:
    """Offer so many times what a venue can do."""
    venue.probe.wait_for(UNLOADED_TRIPS)
    began = time.perf_counter_ns()
    rate = multiple * venue.capacity
    shape = Ramp(rate, rate, seconds)
    offered = uvloop.run(offer(venue.gateway, venue.sessions, shape, venue.batch, seconds))
    venue.probe.wait_for(RECOVERED_TRIPS)
    print(f"{venue.limit}: {multiple} times the capacity for {seconds} s")
    what = f"{venue.limit} x {multiple}"
    return Found(what, judged(what, offered, venue.probe.trips(), began), offered.outcome.accepted)


def goal_of_keeping(venue: Venue, found: Found) -> Goal:
    """Stop a venue, and hold what it said to what it has written down."""
    assert venue.gateway.stop() == 0
    reports = Daybook(venue.gateway.config.parent / str(BUSINESS_DATE)).read_reports()
    is_accepted = reports["kind"] == ReportKind.ACCEPTED
    kept = int(np.count_nonzero(is_accepted & (reports["request_seq"] > venue.used)))
    difference = abs(kept - found.accepted)
    return Goal(f"{found.what}: orders told otherwise than kept", difference, 0, True)


def judged(what: str, offered: Offered, trips: Trips, began: int) -> list[Goal]:
    """Print what came of an offer that began at a time, and return what was to come of it."""
    outcome = offered.outcome
    unloaded = trips.median(began - UNLOADED_SECONDS * NANOSECONDS, began)
    longest = trips.longest(began, offered.stopped_at)
    recovery = trips.seconds_until(SLOWER_MAX * unloaded, offered.stopped_at)
    resident = [size / MEGABYTE for size in offered.resident]
    warm = resident[len(resident) // 4 :]
    reports = outcome.answered - offered.refused + outcome.trades
    kept = PLACE_BYTES * reports / MEGABYTE
    print(
        f"  due {offered.due:,}, sent {outcome.sent:,}, answered {outcome.answered:,}: accepted "
        f"{outcome.accepted:,}, refused {offered.refused:,}, never taken "
        f"{offered.due - outcome.sent:,}"
    )
    print(f"  memory, MB: {', '.join(f'{size:.0f}' for size in resident)}")
    print(
        f"  round trip of a single cancel, ms: {unloaded / 1e6:.2f} before, at most "
        f"{longest / 1e6:.2f} in it; back within twice of before after {recovery:.2f} s"
    )
    for text in offered.lost:
        print(f"  NO {text}")
    return [
        Goal(f"{what}: requests without their answer", outcome.sent - outcome.answered, 0, True),
        Goal(f"{what}: sessions with an answer amiss", len(offered.lost), 0, True),
        Goal(f"{what}: MB more, but for reports", max(warm) - warm[0] - kept, GROWTH_GOAL, True),
        Goal(f"{what}: seconds until it is itself", recovery, RECOVERY_GOAL, True),
    ]


if __name__ == "__main__":
    raise SystemExit(main())

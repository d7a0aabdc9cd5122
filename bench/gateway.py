"""The whole way through the gateway, next to what no gateway can beat: `python -m bench.gateway`.

Orders go in over TCP and their reports come back to the sessions that sent them.  The ceiling is a
bare server that takes the same frames and sends back the same number of bytes; the floor of a
round trip is a bare echo.  Contenders take turns in one run, and what counts are the ratios.
"""

import argparse
import os
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import uvloop

from bench.child import OPERATOR, PASSWORD, ChildGateway, write_config
from bench.flow import at_least
from bench.goals import Goal, tell_goals
from bench.idle import Idle, measure_idle
from bench.loads import make_loads
from bench.pump import Pumped, pump, pump_bare
from bench.reflector import Reflector
from bench.round_trips import RoundTrips, measure_round_trips
from engine.instruments import load_listings
from engine.listings import listed
from engine.venue import warm_up
from gateway.config import DEFAULTS
from protocol.calendar import to_date
from protocol.client import BlockingClient
from protocol.vocabulary import Phase

BUSINESS_DATE = 20261120
INSTRUMENTS = DEFAULTS / "instruments.csv"
FILES_MAX = 16_384

PACKED_GOALS = {("none", 1_000): 4.0, ("none", 10): 2.5, ("sync", 1_000): 2.0}
"""Million orders a second, by mode and orders in a frame."""

READABLE_GOAL = 0.6
ROUND_TRIP_GOAL = 2.0
IDLE_BYTES_GOAL = 20_480


class Course(NamedTuple):
    """A load, and how often its orders come together in a frame."""

    mode: str
    batch: int
    sessions: int


PACKED = [Course(mode, batch, 4) for mode in ("none", "sync") for batch in (1_000, 10)]
READABLE = [Course("none", 1, sessions) for sessions in (1, 8, 64)]


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the figures, and at last what was reached."""
    parser = argparse.ArgumentParser("bench.gateway", description="The way through the gateway.")
    parser.add_argument("--orders", type=at_least(1_000), default=2_000_000, help="of a packed run")
    parser.add_argument("--runs", type=at_least(1), default=3)
    parser.add_argument("--trips", type=at_least(100), default=10_000, help="round trips")
    parser.add_argument("--idle", type=at_least(1), default=10_000, help="sessions that do nothing")
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk to be measured")
    arguments = parser.parse_args(words)
    warm_up(print)
    raise_files()
    goals = []
    for course in PACKED:
        goals += measure_course(arguments, course, arguments.orders)
    for course in READABLE:
        goals += measure_course(arguments, course, arguments.orders // 5)
    goals += measure_trips(arguments)
    goals += measure_idle_sessions(arguments)
    print("\ngoals")
    for line in tell_goals(goals):
        print(f"  {line}")
    return 0


def raise_files() -> None:
    """Let this process have as many files open as idle sessions need, if the system allows it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES_MAX, hard), hard))


@contextmanager
def trading(folder: Path, mode: str, sessions: int, orders: int) -> Iterator[ChildGateway]:
    """Start a gateway without accounts in continuous trading, with a day for so many orders."""
    with TemporaryDirectory(dir=folder, prefix=".bench-gateway-") as name:
        config = write_config(
            Path(name),
            business_date=BUSINESS_DATE,
            instruments=INSTRUMENTS,
            branches=[1],
            terminals=[1] * sessions,
            journal=mode,
            orders=orders,
        )
        with ChildGateway(config) as gateway:
            with BlockingClient(gateway.host, gateway.port, OPERATOR, PASSWORD) as operator:
                operator.change_phase(Phase.CONTINUOUS)
                operator.receive()
            yield gateway


def measure_course(arguments: argparse.Namespace, course: Course, orders: int) -> list[Goal]:
    """Send a load through a gateway and at a bare server, in turn; print the medians."""
    instruments, commands = load_listings(INSTRUMENTS, to_date(BUSINESS_DATE))
    symbols = [instrument.symbol for instrument in instruments]
    loads = make_loads(listed(commands), symbols, course.sessions, orders, course.batch)
    sent = sum(len(piece) for load in loads for piece in load.pieces)
    ours: list[Pumped] = []
    bare: list[Pumped] = []
    for _ in range(arguments.runs):
        with trading(arguments.folder, course.mode, course.sessions, orders + 1) as gateway:
            before = cpu_seconds(gateway.process.pid)
            ours.append(uvloop.run(pump(gateway.port, loads, course.batch > 1)))
            spent = (cpu_seconds(gateway.process.pid) - before) / ours[-1].orders
        with Reflector(ours[-1].bytes / sent) as reflector:
            bare.append(uvloop.run(pump_bare(reflector.port, loads, ours[-1].bytes)))
    rate, ceiling = (float(np.median([run.rate for run in runs])) for runs in (ours, bare))
    kind = f"frames of {course.batch:,}" if course.batch > 1 else "readable"
    print(
        f"{course.mode:5} {kind:16} {course.sessions:3} sessions: {rate / 1e6:5.2f} M orders/s, "
        f"bare server {ceiling / 1e6:5.2f}, ratio {rate / ceiling:4.2f}; "
        f"{ours[-1].reports / ours[-1].orders:.2f} reports an order, "
        f"{1e9 * spent:.0f} ns of processor an order"
    )
    what = f"{course.mode}, {kind}, {course.sessions} sessions, M orders/s"
    if course.batch == 1:
        return [Goal(what, rate / 1e6, READABLE_GOAL)]
    bound = PACKED_GOALS.get((course.mode, course.batch))
    return [Goal(what, rate / 1e6, bound)] if bound else []


def cpu_seconds(process: int) -> float:
    """Return the processor time that a process has had."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure_trips(arguments: argparse.Namespace) -> list[Goal]:
    """Send one order at a time, and its length to a bare echo, in turn."""
    goals = []
    for mode in ("none", "sync"):
        with (
            trading(arguments.folder, mode, 1, 2 * arguments.trips) as gateway,
            Reflector(1.0) as echo,
        ):
            trips = measure_round_trips(gateway.port, echo.port, arguments.trips, arguments.folder)
        print(f"round trip of one order, mode {mode}, in microseconds")
        for line in trips.lines():
            print(f"  {line}")
        goals.append(round_trip_goal(mode, trips))
    return goals


def round_trip_goal(mode: str, trips: RoundTrips) -> Goal:
    """Return what a round trip is to come to: in sync, when a sync is taken off."""
    ours, echo, sync = (trips.median(name) for name in ("gateway", "echo", "fdatasync"))
    wait = sync if mode == "sync" else 0.0
    return Goal(
        f"{mode}, round trip to the echo's, p50", (ours - wait) / echo, ROUND_TRIP_GOAL, True
    )


def measure_idle_sessions(arguments: argparse.Namespace) -> list[Goal]:
    """Let many sessions do nothing, and see what they cost."""
    with trading(arguments.folder, "none", arguments.idle + 1, 10_000) as gateway:
        idle: Idle = measure_idle(gateway, arguments.idle)
    for line in idle.lines():
        print(line)
    return [Goal("bytes of an idle session", idle.bytes_each, IDLE_BYTES_GOAL, True)]


if __name__ == "__main__":
    raise SystemExit(main())

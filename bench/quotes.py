"""What market data costs beside the venue: `python -m bench.quotes [--commands N]`.

A day is written into a journal.  A follower catches up on it with nobody watching, with some who
watch everything, and with one who wants five levels a second; next to it the venue alone applies
the same commands.  Then groups come as they do live, one after the other.  Figures are of processor
time: what stands beside the engine's own is what counts.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic_ns, process_time
from typing import NamedTuple

import numpy as np

from bench.flow import BUSINESS_DATE, ROOM, SHAPES, at_least, limits_of, make_flow
from engine.kernels import Limits
from engine.storage.daybook import Daybook, in_batches
from engine.storage.journal import Journal, Mode
from engine.venue import Venue, warm_up
from gateway.quotes.follower import Follower
from gateway.quotes.publisher import Publisher
from gateway.quotes.viewing import Viewing
from protocol.market import Subscribe
from protocol.records import join

GROUPS = (1_000, 100, 10, 1)
"""Commands that come together, live."""

LIVE = 50_000
"""Commands that are measured of each size of group; of single ones, a tenth."""

EVERYTHING = Subscribe(depth=10, trades=True, orders=True)
EVERY_SECOND = Subscribe(depth=5, trades=False, interval_ms=1_000)

WATCHING: dict[str, list[Subscribe]] = {
    "nobody watches": [],
    "one watches everything": [EVERYTHING],
    "ten watch everything": [EVERYTHING] * 10,
    "one has five levels a second": [EVERY_SECOND],
}


class Sink:
    """Where frames go that nobody reads."""

    def __init__(self) -> None:
        self.bytes = 0

    def send(self, frames: bytes) -> None:
        self.bytes += len(frames)


class Day(NamedTuple):
    """A day of COMMAND rows, of which the first `settled` fill the books."""

    commands: np.ndarray
    settled: int
    limits: Limits
    symbols: list[str]


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser("bench.quotes", description="What market data costs.")
    parser.add_argument("--commands", type=at_least(1_000), default=500_000, help="of the day")
    parser.add_argument("--folder", type=Path, default=Path(), help="for the journal")
    arguments = parser.parse_args(words)
    warm_up(print)
    day = make_day(arguments.commands)
    with TemporaryDirectory(dir=arguments.folder, prefix=".bench-quotes-") as folder:
        print(f"catching up on {len(day.commands):,} commands of {len(day.symbols)} instruments")
        for line in tell_catching_up(day, Path(folder)):
            print(f"  {line}")
    print("live, in groups, while one watches everything")
    for line in tell_live(day):
        print(f"  {line}")
    return 0


def make_day(operations: int) -> Day:
    """Return a day in full books of many instruments."""
    flow = make_flow(SHAPES["B"], operations)
    limits = limits_of(flow.shape, ROOM * flow.shape.depth, flow.orders_most)
    symbols = [f"{600_000 + number}.SH" for number in range(flow.shape.symbols)]
    settled = len(flow.opening) + len(flow.filling)
    return Day(join([flow.opening, flow.filling, flow.rows]), settled, limits, symbols)


def tell_catching_up(day: Day, folder: Path) -> Iterator[str]:
    """Say how fast a journal is caught up on, and how fast the engine alone is."""
    alone = engine_seconds(day)
    yield told_of("the engine alone", alone, len(day.commands), alone, 0)
    for number, (what, wanted) in enumerate(WATCHING.items()):
        follower = Follower(
            Daybook(folder / str(number)), BUSINESS_DATE, day.limits, day.symbols, False
        )
        write(follower.tail.folder, day.commands)
        follower.step()
        sinks = watch(follower.publisher, wanted)
        seconds = timed(lambda follower=follower: go_through(follower))
        assert follower.publisher.venue.sequence == len(day.commands)
        sent = sum(sink.bytes for sink in sinks)
        yield told_of(what, seconds, len(day.commands), alone, sent)


def engine_seconds(day: Day) -> float:
    """Return how long the engine alone takes for a day."""
    venue = Venue(day.limits)

    def apply_all() -> None:
        for batch in in_batches(day.commands, 1_024):
            for _ in venue.applied(batch):
                pass

    return timed(apply_all)


def write(folder: Path, commands: np.ndarray) -> None:
    folder.parent.mkdir()
    journal = Journal(folder, BUSINESS_DATE, Mode.BUFFERED)
    journal.begin()
    for batch in in_batches(commands, 1_000):
        journal.append(batch)
    journal.close()


def watch(publisher: Publisher, wanted: list[Subscribe]) -> list[Sink]:
    """Subscribe to all instruments."""
    sinks = [Sink() for _ in wanted]
    for sink, subscribe in zip(sinks, wanted, strict=True):
        Viewing(publisher, sink.send, cut=lambda: None).take(subscribe)
    return sinks


def go_through(follower: Follower) -> None:
    while follower.step():
        pass


def tell_live(day: Day) -> Iterator[str]:
    """Say what groups cost that come one by one, behind books that are full."""
    publisher = Publisher(Venue(day.limits), day.symbols, BUSINESS_DATE)
    for batch in in_batches(day.commands[: day.settled]):
        publisher.apply(batch, monotonic_ns())
    watch(publisher, [EVERYTHING])
    venue = Venue(day.limits)
    for batch in in_batches(day.commands[: day.settled]):
        venue.apply(batch)
    begin = day.settled
    for size in GROUPS:
        rows = day.commands[begin : begin + (LIVE if size > 1 else LIVE // 10)]
        begin += len(rows)
        alone = timed(lambda rows=rows, size=size: apply_in(venue, rows, size))
        seconds = timed(lambda rows=rows, size=size: publish_in(publisher, rows, size))
        each = 1e6 / len(rows)
        yield (
            f"groups of {size:>5}: {seconds * each:7.2f} us a command, "
            f"{seconds * each * size:8.1f} us a group; the engine alone {alone * each:6.2f} us"
        )


def apply_in(venue: Venue, rows: np.ndarray, size: int) -> None:
    for batch in in_batches(rows, size):
        for _ in venue.applied(batch):
            pass


def publish_in(publisher: Publisher, rows: np.ndarray, size: int) -> None:
    for batch in in_batches(rows, size):
        publisher.apply(batch, monotonic_ns())


def timed(act: Callable[[], None]) -> float:
    """Return how many seconds of this process something takes."""
    begin = process_time()
    act()
    return process_time() - begin


def told_of(what: str, seconds: float, commands: int, alone: float, sent: int) -> str:
    return (
        f"{what:30}{commands / seconds:12,.0f} commands/s {seconds / alone:7.1f} times the engine"
        f"{sent / commands:8.1f} bytes a command"
    )


if __name__ == "__main__":
    raise SystemExit(main())

"""What it costs that nothing is lost: `python -m bench.journal [--commands N --orders N]`.

Groups of commands are appended next to writing the same bytes with nothing else; a day is replayed
next to the kernel alone, and recovered with and without a snapshot; and a large state is written as
a snapshot next to a plain write, while the venue goes on.  Contenders take turns, figures are
medians, and what counts are the ratios of one run: a shared disk or processor changes from one
second to the next.
"""

import argparse
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.appends import GROUPS, append_goals, measure_appends, tell_appends
from bench.flow import ROOM, SESSIONS, SHAPES, Flow, Shape, at_least, limits_of, make_flow
from bench.goals import Goal, tell_goals
from bench.recoveries import (
    measure_replays,
    recover,
    replay_goals,
    tell_parts,
    tell_recovery,
    tell_replays,
    write_day,
)
from bench.snapshots import (
    make_state,
    measure_writing,
    pauses_of_a_start,
    snapshot_goals,
    tell_pauses,
    tell_writing,
)
from engine.kernels import Limits
from engine.storage.daybook import Daybook
from engine.storage.journal import Mode
from engine.venue import warm_up
from protocol.records import join

TO_RAW = 0.8
GROUPS_OF_DAY = (16, 1_000)
SNAPSHOT_AT = 0.99
"""Where in the day its snapshot is."""

OPERATIONS = 1_000_000
"""That come while snapshots are written, at most."""

RUNS = 3


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the figures, and at last what was reached."""
    arguments = parse_arguments(words)
    warm_up(print)
    with TemporaryDirectory(dir=arguments.folder, prefix=".bench-journal-") as folder:
        goals = measure(arguments, Path(folder))
    print("\ngoals")
    for line in tell_goals(goals):
        print(f"  {line}")
    return 0


def parse_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench.journal", description="What durability costs.")
    parser.add_argument("--commands", type=at_least(1_000), default=2_000_000, help="of the day")
    parser.add_argument("--orders", type=at_least(100), default=1_000_000, help="of the snapshot")
    parser.add_argument("--accounts", type=at_least(100), default=1_000_000, help="of the snapshot")
    parser.add_argument("--symbols", type=at_least(1), default=1, help="of the snapshot")
    parser.add_argument("--rounds", type=float, default=1.0, help="how often, to what is usual")
    parser.add_argument("--runs", type=at_least(1), default=RUNS)
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk to be measured")
    return parser.parse_args(words)


def measure(arguments: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure everything, one after the other, and print it."""
    flow = make_flow(SHAPES["B"], arguments.commands)
    commands = join([flow.opening, flow.filling, flow.rows])
    return [
        *measure_appending(folder, commands, arguments.rounds),
        *measure_recovering(folder, commands, room_of(flow), arguments.runs),
        *measure_snapshots(folder, arguments),
    ]


def room_of(flow: Flow) -> Limits:
    return limits_of(flow.shape, ROOM * flow.shape.depth, flow.orders_most)


def measure_appending(folder: Path, commands: np.ndarray, rounds: float) -> list[Goal]:
    """Append groups of all sizes in both modes."""
    goals = []
    for mode in (Mode.SYNC, Mode.BUFFERED):
        figures = []
        for size, usual in GROUPS.items():
            groups = max(1, min(int(rounds * usual), (len(commands) - 1) // size))
            with TemporaryDirectory(dir=folder) as aside:
                figures.append(measure_appends(Path(aside), commands, mode, size, groups))
        print(f"\nappending in mode {mode}, in microseconds a group")
        for line in tell_appends(figures):
            print(f"  {line}")
        if mode is Mode.SYNC:
            goals = list(append_goals(figures, TO_RAW))
    return goals


def measure_recovering(folder: Path, commands: np.ndarray, limits: Limits, runs: int) -> list[Goal]:
    """Write the same day in groups of several sizes, replay and recover it."""
    days = {group: Daybook(folder / f"day{group}") for group in GROUPS_OF_DAY}
    for group, daybook in days.items():
        write_day(daybook, commands, limits, group, int(SNAPSHOT_AT * len(commands)))
    print(f"\nreplaying a day of {len(commands):,} commands")
    replays = measure_replays(days, limits, runs)
    for line in tell_replays(replays):
        print(f"  {line}")
    daybook = days[GROUPS_OF_DAY[-1]]
    print("\nrecovering it, from files that are not in memory")
    alone = recover(daybook, limits, 1 + SESSIONS, from_snapshot=False)
    shortened = recover(daybook, limits, 1 + SESSIONS, from_snapshot=True)
    assert alone[2:] == shortened[2:], "a snapshot has led elsewhere than the journal"
    for line in chain(
        tell_recovery("from the journal alone", alone),
        tell_recovery("from a snapshot near its end", shortened),
        tell_parts(daybook),
    ):
        print(f"  {line}")
    return list(replay_goals(replays))


def measure_snapshots(folder: Path, arguments: argparse.Namespace) -> list[Goal]:
    """Write snapshots of a large state, and have a venue go on meanwhile."""
    like = SHAPES["C"] if arguments.symbols == 1 else SHAPES["B"]
    shape = Shape(
        arguments.symbols, arguments.orders, like.distance, like.taker, arguments.accounts
    )
    venue, commands = make_state(shape, OPERATIONS)
    holdings = len(venue.parts()["holdings"])
    print(
        f"\nsnapshots of {shape.depth:,} orders and {shape.accounts:,} accounts with "
        f"{holdings:,} holdings"
    )
    writing = measure_writing(folder, venue, arguments.runs)
    for line in tell_writing(writing):
        print(f"  {line}")
    pauses = pauses_of_a_start(folder, venue, commands, arguments.runs, arguments.commands)
    for line in tell_pauses(pauses):
        print(f"  {line}")
    return list(snapshot_goals(writing, pauses))


if __name__ == "__main__":
    raise SystemExit(main())

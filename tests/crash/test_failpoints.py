"""The process is killed at every step of the disk: before it, amid a write, and after it.

The points are found by listening to the disk while a day is served, so that a new step is a new
point by itself.  At each of them a child process gets a real SIGKILL; what it acknowledged, it has
told by then.  Another child that takes up what is left is killed in its turn, at each step that
this needs.  In CI the first, the second and the third time that a point is reached, in the long
form every other time.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import copytree
from typing import NamedTuple

import numpy as np
import pytest

from engine.storage.disk import Disk
from tests.crash.days import in_groups, rows_of_day
from tests.crash.disks import KillingDisk, RecordingDisk, Step, points_of
from tests.crash.serving import Reference, Serving

COMMANDS = 250
POINTS_MIN = 40
TIMES_MAX = 1_000
TIMES = [
    pytest.param(range(1, 4), id="thrice"),
    pytest.param(range(4, TIMES_MAX), id="every-time", marks=pytest.mark.long),
]
SNAPSHOT_EVERY = 6

GROUPS = in_groups(rows_of_day(COMMANDS), Random(COMMANDS))
LAST = int(GROUPS[-1]["sequence"][-1])

Acknowledge = Callable[[int], None]


class Day(NamedTuple):
    """A day that nobody kills: its steps, its clearing files, and what is right on it."""

    steps: list[Step]
    cleared: dict[str, bytes]
    reference: Reference


class Remains(NamedTuple):
    """What a killed process leaves: a folder, and what it has promised."""

    point: str
    folder: Path
    promised: int


def live(folder: Path, disk: Disk, acknowledge: Acknowledge) -> Serving:
    """Serve the day to its end, and clear it."""
    serving = take_up(folder, disk, acknowledge)
    serving.go_on(GROUPS, SNAPSHOT_EVERY)
    serving.close()
    serving.clear()
    return serving


def take_up(folder: Path, disk: Disk, acknowledge: Acknowledge) -> Serving:
    """Take up the day, and make known what is there."""
    serving = Serving(folder, disk, acknowledge=acknowledge)
    acknowledge(serving.venue.sequence)
    return serving


def killed(folder: Path, disk: Disk, life: Callable[[Path, Disk, Acknowledge], Serving]) -> int:
    """Live in a process of its own that is killed by its disk; return what it promised last."""
    ear, mouth = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            life(folder, disk, lambda sequence: tell(mouth, sequence))
        finally:
            os._exit(1)
    os.close(mouth)
    with os.fdopen(ear, "rb") as heard:
        promised = np.frombuffer(heard.read(), np.int64)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the process was to be killed, and has ended by itself"
    return int(promised[-1]) if len(promised) else 0


def tell(mouth: int, sequence: int) -> None:
    os.write(mouth, sequence.to_bytes(8, "little"))


def killed_at(points: dict[str, int], times: range, parent: Path) -> Iterator[Remains]:
    """Yield what is left of a day that is killed at each of these points, so many times each."""
    for point, count in points.items():
        for nth in times_of(count, times):
            folder = parent / f"{point}, {nth}".replace("/", "|")
            folder.mkdir()
            promised = killed(folder, KillingDisk(folder, point, nth), live)
            yield Remains(f"{point}, time {nth}", folder, promised)


def times_of(count: int, times: range) -> range:
    """Return which of these times there are, where there are only so many."""
    return range(times.start, min(times.stop, count + 1))


@pytest.fixture(scope="module")
def day(tmp_path_factory) -> Day:
    disk = RecordingDisk(tmp_path_factory.mktemp("day"))
    serving = live(disk.folder, disk, lambda sequence: None)
    return Day(disk.steps, serving.cleared(), Reference(GROUPS))


def assert_goes_on(day: Day, remains: Remains) -> None:
    """Assert that what is left holds all that was promised, and that the day comes to its end."""
    serving = Serving(remains.folder)
    day.reference.assert_agrees(serving, remains.promised)
    assert serving.warnings == []
    serving.go_on(GROUPS)
    serving.close()
    day.reference.assert_agrees(serving, LAST)
    serving.clear()
    assert serving.cleared() == day.cleared


@pytest.mark.parametrize("times", TIMES)
def test_process_is_killed_at_every_point(tmp_path, day, times):
    points = points_of(day.steps)
    assert len(points) >= POINTS_MIN
    for remains in killed_at(points, times, tmp_path):
        with named(remains.point):
            assert_goes_on(day, remains)


@pytest.mark.parametrize("times", TIMES)
def test_process_is_killed_again_at_every_point_of_its_recovery(tmp_path, day, times):
    met: set[tuple[str, int]] = set()
    for remains in killed_at(points_of(day.steps), times, tmp_path):
        for point, count in points_of_recovery(remains).items():
            for nth in times_of(count, range(1, 4)):
                if (point, nth) not in met:
                    met.add((point, nth))
                    again = killed_again(remains, point, nth)
                    with named(again.point):
                        assert_goes_on(day, again)
    assert len({point for point, _ in met}) >= POINTS_MIN


def points_of_recovery(remains: Remains) -> dict[str, int]:
    """Return the points that a process reaches which takes up what is left."""
    disk = RecordingDisk(copied(remains.folder, "taken up"))
    begun = len(disk.steps)
    Serving(disk.folder, disk).be_gone()
    return points_of(disk.steps[begun:])


def killed_again(remains: Remains, point: str, nth: int) -> Remains:
    """Return what is left when the process that takes up the day is killed, too."""
    folder = copied(remains.folder, f"{point}, {nth}")
    promised = killed(folder, KillingDisk(folder, point, nth), take_up)
    return Remains(
        f"{remains.point}, then {point}, time {nth}", folder, max(promised, remains.promised)
    )


def copied(folder: Path, name: str) -> Path:
    return copytree(folder, folder.with_name(f"{folder.name}, {name}".replace("/", "|")))


@contextmanager
def named(point: str) -> Iterator[None]:
    """Name the point at which the process was killed with what goes wrong thereafter."""
    try:
        yield
    except Exception as error:
        error.add_note(f"killed {point}")
        raise

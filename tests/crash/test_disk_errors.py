"""A disk that is full, that fails, or that takes less than it is given, at every step of a day.

On a day of a thousand commands every step that needs room finds the disk full, every step that has
something on the disk for good fails, every write is taken by half: once, and from then on.  Where
the journal fails the process stops: it acknowledges nothing more, and touches that file no more but
to close it.  A snapshot that fails is left out, and nothing else changes.  Once the disk is well
again, all that was acknowledged is there, and the day goes on.
"""

import errno
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from engine.storage.disk import DISK, Disk
from engine.storage.segment import JournalError
from tests.crash.days import in_groups, rows_of_day
from tests.crash.disks import CHANGING, FailingDisk, RecordingDisk, Step
from tests.crash.serving import Reference, Serving, files_of

COMMANDS = 1_000
GROUP_ROWS_MAX = 60
SEGMENT_BYTES = 24 << 10
SNAPSHOT_EVERY = 6
NEEDS_ROOM = ("create", "allocate", "write", "make_directory")
ERRORS = {step: errno.ENOSPC if step in NEEDS_ROOM else errno.EIO for step in CHANGING}

GROUPS = in_groups(rows_of_day(COMMANDS), Random(COMMANDS), GROUP_ROWS_MAX)
LAST = int(GROUPS[-1]["sequence"][-1])


class Life(NamedTuple):
    """What came of a process: the process, if it began, what it promised, and why it stopped."""

    serving: Serving | None
    promised: int
    reason: OSError | None


def live(folder: Path, disk: Disk) -> Life:
    """Serve the day to its end and clear it, or go up to what stops the process."""
    folder.mkdir(exist_ok=True)
    promised, serving = [0], None
    try:
        serving = Serving(folder, disk, segment_bytes=SEGMENT_BYTES, acknowledge=promised.append)
        try:
            serving.go_on(GROUPS, SNAPSHOT_EVERY)
        except OSError as error:
            serving.end_after(error)
            raise
        serving.close()
        serving.clear()
    except OSError as error:
        return Life(serving, promised[-1], error)
    return Life(serving, promised[-1], None)


class Undisturbed(NamedTuple):
    """A day with a disk that is well: its steps, all files by their paths, and the clearing."""

    steps: list[Step]
    files: dict[str, bytes]
    cleared: dict[str, bytes]
    reference: Reference


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Undisturbed:
    disk = RecordingDisk(tmp_path_factory.mktemp("undisturbed"))
    life = live(disk.folder, disk)
    assert (life.promised, life.reason) == (LAST, None)
    return Undisturbed(disk.steps, files_of(disk.folder), life.serving.cleared(), Reference(GROUPS))


def count_of(steps: list[Step], operation: str) -> int:
    return sum(step.operation == operation for step in steps)


def is_of_snapshot(step: Step) -> bool:
    """Say whether a snapshot is all that is spoiled where a step fails."""
    of_reports = step.operation == "sync" and step.path.endswith("reports.bin")
    return of_reports or ("/snapshots/" in f"{step.path}/" and step.operation != "make_directory")


def assert_stopped(disk: FailingDisk, life: Life, place: int) -> None:
    """Assert that a process has stopped where it had to, at one of the attempts."""
    failed = disk.attempts[place]
    assert life.reason is not None, f"{failed.name} failed, and nobody minded"
    assert life.reason.errno == disk.error
    if "/journal" not in failed.path:
        return
    later = {step for step in disk.attempts[place + 1 :] if "/journal" in step.path}
    assert {step.operation for step in later} <= {"close"}, "what failed is touched again"
    if life.promised < LAST and life.serving is not None:
        with pytest.raises(JournalError, match="is given up"):
            life.serving.journal.append(GROUPS[0])


def assert_goes_on(folder: Path, undisturbed: Undisturbed, promised: int) -> None:
    """Assert that the next process finds all that was promised, and can end the day."""
    serving = Serving(folder, segment_bytes=SEGMENT_BYTES)
    undisturbed.reference.assert_agrees(serving, promised)
    serving.go_on(GROUPS)
    serving.close()
    undisturbed.reference.assert_agrees(serving, LAST)
    serving.clear()
    assert serving.cleared() == undisturbed.cleared


@pytest.mark.parametrize("for_ever", [False, True], ids=["once", "for-ever"])
@pytest.mark.parametrize(("operation", "error"), ERRORS.items())
def test_process_stops_where_its_disk_fails(tmp_path, undisturbed, operation, error, for_ever):
    count = count_of(undisturbed.steps, operation)
    assert count
    for nth in range(1, count + 1):
        folder = tmp_path / f"{nth}"
        folder.mkdir()
        disk = FailingDisk(folder, operation, nth, error, for_ever)
        life = live(folder, disk)
        disk.drop()
        fatal = [place for place in disk.failures if not is_of_snapshot(disk.attempts[place])]
        if fatal:
            assert_stopped(disk, life, fatal[0])
        else:
            assert (life.promised, life.reason) == (LAST, None)
            assert len(life.serving.warnings) >= 1
        assert_goes_on(folder, undisturbed, life.promised)


def test_writes_that_are_taken_by_half_are_gone_on_with(tmp_path, undisturbed):
    for nth in range(1, count_of(undisturbed.steps, "write") + 1):
        folder = tmp_path / f"{nth}"
        folder.mkdir()
        disk = FailingDisk(folder, "write", nth, for_ever=nth == 1)
        life = live(folder, disk)
        assert (life.promised, life.reason) == (LAST, None)
        assert files_of(folder) == undisturbed.files


LATE_SECONDS = 0.1


@pytest.mark.parametrize("microseconds", [20, 50, 120, 300])
def test_signals_that_interrupt_the_disk_change_nothing(tmp_path, undisturbed, microseconds):
    """The disk is the real one here, so that there is time to interrupt it."""
    with interrupted_every(microseconds) as interruptions:
        life = live(tmp_path, DISK)
    assert (life.promised, life.reason) == (LAST, None)
    assert files_of(tmp_path) == undisturbed.files
    assert len(interruptions) > count_of(undisturbed.steps, "sync")


@contextmanager
def interrupted_every(microseconds: int) -> Iterator[list[int]]:
    """Have a signal come again and again, and Python answer it; yields the list of them."""
    interruptions: list[int] = []
    answer = signal.signal(signal.SIGALRM, lambda number, _: interruptions.append(number))
    rest, _ = signal.setitimer(signal.ITIMER_REAL, *[microseconds / 1e6] * 2)
    try:
        yield interruptions
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        # Another thread may still be about to take the last signal, which is not for `answer`.
        time.sleep(LATE_SECONDS)
        signal.signal(signal.SIGALRM, answer)
        signal.setitimer(signal.ITIMER_REAL, rest)

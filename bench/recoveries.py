"""What it takes to have a day again from what it has on the disk.

A day is written as a venue writes it, in groups, with its reports and with a snapshot near its end.
Then it is recovered: from the journal alone, and from the snapshot.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np

from bench.flow import BUSINESS_DATE
from bench.goals import Goal
from engine.kernels import Limits, apply
from engine.storage.daybook import Daybook, in_batches
from engine.storage.journal import Journal, Mode, Told
from engine.storage.recovery import Recovery
from engine.storage.reports import ReportFile, read_reports
from engine.storage.segments import read_log
from engine.storage.snapshot import read_snapshot
from engine.storage.snapshots import Snapshots
from engine.venue import Venue
from gateway.streams import Streams

REPLAYED_PER_SECOND = 5_000_000
REPLAYED_TO_KERNEL = 0.7


def write_day(
    daybook: Daybook, commands: np.ndarray, limits: Limits, group: int, snapshot_behind: int
) -> None:
    """Write a day of COMMAND rows in groups, with its reports; the snapshot is behind the group in
    which that sequence is."""
    daybook.begin()
    journal = Journal(daybook.journal, BUSINESS_DATE, Mode.BUFFERED)
    journal.begin()
    journal.told = Told()
    reports = ReportFile(daybook.reports)
    snapshots = Snapshots(daybook.snapshots)
    snapshots.begin()
    venue = Venue(limits)
    for start in range(0, len(commands), group):
        rows = commands[start : start + group]
        journal.append(rows)
        for part in venue.applied(rows):
            journal.tell([part])
            reports.append(part)
        if start < snapshot_behind <= start + group:
            journal.sync()
            reports.flush()
            reports.sync()
            snapshots.write_aside(venue, journal.behind())
            snapshots.publish(venue.sequence)
    reports.close()
    journal.close()


class Replays(NamedTuple):
    """Seconds of the processor for replaying a day: by the kernel alone, and by group size."""

    commands: int
    kernel: list[float]
    replay: dict[int, list[float]]

    def per_second(self, group: int) -> float:
        return self.commands / median(self.replay[group])

    def to_kernel(self, group: int) -> float:
        return median(
            alone / ours for alone, ours in zip(self.kernel, self.replay[group], strict=True)
        )


def measure_replays(days: dict[int, Daybook], limits: Limits, runs: int) -> Replays:
    """Replay the same day from journals with groups of several sizes, in turns."""
    logs = {group: read_log(daybook.journal) for group, daybook in days.items()}
    commands = next(iter(logs.values())).commands
    figures = Replays(len(commands), [], {group: [] for group in days})
    digests = set()
    for _ in range(runs):
        venue = Venue(limits)
        figures.kernel.append(time_kernel(venue, commands))
        digests.add(venue.digest())
        for group, log in logs.items():
            recovery = Recovery(days[group], log, limits, from_snapshot=False)
            began = process_time()
            for _ in recovery.replay():
                pass
            figures.replay[group].append(process_time() - began)
            digests.add(recovery.venue.digest())
    assert len(digests) == 1, "the same commands have come to different states"
    return figures


def time_kernel(venue: Venue, commands: np.ndarray) -> float:
    """Return the seconds in which the kernel applies the rows, in batches as large."""
    state, reports = venue.state, venue.reports
    began = process_time()
    for part in in_batches(commands):
        while len(part):
            part = part[apply(state, part, reports) :]
    return process_time() - began


def tell_replays(figures: Replays) -> Iterator[str]:
    """Say how fast a day is replayed."""
    alone = median(figures.kernel)
    yield f"{'':24}{'seconds':>10}{'ns each':>10}{'M a second':>12}{'to kernel':>11}"
    yield told_of("kernel, in memory", alone, figures.commands, 1)
    for group, seconds in figures.replay.items():
        yield told_of(
            f"groups of {group:,}", median(seconds), figures.commands, figures.to_kernel(group)
        )


def told_of(what: str, seconds: float, commands: int, ratio: float) -> str:
    each = seconds / commands
    return f"{what:24}{seconds:10.2f}{each * 1e9:10.0f}{1e-6 / each:12.2f}{ratio:11.2f}"


def replay_goals(figures: Replays) -> Iterator[Goal]:
    """Hold the replay of each size of groups to the kernel, and to commands a second."""
    for group in figures.replay:
        of_group = f"replay, groups of {group:,}"
        speed = figures.per_second(group)
        yield Goal(f"{of_group}: M commands a second", speed / 1e6, REPLAYED_PER_SECOND / 1e6)
        yield Goal(f"{of_group}: to the kernel", figures.to_kernel(group), REPLAYED_TO_KERNEL)


class Recovered(NamedTuple):
    """Seconds of the steps of a recovery, and the venue's digest behind the last."""

    steps: dict[str, float]
    memory: int
    digest: str
    reports: int

    @property
    def seconds(self) -> float:
        return sum(self.steps.values())


class Steps(dict[str, float]):
    """The seconds that steps take, one behind the other."""

    def __init__(self) -> None:
        super().__init__()
        self.began = perf_counter()

    def done(self, what: str) -> None:
        """Note the time since the last step."""
        now = perf_counter()
        self[what] = now - self.began
        self.began = now


def recover(daybook: Daybook, limits: Limits, sessions: int, from_snapshot: bool) -> Recovered:
    """Recover a day as a gateway does at its start, from files that are not in memory."""
    forget_files(daybook.folder)
    forget_peak()
    before = peak_bytes()
    steps = Steps()
    log = read_log(daybook.journal)
    steps.done("journal read and checked")
    memory = peak_bytes() - before
    recovery = Recovery(daybook, log, limits, from_snapshot=from_snapshot)
    steps.done("snapshot and its reports" if from_snapshot else "empty venue")
    streams = Streams(sessions)
    for part in in_batches(recovery.kept):
        streams.append(part)
    steps.done("streams of kept reports")
    reports = ReportFile(daybook.folder / "again.bin")
    rows, in_streams = 0, 0.0
    for part in recovery.replay():
        began = perf_counter()
        reports.append(part)
        streams.append(part)
        in_streams += perf_counter() - began
        rows += len(part)
    reports.close()
    steps.done("replay")
    steps["replay"] -= in_streams
    steps["streams and file of the others"] = in_streams
    (daybook.folder / "again.bin").unlink()
    return Recovered(steps, memory, recovery.venue.digest(), len(recovery.kept) + rows)


def forget_files(folder: Path) -> None:
    """Have the system read the files of a folder from the disk again."""
    for path in folder.rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def forget_peak() -> None:
    """Count the most memory that this process has had from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """Return the most memory that this process has had."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def tell_recovery(what: str, figures: Recovered) -> Iterator[str]:
    """Say where the time of a recovery goes."""
    yield f"{what}: {figures.seconds:.1f} s"
    for step, seconds in figures.steps.items():
        yield f"  {step:32}{seconds:8.2f} s"
    yield f"  the journal takes {figures.memory / 1e6:,.0f} MB of memory at most while it is read"


def tell_parts(daybook: Daybook) -> Iterator[str]:
    """Say what parts of taking up the newest snapshot cost, each by itself."""
    path = Snapshots(daybook.snapshots).paths()[0]
    forget_files(daybook.folder)
    steps = Steps()
    snapshot = read_snapshot(path)
    steps.done(f"snapshot of {path.stat().st_size / 1e6:,.0f} MB")
    kept = read_reports(daybook.reports, snapshot.told.reports)
    steps.done(f"reports of {kept.nbytes / 1e6:,.0f} MB")
    Told().with_(kept)
    steps.done("their checksum")
    for step, seconds in steps.items():
        yield f"  {step:32}{seconds:8.2f} s"

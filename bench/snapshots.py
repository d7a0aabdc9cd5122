"""What a snapshot of a large state costs: its writing, and the pause of a venue that goes on.

It is written next to the same bytes without checksums or digest, in turns.  The pause is measured
in three ways: a child that is forked and writes, while batches come to the parent; a copy of what
is in use of the arenas at one go; and the same in slices, one between two batches, which is a copy
of no one moment.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np

from bench.appends import median_of, seconds_of
from bench.flow import BUSINESS_DATE, Shape, behind, full_venue_with_accounts, make_flow
from bench.goals import Goal
from engine.kernels import Limits
from engine.storage.daybook import in_batches
from engine.storage.disk import DISK, write_all
from engine.storage.journal import Behind, Told
from engine.storage.snapshot import (
    checksums_of,
    digest_of,
    pieces_of,
    read_snapshot,
    write_snapshot,
)
from engine.venue import Venue, warm_up
from gateway.live_snapshots import fork
from gateway.streams import Streams
from protocol.records import COMMAND, REPORT

TO_PLAIN = 2.0
FORKS = 9
PAUSE_MILLISECONDS = 5.0
"""A pause longer than this is more than a few milliseconds."""

SLICE_BYTES = 4 << 20
BATCH_ROWS = 100
EVERY_SECONDS = 0.001
"""A batch comes every millisecond while the pause is measured."""

BEHIND = Behind(BUSINESS_DATE, 0, Told())
MILLISECONDS = 1e3


def make_state(shape: Shape, operations: int) -> tuple[Venue, np.ndarray]:
    """Return a venue with full books and all accounts, and COMMAND rows that can follow."""
    flow = make_flow(shape, operations)
    venue, _ = full_venue_with_accounts(flow)
    return venue, behind(venue, flow.rows)


class Writing(NamedTuple):
    """Seconds of writing a state as a snapshot, and of the same bytes alone; and of its parts."""

    size: int
    snapshot: list[float]
    plain: list[float]
    parts: dict[str, float]

    @property
    def to_plain(self) -> float:
        pairs = zip(self.snapshot, self.plain, strict=True)
        return median(snapshot / plain for snapshot, plain in pairs)


def measure_writing(folder: Path, venue: Venue, runs: int) -> Writing:
    """Write the state of a venue so many times each way, into new files of a folder."""
    figures = Writing(0, [], [], parts_of_writing(venue))
    size = 0
    path = folder / "whole.snapshot"
    for _ in range(runs):
        figures.snapshot.append(seconds_of(lambda: write_snapshot(path, venue, BEHIND, DISK)))
        size = path.stat().st_size
        path.unlink()
        figures.plain.append(seconds_of(lambda: write_plain(path, venue)))
        path.unlink()
    return figures._replace(size=size)


def write_plain(path: Path, venue: Venue) -> None:
    """Write what is in use of the arenas into a new file, durably, and nothing else."""
    file = DISK.create(path)
    offset = 0
    for piece in pieces_of(venue.parts()):
        write_all(DISK, file, piece, offset)
        offset += len(piece)
    os.fsync(file)
    os.close(file)


def parts_of_writing(venue: Venue) -> dict[str, float]:
    """Return what the digest and the checksums of a state take, alone."""

    def checksums() -> None:
        for piece in pieces_of(venue.parts()):
            checksums_of(piece)

    return {
        "SHA-256": median_of(lambda: digest_of(venue.parts()), 3),
        "CRC-32": median_of(checksums, 3),
    }


def tell_writing(figures: Writing) -> Iterator[str]:
    """Say what a snapshot costs."""
    parts = ", ".join(f"{name} alone {seconds:.2f} s" for name, seconds in figures.parts.items())
    yield (
        f"{figures.size / 1e6:,.0f} MB in {median(figures.snapshot):.2f} s, the same bytes alone "
        f"in {median(figures.plain):.2f} s: {figures.to_plain:.2f} times; {parts}"
    )


class Pauses(NamedTuple):
    """Seconds: of each fork, also before there is a state, and with the reports of a day; of
    batches while a child writes and while none does; and of copies.

    `huge` is the share of memory that is in huge pages.
    """

    forks_empty: list[float]
    forks: list[float]
    forks_with_reports: list[float]
    children: list[float]
    with_child: list[float]
    without: list[float]
    copy: float
    slices: list[float]
    huge: float


def pauses_of_a_start(
    folder: Path, venue: Venue, commands: np.ndarray, runs: int, reports: int
) -> Pauses:
    """Measure in a process of its own, which takes up the state as a venue does at its start.

    Memory that was used for other things before is in small pages, of which each takes its time.
    """
    path = folder / "start.snapshot"
    write_snapshot(path, venue, BEHIND, DISK)
    commands.tofile(folder / "commands.bin")
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        measured = fresh.submit(measure_anew, folder, venue.limits, runs, reports).result()
    path.unlink()
    return measured


def measure_anew(folder: Path, limits: Limits, runs: int, reports: int) -> Pauses:
    """Take up a state, and measure with the COMMAND rows beside it."""
    forks_before = [time_fork() for _ in range(FORKS)]
    warm_up(print)
    venue = Venue(limits)
    read_snapshot(folder / "start.snapshot").restore(venue)
    commands = np.fromfile(folder / "commands.bin", COMMAND)
    return measure_pauses(folder, venue, commands, runs, reports)._replace(forks_empty=forks_before)


def measure_pauses(
    folder: Path, venue: Venue, commands: np.ndarray, runs: int, reports: int
) -> Pauses:
    """Apply COMMAND rows, a batch every millisecond, with and without a child that writes."""
    whole, slices = time_copies(venue)
    figures = Pauses([], [], [], [], [], [], whole, slices, huge_pages())
    batches = in_batches(commands, BATCH_ROWS)
    batches_max = len(commands) // BATCH_ROWS // (2 * runs)
    path = folder / "of_child.snapshot"
    for _ in range(runs):
        began = perf_counter()
        child = fork(lambda: write_snapshot(path, venue, BEHIND, DISK))
        figures.forks.append(perf_counter() - began)
        ended = 0
        applied = len(figures.with_child)
        while not ended and len(figures.with_child) - applied < batches_max:
            figures.with_child.append(time_batch(venue, next(batches)))
            ended, status = os.waitpid(child, os.WNOHANG)
        if not ended:
            _, status = os.waitpid(child, 0)
        assert status == 0, "the child could not write its snapshot"
        figures.children.append(perf_counter() - began)
        path.unlink()
        for _ in range(len(figures.with_child) - applied):
            figures.without.append(time_batch(venue, next(batches)))
    figures.forks.extend(time_fork() for _ in range(FORKS))
    streams = Streams(1)
    streams.append(np.zeros(reports, REPORT))
    figures.forks_with_reports.extend(time_fork() for _ in range(FORKS))
    return figures


def time_fork() -> float:
    """Return the seconds that the parent takes for a child that does nothing."""
    began = perf_counter()
    child = fork(int)
    seconds = perf_counter() - began
    os.waitpid(child, 0)
    return seconds


def time_batch(venue: Venue, rows: np.ndarray) -> float:
    """Apply a batch after a millisecond of rest; return the seconds that it takes."""
    time.sleep(EVERY_SECONDS)
    began = perf_counter()
    for _ in venue.applied(rows):
        pass
    return perf_counter() - began


def time_copies(venue: Venue) -> tuple[float, list[float]]:
    """Return the seconds of copying the state at one go, and of each slice of it."""
    parts = [part.view(np.uint8) for part in venue.parts().values()]
    rooms = [np.zeros(len(part), np.uint8) for part in parts]
    for room in rooms:
        room[::4_096] = 1

    def copy() -> None:
        for part, room in zip(parts, rooms, strict=True):
            room[:] = part

    slices = []
    for part, room in zip(parts, rooms, strict=True):
        for begin in range(0, len(part), SLICE_BYTES):
            began = perf_counter()
            room[begin : begin + SLICE_BYTES] = part[begin : begin + SLICE_BYTES]
            slices.append(perf_counter() - began)
    return median_of(copy, 3), slices


def huge_pages() -> float:
    """Return the share of this process's own memory that is in huge pages."""
    sizes = {"Anonymous:": 0, "AnonHugePages:": 0}
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        name, *rest = line.split()
        if name in sizes:
            sizes[name] = int(rest[0])
    return sizes["AnonHugePages:"] / max(sizes["Anonymous:"], 1)


def at(quantile: float, seconds: list[float]) -> float:
    return sorted(seconds)[int(quantile * (len(seconds) - 1))] * MILLISECONDS


def tell_pauses(figures: Pauses) -> Iterator[str]:
    """Say how long a venue stands still in each way."""
    yield (
        f"fork: {at(0.5, figures.forks):.1f} ms, at most {at(1, figures.forks):.1f}; of a process "
        f"without a state {at(0.5, figures.forks_empty):.1f}, with the reports of a day as well "
        f"{at(0.5, figures.forks_with_reports):.1f}; {figures.huge:.0%} of memory is in huge pages"
    )
    yield f"the child is done after {median(figures.children):.2f} s"
    yield f"  {'batches of 100, ms':24}{'median':>10}{'p99':>10}{'longest':>10}{'batches':>10}"
    for what, seconds in (
        ("while a child writes", figures.with_child),
        ("while none does", figures.without),
    ):
        yield (
            f"  {what:24}"
            + "".join(f"{at(q, seconds):10.3f}" for q in (0.5, 0.99, 1))
            + (f"{len(seconds):10,}")
        )
    yield f"copy at one go: {figures.copy * MILLISECONDS:.1f} ms"
    yield (
        f"copy in {len(figures.slices):,} slices of {SLICE_BYTES >> 20} MB: "
        f"{at(0.5, figures.slices):.2f} ms each, at most {at(1, figures.slices):.2f}; "
        "that is of no one moment"
    )


def snapshot_goals(writing: Writing, pauses: Pauses) -> Iterator[Goal]:
    """Hold a snapshot to a plain write, and its pauses to a few milliseconds."""
    yield Goal("snapshot: time to a plain write", writing.to_plain, TO_PLAIN, True)
    fork_pause = median(pauses.forks) * MILLISECONDS
    yield Goal("snapshot: ms of the fork", fork_pause, PAUSE_MILLISECONDS, True)
    slowest = at(0.99, pauses.with_child)
    yield Goal("snapshot: ms of batches meanwhile, p99", slowest, PAUSE_MILLISECONDS, True)

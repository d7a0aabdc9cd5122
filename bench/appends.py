"""What a group of commands costs in the journal, next to writing the same bytes with nothing else.

Both write one group behind the other into a file that has its room already; in mode SYNC both have
it on the disk each time.  They take turns, some groups each.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np

from bench.flow import BUSINESS_DATE
from bench.goals import Goal
from engine.kernels import LINE_WORDS, seal
from engine.storage.disk import DISK, Disk
from engine.storage.journal import Journal, Mode
from protocol.records import ROW_BYTES

GROUPS = {1: 600, 10: 600, 100: 400, 1_000: 300, 10_000: 120}
"""How many groups of each size are written."""

TURN = 10
"""Groups that either writes before the other's turn."""

PARTS = ("write", "sync", "mark", "copy", "seal", "rest")
"""Where the time of an append goes; what is left is the rest."""

MICROSECONDS = 1e6


class WatchedDisk(Disk):
    """A disk that notes how long writing and syncing takes, in seconds."""

    def __init__(self) -> None:
        self.writes: list[float] = []
        self.syncs: list[float] = []

    def write(self, file: int, data: bytes | memoryview, offset: int) -> int:
        began = perf_counter()
        taken = super().write(file, data, offset)
        self.writes.append(perf_counter() - began)
        return taken

    def sync(self, file: int) -> None:
        began = perf_counter()
        super().sync(file)
        self.syncs.append(perf_counter() - began)

    def forget(self) -> None:
        self.writes.clear()
        self.syncs.clear()


class Appends(NamedTuple):
    """Seconds of each group: raw and in the journal; of the journal's also the parts.

    `syncs` are how many there were to a group, and `rolls` the seconds of those that ended a
    segment with it; `digest` is what the SHA-256 of a group takes, beside.
    """

    mode: Mode
    size: int
    raw: list[float]
    journal: list[float]
    parts: dict[str, list[float]]
    syncs: set[int]
    rolls: list[float]
    digest: float

    @property
    def speed(self) -> float:
        """The journal's speed as a part of the raw one: the median of the turns."""
        return median(
            median(self.raw[turn : turn + TURN]) / median(self.journal[turn : turn + TURN])
            for turn in range(0, len(self.journal), TURN)
        )

    @property
    def speed_undisturbed(self) -> float:
        """The same by the fastest tenth of either, when nobody else used the machine."""
        return fastest(self.raw) / fastest(self.journal)


class Raw:
    """A file with room for `size` bytes, written one group behind the other."""

    def __init__(self, path: Path, size: int, is_synced: bool) -> None:
        self.file = DISK.create(path, size)
        self.offset = 0
        self.is_synced = is_synced
        os.fsync(self.file)

    def append(self, content: memoryview) -> None:
        self.offset += os.pwrite(self.file, content, self.offset)
        if self.is_synced:
            os.fdatasync(self.file)


def measure_appends(
    folder: Path, commands: np.ndarray, mode: Mode, size: int, groups: int
) -> Appends:
    """Write so many groups of `size` of the COMMAND rows into new files in a folder."""
    content = commands.view(np.uint8).data
    disk = WatchedDisk()
    journal = Journal(folder / "journal", BUSINESS_DATE, mode, disk)
    journal.begin()
    raw = Raw(folder / "raw", groups * (1 + size) * ROW_BYTES, mode is Mode.SYNC)
    figures = Appends(mode, size, [], [], defaultdict(list), set(), [], digest_of(content, size))
    alone = {"copy": copy_of(commands[:size]), "seal": seal_of(commands[:size])}
    for turn in range(0, groups, TURN):
        starts = [size * group for group in range(turn, min(turn + TURN, groups))]
        for start in starts:
            group = content[start * ROW_BYTES : (start + size + 1) * ROW_BYTES]
            figures.raw.append(seconds_of(lambda group=group: raw.append(group)))
        for start in starts:
            rows = commands[start : start + size]
            disk.forget()
            segment = journal.segment
            seconds = seconds_of(lambda rows=rows: journal.append(rows))
            figures.journal.append(seconds)
            if journal.segment > segment:
                figures.rolls.append(seconds)
                continue
            figures.syncs.add(len(disk.syncs))
            parts = {"write": disk.writes[0], "sync": sum(disk.syncs), "mark": sum(disk.writes[1:])}
            for name, value in (parts | alone).items():
                figures.parts[name].append(value)
            figures.parts["rest"].append(seconds - sum((parts | alone).values()))
    journal.close()
    os.close(raw.file)
    return figures


def seconds_of(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def fastest(seconds: list[float]) -> float:
    """Return how long the fastest tenth took at most."""
    return sorted(seconds)[len(seconds) // 10]


def median_of(call: Callable[[], object], times: int = 9) -> float:
    """Return the median of the seconds that a call takes."""
    return median(seconds_of(call) for _ in range(times))


def digest_of(content: memoryview, size: int) -> float:
    group = content[: (1 + size) * ROW_BYTES]
    return median_of(lambda: sha256(group))


def copy_of(rows: np.ndarray) -> float:
    lines = np.zeros(len(rows), rows.dtype).view(np.uint32).reshape(-1, LINE_WORDS)

    def copy() -> None:
        lines[:] = rows.view(np.uint32).reshape(-1, LINE_WORDS)

    return median_of(copy)


def seal_of(rows: np.ndarray) -> float:
    lines = rows.copy().view(np.uint32).reshape(-1, LINE_WORDS)
    return median_of(lambda: seal(lines, 0))


def tell_appends(figures: list[Appends]) -> Iterator[str]:
    """Say what groups of each size cost, in microseconds."""
    heads = ("group", "raw", "journal", "speed", "fastest", *PARTS, "(digest)")
    yield "".join(f"{head:>9}" for head in heads)
    for of_size in figures:
        raw, journal = median(of_size.raw) * MICROSECONDS, median(of_size.journal) * MICROSECONDS
        parts = [median(of_size.parts[name]) * MICROSECONDS for name in PARTS]
        yield (
            f"{of_size.size:9,}{raw:9.1f}{journal:9.1f}{of_size.speed:9.2f}"
            f"{of_size.speed_undisturbed:9.2f}"
            + "".join(f"{part:9.1f}" for part in (*parts, of_size.digest * MICROSECONDS))
        )
    rolls = [seconds for of_size in figures for seconds in of_size.rolls]
    if rolls:
        yield f"  the end of a segment takes {median(rolls) * 1e3:.1f} ms"


def append_goals(figures: list[Appends], least: float) -> Iterator[Goal]:
    """Hold the speed of groups of each size to a part of the raw one."""
    for of_size in figures:
        yield Goal(f"{of_size.mode}: groups of {of_size.size:,}, to raw", of_size.speed, least)

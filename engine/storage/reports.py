"""The file of a day's reports: REPORT rows in the order in which the engine made them.

It can be made anew from the journal, and need not be on the disk; but what a snapshot stands on is
had there first.
"""

import os
import tempfile
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Self

import numpy as np

from engine.storage.disk import DISK, Disk, write_all
from protocol.records import REPORT

WAITING_BYTES_MAX = 1 << 18


def read_reports(path: Path, count: int) -> np.ndarray:
    """Return the first `count` REPORT rows of a file, fewer where it has not as many.

    They are a view of the file, of which no more is in memory than is being looked at.
    """
    count = min(count, count_of_reports(path))
    if not count:
        return np.zeros(0, REPORT)
    return np.asarray(np.memmap(path, REPORT, "r", shape=count))


def count_of_reports(path: Path) -> int:
    """Return how many whole REPORT rows a file has, none without a file."""
    return path.stat().st_size // REPORT.itemsize if path.exists() else 0


class ReportFile:
    """Appends REPORT rows behind those that are kept of an earlier run, and finds them again."""

    def __init__(self, path: Path, kept: int = 0, disk: Disk = DISK) -> None:
        """Open the file with its first `kept` rows; what is behind them is cut off."""
        self.begin(disk.open(path) if path.exists() else disk.create(path), kept, disk)
        disk.sync_directory(path.parent)
        disk.truncate(self.file, self.offset)

    @classmethod
    def without_name(cls) -> Self:
        """Begin a file that is gone with the process."""
        reports = cls.__new__(cls)
        with tempfile.TemporaryFile() as file:
            reports.begin(os.dup(file.fileno()), 0, DISK)
        return reports

    def begin(self, file: int, kept: int, disk: Disk) -> None:
        """Go on in an open file behind its first `kept` rows."""
        self.file = file
        self.disk = disk
        self.offset = kept * REPORT.itemsize
        self.waiting = bytearray()
        self.readable = np.zeros(0, REPORT)

    @property
    def count(self) -> int:
        """How many REPORT rows there are."""
        return (self.offset + len(self.waiting)) // REPORT.itemsize

    def rows(self) -> np.ndarray:
        """Return all REPORT rows, as a view of the file that cannot be written to."""
        if len(self.readable) < self.count:
            self.flush()
            file = mmap(self.file, self.offset, access=ACCESS_READ)
            self.readable = np.frombuffer(file, REPORT)
        return self.readable

    def append(self, reports: np.ndarray) -> None:
        """Take REPORT rows, which are written once there are enough."""
        if reports.nbytes >= WAITING_BYTES_MAX:
            self.flush()
            self.write(reports.view(np.uint8).data)
            return
        self.waiting += reports.view(np.uint8).data
        if len(self.waiting) >= WAITING_BYTES_MAX:
            self.flush()

    def flush(self) -> None:
        """Let other readers of the file see all reports."""
        self.write(self.waiting)
        self.waiting = bytearray()

    def write(self, rows: bytearray | memoryview) -> None:
        write_all(self.disk, self.file, rows, self.offset)
        self.offset += len(rows)

    def sync(self) -> None:
        """Have what was flushed on the disk."""
        self.disk.sync(self.file)

    def close(self) -> None:
        """Write what waits, and close the file."""
        try:
            self.flush()
        finally:
            self.disk.close(self.file)

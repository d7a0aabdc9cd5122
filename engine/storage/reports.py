"""The file of a day's reports: REPORT rows in the order in which the engine made them.

It can be made anew from the journal, and need not be on the disk; but what a snapshot stands on is
had there first.
"""

from pathlib import Path

import numpy as np

from engine.storage.disk import DISK, Disk, write_all
from protocol.records import REPORT

WAITING_BYTES_MAX = 1 << 20


def read_reports(path: Path, count: int = -1) -> np.ndarray:
    """Return the REPORT rows of a file, the first `count` of them at most; none without a file."""
    return np.fromfile(path, REPORT, count) if path.exists() else np.zeros(0, REPORT)


def count_of_reports(path: Path) -> int:
    """Return how many whole REPORT rows a file has, none without a file."""
    return path.stat().st_size // REPORT.itemsize if path.exists() else 0


class ReportFile:
    """Appends REPORT rows behind those that are kept of an earlier run."""

    def __init__(self, path: Path, kept: int = 0, disk: Disk = DISK) -> None:
        """Open the file with its first `kept` rows; what is behind them is cut off."""
        self.disk = disk
        self.file = disk.open(path) if path.exists() else disk.create(path)
        disk.sync_directory(path.parent)
        self.offset = kept * REPORT.itemsize
        disk.truncate(self.file, self.offset)
        self.waiting = bytearray()

    def append(self, reports: np.ndarray) -> None:
        """Take REPORT rows, which are written once there are enough."""
        self.waiting += reports.tobytes()
        if len(self.waiting) >= WAITING_BYTES_MAX:
            self.flush()

    def flush(self) -> None:
        """Let other readers of the file see all reports."""
        write_all(self.disk, self.file, self.waiting, self.offset)
        self.offset += len(self.waiting)
        self.waiting = bytearray()

    def sync(self) -> None:
        """Have what was flushed on the disk."""
        self.disk.sync(self.file)

    def close(self) -> None:
        """Write what waits, and close the file."""
        try:
            self.flush()
        finally:
            self.disk.close(self.file)

"""The reports that a day has on the disk, held to those that a replay of its journal makes."""

from pathlib import Path

import numpy as np

from engine.storage.findings import well, wrong
from engine.storage.journal import Told
from protocol.files.load import Finding
from protocol.records import REPORT


class KeptReports:
    """The reports that the day has on the disk, held piece by piece to those of the replay."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_there = path.exists()
        self.size = path.stat().st_size if self.is_there else 0
        self.compared = 0
        self.wrong_at = -1

    def compare(self, reports: np.ndarray) -> None:
        """Compare the next reports of the replay, as far as there are any on the disk."""
        count = min(reports.nbytes, self.size - self.compared)
        if count <= 0 or self.wrong_at >= 0:
            return
        found = np.fromfile(self.path, np.uint8, count, offset=self.compared)
        expected = reports.view(np.uint8)[: len(found)]
        differs = np.flatnonzero(found != expected)
        if len(differs):
            self.wrong_at = self.compared + int(differs[0])
        self.compared += len(found)
        if len(found) < count:
            self.size = self.compared

    def is_whole(self, told: Told) -> bool:
        """Return whether the file has all reports and nothing else."""
        return self.wrong_at < 0 and self.compared == self.size == told.reports * REPORT.itemsize

    def finding(self, told: Told, is_all: bool) -> Finding:
        """Return how the file compares with the reports that the replay has made.

        There may be more of them where these are not all of the day.
        """
        count = self.compared // REPORT.itemsize
        if self.wrong_at >= 0:
            return self.fault(f"is other than what the replay makes, from byte {self.wrong_at} on")
        if self.size > self.compared and is_all:
            return self.fault(f"has {self.size} bytes, and the replay makes {count} reports")
        if self.is_whole(told):
            return well(self.path, f"{count} reports, those that the replay makes")
        if self.size > self.compared:
            return well(self.path, f"begins with the {count} reports that the replay makes")
        return well(self.path, f"the first {count} of {told.reports} reports that the replay makes")

    def fault(self, text: str) -> Finding:
        return wrong(self.path, f"{text}; a start, or cuohe close --replace, makes it again")

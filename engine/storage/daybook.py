"""The folder of a business day: where its journal, its reports and its clearing files lie."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.storage.disk import DISK, Disk, replace_file
from engine.venue import Venue
from protocol.records import REPORT

BATCH_ROWS = 4_096


class Daybook:
    """Names the files of a day under the venue's data folder, as in data/20261120/."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def journal(self) -> Path:
        """The folder of the log of sequenced commands: the truth."""
        return self.folder / "journal"

    @property
    def snapshots(self) -> Path:
        """The folder of the snapshots of the state."""
        return self.folder / "snapshots"

    @property
    def reports(self) -> Path:
        """All REPORT rows of the day in the order in which the engine made them."""
        return self.folder / "reports.bin"

    @property
    def clearing(self) -> Path:
        """The folder of the clearing files."""
        return self.folder / "clearing"

    @property
    def reference(self) -> Path:
        """The folder of what the close knows besides the day; there need be none."""
        return self.folder / "reference"

    @property
    def deliveries(self) -> Path:
        """What persons have delivered of the day's trades; there need be none."""
        return self.folder / "deliveries.jsonl"

    def read_reports(self) -> np.ndarray:
        """Return the REPORT rows of the day."""
        return np.fromfile(self.reports, REPORT)

    def take_reference(self, folder: Path, disk: Disk = DISK) -> None:
        """Copy the CSV files of a folder, if there is one, that the day has none of yet."""
        for path in sorted(folder.glob("*.csv")):
            own = self.reference.joinpath(path.name)
            if own.exists():
                continue
            if not self.reference.exists():
                disk.make_directory(self.reference)
                disk.sync_directory(self.folder)
            replace_file(own, path.read_bytes(), disk)

    def begin(self, disk: Disk = DISK) -> None:
        """Make the folder of the day where there is none yet, and have it on the disk.

        One that is there may be of a process that was killed before it was on the disk.
        """
        for folder in (*reversed(self.folder.parents), self.folder):
            is_new = not folder.exists()
            if is_new:
                disk.make_directory(folder)
            if is_new or folder in (self.folder.parent, self.folder):
                disk.sync_directory(folder.parent)


def replay(
    venue: Venue, commands: np.ndarray, batch_rows: int = BATCH_ROWS
) -> Iterator[np.ndarray]:
    """Apply the COMMAND rows of a journal in batches and yield their reports as they come.

    As with Venue.applied, take what is yielded before the next step.
    """
    for batch in in_batches(commands, batch_rows):
        yield from venue.applied(batch)


def in_batches(rows: np.ndarray, batch_rows: int = BATCH_ROWS) -> Iterator[np.ndarray]:
    """Yield rows, so many at a time, as views."""
    for start in range(0, len(rows), batch_rows):
        yield rows[start : start + batch_rows]

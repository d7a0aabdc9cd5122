"""What a serving process does with the disk, without its sockets: one life of it after the other.

A group of commands is written to the journal, acknowledged, and applied, and its reports go into
their file.  Now and then a snapshot is taken; a day that has ended is cleared.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from engine.clearing.close import clear
from engine.storage.daybook import Daybook
from engine.storage.disk import Disk
from engine.storage.journal import Journal, Mode, Told
from engine.storage.recovery import Recovery
from engine.storage.reports import ReportFile
from engine.storage.segments import read_journal
from engine.storage.snapshots import Snapshots
from engine.venue import Venue
from tests.commands import BUSINESS_DATE
from tests.crash.days import LIMITS
from tests.crash.disks import HastyDisk

HASTY = HastyDisk()

SEGMENT_BYTES = 8 << 10
"""So little that a day of a few hundred commands has several segments."""

DAY = f"data/{BUSINESS_DATE}"
"""The folder of the day, below that of all that a process writes."""

SNAPSHOT_EVERY = 12
"""After how many groups a snapshot is taken."""


class Serving:
    """One life of a process: from its recovery to its end."""

    def __init__(
        self,
        folder: Path,
        disk: Disk = HASTY,
        mode: Mode = Mode.SYNC,
        segment_bytes: int = SEGMENT_BYTES,
        acknowledge: Callable[[int], None] = lambda sequence: None,
    ) -> None:
        """Take up the day in a folder; `acknowledge` hears of the sequences that are promised."""
        self.daybook = Daybook(folder / DAY)
        self.disk = disk
        self.acknowledge = acknowledge
        self.warnings: list[str] = []
        self.told = Told()
        self.stream = bytearray()
        """All that was told on this day."""

        self.fresh: list[np.ndarray] = []
        """What was told since the last group was written."""

        self.reports: ReportFile | None = None
        self.journal = Journal(self.daybook.journal, BUSINESS_DATE, mode, disk, segment_bytes)
        try:
            self.take_up()
        except BaseException as error:
            self.end_after(error)
            raise

    def take_up(self) -> None:
        """Recover, and go on where all that is whole ends."""
        recovery = Recovery(self.daybook, self.journal.log, LIMITS, self.warnings.append)
        self.venue = recovery.venue
        self.starts_at = recovery.sequence
        self.daybook.begin(self.disk)
        self.journal.begin()
        self.reports = ReportFile(self.daybook.reports, len(recovery.kept), self.disk)
        self.snapshots = Snapshots(self.daybook.snapshots, disk=self.disk)
        self.snapshots.begin()
        for path in recovery.unusable:
            self.snapshots.set_aside(path)
        self.tell(recovery.kept)
        for reports in recovery.replay():
            self.reports.append(reports)
            self.tell(reports)
        self.reports.flush()
        self.journal.told = self.told
        self.fresh.clear()

    def tell(self, reports: np.ndarray) -> None:
        self.told = self.told.with_(reports)
        self.stream += reports.tobytes()
        self.fresh.append(reports)

    def carry_out(self, rows: np.ndarray) -> None:
        """Let a group of stamped commands take its course."""
        self.journal.append(rows, self.fresh)
        self.fresh.clear()
        self.acknowledge(int(rows["sequence"][-1]))
        reports = self.venue.apply(rows)
        self.reports.append(reports)
        self.tell(reports)

    def go_on(self, groups: Iterable[np.ndarray], snapshot_every: int = SNAPSHOT_EVERY) -> None:
        """Carry out those of a day's groups that are not in the journal, with snapshots between."""
        for number, group in enumerate(groups, 1):
            if group["sequence"][0] > self.venue.sequence:
                self.carry_out(group)
                if number % snapshot_every == 0:
                    self.take_snapshot()

    def take_snapshot(self) -> None:
        """Keep the state, so that the next start need not begin at the beginning.

        Where that fails it is left out: the journal is enough.
        """
        self.journal.tell(self.fresh)
        self.fresh.clear()
        self.reports.flush()
        self.sync_journal()
        try:
            self.snapshots.write_aside(self.venue, self.journal.behind())
            self.reports.sync()
            self.snapshots.publish(self.venue.sequence)
        except OSError as error:
            self.warnings.append(f"no snapshot: {error}")

    def sync_journal(self) -> None:
        """Have the journal on the disk, on which a snapshot stands; it is given up otherwise."""
        try:
            self.journal.sync()
        except OSError as error:
            self.journal.failed = str(error)
            raise

    def close(self) -> None:
        """End in order."""
        try:
            self.journal.tell(self.fresh)
            self.journal.close()
        finally:
            if self.reports is not None:
                self.reports.close()

    def clear(self) -> None:
        """Make the clearing files of the day, which has ended."""
        commands, reports = read_journal(self.daybook.journal), self.daybook.read_reports()
        state = self.venue.state
        clear(commands, reports, self.daybook.clearing, disk=self.disk, state=state)

    def cleared(self) -> dict[str, bytes]:
        """Return the clearing files by name, none of a day that is not cleared."""
        return {path.name: path.read_bytes() for path in self.daybook.clearing.glob("*")}

    def end_after(self, error: BaseException) -> None:
        """End as a process does that found that something is wrong; let go of all files."""
        if not isinstance(error, OSError):
            self.be_gone()
            return
        with suppress(OSError):
            self.close()

    def be_gone(self) -> None:
        """Let go of all files as a killed process does, with no further step of the disk."""
        self.journal.failed = "killed"
        self.journal.close()
        if self.reports is not None:
            self.disk.close(self.reports.file)


class Reference:
    """A day without any disk: what a venue says of itself behind each group, and what it tells."""

    def __init__(self, groups: Iterable[np.ndarray]) -> None:
        venue = Venue(LIMITS)
        self.stream = bytearray()
        self.digests = {0: venue.digest()}
        self.lengths = {0: 0}
        for group in groups:
            self.stream += venue.apply(group).tobytes()
            self.digests[venue.sequence] = venue.digest()
            self.lengths[venue.sequence] = len(self.stream)

    def assert_agrees(self, serving: Serving, acknowledged: int = 0) -> None:
        """Assert that a process stands behind a group of the day, and none that was acknowledged is
        missing."""
        sequence = serving.venue.sequence
        assert sequence >= acknowledged, "what was acknowledged is lost"
        assert serving.venue.digest() == self.digests[sequence]
        told = self.stream[: self.lengths[sequence]]
        assert serving.stream == told
        assert serving.daybook.reports.read_bytes() == told


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of all files below a folder."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}

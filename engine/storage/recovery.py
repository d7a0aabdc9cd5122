"""Recovery: from what a day has on the disk to the state it had, and to all that it told.

The newest snapshot that can be used is taken up, with the reports that had been told by then; the
commands behind it are applied again.  What these tell is held to what they told the first time, at
the marks that the groups of the journal are.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from engine.kernels import Limits
from engine.storage.daybook import BATCH_ROWS, Daybook
from engine.storage.journal import NOT_KNOWN, Told
from engine.storage.reports import read_reports
from engine.storage.segment import JournalError
from engine.storage.segments import Log
from engine.storage.snapshot import SnapshotError, read_snapshot
from engine.storage.snapshots import Snapshots
from engine.venue import Venue
from protocol.records import REPORT


class Recovery:
    """A day that is taken up again, up to its newest snapshot; `replay` goes on to the end.

    `kept` are the REPORT rows of the commands up to `sequence`.
    """

    def __init__(
        self,
        daybook: Daybook,
        log: Log,
        limits: Limits,
        warn: Callable[[str], None] = print,
        from_snapshot: bool = True,
    ) -> None:
        """Take up the newest snapshot that can be used; `warn` hears why others cannot."""
        self.daybook = daybook
        self.log = log
        self.limits = limits
        self.unusable: list[Path] = []
        snapshots = Snapshots(daybook.snapshots).paths() if from_snapshot else []
        for path in snapshots:
            try:
                self.take_up(path)
                return
            except SnapshotError as error:
                warn(f"{error}; it is passed over")
                self.unusable.append(path)
        self.begin()

    def begin(self) -> None:
        """Begin with an empty venue."""
        self.venue = Venue(self.limits)
        self.told = Told()
        self.sequence = 0
        self.kept = np.zeros(0, REPORT)

    def take_up(self, path: Path) -> None:
        """Begin with a snapshot.

        Raises SnapshotError where it cannot be used, and JournalError where it can, but the journal
        has lost commands that it stands on.
        """
        snapshot = read_snapshot(path)
        if snapshot.business_date != self.log.business_date:
            raise SnapshotError(f"{path}: is of {snapshot.business_date}")
        commands = self.log.commands
        if snapshot.sequence > len(commands):
            raise JournalError(
                f"{self.daybook.journal}: ends at the sequence {len(commands)}, and {path} stands "
                f"on {snapshot.sequence} commands that were on the disk; restore the journal from "
                "a backup"
            )
        if commands["checksum"][snapshot.sequence - 1] != snapshot.chain:
            raise SnapshotError(f"{path}: stands on other commands than the journal has")
        kept = read_reports(self.daybook.reports, snapshot.told.reports)
        if Told().with_(kept) != snapshot.told:
            raise SnapshotError(
                f"{path}: stands on {snapshot.told.reports} reports, and {self.daybook.reports} "
                "does not begin with them"
            )
        self.begin()
        snapshot.restore(self.venue)
        self.sequence, self.told, self.kept = snapshot.sequence, snapshot.told, kept

    def replay(
        self, batch_rows: int = BATCH_ROWS, until: int | None = None
    ) -> Iterator[np.ndarray]:
        """Apply the commands behind the snapshot, and yield their reports as they come.

        As with Venue.applied, take what is yielded before the next step, and go on to the end, or
        to the sequence `until`, from where another call goes on.
        Raises JournalError where other reports come than came the first time.
        """
        last = len(self.log.commands) if until is None else until
        starts = np.append(self.log.groups["sequence"] - 1, len(self.log.commands))
        is_known = self.log.groups["reports"] != NOT_KNOWN
        last_mark = int(starts[:-1][is_known].max(initial=0))
        while self.sequence < last:
            self.check_mark()
            end = starts[np.searchsorted(starts, self.sequence + batch_rows, "right") - 1]
            end = min(last, end if end > self.sequence else self.sequence + batch_rows)
            end = min(end, last_mark) if last_mark > self.sequence else end
            for reports in self.venue.applied(self.log.commands[self.sequence : end]):
                self.told = self.told.with_(reports)
                yield reports
            self.sequence = self.venue.sequence
        self.check_mark()

    def check_mark(self) -> None:
        """Raise JournalError where a group says that the commands before it told something else."""
        groups = self.log.groups
        place = int(np.searchsorted(groups["sequence"], self.sequence + 1))
        if place == len(groups) or groups["sequence"][place] != self.sequence + 1:
            return
        group = groups[place]
        told = Told(int(group["reports"]), int(group["told"]))
        if told.reports != NOT_KNOWN and told != self.told:
            raise JournalError(
                f"{self.daybook.journal}: up to the sequence {self.sequence}, the commands made "
                f"{told.reports} reports with the checksum {told.digest:08x} when they were "
                f"written, and now {self.told.reports} with {self.told.digest:08x}; go on with the "
                "release that wrote them"
            )

"""What is on the disk of a day: whether all of it is whole, and all of it tells the same.

The journal is the truth.  It is walked, and applied again; snapshots, reports and clearing files
are held to what comes of that.  Nothing is written and nothing locked, so that a day may be written
meanwhile: what others stand on is read behind them, and the end of the journal may be torn.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.clearing.close import CloseRefused, write_day
from engine.clearing.closed_day import load_reference
from engine.columns import ColumnError
from engine.kernels import Limits
from engine.storage.daybook import Daybook
from engine.storage.disk import Nowhere
from engine.storage.findings import well, wrong, wrong_by
from engine.storage.journal import Told
from engine.storage.kept_reports import KeptReports
from engine.storage.recovery import Recovery
from engine.storage.segment import JournalError
from engine.storage.segments import walk
from engine.storage.snapshot import Snapshot, SnapshotError, read_snapshot
from engine.storage.snapshots import Snapshots
from protocol.files import manifest
from protocol.files.fault import FileFault
from protocol.files.load import Finding, load
from protocol.records import REPORT

Room = Callable[[np.ndarray], Limits]
"""Returns the room that the COMMAND rows of a journal need."""

NOT_COMPARED = "not compared, as the replay does not come so far"


class Promise(NamedTuple):
    """What a snapshot says of the state behind a command."""

    path: Path
    sequence: int
    told: Told
    digest: str


class Verification:
    """Goes once through a day; behind that, `recovery` is where its replay has come."""

    def __init__(self, daybook: Daybook, room: Room) -> None:
        """Take notice of what there is, before the journal on which it stands is read."""
        self.daybook = daybook
        self.room = room
        self.snapshots = sorted(daybook.snapshots.glob("[0-9]*.snapshot"))
        self.unusable = sorted(daybook.snapshots.glob("*.unusable"))
        self.kept = KeptReports(daybook.reports)
        self.is_cleared = daybook.clearing.exists()
        self.is_replayed = False

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, thing by thing."""
        yield from self.journal()
        self.recovery = self.begun()
        yield from self.replayed()
        if self.kept.is_there:
            yield self.kept.finding(self.recovery.told, is_all=self.is_replayed)
        if self.is_cleared:
            yield from self.clearing()

    def journal(self) -> Iterator[Finding]:
        """Check the segments, up to the first wrong byte."""
        self.walk = walk(self.daybook.journal)
        for path, first, last, size in self.walk.stretches:
            commands = f"commands {first} to {last}" if last >= first else "no commands"
            yield well(path, f"{commands}, {size} bytes")
        if self.walk.error is not None:
            yield wrong_by(self.walk.error)
            yield well(self.daybook.journal, f"is whole up to the sequence {self.last}")
        if self.walk.log.torn:
            yield well(
                self.daybook.journal,
                f"its last {self.walk.log.torn} bytes are not whole: they are being written, or "
                "were when the venue stopped; nobody was answered",
            )

    @property
    def last(self) -> int:
        """The sequence up to which the journal is whole."""
        return len(self.walk.log.commands)

    def begun(self) -> Recovery:
        """Return the day before its first command."""
        log = self.walk.log
        return Recovery(self.daybook, log, self.room(log.commands), from_snapshot=False)

    def replayed(self) -> Iterator[Finding]:
        """Apply the commands, as far as they are whole; stop at each snapshot to compare."""
        promises: list[Promise] = []
        for path in self.unusable:
            yield well(path, "was set aside by a start, and counts no more")
        for path in self.snapshots:
            try:
                promises += self.promise(path)
            except SnapshotError as error:
                yield wrong_by(error)
        try:
            while promises and promises[0].sequence <= self.last:
                self.replay_to(promises[0].sequence)
                yield self.compare(promises.pop(0))
            self.replay_to(self.last)
            self.is_replayed = self.walk.error is None
        except JournalError as error:
            yield wrong_by(error)
        else:
            told, digest = self.recovery.told, self.recovery.venue.digest()
            yield well(
                self.daybook.journal,
                f"{self.recovery.sequence} commands make {told.reports} reports with the checksum "
                f"{told.digest:08x}, state digest {digest}",
            )
        for promise in promises:
            yield well(promise.path, f"is whole; {NOT_COMPARED}")

    def promise(self, path: Path) -> list[Promise]:
        """Return what a snapshot says, nothing where it has been pruned meanwhile.

        Raises SnapshotError where it is damaged, or does not belong to the journal.
        """
        try:
            snapshot = read_snapshot(path)
        except SnapshotError:
            if path.exists():
                raise
            return []
        self.check_belongs(snapshot)
        return [Promise(path, snapshot.sequence, snapshot.told, snapshot.digest)]

    def check_belongs(self, snapshot: Snapshot) -> None:
        """Raise SnapshotError where a snapshot is of other commands, or another release."""
        path, log = snapshot.path, self.walk.log
        if path != Snapshots(path.parent).path_of(snapshot.sequence):
            raise SnapshotError(f"{path}: is the snapshot behind the sequence {snapshot.sequence}")
        if snapshot.sequence > self.last:
            if self.walk.error is not None:
                return
            raise SnapshotError(
                f"{path}: stands on {snapshot.sequence} commands, and the journal has {self.last}"
            )
        if log.commands["checksum"][snapshot.sequence - 1] != snapshot.chain:
            raise SnapshotError(f"{path}: stands on other commands than the journal has")
        snapshot.fitting(self.recovery.venue)

    def replay_to(self, sequence: int) -> None:
        """Apply the commands up to a sequence, and hold their reports to those that were kept."""
        for reports in self.recovery.replay(until=sequence):
            self.kept.compare(reports)

    def compare(self, promise: Promise) -> Finding:
        """Hold a snapshot to the state where the replay has come to it."""
        if promise.told != self.recovery.told:
            return wrong(
                promise.path,
                f"stands on {promise.told.reports} reports with the checksum "
                f"{promise.told.digest:08x}; the replay makes {self.recovery.told.reports} with "
                f"{self.recovery.told.digest:08x}",
            )
        digest = self.recovery.venue.digest()
        if promise.digest != digest:
            return wrong(
                promise.path,
                f"has the state digest {promise.digest}; the replay comes to {digest}",
            )
        return well(promise.path, f"is the state behind the sequence {promise.sequence}")

    def clearing(self) -> Iterator[Finding]:
        """Check the clearing files as an import does, and hold them to the day's fills."""
        folder = self.daybook.clearing
        loaded = load(folder)
        for finding in loaded.findings:
            yield finding._replace(name=f"{folder / finding.name}")
        if not loaded.is_well:
            return
        if not self.is_replayed:
            yield well(folder, NOT_COMPARED)
            return
        try:
            kept = manifest.read(folder)
            written = write_day(
                self.walk.log.commands,
                self.reports(),
                folder,
                Nowhere(),
                kept.link,
                state=self.recovery.venue.state,
                reference=load_reference(self.daybook.reference),
            )
        except (CloseRefused, FileFault, ColumnError) as error:
            yield wrong(folder, str(error))
            return
        if kept == written:
            yield well(folder, "holds the fills of the journal")
        else:
            yield wrong(
                folder,
                "holds other fills than the journal; make the files again with cuohe close "
                "--replace",
            )

    def reports(self) -> np.ndarray:
        """Return all reports of the day: from their file if it is whole, or made once more."""
        if self.kept.is_whole(self.recovery.told):
            return np.asarray(np.memmap(self.daybook.reports, REPORT, "c"))
        content = bytearray()
        for reports in self.begun().replay():
            content += reports.tobytes()
        return np.frombuffer(content, REPORT)

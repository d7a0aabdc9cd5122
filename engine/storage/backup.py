"""Making a backup of a day, also of one that is being written: of that, the whole groups.

The files are copied aside, checked and replayed as `cuohe verify` does it, read back from the disk,
and get their name when all of them are there for good.  Whatever fails before leaves nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from engine.storage import inventory
from engine.storage.daybook import Daybook
from engine.storage.disk import DISK, Disk
from engine.storage.inventory import BackupError, Entry, Inventory, Kind
from engine.storage.lock import locked
from engine.storage.recovery import Recovery
from engine.storage.segments import walk
from engine.storage.snapshot import SnapshotError, read_snapshot
from engine.storage.snapshots import Snapshots
from engine.storage.verification import Room, Verification
from engine.storage.vessel import SUFFIX, new_file, pack, pieces_of, survey
from protocol.calendar import to_date
from protocol.records import REPORT

CLEARED = (Kind.AFTER_CLEARING, Kind.HISTORY, Kind.ARCHIVE)
WITH_SNAPSHOTS = (Kind.BEFORE_CLEARING, Kind.AFTER_CLEARING, Kind.AD_HOC)

WHOLE = 1 << 62
"""More bytes than any file has."""


class Part(NamedTuple):
    """What is copied of a file: its name in the backup, its first bytes, and a few more behind."""

    name: str
    path: Path
    size: int = WHOLE
    more: bytes = b""


class Source:
    """The files of a day that a kind of backup takes, as they are at one moment.

    What stands on the journal is noted before that is read, so that it holds all of it.
    """

    def __init__(self, daybook: Daybook, kind: Kind, tell: Callable[[str], None]) -> None:
        """Read the journal; raises JournalError where it is damaged, and BackupError where there
        is too little for this kind.  `tell` hears of snapshots that are left out."""
        self.daybook = daybook
        is_cleared = daybook.clearing.exists()
        if kind in CLEARED and not is_cleared:
            raise BackupError(
                f"{daybook.clearing}: is missing, so there is no backup of the kind {kind}; run "
                f"cuohe close {daybook.folder}"
            )
        self.has_clearing = is_cleared and kind is not Kind.BEFORE_CLEARING
        paths = Snapshots(daybook.snapshots).paths() if kind in WITH_SNAPSHOTS else []
        self.snapshots = [path for path in paths if is_usable(path, tell)]
        self.reports = daybook.reports.stat().st_size if daybook.reports.exists() else 0
        self.log, self.stretches, error = walk(daybook.journal)
        if error is not None:
            raise error
        if not len(self.log.commands):
            raise BackupError(f"{daybook.journal}: holds no command yet; serve the day first")

    def parts(self) -> Iterator[Part]:
        """Yield what is copied."""
        groups, day = self.log.groups, self.daybook
        mark = groups[-1:].tobytes() if groups["rows"][-1] == 0 else b""
        for path, _, _, size in self.stretches:
            is_last = path == self.stretches[-1].path
            yield Part(f"journal/{path.name}", path, size, mark if is_last else b"")
        for path in self.snapshots:
            yield Part(f"snapshots/{path.name}", path)
        if day.reports.exists():
            whole = self.reports // REPORT.itemsize * REPORT.itemsize
            yield Part(day.reports.name, day.reports, whole)
        if day.deliveries.exists():
            yield Part(day.deliveries.name, day.deliveries)
        for path in sorted(day.reference.glob("*.csv")):
            yield Part(f"reference/{path.name}", path)
        for path in sorted(day.clearing.iterdir()) if self.has_clearing else []:
            yield Part(f"clearing/{path.name}", path)


def is_usable(path: Path, tell: Callable[[str], None]) -> bool:
    try:
        read_snapshot(path)
    except SnapshotError as error:
        tell(f"{error}; it is left out")
        return False
    return True


def back_up(
    daybook: Daybook,
    target: Path,
    kind: Kind,
    release: str,
    room: Room,
    tell: Callable[[str], None] = print,
    disk: Disk = DISK,
) -> tuple[Path, Inventory]:
    """Make a backup of a day under the folder `target`; return where it lies, and its inventory.

    Raises JournalError where the day's journal is damaged, and BackupError where the day is not fit
    for this kind, where something else of it is wrong, and where the backup cannot be written.
    """
    source = Source(daybook, kind, tell)
    try:
        Daybook(target).begin(disk)
        with locked(target, BackupError(f"{target}: another backup is being made there; wait")):
            return Making(source, target, kind, disk).made(release, room)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        raise BackupError(f"{target}: no backup was made: {reason}") from None


class Making:
    """A backup under way: a folder aside, and for an archive a file aside as well."""

    def __init__(self, source: Source, target: Path, kind: Kind, disk: Disk) -> None:
        self.source = source
        self.target = target
        self.kind = kind
        self.disk = disk
        date = source.log.business_date
        self.name = next(
            name
            for name in (f"{date}-{kind}-{number}" for number in count(1))
            if not (self.place(name).exists() or self.place(name + SUFFIX).exists())
        )
        self.folder = self.place(f".{self.name}.partial")
        self.packed = self.place(f".{self.name}{SUFFIX}.partial")

    def place(self, name: str) -> Path:
        return self.target.joinpath(name)

    def made(self, release: str, room: Room) -> tuple[Path, Inventory]:
        """Make the backup, or leave nothing of it."""
        is_archive = self.kind is Kind.ARCHIVE
        final = self.place(self.name + SUFFIX * is_archive)
        discard(self.folder, self.packed)
        try:
            entries = self.copy()
            recovery = self.check(room)
            written = self.enter(entries, recovery, release)
            unfinished = self.folder
            if is_archive:
                pack(self.folder, self.packed, self.disk)
                unfinished = self.packed
            if survey(unfinished) != written:
                raise BackupError(f"{final}: reads other than it was written; use another disk")
            self.disk.rename(unfinished, final)
            self.disk.sync_directory(self.target)
        except BaseException:
            discard(self.folder, self.packed, final)
            raise
        discard(self.folder)
        return final, written

    def copy(self) -> list[Entry]:
        """Copy what there is; what is pruned meanwhile is left out."""
        self.disk.make_directory(self.folder)
        entries = []
        for part in self.source.parts():
            with suppress(FileNotFoundError):
                entries.append(copy(part, self.folder, self.disk))
        sync_folders(self.folder, self.disk)
        return sorted(entries, key=lambda entry: entry.name)

    def check(self, room: Room) -> Recovery:
        """Check the copy and replay it; return where that has come to."""
        day = self.source.daybook.folder
        verification = Verification(Daybook(self.folder), room)
        for name, is_well, text in verification.findings():
            if not is_well:
                fault = Path(name).relative_to(self.folder)
                raise BackupError(f"{day}: no backup was made: {fault}: {text}")
        if self.kind is not Kind.AD_HOC and verification.recovery.venue.is_open:
            raise BackupError(
                f"{day}: has not ended, so there is no backup of the kind {self.kind}; end the "
                "day, or make one of the kind ad-hoc"
            )
        return verification.recovery

    def enter(self, entries: list[Entry], recovery: Recovery, release: str) -> Inventory:
        """Write the inventory, as the last of the files."""
        log = self.source.log
        entered = Inventory(
            format=inventory.FORMAT,
            business_date=to_date(log.business_date).isoformat(),
            kind=self.kind,
            sequence=len(log.commands),
            checksum=f"{log.commands['checksum'][-1]:08x}",
            state_digest=recovery.venue.digest(),
            release=release,
            files=entries,
        )
        written = inventory.sealed(entered)
        with new_file(self.folder.joinpath(inventory.NAME), self.disk) as file:
            file.write(inventory.encode(written))
        self.disk.sync_directory(self.folder)
        return written


def copy(part: Part, folder: Path, disk: Disk) -> Entry:
    """Copy a file, durably; return what was written."""
    path = folder / part.name
    with part.path.open("rb") as content:
        disk.make_directory(path.parent)
        with new_file(path, disk) as file:
            left = part.size
            for piece in pieces_of(content):
                left -= file.write(piece[:left])
                if not left:
                    break
            file.write(part.more)
    return Entry(part.name, file.size, file.digest.hexdigest())


def sync_folders(folder: Path, disk: Disk) -> None:
    """Have the names of all files below a folder on the disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            disk.sync_directory(path)
    disk.sync_directory(folder)


def discard(*paths: Path) -> None:
    """Remove what was never finished, or is needed no more."""
    for path in paths:
        if path.is_dir():
            rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()

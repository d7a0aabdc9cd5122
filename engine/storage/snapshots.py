"""The snapshots of a day: one file each, named after its last command."""

from pathlib import Path

from engine.storage.disk import DISK, Disk
from engine.storage.journal import Behind
from engine.storage.snapshot import write_snapshot
from engine.venue import Venue

KEPT = 3


class Snapshots:
    """The folder of the snapshots; the journal alone is always enough to do without them."""

    def __init__(self, folder: Path, kept: int = KEPT, disk: Disk = DISK) -> None:
        self.folder = folder
        self.kept = kept
        self.disk = disk

    def begin(self) -> None:
        """Make the folder, and remove what was never finished."""
        self.disk.make_directory(self.folder)
        self.disk.sync_directory(self.folder.parent)
        for unfinished in self.folder.glob(".*.partial"):
            self.disk.remove(unfinished)

    def paths(self) -> list[Path]:
        """Return the finished snapshots, the newest first."""
        return sorted(self.folder.glob("[0-9]*.snapshot"), reverse=True)

    def path_of(self, sequence: int) -> Path:
        """Return the file of the snapshot behind a command."""
        return self.folder / f"{sequence:012}.snapshot"

    def write_aside(self, venue: Venue, behind: Behind) -> Path:
        """Write a snapshot, durably, under the name of an unfinished one, which is returned.

        Until `publish`, no start takes notice of it.
        """
        path = self.path_of(venue.sequence)
        unfinished = path.with_name(f".{path.name}.partial")
        write_snapshot(unfinished, venue, behind, self.disk)
        return unfinished

    def publish(self, sequence: int) -> None:
        """Let the snapshot behind a command count; those before the newest few are removed.

        The journal up to that command, and the reports that it made, must be on the disk.
        """
        path = self.path_of(sequence)
        self.disk.rename(path.with_name(f".{path.name}.partial"), path)
        self.disk.sync_directory(self.folder)
        for older in self.paths()[self.kept :]:
            self.disk.remove(older)

    def set_aside(self, path: Path) -> None:
        """Let a snapshot that cannot be used count no more, so that it displaces none that can."""
        self.disk.rename(path, path.with_name(f"{path.name}.unusable"))
        self.disk.sync_directory(self.folder)

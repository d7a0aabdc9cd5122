"""What a backup lies in: a folder, or one compressed file.

Both give their files one after the other.  A compressed file depends on what is in it alone: names
are in order, and times and owners are left out.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from engine.storage import inventory
from engine.storage.disk import Disk, write_all
from engine.storage.inventory import BackupError, Entry, Inventory

SUFFIX = ".tar.gz"
PIECE_BYTES = 1 << 20
LEVEL = 6


def files_of(place: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the path and the content of each file of a backup; take it before the next step.

    Raises BackupError where the backup cannot be read; taking a content may fail under `readable`.
    """
    with readable(place):
        yield from files_of_folder(place) if place.is_dir() else files_of_archive(place)


@contextmanager
def readable(place: Path) -> Iterator[None]:
    """Raise BackupError where what is read of a backup inside the context cannot be."""
    try:
        yield
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        reason = getattr(error, "strerror", "") or str(error)
        raise BackupError(f"{place}: cannot be read: {reason}; use another backup") from None


def files_of_folder(folder: Path) -> Iterator[tuple[str, BinaryIO]]:
    for path in sorted(folder.rglob("*")):
        if not path.is_dir():
            with path.open("rb") as file:
                yield str(path.relative_to(folder)), file


def files_of_archive(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    with gzip.open(path) as content, tarfile.open(fileobj=content, mode="r|") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield member.name, file
        content.read()


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield the rest of a file, piece by piece."""
    while piece := file.read(PIECE_BYTES):
        yield piece


def survey(place: Path) -> Inventory:
    """Return the inventory of a backup, every byte of which has been read and is right.

    Raises BackupError that names the first file that is not.
    """
    body, found = entries_of(place)
    read = inventory.decode(body, place)
    compare(place, found, read.files)
    return read


def entries_of(place: Path) -> tuple[bytes | None, list[Entry]]:
    """Return the inventory's bytes, None where there is none, and what all other files are."""
    body, found = None, []
    for name, file in files_of(place):
        if name == inventory.NAME:
            with readable(place):
                body = file.read(inventory.BYTES_MAX)
            continue
        digest, size = sha256(), 0
        with readable(place):
            for piece in pieces_of(file):
                digest.update(piece)
                size += len(piece)
        found.append(Entry(name, size, digest.hexdigest()))
    return body, found


def compare(place: Path, found: list[Entry], promised: list[Entry]) -> None:
    """Raise BackupError at the first file that is not what the inventory promises."""
    there = {entry.name: entry for entry in found}
    for entry in promised:
        one = there.pop(entry.name, None)
        if one is None:
            raise BackupError(f"{place}: {entry.name} is missing from it; use another backup")
        if one.bytes != entry.bytes:
            raise BackupError(
                f"{place}: {entry.name} has {one.bytes} bytes instead of {entry.bytes}; use "
                "another backup"
            )
        if one.sha256 != entry.sha256:
            raise BackupError(
                f"{place}: {entry.name} has other bytes than were written; use another backup"
            )
    for name in there:
        raise BackupError(f"{place}: {name} is not in its {inventory.NAME}; take it away")


class Written:
    """A new file on a disk that is written from its beginning to its end."""

    def __init__(self, disk: Disk, file: int) -> None:
        self.disk = disk
        self.file = file
        self.size = 0
        self.digest = sha256()

    def write(self, piece: bytes | memoryview) -> int:
        """Write a piece behind the others; return its length."""
        write_all(self.disk, self.file, piece, self.size)
        self.digest.update(piece)
        self.size += len(piece)
        return len(piece)


@contextmanager
def new_file(path: Path, disk: Disk) -> Iterator[Written]:
    """Create a file to be written; it is on the disk behind the context."""
    file = disk.create(path)
    try:
        yield Written(disk, file)
        disk.sync(file)
        disk.forget(file)
    finally:
        disk.close(file)


def pack(folder: Path, path: Path, disk: Disk) -> None:
    """Write all files of a folder into one compressed file."""
    with (
        new_file(path, disk) as written,
        gzip.GzipFile("", "wb", LEVEL, written, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w|") as archive,
    ):
        for name, file in files_of(folder):
            member = tarfile.TarInfo(name)
            member.size = (folder / name).stat().st_size
            archive.addfile(member, file)

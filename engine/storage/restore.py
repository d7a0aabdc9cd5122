"""Putting a day back from a backup: checked first, written aside, and renamed into place.

What lies there is never removed: it is moved aside under a name that ends in ".superseded".  A day
that has gone further than the backup, or another way, is only moved where that is forced.
"""

from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from engine.clearing.close import superseded
from engine.storage.backup import discard, sync_folders
from engine.storage.daybook import Daybook
from engine.storage.disk import DISK, Disk
from engine.storage.inventory import NAME, BackupError, Entry, Inventory
from engine.storage.lock import is_being_written, locked
from engine.storage.segment import JournalError
from engine.storage.segments import Log, read_log, walk
from engine.storage.vessel import compare, entries_of, files_of, new_file, pieces_of, survey

FORCE = "restore into another folder, or have it moved aside with --force"


class Restored(NamedTuple):
    """A day that is back: its folder, what it came from, and where lies what was there before."""

    folder: Path
    inventory: Inventory
    aside: Path | None


def restore(place: Path, data: Path, is_forced: bool = False, disk: Disk = DISK) -> Restored:
    """Put the day of a backup into the folder of all days.

    Raises BackupError where the backup is not whole, where the day is being written, where newer
    things would have to go and that is not forced, and where the disk cannot be written.
    """
    inventory = survey(place)
    folder = data.joinpath(inventory.date)
    if not is_forced:
        check_is_latest(folder)
    try:
        Daybook(data).begin(disk)
        with kept_out(folder):
            return Restored(folder, inventory, put_back(place, inventory, folder, is_forced, disk))
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        raise BackupError(f"{folder}: was not restored: {reason}") from None


def check_is_latest(folder: Path) -> None:
    """Raise BackupError where there are days behind that of the folder."""
    days = (path.name for path in folder.parent.glob("[0-9]" * len(folder.name)))
    last = max(days, default=folder.name)
    if last > folder.name:
        raise BackupError(
            f"{folder.parent}: has gone on to {last}, and the backup is of {folder.name}; {FORCE}"
        )


def kept_out(folder: Path) -> "nullcontext[None]":
    """Return what keeps a gateway out of a day meanwhile."""
    journal = Daybook(folder).journal
    if not journal.is_dir():
        return nullcontext()
    return locked(journal, BackupError(is_being_written(journal)))


def put_back(
    place: Path, inventory: Inventory, folder: Path, is_forced: bool, disk: Disk
) -> Path | None:
    """Write the day aside, check it, and exchange it for what is there, which is returned."""
    unfinished = folder.with_name(f".{folder.name}.partial")
    discard(unfinished)
    try:
        unpack(place, inventory, unfinished, disk)
        log = checked(Daybook(unfinished), inventory, place)
        if not is_forced:
            check_is_not_newer(Daybook(folder), log)
        return exchange(unfinished, folder, disk)
    except BaseException:
        discard(unfinished)
        raise


def unpack(place: Path, inventory: Inventory, folder: Path, disk: Disk) -> None:
    """Write the files of a backup into a new folder, durably, and read them back."""
    disk.make_directory(folder)
    written = []
    for name, content in files_of(place):
        if name == NAME:
            continue
        path = folder / name
        disk.make_directory(path.parent)
        with new_file(path, disk) as file:
            for piece in pieces_of(content):
                file.write(piece)
        written.append(Entry(name, file.size, file.digest.hexdigest()))
    sync_folders(folder, disk)
    compare(place, written, inventory.files)
    compare(folder, entries_of(folder)[1], inventory.files)


def checked(daybook: Daybook, inventory: Inventory, place: Path) -> Log:
    """Return the journal of a backup; raises BackupError where it is not the one promised."""
    try:
        log = read_log(daybook.journal)
    except JournalError as error:
        raise BackupError(f"{place}: {error}") from None
    last = f"{log.commands['checksum'][-1]:08x}" if len(log.commands) else ""
    if (len(log.commands), last) != (inventory.sequence, inventory.checksum):
        raise BackupError(
            f"{place}: its journal ends with the sequence {len(log.commands)}, not with "
            f"{inventory.sequence} as its {NAME} says; use another backup"
        )
    return log


def check_is_not_newer(daybook: Daybook, log: Log) -> None:
    """Raise BackupError where a day holds, or may hold, what the journal of the backup has not."""
    if not daybook.journal.is_dir():
        return
    found = walk(daybook.journal)
    own, copy = found.log.commands["checksum"], log.commands["checksum"]
    common = min(len(own), len(copy))
    ends = f"it ends with the sequence {len(own)}, the backup with {len(copy)}"
    if common and own[common - 1] != copy[common - 1]:
        raise BackupError(f"{daybook.folder}: has another history than the backup: {ends}; {FORCE}")
    if len(own) > len(copy):
        raise BackupError(f"{daybook.folder}: is newer than the backup: {ends}; {FORCE}")
    if found.error is not None:
        raise BackupError(
            f"{daybook.folder}: may be newer than the backup: it is damaged behind the sequence "
            f"{len(own)}, and the backup ends with {len(copy)}; {FORCE}"
        )


def exchange(unfinished: Path, folder: Path, disk: Disk) -> Path | None:
    """Give a finished day its name; return where lies what had that before, if anything had."""
    aside = superseded(folder) if folder.exists() else None
    if aside is not None:
        disk.rename(folder, aside)
    try:
        disk.rename(unfinished, folder)
    except BaseException:
        if aside is not None:
            disk.rename(aside, folder)
        raise
    disk.sync_directory(folder.parent)
    return aside

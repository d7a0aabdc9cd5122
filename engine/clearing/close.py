"""The close: a day's commands and reports to its clearing files, published as one.

The files are written aside, made durable, and renamed into place together, the manifest last.
They depend on the rows alone: closed again, also after a crash at any point, a day has the same
bytes.
"""

from collections.abc import Callable, Iterable, Iterator
from filecmp import cmpfiles
from hashlib import sha256
from itertools import count
from pathlib import Path
from shutil import rmtree

import numpy as np

from engine.clearing.charges import charge, enter_charges
from engine.clearing.fills import build_fills, granted
from engine.storage.disk import DISK, Disk, write_all
from protocol.calendar import to_date
from protocol.files import dbf, delimited, manifest
from protocol.files.firms import one_firm
from protocol.files.layouts import Columns
from protocol.files.manifest import Entry, Manifest
from protocol.files.profiles import Profile, facts_of, profiles_of
from protocol.files.tally import Tally
from protocol.mistake import Mistake
from protocol.vocabulary import CommandKind, ReportKind


class CloseRefused(Mistake):
    """The day cannot be closed into files: the text says why and what to do."""


def clear(
    commands: np.ndarray,
    reports: np.ndarray,
    directory: Path,
    replace: bool = False,
    disk: Disk = DISK,
) -> Manifest:
    """Write the clearing files of the day into `directory` and return their manifest.

    A directory that holds them already stays as it is.  One that holds other files is refused, or,
    to `replace` it, moved aside under a name that ends in ".superseded".

    Raises CloseRefused for a day that has not ended and for a directory that may not be replaced,
    and FileFault where a value does not fit its file.
    """
    ended_day(reports)
    directory = directory.resolve()
    partial = directory.with_name(f".{directory.name}.partial")
    if partial.exists():
        rmtree(partial)
    partial.mkdir(parents=True)
    written = write_day(commands, reports, partial, disk)
    publish(partial, directory, replace, disk)
    return written


def write_day(
    commands: np.ndarray, reports: np.ndarray, directory: Path, disk: Disk = DISK
) -> Manifest:
    """Write the clearing files of the day into an empty directory and return their manifest.

    Raises CloseRefused for a day that has not ended, and FileFault as `clear`.
    """
    business_date = ended_day(reports)
    fills = build_fills(commands, reports)
    with_fees = bool(granted(commands, reports, CommandKind.OPEN_DAY)["with_accounts"][0])
    if with_fees:
        enter_charges(fills, charge(commands, reports))
    profiles = [profile for profile in profiles_of(with_fees=with_fees) if profile.table == "fills"]
    return write_files(profiles, fills, business_date, directory, disk)


def ended_day(reports: np.ndarray) -> int:
    """Return the business date of the day that has ended."""
    ended = reports[reports["kind"] == ReportKind.DAY_ENDED]
    if len(ended) != 1:
        raise CloseRefused(
            "the log has no end of the day, so its fills are not whole; close the day"
            " (CLOSE_DAY) and clear it then"
        )
    return int(ended[0]["quantity"])


def write_files(
    profiles: Iterable[Profile],
    fills: np.ndarray,
    business_date: int,
    directory: Path,
    disk: Disk,
) -> Manifest:
    """Write all files of the day and make them durable."""
    entries = [
        write_profile(profile, fills, business_date, directory, disk) for profile in profiles
    ]
    written = Manifest(business_date=to_date(business_date).isoformat(), files=entries)
    write_file(directory / manifest.NAME, [manifest.encode(written)], disk)
    disk.sync_directory(directory)
    return written


def write_profile(
    profile: Profile, fills: np.ndarray, business_date: int, directory: Path, disk: Disk
) -> Entry:
    layout = profile.layout
    tally = Tally(profile, business_date)
    blocks = columns_of(profile, fills, tally.add)
    if layout.is_delimited:
        body = delimited.write(layout, blocks)
    else:
        records = profile.count(fills)
        body = dbf.write(layout, business_date, records, blocks)
    size, digest = write_file(directory / layout.file, body, disk)
    tally.end()
    return Entry(
        name=layout.file,
        profile=layout.profile,
        encoding=layout.encoding,
        bytes=size,
        sha256=digest,
        **tally.totals(),
    )


def columns_of(
    profile: Profile, fills: np.ndarray, add: Callable[[np.ndarray], None]
) -> Iterator[Columns]:
    """Yield the columns of a profile block by block, and `add` up the fills in them."""
    for start in range(0, len(fills), dbf.BLOCK_ROWS):
        block = profile.select(fills[start : start + dbf.BLOCK_ROWS])
        add(facts_of(block))
        yield profile.columns(block, one_firm())


def write_file(path: Path, body: Iterable[bytes], disk: Disk) -> tuple[int, str]:
    """Write a file, make it durable, and return its size and SHA-256."""
    digest, size = sha256(), 0
    file = disk.create(path)
    try:
        for block in body:
            digest.update(block)
            write_all(disk, file, block, size)
            size += len(block)
        disk.sync(file)
    finally:
        disk.close(file)
    return size, digest.hexdigest()


def publish(partial: Path, directory: Path, replace: bool, disk: Disk) -> None:
    """Rename the finished files into place, or drop them where the same lie there."""
    if directory.exists() and equal(partial, directory):
        rmtree(partial)
        return
    if directory.exists() and any(directory.iterdir()):
        if not replace:
            rmtree(partial)
            raise CloseRefused(
                f"{directory} holds other files than this day's; clear into another directory, or"
                " ask for them to be replaced"
            )
        disk.rename(directory, superseded(directory))
    disk.rename(partial, directory)
    disk.sync_directory(directory.parent)


def equal(one: Path, other: Path) -> bool:
    """Return whether two directories hold the same files with the same bytes."""
    files = sorted(path.name for path in one.iterdir())
    if files != sorted(path.name for path in other.iterdir()):
        return False
    same, _, _ = cmpfiles(one, other, files, shallow=False)
    return len(same) == len(files)


def superseded(directory: Path) -> Path:
    """Return a free name for a directory that is moved aside."""
    names = (f"{directory.name}{number or ''}.superseded" for number in count())
    return next(path for path in map(directory.with_name, names) if not path.exists())

"""The close: a day's commands and reports to its clearing files, published as one.

The files are written aside, made durable, and renamed into place together, the manifest last.
They depend on the rows, and the manifest on its place among others: closed again, also after a
crash at any point, a day has the same bytes.
"""

from filecmp import cmpfiles
from hashlib import sha256
from itertools import count
from pathlib import Path
from shutil import rmtree

import numpy as np
from msgspec import structs

from engine.clearing.closed_day import ClosedDay, Reference, usual_reference
from engine.clearing.fills import granted
from engine.clearing.reconcile import reconcile
from engine.clearing.succession import kept_in, link_of, next_link
from engine.clearing.tables import BLOCK_ROWS, Tables, tables_of, tables_of_trades
from engine.clearing.writing import write_files
from engine.kernels import State
from engine.settlement import SETTLEMENT
from engine.storage.disk import DISK, Disk
from engine.storage.long_file import write_file
from protocol.calendar import to_date
from protocol.files import manifest
from protocol.files.manifest import Link, Manifest
from protocol.files.profiles import profiles_of
from protocol.mistake import Mistake
from protocol.records import COMMAND
from protocol.vocabulary import CommandKind, ReportKind

FIRST = Link()


class CloseRefused(Mistake):
    """The day cannot be closed into files: the text says why and what to do."""


def clear(
    commands: np.ndarray,
    reports: np.ndarray,
    directory: Path,
    replace: bool = False,
    disk: Disk = DISK,
    previous: str | None = None,
    *,
    state: State | None = None,
    reference: Reference | None = None,
    is_alone: bool = False,
) -> Manifest:
    """Write the clearing files of the day into `directory` and return their manifest.

    `state` is that of the venue behind the last command, which a day without accounts can do
    without; `reference` says who clears for whom, and when.  Where the process `is_alone`, that is
    has one thread, a second one helps it with long files.

    A directory that holds them already stays as it is.  One that holds other files is refused, or,
    to `replace` it, moved aside under a name that ends in ".superseded"; the new files are then of
    the next generation, unless they are those that its manifest promises.  `previous` is the
    SHA-256 of the manifest of the trading day before.

    Raises CloseRefused for a day that has not ended or does not tie, and for a directory that may
    not be replaced, and FileFault where a value does not fit its file.
    """
    ended_day(reports)
    directory = directory.resolve()
    partial = directory.with_name(f".{directory.name}.partial")
    if partial.exists():
        rmtree(partial)
    partial.mkdir(parents=True)
    link = link_of(directory, previous)
    written = write_day(
        commands,
        reports,
        partial,
        disk,
        link,
        state=state,
        reference=reference,
        is_alone=is_alone,
    )
    if directory.exists() and any(directory.iterdir()) and not equal(partial, directory):
        check_replaced(directory, partial, replace)
        if kept_in(directory) != written:
            for name in (manifest.NAME, manifest.FLAG):
                (partial / name).unlink()
            written = succeed(written, next_link(directory, previous), partial, disk)
    publish(partial, directory, disk)
    return written


def write_day(
    commands: np.ndarray,
    reports: np.ndarray,
    directory: Path,
    disk: Disk = DISK,
    link: Link = FIRST,
    *,
    state: State | None = None,
    reference: Reference | None = None,
    is_alone: bool = False,
) -> Manifest:
    """Write the clearing files of the day into an empty directory and return their manifest,
    which stands among others as `link` says.

    Raises CloseRefused for a day that has not ended or does not tie, and FileFault as `clear`.
    """
    business_date = ended_day(reports)
    reference = reference or usual_reference()
    tables = made_tables(commands, reports, state, reference)
    inputs = {"commands": digest_of(commands)}
    inputs |= {
        name: sha256(content).hexdigest()
        for name, content in (
            ("firms", reference.firms.tobytes()),
            ("calendars", repr(reference.calendars).encode()),
            ("settlement", SETTLEMENT.read_bytes()),
        )
    }
    profiles = profiles_of(with_fees=tables.fills.are_charged)
    unsigned = Manifest(
        business_date=to_date(business_date).isoformat(),
        run=manifest.run_of(inputs),
        inputs=inputs,
        files=write_files(profiles, tables, business_date, directory, disk, is_alone=is_alone),
    )
    return succeed(unsigned, link, directory, disk)


def digest_of(commands: np.ndarray) -> str:
    """Return the SHA-256 of COMMAND rows, whatever batches they came in."""
    _, checksum = COMMAND.fields["checksum"][:2]
    digest = sha256()
    for start in range(0, len(commands), BLOCK_ROWS):
        block = commands[start : start + BLOCK_ROWS]
        lines = block.view(np.uint8).reshape(len(block), -1).copy()
        lines[:, checksum : checksum + 4] = 0
        digest.update(lines.data)
    return digest.hexdigest()


def has_accounts(commands: np.ndarray, reports: np.ndarray) -> bool:
    """Say whether the day was opened with accounts."""
    return bool(granted(commands, reports, CommandKind.OPEN_DAY)["with_accounts"][0])


def made_tables(
    commands: np.ndarray, reports: np.ndarray, state: State | None, reference: Reference
) -> Tables:
    """Return the tables of a day; raises CloseRefused where they do not tie."""
    if not has_accounts(commands, reports):
        return tables_of_trades(commands, reports, reference.firms)
    assert state is not None, "a day with accounts is closed with the venue's last state"
    day = ClosedDay(commands, reports, state, reference)
    tables = tables_of(day)
    for tie in reconcile(day, tables):
        if not tie.ties:
            raise CloseRefused(
                f"{tie.what}: {tie.left} is not {tie.right}, so the tables of the day do not tie"
                " and nothing is written; check the day with cuohe verify"
            )
    return tables


def ended_day(reports: np.ndarray) -> int:
    """Return the business date of the day that has ended."""
    ended = reports[reports["kind"] == ReportKind.DAY_ENDED]
    if len(ended) != 1:
        raise CloseRefused(
            "the log has no end of the day, so its fills are not whole; close the day"
            " (CLOSE_DAY) and clear it then"
        )
    return int(ended[0]["quantity"])


def succeed(written: Manifest, link: Link, directory: Path, disk: Disk) -> Manifest:
    """Write the manifest with its place among others, then its flag, and make all durable."""
    signed = structs.replace(
        written,
        generation=link.generation,
        supersedes=link.supersedes,
        previous_manifest_sha256=link.previous,
    )
    write_file(directory / manifest.NAME, manifest.encode(signed), disk)
    write_file(directory / manifest.FLAG, manifest.flag_of(signed), disk)
    disk.sync_directory(directory)
    return signed


def check_replaced(directory: Path, partial: Path, replace: bool) -> None:
    if not replace:
        rmtree(partial)
        raise CloseRefused(
            f"{directory} holds other files than this day's; clear into another directory, or"
            " ask for them to be replaced"
        )


def publish(partial: Path, directory: Path, disk: Disk) -> None:
    """Rename the finished files into place, or drop them where the same lie there."""
    if directory.exists() and equal(partial, directory):
        rmtree(partial)
        return
    if directory.exists() and any(directory.iterdir()):
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

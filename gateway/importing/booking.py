"""Book the checked files of a day: all of them or none, each generation once."""

from collections.abc import Sequence
from pathlib import Path

from gateway.importing.database import Database, Import, Origin, table_of
from protocol.files import manifest
from protocol.files.layouts import row_count
from protocol.files.load import blocks, digest_of
from protocol.files.manifest import Entry, Manifest
from protocol.files.profiles import PROFILES
from protocol.mistake import Mistake


class BookingRefused(Mistake):
    """The files are sound and yet may not be booked: the text says why and what to do."""


def book(
    database: Database,
    directory: Path,
    promised: Manifest,
    names: Sequence[str],
    replace: bool = False,
) -> list[tuple[str, str]]:
    """Book files of a day that `load` has found well; return what was done with each, by name.

    One that is booked already stays as it is.  A later generation takes the place of an earlier;
    an earlier one is refused, and so is other content under the same generation unless it shall
    `replace` what is booked.

    Raises BookingRefused, also where a file is no longer what was checked, and keeps nothing then.
    """
    entries = [entry for entry in promised.files if entry.name in names]
    database.make_tables(PROFILES[entry.profile].layout for entry in entries)
    kept = database.booked(promised.business_date)
    check_previous(database, promised)
    told = [
        (entry.name, book_file(database, directory, promised, entry, kept.get(entry.name), replace))
        for entry in entries
    ]
    database.commit()
    return told


def check_previous(database: Database, promised: Manifest) -> None:
    last = database.last_before(promised.business_date)
    if last and last.manifest_sha256 != promised.previous_manifest_sha256:
        raise BookingRefused(
            f"{manifest.NAME}: previous_manifest_sha256 is {promised.previous_manifest_sha256}, but"
            f" the last day booked before, {last.business_date}, has {last.manifest_sha256};"
            " import the days in their order, each in its latest generation"
        )


def book_file(
    database: Database,
    directory: Path,
    promised: Manifest,
    entry: Entry,
    kept: Import | None,
    replace: bool,
) -> str:
    table = table_of(entry.profile)
    told = ""
    if kept:
        if promised.generation < kept.generation:
            raise BookingRefused(
                f"{entry.name}: generation {promised.generation} is stale: {kept.generation} is"
                f" booked of {promised.business_date}; fetch the files of the latest generation"
            )
        is_same = (kept.sha256, kept.profile) == (entry.sha256, entry.profile)
        if is_same and promised.generation == kept.generation:
            return f"booked already, {kept.imported_rows} rows of {table} stay as they are"
        if promised.generation == kept.generation and not replace:
            raise BookingRefused(
                f"{entry.name}: it was changed, but generation {kept.generation} of"
                f" {promised.business_date} is booked with other content; fetch the file again, or"
                " replace what is booked with --replace"
            )
        database.take_away(kept)
        told = f" in place of {kept.imported_rows} of generation {kept.generation}"
    rows = insert(database, directory, promised, entry)
    database.note(promised, entry, rows)
    return f"{rows} rows booked into {table}{told}"


def insert(database: Database, directory: Path, promised: Manifest, entry: Entry) -> int:
    profile, path = PROFILES[entry.profile], directory / entry.name
    origin = Origin(promised.business_date, promised.generation, entry.sha256)
    rows = 0
    for columns in blocks(path, profile, promised.date):
        if row_count(columns):
            database.insert(profile.layout, origin, rows, columns)
        rows += row_count(columns)
    if rows != entry.records or digest_of(path) != entry.sha256:
        raise BookingRefused(
            f"{entry.name}: it was changed while it was read; wait until nobody writes there, and"
            " import it again"
        )
    return rows

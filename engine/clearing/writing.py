"""Writing the clearing files of a day: each takes from the rows of its table what it holds.

The rows go by once for all files of a table, a block at a time that stays in the cache.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from engine.clearing import scribe
from engine.clearing.beside import beside
from engine.clearing.tables import Tables
from engine.storage.disk import Disk
from engine.storage.long_file import LongFile
from protocol.files import dbf, delimited
from protocol.files.manifest import Entry
from protocol.files.profiles import Profile, facts_of
from protocol.files.tally import Tally

LONG_ROWS = 1 << 18
"""Of fills: for so many a second process pays."""


class ClearingFile:
    """A file that is being written; it must be closed in any case.

    Raises FileFault where a value does not fit, or does not add up, and OSError.
    """

    def __init__(
        self, profile: Profile, tables: Tables, business_date: int, directory: Path, disk: Disk
    ) -> None:
        layout = profile.layout
        self.profile = profile
        self.firms = tables.firms
        self.tally = Tally(profile, business_date, trusts=not layout.is_delimited)
        self.file = LongFile(directory / layout.file, disk)
        self.records = tables.count(profile)
        if layout.is_delimited:
            head, self.spell, self.tail = delimited.header(layout), scribe.lines, b""
        else:
            head = dbf.header(layout, business_date, self.records)
            self.spell, self.tail = scribe.records, dbf.END
        self.file.put(head)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.file.__exit__(*exception)

    def take(self, rows: np.ndarray) -> None:
        """Write those of the next rows of the table that belong here."""
        rows = self.profile.select(rows)
        if not len(rows):
            return
        columns, first = self.profile.columns(rows, self.firms), self.tally.records
        facts = facts_of(rows) if self.profile.fields and not self.tally.trusts else rows
        self.tally.add(columns, facts)
        for piece in self.spell(self.profile.layout, columns, first):
            self.file.put(piece)

    def end(self) -> Entry:
        """Make the file durable, and return what the manifest has of it."""
        written = self.tally.records
        assert written == self.records, f"{written} records written and {self.records} promised"
        self.tally.end()
        self.file.put(self.tail)
        size, digest = self.file.end()
        layout = self.profile.layout
        return Entry(
            name=layout.file,
            profile=layout.profile,
            encoding=layout.encoding,
            bytes=size,
            sha256=digest,
            records=self.tally.records,
            totals=self.tally.totals(),
        )


def write_files(
    profiles: Sequence[Profile],
    tables: Tables,
    business_date: int,
    directory: Path,
    disk: Disk,
    *,
    is_alone: bool = False,
) -> list[Entry]:
    """Write the files of all profiles; where the process `is_alone` and they are long, a child
    writes one half of their bytes."""
    write = partial(
        write_some, tables=tables, business_date=business_date, directory=directory, disk=disk
    )
    if not is_alone or len(tables.fills) < LONG_ROWS:
        return write(profiles)
    own, others = halves(profiles, tables)
    with beside(partial(write, others)) as written:
        entries = write(own) + written()
    names = [profile.layout.profile for profile in profiles]
    return sorted(entries, key=lambda entry: names.index(entry.profile))


def write_some(
    profiles: Iterable[Profile], tables: Tables, business_date: int, directory: Path, disk: Disk
) -> list[Entry]:
    entries = {}
    of_table: dict[str, list[Profile]] = {}
    for profile in profiles:
        of_table.setdefault(profile.table, []).append(profile)
    for table, some in of_table.items():
        with ExitStack() as stack:
            files = [
                stack.enter_context(ClearingFile(profile, tables, business_date, directory, disk))
                for profile in some
            ]
            for rows in tables.blocks(table):
                for file in files:
                    file.take(rows)
            for file in files:
                entries[file.profile.layout.profile] = file.end()
    return [entries[profile.layout.profile] for profile in profiles]


def halves(profiles: Iterable[Profile], tables: Tables) -> tuple[list[Profile], list[Profile]]:
    """Deal profiles out so that about as many bytes are to be written on either side."""

    def size(profile: Profile) -> int:
        return tables.count(profile) * sum(field.width for field in profile.layout.fields)

    sides: tuple[list[Profile], list[Profile]] = ([], [])
    for profile in sorted(profiles, key=size, reverse=True):
        min(sides, key=lambda side: sum(map(size, side))).append(profile)
    return sides

"""What both databases share: their tables, and what is asked of them.

Each profile has a table, named like gh_2016, of its fields behind the business date, the
generation, the SHA-256 of the file and the number of the record in it.  `imports` tells which
files are booked, `fields` what each field is.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

from protocol.files.layouts import Columns, Field, Layout
from protocol.files.manifest import Entry, Manifest, digest_of

DATE = "business_date"


class Import(NamedTuple):
    """A file that is booked."""

    business_date: str
    file: str
    profile: str
    generation: int
    sha256: str
    manifest_sha256: str
    records: int
    totals: str
    imported_rows: int


class Origin(NamedTuple):
    """Where the rows of a file come from."""

    business_date: str
    generation: int
    file_sha256: str


IMPORTS = {
    "business_date": "date",
    "file": "text",
    "profile": "text",
    "generation": "integer",
    "sha256": "text",
    "manifest_sha256": "text",
    "records": "integer",
    "totals": "text",
    "imported_rows": "integer",
}
FIELDS = {
    "profile": "text",
    "place": "integer",
    "field": "text",
    "type": "text",
    "width": "integer",
    "decimals": "integer",
}


def table_of(profile: str) -> str:
    """Return the name of a profile's table."""
    return profile.replace("/", "_")


class Database(ABC):
    """An open database, in which one transaction has begun; nothing is kept without `commit`."""

    mark: str
    """Stands for a value in a statement."""
    storage = ""
    """What is said of a table behind its columns."""

    @abstractmethod
    def run(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement and return the rows that it gives."""

    @abstractmethod
    def type_of(self, kind: str | Field) -> str:
        """Return the type of a column: of "date", "integer" or "text", or of a field."""

    @abstractmethod
    def insert(self, layout: Layout, origin: Origin, first: int, columns: Columns) -> None:
        """Insert rows, the first of which is that record of its file."""

    @abstractmethod
    def commit(self) -> None:
        """Keep what was done, on the disk."""

    @abstractmethod
    def close(self) -> None:
        """Close, and forget what was not committed."""

    def name(self, field: str) -> str:
        """Return a name as it stands in a statement."""
        return f'"{field}"'

    def make_tables(self, layouts: Iterable[Layout]) -> None:
        """Make what is not there yet."""
        self.make("imports", IMPORTS, (DATE, "file"))
        self.make("fields", FIELDS, ("profile", "place"))
        for layout in layouts:
            self.make(
                table_of(layout.profile),
                {
                    DATE: "date",
                    "generation": "integer",
                    "file_sha256": "text",
                    "record": "integer",
                    **{field.name: field for field in layout.fields if field.name != DATE},
                },
                (DATE, "record"),
            )
            self.run(f"DELETE FROM fields WHERE profile = {self.mark}", layout.profile)
            for place, field in enumerate(layout.fields, 1):
                self.add("fields", (layout.profile, place, *field[:4]))

    def make(self, table: str, columns: dict, key: tuple[str, ...]) -> None:
        """Make a table where there is none of that name."""
        told = [f"{self.name(name)} {self.type_of(kind)}" for name, kind in columns.items()]
        told.append(f"PRIMARY KEY ({', '.join(map(self.name, key))})")
        self.run(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(told)}) {self.storage}")

    def add(self, table: str, row: tuple) -> None:
        """Insert a row."""
        self.run(f"INSERT INTO {table} VALUES ({', '.join([self.mark] * len(row))})", *row)

    def booked(self, business_date: str) -> dict[str, Import]:
        """Return what is booked of a day, by the names of the files."""
        rows = self.run(f"SELECT * FROM imports WHERE {DATE} = {self.mark}", business_date)
        found = (Import(str(row[0]), *row[1:]) for row in rows)
        return {imported.file: imported for imported in found}

    def last_before(self, business_date: str) -> Import | None:
        """Return a file of the last day before that is booked, of its latest generation."""
        rows = self.run(
            f"SELECT * FROM imports WHERE {DATE} < {self.mark}"
            f" ORDER BY {DATE} DESC, generation DESC LIMIT 1",
            business_date,
        )
        return Import(str(rows[0][0]), *rows[0][1:]) if rows else None

    def take_away(self, imported: Import) -> None:
        """Delete the rows of a file, and that it is booked."""
        day = f"WHERE {DATE} = {self.mark}"
        self.run(f"DELETE FROM {table_of(imported.profile)} {day}", imported.business_date)
        self.run(
            f"DELETE FROM imports {day} AND file = {self.mark}",
            imported.business_date,
            imported.file,
        )

    def note(self, promised: Manifest, entry: Entry, rows: int) -> None:
        """Say that a file is booked."""
        self.add(
            "imports",
            Import(
                promised.business_date,
                entry.name,
                entry.profile,
                promised.generation,
                entry.sha256,
                digest_of(promised),
                entry.records,
                json.dumps(entry.totals),
                rows,
            ),
        )

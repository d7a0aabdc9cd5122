"""What both databases share: their tables, and what is asked of them.

Each profile has a table, named like gh_2016, of its fields behind the business date and the number
of the record in its file.  `imports` tells which files are booked, `fields` what each field is.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from adbc_driver_manager.dbapi import Connection

from gateway.importing.naming import table_of
from gateway.importing.values import is_shared
from protocol.files.layouts import Columns, Field, Layout, row_count
from protocol.files.manifest import Entry, Manifest, digest_of

DATE, RECORD = "business_date", "record"


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


Values = dict[str, pa.Array | pa.Scalar]
"""The values of columns by name, or one that all rows share."""


class Insertion(NamedTuple):
    """Rows for a table, or for a statement."""

    into: str
    rows: pa.RecordBatch


class Database(ABC):
    """An open database, in which one transaction has begun; nothing is kept without `commit`.

    All raise adbc_driver_manager.Error.
    """

    storage = ""
    """What is said of a table behind its columns."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cursor = connection.cursor()

    @contextmanager
    def closed_at_fault(self) -> Iterator[None]:
        """Close where what is done first fails."""
        with ExitStack() as at_fault:
            at_fault.callback(self.close)
            yield
            at_fault.pop_all()

    @abstractmethod
    def type_of(self, kind: str | Field) -> str:
        """Return the type of a column: of "date", "integer" or "text", or of a field."""

    @abstractmethod
    def date(self, business_date: str) -> object:
        """Return a date like "2026-03-02" as a value of a column of dates."""

    @abstractmethod
    def array_of(self, field: Field, column: np.ndarray, encoding: str) -> pa.Array:
        """Return the values of a column."""

    @abstractmethod
    def prepared(self, table: str, columns: Values, rows: int) -> Insertion:
        """Return what inserts so many rows into a table."""

    @abstractmethod
    def insert(self, insertion: Insertion) -> None:
        """Insert rows, which takes none of Python's time."""

    def name(self, field: str) -> str:
        """Return the name of a column."""
        return field

    def begin(self) -> None:
        """Begin the transaction."""
        self.connection.adbc_connection.set_autocommit(False)

    def commit(self) -> None:
        """Keep what was done, on the disk."""
        self.connection.adbc_connection.commit()

    def close(self) -> None:
        """Close, and forget what was not committed."""
        self.cursor.close()
        self.connection.close()

    def run(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement, in which $1 stands for the first value, and return the rows it gives."""
        self.cursor.execute(statement, values or None)
        return self.cursor.fetchall()

    def insertion(
        self, layout: Layout, business_date: str, first: int, columns: Columns
    ) -> Insertion:
        """Return what inserts columns, whose first row is that record of its file."""
        rows = row_count(columns)
        told: Values = {
            self.name(DATE): pa.scalar(self.date(business_date)),
            self.name(RECORD): pa.array(np.arange(first, first + rows)),
        }
        for field in layout.fields:
            if field.name != DATE:
                column = np.atleast_1d(columns[field.name])
                if is_shared(column):
                    value = self.array_of(field, column[:1], layout.encoding)[0]
                    told[self.name(field.name)] = value
                else:
                    told[self.name(field.name)] = self.array_of(field, column, layout.encoding)
        return self.prepared(table_of(layout.profile), told, rows)

    def make_tables(self, layouts: Iterable[Layout]) -> None:
        """Make what is not there yet."""
        self.make("imports", IMPORTS, (DATE, "file"))
        self.make("fields", FIELDS, ("profile", "place"))
        for layout in layouts:
            self.make(
                table_of(layout.profile),
                {
                    DATE: "date",
                    RECORD: "integer",
                    **{field.name: field for field in layout.fields if field.name != DATE},
                },
                (DATE, RECORD),
            )
            self.run("DELETE FROM fields WHERE profile = $1", layout.profile)
            for place, field in enumerate(layout.fields, 1):
                self.add("fields", (layout.profile, place, *field[:4]))

    def make(self, table: str, columns: dict, key: tuple[str, ...]) -> None:
        """Make a table where there is none of that name."""
        told = [f'"{self.name(name)}" {self.type_of(kind)}' for name, kind in columns.items()]
        told.append(f"PRIMARY KEY ({', '.join(map(self.name, key))})")
        self.run(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(told)}) {self.storage}")

    def add(self, table: str, row: tuple) -> None:
        """Insert a row."""
        marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        self.run(f"INSERT INTO {table} VALUES ({marks})", *row)

    def booked(self, business_date: str) -> dict[str, Import]:
        """Return what is booked of a day, by the names of the files."""
        rows = self.run(f"SELECT * FROM imports WHERE {DATE} = $1", self.date(business_date))
        found = (Import(str(row[0]), *row[1:]) for row in rows)
        return {imported.file: imported for imported in found}

    def last_before(self, business_date: str) -> Import | None:
        """Return a file of the last day before that is booked, of its latest generation."""
        rows = self.run(
            f"SELECT * FROM imports WHERE {DATE} < $1"
            f" ORDER BY {DATE} DESC, generation DESC LIMIT 1",
            self.date(business_date),
        )
        return Import(str(rows[0][0]), *rows[0][1:]) if rows else None

    def take_away(self, imported: Import) -> None:
        """Delete the rows of a file, and that it is booked."""
        date = self.date(imported.business_date)
        self.forget(imported.profile, imported.business_date)
        self.run(f"DELETE FROM imports WHERE {DATE} = $1 AND file = $2", date, imported.file)

    def forget(self, profile: str, business_date: str) -> None:
        """Delete the rows of a day's file."""
        self.run(f"DELETE FROM {table_of(profile)} WHERE {DATE} = $1", self.date(business_date))

    def note(self, promised: Manifest, entry: Entry, rows: int) -> None:
        """Say that a file is booked."""
        self.add(
            "imports",
            (
                self.date(promised.business_date),
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

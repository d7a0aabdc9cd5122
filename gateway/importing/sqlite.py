"""SQLite: one file, one writer, a day in one durable transaction."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from adbc_driver_manager import Error
from adbc_driver_sqlite import dbapi

from gateway.importing import values
from gateway.importing.database import Database, Insertion, Values
from protocol.files.layouts import Field
from protocol.mistake import Mistake

WAIT_MILLISECONDS = 10_000
CACHE_KIB = 65_536
PAGE_BYTES = 16_384
TYPES = {"date": "TEXT", "integer": "INTEGER", "text": "TEXT", "C": "TEXT", "D": "TEXT"}
SETTINGS = {
    "busy_timeout": WAIT_MILLISECONDS,
    "page_size": PAGE_BYTES,
    "synchronous": "FULL",
    "cache_size": -CACHE_KIB,
}


class Sqlite(Database):
    """A database in a file, which is made where there is none."""

    storage = "WITHOUT ROWID"

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(dbapi.connect(str(path.absolute()), autocommit=True))
            with self.closed_at_fault():
                for name, value in SETTINGS.items():
                    self.run(f"PRAGMA {name} = {value}")
                self.begin()
                # The driver's own would find out at its first write that another one writes.
                self.run("COMMIT")
                self.run("BEGIN IMMEDIATE")
        except Error as error:
            raise Mistake(
                f"{path}: SQLite cannot open it for writing ({error}); name another file, or wait"
                " until nobody else writes there"
            ) from None

    def type_of(self, kind: str | Field) -> str:
        """Return the type of a column: numbers and times are integers."""
        return TYPES.get(kind if isinstance(kind, str) else kind.type, "INTEGER")

    def date(self, business_date: str) -> str:
        """Return a date as text."""
        return business_date

    def array_of(self, field: Field, column: np.ndarray, encoding: str) -> pa.Array:
        """Return a column; its numbers count the last decimal."""
        if field.type == "C":
            return values.texts(column, encoding)
        if field.type == "D":
            return values.dates(column)
        return values.integers(column)

    def prepared(self, table: str, columns: Values, rows: int) -> Insertion:
        """Return a statement in which that stands which all rows share: it saves a quarter."""
        arrays, told = {}, []
        for name, value in columns.items():
            constant = literal(value.as_py()) if isinstance(value, pa.Scalar) else None
            told.append(constant or "?")
            if constant is None:
                is_one = isinstance(value, pa.Scalar)
                arrays[name] = pa.repeat(value, rows) if is_one else value
        into = "{} ({})".format(table, ", ".join(f'"{name}"' for name in columns))
        statement = f"INSERT INTO {into} VALUES ({', '.join(told)})"
        return Insertion(statement, pa.RecordBatch.from_pydict(arrays))

    def insert(self, insertion: Insertion) -> None:
        """Run the statement for each row."""
        self.cursor.executemany(insertion.into, insertion.rows)


def literal(value: str | int | None) -> str | None:
    """Return a value as it stands in a statement, None where it cannot."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return None if "\0" in value else "'" + value.replace("'", "''") + "'"

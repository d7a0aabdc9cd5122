"""SQLite: one file, one writer, a day in one durable transaction."""

import sqlite3
from pathlib import Path

from gateway.importing.database import DATE, Database, Origin, table_of
from gateway.importing.values import Value, is_constant, values_of
from protocol.files.layouts import Columns, Field, Layout, row_count
from protocol.mistake import Mistake

WAIT_SECONDS = 10
CACHE_KIB = 65_536
PAGE_BYTES = 16_384
TYPES = {"date": "TEXT", "integer": "INTEGER", "text": "TEXT", "C": "TEXT", "D": "TEXT"}


class Sqlite(Database):
    """A database in a file, which is made where there is none."""

    mark = "?"
    storage = "WITHOUT ROWID"

    def __init__(self, path: Path) -> None:
        try:
            self.connection = sqlite3.connect(path, WAIT_SECONDS, isolation_level=None)
            self.connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise Mistake(
                f"{path}: SQLite cannot open it for writing ({error}); name another file, or wait"
                " until nobody else writes there"
            ) from None

    def run(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement and return the rows that it gives."""
        return self.connection.execute(statement, values).fetchall()

    def type_of(self, kind: str | Field) -> str:
        """Return the type of a column: numbers and times are integers."""
        return TYPES.get(kind if isinstance(kind, str) else kind.type, "INTEGER")

    def insert(self, layout: Layout, origin: Origin, first: int, columns: Columns) -> None:
        """Insert rows; what all of them share stands in the statement, which spares most of it."""
        rows = row_count(columns)
        names = [DATE, "generation", "file_sha256", "record"]
        told = [repr(value) for value in origin] + ["?"]
        varying: list[object] = [range(first + 1, first + 1 + rows)]
        for field in layout.fields:
            if field.name == DATE:
                continue
            column, constant = columns[field.name], None
            if is_constant(column):
                constant = literal(values_of(field, column[:1], layout.encoding, False)[0])
            if constant is None:
                varying.append(values_of(field, column, layout.encoding, False))
            names.append(field.name)
            told.append(constant or "?")
        into = f"{table_of(layout.profile)} ({', '.join(map(self.name, names))})"
        statement = f"INSERT INTO {into} VALUES ({', '.join(told)})"
        self.connection.executemany(statement, zip(*varying, strict=True))

    def commit(self) -> None:
        """Keep what was done, on the disk."""
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close, and forget what was not committed."""
        self.connection.close()


def literal(value: Value) -> str | None:
    """Return a value as it stands in a statement, None where it cannot."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return None if "\0" in value else "'" + value.replace("'", "''") + "'"

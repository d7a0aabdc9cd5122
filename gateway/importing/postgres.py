"""PostgreSQL: a day in one transaction, its rows by COPY."""

from itertools import repeat

from gateway.importing.database import DATE, Database, Origin, table_of
from gateway.importing.values import values_of
from protocol.files.layouts import Columns, Field, Layout, row_count
from protocol.mistake import Mistake

TYPES = {"date": "DATE", "integer": "BIGINT", "text": "TEXT", "C": "TEXT", "D": "DATE"}
NUMBERS = "NP"


class Postgres(Database):
    """A database behind a URL like postgresql://user@host/name."""

    mark = "%s"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError:
            raise Mistake(
                "PostgreSQL needs psycopg, which is not installed; pip install 'cuohe[postgres]'"
            ) from None
        try:
            self.connection = psycopg.connect(url)
        except psycopg.Error as error:
            reason = " ".join(str(error).split())
            raise Mistake(f"PostgreSQL cannot be reached ({reason}); mend the URL") from None

    def run(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement and return the rows that it gives."""
        cursor = self.connection.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def name(self, field: str) -> str:
        """Return a name in small letters, as PostgreSQL takes what is not quoted."""
        return f'"{field.lower()}"'

    def type_of(self, kind: str | Field) -> str:
        """Return the type of a column: numbers with decimals are exact."""
        if isinstance(kind, str):
            return TYPES[kind]
        if kind.type in NUMBERS and kind.decimals:
            return f"NUMERIC({kind.width}, {kind.decimals})"
        return TYPES.get(kind.type, "BIGINT")

    def insert(self, layout: Layout, origin: Origin, first: int, columns: Columns) -> None:
        """Copy rows."""
        rows = row_count(columns)
        told = [*map(repeat, origin), range(first + 1, first + 1 + rows)]
        names = [DATE, "generation", "file_sha256", "record"]
        for field in layout.fields:
            if field.name != DATE:
                names.append(field.name)
                told.append(values_of(field, columns[field.name], layout.encoding, True))
        into = f"{table_of(layout.profile)} ({', '.join(map(self.name, names))})"
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {into} FROM STDIN".encode()) as copy,
        ):
            for row in zip(*told, strict=False):
                copy.write_row(row)

    def commit(self) -> None:
        """Keep what was done."""
        self.connection.commit()

    def close(self) -> None:
        """Close, and forget what was not committed."""
        self.connection.close()

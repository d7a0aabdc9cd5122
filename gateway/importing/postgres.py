"""PostgreSQL: a day in one transaction, its rows by COPY."""

from datetime import date

import numpy as np
import pyarrow as pa
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi

from gateway.importing import values
from gateway.importing.database import Database, Insertion, Values
from protocol.files.layouts import Field
from protocol.mistake import Mistake

TYPES = {"date": "DATE", "integer": "BIGINT", "text": "TEXT", "C": "TEXT", "D": "DATE"}
NUMBERS = "NP"


class Postgres(Database):
    """A database behind a URL like postgresql://user@host/name."""

    def __init__(self, url: str) -> None:
        try:
            super().__init__(dbapi.connect(url, autocommit=True))
            with self.closed_at_fault():
                self.begin()
        except Error as error:
            reason = " ".join(str(error).split())
            raise Mistake(f"PostgreSQL cannot be reached ({reason}); mend the URL") from None

    def name(self, field: str) -> str:
        """Return a name in small letters, as PostgreSQL takes what is not quoted."""
        return field.lower()

    def type_of(self, kind: str | Field) -> str:
        """Return the type of a column: numbers with decimals are exact."""
        if isinstance(kind, str):
            return TYPES[kind]
        if kind.type in NUMBERS and kind.decimals:
            return f"NUMERIC({kind.width}, {kind.decimals})"
        return TYPES.get(kind.type, "BIGINT")

    def date(self, business_date: str) -> date:
        """Return a date as one."""
        return date.fromisoformat(business_date)

    def array_of(self, field: Field, column: np.ndarray, encoding: str) -> pa.Array:
        """Return a column; its numbers are what they mean."""
        if field.type == "C":
            return values.texts(column, encoding)
        if field.type == "D":
            return values.dates(column).cast(pa.date32())
        if field.type in NUMBERS and field.decimals:
            return values.decimals(field, column)
        return values.integers(column)

    def prepared(self, table: str, columns: Values, rows: int) -> Insertion:
        """Return all columns in full."""
        arrays = {
            name: pa.repeat(value, rows) if isinstance(value, pa.Scalar) else value
            for name, value in columns.items()
        }
        return Insertion(table, pa.RecordBatch.from_pydict(arrays))

    def insert(self, insertion: Insertion) -> None:
        """Copy the rows into the table."""
        self.cursor.adbc_ingest(insertion.into, insertion.rows, mode="append")

"""The columns of a file as values of a database.

A number is told exactly: in SQLite as an integer that counts its field's last decimal, in
PostgreSQL as a decimal.  One that did not fit its field is NULL, as a date is that is blank.
"""

import numpy as np

from protocol.files.layouts import Field
from protocol.files.moments import spell_dates
from protocol.files.numerals import NOTHING, OVERFLOWN, spell

NUMBERS = "NP"
DIGITS_MAX = 20

Value = int | str | None


def is_constant(column: np.ndarray) -> bool:
    """Return whether all rows share one value, which is the first."""
    return column.strides == (0,) or bool((column == column[0]).all())


def values_of(field: Field, column: np.ndarray, encoding: str, as_decimal: bool) -> list[Value]:
    """Return the values of a column; numbers `as_decimal` text or as integers."""
    if field.type == "C":
        return texts(column, encoding)
    if field.type == "D":
        dates: list[Value] = spell_dates(column).view("S10").ravel().astype("U10").tolist()
        return nulled(dates, column == 0)
    if field.type in NUMBERS and as_decimal and field.decimals:
        numbers = np.where(column == OVERFLOWN, 0, column)
        width = DIGITS_MAX + field.decimals
        cells = spell(numbers, width, field.decimals, NOTHING)
        return nulled(stripped(cells), column == OVERFLOWN)
    return nulled(column.tolist(), column == OVERFLOWN)


def stripped(cells: np.ndarray) -> list[Value]:
    return [cell.replace(b"\0", b"").decode() for cell in cells.view(f"S{cells.shape[1]}").ravel()]


def nulled(values: list[Value], nothing: np.ndarray) -> list[Value]:
    for row in np.flatnonzero(nothing).tolist():
        values[row] = None
    return values


def texts(column: np.ndarray, encoding: str) -> list[Value]:
    column = np.ascontiguousarray(column)
    if column.view(np.uint8).max(initial=0) < 0x80:
        told: list[Value] = column.astype(f"U{max(column.itemsize, 1)}").tolist()
        return told
    return [text.decode(encoding) for text in column.tolist()]

"""The columns of a file as Arrow arrays, which a database takes.

A number that did not fit its field is null, as a date is that is blank.
"""

import numpy as np
import pyarrow as pa

from protocol.files.layouts import Field
from protocol.files.moments import spell_dates
from protocol.files.numerals import OVERFLOWN

DIGITS_MAX = 38
DATE_WIDTH = 10
ASCII_END = 0x80


def is_shared(column: np.ndarray) -> bool:
    """Say whether all rows have the value of the first."""
    return bool(column[0] == column[-1]) and bool((column == column[0]).all())


def texts(column: np.ndarray, encoding: str) -> pa.Array:
    """Return text of the encoding.

    Where all is ASCII, nobody looks at each value; but Arrow takes a zero in one for its end.
    """
    column = np.ascontiguousarray(column)
    cells = column.view(np.uint8)
    is_whole = np.count_nonzero(cells) == np.strings.str_len(column).sum()
    if is_whole and cells.max(initial=0) < ASCII_END:
        return pa.array(column, pa.binary()).cast(pa.string())
    return pa.array([text.decode(encoding) for text in column.tolist()], pa.string())


def dates(column: np.ndarray) -> pa.Array:
    """Return dates like 2026-03-02 as text."""
    told = spell_dates(column).view(f"S{DATE_WIDTH}").ravel()
    return pa.array(told, pa.binary(), mask=column == 0).cast(pa.string())


def integers(column: np.ndarray) -> pa.Array:
    """Return whole numbers."""
    lacking = column == OVERFLOWN
    values = np.ascontiguousarray(column, np.int64)
    return pa.array(values, mask=lacking if lacking.any() else None)


def decimals(field: Field, column: np.ndarray) -> pa.Array:
    """Return numbers that count the last decimal of their field as what they mean."""
    values = np.ascontiguousarray(column, np.int64)
    there = np.packbits(values != OVERFLOWN, bitorder="little")
    words = np.stack([values, values >> 63], axis=1)
    kind = pa.decimal128(DIGITS_MAX, field.decimals)
    return pa.Array.from_buffers(kind, len(values), [pa.py_buffer(there), pa.py_buffer(words)])

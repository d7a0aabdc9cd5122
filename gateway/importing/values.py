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


def texts(column: np.ndarray, rows: int, encoding: str) -> pa.Array:
    """Return text of the encoding."""
    if is_shared(column):
        return pa.repeat(column.flat[0].decode(encoding), rows)
    told = pa.array(column, pa.binary())
    if np.ascontiguousarray(column).view(np.uint8).max(initial=0) < ASCII_END:
        return told.cast(pa.string())
    words = told.dictionary_encode()
    dictionary = pa.array([word.decode(encoding) for word in words.dictionary.to_pylist()])
    return dictionary.take(words.indices)


def dates(column: np.ndarray, rows: int) -> pa.Array:
    """Return dates like 2026-03-02 as text."""
    column = np.broadcast_to(column, rows)
    told = spell_dates(column).view(f"S{DATE_WIDTH}").ravel()
    return pa.array(told, pa.binary(), mask=column == 0).cast(pa.string())


def integers(column: np.ndarray, rows: int) -> pa.Array:
    """Return whole numbers."""
    if is_shared(column):
        value = int(column.flat[0])
        return pa.repeat(pa.scalar(None if value == OVERFLOWN else value, pa.int64()), rows)
    lacking = column == OVERFLOWN
    values = np.ascontiguousarray(column, np.int64)
    return pa.array(values, mask=lacking if lacking.any() else None)


def decimals(field: Field, column: np.ndarray, rows: int) -> pa.Array:
    """Return numbers that count the last decimal of their field as what they mean."""
    values = np.ascontiguousarray(np.broadcast_to(column, rows), np.int64)
    there = np.packbits(values != OVERFLOWN, bitorder="little")
    words = np.stack([values, values >> 63], axis=1)
    kind = pa.decimal128(DIGITS_MAX, field.decimals)
    return pa.Array.from_buffers(kind, rows, [pa.py_buffer(there), pa.py_buffer(words)])


def is_shared(column: np.ndarray) -> bool:
    """Say whether all rows have one value for certain."""
    return not column.ndim or column.strides == (0,)

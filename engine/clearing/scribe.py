"""Columns to the bytes of clearing files by compiled code: those that protocol/files would spell.

Rows are spelled a few at a time, in one block of memory that the next ones take over, so that they
are hashed and written while they are in the cache.  What compiled code leaves, numpy spells, or
says what is wrong with it.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from engine.kernels.cells import spell_dates, spell_numbers, spell_texts, spell_times, squeeze
from protocol.files import dbf, delimited
from protocol.files.layouts import Columns, Field, Layout, row_count
from protocol.files.numerals import BLANK, NOTHING

PART_ROWS = 4_096


class Form(NamedTuple):
    """How rows of a kind of file are spelled.

    Fields begin at `first` and have so many bytes `between` them; `filler` stands where a value has
    no byte.  Text with a byte that `is_doubtful`, and all else that compiled code leaves, is for
    `spell`, which returns (n, width) cells of a column whose first value has a place in the file.
    """

    first: int
    between: int
    filler: int
    is_doubtful: np.ndarray
    spell: Callable[[Layout, Field, np.ndarray, int], np.ndarray]


RECORDS = Form(len(dbf.LIVE), 0, BLANK, np.arange(256) >= 0x80, dbf.cells_of)
LINES = Form(0, 1, NOTHING, delimited.FORBIDDEN, delimited.cells_of)


def records(layout: Layout, columns: Columns, first: int) -> Iterator[memoryview]:
    """Yield the records of a DBF; raises FileFault as protocol.files.dbf.records_of."""
    template = np.full(dbf.row_of(layout).itemsize, BLANK, np.uint8)
    for cells in spelled(RECORDS, layout, template, columns, first):
        yield cells.reshape(-1).data


def lines(layout: Layout, columns: Columns, first: int) -> Iterator[memoryview]:
    """Yield the lines of a table; raises FileFault as protocol.files.delimited.lines_of."""
    template = np.full(delimited.line_bytes_max(layout), delimited.COMMA, np.uint8)
    template[-1] = delimited.LF
    squeezed = np.empty(PART_ROWS * len(template) + 1, np.uint8)
    for cells in spelled(LINES, layout, template, columns, first):
        yield squeezed[: squeeze(cells, squeezed)].data


def spelled(
    form: Form, layout: Layout, template: np.ndarray, columns: Columns, first: int
) -> Iterator[np.ndarray]:
    """Yield (n, bytes) cells of all rows, a part after another in the same memory."""
    varying = []
    start = form.first
    for field in layout.fields:
        column = np.atleast_1d(columns[field.name])
        if len(column) and (column == column[0]).all():
            # What all rows share is spelled only once.
            put(form, layout, template[None], start, field, column[:1], first)
        else:
            varying.append((start, field, column))
        start += field.width + form.between
    rows = row_count(columns)
    cells = np.empty((min(rows, PART_ROWS), len(template)), np.uint8)
    cells[:] = template
    for begin in range(0, rows, PART_ROWS):
        part = cells[: rows - begin]
        for start, field, column in varying:
            some = column[begin : begin + PART_ROWS]
            put(form, layout, part, start, field, some, first + begin)
        yield part


def put(
    form: Form,
    layout: Layout,
    cells: np.ndarray,
    start: int,
    field: Field,
    column: np.ndarray,
    first: int,
) -> None:
    """Spell a column in the cells from `start` on."""
    if compiled(form, cells, start, field, column) < len(column):
        told = form.spell(layout, field, column, first)
        cells[:, start : start + field.width] = form.filler
        cells[:, start : start + told.shape[1]] = told


def compiled(form: Form, cells: np.ndarray, start: int, field: Field, column: np.ndarray) -> int:
    """Spell a column as far as compiled code does, and return how many rows that are."""
    if field.type == "C" and 0 < column.itemsize <= field.width:
        texts = np.ascontiguousarray(column).view(np.uint8).reshape(len(column), -1)
        return spell_texts(cells, start, field.width, form.filler, form.is_doubtful, texts)
    values = np.ascontiguousarray(column, np.int64) if field.type != "C" else column
    if field.is_number:
        return spell_numbers(cells, start, field.width, field.decimals, form.filler, values)
    if field.type == "T":
        return spell_times(cells, start, values)
    if field.type == "D" and form is LINES:
        return spell_dates(cells, start, values)
    return 0

"""dBase III tables: a layout's columns to bytes and back, many records at a time.

A table is a header with a descriptor for each field, records of fixed width, each behind a flag
that says whether it is deleted, and an end mark.  Text stands left and numbers right, both filled
up with blanks, also those that are declared as text (P).  The header's date is the business date,
so equal days make equal bytes.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from struct import Struct
from typing import Self

import numpy as np

from protocol.files.fault import FileFault
from protocol.files.faults import Faults, FirstFault
from protocol.files.hashed import HashedFile
from protocol.files.layouts import Bytes, Columns, Field, Layout, Spelling, row_count
from protocol.files.moments import days_of
from protocol.files.numerals import (
    BLANK,
    NOTHING,
    OVERFLOWN,
    STAR,
    digits,
    equal,
    misfits,
    parse,
    read,
    spell,
)

VERSION = 3
HEADER = Struct("<B3BIHH20x")
DESCRIPTOR = Struct("<11sc4xBB14x")
HEADER_END = b"\r"
END = b"\x1a"
LIVE, DELETED = b" ", b"*"
BLOCK_ROWS = 16_384
RECORDS_MAX = 2**32 - 1
NAME_BYTES_MAX = 10
DATE_WIDTH = 8


def row_of(layout: Layout) -> np.dtype:
    """Return the dtype of a record: the flag `deleted`, then each field as bytes."""
    return np.dtype(
        [("deleted", "S1"), *((field.name, f"S{field.width}") for field in layout.fields)]
    )


def header(layout: Layout, business_date: int, records: int) -> bytes:
    """Return all that stands before the first record."""
    assert 0 <= records <= RECORDS_MAX
    assert all(len(field.name) <= NAME_BYTES_MAX for field in layout.fields)
    descriptors = b"".join(
        DESCRIPTOR.pack(field.name.encode(), *declared(field)) for field in layout.fields
    )
    year, month, day = business_date // 10_000, business_date // 100 % 100, business_date % 100
    length = HEADER.size + len(descriptors) + len(HEADER_END)
    width = row_of(layout).itemsize
    head = HEADER.pack(VERSION, (year - 1900) % 256, month, day, records, length, width)
    return head + descriptors + HEADER_END


def declared(field: Field) -> tuple[bytes, int, int]:
    """Return type, width and decimals as the header has them; P stands there as text."""
    if field.type == "P":
        return b"C", field.width, 0
    return field.type.encode(), field.width, field.decimals


def records_of(layout: Layout, columns: Columns, first: int) -> Iterator[Bytes]:
    """Yield the records of a block, of which `first` is the number of the first."""
    yield cells_of_records(layout, columns, first).tobytes()


def write(
    layout: Layout,
    business_date: int,
    records: int,
    blocks: Iterable[Columns],
    records_of: Spelling = records_of,
) -> Iterator[Bytes]:
    """Yield the bytes of a table of so many `records`, whose columns come in `blocks`.

    What is yielded holds until the next is asked for.  Raises FileFault where a value does not fit
    its field.
    """
    yield header(layout, business_date, records)
    written = 0
    for columns in blocks:
        yield from records_of(layout, columns, written)
        written += row_count(columns)
    assert written == records, f"{written} records were written and {records} promised"
    yield END


def cells_of_records(layout: Layout, columns: Columns, first: int) -> np.ndarray:
    """Return records as (n, width) cells; what all of them share is spelled only once."""
    template = np.full(row_of(layout).itemsize, BLANK, np.uint8)
    varying = []
    end = len(LIVE)
    for field in layout.fields:
        start, end = end, end + field.width
        cells = cells_of(layout, field, columns[field.name], first)
        if len(cells) == 1:
            template[start : start + cells.shape[1]] = cells[0]
        else:
            varying.append((start, cells))
    rows = np.empty((row_count(columns), len(template)), np.uint8)
    rows[:] = template
    for start, cells in varying:
        rows[:, start : start + cells.shape[1]] = cells
    return rows


def cells_of(layout: Layout, field: Field, column: np.ndarray, first: int) -> np.ndarray:
    """Return a column as cells, one row of them where all values are the same."""
    column = np.atleast_1d(column)
    if not len(column):
        return np.empty((0, field.width), np.uint8)
    if field.type == "D":
        return dates(column[:1] if (column == column[0]).all() else column)
    if field.is_number:
        return numbers(layout, field, column.astype(np.int64), first)
    return text(layout, field, np.ascontiguousarray(column), first)


def text(layout: Layout, field: Field, column: np.ndarray, first: int) -> np.ndarray:
    """Return cells of text, which must fit its field and be text in the file's encoding."""
    if column.itemsize > field.width:
        long = np.flatnonzero(np.strings.str_len(column) > field.width)
        if long.size:
            row = int(long[0])
            raise FileFault(
                f"{layout.file}: {layout.place(first + row)}: {field.name}: {bytes(column[row])!r}"
                f" is longer than {field.width} bytes; shorten it, or use a profile with a wider"
                " field"
            )
        column = column.astype(f"S{field.width}")
    check_encoding(layout, field, column, first)
    cells = column.view(np.uint8).reshape(len(column), -1)
    return cells if cells.min() else np.where(cells == NOTHING, np.uint8(BLANK), cells)


def dates(column: np.ndarray) -> np.ndarray:
    """Return cells of dates, YYYYMMDD; blank where a date is 0."""
    return np.where(column[:, None] > 0, digits(column, DATE_WIDTH), np.uint8(BLANK))


def check_encoding(
    layout: Layout, field: Field, column: np.ndarray, first: int, faults: Faults | None = None
) -> None:
    if column.view(np.uint8).max(initial=0) < 0x80:
        return
    for row, value in enumerate(column.tolist()):
        try:
            value.decode(layout.encoding)
        except UnicodeDecodeError:
            reason = (
                f"{value!r} is not {layout.encoding.upper()} text; write the file again in that"
                " encoding"
            )
            (faults or FirstFault(layout)).add(first + row, field.name, reason)


def numbers(layout: Layout, field: Field, column: np.ndarray, first: int) -> np.ndarray:
    """Return cells of numbers, which must fit their field unless it may overflow."""
    low, high = column.min(), column.max()
    if not misfits(np.array([low, high]), field.width, field.decimals).any():
        column = column[:1] if low == high else column
        return spell(column, field.width, field.decimals, BLANK)
    wrong = misfits(column, field.width, field.decimals)
    if not field.may_overflow:
        row = int(np.argmax(wrong))
        raise FileFault(
            f"{layout.file}: {layout.place(first + row)}: {field.name}: {column[row]} (in units of"
            f" its last decimal) does not fit {field.width} characters with {field.decimals}"
            " decimals; use a profile with a wider field"
        )
    cells = spell(np.where(wrong, 0, column), field.width, field.decimals, BLANK)
    cells[wrong] = STAR
    return cells


class Table:
    """An open table, read from its first record on; records marked as deleted are passed over.

    Records are counted as if the deleted ones were not there.  Raises FileFault where the file
    is not a whole table of its layout, and OSError where it cannot be read.  What is wrong in its
    fields goes into `faults`; without them it raises FileFault too.  A `file` that is open already
    stays so.
    """

    def __init__(
        self,
        path: Path,
        layout: Layout,
        faults: Faults | None = None,
        file: HashedFile | None = None,
    ) -> None:
        self.layout = layout
        self.faults = faults or FirstFault(layout)
        self.row = row_of(layout)
        self.count = 0
        self.own = ExitStack()
        self.file = file or self.own.enter_context(path.open("rb"))
        with ExitStack() as at_fault:
            at_fault.callback(self.own.close)
            self.business_date, self.left = self.check(path.stat().st_size)
            at_fault.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.own.close()

    def fault(self, text: str) -> FileFault:
        return FileFault(f"{self.layout.file}: {text}")

    def check(self, size: int) -> tuple[int, int]:
        """Check the container and return the date and the count of records in its header."""
        expected = header(self.layout, 0, 0)
        found = self.file.read(len(expected))
        if len(found) < len(expected):
            raise self.fault("the header breaks off; fetch the file again")
        version, year, month, day, records, length, width = HEADER.unpack_from(found)
        if version != VERSION:
            raise self.fault(f"it begins with byte {version}, so it is not a dBase III table")
        if (length, width) != (len(expected), self.row.itemsize):
            raise self.fault(
                f"its header has {length} bytes and its records {width}, those of"
                f" {self.layout.profile} {len(expected)} and {self.row.itemsize};"
                " load it with the profile it was written in"
            )
        self.check_descriptors(found[HEADER.size :])
        whole = length + records * width + len(END)
        if size != whole:
            raise self.fault(
                f"it has {size} bytes, but a table of {records} records has {whole};"
                " records are missing or too many: fetch the file again"
            )
        self.file.seek(-len(END), 2)
        if self.file.read() != END:
            raise self.fault("the end mark 1A is missing; fetch the file again")
        self.file.seek(length)
        return (1900 + year) * 10_000 + month * 100 + day, records

    def check_descriptors(self, found: bytes) -> None:
        expected = header(self.layout, 0, 0)[HEADER.size :]
        for number, field in enumerate(self.layout.fields):
            place = slice(number * DESCRIPTOR.size, (number + 1) * DESCRIPTOR.size)
            if found[place] != expected[place]:
                name, kind, width, decimals = DESCRIPTOR.unpack(found[place])
                mine, own_width, own_decimals = declared(field)
                raise self.fault(
                    f"field {number + 1} is {name.rstrip(bytes(1))!r} {kind!r} {width}.{decimals},"
                    f" that of {self.layout.profile} is {field.name} {mine.decode()}"
                    f" {own_width}.{own_decimals}; load it with the profile it was written in"
                )
        if found[-1:] != HEADER_END:
            raise self.fault("the header's end mark 0D is missing; fetch the file again")

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Columns]:
        """Yield what is left of the table in blocks of at most so many rows."""
        while self.left:
            yield self.read(rows)

    def read(self, rows: int) -> Columns:
        """Return the next `rows` records, or those that are left."""
        parts = [np.empty(0, self.row)]
        missing = rows
        while missing and self.left:
            live = self.live_rows(min(missing, self.left))
            missing -= len(live)
            parts.append(live)
        block = np.concatenate(parts)
        columns = {field.name: self.column(field, block) for field in self.layout.fields}
        self.count += len(block)
        return columns

    def live_rows(self, rows: int) -> np.ndarray:
        body = self.file.read(rows * self.row.itemsize)
        if len(body) < rows * self.row.itemsize:
            raise self.fault("it became shorter while it was read; fetch the file again")
        block = np.frombuffer(body, self.row)
        self.left -= rows
        flags = block["deleted"]
        deleted = flags == DELETED
        wrong = np.flatnonzero(~deleted & (flags != LIVE))
        if wrong.size:
            row = int(wrong[0])
            raise self.fault(
                f"{self.layout.place(self.count + row)}: it begins with {bytes(flags[row])!r},"
                " neither a blank nor an asterisk; fetch the file again"
            )
        return block[~deleted] if deleted.any() else block

    def column(self, field: Field, block: np.ndarray) -> np.ndarray:
        values = np.ascontiguousarray(block[field.name])
        if len(values) and (values == values[0]).all():
            # Many fields say the same in every record, and are then worth reading only once.
            return np.broadcast_to(self.parse(field, values[:1]), len(values))
        return self.parse(field, values)

    def parse(self, field: Field, values: np.ndarray) -> np.ndarray:
        if field.type == "C":
            check_encoding(self.layout, field, values, self.count, self.faults)
            return np.strings.rstrip(values, b" ")
        cells = values.view(np.uint8).reshape(-1, field.width)
        if field.type == "D":
            return self.parse_dates(field, cells)
        overflown = np.zeros(len(values), bool)
        if field.may_overflow:
            overflown = (cells == STAR).all(axis=1)
            cells = np.where(overflown[:, None], spell_zero(field), cells)
        found, right = parse(cells, field.decimals, BLANK)
        self.faults.expect(
            right,
            self.count,
            field.name,
            lambda row: (
                f"{cells[row].tobytes()!r} is not a number of {field.decimals} decimals standing"
                " right; fetch the file again"
            ),
        )
        return np.where(overflown, OVERFLOWN, found)

    def parse_dates(self, field: Field, cells: np.ndarray) -> np.ndarray:
        found = read(cells)
        self.faults.expect(
            equal(cells, dates(found)) & ((found == 0) | days_of(found)[1]),
            self.count,
            field.name,
            lambda row: f"{cells[row].tobytes()!r} is no date YYYYMMDD; fetch the file again",
        )
        return found


def spell_zero(field: Field) -> np.ndarray:
    return spell(np.zeros(1, np.int64), field.width, field.decimals, BLANK)

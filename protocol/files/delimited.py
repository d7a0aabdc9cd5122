"""Tables of lines (CSV): a layout's columns to bytes and back, many lines at a time.

A header with the names of the fields, then a line for each row: UTF-8, a comma between fields,
LF behind each line, nothing quoted.  Numbers have exactly the decimals of their field.  A value is
written in one way only, and read only if it is written so.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from protocol.files.fault import FileFault
from protocol.files.faults import Faults, FirstFault
from protocol.files.hashed import HashedFile
from protocol.files.layouts import LAYOUTS, Bytes, Columns, Field, Layout, Spelling, row_count
from protocol.files.moments import parse_dates, parse_times, spell_dates, spell_times
from protocol.files.numerals import NOTHING, misfits, parse, spell

COMMA, LF, QUOTE, BLANK = b',\n" '
BLOCK_BYTES = 1 << 22

WIDTH_MAX = max(
    field.width for layout in LAYOUTS.values() if layout.is_delimited for field in layout.fields
)

FORBIDDEN = np.zeros(256, bool)
FORBIDDEN[1:BLANK] = True
FORBIDDEN[[COMMA, QUOTE]] = True


@cache
def masks_left(width: int) -> np.ndarray:
    """Return a row for each length of a value that stands left in a field of this width, with all
    bits set where its bytes are."""
    return np.uint8(255) * np.tri(width + 1, width, -1, np.uint8)


@cache
def masks_right(width: int) -> np.ndarray:
    """Return likewise a row for each length of a value that stands right."""
    return np.ascontiguousarray(masks_left(width)[:, ::-1])


def header(layout: Layout) -> bytes:
    """Return the first line."""
    return ",".join(field.name for field in layout.fields).encode() + b"\n"


def line_bytes_max(layout: Layout) -> int:
    """Return the length of the longest line, its end included."""
    return sum(field.width + 1 for field in layout.fields)


def lines_of(layout: Layout, columns: Columns, first: int) -> Iterator[Bytes]:
    """Yield the lines of a block, of which `first` is the number of the first."""
    lines = cells_of_lines(layout, columns, first)
    yield lines[lines != NOTHING].tobytes()


def write(
    layout: Layout, blocks: Iterable[Columns], lines_of: Spelling = lines_of
) -> Iterator[Bytes]:
    """Yield the bytes of a table whose columns come in `blocks`.

    What is yielded holds until the next is asked for.  Raises FileFault where a value does not fit
    its field, or is text that would need quotes.
    """
    yield header(layout)
    written = 0
    for columns in blocks:
        yield from lines_of(layout, columns, written)
        written += row_count(columns)


def cells_of_lines(layout: Layout, columns: Columns, first: int) -> np.ndarray:
    """Return lines as cells of one width, filled up with NOTHING, which is not written."""
    width = line_bytes_max(layout)
    rows = row_count(columns)
    cells = np.empty((rows, width), np.uint8)
    start = 0
    for field in layout.fields:
        end = start + field.width
        column = np.atleast_1d(columns[field.name])
        if rows and (column == column[0]).all():
            # What all lines share is spelled only once.
            column = column[:1]
        cells[:, start:end] = cells_of(layout, field, column, first)
        cells[:, end] = COMMA
        start = end + 1
    cells[:, -1] = LF
    return cells


def cells_of(layout: Layout, field: Field, column: np.ndarray, first: int) -> np.ndarray:
    if field.type == "D":
        return spell_dates(column)
    if field.type == "T":
        return spell_times(column)
    if field.is_number:
        column = column.astype(np.int64)
        wrong = misfits(column, field.width, field.decimals)
        cells = spell(np.where(wrong, 0, column), field.width, field.decimals, NOTHING)
    else:
        cells = column.astype(f"S{field.width}").view(np.uint8).reshape(-1, field.width)
        long = np.strings.str_len(column) > field.width
        wrong = long | FORBIDDEN[cells].any(axis=1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FileFault(
            f"{layout.file}: {layout.place(first + row)}: {field.name}: {column[row]} does not fit"
            f" {field.width} characters without quotes; use a profile with a wider field"
        )
    return cells


Reader = Callable[[Field, np.ndarray, np.ndarray, int], np.ndarray | None]
"""Who may read a column faster: of a field, in lines (n, u1), between the places (rows, fields, i8)
behind all fields, of which it is the one of a number.  It gives nothing where one value is wrong.
"""


def leave(field: Field, text: np.ndarray, marks: np.ndarray, number: int) -> None:
    """Read nothing."""


def read(
    path: Path,
    layout: Layout,
    block_bytes: int = BLOCK_BYTES,
    faults: Faults | None = None,
    file: HashedFile | None = None,
    reader: Reader = leave,
) -> Iterator[Columns]:
    """Yield the columns of a table, in blocks of whole lines; a `file` that is open stays so.

    Raises FileFault, naming the line, where it is not a table of the layout, and OSError where
    the file cannot be read.  What is wrong in its fields goes into `faults`; without them it
    raises FileFault too.
    """
    expected = header(layout)
    rows, rest = 0, b""
    with nullcontext(file) if file else path.open("rb") as opened:
        if opened.read(len(expected)) != expected:
            raise FileFault(
                f"{layout.file}: line 1: it does not name the fields of {layout.profile};"
                " load it with the profile it was written in"
            )
        while chunk := opened.read(block_bytes):
            whole, end, rest = (rest + chunk).rpartition(b"\n")
            if end:
                lines = Lines(layout, whole + end, rows, faults or FirstFault(layout), reader)
                yield {field.name: lines.column(field) for field in layout.fields}
                rows += lines.count
            if len(rest) > line_bytes_max(layout):
                break
    if rest:
        raise FileFault(
            f"{layout.file}: {layout.place(rows)}: the line has no end; fetch the file again"
        )


class Lines:
    """Whole lines of a table, cut into fields; the first is row number `first`."""

    def __init__(
        self, layout: Layout, body: bytes, first: int, faults: Faults, reader: Reader
    ) -> None:
        self.layout = layout
        self.reader = reader
        self.faults = faults
        self.first = first
        self.check_text(body)
        around = bytes(WIDTH_MAX)
        self.padded = np.frombuffer(around + body + around, np.uint8)
        self.body = self.padded[WIDTH_MAX:-WIDTH_MAX]
        marks = np.flatnonzero((self.body == COMMA) | (self.body == LF))
        self.check_marks(marks)
        self.marks = marks.reshape(-1, len(layout.fields))
        self.count = len(self.marks)

    @cached_property
    def starts(self) -> np.ndarray:
        """The places (rows, fields, i8) of the fields' first bytes."""
        return np.append(0, self.marks.reshape(-1)[:-1] + 1).reshape(self.marks.shape)

    def fault(self, row: int, text: str) -> FileFault:
        return FileFault(f"{self.layout.file}: {self.layout.place(self.first + row)}: {text}")

    def check_text(self, body: bytes) -> None:
        try:
            body.decode(self.layout.encoding)
        except UnicodeDecodeError as error:
            raise self.fault(
                body.count(b"\n", 0, error.start),
                f"byte {body[error.start]:02X} is not {self.layout.encoding.upper()} text;"
                " write the file again in that encoding",
            ) from None
        for mark, name in ((b"\r", "a carriage return"), (b'"', "a quote"), (b"\0", "a NUL")):
            place = body.find(mark)
            if place >= 0:
                raise self.fault(body.count(b"\n", 0, place), f"it holds {name}; write it without")

    def check_marks(self, marks: np.ndarray) -> None:
        fields = np.diff(np.flatnonzero(self.body[marks] == LF), prepend=-1)
        wrong = np.flatnonzero(fields != len(self.layout.fields))
        if wrong.size:
            raise self.fault(
                wrong[0],
                f"it has {fields[wrong[0]]} fields and {self.layout.profile} has"
                f" {len(self.layout.fields)}; fetch the file again",
            )

    def column(self, field: Field) -> np.ndarray:
        """Return the values of a field."""
        number = self.layout.fields.index(field)
        values = self.reader(field, self.body, self.marks, number)
        if values is not None:
            return values
        start, end = self.starts[:, number], self.marks[:, number]
        size = end - start
        self.expect(
            size <= field.width, field, lambda row: f"it is longer than {field.width} characters"
        )
        size = np.minimum(size, field.width)
        if self.count and size.min() == size.max():
            size = size[:1]
        if field.type == "C":
            cells = self.windows(start, field.width) & masks_left(field.width)[size]
            return cells.view(f"S{field.width}").ravel()
        cells = self.windows(end - field.width, field.width) & masks_right(field.width)[size]
        values, right = parsed(field, cells)
        self.expect(
            right,
            field,
            lambda row: (
                f"{self.body[start[row] : end[row]].tobytes().decode()!r} is not spelled like"
                f" {EXAMPLES[field.type]}; correct it or fetch the file again"
            ),
        )
        return values

    def expect(self, right: np.ndarray, field: Field, reason: Callable[[int], str]) -> None:
        self.faults.expect(right, self.first, field.name, reason)

    def windows(self, origin: np.ndarray, width: int) -> np.ndarray:
        """Return the `width` bytes from `origin` on, of each line."""
        return sliding_window_view(self.padded, width)[origin + WIDTH_MAX]


EXAMPLES = {
    "N": "1234 or 12.34, with the decimals of its field",
    "D": "2026-03-02",
    "T": "2026-03-02T09:30:00.000000000+08:00",
}


def parsed(field: Field, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if field.type == "D":
        return parse_dates(cells)
    if field.type == "T":
        return parse_times(cells)
    return parse(cells, field.decimals, NOTHING)

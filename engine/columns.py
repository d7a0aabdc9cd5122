"""Large CSV files of numbers and known words, read by columns into integers.

No field is quoted.  Lines are split a few ten thousand at a time, and of these every text of a
column is parsed once, so that ten million lines take seconds rather than minutes.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import methodcaller
from pathlib import Path
from typing import NamedTuple

import numpy as np

from protocol.mistake import Mistake

FIRST_LINE = 2
"""Of a file, behind the header."""

CHUNK_LINES = 65_536


class ColumnError(Mistake):
    """A file is refused; the text names file, line, column, reason and remedy."""


class Column(NamedTuple):
    """`parse` raises ValueError; a column with a default may be left out, or blank in a line."""

    name: str
    parse: Callable[[str], int]
    default: str = ""


class Parsed(dict[str, int]):
    """What the texts of a column say; each is parsed when it is first asked for."""

    def __init__(self, column: Column) -> None:
        self.column = column

    def __missing__(self, text: str) -> int:
        try:
            self[text] = value = self.column.parse(text or self.column.default)
        except ValueError as error:
            raise ValueError(f"{self.column.name}: {error}") from None
        return value


def load_columns(path: Path, columns: Sequence[Column]) -> dict[str, np.ndarray]:
    """Return each column of a CSV file, whose first line names them in any order.

    Raises ColumnError.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return read_columns(path, file, columns)
    except OSError as error:
        raise ColumnError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ColumnError(f"{path}: is not UTF-8: {error.reason}") from None


def read_columns(
    path: Path, lines: Iterator[str], columns: Sequence[Column]
) -> dict[str, np.ndarray]:
    header = next(lines, "").removesuffix("\n").split(",")
    check_header(path, header, columns)
    named = {column.name: column for column in columns}
    present = [named[name] for name in header]
    parts = [[np.zeros(0, np.int64)] for _ in present]
    count = 0
    while chunk := list(islice(lines, CHUNK_LINES)):
        try:
            parsed = parse_chunk(chunk, present)
        except ValueError:
            raise first_fault(path, count + FIRST_LINE, chunk, present) from None
        for part, values in zip(parts, parsed, strict=True):
            part.append(values)
        count += len(chunk)
    read = {name: np.concatenate(part) for name, part in zip(header, parts, strict=True)}
    absent = [column for column in columns if column.name not in read]
    return read | {column.name: np.full(count, column.parse(column.default)) for column in absent}


def check_header(path: Path, header: Sequence[str], columns: Sequence[Column]) -> None:
    known = [column.name for column in columns]
    needed = {column.name for column in columns if not column.default}
    if not needed <= set(header) <= set(known) or len(set(header)) != len(header):
        required = ",".join(name for name in known if name in needed)
        others = ", ".join(name for name in known if name not in needed)
        may = f", and may name {others}" if others else ""
        raise ColumnError(f"{path}:1: the first line must name {required}{may}, each once")


def parse_chunk(lines: Sequence[str], columns: Sequence[Column]) -> list[np.ndarray]:
    """Return the columns of lines; raises ValueError where any of them is wrong."""
    width = len(columns)
    if set(map(methodcaller("count", ","), lines)) != {width - 1}:
        raise ValueError("a line has more or fewer fields")
    texts = "".join(lines).removesuffix("\n").replace("\n", ",").split(",")
    return [
        np.fromiter(map(Parsed(column).__getitem__, texts[place::width]), np.int64, len(lines))
        for place, column in enumerate(columns)
    ]


def first_fault(
    path: Path, first: int, lines: Sequence[str], columns: Sequence[Column]
) -> ColumnError:
    """Return what is wrong with the first wrong one of lines that begin at line `first`."""
    parsed = [Parsed(column) for column in columns]
    for number, line in enumerate(lines, start=first):
        fields = line.removesuffix("\n").split(",")
        if len(fields) != len(columns):
            return ColumnError(
                f"{path}:{number}: has {len(fields)} fields instead of {len(columns)}"
            )
        for column, text in zip(parsed, fields, strict=True):
            try:
                column[text]
            except ValueError as error:
                return ColumnError(f"{path}:{number}: {error}")
    raise AssertionError("one of the lines is wrong")


def refuse_first(path: Path, wrong: np.ndarray, reason: Callable[[int], str]) -> None:
    """Raise ColumnError for the first line that is `wrong`; `reason` tells why, by its place."""
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ColumnError(f"{path}:{place + FIRST_LINE}: {reason(place)}")


def repeated(keys: np.ndarray) -> np.ndarray:
    """Say of each key whether it stands there for the second time, or more."""
    order = np.argsort(keys, kind="stable")
    again = np.zeros(len(keys), bool)
    again[order[1:]] = keys[order[1:]] == keys[order[:-1]]
    return again

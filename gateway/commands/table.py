"""Tables for people: as wide as they must be, words to the left and numbers to the right."""

from collections.abc import Iterator, Sequence

from protocol.units import UNITS_PER_CENT, format_units


def lines_of(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table whose first row are the headings."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    is_number = [all(map(looks_like_number, column[1:])) for column in columns]
    for row in rows:
        cells = [
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, is_number, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def looks_like_number(cell: str) -> bool:
    return not cell.strip("-.0123456789")


def money(units: int) -> str:
    """Return money in whole cents, or with four decimals where there are parts of a cent."""
    return format_units(units, 4 if units % UNITS_PER_CENT else 2)

"""Documents as plain text: UTF-8, its columns aligned, a Chinese character two columns wide."""

from functools import lru_cache
from unicodedata import category, east_asian_width

from gateway.notes.document import Document, Table
from gateway.notes.words import words_in

WIDE = "WF"
GAP = "  "
FACTS_WIDTH = 78
CACHED = 1 << 14


def render(document: Document) -> bytes:
    """Return the document as text."""
    tables = [lines_of(table, words_in(document.language)["none"]) for table in document.tables]
    width = max([FACTS_WIDTH, *(width_of(line) for lines in tables for line in lines)])
    parts = [
        [document.sender, centered(document.title, width), "=" * width],
        facts_of(document),
        *tables,
        ["-" * width, *document.remarks],
    ]
    return "".join(f"{line.rstrip()}\n" for part in parts for line in [*part, ""]).encode()


def facts_of(document: Document) -> list[str]:
    labels = max(width_of(label) for label, _ in document.facts)
    return [f"{padded(label, labels)}{GAP}{said}" for label, said in document.facts]


def lines_of(table: Table, nothing: str) -> list[str]:
    """Return the lines of a table; where it has no rows, that there are none."""
    if not table.lines:
        return [table.title, nothing]
    rows = [tuple(column.heading for column in table.columns), *table.lines]
    widths = [max(map(width_of, cells)) for cells in zip(*rows, strict=True)]
    rights = [column.is_number for column in table.columns]
    body = [GAP.join(map(padded, row, widths, rights)) for row in rows]
    rule = "-" * (sum(widths) + len(GAP) * (len(widths) - 1))
    if table.total:
        body.insert(-1, rule)
    return [table.title, rule, body[0], rule, *body[1:], *filter(None, [table.note])]


def padded(text: str, width: int, is_right: bool = False) -> str:
    """Return a text filled up with blanks to so many columns."""
    blanks = " " * (width - width_of(text))
    return blanks + text if is_right else text + blanks


def centered(text: str, width: int) -> str:
    return " " * ((width - width_of(text)) // 2) + text


@lru_cache(CACHED)
def width_of(text: str) -> int:
    """Return how many columns a text takes; what combines with the character before takes none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if category(letter) == "Mn" else 1 + (east_asian_width(letter) in WIDE) for letter in text
    )

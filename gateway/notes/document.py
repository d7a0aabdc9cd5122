"""What a document is, whatever it is written on: facts, tables and remarks, all words already."""

from typing import NamedTuple

Cells = tuple[str, ...]


class Column(NamedTuple):
    """The heading of a column; numbers stand to the right."""

    heading: str
    is_number: bool = False


class Table(NamedTuple):
    """Rows under headings; `total` is the last line, where there is one, `note` stands below it."""

    title: str
    columns: tuple[Column, ...]
    rows: list[Cells]
    total: Cells | None = None
    note: str = ""

    @property
    def lines(self) -> list[Cells]:
        """All that stands below the headings."""
        return [*self.rows, self.total] if self.total else self.rows


class Document(NamedTuple):
    """A document: who sends it, what it is called and speaks of, its tables, its last lines.

    `language` is that of its words, `business_date` the last day that it tells of, like 20261120;
    it `is_page` where it shall be as small as one page asks for.
    """

    language: str
    business_date: int
    sender: str
    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    remarks: tuple[str, ...]
    is_page: bool = False

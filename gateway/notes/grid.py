"""A table on a sheet: as large as fits, its headings again at the top of each page."""

from gateway.notes.document import Cells, Table
from gateway.notes.sheet import BODY, GAP, GREY, LEADING, MARGIN, SMALL, Sheet

SIZES = (8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0, 4.5)
"""Of the letters of a table: the first that fits its columns onto the page."""


class Grid:
    """Draws a table; `scale` makes it smaller than it must be."""

    def __init__(self, sheet: Sheet, table: Table, nothing: str, scale: float) -> None:
        self.sheet = sheet
        self.table = table
        self.nothing = nothing
        self.headings = tuple(column.heading for column in table.columns)
        rows = [self.headings, *table.lines]
        for size in [size * scale for size in SIZES]:
            self.size = size
            self.widths = [
                max(sheet.font.width(cell, size) for cell in cells) + GAP * size / BODY
                for cells in zip(*rows, strict=True)
            ]
            if sum(self.widths) <= sheet.width:
                break
        spare = max(0.0, sheet.width - sum(self.widths)) / len(self.widths)
        self.widths = [width + spare for width in self.widths]
        self.height = self.size * LEADING

    def draw(self) -> None:
        """Draw title, headings and rows."""
        if not self.sheet.room(BODY * 2 * LEADING + 3 * self.height):
            self.sheet.turn()
        self.sheet.down(BODY * 2.6)
        self.sheet.write(self.table.title, MARGIN, BODY + 1)
        self.sheet.down(BODY * 0.6)
        if not self.table.lines:
            self.sheet.down(BODY * LEADING)
            self.sheet.write(self.nothing, MARGIN, BODY, GREY)
            return
        self.head()
        for row in self.table.rows:
            self.line(row)
            self.sheet.rule(0.2, -self.size * 0.45)
        if self.table.total:
            self.sheet.rule(0.8, -self.size * 0.45)
            self.line(self.table.total)
        if self.table.note:
            self.sheet.down(self.height)
            self.sheet.write(self.table.note, MARGIN, SMALL, GREY)

    def head(self) -> None:
        self.sheet.down(self.height)
        self.sheet.shade(self.height, self.size)
        self.cells(self.headings)
        self.sheet.rule(0.6, -self.size * 0.45)

    def line(self, row: Cells) -> None:
        if not self.sheet.room(self.height):
            self.sheet.turn()
            self.head()
        self.sheet.down(self.height)
        self.cells(row)

    def cells(self, row: Cells) -> None:
        left = MARGIN
        for column, cell, width in zip(self.table.columns, row, self.widths, strict=True):
            inset = GAP / 2 * self.size / BODY
            x = left + inset
            if column.is_number:
                x = left + width - inset - self.sheet.font.width(cell, self.size)
            if cell:
                self.sheet.write(cell, x, self.size)
            left += width

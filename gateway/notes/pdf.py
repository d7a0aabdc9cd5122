"""Documents as PDF on A4, across where a table is wide, the characters that they use embedded.

The bytes depend on the document, the font and the release of reportlab alone: a PDF has no date
but the business date's.
"""

from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape

from gateway.notes.document import Document
from gateway.notes.grid import Grid
from gateway.notes.sheet import Sheet, load_font
from gateway.notes.words import words_in

WIDE_COLUMNS = 9
"""A table of more columns stands across the page."""

SCALES = (1.0, 0.9, 0.8, 0.7, 0.6)
"""Of the tables of a document that shall be one page: the first that makes it one."""


def render(document: Document, path: Path) -> bytes:
    """Return the document as PDF, in the font that lies at `path`."""
    font = load_font(path)
    is_wide = any(len(table.columns) > WIDE_COLUMNS for table in document.tables)
    size = landscape(A4) if is_wide and not document.is_page else A4
    for scale in SCALES if document.is_page else SCALES[:1]:
        sheet = laid_out(document, Sheet(font, size), scale)
        if len(sheet.pages) == 1:
            break
    return sheet.bytes(document)


def laid_out(document: Document, sheet: Sheet, scale: float) -> Sheet:
    """Return the sheet with all of the document, its tables so much smaller."""
    nothing = words_in(document.language)["none"]
    sheet.head(document)
    for table in document.tables:
        Grid(sheet, table, nothing, scale).draw()
    sheet.foot(document.remarks)
    return sheet

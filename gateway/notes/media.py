"""What documents are written on, and by what: the same document as text, HTML or PDF."""

from collections.abc import Callable
from pathlib import Path

from gateway.notes import html, text
from gateway.notes.document import Document
from gateway.notes.fonts import font_file
from protocol.mistake import Mistake

Render = Callable[[Document], bytes]

SUFFIXES = {"text": "txt", "html": "html", "pdf": "pdf"}
"""By medium, what the names of its files end with."""


def renderer(medium: str, font: Path | None = None) -> Render:
    """Return what writes documents on a medium; raises Mistake where something lacks for that."""
    if medium == "pdf":
        return pdf_renderer(font_file(font))
    return {"text": text.render, "html": html.render}[medium]


def pdf_renderer(font: Path) -> Render:
    try:
        from gateway.notes import pdf
    except ImportError:
        raise Mistake("PDF needs reportlab; pip install 'cuohe[notes]'") from None
    return lambda document: pdf.render(document, font)

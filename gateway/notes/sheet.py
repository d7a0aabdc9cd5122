"""Sheets of paper, filled from the top, and the font that is written in; made into a PDF."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from gateway.notes.document import Document
from gateway.notes.words import words_in
from protocol.mistake import Mistake

MARGIN = 36.0
TITLE, BODY, SMALL = 16.0, 8.5, 7.0
LEADING = 1.6
FINE = 0.5
"""Thinner rules are grey."""

GAP = 8.0
INK, GREY, SHADE = (0.1, 0.1, 0.1), (0.45, 0.45, 0.45), (0.91, 0.93, 0.96)

Draw = Callable[[Canvas], None]


class Font(NamedTuple):
    """A font as reportlab knows it by name."""

    name: str

    def width(self, text: str, size: float) -> float:
        return float(pdfmetrics.stringWidth(text, self.name, size))


def load_font(path: Path) -> Font:
    """Make a font known, once; raises Mistake where it cannot be embedded."""
    name = str(path)
    if name not in pdfmetrics.getRegisteredFontNames():
        try:
            pdfmetrics.registerFont(TTFont(name, str(path)))
        except (TTFError, OSError) as error:
            raise Mistake(f"{path}: is no TrueType font ({error}); name another one") from None
    return Font(name)


class Sheet:
    """Pages that fill from the top; what is drawn is kept until it is known how many there are."""

    def __init__(self, font: Font, size: tuple[float, float]) -> None:
        self.font = font
        self.size = size
        self.pages: list[list[Draw]] = [[]]
        self.top = size[1] - MARGIN

    @property
    def width(self) -> float:
        """What there is between the margins."""
        return self.size[0] - 2 * MARGIN

    def room(self, height: float) -> bool:
        """Say whether so much is left on the page."""
        return self.top - height > 2 * MARGIN

    def turn(self) -> None:
        """Begin a page."""
        self.pages.append([])
        self.top = self.size[1] - MARGIN

    def down(self, height: float) -> None:
        self.top -= height

    def put(self, draw: Draw) -> None:
        self.pages[-1].append(draw)

    def write(
        self, text: str, x: float, size: float = BODY, colour: tuple[float, ...] = INK
    ) -> None:
        """Write a text that begins at x, on the line at the top of what is left."""
        y = self.top

        def draw(canvas: Canvas) -> None:
            canvas.setFillColorRGB(*colour)
            canvas.setFont(self.font.name, size)
            canvas.drawString(x, y, text)

        self.put(draw)

    def rule(self, weight: float, rise: float = 0.0) -> None:
        """Draw a line across the page."""
        y, right = self.top + rise, self.size[0] - MARGIN

        def draw(canvas: Canvas) -> None:
            canvas.setStrokeColorRGB(*(GREY if weight < FINE else INK))
            canvas.setLineWidth(weight)
            canvas.line(MARGIN, y, right, y)

        self.put(draw)

    def shade(self, height: float, size: float) -> None:
        """Colour what lies behind the line at the top."""
        y = self.top - size * 0.45

        def draw(canvas: Canvas) -> None:
            canvas.setFillColorRGB(*SHADE)
            canvas.rect(MARGIN, y, self.width, height, stroke=0, fill=1)

        self.put(draw)

    def head(self, document: Document) -> None:
        """Write who sends the document, what it is called, and its facts, two beside each other."""
        self.down(BODY)
        self.write(document.sender, MARGIN, BODY + 1.5)
        self.down(TITLE * 1.5)
        left = (self.size[0] - self.font.width(document.title, TITLE)) / 2
        self.write(document.title, left, TITLE)
        self.down(BODY)
        self.rule(1.2)
        self.down(BODY * 1.8)
        for line in paired(document.facts, lambda fact: self.is_long(fact)):
            for place, (label, said) in enumerate(line):
                x = MARGIN + place * self.width / 2
                self.write(f"{label}  ", x, BODY, GREY)
                self.write(said, x + self.font.width(f"{label}  ", BODY), BODY)
            self.down(BODY * LEADING)

    def is_long(self, fact: tuple[str, str]) -> bool:
        return self.font.width("  ".join(fact), BODY) > self.width / 2 - GAP

    def foot(self, remarks: tuple[str, ...]) -> None:
        """Write the last lines."""
        self.down(BODY)
        for remark in remarks:
            for line in self.broken(remark, SMALL):
                if not self.room(SMALL * LEADING):
                    self.turn()
                self.down(SMALL * LEADING)
                self.write(line, MARGIN, SMALL, GREY)

    def broken(self, text: str, size: float) -> Iterator[str]:
        """Yield a text in lines that fit the page; it may break behind every character."""
        while text:
            end = len(text)
            while self.font.width(text[:end], size) > self.width:
                end -= 1
            yield text[:end]
            text = text[end:].lstrip()

    def bytes(self, document: Document) -> bytes:
        """Return the PDF, each page with its number."""
        body = BytesIO()
        canvas = Canvas(body, self.size, invariant=1, initialFontName=self.font.name)
        canvas.setTitle(document.title)
        canvas.setAuthor(document.sender)
        canvas.setCreator("cuohe")
        date = f"D:{document.business_date:08}000000+08'00'"
        canvas.setDateFormatter(lambda *moment: date)
        pager = words_in(document.language)["page"]
        for number, page in enumerate(self.pages, start=1):
            for draw in page:
                draw(canvas)
            canvas.setFont(self.font.name, SMALL)
            canvas.setFillColorRGB(*GREY)
            told = pager.format(number, len(self.pages))
            canvas.drawRightString(self.size[0] - MARGIN, MARGIN, told)
            canvas.drawString(MARGIN, MARGIN, document.title)
            canvas.showPage()
        canvas.save()
        return body.getvalue()


def paired(
    facts: tuple[tuple[str, str], ...], is_long: Callable[[tuple[str, str]], bool]
) -> Iterator[list[tuple[str, str]]]:
    """Yield facts two by two, a long one by itself."""
    waiting: list[tuple[str, str]] = []
    for fact in facts:
        if waiting and (is_long(fact) or len(waiting) == 2):
            yield waiting
            waiting = []
        waiting.append(fact)
        if is_long(fact):
            yield waiting
            waiting = []
    if waiting:
        yield waiting

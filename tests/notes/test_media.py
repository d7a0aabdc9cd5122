"""One document on three media: text that stands in columns, HTML that is escaped, PDF on pages."""

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from unicodedata import east_asian_width

import pytest

from gateway.cli import main
from gateway.notes import fonts, html, text
from gateway.notes.document import Column, Document, Table
from gateway.notes.media import renderer
from protocol.mistake import Mistake

COLUMNS = (Column("证券名称"), Column("Amount", is_number=True))
ROWS = [("浦发银行", "1.00"), ("A & B <script>", "-12,345.67"), ("ＳＴ汇é", "0.00")]


def document(rows: list[tuple[str, ...]] = ROWS, **fields) -> Document:
    table = Table("持有 <b>", COLUMNS, rows, ("合计", "-12,344.67"), "note & more")
    told = Document(
        "zh", 20261120, "东方证券", "客户日结单", (("姓名", '"王"'),), (table,), ("完",)
    )
    return told._replace(**fields)


def columns_in(line: str) -> int:
    """Return how many columns of a terminal a line takes."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


def test_numbers_of_a_text_end_in_one_column_whatever_stands_before_them():
    lines = text.render(document()).decode().splitlines()
    ends = {columns_in(line) for line in lines if line.endswith(("1.00", "67", "0.00", "Amount"))}
    assert len(ends) == 1
    assert columns_in(next(line for line in lines if set(line) == {"-"})) in ends


def test_a_letter_that_combines_with_the_one_before_takes_no_column():
    assert text.width_of("e\u0301") == 1
    assert text.width_of("汇") == text.width_of("ab") == 2


def test_a_table_without_rows_says_so():
    empty = document(tables=(Table("持有", COLUMNS, []),))
    assert "本期无记录。" in text.render(empty).decode()
    assert "本期无记录。" in html.render(empty).decode()


class Reader(HTMLParser):
    """Collects the cells of a page, and what it would load or run."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []
        self.loaded: list[str] = []
        self.feed(body.decode())

    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            self.open.append(tag)
        if tag in ("script", "link", "img") or {"src", "href"} & dict(attributes).keys():
            self.loaded.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


def test_html_says_the_same_in_one_file_and_escapes_it():
    reader = Reader(html.render(document()))
    assert reader.cells == [*(cell for row in ROWS for cell in row), "合计", "-12,344.67"]
    assert reader.loaded == [] and reader.open == []


@pytest.fixture
def pdf():
    """What writes PDF, where that can be."""
    pytest.importorskip("reportlab", reason="PDF needs reportlab")
    if not any(path.is_file() for path in fonts.USUAL):
        pytest.skip("no font with Chinese characters lies in the usual places")
    return renderer("pdf")


def pages_of(path: Path) -> list[str]:
    """Return the text of each page of a PDF as another program reads it."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext of poppler-utils is not installed")
    words = ["pdftotext", "-layout", str(path), "-"]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, timeout=60)
    return done.stdout.decode().split("\f")[:-1]


def test_a_pdf_says_the_same_and_numbers_its_pages(pdf, tmp_path):
    path = tmp_path / "one.pdf"
    rows = [(f"第{number}号", f"{number:,}.00") for number in range(100)]
    path.write_bytes(pdf(document(rows)))
    pages = pages_of(path)
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页共{len(pages)}页" in page.replace(" ", "")
        assert "证券名称" in page
    words = [line.split() for page in pages for line in page.splitlines()]
    assert [line for line in words if line and line[0].endswith("号")] == [
        list(row) for row in rows
    ]


def test_a_pdf_embeds_its_font_and_is_dated_by_the_day_alone(pdf):
    body = pdf(document())
    assert body == pdf(document())
    assert b"/FontFile2" in body and b"Helvetica" not in body
    assert b"/CreationDate (D:20261120000000+08'00')" in body
    assert body != pdf(document(business_date=20261123))


def test_a_document_that_shall_be_one_page_is_made_smaller_until_it_is(pdf, tmp_path):
    rows = [(str(number), "1.00") for number in range(60)]
    for name, is_page, pages in (("usual", False, 2), ("page", True, 1)):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(pdf(document(rows, is_page=is_page)))
        assert len(pages_of(path)) == pages


def test_a_pdf_without_a_font_says_which_package_has_one(day, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fonts, "USUAL", (tmp_path / "none.ttc",))
    words = ["--account", "1", "--kind", "daily", "--as", "pdf", "--out", str(tmp_path / "out")]
    assert main(["statement", str(day), *words]) == 1
    assert "install the package fonts-wqy-microhei" in capsys.readouterr().err
    assert main(["statement", str(day), *words, "--font", str(tmp_path / "mine.ttf")]) == 1
    assert "mine.ttf: there is no such font" in capsys.readouterr().err


def test_a_pdf_without_its_library_says_what_to_install(monkeypatch, tmp_path):
    (tmp_path / "any.ttf").touch()
    monkeypatch.delattr("gateway.notes.pdf", raising=False)
    monkeypatch.setitem(sys.modules, "gateway.notes.pdf", None)
    with pytest.raises(Mistake, match=r"pip install 'cuohe\[notes\]'"):
        renderer("pdf", tmp_path / "any.ttf")


def test_a_file_that_is_no_font_is_refused(pdf, tmp_path, day, capsys):
    font = tmp_path / "letters.ttf"
    font.write_bytes(b"no font at all")
    words = ["--account", "1", "--kind", "daily", "--as", "pdf", "--out", str(tmp_path / "out")]
    assert main(["statement", str(day), *words, "--font", str(font)]) == 1
    assert f"{font}: is no TrueType font" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

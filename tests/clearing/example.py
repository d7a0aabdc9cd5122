"""The day of docs/examples/close: its document by sections and tables, its files by records."""

import re
from collections.abc import Iterator
from csv import DictReader
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parents[2] / "docs/examples/close"
KEPT = HERE / "clearing"
FILES = sorted(path.name for path in KEPT.iterdir() if not path.name.startswith("manifest"))
DOCUMENT = (HERE / "README.md").read_text("utf-8")
Row = dict[str, str]


def tables(text: str) -> list[list[Row]]:
    """Return the tables of a text, each as rows by the names of their columns."""
    found = []
    for lines in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        names, _, *rows = [
            [cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in lines.splitlines()
        ]
        found.append([dict(zip(names, row, strict=True)) for row in rows])
    return found


def section(title: str) -> str:
    """Return what stands under a heading."""
    _, found, rest = DOCUMENT.partition(f"\n## {title}\n")
    assert found, f"there is no section {title}"
    return rest.partition("\n## ")[0] + "\n"


def table(title: str, first_column: str) -> list[Row]:
    """Return the table of a section whose first column is named so."""
    return next(rows for rows in tables(section(title)) if next(iter(rows[0])) == first_column)


def told(name: str) -> list[Row]:
    """Return the records of a file as its section tells them, without what is blank.

    The tables whose columns begin with # hold them side by side; `= OTHER` is the same as OTHER.
    """
    records: list[Row] = []
    everywhere: Row = {}
    for rows in tables(section(name)):
        if "in every record" in rows[0]:
            everywhere = {row["in every record"]: row[""] for row in rows}
        elif "#" in rows[0] and "what" not in rows[0]:
            records = records or [{} for _ in rows]
            for record, row in zip(records, rows, strict=True):
                record.update({key: cell for key, cell in row.items() if key != "#" and cell})
    for record in records:
        for key, cell in everywhere.items():
            same = record.get(cell.removeprefix("= "), "")
            if value := same if cell.startswith("= ") else cell:
                record[key] = value
    return records


def held(path: Path) -> list[Row]:
    """Return the records of a file as text, without what is blank."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8") as file:
            rows = list(DictReader(file))
    else:
        rows = list(spelled(path))
    return [{key: cell for key, cell in row.items() if cell} for row in rows]


def spelled(path: Path) -> Iterator[Row]:
    """Yield the records of a DBF as they are spelled, by what its header says of them."""
    content = path.read_bytes()
    start, width = (int.from_bytes(content[at : at + 2], "little") for at in (8, 10))
    described = [content[at : at + 32] for at in range(32, start - 1, 32)]
    fields = [(one[:11].rstrip(b"\0").decode(), one[16]) for one in described]
    for at in range(start, len(content) - 1, width):
        row, place = {}, at + 1
        for name, size in fields:
            row[name] = content[place : place + size].decode("gbk").strip()
            place += size
        yield row


def number(text: str) -> Fraction:
    """Return a number spelled like 1,234.50 or 0.05 %."""
    value = Fraction(text.replace(",", "").removesuffix(" %"))
    return value / 100 if text.endswith("%") else value


def cents(amount: Fraction) -> Fraction:
    """Return an amount of zero or more rounded half up to the cent."""
    return Fraction((200 * amount.numerator + amount.denominator) // (2 * amount.denominator), 100)

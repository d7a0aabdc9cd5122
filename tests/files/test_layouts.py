"""The document, the layouts and the published field lists say the same."""

import csv
from pathlib import Path

import pytest

from protocol.files.layouts import LAYOUTS, Layout
from tests.reference import reference_path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "protocol" / "clearing-files.md"


def documented(profile: str) -> list[tuple[str, str, int, int]]:
    """Return name, type, width and decimals of each row in a profile's table."""
    section = DOCUMENT.read_text().split(f"\n### {profile}\n")[1].split("\n#")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row] for row in rows[1:]]
    assert [row[0] for row in cells] == [str(number + 1) for number in range(len(cells))]
    return [(row[1], row[2], int(row[3]), int(row[4])) for row in cells]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_document_has_the_fields_of_the_layout(layout: Layout):
    assert documented(layout.profile) == [tuple(field)[:4] for field in layout.fields]


@pytest.mark.parametrize(
    ("profile", "published", "known"),
    [
        ("gh/2016", "gh", {"GSDM": 8}),
        ("sjsmx/2016", "SJSMXn", {"MXYHS": 17}),
    ],
)
def test_published_fields_differ_only_where_it_is_known(profile, published, known):
    path = reference_path("clearing/dbf_fields.csv")
    with path.open() as file:
        rows = [row for row in csv.DictReader(file) if row["profile"] == published]
    found = [
        (row["field"].upper(), row["type"], int(row["width"]), int(row["decimals"])) for row in rows
    ]
    assert found == [
        (field.name, field.type, known.get(field.name, field.width), field.decimals)
        for field in LAYOUTS[profile].fields
    ]

"""The document, the layouts and the published field lists say the same."""

import csv
from pathlib import Path

import pytest

from protocol.files.layouts import LAYOUTS, Layout
from protocol.files.profiles import profiles_of
from protocol.files.profiles.movements import CODES
from protocol.files.rows import Movement
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


TEXT = {"P": ("C", 0)}
"""How DBF headers declare what the layouts know better."""


@pytest.mark.parametrize(
    ("profile", "published", "known"),
    [
        ("gh/2016", "gh", {"GSDM": (8, 0)}),
        ("bc1/2016", "bc1", {}),
        ("jsmx/2016", "jsmx00001", {"XWH1": (1, 0), "XWH2": (1, 0)}),
        ("sjsmx1/2016", "SJSMXn", {"MXYHS": (17, 2)}),
        ("sjsmx2/2016", "SJSMXn", {"MXYHS": (17, 2)}),
        ("zqbd/2016", "zqbd", {"XWH": (10, 0)}),
        ("zqye/2016", "zqye", {}),
        ("sjsjg/2016", "SJSJG", {}),
        ("sjsdz/2016", "SJSDZ", {}),
        ("sjstj/2016", "SJSTJ", {"TJJSSL": (15, 4), "TJFJSM": (30, 0)}),
    ],
)
def test_published_fields_differ_only_where_it_is_known(profile, published, known):
    path = reference_path("clearing/dbf_fields.csv")
    with path.open() as file:
        rows = [row for row in csv.DictReader(file) if row["profile"] == published]
    prefix = ("JG", "TJ") if published == "SJSTJ" else ("", "")
    found = [
        (
            prefix[1] + row["field"].upper().removeprefix(prefix[0]),
            row["type"],
            int(row["width"]),
            int(row["decimals"]),
        )
        for row in rows
    ]
    expected = []
    for field in LAYOUTS[profile].fields:
        kind, decimals = TEXT.get(field.type, (field.type, field.decimals))
        expected.append((field.name, kind, *known.get(field.name, (field.width, decimals))))
    assert found == expected


def test_document_says_of_which_table_each_market_file_is():
    section = DOCUMENT.read_text().split("\n| table | rows | market files |\n")[1].split("\n\n")[0]
    told = {}
    for line in section.splitlines()[1:]:
        table, _, files = line.strip("|").split("|")
        told[table.strip(" `").removesuffix(".csv")] = files.replace("`", "").split()
    profiles = profiles_of(with_fees=True)
    assert told == {
        profile.table: [
            market.layout.file
            for market in profiles
            if market.table == profile.table and not market.layout.is_delimited
        ]
        for profile in profiles
        if profile.layout.is_delimited
    }


def test_document_has_the_codes_of_every_movement():
    section = DOCUMENT.read_text().split("\n## Movements\n")[1].split("\n#")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    told = {name.strip(): tuple(code.strip().encode() for code in codes) for name, *codes in rows}
    told.pop("movement")
    assert told == {movement.name: codes for movement, codes in CODES.items()}
    assert set(CODES) == set(Movement)

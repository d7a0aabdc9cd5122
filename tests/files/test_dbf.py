"""dBase tables: what is written is read back, by this reader and by strangers."""

import csv
import gc
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import dbf as strange_dbf
import numpy as np
import pytest
from dbfread import DBF
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.files.dbf import Table, write
from protocol.files.fault import FileFault
from protocol.files.layouts import GH, JSMX, LAYOUTS, NQHB, Columns, Field, Layout
from protocol.files.numerals import OVERFLOWN

BUSINESS_DATE = 20260302
TABLES = [layout for layout in LAYOUTS.values() if not layout.is_delimited]
EVERY = pytest.mark.parametrize("layout", TABLES, ids=lambda layout: layout.profile)


def saved(path: Path, layout: Layout, columns: Columns) -> Path:
    records = len(next(iter(columns.values())))
    path.write_bytes(b"".join(write(layout, BUSINESS_DATE, records, [columns])))
    return path


def read(path: Path, layout: Layout, rows: int = 3) -> list[dict[str, object]]:
    with Table(path, layout) as table:
        assert table.business_date == BUSINESS_DATE
        return [
            dict(zip(block, record, strict=True))
            for block in table.blocks(rows)
            for record in zip(*(column.tolist() for column in block.values()), strict=True)
        ]


def texts(field: Field) -> st.SearchStrategy[bytes]:
    text = st.text("撮合平安银行万科A17 *-", max_size=field.width // 2)
    return text.map(lambda text: text.encode("gbk").rstrip())


def numbers(field: Field) -> st.SearchStrategy[int]:
    whole = field.width - field.decimals - 1 if field.decimals else field.width
    room = 10 ** (whole + field.decimals)
    return st.integers(-(room // 10) + 1, room - 1)


def dates(field: Field) -> st.SearchStrategy[int]:
    return st.dates().map(lambda date: date.year * 10_000 + date.month * 100 + date.day)


def records(layout: Layout) -> st.SearchStrategy[list[dict[str, object]]]:
    forms = {"C": texts, "N": numbers, "P": numbers, "D": dates}
    record = st.fixed_dictionaries(
        {field.name: forms[field.type](field) for field in layout.fields}
    )
    return st.lists(record, min_size=1, max_size=5)


def columns_of(layout: Layout, rows: list[dict[str, object]]) -> Columns:
    return {
        field.name: np.array(
            [row[field.name] for row in rows], "S" if field.type == "C" else np.int64
        )
        for field in layout.fields
    }


def sample(layout: Layout, count: int) -> Columns:
    """Return columns whose rows all differ in every field that has room for it."""
    number = np.arange(1, count + 1)
    signed = np.where(number % 2, 7, -7) * number
    texts = ["撮合", "平安", "万A", "1", "B "]
    return {
        field.name: signed
        if field.is_number
        else BUSINESS_DATE + number
        if field.type == "D"
        else np.array(
            [
                (text if field.width > 3 else str(n))[: field.width].strip().encode("gbk")
                for n, text in enumerate((texts * count)[:count])
            ]
        )
        for field in layout.fields
    }


def as_strangers_see(layout: Layout, row: dict[str, object]) -> dict[str, object]:
    """Return a record that this reader gave as other programs do."""
    seen = {}
    for field in layout.fields:
        value = row[field.name]
        if field.type == "N":
            value = value / 10**field.decimals
        elif field.type == "P":
            value = f"{Decimal(value).scaleb(-field.decimals):{field.width}.{field.decimals}f}"
        elif field.type == "D":
            value = date(value // 10_000, value // 100 % 100, value % 100)
        else:
            value = value.decode("gbk")
        seen[field.name] = value
    return seen


@EVERY
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_record_comes_back_as_it_was_written(tmp_path_factory, layout, data):
    rows = data.draw(records(layout))
    path = saved(tmp_path_factory.mktemp("dbf") / layout.file, layout, columns_of(layout, rows))
    assert read(path, layout) == rows


@EVERY
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_strangers_read_the_same_records(tmp_path, layout):
    path = saved(tmp_path / layout.file, layout, sample(layout, 5))
    expected = [as_strangers_see(layout, row) for row in read(path, layout)]
    assert len(expected) == 5
    assert [dict(row) for row in DBF(path, encoding="gbk", char_decode_errors="strict")] == expected
    with strange_dbf.Table(str(path), codepage="cp936").open() as table:
        others = [[row[name.lower()] for name in expected[0]] for row in table]
    stripped = [[v.rstrip() if isinstance(v, str) else v for v in row] for row in others]
    assert stripped == [list(row.values()) for row in expected]
    # One of the strangers leaves its file to the collector, which must not warn in another test.
    del table
    gc.collect()


@EVERY
def test_strangers_read_a_table_without_records(tmp_path, layout):
    columns = {name: column[:0] for name, column in sample(layout, 1).items()}
    path = saved(tmp_path / layout.file, layout, columns)
    table = DBF(path, encoding="gbk")
    assert (read(path, layout), list(table)) == ([], [])
    assert table.field_names == [field.name for field in layout.fields]


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
@EVERY
def test_libreoffice_reads_the_same_records(tmp_path, layout):
    path = saved(tmp_path / layout.file, layout, sample(layout, 5))
    expected = [as_strangers_see(layout, row) for row in read(path, layout)]
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    form = "csv:Text - txt - csv (StarCalc):44,34,76"
    command = ["soffice", profile, "--headless", "--infilter=dBASE:67", "--convert-to", form]
    subprocess.run([*command, "--outdir", tmp_path, path], check=True, timeout=120)
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    assert len(rows) == len(expected)
    for row, told in zip(rows, expected, strict=True):
        for field, cell in zip(layout.fields, row, strict=True):
            value = told[field.name]
            if field.is_number:
                assert float(cell) == float(value)
            elif field.type == "C":
                assert cell.rstrip() == value


def test_date_that_there_is_none_of_is_blank(tmp_path):
    columns = sample(NQHB, 2) | {"HBCJRQ": np.array([0, BUSINESS_DATE])}
    path = saved(tmp_path / NQHB.file, NQHB, columns)
    assert [row["HBCJRQ"] for row in read(path, NQHB)] == [0, BUSINESS_DATE]
    assert [row["HBCJRQ"] for row in DBF(path, encoding="gbk")] == [None, date(2026, 3, 2)]


@pytest.mark.parametrize("date", ["2026 304", "20260229", "20261301", "20260300", "00000000"])
def test_date_that_is_none_is_refused_by_record_and_field(tmp_path, date):
    path = saved(tmp_path / NQHB.file, NQHB, sample(NQHB, 3))
    path.write_bytes(path.read_bytes().replace(b"20260304", date.encode()))
    with pytest.raises(FileFault, match=f"record 2: HBCJRQ: b'{date}' is no date YYYYMMDD"):
        read(path, NQHB)


def test_number_declared_as_text_keeps_its_picture(tmp_path):
    columns = sample(JSMX, 2) | {"JG1": np.array([12_345_000_000, 0]), "SJSF": np.array([-5, 5])}
    path = saved(tmp_path / JSMX.file, JSMX, columns)
    first, second = DBF(path, encoding="gbk")
    assert (first["JG1"], second["JG1"]) == ("     12.345000000", "      0.000000000")
    assert (first["SJSF"], second["SJSF"]) == ("              -0.05", "               0.05")


def test_header_carries_the_business_date_and_no_clock():
    version, year, month, day = next(write(GH, BUSINESS_DATE, 0, []))[:4]
    assert (version, 1900 + year, month, day) == (3, 2026, 3, 2)


def test_turnover_beyond_its_field_is_asterisks_and_is_read_as_overflown(tmp_path):
    largest = 999_999_999_99
    columns = sample(GH, 2) | {"CJJE": np.array([largest, largest + 1])}
    path = saved(tmp_path / GH.file, GH, columns)
    assert [row["CJJE"] for row in read(path, GH)] == [largest, OVERFLOWN]
    assert [row["CJJE"] for row in DBF(path, encoding="gbk")] == [999_999_999.99, None]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("CJBH", 100_000_000, "gh.dbf: record 2: CJBH: 100000000 (in units of its last decimal)"),
        ("CJSL", -1_000_000_000, "gh.dbf: record 2: CJSL: -1000000000 "),
        ("ZQDM", b"6005190", "gh.dbf: record 2: ZQDM: b'6005190' is longer than 6 bytes"),
        ("GDXM", b"\xff\xff", "gh.dbf: record 2: GDXM: b'\\xff\\xff' is not GBK text"),
    ],
)
def test_value_that_does_not_fit_is_refused_by_name(name, value, text):
    columns = sample(GH, 3)
    column = columns[name].astype("S8") if isinstance(value, bytes) else columns[name].copy()
    column[1] = value
    with pytest.raises(FileFault) as fault:
        list(write(GH, BUSINESS_DATE, 3, [columns | {name: column}]))
    assert text in str(fault.value)


def test_deleted_records_are_passed_over(tmp_path):
    path = saved(tmp_path / GH.file, GH, sample(GH, 5))
    body = bytearray(path.read_bytes())
    length, width = int.from_bytes(body[8:10], "little"), int.from_bytes(body[10:12], "little")
    body[length + 2 * width] = ord("*")
    path.write_bytes(body)
    assert [row["CJBH"] for row in read(path, GH, rows=2)] == [7, -14, -28, 35]

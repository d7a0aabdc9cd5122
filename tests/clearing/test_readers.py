"""Files of a close in the hands of strangers: what they read is what was written."""

import csv
import gc
import runpy
import shutil
import subprocess
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import dbf as strange_dbf
import duckdb
import numpy as np
import pytest
from dbfread import DBF
from pyarrow import parquet

from gateway.cli import main
from protocol.files import manifest
from protocol.files.dbf import Table, write
from protocol.files.layouts import LAYOUTS, Layout
from protocol.files.numerals import OVERFLOWN

DAY = 20261125
EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/close"
LAYOUT_OF = {layout.file: layout for layout in LAYOUTS.values() if not layout.is_delimited}
DBFS = sorted(path.name for path in (EXAMPLE / "clearing").iterdir() if path.name in LAYOUT_OF)
SECONDS = 120
LIBREOFFICE_DATE = "%m/%d/%y"
DOUBLE_DIGITS = 14
"""Of a number that strangers take for a binary one, so many come back as they were."""

Record = dict[str, object]


def odd_records(layout: Layout) -> dict[str, np.ndarray]:
    """Return columns of four records: Chinese text, the least, what is blank, what overflows."""
    columns: dict[str, np.ndarray] = {}
    for field in layout.fields:
        if field.type == "C":
            words = ["撮" * (field.width // 2), "A", "", "万B"[: field.width // 2]]
            columns[field.name] = np.array([word.encode("gbk") for word in words])
        elif field.type == "D":
            columns[field.name] = np.array([DAY, 20260101, 0, 20261231])
        else:
            digits = min(field.width - (field.decimals > 0) - 1, DOUBLE_DIGITS)
            last = OVERFLOWN if field.may_overflow else 7
            columns[field.name] = np.array([10**digits - 1, -(10 ** (digits - 1)), 0, last])
    return columns


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> Path:
    """A folder with a file of each layout of odd records, and one without records beside it."""
    folder = tmp_path_factory.mktemp("odd")
    for name, layout in LAYOUT_OF.items():
        columns = odd_records(layout)
        (folder / name).write_bytes(b"".join(write(layout, DAY, 4, [columns])))
        empty = {key: column[:0] for key, column in columns.items()}
        (folder / f"empty-{name}").write_bytes(b"".join(write(layout, DAY, 0, [empty])))
    return folder


@pytest.fixture(scope="module", params=["odd", "example"])
def folder(request, tmp_path_factory) -> Path:
    """A folder of DBF that strangers may open as they like."""
    if request.param == "odd":
        return request.getfixturevalue("odd")
    copy = tmp_path_factory.mktemp("example")
    for name in DBFS:
        shutil.copy(EXAMPLE / "clearing" / name, copy)
    return copy


def layout_of(path: Path) -> Layout:
    return LAYOUT_OF[path.name.removeprefix("empty-")]


def written(path: Path, overflown: Decimal | None = None) -> list[Record]:
    """Return the records of a file as this project reads them: text, Decimal, date or None.

    A number that did not fit is `overflown`.
    """
    layout, records = layout_of(path), []
    with Table(path, layout) as table:
        for block in table.blocks(2):
            for values in zip(*(column.tolist() for column in block.values()), strict=True):
                fields = zip(layout.fields, values, strict=True)
                records.append(
                    {field.name: told(field, value, overflown) for field, value in fields}
                )
    return records


def told(field, value, overflown):
    """Return a value of this project's reader as anybody would say it."""
    if field.type == "C":
        return value.decode("gbk")
    if field.type == "D":
        return date.fromisoformat(f"{value:08d}") if value else None
    return overflown if value == OVERFLOWN else Decimal(value).scaleb(-field.decimals)


def alike(path: Path, rows: list[list[object]]) -> list[Record]:
    """Return what a stranger read in the terms of `written`."""
    return [
        {
            field.name: understood(field, cell)
            for field, cell in zip(layout_of(path).fields, row, strict=True)
        }
        for row in rows
    ]


def understood(field, cell):
    """Return a stranger's value of a field: a number may be text, float or asterisks."""
    if field.type == "C":
        return cell.rstrip()
    if field.type == "D":
        return (
            datetime.strptime(cell, LIBREOFFICE_DATE).date()
            if isinstance(cell, str) and cell
            else cell or None
        )
    if isinstance(cell, str):
        cell = cell.strip()
    if cell in (None, "") or str(cell).startswith("*"):
        return None
    return Decimal(str(cell)).quantize(Decimal(1).scaleb(-field.decimals))


def test_dbfread_reads_every_record(folder):
    for path in sorted(folder.iterdir()):
        if path.is_file():
            table = DBF(path, encoding="gbk", char_decode_errors="strict")
            rows = [list(row.values()) for row in table]
            assert alike(path, rows) == written(path), path.name


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_dbf_reads_every_record(folder, tmp_path):
    for path in sorted(folder.iterdir()):
        copy = shutil.copy(path, tmp_path)
        with strange_dbf.Table(str(copy), codepage="cp936").open() as table:
            rows = [list(row) for row in table]
        assert alike(path, rows) == written(path), path.name
        # It leaves its file to the collector, which must not warn in another test.
        del table
    gc.collect()


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
def test_libreoffice_reads_every_record_and_asterisks_as_nothing(folder, tmp_path):
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--infilter=dBASE:67"]
    form = ["--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,false,false"]
    subprocess.run([*command, *form, "--outdir", tmp_path, *paths], check=True, timeout=SECONDS)
    for path in paths:
        with (tmp_path / path.name).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert [name.partition(",")[0] for name in header] == [
            field.name for field in layout_of(path).fields
        ]
        assert alike(path, rows) == written(path, overflown=Decimal(0)), path.name


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> tuple[Path, manifest.Manifest]:
    """The tables of the example day as Parquet, and its manifest."""
    data = tmp_path_factory.mktemp("data")
    runpy.run_path(str(EXAMPLE / "play.py"))["play"](data)
    day = data / str(DAY)
    assert main(["close", str(day), "--tables", str(data / "tables")]) == 0
    return data / "tables/business_date=2026-11-25", manifest.read(day / "clearing")


def sum_of(total: str) -> str:
    """Return how DuckDB computes a control total: that of one side only, where it says so."""
    for suffix, side in (("_bought", "BUY"), ("_sold", "SELL")):
        if total.endswith(suffix):
            return f"sum({total.removesuffix(suffix)}) FILTER (side = '{side}')"
    return f'sum("{total}")'


def test_duckdb_computes_every_total_of_every_table(tables):
    folder, promised = tables
    seen = 0
    with duckdb.connect() as connection:
        for entry in promised.files:
            path = folder / Path(entry.name).with_suffix(".parquet").name
            if not entry.name.endswith(".csv"):
                continue
            table = connection.read_parquet(str(path))
            assert table.aggregate("count(*)").fetchall() == [(entry.records,)]
            for name, total in entry.totals.items():
                is_column = name in table.columns
                asked = f'sum("{name}")' if is_column else sum_of(name)
                assert [str(total)] == [str(row[0]) for row in table.aggregate(asked).fetchall()]
                seen += 1
    assert seen > 30


def test_pyarrow_reads_the_cells_of_every_table(tables):
    folder, promised = tables
    paths = sorted(folder.glob("*.parquet"))
    names = [entry.name for entry in promised.files if entry.name.endswith(".csv")]
    assert [f"{path.stem}.csv" for path in paths] == sorted(names)
    for path in paths:
        rows = parquet.read_table(path).to_pylist()
        with (EXAMPLE / "clearing" / f"{path.stem}.csv").open(encoding="utf-8") as file:
            cells = list(csv.DictReader(file))
        assert len(rows) == len(cells)
        for row, cell in zip(rows, cells, strict=True):
            plain = {key: str(value) for key, value in row.items() if "_time" not in key}
            assert plain == {key: value for key, value in cell.items() if "_time" not in key}

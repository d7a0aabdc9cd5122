"""Every planted fault is found and named, and the database never hears of the day."""

import os
import sqlite3
from pathlib import Path
from shutil import copytree

import msgspec
import pytest

from engine.clearing.close import clear
from gateway.cli import main
from protocol.files import manifest
from protocol.files.load import load
from tests.clearing.days import small_day
from tests.importing.forgery import edit, flag, recounted, replaced, seal, sign

GH, SJSMX, FILLS = "gh.dbf", "SJSMX1.DBF", "fills.csv"
EMPTY: list[tuple] = []
WORKED = Path(__file__).resolve().parents[2] / "docs/examples/close/clearing"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    day = small_day()
    clear(day.commands, day.reports, tmp_path / "20260302")
    return tmp_path / "20260302"


FAULTS = {
    "a digit of a quantity is flipped": (
        GH,
        replaced(b"       200", b"       300"),
        "record 1: CJJE: it is not price x quantity",
    ),
    "a digit of a turnover is flipped": (
        SJSMX,
        replaced(b"-7091.00", b"-7091.01"),
        "record 1: MXQSBJ: it is not price x quantity",
    ),
    "an account is another": (
        GH,
        replaced(b"A000000100", b"A000000101", 1),
        "record 3: GDDM: it is b'A000000101', but b'A000000100' by fills.csv",
    ),
    "the sign of the net payment is lost": (
        SJSMX,
        replaced(b"-7091.00", b" 7091.00", 1),
        "record 1: MXSFJE: it is not MXQSBJ + MXYHS",
    ),
    "a record is missing": (
        GH,
        recounted(slice(2, 3), 0),
        "record 3: CJBH: trade 3 has one side only",
    ),
    "a trade is missing": (
        GH,
        recounted(slice(2, 4), 0),
        "records is 2, the manifest has 4",
    ),
    "a record is doubled": (
        SJSMX,
        recounted(slice(1, 2), 2),
        "record 3: MXZXBH: trade 2 has more than two sides",
    ),
    "a trade is doubled": (
        SJSMX,
        recounted(slice(0, 2), 2),
        "record 3: MXZXBH: trade 2 has more than two sides",
    ),
    "a field is wider": (
        GH,
        replaced(b"C\0\0\0\0\x08", b"C\0\0\0\0\x09"),
        "field 2 is b'GDXM' b'C' 9.0, that of gh/2016 is GDXM C 8.0",
    ),
    "records are wider": (
        GH,
        lambda body: body[:10] + b"\x74\0" + body[12:],
        "its header has 513 bytes and its records 116",
    ),
    "text is not GBK": (
        GH,
        replaced(b"10001", b"1\xff\xff01", 1),
        "record 3: GSDM: b'1\\xff\\xff01' is not GBK text",
    ),
    "a record has another date": (
        GH,
        replaced(b"20260302", b"20260303", 3),
        "record 4: BCRQ: it is not the manifest's business date 20260302",
    ),
    "the header has another date": (
        SJSMX,
        lambda body: body[:3] + b"\x03" + body[4:],
        "the header's date is 20260303, the manifest's business date 20260302",
    ),
    "a side is unknown": (
        GH,
        replaced(b"B     ", b"X     "),
        "record 1: BS: the value has no meaning there",
    ),
    "a number is none": (
        GH,
        replaced(b"1800.550", b"18OO.550"),
        "record 1: CJJG: b'18OO.550' is not a number of 3 decimals",
    ),
    "a number stands left": (
        GH,
        replaced(b"       200", b"200       "),
        "record 1: CJSL: b'200       ' is not a number of 0 decimals standing right",
    ),
    "the file is truncated": (
        GH,
        lambda body: body[:-50],
        "it has 920 bytes, but a table of 4 records has 970",
    ),
    "the header is truncated": (GH, lambda body: body[:100], "the header breaks off"),
    "the end mark is missing": (GH, lambda body: body[:-1] + b" ", "the end mark 1A is missing"),
    "it is no table": (GH, lambda body: b"PK" + body[2:], "it begins with byte 80"),
    "a flag is neither": (
        GH,
        lambda body: body[:513] + b"?" + body[514:],
        "record 1: it begins with b'?'",
    ),
    "a line is missing": (
        FILLS,
        lambda body: b"".join(bytes(body).splitlines(keepends=True)[:4]),
        "line 4: trade_number: trade 2 has one side only",
    ),
    "a line is doubled": (
        FILLS,
        lambda body: bytes(body) + bytes(body).splitlines(keepends=True)[-1],
        "line 10: trade_number: trade 4 has more than two sides",
    ),
    "a line breaks off": (FILLS, lambda body: body[:-10], "line 9: the line has no end"),
    "a price has lost its decimals": (
        FILLS,
        replaced(b"10.1300", b"10.13"),
        "line 4: price: '10.13' is not spelled like",
    ),
    "a market is unknown": (
        FILLS,
        replaced(b",SZSE,", b",HKEX,"),
        "line 4: market: the value has no meaning there",
    ),
    "two trades are swapped": (
        GH,
        lambda body: body[:513] + body[741:969] + body[513:741] + body[969:],
        "record 3: CJBH: trade 1 stands behind a trade of the same or a greater number",
    ),
    "the sides of a trade are apart": (
        GH,
        lambda body: body[:627] + body[741:855] + body[627:741] + body[855:],
        "record 1: CJBH: trade 1 has one side only",
    ),
    "both sides of a trade buy": (
        GH,
        replaced(b"S     ", b"B     "),
        "record 1: CJBH: trade 1 has no buy and sell of the same price and quantity",
    ),
    "a code is another": (
        GH,
        replaced(b"600519", b"600518"),
        "record 1: ZQDM: it is b'600518', but b'600519' by fills.csv",
    ),
    "a clock is another": (
        GH,
        replaced(b"092500", b"092501"),
        "record 1: CJSJ: it is b'092501', but b'092500' by fills.csv",
    ),
    "a trading unit is another": (
        GH,
        replaced(b"10001", b"10002"),
        "record 1: GSDM: it is b'10002', but b'10001' by fills.csv",
    ),
    "an order's number is another": (
        GH,
        replaced(b"0000000011", b"0000000019"),
        "record 1: SQBH: it is b'0000000019', but b'0000000011' by fills.csv",
    ),
    "a trade number is another": (
        GH,
        replaced(b"       1", b"       2"),
        "record 1: CJBH: trade 2 has one side only",
    ),
    "bytes stand behind the end": (
        GH,
        lambda body: bytes(body) + b"\x1a",
        "it has 971 bytes, but a table of 4 records has 970",
    ),
    "the header counts a record too many": (
        GH,
        lambda body: body[:4] + b"\x05" + body[5:],
        "it has 970 bytes, but a table of 5 records has 1084",
    ),
    "a field has another name": (
        GH,
        replaced(b"GDXM", b"GDXX"),
        "field 2 is b'GDXX' b'C' 8.0, that of gh/2016 is GDXM C 8.0",
    ),
    "a field has another type": (
        GH,
        replaced(b"CJSL\0\0\0\0\0\0\0N", b"CJSL\0\0\0\0\0\0\0C"),
        "field 6 is b'CJSL' b'C' 10.0, that of gh/2016 is CJSL N 10.0",
    ),
    "the header's end mark is missing": (
        GH,
        lambda body: body[:512] + b" " + body[513:],
        "the header's end mark 0D is missing",
    ),
    "a deleted record is one too few": (
        GH,
        lambda body: body[:513] + b"*" + body[514:],
        "record 1: CJBH: trade 1 has one side only",
    ),
    "the file is empty": (GH, lambda body: body[:0] or b"\0", "the header breaks off"),
    "principal and fees are not the net": (
        SJSMX,
        replaced(b"-7091.00", b"-7091.10", 1),
        "record 1: MXSFJE: it is not MXQSBJ + MXYHS",
    ),
    "a quantity to clear is another": (
        SJSMX,
        replaced(b"700.00", b"701.00", 1),
        "MXQSSL is 1.00, the manifest has 0.00",
    ),
    "a business is another": (
        SJSMX,
        replaced(b"JY00", b"SGSF"),
        "record 1: MXYWLB: it is b'SGSF', but b'JY00' by fills.csv",
    ),
    "a line's date is another": (
        FILLS,
        replaced(b"2026-03-02,", b"2026-03-03,", 2),
        "line 4: business_date: it is not the manifest's business date 20260302",
    ),
    "a line has a field too many": (
        FILLS,
        replaced(b",SZSE,", b",SZSE,SZSE,"),
        "line 4: it has 17 fields and fills/1 has 16",
    ),
    "a line's text is not UTF-8": (
        FILLS,
        replaced(b"000701", b"0007\xff\xff"),
        "line 4: byte FF is not UTF-8 text",
    ),
    "a line holds a quote": (FILLS, replaced(b"000701", b'"00701'), "line 4: it holds a quote"),
    "the header of the lines is another": (
        FILLS,
        replaced(b"code", b"Code"),
        "line 1: it does not name the fields of fills/1",
    ),
    "a code is too long": (
        FILLS,
        replaced(b",000001,", b",0000010,"),
        "line 4: code: it is longer than 6 characters",
    ),
    "a time is none": (
        FILLS,
        replaced(b"T09:25:00.", b"T9:25:00."),
        "line 2: trade_time: '2026-03-02T9:25:00.000000000+08:00' is not spelled like",
    ),
    "a line's side is unknown": (
        FILLS,
        replaced(b",BUY,", b",BUG,"),
        "line 2: side: the value has no meaning there",
    ),
}


def tables(directory: Path) -> list[tuple]:
    """Return the tables of the database beside the day, of which an import makes some."""
    path = directory.parent / "clearing.sqlite"
    if not path.exists():
        return EMPTY
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT name FROM sqlite_master").fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found_and_named_and_nothing_is_booked(directory, fault):
    name, change, text = FAULTS[fault]
    edit(directory / name, change)
    seal(directory)
    found = load(directory).faults
    assert {fault.file for fault in found} == {name}
    assert str(found[0]).startswith(text)
    assert main(["import", str(directory)]) == 1
    assert tables(directory) == EMPTY
    rejects = (directory.parent / "rejects-20260302.csv").read_text()
    assert rejects.startswith(f"file,place,field,reason\n{name},")


FAULTS_WITH_ACCOUNTS = {
    "a date of settlement is no day": (
        "money.csv",
        replaced(b"2026-11-26", b"2026-11-31"),
        "line 2: settle_date: '2026-11-31' is not spelled like 2026-03-02",
    ),
    "what is settled is settled before it was traded": (
        "money.csv",
        replaced(b"2026-11-26", b"2026-11-24"),
        "line 2: settle_date: it is before the business date",
    ),
    "a fill is settled before it was traded": (
        "fills.csv",
        replaced(b"2026-11-26", b"2025-11-26"),
        "line 2: settle_date: it is before the business date",
    ),
    "money appears": (
        "funds.csv",
        replaced(b"106768.6800", b"106769.6800"),
        "line 2: balance: it is not before + sold + other - bought - fees",
    ),
    "shares appear": (
        "balances.csv",
        replaced(b",0,300,0,0,300,", b",0,300,0,0,400,"),
        "line 2: total: it is not before + bought + other - sold",
    ),
    "a movement of shares is doubled": (
        "zqbd.dbf",
        recounted(slice(0, 1), 2),
        "records is 9, the manifest has 8",
    ),
    "a holding is missing": (
        "zqye.dbf",
        recounted(slice(0, 1), 0),
        "records is 7, the manifest has 8",
    ),
}


@pytest.mark.parametrize("fault", FAULTS_WITH_ACCOUNTS)
def test_planted_fault_of_a_day_with_accounts_is_found_and_named(tmp_path, fault):
    name, change, text = FAULTS_WITH_ACCOUNTS[fault]
    directory = Path(copytree(WORKED, tmp_path / "20261125"))
    edit(directory / name, change)
    seal(directory)
    found = load(directory).faults
    assert {fault.file for fault in found} == {name}
    assert str(found[0]).removeprefix(f"{name}: ").startswith(text)
    assert main(["import", str(directory)]) == 1
    assert tables(directory) == EMPTY


def changed(**fields):
    """Return a forgery of the manifest's own fields, signed."""

    def forge(directory: Path) -> None:
        sign(directory, msgspec.structs.replace(manifest.read(directory), **fields))

    return forge


def signed(old: bytes, new: bytes):
    """Return a forgery that puts `new` for `old` in the manifest, and signs it."""

    def forge(directory: Path) -> None:
        edit(directory / manifest.NAME, replaced(old, new))
        flag(directory)

    return forge


def of_another_day(directory: Path) -> None:
    changed(business_date="2026-03-03")(directory)


def without_its_last_file(directory: Path) -> None:
    changed(files=manifest.read(directory).files[:-1])(directory)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder_at(path: Path) -> None:
    path.unlink()
    path.mkdir()


FORGERIES = {
    "the flag is missing": (
        lambda directory: (directory / "manifest.ok").unlink(),
        "its files are not whole and not published yet",
    ),
    "the flag is garbage": (
        lambda directory: (directory / "manifest.ok").write_bytes(b"ok\n"),
        "so it was changed after signing",
    ),
    "the manifest was changed after signing": (
        lambda directory: edit(directory / "manifest.json", replaced(b"250", b"251")),
        "so it was changed after signing",
    ),
    "the manifest is missing": (
        lambda directory: (directory / "manifest.json").unlink(),
        "its files are not whole and not published yet",
    ),
    "the manifest is of another day": (
        of_another_day,
        "the header's date is 20260302, the manifest's business date 20260303",
    ),
    "the manifest is of no day": (
        changed(business_date="2026-02-30"),
        "business_date: 2026-02-30 is no day",
    ),
    "a generation supersedes none": (
        changed(generation=2),
        "generation 2 supersedes None",
    ),
    "the run is not that of its inputs": (
        changed(run="0" * 64),
        "run: it is not that of its inputs",
    ),
    "an input was exchanged": (
        changed(inputs={"commands": "0" * 64}),
        "run: it is not that of its inputs",
    ),
    "the manifest names a file less": (without_its_last_file, "files: it names"),
    "a control total is another": (
        signed(b'"quantity_bought": 250', b'"quantity_bought": 251'),
        "quantity_bought is 250, the manifest has 251",
    ),
    "a control total is missing": (
        signed(b'"quantity_sold": 250,', b""),
        "quantity_sold is 250, the manifest has None",
    ),
    "a count of records is another": (
        signed(b'"records": 4', b'"records": 5'),
        "records is 4, the manifest has 5",
    ),
    "a profile is of another year": (signed(b"gh/2016", b"gh/2017"), "files: it names"),
    "an encoding is another": (signed(b'"gbk"', b'"utf-8"'), "files: it names"),
    "a file is missing": (
        lambda directory: (directory / GH).unlink(),
        "the file is missing; fetch it again",
    ),
    "a file is a pipe": (
        lambda directory: piped(directory / GH),
        "it cannot be read (it is no file, but a",
    ),
    "the manifest is a pipe": (
        lambda directory: piped(directory / "manifest.json"),
        "it cannot be read (it is no file, but a",
    ),
    "the flag is a folder": (
        lambda directory: folder_at(directory / "manifest.ok"),
        "manifest.ok: it cannot be read (it is no file, but a",
    ),
    "a file too many lies there": (
        lambda directory: (directory / "gh2.dbf").touch(),
        "it does not name gh2.dbf, which lies beside it",
    ),
    "a file was changed after signing": (
        lambda directory: edit(directory / GH, replaced(b"0000000011", b"0000000019")),
        "sha256 is not the manifest's: the file was changed",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_manifest_is_found_and_nothing_is_booked(directory, forgery):
    forge, text = FORGERIES[forgery]
    forge(directory)
    assert any(text in str(fault) for fault in load(directory).faults)
    assert main(["import", str(directory), "--rejects", str(directory.parent / "rejects.csv")]) == 1
    assert tables(directory) == EMPTY
    assert text in (directory.parent / "rejects.csv").read_text()


def test_all_bad_records_are_told_and_not_the_first_only(directory):
    edit(directory / GH, replaced(b"20260302", b"20260303", 0))
    edit(directory / GH, replaced(b"1800.550", b"18OO.550", 1))
    edit(directory / GH, replaced(b"        50", b"        60", 0))
    seal(directory)
    told = [(fault.place, fault.field) for fault in load(directory).faults if fault.place]
    assert sorted(told) == [
        ("record 1", "BCRQ"),
        ("record 2", "CJJG"),
        ("record 3", "CJJE"),
    ]

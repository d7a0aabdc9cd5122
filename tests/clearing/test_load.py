"""The import job finds every planted fault and names it."""

from argparse import ArgumentParser
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from engine.clearing.close import clear
from engine.venue import Venue
from gateway.commands import import_
from protocol.files import manifest
from protocol.files.load import load
from tests.clearing.days import small_day
from tests.clearing.test_fees_command import OPENING, TRADES
from tests.commands import close_day, journal
from tests.engine.conftest import FUNDED, SMALL

GH, SJSMX, FILLS = "gh.dbf", "SJSMX1.DBF", "fills.csv"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    day = small_day()
    clear(day.commands, day.reports, tmp_path / "20260302")
    return tmp_path / "20260302"


def edit(path: Path, change: Callable[[bytearray], bytes | None]) -> None:
    body = bytearray(path.read_bytes())
    path.write_bytes(change(body) or body)


def replaced(old: bytes, new: bytes, nth: int = 0) -> Callable[[bytearray], bytes]:
    """Return a change that puts `new` in place of the nth `old`."""

    def change(body: bytearray) -> bytes:
        parts = bytes(body).split(old)
        assert len(parts) > nth + 1, f"{old!r} is not there"
        return old.join(parts[: nth + 1]) + new + old.join(parts[nth + 1 :])

    return change


def recounted(record: slice, copies: int) -> Callable[[bytearray], bytes]:
    """Return a change that keeps `copies` of a record, and the header's count right."""

    def change(body: bytearray) -> bytes:
        start, width = (int.from_bytes(body[place : place + 2], "little") for place in (8, 10))
        first, last = start + record.start * width, start + record.stop * width
        changed = body[:first] + body[first:last] * copies + body[last:]
        count = (len(changed) - start - 1) // width
        changed[4:8] = count.to_bytes(4, "little")
        return bytes(changed)

    return change


def seal(directory: Path) -> None:
    """Let the manifest agree with the files' bytes, as a forger or a faulty sender would."""
    written = manifest.read(directory)
    entries = []
    for entry in written.files:
        body = (directory / entry.name).read_bytes()
        entries.append(
            msgspec.structs.replace(entry, bytes=len(body), sha256=sha256(body).hexdigest())
        )
    sealed = msgspec.structs.replace(written, files=entries)
    (directory / manifest.NAME).write_bytes(manifest.encode(sealed))


def wrongs(directory: Path) -> dict[str, str]:
    return {name: text for name, is_well, text in load(directory).findings if not is_well}


def test_untouched_files_are_well(directory):
    assert load(directory).findings == [
        ("manifest.json", True, "business date 2026-03-02, generation 1"),
        (
            "fills.csv",
            True,
            "fills/1, 8 records, bought 1250 shares for 460241.50, sold 1250 for 460241.50",
        ),
        (
            "gh.dbf",
            True,
            "gh/2016, 4 records, bought 250 shares for 450110.00, sold 250 for 450110.00;"
            " agrees with fills.csv",
        ),
        (
            "SJSMX1.DBF",
            True,
            "sjsmx1/2016, 4 records, bought 1000 shares for 10131.50, sold 1000 for 10131.50;"
            " agrees with fills.csv",
        ),
        (
            "NQHB.DBF",
            True,
            "nqhb/2016, 0 records, bought 0 shares for 0.00, sold 0 for 0.00;"
            " agrees with fills.csv",
        ),
    ]


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
        "record 1: MXSFJE: it is 709100, but -709100 by fills.csv",
    ),
    "a record is missing": (
        GH,
        recounted(slice(2, 3), 0),
        "record 3: CJBH: trade 3 has one side only",
    ),
    "a trade is missing": (
        GH,
        recounted(slice(2, 4), 0),
        "records is 2, the manifest has 4; quantity_bought is 200, the manifest has 250",
    ),
    "a record is doubled": (
        SJSMX,
        recounted(slice(1, 2), 2),
        "record 3: MXZXBH: trade 2 has no buy and sell",
    ),
    "a trade is doubled": (
        SJSMX,
        recounted(slice(0, 2), 2),
        "record 3: MXZXBH: trade 2 stands behind a trade of the same or a greater number",
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
        "line 10: trade_number: trade 4 has one side only",
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
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found_and_named(directory, fault):
    name, change, text = FAULTS[fault]
    edit(directory / name, change)
    seal(directory)
    found = wrongs(directory)
    assert list(found) == [name]
    assert found[name].startswith(text)


@pytest.mark.parametrize("name", [FILLS, GH, SJSMX])
def test_changed_file_is_told_by_its_digest(directory, name):
    edit(directory / name, replaced(b"0000", b"0001"))
    assert "sha256 is not the manifest's: the file was changed" in wrongs(directory)[name]


def test_missing_file_is_told(directory):
    (directory / GH).unlink()
    assert wrongs(directory) == {GH: "the file is missing; fetch it again"}


def test_file_that_the_manifest_does_not_name_is_told(directory):
    (directory / "gh2.dbf").touch()
    assert wrongs(directory) == {
        "manifest.json": "it does not name gh2.dbf, which lies beside it; take it away"
    }


def test_directory_without_a_manifest_is_not_whole(directory):
    (directory / manifest.NAME).unlink()
    assert "has none, so its files are not whole" in wrongs(directory)["manifest.json"]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (b'"business_date"', b'"date"', "it cannot be read (Object contains unknown field"),
        (b"2026-03-02", b"20260302", "it cannot be read (Expected `str` matching regex"),
        (b'"gh.dbf"', b'"../gh.dbf"', "'../gh.dbf' is not the name of one file beside it"),
        (b"gh/2016", b"gh/2026", "files: it names NQHB.DBF (nqhb/2016, gbk), SJSMX1.DBF (sjs"),
        (b"}", b"", "it cannot be read (JSON is malformed"),
    ],
)
def test_manifest_that_is_none_is_told(directory, old, new, text):
    edit(directory / manifest.NAME, replaced(old, new))
    assert wrongs(directory)["manifest.json"].startswith(text)


def test_control_total_that_is_wrong_is_told(directory):
    edit(directory / manifest.NAME, replaced(b'"450110.00"', b'"450110.01"'))
    assert wrongs(directory) == {GH: "turnover_bought is 450110.00, the manifest has 450110.01"}


def imported(directory: Path) -> int:
    parser = ArgumentParser()
    import_.configure(parser)
    return import_.run(parser.parse_args([str(directory)]))


def test_command_prints_a_line_for_each_file_and_says_whether_all_is_well(directory, capsys):
    assert imported(directory) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ok    manifest.json",
        "ok    fills.csv",
        "ok    gh.dbf",
        "ok    SJSMX1.DBF",
        "ok    NQHB.DBF",
    ]
    edit(directory / GH, lambda body: body[:-1])
    assert imported(directory) == 1
    assert capsys.readouterr().out.splitlines()[2].startswith("WRONG gh.dbf: it has 969 bytes")


def test_command_says_that_a_directory_is_not_there(tmp_path, capsys):
    assert imported(tmp_path / "nowhere") == 1
    assert capsys.readouterr().out.startswith("WRONG manifest.json: ")


def test_fee_that_two_files_tell_differently_is_found(tmp_path):
    rows = journal([*OPENING, *TRADES, close_day()])
    clear(rows, Venue(SMALL._replace(**FUNDED)).apply(rows), tmp_path)
    edit(tmp_path / "SJSMX1.DBF", replaced(b"-2.50", b"-2.05"))
    seal(tmp_path)
    assert wrongs(tmp_path) == {
        "SJSMX1.DBF": "record 1: MXJSF: it is -205, but -250 by fills.csv;"
        " fetch both files again, or close the day again"
    }

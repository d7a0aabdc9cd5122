"""The import job finds every planted fault and names it."""

from argparse import ArgumentParser
from pathlib import Path

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
from tests.importing.forgery import edit, flag, replaced, seal

GH, SJSMX, FILLS = "gh.dbf", "SJSMX1.DBF", "fills.csv"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    day = small_day()
    clear(day.commands, day.reports, tmp_path / "20260302")
    return tmp_path / "20260302"


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
        (b"\n}\n", b"", "it cannot be read (Input data was truncated"),
    ],
)
def test_manifest_that_is_none_is_told(directory, old, new, text):
    edit(directory / manifest.NAME, replaced(old, new))
    flag(directory)
    assert wrongs(directory)["manifest.json"].startswith(text)


def test_control_total_that_is_wrong_is_told(directory):
    edit(directory / manifest.NAME, replaced(b'"450110.00"', b'"450110.01"'))
    flag(directory)
    assert wrongs(directory) == {GH: "turnover_bought is 450110.00, the manifest has 450110.01"}


def imported(directory: Path) -> int:
    parser = ArgumentParser()
    import_.configure(parser)
    return import_.run(parser.parse_args([str(directory), "--check"]))


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
    venue = Venue(SMALL._replace(**FUNDED))
    clear(rows, venue.apply(rows), tmp_path, state=venue.state)
    edit(tmp_path / "SJSMX2.DBF", replaced(b"-2.50", b"-2.05"))
    seal(tmp_path)
    found = [str(fault) for fault in load(tmp_path).faults]
    assert found[0].startswith("record 1: MXSFJE: it is not MXQSBJ + MXYHS + MXJYJSF")
    assert found[1:] == ["MXJSF is -4.55, the manifest has -5.00"]

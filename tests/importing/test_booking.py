"""A checked day is booked whole or not at all, and each generation once."""

import json
import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest

from engine.clearing.close import clear
from engine.clearing.succession import previous_manifest
from gateway.cli import main
from protocol.files import manifest
from tests.clearing.days import empty_day, small_day
from tests.importing.forgery import edit, replaced, seal, sign

GH = "gh.dbf"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    day = small_day()
    clear(day.commands, day.reports, tmp_path / "20260302" / "clearing")
    return tmp_path / "20260302" / "clearing"


def imported(directory: Path, *words: str) -> int:
    return main(["import", str(directory), *words])


def asked(directory: Path, question: str) -> list[tuple]:
    """Ask the database beside the day's folder."""
    connection = sqlite3.connect(directory.parent.parent / "clearing.sqlite")
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def test_every_field_of_every_record_is_in_the_table_of_its_profile(directory):
    assert imported(directory) == 0
    assert asked(directory, "SELECT * FROM gh_2016 WHERE record = 2") == [
        (
            "2026-03-02",
            2,
            *("A000000200", "", "20260302", 1, "10002", 200, 0, "600519", "091602", "092500"),
            *(1_800_550, 36_011_000, "0000000012", "S", ""),
        )
    ]
    sums = "SELECT count(*), sum(MXQSBJ), sum(abs(MXCJSL)), min(MXSFJE) FROM sjsmx1_2016"
    assert asked(directory, sums) == [(4, 0, 200_000, -709_100)]
    assert asked(directory, "SELECT sum(turnover), min(business_date) FROM fills_1") == [
        (92_048_300, "2026-03-02")
    ]
    decimals = "SELECT decimals FROM fields WHERE profile = 'gh/2016' AND field = 'CJJG'"
    assert asked(directory, decimals) == [(3,)]


def test_same_files_again_change_nothing_and_say_so(directory, capsys):
    imported(directory)
    everything = asked(directory, "SELECT * FROM imports")
    capsys.readouterr()
    assert imported(directory) == 0
    assert "gh.dbf: booked already, 4 rows of gh_2016 stay as they are" in capsys.readouterr().out
    assert asked(directory, "SELECT * FROM imports") == everything
    assert asked(directory, "SELECT count(*) FROM gh_2016") == [(4,)]


def rewritten(directory: Path) -> None:
    """Let another client's number stand in both files that tell it, and sign them."""
    edit(directory / "fills.csv", replaced(b",11,AUCTION", b",19,AUCTION"))
    edit(directory / GH, replaced(b"0000000011", b"0000000019"))
    seal(directory)


def test_other_content_under_the_same_generation_is_refused_unless_replaced(directory, capsys):
    imported(directory)
    rewritten(directory)
    assert imported(directory) != 0
    told = "".join(capsys.readouterr())
    assert "it was changed, but generation 1 of 2026-03-02 is booked with other content" in told
    first = "SELECT SQBH FROM gh_2016 WHERE record = 1"
    assert asked(directory, first) == [("0000000011",)]
    assert imported(directory, "--replace") == 0
    assert asked(directory, first) == [("0000000019",)]


def test_later_generation_takes_the_place_of_an_earlier_which_is_stale_then(directory, capsys):
    old = directory.parents[1] / "20260301" / "clearing"
    imported(directory)
    shutil.copytree(directory, old)
    empty = empty_day()
    clear(empty.commands, empty.reports, directory, replace=True)
    assert imported(directory) == 0
    assert asked(directory, "SELECT count(*) FROM gh_2016") == [(0,)]
    booked = "SELECT DISTINCT generation FROM imports"
    assert asked(directory, booked) == [(2,)]
    assert imported(old) != 0
    assert "generation 1 is stale: 2 is booked of 2026-03-02" in "".join(capsys.readouterr())
    assert asked(directory, booked) == [(2,)]


def test_day_whose_previous_is_not_the_last_that_is_booked_is_refused(directory, capsys):
    imported(directory)
    kept = manifest.read(directory)
    next_day = directory.parents[1] / "20260303" / "clearing"
    day = small_day()
    day.command_rows[0]["business_date"] = 20260303
    for row in day.report_rows:
        if row["quantity"] == 20260302:
            row["quantity"] = 20260303
    clear(day.commands, day.reports, next_day)
    assert imported(next_day) != 0
    told = "".join(capsys.readouterr())
    assert f"the last day booked before, 2026-03-02, has {manifest.digest_of(kept)}" in told
    assert asked(directory, "SELECT DISTINCT business_date FROM gh_2016") == [("2026-03-02",)]
    written = manifest.read(next_day)
    previous = previous_manifest(next_day.parent)
    sign(next_day, msgspec.structs.replace(written, previous_manifest_sha256=previous))
    assert imported(next_day) == 0
    assert len(asked(directory, "SELECT DISTINCT business_date FROM gh_2016")) == 2


def test_faults_are_told_before_what_is_refused_and_leave_the_database_as_it_was(directory, capsys):
    imported(directory)
    database = directory.parents[1] / "clearing.sqlite"
    kept = database.read_bytes()
    rewritten(directory)
    edit(directory / "SJSMX1.DBF", replaced(b"JY00", b"XXXX"))
    seal(directory)
    assert imported(directory, "--replace") == imported(directory) == 1
    told = "".join(capsys.readouterr())
    assert "WRONG SJSMX1.DBF: record 1: MXYWLB" in told and "is booked with other" not in told
    assert database.read_bytes() == kept


def test_a_row_leads_to_its_file(directory):
    imported(directory)
    asks = "SELECT DISTINCT generation, sha256 FROM gh_2016 JOIN imports USING (business_date)"
    sha256 = manifest.read(directory).files[1].sha256
    assert asked(directory, f"{asks} WHERE profile = 'gh/2016'") == [(1, sha256)]


def test_one_profile_is_checked_and_booked_alone(directory, capsys):
    edit(directory / "SJSMX1.DBF", replaced(b"JY00", b"XXXX"))
    seal(directory)
    assert imported(directory, "--profile", "gh/2016") == 0
    assert asked(directory, "SELECT file, imported_rows FROM imports") == [(GH, 4)]
    assert imported(directory, "--profile", "gh/2017") == 1
    assert "it has no file of profile gh/2017; it has fills/1, gh/2016" in capsys.readouterr().out


def test_check_books_nothing(directory):
    assert imported(directory, "--check") == 0
    assert not (directory.parents[1] / "clearing.sqlite").exists()


def test_totals_of_what_is_booked_are_kept(directory, tmp_path):
    target = tmp_path / "other.db"
    assert imported(directory, "--into", str(target)) == 0
    connection = sqlite3.connect(target)
    [(totals,)] = connection.execute("SELECT totals FROM imports WHERE file = 'gh.dbf'")
    connection.close()
    assert json.loads(totals)["turnover_bought"] == "450110.00"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere/day.db", "would lie in one that is not there; name a file in a folder"),
        (".", "it is a folder"),
        ("mysql://somebody@host/day", "no such kind of database is known"),
    ],
)
def test_what_can_be_no_database_is_told(directory, tmp_path, monkeypatch, capsys, name, reason):
    monkeypatch.chdir(tmp_path)
    assert imported(directory, "--into", name) != 0
    assert reason in "".join(capsys.readouterr())

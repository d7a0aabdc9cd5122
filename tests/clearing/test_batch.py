"""The close in named steps: each done once, gone on with where it broke off, always the same."""

import csv
import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest

from engine.clearing.matching import Terms, match
from gateway.batch import run, steps
from gateway.batch.steps import NAMES, STEPS
from gateway.cli import main
from protocol.files import manifest
from protocol.files.profiles import ROWS
from tests.clearing.test_reference import DAY
from tests.commands import BUSINESS_DATE
from tests.engine.test_close_command import contents, day_of

MADE = ("backups", "tables", "next")
ALWAYS = (
    *("stop", "release", "clear", "deliver", "settle"),
    *("entitle", "aggregate", "publish", "control"),
)


@pytest.fixture
def day(tmp_path) -> Path:
    """A day that has ended and is not closed yet."""
    return day_of(tmp_path / str(BUSINESS_DATE), DAY)


def close(day: Path, *words: str) -> int:
    return main(["close", str(day), *words])


def done(day: Path) -> list[str]:
    """Return the steps that the ledger has, in order."""
    return [json.loads(line)["step"] for line in (day / "close.jsonl").read_text().splitlines()]


def told(capsys) -> dict[str, str]:
    """Return what was said of each step."""
    lines = capsys.readouterr().out.splitlines()[:-1]
    return dict(line.split(maxsplit=1) for line in lines)


def everything(day: Path) -> list[str]:
    """Return words that ask for all that a close can do."""
    incoming = day.parent / "incoming"
    if not incoming.exists():
        shutil.copytree(day, day.parent / "other")
        assert close(day.parent / "other") == 0
        shutil.copytree(day.parent / "other" / "clearing", incoming)
    asked = {name: day.parent / name for name in ("incoming", *MADE)}
    return [word for name, folder in asked.items() for word in (f"--{name}", str(folder))]


def test_each_step_says_what_came_of_it_and_is_noted(day, capsys):
    assert close(day, *everything(day)) == 0
    assert done(day) == NAMES
    said = told(capsys)
    assert said["match"].startswith("gh.dbf 2 match, bc1.dbf 0 match, jsmx.dbf 2 match")
    assert "zqye.dbf 2 match" in said["match"]
    assert said["control"] == "17 files are as promised"
    assert said["aggregate"] == "2 lines of branches and currencies"
    assert said["clear"] == "2 fills, 3 changes; all sums tie"
    assert said["open"].startswith("2 accounts in ")


def test_what_is_done_is_not_done_again(day, capsys):
    assert close(day) == 0
    before = contents(day)
    capsys.readouterr()
    assert close(day) == 0
    said = told(capsys)
    kept = [name for name in ALWAYS if said[name].endswith("(before)")]
    assert kept == ["release", "clear", "settle", "entitle", "aggregate"]
    assert contents(day) == before


@pytest.mark.parametrize("broken", NAMES)
def test_a_close_that_breaks_off_at_a_step_goes_on_and_ends_the_same(
    day, tmp_path, monkeypatch, capsys, broken
):
    whole = tmp_path / "whole" / day.name
    whole.parent.mkdir()
    shutil.copytree(day, whole)
    words = everything(day)
    assert close(whole, *words) == 0
    for name in MADE:
        shutil.rmtree(day.parent / name)

    def killed(close):
        raise KeyboardInterrupt

    place = NAMES.index(broken)
    amiss = [step._replace(act=killed) if step.name == broken else step for step in STEPS]
    with monkeypatch.context() as patch:
        patch.setattr(run, "STEPS", tuple(amiss))
        assert close(day, *words) != 0
    assert (done(day) if place else []) == NAMES[:place]
    assert close(day, *words) == 0
    assert done(day) == NAMES
    assert contents(day / "clearing") == contents(whole / "clearing")
    assert (day / "reports.bin").read_bytes() == (whole / "reports.bin").read_bytes()


def test_a_close_ends_behind_the_step_that_is_named(day):
    assert close(day, "--until", "settle") == 0
    assert done(day) == ["stop", "release", "clear", "deliver", "settle"]
    assert not (day / "clearing").exists()
    assert close(day) == 0
    assert done(day) == list(ALWAYS)


def test_from_a_step_on_all_is_done_anew(day, capsys):
    assert close(day) == 0
    capsys.readouterr()
    assert close(day, "--from", "settle") == 0
    said = told(capsys)
    assert said["clear"].endswith("(before)") and not said["publish"].endswith("(before)")


def test_a_step_is_not_begun_with_before_those_ahead_of_it_are_done(day, capsys):
    assert close(day, "--from", "publish") == 1
    assert "the step stop before it is not done" in capsys.readouterr().err
    assert not (day / "clearing").exists()


def test_another_reference_makes_all_be_done_anew(day, capsys):
    assert close(day) == 0
    (day / "reference").mkdir()
    (day / "reference" / "calendars.csv").write_text("calendar,date,is\nSSE,2026-07-07,closed\n")
    capsys.readouterr()
    assert close(day, "--replace") == 0
    said = told(capsys)
    assert not any(outcome.endswith("(before)") for outcome in said.values())
    assert said["publish"].endswith("of generation 2")


def test_files_that_are_gone_are_published_again(day):
    assert close(day) == 0
    before = contents(day / "clearing")
    shutil.rmtree(day / "clearing")
    assert close(day) == 0
    assert contents(day / "clearing") == before


def test_a_torn_line_of_the_ledger_is_no_step(day):
    assert close(day, "--until", "clear") == 0
    ledger = day / "close.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-5])
    assert close(day) == 0
    assert done(day) == list(ALWAYS)


def test_a_restored_day_closes_to_the_same_bytes(day, tmp_path, capsys):
    assert close(day, *everything(day)) == 0
    (backup,) = (tmp_path / "backups").glob("*before-clearing*")
    assert main(["restore", str(backup), "--data", str(tmp_path / "restored")]) == 0
    restored = tmp_path / "restored" / day.name
    assert close(restored) == 0
    assert contents(restored / "clearing") == contents(day / "clearing")


PLANTED = [
    ("gh.dbf", b"  10.000     3000.00", b"  10.010     3003.00", "1 S,different,CJJG,10000,10010"),
    ("jsmx.dbf", b"1.50", b"1.51", "S,different,YHS,-150,-151"),
    ("jsmx.dbf", b"0000000000000001", b"0000000000000002", "S,missing"),
    ("zqye.dbf", b"700", b"701", "A000000003 600000 20002,different,YE1,700,701"),
    ("zqye.dbf", b"A000000003", b"A000000004", "600000 20002,missing"),
]


@pytest.mark.parametrize(("name", "mine", "theirs", "expected"), PLANTED)
def test_a_record_that_is_told_otherwise_stops_the_close_by_its_key(
    day, capsys, name, mine, theirs, expected
):
    words = everything(day)
    path = day.parent / "incoming" / name
    assert mine in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(mine, theirs, 1))
    assert close(day, *words) == 1
    assert "records are not told alike" in capsys.readouterr().err
    header, *lines = (day / "matching.csv").read_text().splitlines()
    assert header == "file,key,class,field,here,there"
    assert all(line.startswith(f"{name},") for line in lines)
    assert expected in lines[0]
    assert not (day / "clearing").exists()


def test_a_file_that_has_not_come_in_is_one_without_records(day, capsys):
    words = everything(day)
    (day.parent / "incoming" / "NQHB.DBF").unlink()
    assert close(day, *words) == 0, "Beijing did not trade"
    assert told(capsys)["import"].endswith("SJSDZ.DBF 0, SJSTJ.DBF 0, no NQHB.DBF")
    (day.parent / "incoming" / "jsmx.dbf").unlink()
    assert close(day, *words) == 1
    assert "wait for what has not come in" in capsys.readouterr().err
    _, *lines = (day / "matching.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["jsmx.dbf", "jsmx.dbf"]
    assert all(",missing there," in line for line in lines)


def test_a_folder_of_files_that_is_not_there_is_told(day, capsys):
    assert close(day, "--incoming", "nowhere") == 1
    assert "nowhere: there is no such folder" in capsys.readouterr().err


def test_what_lies_on_the_disk_is_held_to_its_totals(day, monkeypatch, capsys):
    def spoil(close):
        outcome = steps.publish(close)
        path = close.daybook.clearing / "gh.dbf"
        path.write_bytes(path.read_bytes().replace(b"600000", b"600001", 1))
        return outcome

    amiss = [step._replace(act=spoil) if step.name == "publish" else step for step in STEPS]
    monkeypatch.setattr(run, "STEPS", tuple(amiss))
    assert close(day) == 1
    assert "gh.dbf: is not what the manifest promises" in capsys.readouterr().err
    assert "control" not in done(day)


def test_branches_add_up_to_what_their_accounts_did(day):
    assert close(day) == 0
    with (day / "branches.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["branch"], row["fills"], row["bought"], row["sold"]) for row in rows] == [
        ("7", "1", "3000.0000", "0.0000"),
        ("8", "1", "0.0000", "3000.0000"),
    ]


def test_sums_of_the_exported_tables_are_those_of_the_manifest(day, tmp_path, capsys):
    assert close(day, *everything(day)) == 0
    promised = {entry.profile: entry for entry in manifest.read(day / "clearing").files}
    folder = tmp_path / "tables" / "business_date=2026-07-06"
    names = [path.name for path in sorted(folder.iterdir())]
    assert names == sorted(["executions.jsonl", *(f"{name}.parquet" for name in ROWS)])
    with duckdb.connect() as connection:
        for name, profile in (
            ("money", "money/1"),
            ("balances", "balances/1"),
            ("funds", "funds/1"),
        ):
            totals = promised[profile].totals
            sums = ", ".join(f'sum("{field}")' for field in totals)
            table = connection.read_parquet(str(folder / f"{name}.parquet"))
            (found,) = table.aggregate(sums).fetchall()
            assert [str(total) for total in found] == [str(total) for total in totals.values()]
    executions = (folder / "executions.jsonl").read_text().splitlines()
    assert [json.loads(line)["LastQty"] for line in executions] == ["300", "300"]


def told_by(*sides: tuple[bytes, bytes, int]) -> dict[str, np.ndarray]:
    """Return columns of trade, side and quantity."""
    trades, letters, quantities = zip(*sides, strict=True) if sides else ((), (), ())
    text = {"trade": np.array(trades, "S8"), "side": np.array(letters, "S1")}
    return text | {"quantity": np.array(quantities, np.int64)}


def test_records_fall_into_four_classes():
    own = told_by((b"1", b"B", 10), (b"1", b"S", 10), (b"2", b"B", 11), (b"2", b"S", 11))
    there = told_by((b"1", b"S", 10), (b"1", b"B", 10), (b"2", b"B", 12), (b"3", b"B", 9))
    by_trade = Terms(("trade", "side"), ("quantity",))
    matched, amiss = match(own, there, by_trade)
    assert matched == 2
    assert amiss == [
        ("2 B", "different", "quantity", "11", "12"),
        ("2 S", "missing there", "", "", ""),
        ("3 B", "missing here", "", "", ""),
    ]
    assert match(own, own, by_trade) == (4, [])
    assert match(told_by(), told_by(), by_trade) == (0, [])
    twice = told_by((b"1", b"B", 10), (b"1", b"B", 10))
    assert match(own, twice, by_trade).amiss[0] == ("1 B", "missing here", "", "", "")

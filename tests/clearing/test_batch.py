"""The close in named steps: each done once, gone on with where it broke off, always the same."""

import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest

from engine.clearing.matching import match
from gateway.batch import run
from gateway.batch.steps import NAMES, STEPS
from gateway.cli import main
from protocol.files import manifest
from protocol.files.profiles import FACT, ROWS
from protocol.vocabulary import Side
from tests.clearing.test_reference import DAY
from tests.commands import BUSINESS_DATE
from tests.engine.test_close_command import contents, day_of

MADE = ("backups", "tables", "next")
ALWAYS = ["stop", "release", "clear", "settle", "publish"]


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
    assert said["match"] == "4 executions match"
    assert said["clear"] == "2 fills, 3 changes; all sums tie"
    assert said["open"].startswith("2 accounts in ")


def test_what_is_done_is_not_done_again(day, capsys):
    assert close(day) == 0
    before = contents(day)
    capsys.readouterr()
    assert close(day) == 0
    said = told(capsys)
    kept = [name for name in ALWAYS if said[name].endswith("(before)")]
    assert kept == ["release", "clear", "settle"]
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
    assert done(day) == ["stop", "release", "clear", "settle"]
    assert not (day / "clearing").exists()
    assert close(day) == 0
    assert done(day) == ALWAYS


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
    assert done(day) == ALWAYS


def test_a_restored_day_closes_to_the_same_bytes(day, tmp_path, capsys):
    assert close(day, *everything(day)) == 0
    (backup,) = (tmp_path / "backups").glob("*before-clearing*")
    assert main(["restore", str(backup), "--data", str(tmp_path / "restored")]) == 0
    restored = tmp_path / "restored" / day.name
    assert close(restored) == 0
    assert contents(restored / "clearing") == contents(day / "clearing")


def test_an_execution_that_is_told_otherwise_stops_the_close_by_its_number(day, capsys):
    words = everything(day)
    gh = day.parent / "incoming" / "gh.dbf"
    gh.write_bytes(gh.read_bytes().replace(b"  10.000     3000.00", b"  10.010     3003.00", 1))
    assert close(day, *words) == 1
    assert "1 executions are not told alike" in capsys.readouterr().err
    assert (day / "matching.csv").read_text() == (
        "file,trade_number,side,class\ngh.dbf,1,SELL,different\n"
    )
    assert not (day / "clearing").exists()


def facts_like(*sides: tuple[int, int, int]) -> np.ndarray:
    """Return FACT rows of trade number, side and price."""
    facts = np.zeros(len(sides), FACT)
    for fact, (number, side, price) in zip(facts, sides, strict=True):
        fact["trade_number"], fact["side"], fact["price"] = number, side, price
    return facts


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


def test_executions_fall_into_four_classes():
    own = facts_like((1, Side.BUY, 10), (1, Side.SELL, 10), (2, Side.BUY, 11), (2, Side.SELL, 11))
    there = facts_like((1, Side.SELL, 10), (1, Side.BUY, 10), (2, Side.BUY, 12), (3, Side.BUY, 9))
    found = match(own, there)
    assert (found.matched, found.missing_here, found.missing_there, found.different) == (2, 1, 1, 1)
    assert found.amiss == [
        (2, Side.BUY, "different"),
        (2, Side.SELL, "missing there"),
        (3, Side.BUY, "missing here"),
    ]
    assert match(own, own[::-1]).is_well
    assert match(own[:0], own[:0]).is_well

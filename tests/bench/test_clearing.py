"""The measurement of the close: it closes a whole day, and tells what was asked."""

import pytest

from bench import clearing
from bench.clearing import main
from bench.heavy_day import load_day, make_day
from engine.clearing.close import made_tables

TOLD = {
    "close to DuckDB",
    "gigabytes of memory",
    "a fill of the whole day to one of a tenth",
    "thousand records a second imported",
}


def test_a_day_has_as_many_fills_as_were_asked_for_and_ties(tmp_path):
    make_day(tmp_path, 1_000)
    day = load_day(tmp_path)
    tables = made_tables(day.commands, day.reports, day.state, day.reference)
    assert len(tables.fills) == 1_000
    assert set(tables.money["firm"].tolist()) == {1, 2}
    assert len(set(tables.fills.rows["market"].tolist())) == 2


def test_the_close_is_measured_next_to_duckdb_and_raw_bytes(tmp_path, monkeypatch, capsys):
    pytest.importorskip("duckdb", reason="needs duckdb, which pip install 'cuohe[dev]' brings")
    monkeypatch.setattr(clearing, "PARTS", (0.5, 1.0))
    monkeypatch.setattr(clearing, "LONG_RECORDS", 100)
    assert main(["--fills", "2000", "--runs", "1", "--folder", str(tmp_path)]) == 0
    page = capsys.readouterr().out
    goals = {line[2:58].strip() for line in page.partition("\ngoals\n")[2].splitlines()}
    assert goals >= TOLD | {"million records a second of jsmx.dbf"}
    assert "close to DuckDB" in page and "hashed and synced" in page
    assert list(tmp_path.iterdir()) == []

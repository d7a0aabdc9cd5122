"""A day is checked and booked in one pass: what was booked is what was found well, or nothing."""

import sqlite3
import sys
from functools import partial
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from engine.clearing.close import clear
from gateway.cli import main
from gateway.importing import sqlite
from protocol.files import checked, delimited, manifest
from protocol.files.hashed import HashedFile
from protocol.files.layouts import LAYOUTS, Columns
from protocol.files.load import load
from protocol.files.manifest import Entry
from protocol.files.numerals import OVERFLOWN
from protocol.files.sink import Sink
from tests.clearing.days import small_day
from tests.importing.forgery import edit, recounted, replaced, seal

GH = "gh.dbf"
EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/close/clearing"
LINE_BYTES = 200
"""About a line of fills.csv, so that a file is read in several blocks."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    day = small_day()
    clear(day.commands, day.reports, tmp_path / "20260302" / "clearing")
    return tmp_path / "20260302" / "clearing"


@pytest.fixture
def small_blocks(monkeypatch) -> None:
    monkeypatch.setattr(delimited, "read", partial(delimited.read, block_bytes=LINE_BYTES))


def imported(directory: Path, database: Path, *words: str) -> int:
    return main(["import", str(directory), "--into", str(database), *words])


def content(database: Path) -> dict[str, list[tuple]]:
    """Return all rows of all tables."""
    connection = sqlite3.connect(database)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    finally:
        connection.close()


def test_what_tables_make_of_market_files_is_booked_as_their_readers_tell_it(tmp_path, monkeypatch):
    assert imported(EXAMPLE, tmp_path / "made.db") == 0
    monkeypatch.setattr(checked.Copy, "hold_to", lambda self, rows: setattr(self, "is_same", False))
    assert imported(EXAMPLE, tmp_path / "read.db") == 0
    made, read = content(tmp_path / "made.db"), content(tmp_path / "read.db")
    assert made == read
    assert sum(len(rows) for rows in made.values()) > 100


def test_a_number_that_a_market_file_has_no_room_for_is_booked_as_nothing(tmp_path, directory):
    for layout in LAYOUTS.values():
        for field in layout.fields:
            if field.may_overflow:
                most = 10 ** (field.width - bool(field.decimals)) - 1
                columns = {one.name: np.array([0, 0]) for one in layout.fields}
                columns[field.name] = np.array([most, most + 1])
                told = checked.overflown(layout, columns)[field.name]
                assert told.tolist() == [most, OVERFLOWN]


def test_a_file_that_spells_the_same_otherwise_is_booked_from_its_records(
    directory, tmp_path, small_blocks, capsys
):
    assert imported(directory, tmp_path / "one.db") == 0
    edit(directory / GH, lambda body: bytes(body[:-2]) + b"\0" + bytes(body[-1:]))
    seal(directory)
    assert imported(directory, tmp_path / "other.db") == 0
    assert "gh.dbf: 4 rows booked into gh_2016" in capsys.readouterr().out
    one, other = content(tmp_path / "one.db"), content(tmp_path / "other.db")
    assert one["gh_2016"] == other["gh_2016"]
    assert [row[1] for row in other["gh_2016"]] == [1, 2, 3, 4]


def test_a_record_that_is_deleted_is_not_booked(directory, tmp_path):
    assert imported(directory, tmp_path / "one.db") == 0
    edit(directory / GH, recounted(slice(0, 1), 2))
    body = bytearray((directory / GH).read_bytes())
    body[int.from_bytes(body[8:10], "little")] = ord("*")
    (directory / GH).write_bytes(body)
    seal(directory)
    assert imported(directory, tmp_path / "other.db") == 0
    one, other = content(tmp_path / "one.db"), content(tmp_path / "other.db")
    assert one["gh_2016"] == other["gh_2016"]


@pytest.mark.parametrize("name", ["fills.csv", GH])
def test_a_file_that_changes_while_it_is_read_is_told_by_what_was_read(
    directory, name, small_blocks, monkeypatch
):
    open_at_once = HashedFile.__init__

    def open_unbuffered(self: HashedFile, path: Path) -> None:
        open_at_once(self, path)
        self.file = self.file.detach()

    monkeypatch.setattr(HashedFile, "__init__", open_unbuffered)
    path = directory / name
    body = path.read_bytes()

    class Racer(Sink):
        def take(self, entry: Entry, columns: Columns) -> None:
            """Change the file's last record as soon as its first ones were read."""
            place = body.rindex(b"09")
            path.write_bytes(body[:place] + b"13" + body[place + 2 :])

    loaded = load(directory, sink=Racer())
    wrong = [finding for finding in loaded.findings if not finding.is_well]
    assert [finding.name for finding in wrong] == [name]


@pytest.mark.parametrize("name", ["fills.csv", GH])
def test_a_file_that_cannot_be_opened_is_told(directory, name):
    (directory / name).unlink()
    (directory / name).mkdir()
    findings = {finding.name: finding for finding in load(directory).findings}
    assert findings[name].text.startswith("it cannot be read (it is no file, but a")
    assert not findings[name].is_well and findings["SJSMX1.DBF"].is_well


def test_what_is_wrong_late_leaves_nothing_of_what_was_taken(directory, tmp_path):
    database = tmp_path / "day.db"
    assert imported(directory, database) == 0
    before = content(database)
    edit(directory / "SJSMX1.DBF", replaced(b"JY00", b"XXXX"))
    seal(directory)
    assert imported(directory, database, "--replace") == 1
    assert content(database) == before


def test_nothing_is_taken_once_something_is_wrong(directory):
    class Counting(Sink):
        def __init__(self) -> None:
            self.taken: list[str] = []

        def take(self, entry: Entry, columns: Columns) -> None:
            self.taken.append(entry.name)

    edit(directory / "fills.csv", replaced(b"AUCTION", b"NOTHING"))
    sink = Counting()
    assert not load(directory, sink=sink).is_well
    assert sink.taken == []


def test_a_database_in_which_another_writes_is_waited_for_and_then_told(
    directory, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sqlite.SETTINGS, "busy_timeout", 50)
    other = sqlite.Sqlite(tmp_path / "day.db")
    assert imported(directory, tmp_path / "day.db") != 0
    assert "SQLite cannot open it for writing" in "".join(capsys.readouterr())
    monkeypatch.undo()
    leaving = Timer(0.2, other.close)
    leaving.start()
    assert imported(directory, tmp_path / "day.db") == 0
    leaving.join()


def test_a_database_that_is_none_is_told_and_left_as_it_is(directory, tmp_path, capsys):
    (tmp_path / "day.db").write_bytes(b"no database, but somebody's notes" * 40)
    before = (tmp_path / "day.db").read_bytes()
    assert imported(directory, tmp_path / "day.db") != 0
    assert "day.db: SQLite cannot open it" in "".join(capsys.readouterr())
    assert (tmp_path / "day.db").read_bytes() == before


def test_a_table_of_another_shape_is_told(directory, tmp_path, capsys):
    other = sqlite3.connect(tmp_path / "day.db")
    other.execute("CREATE TABLE gh_2016 (business_date TEXT, something TEXT)")
    other.commit()
    other.close()
    assert imported(directory, tmp_path / "day.db") != 0
    told = "".join(capsys.readouterr())
    assert "day.db: the database failed" in told and "nothing was booked" in told


def test_without_its_drivers_the_import_checks_and_says_what_to_install(
    directory, tmp_path, monkeypatch, capsys
):
    for name in ("gateway.importing.sqlite", "gateway.importing.database"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "adbc_driver_manager", None)
    assert imported(directory, tmp_path / "day.db") != 0
    assert "pip install 'cuohe[import]'" in "".join(capsys.readouterr())
    assert imported(directory, tmp_path / "day.db", "--check") == 0
    assert manifest.read(directory).files

"""What is wrong with a day on the disk is found, and named with its byte."""

import re
import shutil

import pytest

from engine.storage import segments
from engine.storage.daybook import Daybook
from engine.storage.journal import Told
from engine.storage.segment import JournalError
from engine.storage.verification import NOT_COMPARED, Verification
from gateway.room import room_for
from protocol.records import REPORT, ROW_BYTES
from tests.commands import cancel
from tests.engine.test_close_command import CLOSED, TRADED
from tests.storage.days import Day, business_day, contents, flip, kept_day, make_clearing

COUNT = len(CLOSED)
SNAPSHOTS = [f"snapshots/{sequence:012}.snapshot" for sequence in (4, 8)]


@pytest.fixture
def folder(tmp_path):
    return business_day(tmp_path)


@pytest.fixture
def daybook(folder) -> Daybook:
    return kept_day(folder, CLOSED, snapshots=(4, 8), is_cleared=True)


def findings(daybook) -> dict[str, tuple[bool, str]]:
    """Return the last thing that is found of each file: whether it is well, and the text."""
    found = Verification(daybook, room_for).findings()
    prefix = f"{daybook.folder}/"
    return {name.removeprefix(prefix): (is_well, text) for name, is_well, text in found}


def faults(daybook) -> dict[str, str]:
    """Return what is wrong, by the file."""
    return {name: text for name, (is_well, text) in findings(daybook).items() if not is_well}


def test_everything_of_a_whole_day_is_well(daybook):
    before = contents(daybook.folder)
    found = findings(daybook)
    assert faults(daybook) == {}
    assert list(found) == [
        *[f"journal/{number:08}.log" for number in range(1, 4)],
        *SNAPSHOTS,
        "journal",
        "reports.bin",
        *[f"clearing/{name}" for name in ("manifest.json", "fills.csv")],
        *[f"clearing/{name}" for name in ("gh.dbf", "SJSMX1.DBF", "NQHB.DBF")],
        "clearing",
    ]
    assert found["journal/00000002.log"] == (True, "commands 5 to 8, 384 bytes")
    assert found[SNAPSHOTS[1]] == (True, "is the state behind the sequence 8")
    assert re.fullmatch(
        rf"{COUNT} commands make {COUNT} reports with the checksum [0-9a-f]{{8}}, "
        "state digest [0-9a-f]{64}",
        found["journal"][1],
    )
    assert found["clearing"] == (True, "holds the fills of the journal")
    assert contents(daybook.folder) == before


def test_any_byte_of_the_journal_is_named_and_what_is_before_is_checked(daybook):
    for number in (1, 2, 3):
        name = f"journal/{number:08}.log"
        path = daybook.folder / name
        whole = path.read_bytes()
        for place in range(12, len(whole) - ROW_BYTES, 29):
            flip(path, place)
            found = findings(daybook)
            is_well, text = found[name]
            assert not is_well and f"is damaged at byte {place}" in text
            up_to = 12 if number == 3 and place >= 6 * ROW_BYTES else 4 * (number - 1)
            assert found["journal"][1].startswith(f"{up_to} commands make ")
            told = ["is the state" if up_to >= n else "is whole; not compared" for n in (4, 8)]
            assert [
                found[path][1][: len(t)] for path, t in zip(SNAPSHOTS, told, strict=True)
            ] == told
            assert found["reports.bin"][1].startswith("begins with the ")
            assert found["clearing"] == (True, NOT_COMPARED)
            path.write_bytes(whole)


def test_how_far_a_damaged_journal_is_whole_is_said(daybook):
    flip(daybook.journal / "00000003.log", 200)
    told = [tuple(finding) for finding in Verification(daybook, room_for).findings()]
    assert (str(daybook.journal), True, "is whole up to the sequence 8") in told


def test_segment_that_is_missing_is_named(daybook):
    (daybook.journal / "00000002.log").unlink()
    assert "is missing, though 00000003.log is there" in faults(daybook)["journal/00000002.log"]


def test_day_without_a_journal_is_wrong(daybook):
    shutil.rmtree(daybook.journal)
    told = [tuple(finding) for finding in Verification(daybook, room_for).findings()]
    fault = (str(daybook.journal), False, "cannot be read: No such file or directory")
    assert told[0] == fault


@pytest.mark.parametrize("place", [70, 2_000, -200, -1])
def test_damaged_byte_of_a_snapshot_is_named(daybook, place):
    path = daybook.folder / SNAPSHOTS[0]
    flip(path, place)
    ((name, text),) = faults(daybook).items()
    assert name == SNAPSHOTS[0]
    assert re.search(r"at byte \d+|from byte \d+", text)


def test_snapshot_that_was_set_aside_is_mentioned(daybook):
    path = daybook.folder / SNAPSHOTS[0]
    path.rename(path.with_name(f"{path.name}.unusable"))
    found = findings(daybook)
    assert faults(daybook) == {}
    assert "was set aside by a start" in found[f"{SNAPSHOTS[0]}.unusable"][1]


def test_snapshot_of_another_state_is_told_by_its_digest(folder):
    day = Day(folder, CLOSED)
    day.goes_on(8)
    time = day.venue.state.venue[0]["time"]
    day.venue.state.venue[0]["time"] += 1
    day.takes_snapshot()
    day.venue.state.venue[0]["time"] = time
    day.goes_on(COUNT)
    day.stops()
    ((name, text),) = faults(day.daybook).items()
    assert name == SNAPSHOTS[1]
    assert re.fullmatch("has the state digest .{64}; the replay comes to .{64}", text)


def test_snapshot_of_other_reports_is_told_by_their_checksum(folder):
    day = Day(folder, CLOSED)
    day.goes_on(8)
    told, day.log.told = day.log.told, Told(3, 5)
    day.takes_snapshot()
    day.log.told = told
    day.goes_on(COUNT)
    day.stops()
    text = faults(day.daybook)[SNAPSHOTS[1]]
    assert text.startswith("stands on 3 reports with the checksum 00000005; the replay makes 2 ")


def test_snapshot_of_another_history_is_told(daybook, tmp_path):
    other = kept_day(business_day(tmp_path / "other"), [*TRADED, cancel(1)], snapshots=(12,))
    (name,) = [path.name for path in other.snapshots.iterdir()]
    shutil.copy(other.snapshots / name, daybook.snapshots / name)
    assert "stands on other commands" in faults(daybook)[f"snapshots/{name}"]
    (daybook.snapshots / name).rename(daybook.snapshots / "000000000003.snapshot")
    text = faults(daybook)["snapshots/000000000003.snapshot"]
    assert text == "is the snapshot behind the sequence 12"


def test_journal_that_told_something_else_is_told_with_the_sequence(folder):
    day = Day(folder, CLOSED)
    day.goes_on(8)
    day.log.told = Told(99, 1)
    day.goes_on(COUNT)
    day.takes_snapshot()
    day.stops()
    make_clearing(day.daybook)
    ((name, text),) = faults(day.daybook).items()
    assert name == "journal"
    found = findings(day.daybook)
    assert found["snapshots/000000000013.snapshot"] == (True, f"is whole; {NOT_COMPARED}")
    assert found["clearing"] == (True, NOT_COMPARED)
    assert re.search(r"up to the sequence \d+, the commands made \d+ reports", text)


def test_wrong_byte_of_the_reports_is_named(daybook):
    flip(daybook.reports, 500)
    assert faults(daybook) == {
        "reports.bin": "is other than what the replay makes, from byte 500 on; a start, or cuohe "
        "close --replace, makes it again"
    }


def test_reports_may_break_off_but_not_go_on(daybook):
    whole = daybook.reports.read_bytes()
    daybook.reports.write_bytes(whole[:100])
    found = findings(daybook)
    assert faults(daybook) == {}
    assert found["reports.bin"][1] == f"the first 1 of {COUNT} reports that the replay makes"
    assert found["clearing"] == (True, "holds the fills of the journal")
    daybook.reports.write_bytes(whole + bytes(REPORT.itemsize))
    assert f"and the replay makes {COUNT} reports" in faults(daybook)["reports.bin"]


def test_clearing_files_that_were_changed_are_told_as_by_an_import(daybook):
    flip(daybook.clearing / "gh.dbf", 600)
    assert list(faults(daybook)) == ["clearing/gh.dbf"]


def test_clearing_files_of_other_fills_are_told(daybook, tmp_path):
    less = [command for command in CLOSED if command.get("client_seq") not in (3, 4)]
    other = kept_day(business_day(tmp_path / "other"), less, is_cleared=True)
    shutil.rmtree(daybook.clearing)
    other.clearing.rename(daybook.clearing)
    assert list(faults(daybook)) == ["clearing"]
    assert "holds other fills than the journal" in faults(daybook)["clearing"]


def test_clearing_files_of_a_day_that_has_not_ended_are_told(daybook, folder, tmp_path):
    open_day = kept_day(business_day(tmp_path / "open"), TRADED)
    daybook.clearing.rename(open_day.clearing)
    assert "has no end of the day" in faults(open_day)["clearing"]
    make_clearing(daybook)


def test_day_under_way_is_well_and_its_torn_tail_is_no_fault(folder):
    day = Day(folder, CLOSED)
    day.goes_on(8)
    day.takes_snapshot()
    day.goes_on(2)
    path = day.daybook.journal / "00000003.log"
    with path.open("r+b") as file:
        file.seek(3 * ROW_BYTES + ROW_BYTES)
        file.write(b"half a group")
    found = [tuple(finding) for finding in Verification(day.daybook, room_for).findings()]
    assert all(is_well for _, is_well, _ in found)
    assert any("bytes are not whole: they are being written" in text for _, _, text in found)
    assert any(text.startswith("10 commands make") for _, _, text in found)
    day.stops()


def test_what_is_whole_at_the_second_reading_was_being_written(daybook, monkeypatch):
    whole, readings = segments.walk_once(daybook.journal), []

    def read(folder):
        readings.append(folder)
        error = JournalError(f"line {len(readings)}") if len(readings) < 3 else None
        return whole._replace(error=error)

    monkeypatch.setattr(segments, "walk_once", read)
    assert segments.walk(daybook.journal).error is None
    assert len(readings) == 3

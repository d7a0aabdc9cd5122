"""A backup is whole or it is not there; and it says what it is whole of."""

import shutil
from functools import partial
from pathlib import Path

import msgspec
import pytest

from engine.storage import vessel
from engine.storage.backup import back_up
from engine.storage.disk import Disk
from engine.storage.inventory import BackupError, Entry, Inventory, Kind
from engine.storage.lock import locked
from engine.storage.segment import JournalError
from engine.storage.segments import read_log
from engine.storage.vessel import survey
from gateway.room import room_for
from protocol.records import ROW_BYTES
from tests.commands import BUSINESS_DATE
from tests.engine.test_close_command import CLOSED, TRADED
from tests.storage.days import Day, FailingDisk, business_day, contents, flip, kept_day
from tests.tidy.test_docs import ROOT, table_of

JOURNAL = [f"journal/{number:08}.log" for number in (1, 2, 3)]
SNAPSHOTS = [f"snapshots/{sequence:012}.snapshot" for sequence in (4, 8)]
MANIFEST = ("manifest.json", "manifest.ok")
CLEARING = [
    f"clearing/{name}" for name in ("NQHB.DBF", "SJSMX1.DBF", "fills.csv", "gh.dbf", *MANIFEST)
]
HELD = {
    Kind.BEFORE_CLEARING: [*JOURNAL, "reports.bin", *SNAPSHOTS],
    Kind.AFTER_CLEARING: [*CLEARING, *JOURNAL, "reports.bin", *SNAPSHOTS],
    Kind.AD_HOC: [*CLEARING, *JOURNAL, "reports.bin", *SNAPSHOTS],
    Kind.HISTORY: [*CLEARING, *JOURNAL, "reports.bin"],
    Kind.ARCHIVE: [*CLEARING, *JOURNAL, "reports.bin"],
}

make = partial(back_up, release="0.1.0", room=room_for)


@pytest.fixture
def folder(tmp_path) -> Path:
    return business_day(tmp_path / "data")


@pytest.fixture
def daybook(folder):
    return kept_day(folder, CLOSED, snapshots=(4, 8), is_cleared=True)


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "backups"


@pytest.mark.parametrize("kind", Kind)
def test_kind_decides_what_is_copied(daybook, target, kind):
    place, made = make(daybook, target, kind)
    assert place.name == f"{BUSINESS_DATE}-{kind}-1" + ".tar.gz" * (kind is Kind.ARCHIVE)
    assert [path.name for path in target.iterdir()] == [place.name]
    assert [entry.name for entry in made.files] == HELD[kind]
    assert (made.sequence, made.kind, made.release) == (len(CLOSED), kind, "0.1.0")
    whole = contents(daybook.folder)
    copied = {name: file.read() for name, file in vessel.files_of(place)}
    assert made == survey(place)
    del copied["manifest.json"]
    assert copied == {name: whole[name] for name in HELD[kind]}


def test_fields_of_the_manifest_are_those_of_the_document():
    rows = table_of(ROOT / "docs/operating.md", "in the manifest", "is")
    fields = [field.name for field in msgspec.structs.fields(Inventory)]
    files = [f"files.{field.name}" for field in msgspec.structs.fields(Entry)]
    assert [row[0] for row in rows] == [*fields[:-1], *files]
    kinds = table_of(ROOT / "docs/operating.md", "kind", "of a day that")
    assert [row[0].strip("`") for row in kinds] == list(Kind)


def test_backups_are_numbered_and_the_same_day_makes_the_same_bytes(daybook, target):
    first, _ = make(daybook, target, Kind.ARCHIVE)
    second, _ = make(daybook, target, Kind.ARCHIVE)
    assert (first.name[-8:], second.name[-8:]) == ("1.tar.gz", "2.tar.gz")
    assert first.read_bytes() == second.read_bytes()
    places = [make(daybook, target, Kind.AD_HOC)[0] for _ in range(2)]
    assert contents(places[0]) == contents(places[1])


def refusal(daybook, target, kind=Kind.AD_HOC, **options) -> str:
    """Return why there is no backup, of which nothing is left."""
    before = contents(target)
    with pytest.raises((BackupError, JournalError)) as refused:
        make(daybook, target, kind, **options)
    assert contents(target) == before
    assert not target.exists() or not list(target.glob(".*"))
    return str(refused.value)


def test_day_that_has_not_ended_is_only_backed_up_ad_hoc(folder, target):
    daybook = kept_day(folder, TRADED)
    said = refusal(daybook, target, Kind.BEFORE_CLEARING)
    assert "has not ended, so there is no backup of the kind before-clearing" in said
    assert make(daybook, target, Kind.AD_HOC)[1].sequence == len(TRADED)


def test_day_without_clearing_files_has_no_backup_behind_clearing(daybook, target):
    shutil.rmtree(daybook.clearing)
    for kind in (Kind.AFTER_CLEARING, Kind.HISTORY, Kind.ARCHIVE):
        said = refusal(daybook, target, kind)
        assert f"is missing, so there is no backup of the kind {kind}; run cuohe close" in said
    assert make(daybook, target, Kind.BEFORE_CLEARING)[1].sequence == len(CLOSED)


def test_day_of_which_something_is_wrong_has_no_backup(daybook, target):
    whole = contents(daybook.folder)
    for name in (*JOURNAL, *CLEARING, "reports.bin"):
        flip(daybook.folder / name, 60)
        assert Path(name).name in refusal(daybook, target)
        (daybook.folder / name).write_bytes(whole[name])
    assert make(daybook, target, Kind.AFTER_CLEARING)[1].sequence == len(CLOSED)


def test_damaged_snapshot_is_left_out_and_told(daybook, target):
    flip(daybook.folder / SNAPSHOTS[0], 3_000)
    told: list[str] = []
    _, made = make(daybook, target, Kind.AD_HOC, tell=told.append)
    assert [entry.name for entry in made.files if "snapshots" in entry.name] == SNAPSHOTS[1:]
    assert len(told) == 1 and told[0].endswith("it is left out")


def test_journal_without_a_command_has_no_backup(folder, target):
    day = Day(folder, CLOSED)
    assert "holds no command yet; serve the day first" in refusal(day.daybook, target)
    day.stops()


def test_day_under_way_is_backed_up_as_far_as_its_groups_are_whole(folder, target):
    day = Day(folder, CLOSED)
    day.goes_on(8)
    day.takes_snapshot()
    day.goes_on(2)
    with (folder / JOURNAL[2]).open("r+b") as file:
        file.seek(4 * ROW_BYTES)
        file.write(b"half a group")
    place, made = make(day.daybook, target, Kind.AD_HOC)
    day.goes_on(3)
    day.stops()
    assert made.sequence == 10
    copied = read_log(place / "journal")
    assert (len(copied.commands), copied.torn) == (10, 0)
    whole = contents(folder)
    for name in ("reports.bin", *JOURNAL):
        size = min(len(whole[name]), copied.end.offset if name == JOURNAL[2] else 1 << 30)
        content = (place / name).read_bytes()[:size]
        assert whole[name].startswith(content) and content


@pytest.mark.parametrize("kind", [Kind.AD_HOC, Kind.ARCHIVE])
def test_disk_that_fails_at_any_step_leaves_nothing(daybook, target, kind):
    before, step = contents(daybook.folder), 0
    while True:
        step += 1
        try:
            place, made = make(daybook, target, kind, disk=FailingDisk(step))
        except BackupError as error:
            assert str(error) == f"{target}: no backup was made: No space left on device"
            assert list(target.glob("*")) == list(target.glob(".*")) == []
            continue
        break
    assert step > 20
    assert survey(place) == made
    assert contents(daybook.folder) == before


class LyingDisk(Disk):
    """A disk that says it has written what it has not."""

    def write(self, file: int, data: bytes | memoryview, offset: int) -> int:
        return super().write(file, bytes(len(data)), offset)


def test_what_is_read_back_otherwise_is_no_backup(daybook, target):
    assert "no backup was made" in refusal(daybook, target, disk=LyingDisk())


def test_only_one_backup_is_made_at_a_time(daybook, target):
    target.mkdir()
    with locked(target, AssertionError()):
        assert "another backup is being made there" in refusal(daybook, target)


def test_what_a_killed_backup_left_is_removed(daybook, target):
    left = target / f".{BUSINESS_DATE}-ad-hoc-1.partial" / "journal"
    left.mkdir(parents=True)
    (left / "00000001.log").write_bytes(b"half")
    place, _ = make(daybook, target, Kind.AD_HOC)
    assert list(target.iterdir()) == [place]


@pytest.mark.parametrize("kind", [Kind.AFTER_CLEARING, Kind.ARCHIVE])
def test_any_byte_that_changes_is_noticed(daybook, target, kind):
    place, _ = make(daybook, target, kind)
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    for path in files:
        whole = path.read_bytes()
        for at in range(10, len(whole), 1 + len(whole) // 25):
            flip(path, at)
            with pytest.raises(BackupError) as refused:
                survey(place)
            assert str(refused.value).startswith(f"{place}: ")
        path.write_bytes(whole)
    survey(place)


def test_backup_that_was_cut_is_refused(daybook, target):
    place, _ = make(daybook, target, Kind.ARCHIVE)
    whole = place.read_bytes()
    for size in range(0, len(whole), 97):
        place.write_bytes(whole[:size])
        with pytest.raises(BackupError, match=r"cannot be read|has no manifest|is missing"):
            survey(place)

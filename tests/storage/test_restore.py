"""A day comes back as it was, and nothing that is newer has to go for it."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from engine.storage.backup import back_up
from engine.storage.inventory import BackupError, Kind
from engine.storage.restore import restore
from engine.storage.vessel import SUFFIX
from gateway.room import room_for
from tests.commands import BUSINESS_DATE, cancel
from tests.engine.test_close_command import CLOSED, TRADED
from tests.storage.days import Day, FailingDisk, business_day, contents, flip, kept_day

make = partial(back_up, release="0.1.0", room=room_for)
ASIDE = f"{BUSINESS_DATE}.superseded"


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def folder(data) -> Path:
    return business_day(data)


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def whole(folder, target) -> Path:
    """A backup of a whole day, which lies there as well."""
    return make(kept_day(folder, CLOSED, [4, 8], is_cleared=True), target, Kind.AFTER_CLEARING)[0]


@pytest.fixture
def early(folder, target) -> Path:
    """A backup of a day that has gone on since."""
    day = Day(folder, CLOSED)
    day.goes_on(8)
    place, _ = make(day.daybook, target, Kind.AD_HOC)
    day.goes_on(len(CLOSED))
    day.stops()
    return place


def refusal(place: Path, data: Path, **options) -> str:
    """Return why a backup is not restored, for which nothing is touched."""
    before = contents(data)
    with pytest.raises(BackupError) as refused:
        restore(place, data, **options)
    assert contents(data) == before
    return str(refused.value)


@pytest.mark.parametrize("kind", Kind)
def test_day_comes_back_as_it_was_copied(whole, folder, target, tmp_path, kind):
    place, made = make(kept_day(business_day(tmp_path), CLOSED, is_cleared=True), target, kind)
    restored = restore(place, tmp_path / "new" / "data")
    assert restored.inventory == made
    assert restored.aside is None
    there = contents(restored.folder)
    assert list(there) == sorted(entry.name for entry in made.files)
    assert there.items() <= contents(business_day(tmp_path)).items()


def test_what_was_there_is_moved_aside(whole, data, folder):
    before = contents(folder)
    restored = restore(whole, data)
    assert (restored.folder, restored.aside) == (folder, data / ASIDE)
    assert contents(folder) == contents(data / ASIDE) == before
    assert restore(whole, data).aside == data / f"{BUSINESS_DATE}1.superseded"


def test_day_that_has_less_is_replaced(whole, data, folder):
    shutil.rmtree(folder)
    day = Day(folder, CLOSED)
    day.goes_on(8)
    day.stops()
    assert restore(whole, data).aside == data / ASIDE
    assert len(contents(data / ASIDE)) < len(contents(folder))


def test_day_that_is_newer_is_moved_only_by_force(early, data, folder):
    before = contents(folder)
    said = refusal(early, data)
    assert said.startswith(f"{folder}: is newer than the backup: it ends with the sequence 13, the")
    assert "the backup with 8; restore into another folder, or have it moved aside wi" in said
    restore(early, data, is_forced=True)
    assert contents(data / ASIDE) == before
    assert len(contents(folder)["reports.bin"]) < len(before["reports.bin"])


def test_day_of_another_history_is_moved_only_by_force(whole, data, folder):
    shutil.rmtree(folder)
    kept_day(folder, [*TRADED, cancel(9)])
    said = refusal(whole, data)
    assert "has another history than the backup: it ends with the sequence 12, the backup" in said
    restore(whole, data, is_forced=True)


def test_day_that_is_damaged_may_be_newer(whole, data, folder):
    flip(folder / "journal" / "00000002.log", 100)
    said = refusal(whole, data)
    assert "may be newer than the backup: it is damaged behind the sequence 4, and the ba" in said
    restore(whole, data, is_forced=True)


@pytest.mark.parametrize("remains", [[], ["reports.bin"]])
def test_folder_that_has_lost_its_journal_is_replaced(whole, data, folder, remains):
    before = contents(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    for name in remains:
        (folder / name).write_bytes(before[name])
    restore(whole, data)
    assert contents(folder) == before


def test_later_days_keep_an_older_one_from_coming_back(whole, data, folder):
    (data / "20260707").mkdir()
    shutil.rmtree(folder)
    said = refusal(whole, data)
    assert f"has gone on to 20260707, and the backup is of {BUSINESS_DATE}; restore" in said
    restore(whole, data, is_forced=True)
    assert folder.exists()


def test_earlier_days_and_what_was_moved_aside_do_not(whole, data, folder):
    for name in ("20260703", "20260707.superseded", "notes"):
        (data / name).mkdir()
    restore(whole, data)


@pytest.mark.parametrize("is_forced", [False, True])
def test_day_that_is_being_written_is_never_replaced(folder, data, target, is_forced):
    day = Day(folder, CLOSED)
    day.goes_on(8)
    place, _ = make(day.daybook, target, Kind.AD_HOC)
    said = refusal(place, data, is_forced=is_forced)
    assert "is being written by another process; stop that one first" in said
    day.stops()
    restore(place, data)


@pytest.mark.parametrize("name", ["journal/00000002.log", "reports.bin", "clearing/gh.dbf"])
def test_flipped_byte_is_found_before_anything_is_touched(whole, data, name):
    flip(whole / name, 200)
    said = refusal(whole, data, is_forced=True)
    assert said == f"{whole}: {name} has other bytes than were written; use another backup"


def test_backup_that_lacks_or_has_a_file_too_much_is_refused(whole, data):
    (whole / "reports.bin").rename(whole / "other.bin")
    assert "reports.bin is missing from it" in refusal(whole, data)
    shutil.copy(whole / "other.bin", whole / "reports.bin")
    assert "other.bin is not in its manifest.json; take it away" in refusal(whole, data)
    (whole / "manifest.json").unlink()
    assert "has no manifest.json, so it is not a whole backup" in refusal(whole, data)


def test_manifest_of_a_later_format_is_refused(whole, data):
    path = whole / "manifest.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2, "colour": 3'))
    said = refusal(whole, data)
    assert said == f"{whole}: has backup format 2; this program reads format 1"


def test_what_is_no_backup_is_refused(data, tmp_path):
    assert "cannot be read: No such file" in refusal(tmp_path / "nowhere", data)
    (tmp_path / f"x{SUFFIX}").write_bytes(b"#!/bin/sh\n")
    assert "cannot be read: Not a gzipped file" in refusal(tmp_path / f"x{SUFFIX}", data)


@pytest.mark.parametrize("kind", [Kind.AFTER_CLEARING, Kind.ARCHIVE])
def test_disk_that_fails_at_any_step_loses_nothing(folder, data, target, tmp_path, kind):
    place, _ = make(kept_day(business_day(tmp_path), CLOSED, is_cleared=True), target, kind)
    day = Day(folder, CLOSED)
    day.goes_on(8)
    day.stops()
    before, step, failed_at_the_end = contents(folder), 0, 0
    while True:
        step += 1
        try:
            restore(place, data, disk=FailingDisk(step))
        except BackupError as error:
            assert str(error) == f"{folder}: was not restored: No space left on device"
            assert not list(data.glob(".*"))
            if (data / ASIDE).exists():
                failed_at_the_end += 1
                shutil.rmtree(folder)
                (data / ASIDE).rename(folder)
            assert contents(folder) == before
            continue
        break
    assert step > 20 and failed_at_the_end == 1
    assert contents(data / ASIDE) == before

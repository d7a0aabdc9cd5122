"""A journal that is read while it is written: what a reader sees half is not called damaged."""

from pathlib import Path

import numpy as np
import pytest

from engine.storage.journal import Mode
from engine.storage.segment import JournalError
from engine.storage.segments import Reader, read_log
from tests.commands import cancel
from tests.storage.journals import WRITTEN, begun, stamped, written

FIRST = "00000001.log"
PAGE = 4_096
MANY = stamped([*WRITTEN, *[cancel(1)] * 86])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


def meanwhile(monkeypatch, happens) -> None:
    """Let something happen before a reader gets the first content of the first segment.

    What it returns is that content; None leaves it as it is.
    """
    read, seen = Reader.content_of, []

    def content_of(reader: Reader, path: Path) -> np.ndarray:
        if not seen:
            seen.append(path)
            content = happens()
            if content is not None:
                return np.frombuffer(content, np.uint8)
        return read(reader, path)

    monkeypatch.setattr(Reader, "content_of", content_of)


def test_a_page_from_before_a_write_and_one_from_behind_it_are_no_damage(folder, monkeypatch):
    log = begun(folder, segment_bytes=1 << 16)
    log.append(MANY[:40])
    before = (folder / FIRST).read_bytes()
    log.append(MANY[40:])
    after = (folder / FIRST).read_bytes()
    meanwhile(monkeypatch, lambda: before[:PAGE] + after[PAGE:])
    assert len(read_log(folder).commands) == len(MANY)
    log.close()


def test_damage_is_told_as_soon_as_it_has_been_seen_twice(folder):
    content = bytearray(written(folder, [MANY])[FIRST])
    content[1_000] ^= 1
    (folder / FIRST).write_bytes(content)
    with pytest.raises(JournalError, match="is damaged at byte 1000"):
        read_log(folder)


def test_a_journal_that_grows_is_read_as_far_as_it_reached(folder, monkeypatch):
    written(folder, [MANY[:40]], segment_bytes=PAGE)
    logs = []

    def goes_on() -> None:
        logs.append(begun(folder, Mode.BUFFERED))
        for start in range(40, 40_040, 50):
            rows = np.tile(MANY[40:], 1)
            rows["sequence"] = np.arange(start + 1, start + 51)
            logs[0].append(rows)

    meanwhile(monkeypatch, goes_on)
    assert len(read_log(folder).commands) == 40
    logs[0].close()
    assert len(read_log(folder).commands) == 40_040

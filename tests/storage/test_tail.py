"""The tail of a journal: what is written comes once, whole, in order, and not before its time."""

import pytest

from engine.storage.journal import Journal, Mode
from engine.storage.segment import JournalError
from engine.storage.segments import NO_LOG, read_log, segment_path
from engine.storage.tail import PIECE_LINES, Tail
from protocol.records import ROW_BYTES
from tests.commands import cancel
from tests.storage.journals import WRITTEN, begun, stamped, written

MANY = stamped([*WRITTEN, *[cancel(1)] * 96])
PAGE = 4_096


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


def sequences(tail: Tail, reads: int = 40) -> list[int]:
    """Return the sequences of all that has come by now."""
    return [number for _ in range(reads) for number in tail.read()["sequence"].tolist()]


def expected(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


def test_groups_come_one_after_the_other_as_they_are_written(folder):
    log = begun(folder)
    tail = Tail(folder, NO_LOG, only_durable=True)
    come = bytearray()
    for start in range(0, 100, 10):
        assert len(tail.read()) == 0
        log.append(MANY[start : start + 10])
        come += tail.read().tobytes()
    log.close()
    assert sequences(tail) == []
    assert come == read_log(folder).commands.tobytes()


def test_a_tail_goes_on_where_a_log_ends(folder):
    log = begun(folder)
    log.append(MANY[:30])
    tail = Tail(folder, read_log(folder), only_durable=True)
    assert tail.ready == 30
    log.append(MANY[30:])
    assert sequences(tail) == expected(31, 100)
    log.close()


def test_a_tail_of_nothing_waits_for_the_journal(folder):
    tail = Tail(folder, NO_LOG, only_durable=False)
    assert len(tail.read()) == 0
    log = begun(folder, Mode.BUFFERED)
    log.append(MANY)
    assert sequences(tail) == expected(1, 100)
    log.close()


def test_a_tail_turns_from_segment_to_segment(folder):
    log = begun(folder, segment_bytes=PAGE)
    tail = Tail(folder, NO_LOG, only_durable=True)
    for start in range(0, 100, 25):
        log.append(MANY[start : start + 25])
    assert segment_path(folder, 2).exists()
    assert sequences(tail) == expected(1, 100)
    log.close()


def test_a_group_longer_than_a_piece_comes_whole(folder):
    rows = stamped([*WRITTEN, *[cancel(1)] * (3 * PIECE_LINES)])
    log = begun(folder)
    tail = Tail(folder, NO_LOG, only_durable=True)
    log.append(rows)
    assert tail.read()["sequence"].tolist() == expected(1, len(rows))
    log.close()


def test_what_is_not_on_the_disk_yet_is_held_back(folder, monkeypatch):
    log = begun(folder)
    log.append(MANY[:10])
    tail = Tail(folder, read_log(folder), only_durable=True)
    told = Tail(folder, read_log(folder), only_durable=False)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "sync", lambda self: None)
        log.append(MANY[10:20])
        assert sequences(tail) == []
        assert sequences(told) == expected(11, 20)
    late = Tail(folder, read_log(folder), only_durable=True)
    assert late.ready == 10
    log.append(MANY[20:])
    assert sequences(tail) == sequences(late) == expected(11, 100)
    log.close()


def test_a_group_that_is_half_written_is_read_again(folder):
    content = written(folder, [MANY[:40], MANY[40:]])["00000001.log"]
    path = segment_path(folder, 1)
    tail = Tail(folder, NO_LOG, only_durable=False)
    seen = []
    for end in range(ROW_BYTES, len(content) + 1, 1_000):
        path.write_bytes(content[:end] + bytes(len(content) - end))
        seen += tail.read()["sequence"].tolist()
        tail.close()
    path.write_bytes(content)
    assert seen + sequences(tail) == expected(1, 100)


def test_a_writer_that_was_killed_and_starts_again_is_followed(folder):
    log = begun(folder)
    tail = Tail(folder, NO_LOG, only_durable=True)
    log.append(MANY[:50])
    log.let_go()
    with segment_path(folder, 1).open("r+b") as file:
        file.seek(log.offset + ROW_BYTES)
        file.write(b"torn" * ROW_BYTES)
    assert sequences(tail) == expected(1, 50)
    again = begun(folder)
    again.append(MANY[50:])
    assert sequences(tail) == expected(51, 100)
    again.close()


def test_a_journal_that_is_another_one_now_is_refused(folder):
    log = begun(folder)
    log.append(MANY[:50])
    tail = Tail(folder, read_log(folder), only_durable=False)
    path = segment_path(folder, 1)
    content = bytearray(path.read_bytes())
    content[tail.end.offset - 1] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalError, match="is not what it was up to byte"):
        tail.read()
    log.close()


@pytest.mark.parametrize(("place", "reason"), [(0, "is no journal"), (20, "does not follow")])
def test_a_segment_that_does_not_follow_is_refused(folder, place, reason):
    written(folder, [MANY[:50]], segment_bytes=PAGE)
    tail = Tail(folder, NO_LOG, only_durable=False)
    path = segment_path(folder, 1)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalError, match=reason):
        tail.read()


def test_a_segment_that_cannot_be_read_is_told(folder):
    segment_path(folder, 1).mkdir(parents=True)
    with pytest.raises(JournalError, match="cannot be read"):
        Tail(folder, NO_LOG, only_durable=False).read()

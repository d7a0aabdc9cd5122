"""The journal: what goes in comes out, and it goes on where it ended."""

import os
from errno import ENOSPC

import numpy as np
import pytest

from engine.kernels import LINE_WORDS, extended, first_bad_line, seal
from engine.kernels.crc import step_by_table
from engine.storage.disk import Disk
from engine.storage.journal import Journal, Mode, Told
from engine.storage.segment import JournalError
from engine.storage.segments import read_journal, read_log
from protocol.records import COMMAND, GROUP, HEADER, REPORT, ROW_BYTES
from tests.commands import BUSINESS_DATE, cancel
from tests.storage.journals import WRITTEN, begun, contents, singles, stamped, written

ON_DISK = (Mode.SYNC, Mode.BUFFERED)
FIRST = "00000001.log"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


def crc_by_the_bit(data: bytes) -> int:
    """Return CRC-32C as its definition says, a bit at a time."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def random_lines(count: int) -> np.ndarray:
    lines = np.random.default_rng(1).integers(0, 2**32, (count, LINE_WORDS), np.uint32)
    lines[:2] = [[0], [2**32 - 1]]
    return lines


def test_checksum_is_crc_32c_of_the_one_before_and_the_line():
    assert crc_by_the_bit(b"123456789") == 0xE3069283
    lines = random_lines(50)
    assert seal(lines, 7) == lines[-1, -1]
    before = 7
    for line in lines:
        assert line[-1] == crc_by_the_bit(before.to_bytes(4, "little") + line[:-1].tobytes())
        before = int(line[-1])
    assert first_bad_line(lines, 7) == len(lines)
    assert first_bad_line(lines, 8) == 0
    lines[20, 3] ^= 1
    assert first_bad_line(lines, 7) == 20


def test_checksum_of_lines_goes_on_from_a_checksum():
    lines = random_lines(9)
    whole = crc_by_the_bit(lines.tobytes())
    assert extended(extended(0, lines[:4]), lines[4:]) == extended(0, lines) == whole
    assert extended(whole, lines[:0]) == whole


def test_tables_step_as_the_processor_does():
    remainder = np.uint32(0xFFFFFFFF)
    for low, high in random_lines(3).reshape(-1, 2):
        remainder = getattr(step_by_table, "py_func", step_by_table)(remainder, low, high)
    assert int(remainder) ^ 0xFFFFFFFF == extended(0, random_lines(3))


@pytest.mark.parametrize("mode", ON_DISK)
def test_what_is_appended_is_read_back(folder, mode):
    rows = stamped(WRITTEN)
    written(folder, [rows[:1], rows[1:]], mode=mode)
    again = read_journal(folder)
    again["checksum"] = 0
    assert again.tobytes() == rows.tobytes()


def test_groups_say_what_came_together_and_what_was_on_the_disk(folder):
    rows = stamped(WRITTEN)
    written(folder, [rows[:1], rows[1:3], rows[3:]])
    log = read_log(folder)
    assert log.groups[["sequence", "rows", "durable"]].tolist() == [
        (1, 1, 0),
        (2, 2, 1),
        (4, 1, 3),
        (5, 0, 4),
    ]
    assert set(log.groups["reports"].tolist()) == {-1}


def test_groups_say_what_was_told_before_them(folder):
    rows, reports = stamped(WRITTEN), np.ones(3, REPORT)
    log = begun(folder)
    log.told = Told()
    log.append(rows[:1])
    log.append(rows[1:3], [reports[:1], reports[1:2]])
    log.append(rows[3:], [])
    log.tell([reports[2:]])
    log.close()
    told = [(0, 0), *[(n, crc_by_the_bit(reports[:n].tobytes())) for n in (2, 2, 3)]]
    assert read_log(folder).groups[["reports", "told"]].tolist() == told


def test_header_names_format_and_day(folder):
    content = written(folder, [])[FIRST][:ROW_BYTES]
    header = np.frombuffer(content, HEADER)[0]
    assert content[:12] == b"CUOHEJNL\x02\x00\x40\x00"
    assert (header["business_date"], header["segment"], header["sequence"]) == (BUSINESS_DATE, 1, 1)
    assert header["previous"].tobytes() == bytes(32)
    assert header["checksum"] == crc_by_the_bit(bytes(4) + content[:60])


def test_new_journal_holds_no_rows(folder):
    assert [len(content) for content in written(folder, []).values()] == [2 * ROW_BYTES]
    assert read_journal(folder).dtype == COMMAND
    assert len(read_journal(folder)) == 0


def test_nothing_is_written_before_it_begins(folder):
    Journal(folder, BUSINESS_DATE, Mode.SYNC).close()
    assert not folder.exists()
    before = written(folder, [stamped(WRITTEN)])
    Journal(folder, BUSINESS_DATE, Mode.SYNC).close()
    assert contents(folder) == before


def test_journal_goes_on_where_it_ended_as_if_it_never_had(folder, tmp_path):
    rows = stamped([*WRITTEN, cancel(2), cancel(3)])
    written(folder, [rows[:4]])
    again = written(folder, [rows[4:]])
    assert again == written(tmp_path / "other", [rows[:4], rows[4:]])
    assert read_journal(folder)["sequence"].tolist() == [1, 2, 3, 4, 5, 6]


def test_segments_follow_each_other_and_are_cut_to_their_length(folder):
    rows = stamped([cancel(n) for n in range(1, 41)])
    files = written(folder, singles(rows), segment_bytes=16 * ROW_BYTES)
    assert list(files) == [f"{number:08}.log" for number in range(1, 7)]
    assert {len(content) for content in list(files.values())[:-1]} == {15 * ROW_BYTES}
    headers = [np.frombuffer(content, HEADER, 1)[0] for content in files.values()]
    assert [header["segment"] for header in headers] == [1, 2, 3, 4, 5, 6]
    assert [header["sequence"] for header in headers] == [1, 8, 15, 22, 29, 36]
    assert read_journal(folder)["sequence"].tolist() == list(range(1, 41))


def test_group_larger_than_a_segment_is_a_segment_of_its_own(folder):
    rows = stamped([cancel(n) for n in range(1, 41)])
    files = written(folder, [rows[:1], rows[1:39], rows[39:]], segment_bytes=16 * ROW_BYTES)
    assert [len(content) // ROW_BYTES for content in files.values()] == [3, 40, 4]
    assert len(read_journal(folder)) == 40


def test_a_segment_has_room_ahead_while_it_is_written(folder):
    log = begun(folder, segment_bytes=4_096)
    log.append(stamped(WRITTEN))
    assert len(contents(folder)[FIRST]) == 4_096
    assert len(read_journal(folder)) == len(WRITTEN)
    log.close()
    assert len(contents(folder)[FIRST]) == 7 * ROW_BYTES


def test_mode_none_writes_nothing(folder):
    log = begun(folder, mode=Mode.NONE)
    log.append(stamped(WRITTEN))
    log.close()
    assert not folder.exists()


@pytest.mark.parametrize(("mode", "syncs"), [(Mode.SYNC, 3), (Mode.BUFFERED, 0)])
def test_only_mode_sync_waits_for_the_disk_and_once_for_each_group(
    folder, monkeypatch, mode, syncs
):
    log, synced = begun(folder, mode=mode), []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    for place in range(3):
        log.append(stamped(WRITTEN, after=4 * place))
    assert synced == [log.file] * syncs
    log.close()


class ShortWrites(Disk):
    """A disk that takes only a few bytes at a time."""

    def __init__(self, most: int) -> None:
        self.most = most

    def write(self, file: int, data: memoryview, offset: int) -> int:
        return super().write(file, data[: self.most], offset)


@pytest.mark.parametrize("most", [1, 7, 100])
def test_short_writes_are_gone_on_with(folder, tmp_path, most):
    whole = written(folder, [stamped(WRITTEN)])
    assert written(tmp_path / "other", [stamped(WRITTEN)], disk=ShortWrites(most)) == whole


def test_folder_that_is_not_there_cannot_be_read(folder):
    with pytest.raises(JournalError, match=r"journal: cannot be read: No such file"):
        read_journal(folder)


def test_journal_of_another_day_is_not_appended_to(folder):
    before = written(folder, [stamped(WRITTEN)])
    with pytest.raises(JournalError, match=f"is the journal of {BUSINESS_DATE}, not of 20260707"):
        begun(folder, business_date=20260707)
    assert contents(folder) == before


def test_file_of_another_program_is_no_journal(folder):
    folder.mkdir()
    (folder / FIRST).write_bytes(b"#!/bin/sh\n" * 64)
    with pytest.raises(JournalError, match="is no journal of cuohe"):
        begun(folder)


def test_journal_of_another_version_is_refused(folder):
    path = folder / FIRST
    content = bytearray(written(folder, [stamped(WRITTEN)])[FIRST])
    content[8] = 3
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"has journal version 3 .* reads version 2"):
        read_journal(folder)


def test_journal_of_the_release_before_is_refused_with_what_to_do(folder):
    folder.with_suffix(".bin").write_bytes(b"CUOHEJNL\1")
    for use in (read_journal, begun):
        with pytest.raises(
            JournalError, match=r"journal\.bin: is a journal of version 1; .* close"
        ):
            use(folder)


def test_journal_has_one_writer(folder):
    log = begun(folder)
    with pytest.raises(JournalError, match="is being written by another process"):
        begun(folder)
    log.append(stamped(WRITTEN))
    log.close()
    assert len(read_journal(folder)) == len(WRITTEN)


class Refusing(Disk):
    """Refuses one of its steps; counts the syncs that are tried."""

    def __init__(self, step: str) -> None:
        self.syncs = 0
        self.step = step

    def allocate(self, file: int, size: int) -> None:
        self.refuse("allocate")
        super().allocate(file, size)

    def sync(self, file: int) -> None:
        self.syncs += 1
        self.refuse("sync")
        super().sync(file)

    def refuse(self, step: str) -> None:
        if step == self.step:
            raise OSError(ENOSPC, os.strerror(ENOSPC))


@pytest.mark.parametrize(("step", "syncs"), [("allocate", 0), ("sync", 1)])
@pytest.mark.parametrize("is_new", [True, False])
def test_journal_that_cannot_begin_says_why_and_lets_go_of_all(folder, step, syncs, is_new):
    if not is_new:
        written(folder, [stamped(WRITTEN)])
    disk = Refusing(step)
    log = Journal(folder, BUSINESS_DATE, Mode.SYNC, disk)
    with pytest.raises(OSError, match="No space left on device"):
        log.begin()
    log.close()
    assert disk.syncs == syncs
    begun(folder).close()
    assert len(read_journal(folder)) == (0 if is_new else len(WRITTEN))


def test_of_two_that_begin_a_journal_at_once_one_is_told_so(folder):
    one, other = (Journal(folder, BUSINESS_DATE, Mode.SYNC) for _ in range(2))
    late = Journal(folder, BUSINESS_DATE, Mode.SYNC)
    one.begin()
    with pytest.raises(JournalError, match="is being written by another process"):
        other.begin()
    other.close()
    one.append(stamped(WRITTEN))
    one.close()
    with pytest.raises(JournalError, match="was begun by another process meanwhile"):
        late.begin()
    late.close()
    assert len(read_journal(folder)) == len(WRITTEN)


def test_what_never_got_its_name_is_removed(folder):
    whole = written(folder, [stamped(WRITTEN)])
    (folder / ".00000002.log.partial").write_bytes(b"CUOHEJNL")
    assert written(folder, []) == whole


def test_segment_without_its_header_is_made_anew(folder):
    whole = written(folder, [stamped(WRITTEN)])
    (folder / "00000002.log").write_bytes(b"CUOHEJNL")
    assert read_log(folder).torn == 8
    assert written(folder, []) == whole


def test_segment_that_is_missing_is_named(folder):
    written(folder, singles(stamped(WRITTEN)), segment_bytes=4 * ROW_BYTES)
    (folder / "00000002.log").unlink()
    with pytest.raises(JournalError, match=r"00000002\.log: is missing, though 00000003\.log is"):
        read_journal(folder)


def test_segment_of_another_history_is_named(folder, tmp_path):
    rows = stamped(WRITTEN)
    written(folder, singles(rows), segment_bytes=4 * ROW_BYTES)
    rows["time"] += 1
    written(tmp_path / "other", singles(rows), segment_bytes=4 * ROW_BYTES)
    (tmp_path / "other" / "00000002.log").replace(folder / "00000002.log")
    with pytest.raises(JournalError, match=r"00000002\.log: the header .* restore the file"):
        read_journal(folder)


def test_group_that_is_missing_or_doubled_is_noticed(folder):
    content = written(folder, singles(stamped(WRITTEN)))[FIRST]
    head, *groups, mark = (content[at : at + 128] for at in range(-64, len(content), 128))
    head = content[:64]
    groups = [content[64 + 128 * n : 192 + 128 * n] for n in range(4)]
    for order in [(1, 2, 3), (0, 0, 1), (0, 2, 1, 3), (0, 1, 3)]:
        (folder / FIRST).write_bytes(head + b"".join(groups[n] for n in order) + mark)
        with pytest.raises(JournalError, match=r"line .* was on the disk"):
            read_journal(folder)


def test_group_is_a_line_like_any_other():
    assert GROUP.itemsize == HEADER.itemsize == ROW_BYTES

"""A journal that was cut, torn or damaged: what nobody was told of is dropped, the rest named."""

import re

import numpy as np
import pytest

from engine.storage.segment import JournalError
from engine.storage.segments import read_log
from protocol.records import ROW_BYTES
from tests.commands import cancel
from tests.storage.journals import WRITTEN, begun, singles, stamped, written

FIRST = "00000001.log"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


def refusal(folder) -> str:
    """Return why a journal is refused."""
    with pytest.raises(JournalError) as refused:
        read_log(folder)
    return str(refused.value).removeprefix(f"{folder}/")


def killed(folder, groups: list[np.ndarray]) -> bytes:
    """Return what the file of a journal holds whose process was killed behind some groups."""
    log = begun(folder, segment_bytes=4_096)
    for rows in groups:
        log.append(rows)
    content = (folder / FIRST).read_bytes()
    log.close()
    return content


def test_cut_anywhere_leaves_the_groups_that_are_whole(folder):
    content = written(folder, singles(stamped(WRITTEN)))[FIRST]
    for size in range(len(content)):
        (folder / FIRST).write_bytes(content[:size])
        log = read_log(folder)
        assert len(log.commands) == max(0, (size - ROW_BYTES) // (2 * ROW_BYTES))
        behind = content[log.end.offset : size]
        assert log.torn == (len(behind.rstrip(b"\0")) if log.end.segment else size)


def test_journal_goes_on_behind_a_torn_tail_and_nothing_of_it_comes_back(folder, tmp_path):
    rows = stamped([*WRITTEN, cancel(2)])
    content = killed(tmp_path / "killed", [rows[:2], rows[2:4]])
    folder.mkdir()
    (folder / FIRST).write_bytes(content[: 5 * ROW_BYTES + 7] + content[5 * ROW_BYTES + 8 : 448])
    assert read_log(folder).torn == 448 - 4 * ROW_BYTES - 1
    other = stamped([cancel(7), cancel(8)], after=2)
    assert written(folder, [other]) == written(tmp_path / "other", [rows[:2], other])


@pytest.mark.parametrize("is_killed", [False, True])
def test_flipped_bit_anywhere_is_found_with_its_byte(folder, tmp_path, is_killed):
    groups = [stamped(WRITTEN)[:3], stamped(WRITTEN)[3:]]
    whole = written(folder, groups)[FIRST]
    content = killed(tmp_path / "killed", groups) if is_killed else whole
    mark = len(whole) - ROW_BYTES
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        (folder / FIRST).write_bytes(flipped)
        if place >= mark:
            assert len(read_log(folder).commands) == len(WRITTEN)
            assert read_log(folder).torn > 0
        elif place < 8:
            assert refusal(folder).startswith(f"{FIRST}: is no journal of cuohe")
        elif place < 12:
            assert refusal(folder).startswith(f"{FIRST}: has journal version")
        elif place < ROW_BYTES:
            assert f"the header is damaged at byte {place};" in refusal(folder)
        else:
            line = place // ROW_BYTES
            assert f"line {line} is damaged at byte {place}; it was on the disk" in refusal(folder)


def test_more_than_one_wrong_byte_is_found_with_its_line(folder):
    content = bytearray(written(folder, [stamped(WRITTEN)])[FIRST])
    content[200] ^= 1
    content[230] ^= 9
    (folder / FIRST).write_bytes(content)
    assert "line 3 does not have its checksum, from byte 192 to 256; it was" in refusal(folder)


def test_damage_in_a_segment_that_others_follow_is_never_a_torn_tail(folder):
    files = written(folder, singles(stamped(WRITTEN)), segment_bytes=4 * ROW_BYTES)
    for size in range(ROW_BYTES, len(files[FIRST])):
        (folder / FIRST).write_bytes(files[FIRST][:size])
        said = refusal(folder)
        if (size - ROW_BYTES) % (2 * ROW_BYTES):
            assert re.match(rf"{FIRST}: (line \d|breaks off within a group)", said)
        else:
            assert said.startswith("00000002.log: the header does not have its checksum")

"""A journal that breaks off anywhere is read up to its last whole group, and goes on from there.

In CI each of the 65,536 bytes of a journal is the one at which it breaks off, in the long form each
of a megabyte.
"""

import os
from pathlib import Path
from random import Random
from shutil import copytree

import numpy as np
import pytest

from engine.storage.journal import Journal, Mode
from engine.storage.segment import JournalError
from engine.storage.segments import read_log
from protocol.records import ROW_BYTES
from tests.commands import BUSINESS_DATE
from tests.crash.days import has_every_kind, in_groups, rows_of_day
from tests.crash.serving import DAY, HASTY, Reference, Serving

SHORT_BYTES = 1 << 16
LONG_BYTES = 1 << 20
SEGMENT = "00000001.log"
COMMANDS = {SHORT_BYTES: 940, LONG_BYTES: 16_300}
GROUP_ROWS_MAX = {SHORT_BYTES: 16, LONG_BYTES: 100}


def written(folder: Path, groups: list[np.ndarray], segment_bytes: int = LONG_BYTES << 2) -> Path:
    """Write the journal of a day, and end it in order; return its folder."""
    folder.mkdir(exist_ok=True)
    journal = Journal(folder / "journal", BUSINESS_DATE, Mode.BUFFERED, HASTY, segment_bytes)
    journal.begin()
    for group in groups:
        journal.append(group)
    journal.close()
    return folder / "journal"


def ends_of(groups: list[np.ndarray]) -> list[tuple[int, int]]:
    """Return where groups end in a segment, in bytes, each with how many commands there are by
    then."""
    ends, offset, rows = [(0, 0)], ROW_BYTES, 0
    for group in groups:
        offset += (1 + len(group)) * ROW_BYTES
        rows += len(group)
        ends.append((offset, rows))
    return ends


def assert_read_up_to_every_cut(folder: Path, groups: list[np.ndarray], size: int) -> None:
    """Cut a journal of at least `size` bytes shorter by a byte at a time, and read it each time."""
    journal = written(folder, groups)
    segment = journal / SEGMENT
    whole = read_log(journal).commands.tobytes()
    ends = ends_of(groups)
    assert segment.stat().st_size == ends[-1][0] + ROW_BYTES >= size
    for cut in reversed(range(segment.stat().st_size + 1)):
        os.truncate(segment, cut)
        while cut < ends[-1][0]:
            ends.pop()
        end, rows = ends[-1]
        log = read_log(journal)
        assert len(log.commands) == rows, f"cut at byte {cut}"
        assert log.torn <= cut - end, f"cut at byte {cut}"
        if cut % ROW_BYTES == 0:
            assert log.commands.tobytes() == whole[: rows * ROW_BYTES], f"cut at byte {cut}"


def assert_goes_on_from_every_prefix(folder: Path, groups: list[np.ndarray], dice: Random) -> None:
    """Cut a journal somewhere behind each of its groups, recover, and go on with the day."""
    journal = written(folder / "whole", groups)
    reference, ends = Reference(groups), ends_of(groups)
    for number, (end, rows) in enumerate(ends):
        place = folder / f"{number}"
        copytree(journal, place / DAY / "journal")
        behind = ends[number + 1][0] if number < len(groups) else end + ROW_BYTES
        os.truncate(place / DAY / "journal" / SEGMENT, dice.randrange(end, behind))
        serving = Serving(place)
        reference.assert_agrees(serving)
        assert serving.venue.sequence == rows
        for group in groups[number : number + 2]:
            serving.carry_out(group)
        serving.close()
        again = Serving(place)
        reference.assert_agrees(again)
        assert again.venue.sequence == ends[min(number + 2, len(groups))][1]
        again.close()


@pytest.mark.parametrize("size", [SHORT_BYTES, pytest.param(LONG_BYTES, marks=pytest.mark.long)])
def test_journal_cut_at_every_byte_is_read_up_to_its_last_whole_group(tmp_path, size):
    rows = rows_of_day(COMMANDS[size])
    assert has_every_kind(rows)
    groups = in_groups(rows, Random(size), GROUP_ROWS_MAX[size])
    assert_read_up_to_every_cut(tmp_path, groups, size)


def test_day_goes_on_from_wherever_its_journal_breaks_off(tmp_path):
    dice = Random(1)
    groups = in_groups(rows_of_day(COMMANDS[SHORT_BYTES]), dice)
    assert_goes_on_from_every_prefix(tmp_path, groups, dice)


def test_segment_that_breaks_off_before_another_is_refused(tmp_path):
    """What is in the next segment tells that this one was whole."""
    groups = in_groups(rows_of_day(COMMANDS[SHORT_BYTES]), Random(2))
    journal = written(tmp_path, groups, SHORT_BYTES // 2)
    segment = journal / SEGMENT
    assert (journal / "00000002.log").exists()
    for cut in reversed(range(segment.stat().st_size)):
        os.truncate(segment, cut)
        with pytest.raises(JournalError, match=r"0000000[12]\.log"):
            read_log(journal)

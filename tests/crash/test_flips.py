"""A bit that has flipped on the disk is noticed, and told with its file and its place.

In CI one bit of each of the 65,536 bytes of a journal, and of each byte of a snapshot, which has
more; in the long form a million bits at random, in a larger journal of several segments and in its
snapshot.  A journal that was closed in order was on the disk as a whole, so that nothing of it may
be taken for the tail of a torn write.  A snapshot, and the reports, can be done without.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest

from engine.storage import snapshot
from engine.storage.segment import JournalError
from engine.storage.segments import read_log
from engine.storage.snapshot import SnapshotError, read_snapshot
from protocol.records import ROW_BYTES
from tests.crash.days import has_every_kind, in_groups, rows_of_day
from tests.crash.seeds import seeds
from tests.crash.serving import DAY, Reference, Serving

BYTES = 1 << 16
LONG_FLIPS = 1_000_000
COMMANDS = 940
SHORT_COMMANDS = 120
LONG_COMMANDS = 3_000
LONG_SEGMENT_BYTES = 80 << 10
SNAPSHOTS = 3
TOLD_EVERY = 41
RECOVERED_EVERY = 197
"""Of so many bytes one is flipped, where it takes longer to see what comes of it."""

PLACE_BYTES = 256
"""How exactly a snapshot says where it is wrong, if that is not in the state itself."""


@contextmanager
def flipped(path: Path, place: int, bit: int) -> Iterator[None]:
    """Have one bit of a file wrong within the context."""
    file = os.open(path, os.O_RDWR)
    try:
        right = os.pread(file, 1, place)
        os.pwrite(file, bytes([right[0] ^ 1 << bit]), place)
        yield
        os.pwrite(file, right, place)
    finally:
        os.close(file)


class Kept:
    """A day that was served and closed in order: its folder, and what it was."""

    def __init__(self, folder: Path, commands: int, segment_bytes: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.segment_bytes = segment_bytes
        rows = rows_of_day(commands)
        assert has_every_kind(rows)
        self.groups = in_groups(rows, Random(commands))
        self.reference = Reference(self.groups)
        self.last = int(self.groups[-1]["sequence"][-1])
        serving = Serving(folder, segment_bytes=segment_bytes)
        serving.go_on(self.groups, len(self.groups) // (SNAPSHOTS + 1))
        serving.close()
        self.journal = folder / DAY / "journal"
        self.segments = sorted(self.journal.glob("*.log"))
        self.snapshots = sorted((folder / DAY / "snapshots").glob("*.snapshot"))

    def recovered(self) -> Serving:
        """Take up a copy of the day, and assert that it is right."""
        with TemporaryDirectory(dir=self.folder.parent) as copy:
            copytree(self.folder, copy, dirs_exist_ok=True)
            serving = Serving(Path(copy), segment_bytes=self.segment_bytes)
            self.reference.assert_agrees(serving, self.last)
            serving.close()
            return serving

    def assert_noticed(self, segment: Path, place: int, bit: int) -> None:
        """Assert that the journal is refused with this bit flipped, for the right reason.

        Only the mark at the very end may be damaged without any harm.
        """
        is_of_mark = segment == self.segments[-1] and place >= segment.stat().st_size - ROW_BYTES
        with flipped(segment, place, bit):
            if is_of_mark:
                assert len(read_log(self.journal).commands) == self.last
                return
            with pytest.raises(JournalError) as refused:
                read_log(self.journal)
        assert_names(refused.value, segment, place)

    def assert_passed_over(
        self, path: Path, place: int, bit: int, within: int = PLACE_BYTES
    ) -> None:
        """Assert that a snapshot cannot be read with this bit flipped, for the right reason."""
        with flipped(path, place, bit), pytest.raises(SnapshotError) as refused:
            read_snapshot(path)
        assert_names(refused.value, path, place, within)


def assert_names(error: Exception, path: Path, place: int, within: int = 1) -> None:
    """Assert that an error names the file, and where it is wrong, within so many bytes.

    Of a header that says that it is of something else, no place is told.
    """
    said = str(error)
    assert said.startswith(f"{path}: "), said
    told = re.search(r"byte (\d+)", said)
    start = int(told[1]) if told else 0
    assert start <= place < start + (within if told else ROW_BYTES), f"{said}, and was {place}"


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Kept:
    kept = Kept(tmp_path_factory.mktemp("flips") / "day", COMMANDS, 1 << 20)
    assert kept.segments[0].stat().st_size >= BYTES
    return kept


def test_flipped_bit_of_the_journal_is_told_with_its_byte(kept):
    (segment,) = kept.segments
    for place in range(segment.stat().st_size):
        kept.assert_noticed(segment, place, place % 8 ^ place // 8 % 8)


def test_flipped_bit_of_a_journal_that_nobody_closed_is_noticed(tmp_path):
    """All before the last mark was on the disk; behind it, nothing can be lost."""
    groups = in_groups(rows_of_day(SHORT_COMMANDS), Random(SHORT_COMMANDS))
    serving = Serving(tmp_path, segment_bytes=BYTES)
    for group in groups:
        serving.carry_out(group)
    end, last = serving.journal.offset, serving.venue.sequence
    serving.be_gone()
    segment = tmp_path / DAY / "journal" / "00000001.log"
    for place in range(end):
        with flipped(segment, place, place % 8), pytest.raises(JournalError) as refused:
            read_log(segment.parent)
        assert_names(refused.value, segment, place)
    for place in range(end, end + 1_000):
        with flipped(segment, place, place % 8):
            assert len(read_log(segment.parent).commands) == last


def test_flipped_bit_of_a_snapshot_is_noticed(kept, monkeypatch):
    """Which byte of a block it is, is not asked here: that takes a while."""
    newest = kept.snapshots[-1]
    assert newest.stat().st_size >= BYTES
    monkeypatch.setattr(snapshot, "wrong_at", lambda start, *_: f"is damaged from byte {start}")
    for place in range(newest.stat().st_size):
        kept.assert_passed_over(newest, place, place * 5 % 8, within=snapshot.BLOCK_BYTES)


def test_flipped_bit_of_a_snapshot_is_told_with_its_byte(kept):
    newest = kept.snapshots[-1]
    for place in range(0, newest.stat().st_size, TOLD_EVERY):
        kept.assert_passed_over(newest, place, place * 3 % 8)


def test_flipped_bit_of_a_snapshot_lets_the_one_before_be_used(kept):
    *_, older, newest = kept.snapshots
    size = newest.stat().st_size
    start = read_snapshot(older).sequence
    for place in range(0, size, RECOVERED_EVERY):
        with flipped(newest, place, place % 8):
            serving = kept.recovered()
        assert (serving.starts_at, len(serving.warnings)) == (start, 1)


def test_flipped_bit_of_the_reports_has_them_made_anew(kept):
    """Snapshots that stand on what is damaged are passed over, and those before it are not."""
    reports = kept.folder / DAY / "reports.bin"
    taken = [read_snapshot(path) for path in kept.snapshots]
    starts = [(0, 0), *((one.told.reports * ROW_BYTES, one.sequence) for one in taken)]
    for place in range(0, reports.stat().st_size, RECOVERED_EVERY):
        with flipped(reports, place, place % 8):
            serving = kept.recovered()
        usable = [sequence for end, sequence in starts if end <= place]
        assert serving.starts_at == usable[-1]
        assert len(serving.warnings) == len(starts) - len(usable)


@pytest.mark.long
@seeds(0, long=10)
def test_bit_flipped_at_random_is_noticed(tmp_path, seed):
    kept, dice = Kept(tmp_path / "day", LONG_COMMANDS, LONG_SEGMENT_BYTES), Random(seed)
    assert len(kept.segments) > 2
    for _ in range(LONG_FLIPS // 10):
        path = dice.choice((*kept.segments, kept.snapshots[-1]))
        check = kept.assert_noticed if path in kept.segments else kept.assert_passed_over
        check(path, dice.randrange(path.stat().st_size), dice.randrange(8))

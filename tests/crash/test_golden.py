"""What a release has written, the next ones read, or refuse with a sentence.

Of the format in use a small day lies frozen in tests/golden/storage/version-2: a journal of two
segments, a snapshot amid it, the reports, and the digest of the state at the end.  Where the format
or the layout of the state has changed on purpose, freeze it anew:

    python -m tests.crash.test_golden

What an older release has written stays as it is.
"""

from pathlib import Path
from random import Random
from shutil import copy, copytree, rmtree
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from engine.storage.journal import Journal, Mode
from engine.storage.segment import JournalError
from engine.storage.segments import read_journal, read_log
from protocol.records import COMMAND, VERSION
from tests.commands import BUSINESS_DATE
from tests.crash.days import in_groups, rows_of_day
from tests.crash.serving import DAY, Serving, files_of

GOLDEN = Path(__file__).parents[1] / "golden" / "storage"
FROZEN = GOLDEN / f"version-{VERSION}"
OLDER = GOLDEN / "version-1" / "journal.bin"
DIGEST = "digest.txt"
COMMANDS = 150
SEGMENT_BYTES = 8 << 10
SNAPSHOT_AFTER = 4
"""Groups; the day has twice as many and more, so that there is but one snapshot."""


def write_day(folder: Path, groups: list[np.ndarray]) -> str:
    """Serve a day, and end it in order; return the digest of its state."""
    serving = Serving(folder, segment_bytes=SEGMENT_BYTES)
    serving.go_on(groups[:SNAPSHOT_AFTER], SNAPSHOT_AFTER)
    serving.go_on(groups, len(groups) + 1)
    serving.close()
    return serving.venue.digest()


def groups_of(journal: Path) -> list[np.ndarray]:
    """Return the commands of a journal in the groups that they came in, without checksums."""
    log = read_log(journal)
    rows = log.commands.copy()
    rows["checksum"] = 0
    starts = log.groups["sequence"][log.groups["rows"] > 0] - 1
    return np.split(rows, starts[1:])


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the frozen day, so that it can be taken up."""
    copytree(FROZEN / "data", tmp_path / "data")
    return tmp_path


@pytest.mark.parametrize("has_snapshot", [True, False], ids=["with-snapshot", "journal-alone"])
def test_frozen_day_is_taken_up(folder, has_snapshot):
    if not has_snapshot:
        rmtree(folder / DAY / "snapshots")
    serving = Serving(folder, segment_bytes=SEGMENT_BYTES)
    assert serving.venue.digest() == (FROZEN / DIGEST).read_text().strip()
    assert (serving.starts_at > 0) == has_snapshot
    assert serving.warnings == []
    assert serving.stream == (FROZEN / DAY / "reports.bin").read_bytes()
    serving.close()


def test_frozen_day_has_all_that_there_is():
    frozen = set(files_of(FROZEN))
    assert {f"{DAY}/journal/0000000{number}.log" for number in (1, 2)} < frozen
    assert len([name for name in frozen if name.endswith(".snapshot")]) == 1
    assert read_journal(FROZEN / DAY / "journal").dtype == COMMAND


def test_frozen_day_is_written_as_it_was(tmp_path):
    write_day(tmp_path, groups_of(FROZEN / DAY / "journal"))
    assert files_of(tmp_path) == {
        name: content for name, content in files_of(FROZEN).items() if name != DIGEST
    }


def test_journal_of_the_release_before_is_refused_with_a_sentence(tmp_path):
    copy(OLDER, tmp_path)
    for use in (read_journal, lambda folder: Journal(folder, BUSINESS_DATE, Mode.SYNC)):
        with pytest.raises(JournalError) as refused:
            use(tmp_path / "journal")
        assert str(refused.value).startswith(
            f"{tmp_path / 'journal.bin'}: is a journal of version 1; this program reads version 2"
        )
    assert (tmp_path / "journal.bin").read_bytes() == OLDER.read_bytes()


def freeze() -> None:
    """Write the golden files anew."""
    with TemporaryDirectory() as folder:
        groups = in_groups(rows_of_day(COMMANDS), Random(COMMANDS), rows_max=30)
        digest = write_day(Path(folder), groups)
        rmtree(FROZEN, ignore_errors=True)
        copytree(folder, FROZEN)
    (FROZEN / DIGEST).write_text(f"{digest}\n")


if __name__ == "__main__":
    freeze()

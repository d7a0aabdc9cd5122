"""A million commands give the same state at every ten-thousandth, whoever replays them, and how.

test_determinism shows the same of every kind of command on a small day.
"""

from collections.abc import Iterator
from pathlib import Path

import numba
import numpy as np
import pytest

from engine.storage.segments import read_journal
from engine.venue import Venue
from protocol.vocabulary import ReportKind
from tests.engine.mixture import COMMANDS, PORTION, ROOM_FOR_ALL, mixture
from tests.engine.replaying import marks, outcome_elsewhere
from tests.engine.test_determinism import write_journal

EVERY = 10_000
DAYS = (1, *[pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 11)])
"""Seeds; the long form has ten million commands."""

INTERPRETED = 20_000
"""Commands that are replayed without the compiler, which takes a thousand times as long."""

pytestmark = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK),
    reason="a million commands are for compiled code",
)


@pytest.fixture(scope="module", params=DAYS)
def day(request, tmp_path_factory) -> Iterator[Path]:
    """The journal of a day."""
    path = tmp_path_factory.mktemp("day") / "journal"
    write_journal(path, mixture(request.param), PORTION)
    yield path


@pytest.fixture(scope="module")
def expected(day) -> list[str]:
    """What comes of it in this process."""
    return marks(day, 4_096, 16_384, EVERY)


def test_day_is_a_real_one(day):
    rows = read_journal(day)
    assert COMMANDS - 2 * PORTION < len(rows) <= COMMANDS
    reports = Venue(ROOM_FOR_ALL).apply(rows)
    assert len(np.unique(rows["kind"])) >= 20
    kinds = np.bincount(reports["kind"], minlength=max(ReportKind) + 1)
    assert kinds[ReportKind.TRADED] > COMMANDS // 4
    assert kinds[ReportKind.REJECTED] < COMMANDS // 4
    assert np.count_nonzero(kinds) >= 16


@pytest.mark.parametrize(("batch_rows", "reports"), [(13, 16_384), (EVERY, 3), (997, 101)])
def test_batches_and_buffers_leave_no_trace(day, expected, batch_rows, reports):
    assert marks(day, batch_rows, reports, EVERY) == expected
    assert len(set(expected)) == len(expected) >= 99


@pytest.mark.parametrize("hash_seed", ["0", "1", "4294967295"])
def test_another_process_finds_the_same(day, expected, hash_seed):
    found = outcome_elsewhere(day, 4_096, 16_384, EVERY, PYTHONHASHSEED=hash_seed)
    assert found["marks"] == expected


def test_the_interpreter_finds_the_same_as_far_as_it_comes(day, expected, tmp_path):
    beginning = tmp_path / "journal"
    write_journal(beginning, read_journal(day)[:INTERPRETED], PORTION)
    found = outcome_elsewhere(beginning, 512, 64, EVERY, NUMBA_DISABLE_JIT="1")
    assert found["compiled"] == [[0, 0, 0], [0, 0, 0]]
    assert found["marks"] == expected[: INTERPRETED // EVERY]


@pytest.mark.long
def test_kernels_that_are_compiled_anew_find_the_same(day, expected, tmp_path):
    found = outcome_elsewhere(day, 4_096, 16_384, EVERY, CUOHE_CACHE=str(tmp_path))
    assert found["marks"] == expected

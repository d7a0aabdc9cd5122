"""The journal: sealing lines, appending groups in each mode, reading a journal back.

`python -m bench.journal` holds the same to what the disk can do, and more.
"""

from pathlib import Path

import numpy as np
import pytest

from bench.flow import BUSINESS_DATE, SHAPES, make_flow
from engine.kernels import LINE_WORDS, first_bad_line, seal
from engine.storage.journal import Journal, Mode
from engine.storage.segments import read_journal

ROWS = 10_000
FLOW = make_flow(SHAPES["A"], ROWS).rows


def rows_from_one() -> np.ndarray:
    """Return rows in the sequence in which a journal begins."""
    rows = FLOW.copy()
    rows["sequence"] = np.arange(ROWS) + 1
    return rows


ROWS_FROM_ONE = rows_from_one()
SEALED = ROWS_FROM_ONE.copy().view(np.uint32).reshape(-1, LINE_WORDS)
seal(SEALED, 0)


def begun(folder: Path, mode: Mode) -> Journal:
    """Return a journal that is ready for its first group."""
    journal = Journal(folder / "journal", BUSINESS_DATE, mode)
    journal.begin()
    return journal


def bench_seal(benchmark):
    benchmark.extra_info["operations"] = ROWS
    benchmark(seal, SEALED, 0)


def bench_check(benchmark):
    benchmark.extra_info["operations"] = ROWS
    assert benchmark(first_bad_line, SEALED, 0) == ROWS


@pytest.mark.parametrize("count", [1, 64, 1_000])
@pytest.mark.parametrize("mode", [Mode.SYNC, Mode.BUFFERED])
def bench_append(benchmark, tmp_path: Path, mode, count):
    journal = begun(tmp_path, mode)
    benchmark.extra_info["operations"] = count
    benchmark.pedantic(journal.append, (ROWS_FROM_ONE[:count],), rounds=30, warmup_rounds=1)
    journal.close()


def bench_read(benchmark, tmp_path: Path):
    journal = begun(tmp_path, Mode.BUFFERED)
    for rows in np.split(ROWS_FROM_ONE, 10):
        journal.append(rows)
    journal.close()
    benchmark.extra_info["operations"] = ROWS
    assert len(benchmark(read_journal, tmp_path / "journal")) == ROWS

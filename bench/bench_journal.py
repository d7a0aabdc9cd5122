"""The journal: sealing rows, appending them in each mode, reading them back."""

from pathlib import Path

import numpy as np
import pytest

from bench.flow import SHAPES, make_flow
from engine.kernels import first_bad_row, seal
from engine.storage.journal import Journal, Mode
from engine.storage.segments import read_journal
from protocol.records import ROW_BYTES

ROWS = 10_000
BUSINESS_DATE = 20260102


def sealed() -> np.ndarray:
    flow = make_flow(SHAPES["A"], ROWS)
    rows = flow.rows.copy()
    rows["sequence"] = np.arange(ROWS) + 1
    seal(rows.view(np.uint8).reshape(-1, ROW_BYTES))
    return rows


SEALED = sealed()
RAW = SEALED.view(np.uint8).reshape(-1, ROW_BYTES)


def bench_seal(benchmark):
    benchmark.extra_info["operations"] = ROWS
    benchmark(seal, RAW)


def bench_check(benchmark):
    benchmark.extra_info["operations"] = ROWS
    assert benchmark(first_bad_row, RAW) == ROWS


@pytest.mark.parametrize("count", [64, 1_000, ROWS])
@pytest.mark.parametrize("mode", [Mode.SYNC, Mode.BUFFERED])
def bench_append(benchmark, tmp_path: Path, mode, count):
    journal = Journal(tmp_path / "journal", BUSINESS_DATE, mode)
    benchmark.extra_info["operations"] = count
    benchmark.pedantic(journal.append, (SEALED[:count],), rounds=30, warmup_rounds=1)
    journal.close()


def bench_read(benchmark, tmp_path: Path):
    journal = Journal(tmp_path / "journal", BUSINESS_DATE, Mode.BUFFERED)
    journal.append(SEALED)
    journal.close()
    benchmark.extra_info["operations"] = ROWS
    assert len(benchmark(read_journal, tmp_path / "journal")) == ROWS

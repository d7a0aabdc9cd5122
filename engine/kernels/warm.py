"""Compiling ahead: every entry point runs once on rows that do nothing.

One process compiles at a time, since two that fill one cache at once can crash.
"""

import fcntl
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from engine.kernels.apply import apply
from engine.kernels.auction import indicative
from engine.kernels.checksum import first_bad_row, seal
from engine.kernels.questions import free_of_funds, free_of_holding, need_of_buy
from engine.kernels.state import Limits, Tables, allocate
from protocol.records import COMMAND, REPORT, ROW_BYTES


def warm(tables: Tables, tell: Callable[[str], None]) -> None:
    """Compile the kernels, or load them from the cache; `tell` hears when it takes a while."""
    if numba.config.DISABLE_JIT:
        return
    cache = Path(numba.config.CACHE_DIR)
    with (cache / "warming.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "warm").exists():
            tell("compiling the kernels, once; this takes up to a minute")
        run_all(tables)
        (cache / "warm").touch()


def run_all(tables: Tables) -> None:
    limits = Limits(
        orders_open=1,
        orders_day=1,
        instruments=1,
        sessions=1,
        rules=1,
        blocks=1,
        ticks=64,
        reports=3,
        accounts=1,
        holdings=1,
        lists=1,
    )
    rows = np.zeros(1, COMMAND)
    raw = rows.view(np.uint8).reshape(-1, ROW_BYTES)
    seal(raw)
    first_bad_row(raw)
    state = allocate(limits, tables)
    apply(state, rows, np.zeros(limits.reports, REPORT))
    indicative(state, 0)
    free_of_funds(state, 0, 0)
    free_of_holding(state, 0)
    need_of_buy(state, 0, 0, 0, 0)

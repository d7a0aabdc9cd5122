"""Compiling ahead: every entry point runs once on rows that do nothing.

One process compiles at a time, since two that fill one cache at once can crash.
"""

import fcntl
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from engine.kernels.apply import apply
from engine.kernels.checksum import first_bad_row, seal
from engine.kernels.state import Limits, allocate
from protocol.records import COMMAND, REPORT, ROW_BYTES


def warm(phases: np.ndarray, order_types: np.ndarray, tell: Callable[[str], None]) -> None:
    """Compile the kernels, or load them from the cache; `tell` hears when it takes a while."""
    if numba.config.DISABLE_JIT:
        return
    cache = Path(numba.config.CACHE_DIR)
    with (cache / "warming.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "warm").exists():
            tell("compiling the kernels, once; this takes about twenty seconds")
        run_all(phases, order_types)
        (cache / "warm").touch()


def run_all(phases: np.ndarray, order_types: np.ndarray) -> None:
    limits = Limits(1, 1, 1, 1, 1, 64, 2)
    rows = np.zeros(1, COMMAND)
    raw = rows.view(np.uint8).reshape(-1, ROW_BYTES)
    seal(raw)
    first_bad_row(raw)
    apply(allocate(limits, phases, order_types), rows, np.zeros(limits.reports, REPORT))

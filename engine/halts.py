"""By which moves of its price an instrument is halted for a while, as data.

Only days without the usual price limits know such halts.  How long they last is the gateway's to
keep: it resumes trading when the time is over (gateway/timetable.py).
"""

from typing import NamedTuple

import numpy as np

from protocol.vocabulary import HaltRule

HALT = np.dtype([("first_bp", "<i4"), ("second_bp", "<i4"), ("from_open", "i1")])


class Halt(NamedTuple):
    """One row: moves in basis points up or down, from the opening price or the previous close.

    `minutes` are how long the first and the second halt last; 0 is until the closing call.
    """

    rule: HaltRule
    first_bp: int
    second_bp: int
    from_open: bool
    minutes: tuple[int, int]


HALTS = (
    Halt(HaltRule.NO_BAND_STOCK, 3_000, 6_000, True, (10, 10)),
    Halt(HaltRule.FIRST_DAY_BOND, 2_000, 3_000, False, (30, 0)),
)
"""Stocks of all three exchanges in their days without limits; convertible bonds on their first."""


def halt_table() -> np.ndarray:
    """Return HALT rows indexed by HaltRule, for the kernels; those of NONE are zero."""
    table = np.zeros(len(HaltRule), HALT)
    for halt in HALTS:
        table[halt.rule] = (halt.first_bp, halt.second_bp, halt.from_open)
    return table

"""The phases of the day as data: what each admits, and when it begins.

The book knows nothing of phases.  A phase lets orders rest without trading, matches them on
arrival, lets them wait, trades them at the closing price, or takes none; going from resting to
anything else uncrosses the book by call auction.
"""

from collections.abc import Set
from typing import NamedTuple

import numpy as np

from protocol.records import COMMAND
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    CommandKind,
    Handling,
    Market,
    Phase,
    Schedule,
)

PHASE = np.dtype(
    [
        ("takes_orders", "i1"),
        ("takes_cancels", "i1"),
        ("handling", "i1"),
        ("takes_fixed", "i1"),
        ("cancels_fixed", "i1"),
    ]
)

NOBODY: frozenset[Market] = frozenset()
SZSE = frozenset({Market.SZSE})
BOTH = frozenset({Market.SSE, Market.SZSE})


class PhaseRule(NamedTuple):
    """One row of the table; `takes_fixed` are the markets that take fixed-price orders then."""

    phase: Phase
    takes_orders: bool
    takes_cancels: bool
    handling: Handling
    takes_fixed: frozenset[Market] = NOBODY
    cancels_fixed: bool = False


RULES = (
    PhaseRule(Phase.CLOSED, False, False, Handling.NOTHING),
    PhaseRule(Phase.OPENING_CALL, True, True, Handling.RESTS, SZSE, True),
    PhaseRule(Phase.OPENING_CALL_LOCKED, True, False, Handling.RESTS, SZSE),
    PhaseRule(Phase.PRE_CONTINUOUS, True, False, Handling.QUEUES, SZSE),
    PhaseRule(Phase.CONTINUOUS, True, True, Handling.MATCHES, BOTH, True),
    PhaseRule(Phase.BREAK, False, False, Handling.NOTHING),
    PhaseRule(Phase.CLOSING_CALL, True, False, Handling.RESTS, BOTH),
    PhaseRule(Phase.POST_CLOSE, False, False, Handling.NOTHING, BOTH),
    PhaseRule(Phase.FIXED_PRICE, False, False, Handling.FIXED, BOTH, True),
    PhaseRule(Phase.HALTED, True, True, Handling.RESTS),
    PhaseRule(Phase.SUSPENDED, False, True, Handling.NOTHING, NOBODY, True),
)
"""SSE 2026 rules 3.4.1 and SZSE 2026 rules 3.3.1: no cancels from 9:20 to 9:25 and in the closing
call; from 9:25 to 9:30 orders wait where the rules of the instrument say so.  Fixed-price orders:
SSE from 9:30, SZSE from 9:15, both until 15:30; when they may be canceled is our own choice, since
sources differ.  HALTED and SUSPENDED are what a hold makes of a phase (kernels/phases.py)."""


def phase_table() -> np.ndarray:
    """Return PHASE rows indexed by Phase, for the kernels; `takes_fixed` is a bit mask."""
    table = np.zeros(len(Phase), PHASE)
    for rule in RULES:
        markets = sum(1 << market for market in rule.takes_fixed)
        table[rule.phase] = (
            rule.takes_orders,
            rule.takes_cancels,
            rule.handling,
            markets,
            rule.cancels_fixed,
        )
    return table


class Begin(NamedTuple):
    """A phase begins at so many seconds after midnight in Shanghai."""

    second: int
    phase: Phase


TIMETABLE = (
    Begin(9 * 3600 + 15 * 60, Phase.OPENING_CALL),
    Begin(9 * 3600 + 20 * 60, Phase.OPENING_CALL_LOCKED),
    Begin(9 * 3600 + 25 * 60, Phase.PRE_CONTINUOUS),
    Begin(9 * 3600 + 30 * 60, Phase.CONTINUOUS),
    Begin(11 * 3600 + 30 * 60, Phase.BREAK),
    Begin(13 * 3600, Phase.CONTINUOUS),
    Begin(14 * 3600 + 57 * 60, Phase.CLOSING_CALL),
    Begin(15 * 3600, Phase.POST_CLOSE),
    Begin(15 * 3600 + 5 * 60, Phase.FIXED_PRICE),
    Begin(15 * 3600 + 30 * 60, Phase.CLOSED),
)
"""The day of SSE and SZSE stocks, and of funds since 2026-07-06; windows are half open.
The day itself is closed by a command, after the last phase has begun."""

TIMETABLES = {
    Schedule.CLOSING_CALL: TIMETABLE,
    Schedule.TRADES_TO_CLOSE: tuple(b for b in TIMETABLE if b.phase is not Phase.CLOSING_CALL),
}
"""Of each schedule: what trades to the close has the same day without a closing call."""


class Step(NamedTuple):
    """A phase begins for the `schedules` in a bit mask; 0 is all of them."""

    second: int
    phase: Phase
    schedules: int = 0


def day_steps(schedules: Set[Schedule]) -> list[Step]:
    """Return the steps of a day on which instruments follow these schedules, in order."""
    masks: dict[Begin, int] = {}
    for schedule in sorted(schedules):
        for begin in TIMETABLES[schedule]:
            masks[begin] = masks.get(begin, 0) | 1 << schedule
    everyone = sum(1 << schedule for schedule in schedules)
    return [
        Step(*begin, 0 if mask == everyone else mask)
        for begin, mask in sorted(masks.items(), key=lambda item: item[0].second)
    ]


def day_command(kind: CommandKind, phase: Phase = Phase.CLOSED, schedules: int = 0) -> np.ndarray:
    """Return the one COMMAND row, without sequence and time, by which the venue moves the day on.

    It is a CHANGE_PHASE to `phase` of every instrument that follows one of the `schedules`, or a
    CLOSE_DAY.
    """
    row = np.zeros(1, COMMAND)
    row["kind"] = kind
    if kind is CommandKind.CHANGE_PHASE:
        row["phase"] = phase
        row["schedules"] = schedules
        row["instrument"] = EVERY_INSTRUMENT
    return row

"""The phases of the day as data: what each admits, and when it begins.

The book knows nothing of phases.  A phase either lets orders rest without trading, matches them
on arrival, or takes none; going from resting to anything else uncrosses the book by call auction.
"""

from typing import NamedTuple

import numpy as np

from protocol.records import COMMAND
from protocol.vocabulary import EVERY_INSTRUMENT, CommandKind, Handling, Phase

PHASE = np.dtype([("takes_orders", "i1"), ("takes_cancels", "i1"), ("handling", "i1")])


class PhaseRule(NamedTuple):
    """One row of the table."""

    phase: Phase
    takes_orders: bool
    takes_cancels: bool
    handling: Handling


RULES = (
    PhaseRule(Phase.CLOSED, False, False, Handling.NOTHING),
    PhaseRule(Phase.OPENING_CALL, True, True, Handling.RESTS),
    PhaseRule(Phase.OPENING_CALL_LOCKED, True, False, Handling.RESTS),
    PhaseRule(Phase.PRE_CONTINUOUS, False, False, Handling.NOTHING),
    PhaseRule(Phase.CONTINUOUS, True, True, Handling.MATCHES),
    PhaseRule(Phase.BREAK, False, False, Handling.NOTHING),
    PhaseRule(Phase.CLOSING_CALL, True, False, Handling.RESTS),
    PhaseRule(Phase.POST_CLOSE, False, False, Handling.NOTHING),
)
"""SSE 2026 rules 3.4.1 and SZSE 2026 rules 3.3.1: no cancels from 9:20 to 9:25 and in the closing
call; between auction and continuous trading nothing is taken."""


def phase_table() -> np.ndarray:
    """Return PHASE rows indexed by Phase, for the kernels."""
    table = np.zeros(len(Phase), PHASE)
    for rule in RULES:
        table[rule.phase] = (rule.takes_orders, rule.takes_cancels, rule.handling)
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
)
"""The day of SSE and SZSE stocks, and of funds since 2026-07-06; windows are half open.
The day itself is closed by a command, after POST_CLOSE."""


def day_command(kind: CommandKind, phase: Phase = Phase.CLOSED) -> np.ndarray:
    """Return the one COMMAND row, without sequence and time, by which the venue moves the day on.

    It is a CHANGE_PHASE of every instrument to `phase`, or a CLOSE_DAY.
    """
    row = np.zeros(1, COMMAND)
    row["kind"] = kind
    if kind is CommandKind.CHANGE_PHASE:
        row["phase"] = phase
        row["instrument"] = EVERY_INSTRUMENT
    return row

"""The windows of the day whose orders come into the book at once, half open, in µs after midnight.

Trading time is the time that continuous trading has lasted: it stands still outside its windows.
"""

from itertools import pairwise

import numpy as np

from engine.phases import RULES, TIMETABLE
from protocol.calendar import seconds_in
from protocol.vocabulary import Handling, Phase

SECOND = 1_000_000
DAY = 86_400 * SECOND

OF_BOOK = {
    rule.phase
    for rule in RULES
    if rule.takes_orders and rule.handling in (Handling.RESTS, Handling.MATCHES)
}
SPANS = [span for span in pairwise(TIMETABLE) if span[0].phase in OF_BOOK]
PHASES = np.array([start.phase for start, _ in SPANS])
BEGINS = np.array([start.second for start, _ in SPANS]) * SECOND
ENDS = np.array([stop.second for _, stop in SPANS]) * SECOND
"""The phase, the first moment of each window, and the first moment after it."""

CONTINUOUS = PHASES == Phase.CONTINUOUS
TRADED = np.cumsum([0, *(ENDS - BEGINS)[CONTINUOUS]])
"""How much trading time has passed when each window of continuous trading begins; last: the day."""


def window_at(time: np.ndarray) -> np.ndarray:
    """Return the index of the window that each time falls into, or of the last before it."""
    return np.searchsorted(BEGINS, time, side="right") - 1


def trading_time(time: np.ndarray) -> np.ndarray:
    """Return how much trading time has passed at each time."""
    begins, ends = BEGINS[CONTINUOUS], ENDS[CONTINUOUS]
    return (np.clip(time[:, None], begins, ends) - begins).sum(axis=1)


def clock_time(traded: np.ndarray) -> np.ndarray:
    """Return the time at which so much trading time has passed, for less than the day's."""
    part = np.searchsorted(TRADED[1:-1], traded, side="right")
    return BEGINS[CONTINUOUS][part] + traded - TRADED[part]


def microseconds(clock: str) -> int:
    """Return a time like 09:30:00 in µs after midnight."""
    return seconds_in(clock) * SECOND

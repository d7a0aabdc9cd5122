"""Gives every command its place in the one log: sequence and time."""

from collections.abc import Callable

import numpy as np

from engine.kernels import stamp
from protocol.records import COMMAND

Clock = Callable[[], int]
"""Returns the time in nanoseconds since 1970 UTC."""


class Sequencer:
    """Numbers commands 1, 2, 3, ...; their times never go back, whatever the clock does."""

    def __init__(self, clock: Clock, sequence: int = 0, time: int = 0) -> None:
        self.clock = clock
        self.sequence = sequence
        self.time = time

    def stamp(self, rows: np.ndarray) -> None:
        """Stamp COMMAND rows in place; all rows of one call get the same time."""
        assert rows.dtype == COMMAND
        self.time = max(self.time, self.clock())
        stamp(rows, self.sequence, self.time)
        self.sequence += len(rows)

"""Blocks an account or a session that has run away.

The venue does it by itself, as an operator would, by a command in the journal; only an operator
lifts it.
"""

from collections import deque

import numpy as np

from engine.venue import Venue
from gateway.timetable import NEVER
from protocol.records import COMMAND
from protocol.vocabulary import EVERY_INSTRUMENT, NONE, CommandKind

FILTERS = "instrument", "account", "of_session", "of_branch", "any_side", "of_side"


class Breaker:
    """The blocks that are to be made, one of the agenda's plans."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.waiting: deque[np.ndarray] = deque()

    @property
    def next_time(self) -> int:
        """When the next block is to be made: at once, if there is any."""
        return 0 if self.waiting else NEVER

    def pop(self) -> np.ndarray:
        """Return the COMMAND row that makes the next block, and be done with it."""
        return self.waiting.popleft()

    def clear(self) -> None:
        """Make no more blocks."""
        self.waiting.clear()

    def trip(self, account: int = NONE, session: int = NONE) -> bool:
        """Have trading blocked for an account or a session; say whether it is not so already."""
        row = block_of(account, session)
        if not self.venue.is_open or self.is_blocked(row):
            return False
        self.waiting.append(row)
        return True

    def is_blocked(self, row: np.ndarray) -> bool:
        """Say whether the block of this row is there, or is to be made already."""
        blocks = self.venue.state.blocks[: self.venue.state.venue[0]["blocks"]]
        places = [*self.waiting, *blocks]
        return any(all(place[name] == row[0][name] for name in FILTERS) for place in places)


def block_of(account: int, session: int) -> np.ndarray:
    """Return the COMMAND row that blocks all orders of an account, or of a session."""
    row = np.zeros(1, COMMAND)
    row["kind"] = CommandKind.BLOCK_TRADING
    row["any_side"] = 1
    row["instrument"] = EVERY_INSTRUMENT
    row["account"] = account
    row["of_session"] = session
    row["of_branch"] = NONE
    return row

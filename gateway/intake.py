"""What has arrived since the last tick, as packed rows in the order of arrival."""

from collections import deque
from collections.abc import Callable

import numpy as np

from protocol.records import COMMAND, ROW_BYTES

ROWS_MAX = 16_384
"""Rows that may wait before connections are no longer read; with their reports they fit a cache."""

ROWS_ROOM = ROWS_MAX + 65_536
"""Room at the start, for one more read of a connection; it grows where many are read at once."""

Errand = Callable[[], None]


class Intake:
    """Collects rows of many sessions; one `take` makes one batch of them.

    Behind a batch, when its reports have left, come errands and turns: then the state lies still,
    and all of it is in the journal.
    """

    def __init__(self) -> None:
        self.arena = np.zeros(ROWS_ROOM, COMMAND)
        self.other = np.zeros(ROWS_ROOM, COMMAND)
        self.lines = lines_of(self.arena)
        self.mark = np.zeros(1, np.int64)
        self.waiting = 0
        self.errands: list[Errand] = []
        self.turns: deque[Errand] = deque()

    @property
    def rows(self) -> np.ndarray:
        """The COMMAND rows that wait, with their sessions."""
        return self.arena[: self.waiting]

    def put(self, session: int, rows: bytes) -> None:
        """Add the packed COMMAND rows of a session: whole rows, as they came from the wire."""
        start = self.waiting
        self.put_back(np.frombuffer(rows, COMMAND))
        self.rows["session"][start:] = session

    def put_back(self, rows: np.ndarray) -> None:
        """Add COMMAND rows that have their sessions already."""
        self.make_room(len(rows))
        stop = self.waiting + len(rows)
        self.lines[self.waiting : stop] = lines_of(rows)
        self.waiting = stop

    def make_room(self, count: int) -> None:
        """See to it that so many more rows can be put, whatever waits."""
        if self.waiting + count <= len(self.arena):
            return
        grown = np.zeros(2 * (self.waiting + count), COMMAND)
        lines_of(grown)[: self.waiting] = self.lines[: self.waiting]
        self.arena, self.lines = grown, lines_of(grown)

    def put_errand(self, errand: Errand) -> None:
        """Have `errand` called when all that has been put by now is carried out and answered."""
        self.errands.append(errand)

    def put_turn(self, turn: Errand) -> None:
        """Have `turn` called behind one of the next batches, no more than one behind each."""
        self.turns.append(turn)

    def last_client_seq(self, session: int, waiting: int | None = None) -> int:
        """Return the greatest client_seq of a session's rows among the first `waiting`, by default
        all that wait; 0 where none does."""
        rows = self.rows[:waiting]
        return int(rows["client_seq"][rows["session"] == session].max(initial=0))

    @property
    def has_work(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.waiting or self.errands or self.turns)

    @property
    def is_full(self) -> bool:
        """Whether so much waits that no more should be read for now."""
        return self.waiting >= ROWS_MAX

    def take(self) -> np.ndarray:
        """Return all rows that wait; they stay as they are until the take after the next."""
        rows = self.rows
        self.arena, self.other = self.other, self.arena
        self.lines = lines_of(self.arena)
        self.waiting = 0
        return rows

    def take_errands(self) -> list[Errand]:
        """Return the errands that are due behind the next batch."""
        errands, self.errands = self.errands, []
        return errands

    def take_turn(self) -> None:
        """Let whoever has waited longest have its turn."""
        if self.turns:
            self.turns.popleft()()


def lines_of(rows: np.ndarray) -> np.ndarray:
    """Return COMMAND rows as (n, 64) bytes, the same memory."""
    return rows.view(np.uint8).reshape(len(rows), ROW_BYTES)

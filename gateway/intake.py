"""What has arrived since the last tick, as packed rows in the order of arrival."""

from collections import deque
from collections.abc import Callable

import numpy as np

from protocol.records import COMMAND, ROW_BYTES

ROWS_MAX = 65_536
"""Rows that may wait before connections are no longer read."""

Errand = Callable[[], None]


class Intake:
    """Collects rows of many sessions; one `take` makes one batch of them.

    Behind a batch, when its reports have left, come errands and turns: then the state lies still,
    and all of it is in the journal.
    """

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.sessions: list[int] = []
        self.counts: list[int] = []
        self.waiting = 0
        self.errands: list[Errand] = []
        self.turns: deque[Errand] = deque()

    def clear(self) -> None:
        """Forget what waits."""
        self.bodies.clear()
        self.sessions.clear()
        self.counts.clear()
        self.waiting = 0

    def put(self, session: int, rows: bytes) -> None:
        """Add the packed COMMAND rows of a session: whole rows, as they came from the wire."""
        count = len(rows) // ROW_BYTES
        self.bodies.append(rows)
        self.sessions.append(session)
        self.counts.append(count)
        self.waiting += count

    def put_errand(self, errand: Errand) -> None:
        """Have `errand` called when all that has been put by now is carried out and answered."""
        self.errands.append(errand)

    def put_turn(self, turn: Errand) -> None:
        """Have `turn` called behind one of the next batches, no more than one behind each."""
        self.turns.append(turn)

    def last_client_seq(self, session: int) -> int:
        """Return the greatest client_seq of a session's rows that wait; 0 where none does."""
        owned = (
            np.frombuffer(body, COMMAND)["client_seq"].max()
            for body, owner in zip(self.bodies, self.sessions, strict=True)
            if owner == session
        )
        return int(max(owned, default=0))

    @property
    def has_work(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.waiting or self.errands or self.turns)

    @property
    def is_full(self) -> bool:
        """Whether so much waits that no more should be read for now."""
        return self.waiting >= ROWS_MAX

    def take(self) -> np.ndarray:
        """Return all rows that wait, with their sessions stamped over what they claimed."""
        rows = np.frombuffer(bytearray().join(self.bodies), COMMAND)
        rows["session"] = np.repeat(self.sessions, self.counts)
        self.clear()
        return rows

    def take_errands(self) -> list[Errand]:
        """Return the errands that are due behind the next batch."""
        errands, self.errands = self.errands, []
        return errands

    def take_turn(self) -> None:
        """Let whoever has waited longest have its turn."""
        if self.turns:
            self.turns.popleft()()

"""What has arrived since the last tick, as packed rows in the order of arrival."""

from collections.abc import Callable

import numpy as np

from protocol.records import COMMAND, ROW_BYTES

ROWS_MAX = 65_536
"""Rows that may wait before connections are no longer read."""


class Intake:
    """Collects rows of many sessions; one `take` makes one batch of them."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.sessions: list[int] = []
        self.counts: list[int] = []
        self.waiting = 0
        self.farewells: list[Callable[[], None]] = []

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

    def put_farewell(self, farewell: Callable[[], None]) -> None:
        """Have `farewell` called when all that has been put by now is carried out and answered."""
        self.farewells.append(farewell)

    def last_client_seq(self, session: int) -> int:
        """Return the greatest client_seq of a session's rows that wait; 0 where none does."""
        owned = (
            np.frombuffer(body, COMMAND)["client_seq"].max()
            for body, owner in zip(self.bodies, self.sessions, strict=True)
            if owner == session
        )
        return int(max(owned, default=0))

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

    def take_farewells(self) -> list[Callable[[], None]]:
        """Return the farewells that are due behind the next batch."""
        farewells, self.farewells = self.farewells, []
        return farewells

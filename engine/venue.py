"""The venue: owns the state, applies commands, answers questions."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256

import numpy as np

from engine.entries import funds_entry_table, shares_entry_table
from engine.halts import halt_table
from engine.kernels import Limits, Tables, allocate, apply, used, warm
from engine.order_types import order_type_table
from engine.permissions import permission_table
from engine.phases import phase_table
from engine.questions import Questions
from protocol.records import COMMAND, REPORT

REPORTS_MIN = 3
"""Reports that one step may make: a trade, told to both sides, that halts its instrument."""


def tables() -> Tables:
    """Return the data that the kernels read."""
    return Tables(
        phase_table(),
        order_type_table(),
        halt_table(),
        funds_entry_table(),
        shares_entry_table(),
        permission_table(),
    )


def warm_up(tell: Callable[[str], None]) -> None:
    """Compile the kernels ahead of the first command; `tell` hears a line if that takes a while."""
    warm(tables(), tell)


class Venue(Questions):
    """State and the compiled function that changes it.

    The same commands give the same reports and the same digest, however they are cut into calls.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.state = allocate(self.limits, tables())
        assert self.limits.reports >= REPORTS_MIN, "a step must fit the buffer of reports"
        self.reports = np.zeros(self.limits.reports, REPORT)
        self.is_at_work = False

    @property
    def sequence(self) -> int:
        """The sequence of the last command applied."""
        return int(self.state.venue[0]["sequence"])

    @property
    def time(self) -> int:
        """The time of the last command applied, in nanoseconds since 1970 UTC."""
        return int(self.state.venue[0]["time"])

    @property
    def is_open(self) -> bool:
        """Whether the day has been opened and not yet closed."""
        return bool(self.state.venue[0]["is_open"])

    def last_client_seq(self, session: int) -> int:
        """Return the client_seq of a session's last request that was not out of order."""
        return int(self.state.sessions[session]["client_seq"])

    def sessions_connected(self) -> list[int]:
        """Return the sessions that were opened by OPEN_SESSION and not closed since."""
        return np.flatnonzero(self.state.sessions["is_connected"]).tolist()

    def applied(self, commands: np.ndarray, reports_max: int | None = None) -> Iterator[np.ndarray]:
        """Apply COMMAND rows and yield their reports, a buffer full at a time.

        At most `reports_max` of them at once, if it is given: with REPORTS_MIN every trade is a
        step of its own, and the state between two steps is as after the one and before the other.
        What is yielded is a view of a buffer that the next step overwrites; take it before.
        Go on to the end: stopped early, the venue may be in the middle of a command, and refuses
        to be used further.
        """
        assert commands.dtype == COMMAND
        assert commands.flags.c_contiguous
        assert not self.is_at_work, "earlier commands were not applied to their end"
        if len(commands):
            sequences, before = commands["sequence"], self.sequence
            assert sequences[0] == before + 1 and sequences[-1] == before + len(commands)
        self.is_at_work = True
        reports = self.reports[:reports_max]
        assert len(reports) >= REPORTS_MIN
        while len(commands):
            done = apply(self.state, commands, reports)
            yield reports[: self.state.venue["reports"][0]]
            commands = commands[done:]
        self.is_at_work = False

    def apply(self, commands: np.ndarray) -> np.ndarray:
        """Apply COMMAND rows and return all their REPORT rows."""
        parts = [part.copy() for part in self.applied(commands)]
        return np.concatenate(parts) if parts else np.zeros(0, REPORT)

    def parts(self) -> dict[str, np.ndarray]:
        """Return what the state says: by name, what is in use of each arena.

        All are views but the counters, in which what depends on the cutting of batches is 0.
        """
        assert not self.is_at_work, "a command is under way"
        parts = used(self.state)
        parts["venue"] = parts["venue"].copy()
        parts["venue"]["reports"] = 0
        return parts

    def restore(self, parts: Mapping[str, np.ndarray]) -> None:
        """Take up the state that another venue had, still empty, of at least as much room."""
        assert self.sequence == 0, "the venue has a state already"
        for name, part in parts.items():
            getattr(self.state, name)[: len(part)] = part

    def digest(self) -> str:
        """Return the SHA-256 of all that the state says, in hexadecimal."""
        digest = sha256()
        for part in self.parts().values():
            digest.update(part.view(np.uint8).data)
        return digest.hexdigest()

"""The venue: owns the state, applies commands, answers questions."""

from collections.abc import Callable, Iterator
from hashlib import sha256

import numpy as np

from engine.entries import funds_entry_table, shares_entry_table
from engine.halts import halt_table
from engine.kernels import Limits, Tables, allocate, apply, warm
from engine.kernels.state import HALVES, PAGE_LINES
from engine.order_types import order_type_table
from engine.phases import phase_table
from engine.questions import Questions
from protocol.records import COMMAND, REPORT
from protocol.vocabulary import Currency

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

    def applied(self, commands: np.ndarray) -> Iterator[np.ndarray]:
        """Apply COMMAND rows and yield their reports, a buffer full at a time.

        What is yielded is a view of a buffer that the next step overwrites; take it before.
        Go on to the end: stopped early, the venue may be in the middle of a command, and refuses
        to be used further.
        """
        assert commands.dtype == COMMAND
        assert commands.flags.c_contiguous
        assert not self.is_at_work, "earlier commands were not applied to their end"
        if len(commands):
            assert commands["sequence"][0] == self.sequence + 1
            assert commands["sequence"][-1] == self.sequence + len(commands)
        self.is_at_work = True
        while len(commands):
            done = apply(self.state, commands, self.reports)
            yield self.reports[: self.state.venue[0]["reports"]]
            commands = commands[done:]
        self.is_at_work = False

    def apply(self, commands: np.ndarray) -> np.ndarray:
        """Apply COMMAND rows and return all their REPORT rows."""
        parts = [part.copy() for part in self.applied(commands)]
        return np.concatenate(parts) if parts else np.zeros(0, REPORT)

    def digest(self) -> str:
        """Return the SHA-256 of all that the state says, in hexadecimal."""
        state, venue = self.state, self.state.venue[0]
        counters = state.venue.copy()
        counters["reports"] = 0
        instruments = venue["instruments"]
        parts = (
            counters,
            state.instruments[:instruments],
            state.halves[: HALVES * instruments],
            state.levels[: venue["levels"]],
            state.words[: venue["words"]],
            state.orders[: venue["slots_touched"]],
            state.displays[: venue["slots_touched"]],
            state.slots[: venue["orders"] + 1],
            state.sessions[: venue["sessions"]],
            state.pages[: venue["pages"]],
            state.lines[: venue["pages"] * PAGE_LINES],
            state.blocks[: venue["blocks"]],
            state.rules[: venue["rules"]],
            state.fees[: venue["fees"]],
            state.accounts[: venue["accounts_max"]],
            state.owners[: venue["accounts_max"]],
            state.funds[: len(Currency) * venue["accounts_max"]],
            state.accruals[: len(Currency) * venue["accounts_max"]],
            state.holdings[: venue["holdings"]],
            state.following[: venue["holdings"]],
            state.stakes[: venue["slots_touched"]],
            state.movements[: venue["movements"]],
            state.tallies,
            state.lists[: venue["lists"]],
        )
        digest = sha256()
        for part in parts:
            digest.update(part.tobytes())
        return digest.hexdigest()

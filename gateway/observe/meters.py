"""What the ticks leave behind to be counted.

A tick only copies a few columns of its rows; they are counted together, when enough of them wait or
somebody looks, which costs a fraction of counting batch by batch.  All of it happens on the loop's
thread, but for the journal's stopwatch; whoever reads from another one may see what was true a
moment ago.
"""

from collections.abc import Sequence
from time import perf_counter_ns
from typing import NamedTuple

import numpy as np

from gateway.observe.histogram import Histogram, Stopwatch
from gateway.observe.recent import Recent
from protocol.records import COMMAND, REPORT
from protocol.vocabulary import CancelReason, CommandKind, ReportKind

ROWS_MAX = 16_384
"""Rows that may wait to be counted."""

ACTS_MAX = 20
"""Operators' acts that are told one by one; how many more there were is told in one number."""

FEW = 32
VALUES = 256
FREQUENT_COMMANDS = tuple(
    map(int, (CommandKind.ENTER_ORDER, CommandKind.CANCEL_ORDER, CommandKind.REPLACE_ORDER))
)
FREQUENT_REPORTS = tuple(
    map(int, (ReportKind.ACCEPTED, ReportKind.TRADED, ReportKind.CANCELED, ReportKind.REJECTED))
)
FIRST_ACT = int(CommandKind.CHANGE_PHASE)
BEHIND_ACTS = int(CommandKind.OPEN_DAY)
REJECTED = int(ReportKind.REJECTED)
CANCELED = int(ReportKind.CANCELED)
RATE_EXCEEDED = int(ReportKind.RATE_EXCEEDED)
REQUESTED = int(CancelReason.REQUESTED)
"""Plain numbers, because numpy compares a column of bytes with a word of an enumeration as with 64
bits, which takes ten times as long."""


class Act(NamedTuple):
    """A command of a session that only operators may ask for."""

    sequence: int
    session: int
    kind: int


class Columns:
    """Some fields of rows, put aside: few rows are at first put aside whole, which is faster."""

    def __init__(self, rows: np.dtype, **forms: str) -> None:
        """Put aside the fields of these names, to be read in these forms."""
        self.rows = rows
        self.forms = forms
        self.parts: dict[str, list[bytes]] = {name: [] for name in forms}
        self.few: list[bytes] = []
        self.waiting = 0

    def add(self, rows: np.ndarray) -> bytes:
        """Put aside those fields of rows; return their kinds."""
        self.waiting += len(rows)
        if len(rows) <= FEW:
            self.few.append(rows.tobytes())
            return rows["kind"].tobytes()
        self.split_few()
        self.split(rows)
        return self.parts["kind"][-1]

    def split(self, rows: np.ndarray) -> None:
        for name, parts in self.parts.items():
            parts.append(rows[name].tobytes())

    def split_few(self) -> None:
        """Let the rows that are still whole go before others."""
        if self.few:
            self.split(np.frombuffer(b"".join(self.few), self.rows))
            self.few.clear()

    def take(self) -> list[np.ndarray]:
        """Return the columns, and begin anew."""
        self.split_few()
        columns = []
        for name, parts in self.parts.items():
            columns.append(np.frombuffer(b"".join(parts), self.forms[name]))
            parts.clear()
        self.waiting = 0
        return columns


class Meters:
    """Counts what comes in and goes out, and how long that takes."""

    def __init__(self) -> None:
        self.commands = np.zeros(VALUES, np.int64)
        self.reports = np.zeros(VALUES, np.int64)
        self.rejects = np.zeros(VALUES, np.int64)
        self.batches = Histogram(unit_bits=0, step_bits=0, largest_bits=20)
        self.latency = Stopwatch()
        self.engine = Stopwatch()
        self.journal = Stopwatch()
        self.requests_by_account = Recent()
        self.requests_by_session = Recent()
        self.cancels_by_account = Recent()
        self.acts: list[Act] = []
        self.acts_untold = 0
        self.exceeded: dict[int, tuple[int, int]] = {}
        self.asked = Columns(COMMAND, kind="u1", session="<i4", account="<i4")
        self.told = Columns(REPORT, kind="u1", account="<i4", reason="u1")
        self.arrived = 0
        self.since = 0
        self.next_sequence = 0

    def arrive(self) -> None:
        """Take notice that something waits for the next tick."""
        if not self.arrived:
            self.arrived = perf_counter_ns()

    def take(self, rows: np.ndarray) -> None:
        """Begin a tick with these stamped COMMAND rows."""
        self.since = self.arrived or perf_counter_ns()
        self.arrived = 0
        if not self.next_sequence:
            self.next_sequence = int(rows["sequence"][0])
        self.next_sequence += len(rows)
        self.batches.put(len(rows))
        self.asked.add(rows)
        if self.asked.waiting > ROWS_MAX:
            self.fold()

    def dismiss(self) -> None:
        """Take notice that what waited for a tick is answered, and nothing was carried out."""
        self.arrived = 0

    def release(self, reports: np.ndarray) -> None:
        """Take notice of REPORT rows of this tick that have just been sent."""
        if not len(reports):
            return
        self.latency.put(perf_counter_ns() - self.since, len(reports))
        if RATE_EXCEEDED in self.told.add(reports):
            self.note_exceeded(reports[reports["kind"] == RATE_EXCEEDED])
        if self.told.waiting > ROWS_MAX:
            self.fold()

    def note_exceeded(self, reports: np.ndarray) -> None:
        """Keep the last count of each account, in its second and today, until somebody looks."""
        counts = zip(reports["quantity"].tolist(), reports["order_number"].tolist(), strict=True)
        self.exceeded |= dict(zip(reports["account"].tolist(), counts, strict=True))

    @property
    def waiting_since(self) -> int:
        """Since when requests wait for a tick, or for its journal; 0 where none does."""
        return min(filter(None, (self.arrived, self.journal.since)), default=0)

    def fold(self) -> None:
        """Count what has been put aside."""
        for histogram in (self.batches, self.latency, self.engine, self.journal):
            histogram.fold()
        kinds, sessions, accounts = self.asked.take()
        self.commands += tally(kinds, FREQUENT_COMMANDS)
        self.requests_by_session.add(*runs_of(sessions))
        acts = np.flatnonzero(kinds >= FIRST_ACT)
        self.requests_by_account.add(np.delete(accounts, acts) if len(acts) else accounts)
        self.note_acts(acts, kinds, sessions)
        kinds, accounts, reasons = self.told.take()
        self.reports += tally(kinds, FREQUENT_REPORTS)
        self.rejects += tally(reasons[np.flatnonzero(kinds == REJECTED)])
        canceled = np.flatnonzero(kinds == CANCELED)
        canceled = canceled[reasons[canceled] == REQUESTED]
        self.cancels_by_account.add(accounts[canceled])

    def note_acts(self, places: np.ndarray, kinds: np.ndarray, sessions: np.ndarray) -> None:
        """Keep those of the acts at these places that sessions have asked for."""
        places = places[(sessions[places] > 0) & (kinds[places] < BEHIND_ACTS)]
        told = places[: ACTS_MAX - len(self.acts)].tolist()
        first = self.next_sequence - len(kinds)
        self.acts += [Act(first + at, int(sessions[at]), int(kinds[at])) for at in told]
        self.acts_untold += len(places) - len(told)

    def advance(self) -> None:
        """Let the windows of the last second go on by a step."""
        for recent in (
            self.requests_by_account,
            self.requests_by_session,
            self.cancels_by_account,
        ):
            recent.advance()


def tally(values: np.ndarray, frequent: Sequence[int] = ()) -> np.ndarray:
    """Return how often each u1 value comes; fast where few do, and those are `frequent`."""
    counts = np.zeros(VALUES, np.int64)
    left = len(values)
    for value in frequent:
        if left:
            counts[value] = np.count_nonzero(values == value)
            left -= counts[value]
    return np.bincount(values, minlength=VALUES) if left else counts


def runs_of(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of which the next one is different, and how many there were in a row."""
    if not len(numbers):
        return numbers, numbers
    ends = np.append(np.flatnonzero(numbers[1:] != numbers[:-1]), len(numbers) - 1)
    return numbers[ends], np.diff(ends, prepend=-1)

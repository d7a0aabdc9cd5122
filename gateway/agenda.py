"""What the venue does by itself: it begins phases, ends halts, releases delayed orders, fixes the
close, ends the day.

Its commands make batches of their own, ahead of whatever has arrived by then.  A phase change to
POST_CLOSE is the last of its batch, so that the closing prices are fixed before anything else; and
so is the end of the day, behind which nothing is done.
"""

import asyncio
from collections.abc import Callable, Set
from operator import attrgetter
from typing import Protocol

import numpy as np

from engine.kernels import first_of_kind
from gateway.clock import Clock
from gateway.closing import Closing
from gateway.delays import Delays
from gateway.timetable import NEVER, Halts, Timetable
from protocol.records import COMMAND, join
from protocol.vocabulary import EVERYONE, CommandKind, Phase, ReportKind

OF_INTEREST = sum(
    1 << kind
    for kind in (
        *(ReportKind.PHASE_CHANGED, ReportKind.CLOSE_FIXED, ReportKind.HOLD_CHANGED),
        *(ReportKind.DAY_ENDED, ReportKind.ORDER_DELAYED),
    )
)
"""Kinds of reports from which something follows."""

NOTHING = np.zeros(0, COMMAND)

LAST_KINDS = (CommandKind.CHANGE_PHASE, CommandKind.CLOSE_DAY)
"""Kinds of commands of which some are the last of their batch."""


class Plan(Protocol):
    """What the venue does at certain times."""

    @property
    def next_time(self) -> int:
        """When the next thing is due."""

    def pop(self) -> np.ndarray:
        """Return the COMMAND row that does the next thing, and be done with it."""

    def clear(self) -> None:
        """Do nothing more."""


class Agenda:
    """The venue's own commands, as they become due."""

    def __init__(
        self,
        clock: Clock,
        timetable: Timetable,
        halts: Halts,
        delays: Delays,
        closing: Closing,
        operators: Set[int],
        *others: Plan,
    ) -> None:
        """Let these sessions begin phases as well, and do what other plans have."""
        self.clock = clock
        self.halts = halts
        self.delays = delays
        self.closing = closing
        self.plans: tuple[Plan, ...] = (timetable, halts, delays, *others)
        self.operators = operators
        self.wake: Callable[[], None] | None = None
        self.alarm: asyncio.TimerHandle | None = None
        self.alarm_time = NEVER
        self.next_time = NEVER
        self.look()

    def learn(self, reports: np.ndarray, kinds: int) -> None:
        """Take notice of REPORT rows, in the order of the day; `kinds` has a bit for each kind."""
        if not (self.delays.waiting or kinds & OF_INTEREST):
            return
        self.delays.learn(reports)
        for report in reports[reports["session"] == EVERYONE]:
            match report["kind"]:
                case ReportKind.PHASE_CHANGED | ReportKind.CLOSE_FIXED:
                    self.closing.learn(report)
                case ReportKind.HOLD_CHANGED:
                    self.halts.learn(report)
                case ReportKind.DAY_ENDED:
                    for plan in self.plans:
                        plan.clear()
                    self.closing.clear()
        self.look()
        self.set_alarm()

    def start(self, wake: Callable[[], None]) -> None:
        """From now on call `wake` when something becomes due."""
        self.wake = wake
        self.ring()

    def ring(self) -> None:
        """Have taken what is due, or look again later."""
        self.alarm_time = NEVER
        assert self.wake is not None, "nobody rings before the start"
        self.look()
        if self.is_due:
            self.wake()
        else:
            self.set_alarm()

    def look(self) -> None:
        """See when the next thing is due that has its time; whoever adds to a plan has it seen."""
        self.next_time = min(plan.next_time for plan in self.plans)

    def set_alarm(self) -> None:
        """Ring when the next thing is due; before the start, never."""
        time = self.next_time
        seconds = self.clock.seconds_until(time)
        if self.wake is None or time == self.alarm_time or seconds == float("inf"):
            return
        if self.alarm is not None:
            self.alarm.cancel()
        self.alarm_time = time
        self.alarm = asyncio.get_running_loop().call_later(max(0.0, seconds), self.ring)

    @property
    def is_due(self) -> bool:
        """Whether there is something to do now."""
        return self.closing.is_due or self.next_time <= self.clock.now()

    def take(self) -> np.ndarray:
        """Return the COMMAND rows that are due and may be of one batch."""
        if not self.is_due:
            return NOTHING
        if self.closing.is_due:
            return self.closing.take()
        rows: list[np.ndarray] = []
        while self.is_due and not (rows and ends_batch(rows[-1]).any()):
            rows.append(min(self.plans, key=attrgetter("next_time")).pop())
            self.look()
        self.set_alarm()
        return join(rows)

    def cut(self, rows: np.ndarray) -> int:
        """Return how many of the COMMAND rows that have arrived may be of one batch."""
        if all(first_of_kind(rows, kind.value) == len(rows) for kind in LAST_KINDS):
            return len(rows)
        for place in np.flatnonzero(ends_batch(rows)).tolist():
            if rows["session"][place] in self.operators:
                return place + 1
        return len(rows)


def ends_batch(rows: np.ndarray) -> np.ndarray:
    """Return which of the COMMAND rows ask for POST_CLOSE, or for the end of the day."""
    begins = (rows["kind"] == CommandKind.CHANGE_PHASE) & (rows["phase"] == Phase.POST_CLOSE)
    return begins | (rows["kind"] == CommandKind.CLOSE_DAY)

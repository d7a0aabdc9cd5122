"""What the venue does at its time: phases begin, halts end, and at last the day is closed."""

import logging
from collections.abc import Sequence, Set

import numpy as np

from engine.halts import HALTS
from engine.phases import TIMETABLE, day_command, day_steps
from protocol.calendar import midnight
from protocol.records import COMMAND
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    CommandKind,
    HaltRule,
    Hold,
    HoldCause,
    Phase,
    Schedule,
)

log = logging.getLogger("cuohe")

NEVER = np.iinfo(np.int64).max
"""A time that does not come."""

MINUTE = 60 * NANOSECONDS

STAGES = (HoldCause.VOLATILITY_FIRST, HoldCause.VOLATILITY_SECOND)
MINUTES = {halt.rule: dict(zip(STAGES, halt.minutes, strict=True)) for halt in HALTS}


class Timetable:
    """The day's phase changes and its close, in order."""

    def __init__(self, business_date: int, schedules: Set[Schedule], close_second: int) -> None:
        day = midnight(business_date)
        steps = [
            (second, day_command(CommandKind.CHANGE_PHASE, phase, mask))
            for second, phase, mask in day_steps(schedules)
        ]
        steps.append((close_second, day_command(CommandKind.CLOSE_DAY)))
        self.steps = [(day + second * NANOSECONDS, row) for second, row in steps]

    def resume(self, past: np.ndarray) -> None:
        """Go on behind the COMMAND rows of a journal.

        The last of the venue's own rows is the step that it took last, however late.  Without
        any, operators have moved the day, and what is over by the time of the last row is not
        caught up on.
        """
        own = past[(past["session"] == 0) & (past["kind"] == CommandKind.CHANGE_PHASE)]
        since = own["time"][-1] if len(own) else past["time"].max(initial=0)
        due = [row[0] for time, row in self.steps if time <= since]
        ends = [end for end, row in enumerate(due, 1) if len(own) and is_same_step(row, own[-1])]
        self.steps = self.steps[max(ends, default=len(due)) :]

    @property
    def next_time(self) -> int:
        """When the next step is due."""
        return self.steps[0][0] if self.steps else NEVER

    def pop(self) -> np.ndarray:
        """Return the next step's COMMAND row, and be done with it."""
        _, row = self.steps.pop(0)
        log.info("%s %s", CommandKind(row[0]["kind"]).name, Phase(row[0]["phase"]).name)
        return row

    def clear(self) -> None:
        """Take no more steps."""
        self.steps.clear()


def is_same_step(one: np.void, other: np.void) -> bool:
    """Return whether two COMMAND rows ask for the same step."""
    return all(one[name] == other[name] for name in ("kind", "phase", "schedules"))


class Halts:
    """The instruments that a volatile price has halted, and when each of the halts ends.

    It ends after its minutes, and at 14:57 at the latest; only where an operator changes the hold
    before, it is the operator's from then on.
    """

    def __init__(self, business_date: int, rules: Sequence[HaltRule]) -> None:
        """Keep the halts of instruments that are halted by these rules, in order of numbers."""
        call = next(begin for begin in TIMETABLE if begin.phase is Phase.CLOSING_CALL)
        self.closing_call = midnight(business_date) + call.second * NANOSECONDS
        self.rules = rules
        self.ends: dict[int, tuple[int, HoldCause]] = {}

    def learn(self, report: np.void) -> None:
        """Take notice of a HOLD_CHANGED report."""
        instrument, cause = int(report["instrument"]), HoldCause(report["quantity"])
        if instrument == EVERY_INSTRUMENT:
            return
        self.ends.pop(instrument, None)
        minutes = MINUTES.get(self.rules[instrument], {}).get(cause)
        if report["reason"] == Hold.HALTED and minutes is not None:
            over = int(report["time"]) + minutes * MINUTE if minutes else NEVER
            self.ends[instrument] = (min(over, self.closing_call), cause)

    @property
    def next_time(self) -> int:
        """When the next halt ends."""
        return min((time for time, _ in self.ends.values()), default=NEVER)

    def pop(self) -> np.ndarray:
        """Return the COMMAND row that ends the next halt, and be done with it."""
        instrument = min(self.ends, key=lambda number: self.ends[number][0])
        _, cause = self.ends.pop(instrument)
        log.info("%s %s of instrument %d", CommandKind.CHANGE_HOLD.name, Hold.NONE.name, instrument)
        row = np.zeros(1, COMMAND)
        row["kind"] = CommandKind.CHANGE_HOLD
        row["hold"] = Hold.NONE
        row["cause"] = cause
        row["instrument"] = instrument
        return row

    def clear(self) -> None:
        """End no more halts."""
        self.ends.clear()

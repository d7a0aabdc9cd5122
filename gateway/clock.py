"""The venue's time: the real one in Shanghai, an accelerated one, or one that an operator moves.

All clocks return nanoseconds since 1970 UTC.  None of them is asked by the engine: the sequencer
stamps commands with what they say.
"""

import time
from collections.abc import Set
from typing import Protocol

from engine.phases import Step, day_steps
from gateway.config import ClockKind, ClockSettings
from protocol.calendar import midnight, seconds_in
from protocol.units import NANOSECONDS
from protocol.vocabulary import Phase, Schedule


class Clock(Protocol):
    """What tells the venue its time, and how long it is until a time."""

    def now(self) -> int:
        """Return the venue's time."""

    def seconds_until(self, moment: int) -> float:
        """Return how many real seconds pass until the venue's time is `moment`."""


class ShanghaiClock:
    """The time of the machine."""

    def now(self) -> int:
        """Return the time of the machine."""
        return time.time_ns()

    def seconds_until(self, moment: int) -> float:
        """Return the seconds until then."""
        return (moment - self.now()) / NANOSECONDS


class AcceleratedClock:
    """Begins at `start` when it is made, and runs `speed` times as fast as real time."""

    def __init__(self, start: int, speed: float) -> None:
        self.start = start
        self.speed = speed
        self.began = time.monotonic_ns()

    def now(self) -> int:
        """Return the accelerated time."""
        return self.start + int((time.monotonic_ns() - self.began) * self.speed)

    def seconds_until(self, moment: int) -> float:
        """Return the real seconds until then."""
        return (moment - self.now()) / self.speed / NANOSECONDS


class OperatorClock:
    """Stands at the beginning of the phase that an operator began, and runs on to its end.

    So orders carry times that fit their phase, however long the operator really takes.
    """

    def __init__(
        self,
        business_date: int,
        speed: float,
        since: int = 0,
        schedules: Set[Schedule] = frozenset(Schedule),
    ) -> None:
        self.day = midnight(business_date)
        self.speed = speed
        steps = day_steps(schedules)
        self.steps = [Step(0, Phase.CLOSED), *steps, Step(24 * 3600, Phase.CLOSED)]
        starts = [self.day + step.second * NANOSECONDS for step in self.steps[:-1]]
        self.step = max(0, sum(start <= since for start in starts) - 1)
        self.running = AcceleratedClock(max(self.day, since), speed)

    def now(self) -> int:
        """Return the time, at most the end of the phase."""
        return min(self.running.now(), self.end - 1)

    @property
    def end(self) -> int:
        """When the next phase begins, which this clock does not reach by itself."""
        return self.day + self.steps[self.step + 1].second * NANOSECONDS

    def begin(self, phase: int) -> None:
        """Move on to the next time of day at which the phase begins, if there is one."""
        for step in range(self.step + 1, len(self.steps) - 1):
            if self.steps[step].phase == phase:
                self.step = step
                start = self.day + self.steps[step].second * NANOSECONDS
                self.running = AcceleratedClock(start, self.speed)
                return

    def seconds_until(self, moment: int) -> float:
        """Return the real seconds until then, infinity where only the operator leads there."""
        return self.running.seconds_until(moment) if moment < self.end else float("inf")


def make_clock(
    settings: ClockSettings, business_date: int, since: int, schedules: Set[Schedule]
) -> Clock:
    """Return the clock that the settings ask for, of a day with these schedules.

    It is not behind `since`, which the day had reached.
    """
    match settings.kind:
        case ClockKind.SHANGHAI:
            return ShanghaiClock()
        case ClockKind.ACCELERATED:
            start = midnight(business_date) + seconds_in(settings.start) * NANOSECONDS
            return AcceleratedClock(max(start, since), settings.speed)
        case ClockKind.OPERATOR:
            return OperatorClock(business_date, settings.speed, since, schedules)

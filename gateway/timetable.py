"""Begins each phase at its time of day, by the venue's clock, and at last closes the day."""

import asyncio
from collections.abc import Callable

from engine.phases import TIMETABLE
from gateway.clock import Clock
from protocol.calendar import midnight
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind, Phase

Ask = Callable[[CommandKind, Phase], None]
"""Puts a command of the venue itself into the next batch."""


class Timetable:
    """The day's phase changes and its close, as (time, command, phase) in order."""

    def __init__(self, clock: Clock, business_date: int, close_second: int, ask: Ask) -> None:
        day = midnight(business_date)
        self.clock = clock
        self.ask = ask
        self.steps = [
            (day + begin.second * NANOSECONDS, CommandKind.CHANGE_PHASE, begin.phase)
            for begin in TIMETABLE
        ]
        self.steps.append((day + close_second * NANOSECONDS, CommandKind.CLOSE_DAY, Phase.CLOSED))

    def start(self, since: int) -> None:
        """Take up the timetable behind what was done until `since`, and keep it from now on."""
        self.steps = [step for step in self.steps if step[0] > since]
        self.wait()

    def wait(self) -> None:
        """Do all that is due, then sleep until the next step."""
        while self.steps and self.clock.seconds_until(self.steps[0][0]) <= 0:
            _, command, phase = self.steps.pop(0)
            self.ask(command, phase)
        if self.steps:
            seconds = self.clock.seconds_until(self.steps[0][0])
            if seconds != float("inf"):
                asyncio.get_running_loop().call_later(seconds, self.wait)

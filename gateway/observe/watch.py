"""What looks at the gateway ten times a second, and sees what should be told."""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.config import AlarmSettings
from gateway.observe.alarms import Alarms
from gateway.observe.breaker import Breaker
from gateway.observe.flow import Flow
from gateway.observe.histogram import Stopwatch
from gateway.observe.meters import Act
from gateway.observe.recent import STEPS
from gateway.observe.visits import NOBODY, Visits
from gateway.observe.works import Works
from gateway.pipeline import Pipeline
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind

log = logging.getLogger("cuohe")

TURN_SECONDS = 1 / STEPS


class Watch:
    """Counts what the ticks have put aside, tells operators' acts, and raises alarms."""

    def __init__(
        self,
        settings: AlarmSettings,
        users: Sequence[str],
        pipeline: Pipeline,
        visits: Visits,
        breaker: Breaker,
        folder: Path,
    ) -> None:
        """Watch a pipeline that writes to a folder, for users in the order of their sessions."""
        self.users = users
        self.visits = visits
        self.breaker = breaker
        self.agenda = pipeline.agenda
        self.meters = pipeline.meters
        self.alarms = Alarms(settings.clear_seconds)
        self.flow = Flow(settings, self.meters, breaker)
        self.works = Works(settings, pipeline, folder)
        self.lag = Stopwatch()
        self.turned = time.monotonic()

    def start(self) -> None:
        """Look from now on, as long as the loop runs."""
        self.loop = asyncio.get_running_loop()
        self.turned = time.monotonic()
        self.loop.call_later(TURN_SECONDS, self.turn)

    def turn(self) -> None:
        """Look, and look again in a while."""
        self.loop.call_later(TURN_SECONDS, self.turn)
        now = time.monotonic()
        self.lag.put(max(0, int((now - self.turned - TURN_SECONDS) * NANOSECONDS)))
        self.turned = now
        self.look()
        if self.breaker.waiting:
            self.agenda.ring()

    def look(self) -> None:
        """Count what has come since the last look, and tell what should be told."""
        self.meters.fold()
        self.lag.fold()
        self.tell_acts()
        for lookout in (self.flow, self.works):
            for finding in lookout.find():
                self.alarms.see(finding)
        self.alarms.clear()
        self.meters.advance()

    def tell_acts(self) -> None:
        """Write down what sessions have asked for that only operators may."""
        for act in self.meters.acts:
            log.info("operator asks", extra=self.fields_of(act))
        if self.meters.acts_untold:
            log.info("operators ask more", extra={"commands": self.meters.acts_untold})
        self.meters.acts.clear()
        self.meters.acts_untold = 0

    def fields_of(self, act: Act) -> dict[str, object]:
        visit = self.visits.by_session.get(act.session)
        return {
            "command": name_of(act.kind),
            "sequence": act.sequence,
            "user": self.users[act.session - 1],
            "session": act.session,
            "address": visit.address if visit is not None else NOBODY,
        }


def name_of(kind: int) -> str:
    """Return a command's name, or its number where there is no such command."""
    return CommandKind(kind).name if kind in CommandKind.__members__.values() else str(kind)

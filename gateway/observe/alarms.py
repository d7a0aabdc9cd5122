"""The active alarms: raised once, renewed while their cause lasts, cleared by themselves."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

log = logging.getLogger("cuohe")

ALARMS = {
    "order_rate": "an account sends too many requests in a second",
    "cancel_rate": "too many orders of an account are canceled in a second",
    "requests_today": "an account nears what it may send in a day",
    "rate_exceeded": "an account has gone beyond its own limit of a second or of the day",
    "runaway": "an account or a session sends so much that it must have run away",
    "unanswered": "a request has waited too long for its answer",
    "journal_slow": "a write to the journal takes too long",
    "disk_low": "the disk of the days is nearly full",
    "clock_back": "the clock is behind what commands were stamped with",
}
"""What each kind of alarm says."""

ACTIVE_MAX = 256
"""Alarms that are active at once; more are counted only."""


class Finding(NamedTuple):
    """What a look has found: the alarm's name, what has it, and what is said of it."""

    name: str
    of: str
    text: str


class Alarm(msgspec.Struct):
    """Something that whoever runs the venue should know of; `of` is what has it, if not the venue.

    `count` is how often it was seen, `seen` when last, in seconds of the clock that never steps.
    """

    name: str
    of: str
    text: str
    since: datetime
    last: datetime
    count: int
    seen: float


class Alarms:
    """The active alarms, by kind and owner."""

    def __init__(
        self, clear_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Clear what has not been seen for so long."""
        self.clear_seconds = clear_seconds
        self.monotonic = monotonic
        self.active: dict[tuple[str, str], Alarm] = {}
        self.raised: Counter[str] = Counter()

    def see(self, finding: Finding) -> None:
        """Raise an alarm, or renew it where it is active."""
        name, of, text = finding
        assert name in ALARMS, f"{name} is no alarm"
        now, seen = datetime.now(UTC), self.monotonic()
        alarm = self.active.get((name, of))
        if alarm is not None:
            alarm.text, alarm.last, alarm.seen = text, now, seen
            alarm.count += 1
            return
        self.raised[name] += 1
        if len(self.active) < ACTIVE_MAX:
            self.active[name, of] = Alarm(name, of, text, now, now, 1, seen)
            log.warning(text, extra={"alarm": name, "of": of})

    def clear(self) -> None:
        """Clear the alarms that have not been seen for a while."""
        before = self.monotonic() - self.clear_seconds
        for alarm in [alarm for alarm in self.active.values() if alarm.seen < before]:
            del self.active[alarm.name, alarm.of]
            told = {"alarm": alarm.name, "of": alarm.of, "count": alarm.count}
            log.info("alarm cleared", extra=told)

    def count(self) -> dict[str, int]:
        """Return how many of each kind are active."""
        names = Counter(name for name, _ in tuple(self.active))
        return {name: names[name] for name in ALARMS}

    def told(self) -> list[dict[str, object]]:
        """Return the active alarms for people, the oldest first."""
        names = "name", "of", "text", "since", "last", "count"
        return [{name: getattr(alarm, name) for name in names} for alarm in [*self.active.values()]]

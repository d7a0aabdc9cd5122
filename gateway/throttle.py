"""How many requests each session may send: in flight at once, and in any second.

The second slides: what counts is what was sent in the second up to now, to the nanosecond, and not
in one of the clock.  Cancels are neither counted nor refused (engine/kernels/vetting.py).
"""

from collections import defaultdict, deque
from typing import NamedTuple

import numpy as np

from protocol.units import MILLISECOND, NANOSECONDS


class Sent(NamedTuple):
    """How many requests which sessions have sent at one time."""

    time: int
    sessions: np.ndarray
    counts: np.ndarray


class Throttle:
    """Counts what sessions have sent in the last second, by ticks.

    `times` are those of the ticks in which each session has sent something.
    """

    def __init__(self, sessions: int, in_flight_max: int, rate_max: int) -> None:
        """Let every session have so many in flight, and so many in a second; 0 is any number."""
        self.in_flight_max = np.full(sessions, in_flight_max)
        self.usual_rate = rate_max
        self.rate_max = np.full(sessions, rate_max)
        self.has_rates = rate_max > 0
        self.sent = np.zeros(sessions, np.int64)
        self.ticks: deque[Sent] = deque()
        self.times: defaultdict[int, deque[int]] = defaultdict(deque)
        self.given = self.in_flight_max

    def limit(self, session: int, rate_max: int) -> None:
        """Let a session have so many in any second, or with 0 as many as all have."""
        self.rate_max[session] = rate_max or self.usual_rate
        self.has_rates = bool(self.rate_max.any())

    def room(self, now: int) -> np.ndarray:
        """Return how many requests each session may send now, an array that may be written to."""
        while self.ticks and self.ticks[0].time <= now - NANOSECONDS:
            _, sessions, counts = self.ticks.popleft()
            self.sent[sessions] -= counts
            for session in sessions.tolist():
                self.times[session].popleft()
        self.given = self.in_flight_max
        if self.has_rates:
            left = np.where(self.rate_max > 0, self.rate_max - self.sent, self.in_flight_max)
            self.given = np.minimum(self.in_flight_max, left)
        return self.given.copy()

    def learn(self, room: np.ndarray, now: int) -> None:
        """Take notice of how much room is left of what `room` has given; below 0 was refused."""
        if not self.has_rates:
            return
        used = self.given - np.maximum(room, np.minimum(self.given, 0))
        sessions = np.flatnonzero(used)
        if len(sessions):
            self.ticks.append(Sent(now, sessions, used[sessions]))
            self.sent[sessions] += used[sessions]
            for session in sessions.tolist():
                self.times[session].append(now)

    def milliseconds_until_room(self, session: int, now: int) -> int:
        """Return when a session may send again, 0 where its rate does not keep it from that."""
        most = self.rate_max[session]
        if most == 0 or self.sent[session] < most:
            return 0
        return -(-(self.times[session][0] + NANOSECONDS - now) // MILLISECOND)

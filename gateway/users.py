"""What operators have made of the users today: the venue remembers it, and this holds them to it.

A user that is locked is sent away and kept out, of trading and of copies; its orders stay, unless
they were to go with it.
"""

import numpy as np

from engine.venue import Venue
from gateway.streams import Streams
from gateway.throttle import Throttle
from protocol.vocabulary import ReportKind


class Users:
    """Locks and limits of users, by session number."""

    def __init__(self, venue: Venue, streams: Streams, throttle: Throttle) -> None:
        self.venue = venue
        self.streams = streams
        self.throttle = throttle
        self.agreed = throttle.in_flight_max.copy()

    def is_locked(self, number: int) -> bool:
        """Say whether a user may not come in."""
        return bool(self.venue.state.sessions[number]["is_locked"])

    def agree(self, number: int, in_flight_max: int) -> int:
        """Return how many requests may be unanswered of a session that comes in for so many."""
        self.agreed[number] = in_flight_max
        self.hold(number)
        return int(self.throttle.in_flight_max[number])

    def hold(self, number: int) -> None:
        """Hold a user to its limits from now on."""
        row = self.venue.state.sessions[number]
        agreed, most = self.agreed[number], row["in_flight_max"]
        self.throttle.in_flight_max[number] = min(agreed, most) if most > 0 else agreed
        self.throttle.limit(number, int(row["rate_max"]))

    def resume(self) -> None:
        """Hold all users to the limits that they had when the venue was there last."""
        for number in range(1, len(self.agreed)):
            self.hold(number)

    def learn(self, reports: np.ndarray, kinds: int) -> None:
        """Take notice of REPORT rows; `kinds` has a bit for each kind among them."""
        if not kinds & 1 << ReportKind.USER_CHANGED:
            return
        changed = reports[reports["kind"] == ReportKind.USER_CHANGED]
        for number in changed["order_number"].tolist():
            self.hold(number)
            if self.is_locked(number):
                self.send_away(number)

    def send_away(self, number: int) -> None:
        """End all sessions of a user."""
        listening = [self.streams.listeners.get(number)]
        copying = [one for (user, _), one in self.streams.copiers.items() if user == number]
        for listener in listening + copying:
            if listener is not None:
                listener.be_locked()

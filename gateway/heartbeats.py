"""When each session is due to show life: every so many seconds, as it agreed with its peer."""

from collections import defaultdict
from typing import Protocol


class Beating(Protocol):
    """A session as its heartbeats see it."""

    heartbeat_seconds: int

    def beat(self) -> None:
        """Take notice that so many seconds have passed."""


class Heartbeats:
    """Sessions by the second in which they are due next; a second costs what is due in it."""

    def __init__(self) -> None:
        self.second = 0
        self.due: defaultdict[int, set[Beating]] = defaultdict(set)
        self.seconds: dict[Beating, int] = {}

    def put(self, session: Beating) -> None:
        """Let a session beat from now on, at its interval."""
        self.drop(session)
        second = self.seconds[session] = self.second + session.heartbeat_seconds
        self.due[second].add(session)

    def drop(self, session: Beating) -> None:
        """Let a session beat no more."""
        if (second := self.seconds.pop(session, None)) is not None:
            self.due[second].discard(session)

    def pass_second(self) -> None:
        """Take notice that a second has passed."""
        self.second += 1
        for session in self.due.pop(self.second, set()):
            self.put(session)
            session.beat()

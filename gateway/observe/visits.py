"""Who comes to the venue, from where, and how they leave: in the log, and counted.

A name that nobody here has is not written down: it may be a password, typed into the wrong field.
"""

import logging
from collections import Counter
from collections.abc import Container

from protocol.messages import LoginAccepted, LoginRejected, Logout
from protocol.vocabulary import Copies, LoginReject, ProtocolFault

log = logging.getLogger("cuohe")

ACCEPTED = "ACCEPTED"
NOBODY = "-"


class Visits:
    """The visits of a day, under way or over."""

    def __init__(self, users: Container[str]) -> None:
        """Know users by these names."""
        self.users = users
        self.logins: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.by_session: dict[int, Visit] = {}
        self.copying: set[Visit] = set()


class Visit:
    """One connection: its address, and once somebody has logged in, user and session."""

    __slots__ = ("address", "copies", "session", "user", "visits")

    def __init__(self, visits: Visits) -> None:
        self.visits = visits
        self.address = NOBODY
        self.user = NOBODY
        self.session = 0
        self.copies = Copies.NOTHING

    @property
    def fields(self) -> dict[str, object]:
        """Whose visit it is, for the log."""
        fields = {"user": self.user, "session": self.session, "address": self.address}
        return fields | ({"copies": self.copies.name} if self.copies else {})

    def log_in(
        self,
        user: str,
        answer: LoginAccepted | LoginRejected,
        copies: Copies = Copies.NOTHING,
    ) -> None:
        """Take notice of the answer to a login."""
        if user in self.visits.users:
            self.user = user
        self.copies = copies
        if isinstance(answer, LoginAccepted):
            self.session = answer.session
            if copies:
                self.visits.copying.add(self)
            else:
                self.visits.by_session[self.session] = self
            self.visits.logins[ACCEPTED] += 1
            log.info("login accepted", extra=self.fields)
        else:
            reason = LoginReject(answer.reason).name
            self.visits.logins[reason] += 1
            log.warning("login refused", extra=self.fields | {"reason": reason})

    def break_rule(self, fault: ProtocolFault, text: str) -> None:
        """Take notice that the session is cut."""
        self.visits.faults[fault.name] += 1
        log.warning("session cut", extra=self.fields | {"fault": fault.name, "text": text})

    def end(self, farewell: Logout | None) -> None:
        """Take notice that it is over."""
        if self in self.visits.copying:
            self.visits.copying.remove(self)
        elif self.visits.by_session.get(self.session) is self:
            del self.visits.by_session[self.session]
        else:
            return
        text = farewell.reason if farewell is not None else ""
        log.info("session ended", extra=self.fields | {"text": text})


def address_of(peer: object) -> str:
    """Return a socket's address as people write it, like 127.0.0.1:50000 or [::1]:50000."""
    match peer:
        case (str(host), int(port), *_):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        case _:
            return NOBODY

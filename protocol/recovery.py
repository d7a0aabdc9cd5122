"""A session that outlives its connections, without a socket.

`Lifeline` says what to send on a new connection and when to try the next one, keeps what has no
answer, and hands on every report of the stream once, in order.  `protocol.steady` puts it on
sockets.
"""

import random
from collections.abc import Callable, Iterator
from enum import Enum, auto
from functools import lru_cache
from ssl import SSLCertVerificationError
from typing import NamedTuple

import numpy as np

from protocol.framing import ProtocolViolation
from protocol.login import derive
from protocol.messages import Challenge, LoginAccepted, Logout, Message, Refused
from protocol.outbox import PART_ROWS, Item, Outbox
from protocol.terminal import LoginOptions, LoginRefused, SessionEnded, Terminal
from protocol.vocabulary import LoginReject, ProtocolFault, Refusal

TAKEN_OVER = "the user has logged in anew"
"""By this Logout the venue says that the user has a session elsewhere."""

SILENT_BEATS_MAX = 3
"""Heartbeat intervals without a byte from the venue, behind which the connection is given up."""

IN_FLIGHT_MAX = 16_384
"""Most requests without an answer: so many the venue answers again where all are sent again."""

MENDED = (ProtocolFault.NOTHING, ProtocolFault.FRAME_TRUNCATED, ProtocolFault.TOO_SLOW)
"""Faults by which the venue ends a session, and that a new connection puts right."""

DOUBLINGS_MAX = 30


def say_nothing(what: object) -> None:
    """Do nothing about it."""


class Recovery(NamedTuple):
    """How a session is mended, all times in seconds.

    A connection may take `connect_seconds`, and the login on it `login_seconds`.  Behind a cut the
    first try comes after about `wait_seconds`, each further one after about twice the time, up to
    `wait_seconds_max`; after `give_up_seconds` without success GaveUp is raised.  `on_cut` is told
    why a session was cut, `on_return` what the venue said when it was back.
    """

    connect_seconds: float = 5.0
    login_seconds: float = 10.0
    wait_seconds: float = 0.05
    wait_seconds_max: float = 5.0
    give_up_seconds: float = 60.0
    on_cut: Callable[[str], None] = say_nothing
    on_return: Callable[[LoginAccepted], None] = say_nothing


class GaveUp(SessionEnded):
    """The venue was not reached again in time; what has no answer may be carried out or not."""


class TakenOver(SessionEnded):
    """The user has a session elsewhere; two that recover would cut each other for ever."""


class Standing(Enum):
    """Where a session stands that may have to be mended."""

    APART = auto()
    LOGGING_IN = auto()
    CATCHING_UP = auto()
    OPEN = auto()
    OVER = auto()


IN_SESSION = (Standing.CATCHING_UP, Standing.OPEN)


class Lifeline:
    """One session over as many connections as it takes; `now` is in seconds of any clock."""

    def __init__(
        self,
        user: str,
        password: str,
        options: LoginOptions,
        recovery: Recovery,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Begin without a connection; `chance` gives numbers from 0 to 1 that spread the tries."""
        self.user = user
        self.password = password
        self.options = options
        self.recovery = recovery
        self.chance = chance
        self.terminal = Terminal(lru_cache(maxsize=1)(derive))
        self.outbox = Outbox()
        self.standing = Standing.APART
        self.is_leaving = False
        self.failed_at = 0.0
        self.tries = 0
        self.retry_at = 0.0
        self.silent_seconds = 0.0
        self.sent_at = 0.0
        self.heard_at_first: int | None = None
        self.report_at_login = 0
        self.was_cut = False

    @property
    def is_apart(self) -> bool:
        """Whether there is no connection, and another is to be tried."""
        return self.standing is Standing.APART

    @property
    def is_known(self) -> bool:
        """Whether the venue has opened the session at least once."""
        return self.heard_at_first is not None

    @property
    def is_over(self) -> bool:
        """Whether the session has ended for good."""
        return self.standing is Standing.OVER

    def check(self) -> None:
        """Raise SessionEnded where the session has ended for good."""
        if self.is_over:
            raise SessionEnded("the session has ended; log in anew")

    @property
    def is_logging_in(self) -> bool:
        """Whether the venue has not opened the session yet on this connection."""
        return self.standing is Standing.LOGGING_IN

    def seconds_to_wait(self, now: float) -> float:
        """Return how long to wait before the next try."""
        return max(0.0, self.retry_at - now)

    def keep(self, frame: bytes) -> Item:
        """Keep the request that was made last, until it is answered."""
        return self.outbox.put(self.terminal.client_seq, frame)

    def keep_rows(self, rows: np.ndarray) -> Item | None:
        """Keep COMMAND rows until they are answered; return the last item of them, if any.

        Raises Mistake where they cannot be sent again and told apart.
        """
        item = self.outbox.put_rows(rows, min(PART_ROWS, self.session.in_flight_max))
        self.terminal.client_seq = max(self.terminal.client_seq, self.outbox.greatest)
        return item

    def begin(self, now: float) -> bytes:
        """Take notice of a new connection; return the frame that asks for the session on it."""
        options = self.options.copy()
        if self.terminal.accepted is not None:
            options["next_report"] = self.terminal.next_report
            options["business_date"] = self.terminal.accepted.business_date
        self.terminal.part()
        self.standing = Standing.LOGGING_IN
        self.silent_seconds = 0.0
        self.sent_at = now
        return self.terminal.login(self.user, self.password, **options)

    def receive(self, data: bytes) -> Iterator[Message]:
        """Take what has arrived, and yield the messages in it that are new to the user.

        During the login that is Challenge, for `terminal.prove`.  Raises Mistake where the
        connection is of no more use: see `cut`.
        """
        if not data:
            raise SessionEnded("the connection was closed")
        self.silent_seconds = 0.0
        if self.standing in IN_SESSION:
            self.tries = 0
        for message in self.terminal.receive(data):
            match message:
                case LoginAccepted():
                    self.welcome(message)
                    continue
                case Challenge():
                    pass
                case Logout():
                    self.standing = Standing.OVER
                case Refused(reason=Refusal.TOO_MANY_RESENT):
                    raise SessionEnded("the venue has too many requests to answer again")
                case Refused() if not self.outbox.settle(message.client_seq):
                    continue
                case Refused():
                    pass
                case _:
                    self.outbox.learn(message)
            yield message
        self.catch_up()

    def welcome(self, accepted: LoginAccepted) -> None:
        """Go on with the session as the venue has opened it."""
        outbox = self.outbox
        if self.heard_at_first is None:
            self.heard_at_first = outbox.greatest = accepted.client_seq
            outbox.learn_symbols(accepted.instruments)
        elif accepted.client_seq > max(outbox.sent_up_to, self.heard_at_first):
            raise TakenOver(
                f"request {accepted.client_seq} of {self.user} came from somewhere else; "
                "give each program a user of its own"
            )
        outbox.start_anew()
        self.report_at_login = self.terminal.next_report
        self.standing = Standing.CATCHING_UP

    def catch_up(self) -> None:
        """Open the session for requests when the reports that were missed are here."""
        if self.standing not in IN_SESSION:
            return
        if self.terminal.next_report > self.report_at_login:
            self.tries = 0
        is_behind = self.terminal.next_report < self.session.next_report
        if self.standing is Standing.CATCHING_UP and not is_behind:
            self.standing = Standing.OPEN
            if self.was_cut:
                self.was_cut = False
                self.recovery.on_return(self.session)

    @property
    def session(self) -> LoginAccepted:
        """What the venue said when it opened the session last."""
        assert self.terminal.accepted is not None
        return self.terminal.accepted

    def frames(self, now: float) -> bytes:
        """Return what is to be sent now: what has not been sent yet, and Logout behind all."""
        if self.standing is not Standing.OPEN:
            return b""
        data = self.outbox.frames(min(self.session.in_flight_max, IN_FLIGHT_MAX))
        if self.is_leaving and self.outbox.is_all_sent and not self.terminal.is_leaving:
            data += self.terminal.logout()
        if data:
            self.sent_at = now
        return data

    def heartbeat(self, now: float) -> bytes:
        """Return the frame that shows life, where one is due."""
        if self.standing not in IN_SESSION or self.seconds_to_beat(now) > 0:
            return b""
        self.sent_at = now
        return self.terminal.heartbeat()

    def seconds_to_beat(self, now: float) -> float:
        """Return when the next heartbeat is due."""
        return max(0.0, self.sent_at + self.session.heartbeat_seconds - now)

    @property
    def patience_seconds(self) -> float:
        """How much longer the venue may say nothing before the connection is given up."""
        return max(0.0, SILENT_BEATS_MAX * self.session.heartbeat_seconds - self.silent_seconds)

    def let_go(self) -> None:
        """Take notice that a try was given up by who waited for it; another may follow."""
        self.standing = Standing.APART

    def cut(self, error: Exception, now: float) -> None:
        """Take notice that the connection is gone, or the try for one failed, because of `error`.

        Raises what no further try would mend, and GaveUp.
        """
        was_in_session = self.standing in IN_SESSION
        self.standing = Standing.OVER
        if hopeless := verdict(error):
            raise hopeless
        if not self.tries:
            self.failed_at = now
        self.retry_at = now + self.seconds_apart(error)
        why = str(error) or type(error).__name__
        if self.retry_at - self.failed_at > self.recovery.give_up_seconds:
            raise GaveUp(
                f"the session did not come about in {self.recovery.give_up_seconds:g} seconds: "
                f"{why}; look whether the venue is up, and log in again for the reports"
            )
        self.tries += 1
        self.standing = Standing.APART
        if was_in_session:
            self.was_cut = True
            self.recovery.on_cut(why)

    def seconds_apart(self, error: Exception) -> float:
        """Return how long to wait behind a failure: twice as long as before, or as the venue says,
        and a part of it by chance, so that not all come back at once."""
        doubled = self.recovery.wait_seconds * 2 ** min(self.tries, DOUBLINGS_MAX)
        seconds = min(self.recovery.wait_seconds_max, doubled) * (0.5 + 0.5 * self.chance())
        told = error.retry_after_ms / 1_000 if isinstance(error, LoginRefused) else 0.0
        return told + seconds


def verdict(error: Exception) -> Exception | None:
    """Return what is to be raised because of an error, None where another try may mend it."""
    match error:
        case LoginRefused(reason=LoginReject.LOCKED | LoginReject.BUSY):
            return None
        case LoginRefused(reason=LoginReject.NO_SUCH_REPORT):
            text = f"{error}; the venue has lost reports that it had sent: log in with "
            return LoginRefused(text + "next_report=1 and compare", error.reason)
        case SessionEnded() if str(error) == TAKEN_OVER:
            return TakenOver(f"{error}, elsewhere; give each program a user of its own")
        case GaveUp() | TakenOver() | SSLCertVerificationError():
            return error
        case SessionEnded() if error.fault in MENDED:
            return None
        case ProtocolViolation(fault=ProtocolFault.MESSAGE_UNEXPECTED) | OSError():
            return None
    return error

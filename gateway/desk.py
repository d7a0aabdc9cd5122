"""The desk at which sessions log in: who may, what they are told, and who is there now."""

import hmac
from collections.abc import Sequence

import numpy as np

from engine.venue import Venue
from gateway.answers import Answers
from gateway.clock import Clock, OperatorClock
from gateway.config import Config, User
from gateway.intake import Intake
from gateway.streams import Listener, Streams
from protocol.messages import VERSION, Login, LoginAccepted, LoginRejected, Message
from protocol.records import COMMAND
from protocol.translate import Translator
from protocol.vocabulary import EVERY_INSTRUMENT, CommandKind, LoginReject, Role


class Desk:
    """What all sessions share.

    A user's session number is its place in the configuration, counted from 1.
    """

    def __init__(
        self,
        config: Config,
        business_date: int,
        symbols: Sequence[str],
        venue: Venue,
        clock: Clock,
        intake: Intake,
        streams: Streams,
    ) -> None:
        self.config = config
        self.business_date = business_date
        self.symbols = list(symbols)
        self.venue = venue
        self.clock = clock
        self.intake = intake
        self.streams = streams
        self.translator = Translator(symbols)
        self.answers = Answers(config, venue, self.translator, streams)
        self.users = {user.name: (number, user) for number, user in enumerate(config.users, 1)}

    def log_in(self, login: Login, listener: Listener) -> LoginAccepted | LoginRejected:
        """Open the session of a user with this listener, or say why not."""
        number, user = self.users.get(login.user, (0, None))
        if user is None or not is_password(user, login.password):
            return refuse(LoginReject.UNKNOWN_USER_OR_PASSWORD, "check user name and password")
        if login.version != VERSION:
            return refuse(LoginReject.VERSION_NOT_SUPPORTED, f"this venue speaks {VERSION}")
        if login.business_date not in (0, self.business_date):
            return refuse(LoginReject.WRONG_BUSINESS_DATE, f"today is {self.business_date}")
        stream = self.streams[number]
        if stream.listener is not None:
            return refuse(LoginReject.ALREADY_LOGGED_IN, "log out there, or wait until it is cut")
        if not 0 <= login.next_report <= stream.next_report:
            return refuse(LoginReject.NO_SUCH_REPORT, f"the next one is {stream.next_report}")
        stream.listener = listener
        return self.welcome(number, user)

    def welcome(self, number: int, user: User) -> LoginAccepted:
        branch = self.config.branch_of(user)
        return LoginAccepted(
            number,
            branch.number,
            branch.account_first,
            branch.account_last,
            self.business_date,
            self.streams[number].next_report,
            self.last_client_seq(number),
            self.config.venue.heartbeat_seconds,
            self.config.venue.journal,
            self.symbols,
        )

    def submit(self, session: int, message: Message) -> None:
        """Put what a session's message asks for into the next batch."""
        self.put(session, self.translator.to_row(message, session))

    def put(self, session: int, rows: bytes) -> None:
        """Put packed COMMAND rows of a session into the next batch."""
        if isinstance(self.clock, OperatorClock) and self.is_operator(session):
            self.move(self.clock, session, np.frombuffer(rows, COMMAND))
        self.intake.put(session, rows)

    def move(self, clock: OperatorClock, session: int, rows: np.ndarray) -> None:
        """Move the clock with those rows that begin a phase of all instruments, and are new."""
        last = self.last_client_seq(session)
        greatest = np.maximum.accumulate(np.append(last, rows["client_seq"]))
        is_new = rows["client_seq"] > greatest[:-1]
        begins = is_new & (rows["kind"] == CommandKind.CHANGE_PHASE)
        for phase in rows["phase"][begins & (rows["instrument"] == EVERY_INSTRUMENT)].tolist():
            clock.begin(phase)

    def last_client_seq(self, session: int) -> int:
        """Return the greatest client_seq of a session's requests, carried out or waiting."""
        return max(self.venue.last_client_seq(session), self.intake.last_client_seq(session))

    def is_operator(self, session: int) -> bool:
        """Whether the session may change phases."""
        return self.config.users[session - 1].role is Role.OPERATOR

    def leave(self, session: int) -> None:
        """Close a session; its stream goes on without a listener."""
        self.streams[session].listener = None


def is_password(user: User, password: str) -> bool:
    """Say whether it is the user's password, in the same time for any wrong one."""
    return hmac.compare_digest(user.password.encode(), password.encode())


def refuse(reason: LoginReject, text: str) -> LoginRejected:
    return LoginRejected(reason, text)

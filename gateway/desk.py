"""The desk at which sessions log in: who may, what they are told, and who is there now."""

import hmac
from collections.abc import Sequence

import numpy as np

from engine.venue import Venue
from gateway.answers import Answers
from gateway.clock import Clock, OperatorClock
from gateway.config import Config, User
from gateway.inlet import Inlet
from gateway.intake import Intake
from gateway.outlet import Outlet
from gateway.streams import Listener, Streams
from gateway.vetting import Vetting
from protocol.messages import VERSION, Login, LoginAccepted, LoginRejected, Message
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
        vetting: Vetting,
    ) -> None:
        self.config = config
        self.business_date = business_date
        self.symbols = list(symbols)
        self.venue = venue
        self.clock = clock
        self.intake = intake
        self.streams = streams
        self.vetting = vetting
        self.translator = Translator(symbols)
        self.inlet = Inlet(symbols, intake)
        self.outlet = Outlet(symbols)
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
        next_report = self.streams.next_report(number)
        if not 0 <= login.next_report <= next_report:
            return refuse(LoginReject.NO_SUCH_REPORT, f"the next one is {next_report}")
        self.streams.listen(number, listener)
        return self.welcome(number, user)

    def welcome(self, number: int, user: User) -> LoginAccepted:
        branch = self.config.branch_of(user)
        return LoginAccepted(
            number,
            branch.number,
            branch.account_first,
            branch.account_last,
            self.business_date,
            self.streams.next_report(number),
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
        waiting = self.intake.waiting
        self.intake.put(session, rows)
        self.move_clock(session, waiting)

    def read_plain(self, session: int) -> None:
        """Put the plain messages that have arrived of a session into the next batch."""
        waiting = self.intake.waiting
        self.inlet.read_plain(session)
        self.move_clock(session, waiting)

    def move_clock(self, session: int, waiting: int) -> None:
        """Move the clock with those rows that begin a phase of all instruments, and are new.

        Of the intake, the rows from `waiting` on are looked at.
        """
        if not isinstance(self.clock, OperatorClock) or not self.is_operator(session):
            return
        rows = self.intake.rows[waiting:]
        last = self.last_client_seq(session, waiting)
        greatest = np.maximum.accumulate(np.append(last, rows["client_seq"]))
        is_new = rows["client_seq"] > greatest[:-1]
        begins = is_new & (rows["kind"] == CommandKind.CHANGE_PHASE)
        for phase in rows["phase"][begins & (rows["instrument"] == EVERY_INSTRUMENT)].tolist():
            self.clock.begin(phase)

    def last_client_seq(self, session: int, waiting: int | None = None) -> int:
        """Return the greatest client_seq of a session's requests, carried out or among `waiting`
        rows of the intake, by default all."""
        heard = int(self.vetting.heard[session])
        return max(heard, self.intake.last_client_seq(session, waiting))

    def is_operator(self, session: int) -> bool:
        """Whether the session may change phases."""
        return self.config.users[session - 1].role is Role.OPERATOR

    def leave(self, session: int) -> None:
        """Close a session; its stream goes on without a listener."""
        self.streams.listeners.pop(session, None)


def is_password(user: User, password: str) -> bool:
    """Say whether it is the user's password, in the same time for any wrong one."""
    return hmac.compare_digest(user.password.encode(), password.encode())


def refuse(reason: LoginReject, text: str) -> LoginRejected:
    return LoginRejected(reason, text)

"""The desk at which sessions log in: who may, what they are told, and who is there now."""

from collections.abc import Sequence

import numpy as np

from engine.venue import Venue
from gateway.answers import Answers
from gateway.clock import Clock, OperatorClock
from gateway.config import Config, User
from gateway.doorkeeper import Doorkeeper
from gateway.heartbeats import Heartbeats
from gateway.inlet import Inlet
from gateway.intake import Intake
from gateway.observe.visits import Visits
from gateway.outlet import Outlet
from gateway.streams import Listener, Streams
from gateway.vetting import Vetting
from protocol.messages import VERSION, Login, LoginAccepted, LoginRejected, Message
from protocol.records import COMMAND
from protocol.translate import Translator
from protocol.vocabulary import EVERY_INSTRUMENT, CommandKind, LoginReject

VENUE = 0
"""The session of the venue itself."""


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
        doorkeeper: Doorkeeper,
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
        self.doorkeeper = doorkeeper
        self.heartbeats = Heartbeats()
        self.operators = config.sessions_that_may(CommandKind.CHANGE_PHASE)
        self.users = {user.name: (number, user) for number, user in enumerate(config.users, 1)}
        self.visits = Visits(self.users)

    def log_in(
        self, login: Login, listener: Listener, certified: int | None
    ) -> LoginAccepted | LoginRejected:
        """Open the session of a user, whose password was right, with this listener, or say why not.

        `certified` is the branch that the peer's certificate names, None where none is asked for.
        """
        number, user = self.users[login.user]
        if login.version != VERSION:
            return refuse(LoginReject.VERSION_NOT_SUPPORTED, f"this venue speaks {VERSION}")
        if login.business_date not in (0, self.business_date):
            return refuse(LoginReject.WRONG_BUSINESS_DATE, f"today is {self.business_date}")
        if certified is not None and certified != user.branch:
            text = f"the certificate is of branch {certified or 'none'}"
            return refuse(LoginReject.CERTIFICATE_OF_ANOTHER_BRANCH, text)
        next_report = self.streams.next_report(number)
        if not 0 <= login.next_report <= next_report:
            return refuse(LoginReject.NO_SUCH_REPORT, f"the next one is {next_report}")
        self.streams.listen(number, listener)
        return self.welcome(login, number, user)

    def welcome(self, login: Login, number: int, user: User) -> LoginAccepted:
        """Return the answer to a login, but for the venue's proof."""
        branch, settings = self.config.branch_of(user), self.config.venue
        return LoginAccepted(
            number,
            branch.number,
            branch.account_first,
            branch.account_last,
            self.business_date,
            self.streams.next_report(number),
            self.last_client_seq(number),
            settings.agreed_heartbeat(login.heartbeat_seconds),
            settings.journal,
            self.symbols,
            user.acts_as,
            settings.agreed_in_flight(login.in_flight_max),
            b"",
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
        if not isinstance(self.clock, OperatorClock) or session not in self.operators:
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

    def put_presence(self, kind: CommandKind, session: int) -> None:
        """Have it journaled that a session is there whose orders go with it, or is gone."""
        self.intake.put(VENUE, presence(kind, session).tobytes())

    def close_all(self) -> None:
        """Close the sessions that were open when the venue was there last."""
        for session in self.venue.sessions_connected():
            self.put_presence(CommandKind.CLOSE_SESSION, session)

    def leave(self, session: int) -> None:
        """Close a session; its stream goes on without a listener."""
        self.streams.listeners.pop(session, None)


def presence(kind: CommandKind, session: int) -> np.ndarray:
    """Return the COMMAND row of the venue about a session whose orders are canceled at its end."""
    row = np.zeros(1, COMMAND)
    row["kind"] = kind
    row["admitted"] = session
    row["cancels_on_disconnect"] = kind == CommandKind.OPEN_SESSION
    return row


def refuse(reason: LoginReject, text: str) -> LoginRejected:
    return LoginRejected(reason, text)

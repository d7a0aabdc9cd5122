"""The desk at which sessions hand in what they want: into the next batch, and to the clock."""

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from engine.permissions import Service
from engine.venue import Venue
from gateway.answers import Answers
from gateway.clock import Clock, OperatorClock
from gateway.copies import Copied, CopyReader, OfEveryone, OfSessions
from gateway.heartbeats import Heartbeats
from gateway.inlet import Inlet
from gateway.intake import Intake
from gateway.observe.visits import Visits
from gateway.outlet import Outlet
from gateway.reading import Peer, Reader, StreamReader
from gateway.reception import Reception
from gateway.streams import Listener, Streams
from gateway.users import Users
from gateway.vetting import VENUE, Vetting
from protocol.messages import Login, LoginAccepted, LoginRejected, Message
from protocol.records import COMMAND
from protocol.translate import Translator
from protocol.vocabulary import EVERY_INSTRUMENT, CommandKind, Copies, LoginReject, Reach, Refusal

REACH_OF_COPIES = {Copies.BRANCH: Reach.OWN, Copies.EVERYONE: Reach.EVERY}


class Desk:
    """What all sessions share."""

    def __init__(
        self,
        reception: Reception,
        venue: Venue,
        clock: Clock,
        intake: Intake,
        streams: Streams,
        vetting: Vetting,
        users: Users,
    ) -> None:
        config, symbols = reception.config, reception.symbols
        self.reception = reception
        self.venue = venue
        self.clock = clock
        self.intake = intake
        self.streams = streams
        self.vetting = vetting
        self.users = users
        self.translator = Translator(symbols)
        self.inlet = Inlet(symbols, intake)
        self.outlet = Outlet(symbols)
        self.answers = Answers(config, venue, self.translator, streams)
        self.heartbeats = Heartbeats()
        self.operators = config.sessions_that_may(CommandKind.CHANGE_PHASE)
        self.visits = Visits(reception.users)
        self.on_open_day: Callable[[int], Refusal] = lambda _: Refusal.DAY_CANNOT_OPEN

    def log_in(self, login: Login, listener: Listener) -> LoginAccepted | LoginRejected:
        """Open the session of a user that may come in, with this listener, or say why not."""
        number = self.reception.number_of(login)
        if self.users.is_locked(number):
            return LoginRejected(LoginReject.USER_LOCKED, "ask an operator why")
        if refusal := self.refusal_of_copies(login):
            return refusal
        next_report = self.next_report(login)
        if not 0 <= login.next_report <= next_report:
            text = f"the next one is {next_report}"
            return LoginRejected(LoginReject.NO_SUCH_REPORT, text)
        if login.copies:
            self.streams.copy_to((number, login.copies), listener)
            return self.reception.welcome(login, next_report)
        self.streams.listen(number, listener)
        accepted = self.reception.welcome(
            login, self.streams.next_report(number), self.last_client_seq(number)
        )
        in_flight_max = self.users.agree(number, accepted.in_flight_max)
        return replace(accepted, in_flight_max=in_flight_max)

    def refusal_of_copies(self, login: Login) -> LoginRejected | None:
        """Return why a user may not hear the copies that a login asks for; None where it may."""
        if not login.copies:
            return None
        reach = REACH_OF_COPIES[login.copies]
        return self.reception.want_of_right(login, Service.COPY_REPORTS, reach)

    def next_report(self, login: Login) -> int:
        """Return the number of the next new report of what a login asks for."""
        if login.copies:
            return self.copied(login).count_before(self.streams.indexed) + 1
        return self.streams.next_report(self.reception.number_of(login))

    def copied(self, login: Login) -> Copied:
        """Return which reports the copies of a login have."""
        if login.copies == Copies.EVERYONE:
            return OfEveryone()
        return OfSessions(self.streams, self.reception.colleagues_of(login))

    def reader(self, login: Login, accepted: LoginAccepted, peer: Peer) -> Reader:
        """Return what sends a peer the reports that its login asks for."""
        first = login.next_report or accepted.next_report
        if login.copies:
            return CopyReader(self.streams, self.intake, self.copied(login), first, peer)
        return StreamReader(self.streams, accepted.session, first, peer)

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

    def open_day(self, session: int, business_date: int) -> Refusal:
        """Have another day begin, for whoever may end one; return why it does not."""
        user = self.reception.config.users[session - 1]
        if user.reach_of(CommandKind.CLOSE_DAY) != Reach.EVERY:
            return Refusal.NOT_PERMITTED
        if self.venue.is_open:
            return Refusal.DAY_NOT_ENDED
        return self.on_open_day(business_date)

    def put_presence(self, kind: CommandKind, session: int) -> None:
        """Have it journaled that a session is there whose orders go with it, or is gone."""
        self.intake.put(VENUE, presence(kind, session).tobytes())

    def close_all(self) -> None:
        """Close the sessions that were open when the venue was there last."""
        for session in self.venue.sessions_connected():
            self.put_presence(CommandKind.CLOSE_SESSION, session)

    def leave(self, session: int, copies: Copies) -> None:
        """Close a session; what it has heard goes on without a listener."""
        if copies:
            self.streams.copiers.pop((session, copies), None)
        else:
            self.streams.listeners.pop(session, None)


def presence(kind: CommandKind, session: int) -> np.ndarray:
    """Return the COMMAND row of the venue about a session whose orders are canceled at its end."""
    row = np.zeros(1, COMMAND)
    row["kind"] = kind
    row["admitted"] = session
    row["cancels_on_disconnect"] = kind == CommandKind.OPEN_SESSION
    return row

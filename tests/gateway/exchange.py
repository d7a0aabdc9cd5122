"""A venue without sockets: sessions whose bytes a test carries, and ticks that a test calls."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Self

from msgspec.structs import replace

from engine.sequencer import Sequencer
from engine.venue import Venue
from gateway.backlog import Backlog
from gateway.clock import OperatorClock
from gateway.config import DEFAULTS, load_config
from gateway.credentials import Credentials
from gateway.desk import Desk
from gateway.doorkeeper import Doorkeeper
from gateway.failures import Failures
from gateway.intake import Intake
from gateway.opening import Opening
from gateway.reception import Reception
from gateway.secret import load_secret
from gateway.session import Session
from gateway.streams import Streams
from gateway.throttle import Throttle
from gateway.users import Users
from gateway.vetting import Vetting
from protocol.codec import decode_outbound
from protocol.framing import Frames
from protocol.login import derive
from protocol.terminal import Terminal
from protocol.vocabulary import Phase

BUSINESS_DATE = 20261120
PASSWORDS = {
    "alice": "alice-of-branch-1",
    "bob": "bob-of-branch-2",
    "olivia": "olivia-the-operator",
    "oscar": "oscar-the-operator",
}

known_keys = cache(derive)
"""The keys of a password, derived once for all tests."""


class KeyChecksAtOnce:
    """Takes every key for the hashed one, unless it is told to be busy, and counts them."""

    def __init__(self) -> None:
        self.is_busy = False
        self.checked = 0

    def check(self, hashed: str, client_key: bytes, then: Callable[[bool], None]) -> None:
        assert hashed.startswith("$argon2id$") and len(client_key) == 32
        self.checked += 1
        then(True)


class Line:
    """A connection: the server's half of a session, and the bytes that it sent."""

    def __init__(self, desk: Desk) -> None:
        self.sent = bytearray()
        self.is_open = True
        self.session = Session(desk, self.transmit, self.hang_up)
        self.transmissions = 0

    def transmit(self, data: bytes) -> None:
        self.sent += data
        self.transmissions += 1

    def hang_up(self) -> None:
        self.is_open = False

    def hear(self) -> bytes:
        """Return what was sent since the last time."""
        heard = bytes(self.sent)
        self.sent.clear()
        return heard

    def messages(self) -> list:
        """Return the messages that were sent since the last time."""
        return [decode_outbound(body) for body in Frames().feed(self.hear())]


class Exchange:
    """The default venue's users and instruments.

    Its accounts are mere numbers, unless it is `with_accounts`: then they are those of the default.
    """

    def __init__(self, *, with_accounts: bool = False) -> None:
        config = load_config(DEFAULTS / "venue.toml")
        if not with_accounts:
            config = replace(config, venue=replace(config.venue, accounts=""))
        opening = Opening(config, BUSINESS_DATE)
        self.venue = Venue(
            opening.limits._replace(orders_open=1_000, orders_day=100_000, ticks=1_000_000)
        )
        self.intake = Intake()
        sessions = len(config.users) + 1
        self.streams = Streams(sessions)
        throttle = Throttle(sessions, config.venue.in_flight_max, config.venue.rate_max)
        self.backlog = Backlog(config.venue.busy_after_ms)
        self.vetting = Vetting(self.streams, self.intake, throttle, self.backlog)
        self.users = Users(self.venue, self.streams, throttle)
        clock = OperatorClock(BUSINESS_DATE, 1.0)
        self.sequencer = Sequencer(clock.now)
        self.seconds = 1_000_000.0
        self.key_checks = KeyChecksAtOnce()
        self.doorkeeper = Doorkeeper(
            Credentials(config.users, load_secret(Path(config.venue.secret))),
            Failures([user.name for user in config.users], lambda: self.seconds),
            self.key_checks,
        )
        self.desk = Desk(
            Reception(config, BUSINESS_DATE, opening.symbols, self.doorkeeper),
            self.venue,
            clock,
            self.intake,
            self.streams,
            self.vetting,
            self.users,
        )
        commands = opening.commands()
        self.sequencer.stamp(commands)
        opening.check_granted(self.venue.apply(commands))

    @classmethod
    def trading(cls, *, with_accounts: bool = False) -> Self:
        """Return one in continuous trading, nobody logged in."""
        exchange = cls(with_accounts=with_accounts)
        operator, line = exchange.log_in("olivia")
        exchange.ask(line, operator.change_phase(Phase.CONTINUOUS) + operator.logout())
        return exchange

    def connect(self) -> Line:
        """Return a new connection, nobody logged in."""
        return Line(self.desk)

    def log_in(self, user: str, **options) -> tuple[Terminal, Line]:
        """Return both halves of a user's session, just opened."""
        terminal, line = Terminal(known_keys), self.connect()
        self.prove(terminal, line, user, PASSWORDS[user], **options)
        terminal.client_seq = self.desk.last_client_seq(line.session.number)
        return terminal, line

    def prove(self, terminal: Terminal, line: Line, user: str, password: str, **options) -> None:
        """Carry a login up to its proof, or to its refusal if that comes before."""
        line.session.receive(terminal.login(user, password, **options))
        if line.is_open:
            (challenge,) = line.messages()
            line.session.receive(terminal.prove(challenge))

    def tick(self) -> None:
        """Carry out what has arrived and hand out the reports."""
        rows = self.vetting.passed(self.intake.take())
        errands = self.intake.take_errands()
        if len(rows):
            self.sequencer.stamp(rows)
            for reports in self.venue.applied(rows):
                self.users.learn(reports, self.streams.append(reports))
        for errand in errands:
            errand()
        self.intake.take_turn()

    def ask(self, line: Line, frame: bytes) -> list:
        """Carry out what a frame asks for; return what its sender hears."""
        line.session.receive(frame)
        self.tick()
        return line.messages()

"""A client's half of a session that recovers, at a venue without sockets; a test cuts the line."""

from protocol.messages import Challenge, Message
from protocol.recovery import Lifeline, Recovery
from protocol.vocabulary import Side
from tests.gateway.exchange import PASSWORDS, Exchange, Line, known_keys
from tests.gateway.orders import MOUTAI, PRICE


class Caller:
    """A lifeline, the connection that it has now if any, and all that its user has heard."""

    def __init__(self, exchange: Exchange, user: str = "alice", **options) -> None:
        self.exchange = exchange
        self.told: list[str] = []
        recovery = Recovery(
            on_cut=lambda why: self.told.append(f"cut: {why}"),
            on_return=lambda accepted: self.told.append(f"back at {accepted.next_report}"),
        )
        self.lifeline = Lifeline(user, PASSWORDS[user], options, recovery, lambda: 0.5)
        self.lifeline.terminal.derive = known_keys
        self.terminal = self.lifeline.terminal
        self.heard: list[Message] = []
        self.line: Line | None = None
        self.now = 0.0

    def log_in(self) -> None:
        """Connect anew, up to the answer to the login, and a step further."""
        self.line = self.exchange.connect()
        self.line.session.receive(self.lifeline.begin(self.now))
        while self.lifeline.is_logging_in:
            for message in self.lifeline.receive(self.line.hear()):
                if isinstance(message, Challenge):
                    self.line.session.receive(self.terminal.prove(message))
                else:
                    self.heard.append(message)
        self.pump()

    def pump(self) -> None:
        """Send what may be sent."""
        self.line.session.receive(self.lifeline.frames(self.now))

    def hear(self) -> None:
        """Take what the venue has sent."""
        if data := self.line.hear():
            self.heard.extend(self.lifeline.receive(data))
            self.pump()

    def exchange_all(self) -> None:
        """Let the venue carry out what was sent, and hear what it says, until it says no more."""
        for _ in range(4):
            self.exchange.tick()
            self.hear()

    def cut(self, error: Exception | None = None, *, hears_the_last: bool = False) -> None:
        """Break the connection."""
        if hears_the_last:
            self.hear()
        self.line.session.end()
        self.lifeline.cut(error or ConnectionResetError("reset"), self.now)

    def enter(self, quantity: int = 100) -> None:
        """Make an order, and send it if there is a line."""
        self.lifeline.keep(self.terminal.enter(1001, MOUTAI, Side.BUY, PRICE, quantity))
        if not self.lifeline.is_apart:
            self.pump()

    def said(self) -> list[str]:
        """Return what was heard, in short: the kind of each message, and the request it answers."""
        said = []
        for message in self.heard:
            number = getattr(message, "request_seq", getattr(message, "client_seq", ""))
            said.append(f"{type(message).__name__} {number}".strip())
        return said

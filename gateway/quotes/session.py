"""A session of market data, without a socket: bytes in, bytes out.

It opens with a login, takes subscriptions, and is sent what they bring.  Orders are refused, as is
all else that this port does not know.
"""

from collections.abc import Callable

from engine.permissions import Service
from gateway.entrance import Entrance
from gateway.quotes.publisher import Publisher
from gateway.quotes.viewing import KEPT_MAX, Viewing
from gateway.reception import Reception
from gateway.session import FAULT_TEXT_MAX, SILENT_BEATS_MAX, unexpected
from protocol.codec import decode_market_inbound, encode
from protocol.framing import FRAME_BYTES_MAX, LOGIN_BYTES_MAX, Frames, ProtocolViolation
from protocol.market import MarketInbound, Resubscribe, Subscribe, Unsubscribe
from protocol.messages import (
    Heartbeat,
    Login,
    LoginAccepted,
    LoginRejected,
    Logout,
    Message,
    Proof,
    ProtocolError,
)
from protocol.vocabulary import ProtocolFault, Reach


class Lobby:
    """Who is there for market data: one session a user."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        self.sessions: dict[int, QuotesSession] = {}

    def entrance(self, session: "QuotesSession") -> Entrance:
        """Return the way in of a connection."""
        return Entrance(self.reception, session)

    def log_in(self, login: Login, session: "QuotesSession") -> LoginAccepted | LoginRejected:
        """Let a user that may come in have its session; one that it had before ends."""
        if refusal := self.reception.want_of_right(login, Service.MARKET_DATA, Reach.EVERY):
            return refusal
        number = self.reception.number_of(login)
        if number in self.sessions:
            self.sessions[number].give_way()
        self.sessions[number] = session
        return self.reception.welcome(login)

    def leave(self, number: int) -> None:
        """Take notice that a session is over."""
        del self.sessions[number]


class QuotesSession:
    """One connection, from its login to its end.

    `transmit` sends bytes to the peer; `hang_up` closes the connection behind them.
    """

    def __init__(
        self,
        lobby: Lobby,
        publisher: Publisher,
        transmit: Callable[[bytes], None],
        hang_up: Callable[[], None],
    ) -> None:
        self.lobby = lobby
        self.entrance = lobby.entrance(self)
        self.transmit = transmit
        self.hang_up = hang_up
        self.viewing = Viewing(publisher, transmit, self.cut)
        self.frames = Frames(LOGIN_BYTES_MAX)
        self.number = 0
        self.is_over = False
        self.beats_silent = 0

    def receive(self, data: bytes) -> None:
        """Take the next bytes from the peer."""
        if self.number:
            self.beats_silent = 0
        try:
            for body in self.frames.feed(data):
                if self.is_over:
                    return
                self.handle(decode_market_inbound(body))
        except ProtocolViolation as violation:
            self.fail(violation.fault, str(violation))

    def handle(self, message: MarketInbound) -> None:
        match message:
            case Heartbeat():
                return
            case Logout():
                self.end(Logout())
            case Login() | Proof() if not self.number:
                self.entrance.handle(message)
            case _ if not self.number:
                unexpected("the first message must be Login")
            case Login():
                unexpected("the session is open already; connect anew to log in again")
            case Subscribe() | Unsubscribe() | Resubscribe():
                self.viewing.take(message)
            case _:
                unexpected(f"{type(message).__name__} is for the other port; here is market data")

    def say(self, message: Message) -> None:
        """Send a message to the peer."""
        self.transmit(encode(message))

    def admit(self, login: Login) -> LoginAccepted | LoginRejected:
        """Ask for the session of a user that may come in."""
        return self.lobby.log_in(login, self)

    def open(self, login: Login, accepted: LoginAccepted) -> None:
        """Begin as a login was answered."""
        self.number = accepted.session
        self.frames.bytes_max = FRAME_BYTES_MAX
        self.say(accepted)

    def refuse(self, rejected: LoginRejected) -> None:
        """Tell the peer why it may not log in, and end."""
        self.say(rejected)
        self.end()

    def give_way(self) -> None:
        """End because the user has logged in anew."""
        self.end(Logout("the user has logged in anew"))

    def beat(self) -> None:
        """Take notice that a heartbeat interval has passed: show life, and expect some."""
        self.beats_silent += 1
        if self.beats_silent > SILENT_BEATS_MAX:
            self.end(Logout("nothing was heard for three heartbeats"))
        elif self.number and not self.is_over:
            self.transmit(encode(Heartbeat()))

    def cut(self) -> None:
        """End the session because its peer does not read."""
        self.fail(
            ProtocolFault.TOO_SLOW,
            f"more than {KEPT_MAX:,} trades and changes wait unread; log in again, and read faster "
            "or subscribe to less",
        )

    def fail(self, fault: ProtocolFault, text: str) -> None:
        """Name the broken rule to the peer and end the session."""
        if not self.is_over:
            self.transmit(encode(ProtocolError(fault, text[:FAULT_TEXT_MAX])))
            self.end()

    def end(self, farewell: Logout | None = None) -> None:
        """End the session, with a last message if there is one."""
        if self.is_over:
            return
        self.is_over = True
        self.viewing.leave()
        if self.number:
            self.lobby.leave(self.number)
        if farewell is not None:
            self.transmit(encode(farewell))
        self.hang_up()

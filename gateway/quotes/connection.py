"""A TCP connection of market data: between a transport and a session."""

import asyncio

from gateway.line import Line
from gateway.quotes.publisher import Publisher
from gateway.quotes.session import Lobby, QuotesSession
from gateway.tls import peer_of


class QuotesConnection(Line, asyncio.Protocol):
    """Feeds its session with bytes, and tells it when the peer does not read."""

    def __init__(
        self,
        lobby: Lobby,
        publisher: Publisher,
        connections: set["QuotesConnection"],
        connections_max: int,
    ) -> None:
        super().__init__(connections, connections_max)
        self.session: QuotesSession = QuotesSession(lobby, publisher, self.transmit, self.hang_up)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the peer must log in first.  Where there is no room, tell it so and hang up."""
        super().connection_made(transport)
        self.session.entrance.peer = peer_of(transport)
        self.take_place("there is no room for more connections; try later")

    def data_received(self, data: bytes) -> None:
        """Hand the bytes on."""
        if not self.is_hung_up:
            self.session.receive(data)

    def eof_received(self) -> bool:
        """End the session; the transport closes behind what was written."""
        self.session.end()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Leave the session, whatever the reason."""
        self.connections.discard(self)
        self.session.end()
        self.is_gone.set()

    def pause_writing(self) -> None:
        """Let the session leave out what the peer does not read."""
        self.session.viewing.pause()

    def resume_writing(self) -> None:
        """Let the session go on."""
        self.session.viewing.resume()

    def be_too_slow(self) -> None:
        """End the session."""
        self.session.cut()

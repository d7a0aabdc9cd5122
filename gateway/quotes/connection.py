"""A TCP connection of market data: between a transport and a session."""

import asyncio
from typing import cast

from gateway.connection import HANGING_UP_SECONDS, UNSENT_BYTES_MAX
from gateway.quotes.publisher import Publisher
from gateway.quotes.session import Door, QuotesSession
from gateway.tls import peer_of
from protocol.messages import Logout


class QuotesConnection(asyncio.Protocol):
    """Feeds its session with bytes, and tells it when the peer does not read."""

    def __init__(
        self,
        door: Door,
        publisher: Publisher,
        connections: set["QuotesConnection"],
        connections_max: int,
    ) -> None:
        self.connections = connections
        self.connections_max = connections_max
        self.session = QuotesSession(door, publisher, self.transmit, self.hang_up)
        self.is_too_slow = False
        self.is_hung_up = False
        self.is_gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the peer must log in first.  Where there is no room, tell it so and hang up."""
        self.transport = cast(asyncio.Transport, transport)
        self.session.entrance.peer = peer_of(transport)
        self.connections.add(self)
        if sum(not other.session.is_over for other in self.connections) > self.connections_max:
            self.session.end(Logout("there is no room for more connections; try later"))

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

    def transmit(self, data: bytes) -> None:
        """Send bytes; end the session where the peer has let too much wait already."""
        if self.is_hung_up or self.transport.is_closing():
            return
        self.transport.write(data)
        if self.transport.get_write_buffer_size() > UNSENT_BYTES_MAX and not self.is_too_slow:
            self.is_too_slow = True
            self.session.cut()

    def hang_up(self) -> None:
        """Send no more, and close the connection when the peer does, or has had its time."""
        if not self.transport.is_closing():
            self.is_hung_up = True
            if self.transport.can_write_eof():
                self.transport.write_eof()
            else:
                self.transport.close()
            asyncio.get_running_loop().call_later(HANGING_UP_SECONDS, self.transport.abort)

"""A TCP connection: feeds its session with bytes, and looks after the socket's two buffers."""

import asyncio
from typing import cast

from gateway.desk import Desk
from gateway.observe.visits import address_of
from gateway.pipeline import Pipeline
from gateway.session import Session
from gateway.tls import peer_of
from protocol.messages import Logout
from protocol.vocabulary import ProtocolFault

UNREAD_BYTES = 1 << 20
"""When so much waits for a peer, it gets no more reports until it has read most of it."""

UNSENT_BYTES_MAX = 8 << 20
"""A session that lets more than this wait is ended; it can log in again and ask for the rest."""

HANGING_UP_SECONDS = 0.5
"""How long a peer may take to read the last that was written to it."""


class Connection(asyncio.BufferedProtocol):
    """Between a transport and a session."""

    def __init__(
        self, desk: Desk, pipeline: Pipeline, connections: set["Connection"], connections_max: int
    ) -> None:
        self.pipeline = pipeline
        self.connections = connections
        self.connections_max = connections_max
        self.session = Session(desk, self.transmit, self.hang_up)
        self.is_too_slow = False
        self.is_hung_up = False
        self.is_gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the peer must log in first.  Where there is no room, tell it so and hang up."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(UNREAD_BYTES)
        self.session.visit.address = address_of(transport.get_extra_info("peername"))
        self.connections.add(self)
        self.session.entrance.peer = peer_of(transport)
        if sum(not other.session.is_over for other in self.connections) > self.connections_max:
            self.session.end(Logout("the venue has no room for more connections; try later"))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes are to be put."""
        return self.session.room_for_bytes()

    def buffer_updated(self, nbytes: int) -> None:
        """Hand the bytes on, and see to it that what they ask for is done this tick."""
        if self.is_hung_up:
            return
        self.session.receive_in_place(nbytes)
        self.pipeline.wake()
        if self.pipeline.intake.is_full:
            self.pipeline.hold_back(self.transport)

    def eof_received(self) -> bool:
        """Tell the session; where that is over, the transport closes, behind what was written."""
        self.session.receive_end()
        return not self.session.is_over

    def connection_lost(self, error: Exception | None) -> None:
        """Leave the session, whatever the reason."""
        self.connections.discard(self)
        self.session.end()
        self.pipeline.wake()
        self.is_gone.set()

    def pause_writing(self) -> None:
        """Let old reports and answers wait until the peer has read."""
        self.session.pause()

    def resume_writing(self) -> None:
        """Send more old reports and answers, if there are any."""
        self.session.resume()
        self.pipeline.wake()

    def transmit(self, data: bytes) -> None:
        """Send bytes; end the session where the peer has let too much wait already."""
        if self.is_hung_up or self.transport.is_closing():
            return
        self.transport.write(data)
        if self.transport.get_write_buffer_size() > UNSENT_BYTES_MAX and not self.is_too_slow:
            self.is_too_slow = True
            self.session.fail(
                ProtocolFault.TOO_SLOW, "reports are not read; log in again for the rest"
            )

    def hang_up(self) -> None:
        """Send no more, and close the connection when the peer does, or has had its time.

        Until then what comes is read and forgotten: a socket that is closed on unread bytes is
        reset, and the peer would lose the last that was written to it.
        """
        if not self.transport.is_closing():
            self.is_hung_up = True
            self.transport.resume_reading()
            if self.transport.can_write_eof():
                self.transport.write_eof()
            else:
                self.transport.close()
            asyncio.get_running_loop().call_later(HANGING_UP_SECONDS, self.transport.abort)

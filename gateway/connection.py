"""A TCP connection: feeds its session with bytes, and looks after the socket's two buffers."""

import asyncio

from gateway.desk import Desk
from gateway.line import Line
from gateway.observe.visits import address_of
from gateway.pipeline import Pipeline
from gateway.session import Session
from gateway.tls import peer_of

UNREAD_BYTES = 1 << 20
"""When so much waits for a peer, it gets no more reports until it has read most of it."""


class Connection(Line, asyncio.BufferedProtocol):
    """Between a transport and a session."""

    def __init__(
        self, desk: Desk, pipeline: Pipeline, connections: set["Connection"], connections_max: int
    ) -> None:
        super().__init__(connections, connections_max)
        self.pipeline = pipeline
        self.session: Session = Session(desk, self.transmit, self.hang_up)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the peer must log in first.  Where there is no room, tell it so and hang up."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(UNREAD_BYTES)
        self.session.visit.address = address_of(transport.get_extra_info("peername"))
        self.session.entrance.peer = peer_of(transport)
        self.take_place("the venue has no room for more connections; try later")

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

    def be_too_slow(self) -> None:
        """End the session; its user can log in again for the rest."""
        self.session.be_too_slow()

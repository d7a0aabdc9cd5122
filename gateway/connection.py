"""A TCP connection: feeds its session with bytes, and looks after the socket's two buffers."""

import asyncio
from typing import cast

from gateway.desk import Desk
from gateway.pipeline import Pipeline
from gateway.session import Session
from protocol.vocabulary import ProtocolFault

UNSENT_BYTES_MAX = 64 << 20
"""A session that lets more than this wait is ended; it can log in again and ask for the rest."""


class Connection(asyncio.Protocol):
    """Between a transport and a session."""

    def __init__(self, desk: Desk, pipeline: Pipeline, connections: set["Connection"]) -> None:
        self.pipeline = pipeline
        self.connections = connections
        self.session = Session(desk, self.transmit, self.hang_up)
        self.is_too_slow = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the peer must log in first."""
        self.transport = cast(asyncio.Transport, transport)
        self.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Hand the bytes on, and see to it that what they ask for is done this tick."""
        self.session.receive(data)
        self.pipeline.wake()
        if self.pipeline.intake.is_full:
            self.pipeline.hold_back(self.transport)

    def eof_received(self) -> bool:
        """Say what was left unfinished; then the transport closes itself."""
        self.session.receive_end()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Leave the session, whatever the reason."""
        self.connections.discard(self)
        self.session.end()

    def transmit(self, data: bytes) -> None:
        """Send bytes; end the session where the peer has let too much wait already."""
        if self.transport.is_closing():
            return
        self.transport.write(data)
        if self.transport.get_write_buffer_size() > UNSENT_BYTES_MAX and not self.is_too_slow:
            self.is_too_slow = True
            self.session.fail(
                ProtocolFault.TOO_SLOW, "reports are not read; log in again for the rest"
            )

    def beat(self) -> None:
        """Take notice that a heartbeat interval has passed."""
        if self.transport.is_closing():
            self.transport.abort()
        else:
            self.session.beat()

    def hang_up(self) -> None:
        """Close the connection once what was written is sent."""
        self.transport.close()

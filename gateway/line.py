"""What every connection does with its transport: takes a place, sends, notices who does not read,
and hangs up."""

import asyncio
from typing import Any, Protocol, cast

from protocol.messages import Logout

UNSENT_BYTES_MAX = 8 << 20
"""A session that lets more than this wait is ended; it can log in again and ask for the rest."""

HANGING_UP_SECONDS = 0.5
"""How long a peer may take to read the last that was written to it."""

LEAVING_MAX = 1_000
"""Connections that may be hanging up beside those that are open."""


class Conversation(Protocol):
    """A session as its connection sees it."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent."""

    def end(self, farewell: Logout | None = None) -> None:
        """End the session, with a last message if there is one."""


class Line(asyncio.BaseProtocol):
    """The sending half of a connection; `be_too_slow` says what is done with who does not read."""

    session: Conversation

    def __init__(self, connections: set[Any], connections_max: int) -> None:
        """Be one of `connections`, of which so many may be open."""
        self.connections = connections
        self.connections_max = connections_max
        self.is_too_slow = False
        self.is_hung_up = False
        self.is_gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)

    def take_place(self, refusal: str) -> None:
        """Be counted; where there is no room, tell the peer so and hang up.

        Where too many are hanging up already, hang up without a word.  The open ones are counted
        only where there may be too many.
        """
        self.connections.add(self)
        if len(self.connections) > self.connections_max + LEAVING_MAX:
            self.transport.abort()
        elif len(self.connections) > self.connections_max:
            open_ones = sum(not other.session.is_over for other in self.connections)
            if open_ones > self.connections_max:
                self.session.end(Logout(refusal))

    def be_too_slow(self) -> None:
        """End the session, since its peer has let too much wait."""
        raise NotImplementedError

    def transmit(self, data: bytes) -> None:
        """Send bytes; end the session where the peer has let too much wait already."""
        if self.is_hung_up or self.transport.is_closing():
            return
        self.transport.write(data)
        if self.transport.get_write_buffer_size() > UNSENT_BYTES_MAX and not self.is_too_slow:
            self.is_too_slow = True
            self.be_too_slow()

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

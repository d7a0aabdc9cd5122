"""The server of market data: follows the day's journal, listens, and stops in order."""

import asyncio
import logging
import signal
import socket
from pathlib import Path

from engine.storage.daybook import Daybook
from engine.storage.journal import Mode
from gateway.clock import ShanghaiClock
from gateway.config import Config, ConfigError
from gateway.opening import Opening
from gateway.quotes.connection import QuotesConnection
from gateway.quotes.follower import SHORTEST_PAUSE, Follower
from gateway.quotes.session import Lobby
from gateway.reception import Reception
from gateway.server import claim_files, listen, make_doorkeeper
from gateway.tls import venue_context
from protocol.calendar import business_date_at
from protocol.messages import Logout
from protocol.mistake import Mistake

log = logging.getLogger("cuohe")


class QuotesServer:
    """Market data on a port of its own; nothing that happens to it reaches the venue."""

    def __init__(self, config: Config) -> None:
        """Take up the day that the venue has in its journal, however far it has come.

        Raises ConfigError, ColumnError, InstrumentError and JournalError.
        """
        if config.venue.journal is Mode.NONE:
            raise ConfigError(
                "venue.journal is none, so that there is no journal to follow; choose sync or "
                "buffered for a day with market data"
            )
        self.config = config
        self.failure = ""
        self.connections: set[QuotesConnection] = set()
        self.business_date = config.venue.business_date or business_date_at(ShanghaiClock().now())
        self.opening = Opening(config, self.business_date)
        self.follower = Follower(
            Daybook(Path(config.venue.data) / str(self.business_date)),
            self.business_date,
            self.opening.limits,
            self.opening.symbols,
            only_durable=config.venue.journal is Mode.SYNC,
        )
        self.doorkeeper = make_doorkeeper(config)
        self.tls = venue_context(config.tls) if config.tls else None
        self.socket: socket.socket | None = None

    def lobby(self) -> Lobby:
        """Return where sessions are opened: as the venue's are, and beside them."""
        return Lobby(
            Reception(self.config, self.business_date, self.opening.symbols, self.doorkeeper)
        )

    async def start(self) -> int:
        """Wait until the venue has opened its day, and listen; return the port, 0 where a signal
        came first."""
        self.loop = asyncio.get_running_loop()
        self.stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, self.stopped.set)
        self.following = self.loop.create_task(self.follower.go_on())
        self.following.add_done_callback(self.notice_end)
        while not self.follower.has_begun and not self.stopped.is_set():
            await asyncio.sleep(SHORTEST_PAUSE)
        if self.stopped.is_set():
            return 0
        connections_max = self.config.capacity.connections
        claim_files(connections_max)
        self.socket = listen(self.config.quotes.host, self.config.quotes.port, "quotes")
        lobby = self.lobby()
        self.server = await self.loop.create_server(
            lambda: QuotesConnection(
                lobby, self.follower.publisher, self.connections, connections_max
            ),
            sock=self.socket,
            ssl=self.tls,
            ssl_handshake_timeout=self.config.tls.handshake_seconds if self.config.tls else None,
        )
        self.loop.call_later(self.config.venue.heartbeat_seconds, self.beat)
        return int(self.socket.getsockname()[1])

    def notice_end(self, following: asyncio.Task[None]) -> None:
        """Stop where the journal cannot be followed any further."""
        if following.cancelled():
            return
        error = following.exception()
        if isinstance(error, Mistake):
            self.failure = str(error)
            log.error("%s; market data stops", error)
        else:
            self.failure = "an error in the market data itself"
            log.error("%s; it stops", self.failure, exc_info=error)
        self.stopped.set()

    def beat(self) -> None:
        """Let every session know that a heartbeat interval has passed."""
        for connection in list(self.connections):
            connection.session.beat()
        self.loop.call_later(self.config.venue.heartbeat_seconds, self.beat)

    async def serve(self) -> None:
        """Go on until a signal or a failure, and take leave of everyone."""
        await self.stopped.wait()
        self.following.cancel()
        if self.socket is not None:
            self.server.close()
        connections = list(self.connections)
        for connection in connections:
            connection.session.end(Logout(self.failure[:256] or "market data shuts down"))
        for connection in connections:
            await connection.is_gone.wait()
        self.doorkeeper.key_checks.close()
        self.follower.tail.close()

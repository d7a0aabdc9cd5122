"""Connections of market data over real sockets: who does not read, who is one too many."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.quotes.connection import QuotesConnection
from protocol.quotes import QuotesClient
from protocol.terminal import SessionEnded
from tests.quotes.porter import PASSWORD, OpenLobby
from tests.quotes.watching import SHARE, Shown, Watcher, differences, trade_some

SECONDS = 30
ROUNDS_MAX = 1_000
"""More than enough to fill the sockets of a reader that does not read."""

BUFFER_BYTES = 4_096
"""Of a socket that is soon full."""


class Server:
    """A port of market data that lets everybody in, `connections_max` at once."""

    def __init__(self, shown: Shown, connections_max: int = 8) -> None:
        self.connections: set[QuotesConnection] = set()
        lobby = OpenLobby()
        self.left = lobby.left
        self.accept = lambda: QuotesConnection(
            lobby, shown.publisher, self.connections, connections_max
        )

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Server"]:
        server = await asyncio.get_running_loop().create_server(self.accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            for connection in list(self.connections):
                connection.transport.abort()
                await connection.is_gone.wait()

    async def log_in(self) -> QuotesClient:
        return await QuotesClient.connect("127.0.0.1", self.port, "alice", PASSWORD)


def on(server: Server, act: Callable[[], Awaitable[None]]) -> None:
    """Do something while a server listens, for a limited time."""

    async def play() -> None:
        async with asyncio.timeout(SECONDS), server.listening():
            await act()

    asyncio.run(play())


def stop_reading(client: QuotesClient, connection: QuotesConnection) -> None:
    """Let a client read no more, with little room in the sockets between."""
    client.writer.transport.pause_reading()
    for transport, option in (
        (client.writer.transport, socket.SO_RCVBUF),
        (connection.transport, socket.SO_SNDBUF),
    ):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)


async def fill_up(server: Server, client: QuotesClient, market) -> None:
    """Trade until a client that does not read has filled its socket."""
    (connection,) = server.connections
    stop_reading(client, connection)
    for _ in range(ROUNDS_MAX):
        if connection.session.viewing.is_paused or connection.session.is_over:
            return
        trade_some(market)
        await asyncio.sleep(0)
    raise AssertionError("the socket takes everything")


def test_a_reader_that_stops_and_goes_on_has_the_newest_book_and_every_trade(market, shown):
    server = Server(shown)
    early = Watcher(shown.publisher).subscribe(SHARE, orders=True)

    async def act() -> None:
        client = await server.log_in()
        await client.subscribe(SHARE, orders=True)
        await client.receive()
        await fill_up(server, client, market)
        for _ in range(20):
            trade_some(market)
        (connection,) = server.connections
        assert connection.session.viewing.waiting
        client.writer.transport.resume_reading()
        while differences(client.books[SHARE], early.book(SHARE)):
            await client.receive()
        assert client.terminal.lost == []
        await client.close()

    on(server, act)
    assert server.left == [7]


def test_a_reader_that_lets_too_much_wait_in_its_socket_is_cut(market, shown, monkeypatch):
    monkeypatch.setattr("gateway.line.UNSENT_BYTES_MAX", 1 << 16)
    monkeypatch.setattr("gateway.line.HANGING_UP_SECONDS", SECONDS)
    monkeypatch.setattr(QuotesConnection, "pause_writing", lambda self: None)
    server = Server(shown)

    async def act() -> None:
        client = await server.log_in()
        await client.subscribe(SHARE, orders=True)
        await client.receive()
        await fill_up(server, client, market)
        client.writer.transport.resume_reading()
        with pytest.raises(SessionEnded, match="TOO_SLOW"):
            while True:
                await client.receive()
        await client.close()

    on(server, act)
    assert server.left == [7] and shown.publisher.feeds == {}


def test_a_connection_too_many_is_told_so(shown, market):
    server = Server(shown, connections_max=1)

    async def act() -> None:
        first = await server.log_in()
        with pytest.raises(SessionEnded, match="no room for more connections"):
            await server.log_in()
        await first.subscribe(SHARE)
        await first.receive()
        await first.close()

    on(server, act)


def test_a_client_that_goes_without_a_word_leaves_nothing(shown, market):
    server = Server(shown)

    async def act() -> None:
        client = await server.log_in()
        await client.subscribe(SHARE)
        await client.receive()
        (connection,) = server.connections
        client.writer.write_eof()
        await connection.is_gone.wait()
        client.terminal.is_leaving = True
        await client.close()

    on(server, act)
    assert server.left == [7] and shown.publisher.feeds == {}


def test_a_client_asks_anew_for_what_it_has_missed(market, shown):
    server = Server(shown)

    async def act() -> None:
        client = await server.log_in()
        await client.subscribe(SHARE)
        await client.receive()
        (connection,) = server.connections
        viewing = connection.session.viewing
        send, viewing.send = viewing.send, lambda frames: None
        market.alice.sells(100, at="10.00")
        viewing.send = send
        market.bob.sells(100, at="10.01")
        await client.receive()
        assert not client.books[SHARE].is_whole
        await client.receive()
        assert [level.price for level in client.books[SHARE].asks] == [100_000, 100_100]
        await client.close()

    on(server, act)

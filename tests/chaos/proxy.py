"""A line that fails: a TCP proxy that cuts, delays, splits and stalls by the dice of a seed.

Each connection has a fate, drawn when it is made: how many bytes it carries in both directions
together, and what becomes of it then.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from random import Random
from typing import NamedTuple, Self

RESETTING = struct.pack("ii", 1, 0)
"""The setting by which a socket that is closed sends RST instead of FIN."""

SILENCE_SECONDS = 30.0
"""How long a line that has fallen silent stays so, if nobody closes it."""


LAST_WORDS_SECONDS = 2.0
CHUNK_BYTES = 1 << 16


class End(Enum):
    """What becomes of a connection at last."""

    RESET = auto()
    """Both sides are told that it broke."""

    CLOSED = auto()
    """Both sides are told that it ended, behind what has been carried."""

    HALF_CLOSED = auto()
    """The venue alone is told that it ended; what it still says is carried."""

    HALF_OPEN = auto()
    """The venue is told that it broke, the client nothing."""

    SILENT = auto()
    """Neither side is told anything; nothing is carried any more."""


class Fate(NamedTuple):
    """What a connection carries, and how."""

    bytes_carried: int
    end: End
    piece_bytes: int
    """Longest piece in which it comes; 0 for as it came."""

    delay_seconds: float
    """Longest time for which what has come is held back."""


def usual_fate(random: Random) -> Fate:
    """Draw the fate of a connection: most are cut soon, few fall silent."""
    end = random.choices(list(End), weights=[40, 40, 17, 1, 2])[0]
    carried = random.choice(
        (random.randrange(400), random.randrange(2_000), random.randrange(9_000))
    )
    piece = random.choice((0, 0, 0, 1, 7, 64))
    return Fate(carried, end, piece, random.choice((0.0, 0.0, 0.001, 0.003)))


class Proxy:
    """Listens on a port of loopback and carries what comes to the venue's, until it is told to be
    `calm` and carries all."""

    def __init__(
        self, port: int, seed: int, draw: Callable[[Random], Fate | None] = usual_fate
    ) -> None:
        self.venue_port = port
        self.random = Random(seed)
        self.draw = draw
        self.is_calm = False
        self.ends: list[End] = []
        self.lines: set[asyncio.Task] = set()

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self.carry, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.server.close()
        for line in self.lines:
            line.cancel()
        await asyncio.gather(*self.lines, return_exceptions=True)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self.lines.add(task)
        try:
            to_venue = await asyncio.open_connection("127.0.0.1", self.venue_port)
        except OSError:
            reset(writer)
        else:
            fate = None if self.is_calm else self.draw(self.random)
            line = Line((reader, writer), to_venue, fate, Random(self.random.random()))
            with suppress(asyncio.CancelledError):
                await line.run()
            if line.is_cut.is_set():
                self.ends.append(fate.end)
        finally:
            self.lines.discard(task)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Line:
    """One connection between a client and the venue."""

    def __init__(self, client: Streams, venue: Streams, fate: Fate | None, random: Random) -> None:
        self.client = client
        self.venue = venue
        self.fate = fate
        self.random = random
        self.left = fate.bytes_carried if fate else 0
        self.is_cut = asyncio.Event()

    async def run(self) -> None:
        """Carry bytes both ways up to the end."""
        ways = [
            asyncio.create_task(self.go(self.client[0], self.venue[1], self.fate)),
            asyncio.create_task(self.go(self.venue[0], self.client[1], self.way_back)),
        ]
        cut = asyncio.create_task(self.is_cut.wait())
        try:
            await asyncio.wait([*ways, cut], return_when=asyncio.FIRST_COMPLETED)
            if self.is_cut.is_set():
                await self.end(ways)
        finally:
            for task in [*ways, cut]:
                task.cancel()
            for _, writer in (self.client, self.venue):
                writer.close()

    @property
    def way_back(self) -> Fate | None:
        """What becomes of what the venue says: it all arrives where only the client is cut off."""
        is_spared = self.fate is not None and self.fate.end is End.HALF_CLOSED
        return None if is_spared else self.fate

    async def go(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: Fate | None
    ) -> None:
        """Carry bytes one way, until they end or the fate is reached."""
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK_BYTES):
                if fate is None:
                    writer.write(data)
                    continue
                await asyncio.sleep(fate.delay_seconds * self.random.random())
                data = data[: max(0, self.left)]
                self.left -= len(data)
                for piece in pieces(data, fate.piece_bytes):
                    writer.write(piece)
                    await writer.drain()
                if self.left <= 0:
                    self.is_cut.set()
                    return

    async def end(self, ways: list[asyncio.Task]) -> None:
        """Let the connection end as it is fated."""
        from_client, to_client = self.client
        _, to_venue = self.venue
        match self.fate.end:
            case End.RESET:
                reset(to_client)
                reset(to_venue)
            case End.HALF_CLOSED:
                to_venue.write_eof()
                await asyncio.wait(ways[1:], timeout=LAST_WORDS_SECONDS)
            case End.HALF_OPEN | End.SILENT:
                for way in ways:
                    way.cancel()
                if self.fate.end is End.HALF_OPEN:
                    reset(to_venue)
                with suppress(ConnectionError, TimeoutError):
                    await asyncio.wait_for(swallow(from_client), SILENCE_SECONDS)


def pieces(data: bytes, longest: int) -> list[bytes]:
    """Return bytes in pieces, no longer than that, unless it is 0."""
    step = longest or len(data) or 1
    return [data[start : start + step] for start in range(0, len(data), step)]


async def swallow(reader: asyncio.StreamReader) -> None:
    """Read until the other side has gone."""
    while await reader.read(CHUNK_BYTES):
        pass


def reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection, so that its peer is told."""
    transport = writer.transport
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETTING)
    transport.abort()


@contextmanager
def running(proxy: Proxy) -> Iterator[asyncio.AbstractEventLoop]:
    """Let a proxy run on a loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(proxy.__aenter__(), loop).result()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(proxy.__aexit__(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

"""Very many connections at once, from one process: who logs in, who only knocks, who goes."""

import asyncio
import resource
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import numpy as np
import uvloop

from bench.child import PASSWORD, ChildGateway
from protocol.messages import Challenge, LoginAccepted, Message
from protocol.records import COMMAND
from protocol.terminal import LoginRefused, SessionEnded, Terminal
from protocol.vocabulary import CommandKind
from tests.gateway.exchange import known_keys

WAITING_SECONDS = 60
"""How long anything may take on a machine that is busy with other things."""

KNOCKING_AT_ONCE = 64


class Guest:
    """A connection whose user may log in."""

    def __init__(self, gateway: ChildGateway) -> None:
        self.gateway = gateway
        self.terminal = Terminal(known_keys)
        self.arrived: list[Message] = []

    async def connect(self, receive_buffer: int = 0) -> Self:
        """Connect, if asked for with a receive buffer of so few bytes."""
        line = socket.socket()
        if receive_buffer:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        line.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(line, (self.gateway.host, self.gateway.port))
        self.reader, self.writer = await asyncio.open_connection(sock=line)
        return self

    async def log_in(self, user: str, **options) -> LoginAccepted:
        """Open the session of a user; raises LoginRefused."""
        self.writer.write(self.terminal.login(user, PASSWORD, **options))
        challenge = await self.receive()
        assert isinstance(challenge, Challenge)
        self.writer.write(self.terminal.prove(challenge))
        accepted = await self.receive()
        assert isinstance(accepted, LoginAccepted)
        return accepted

    async def come_in(self, user: str, **options) -> int:
        """Log in however often the venue says to come again; return how often it did."""
        tries = 0
        while True:
            try:
                await self.log_in(user, **options)
                return tries
            except LoginRefused as refused:
                assert refused.retry_after_ms > 0
                self.abort()
                await asyncio.sleep(refused.retry_after_ms / 1_000)
            tries += 1
            self.terminal = Terminal(known_keys)
            await self.connect()

    async def receive(self) -> Message:
        """Return the next message; raises SessionEnded, and LoginRefused."""
        while not self.arrived:
            data = await asyncio.wait_for(self.reader.read(1 << 18), WAITING_SECONDS)
            if not data:
                raise SessionEnded("the connection was closed")
            self.arrived += self.terminal.receive(data)
        return self.arrived.pop(0)

    def abort(self) -> None:
        """Go without a word; what is unsent is lost."""
        self.writer.transport.abort()

    def reset(self) -> None:
        """Go as a machine does that has forgotten the connection."""
        line = self.writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()


class Crowd:
    """The guests of a test, who all go when it is over."""

    def __init__(self, gateway: ChildGateway) -> None:
        self.gateway = gateway
        self.guests: list[Guest] = []
        self.gate = asyncio.Semaphore(KNOCKING_AT_ONCE)

    async def come(self, count: int, receive_buffer: int = 0) -> list[Guest]:
        """Connect so many, and return them."""
        return await asyncio.gather(*(self.knock(receive_buffer) for _ in range(count)))

    async def knock(self, receive_buffer: int = 0) -> Guest:
        """Connect one."""
        guest = Guest(self.gateway)
        async with self.gate:
            await guest.connect(receive_buffer)
        self.guests.append(guest)
        return guest

    async def go(self) -> None:
        """Let all go without a word."""
        for guest in self.guests:
            guest.abort()
        self.guests.clear()
        await asyncio.sleep(0.01)


def among(gateway: ChildGateway, play: Callable[[Crowd], Awaitable[None]]) -> None:
    """Let a story play among a crowd; when all have gone, the gateway has no connection left."""

    async def run() -> None:
        crowd, base = Crowd(gateway), sockets_of(gateway)
        try:
            await play(crowd)
        finally:
            await crowd.go()
        await until_sockets(gateway, base)

    uvloop.run(run())


def sockets_of(gateway: ChildGateway) -> int:
    """Return how many sockets the gateway has open, connections among them."""
    found = 0
    for path in Path(f"/proc/{gateway.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found += str(path.readlink()).startswith("socket:")
    return found


async def until_sockets(gateway: ChildGateway, most: int) -> None:
    """Wait until the gateway has no more sockets open than that."""
    async with asyncio.timeout(WAITING_SECONDS):
        while sockets_of(gateway) > most:
            await asyncio.sleep(0.02)


@contextmanager
def many_files(count: int) -> Iterator[None]:
    """Let this process have so many files open for a while."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def cancels(first_seq: int, count: int) -> np.ndarray:
    """Return packed cancels of an order that there is not; each has a report of its own."""
    rows = np.zeros(count, COMMAND)
    rows["kind"] = CommandKind.CANCEL_ORDER
    rows["client_seq"] = np.arange(first_seq, first_seq + count)
    rows["order_number"] = 1
    return rows

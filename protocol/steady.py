"""Clients that connect again and recover by themselves, with asyncio or without.

They take the same requests as those of `protocol.client`.  A request is kept until a report, or
Refused, has answered it; behind a cut what was missed is heard first, and then all that has no
answer is sent again under its old number.  So every report comes once and in order, and every
request is carried out once.

    async with await SteadyClient.connect(host, port, user, password) as client:
        await client.enter(1001, "600519.SH", Side.BUY, 18_450_000, 100)
        report = await client.receive()

A cut is noticed, and mended, while somebody waits in `receive`, or in another call.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from math import inf
from ssl import SSLContext
from typing import Any, NamedTuple, Self, Unpack

import numpy as np

from protocol.client import READ_BYTES, BlockingClient, Client, Requests
from protocol.messages import Challenge, Logout, Message
from protocol.mistake import Mistake
from protocol.outbox import Item
from protocol.recovery import Lifeline, Recovery
from protocol.terminal import Asked, LoginOptions, SessionEnded

USUAL = Recovery()

LEAST_SECONDS = 0.001
"""What a socket waits at least: with 0 it would not wait, but be of another kind."""


class Venue(NamedTuple):
    """Where the venue listens."""

    host: str
    port: int
    tls: SSLContext | None


class SteadyClient(Client):
    """A session over asyncio streams, that lasts."""

    def __init__(self, venue: Venue, lifeline: Lifeline) -> None:
        Requests.__init__(self)
        self.venue = venue
        self.lifeline = lifeline
        self.terminal = lifeline.terminal
        self.reading = asyncio.Lock()
        self.beating: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        user: str,
        password: str,
        *,
        tls: SSLContext | None = None,
        recovery: Recovery = USUAL,
        **options: Unpack[LoginOptions],
    ) -> Self:
        """Connect, over TLS where there is a context for it, and log in; try as `recovery` says.

        Raises GaveUp, and LoginRefused where another try makes no sense.
        """
        client = cls(Venue(host, port, tls), Lifeline(user, password, options, recovery))
        while not client.lifeline.is_known:
            await client.come_back()
        client.beating = asyncio.create_task(client.beat())
        return client

    async def come_back(self) -> None:
        """Try once, when it is time, to connect and log in."""
        await asyncio.sleep(self.lifeline.seconds_to_wait(time.monotonic()))
        host, port, tls = self.venue
        try:
            async with asyncio.timeout(self.lifeline.recovery.connect_seconds):
                streams = asyncio.open_connection(host, port, limit=READ_BYTES, ssl=tls)
                self.reader, self.writer = await streams
        except OSError as error:
            self.lifeline.cut(error, time.monotonic())
            return
        try:
            async with asyncio.timeout(self.lifeline.recovery.login_seconds):
                await self.introduce()
        except (OSError, Mistake) as error:
            self.part(error)
        except BaseException:
            self.writer.transport.abort()
            self.lifeline.let_go()
            raise

    async def introduce(self) -> None:
        """Log in on the new connection; the password is made into keys beside the loop."""
        self.transmit(self.lifeline.begin(time.monotonic()))
        while self.lifeline.is_logging_in:
            for message in self.lifeline.receive(await self.reader.read(READ_BYTES)):
                if isinstance(message, Challenge):
                    self.transmit(await asyncio.to_thread(self.terminal.prove, message))
                else:
                    self.arrived.append(message)

    def part(self, error: Exception) -> None:
        """Let go of the connection because of an error; raise what no other one would mend."""
        self.writer.transport.abort()
        self.lifeline.cut(error, time.monotonic())

    async def read(self, is_there: Callable[[], bool]) -> None:
        """Take what arrives next, or mend the connection, unless another task has done it."""
        async with self.reading:
            if is_there():
                return
            try:
                self.lifeline.check()
                if self.lifeline.is_apart:
                    await self.come_back()
                else:
                    await self.listen()
                self.pump()
            except (OSError, Mistake) as error:
                self.ending = error

    async def listen(self) -> None:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.lifeline.patience_seconds):
                data = await self.reader.read(READ_BYTES)
            self.arrived.extend(self.lifeline.receive(data))
        except TimeoutError:
            self.part(silence())
        except asyncio.CancelledError:
            self.lifeline.silent_seconds += time.monotonic() - begun
            raise
        except (OSError, Mistake) as error:
            self.part(error)

    def pump(self) -> None:
        """Send what may be sent now."""
        self.transmit(self.lifeline.frames(time.monotonic()))

    def transmit(self, frames: bytes) -> None:
        """Send frames, unless the connection is gone: then who reads next will notice it."""
        if frames and not self.writer.is_closing():
            self.writer.write(frames)

    def write(self, frame: bytes) -> Coroutine[Any, Any, int]:
        """Keep a request, and send it when it is its turn."""
        return self.sent(self.lifeline.keep(frame), self.terminal.client_seq)

    def send(self, rows: np.ndarray) -> Awaitable[int]:
        """Send packed COMMAND rows, whose numbers increase; give the last of them.

        Raises Mistake where they do not, and where a kind cannot be asked for in a batch.
        """
        return self.sent(self.lifeline.keep_rows(rows), self.terminal.client_seq)

    async def sent(self, item: Item | None, client_seq: int) -> int:
        """Wait until something kept has been sent once; raises what ended the session."""
        self.pump()
        while item is not None and not item.has_left:
            if self.ending is not None:
                raise self.ending
            await self.read(lambda: item.has_left or self.ending is not None)
        await self.drain()
        return client_seq

    async def drain(self) -> None:
        """Wait until the venue has read most of what was sent; cut it where it does not."""
        try:
            async with asyncio.timeout(self.lifeline.patience_seconds):
                await self.writer.drain()
        except OSError:
            self.writer.transport.abort()

    async def wait_for(self, asked: Sequence[Asked[Any]]) -> None:
        """Send questions in one go, and wait for all of their answers."""
        outbox = self.lifeline.outbox
        for one in asked:
            outbox.put_question(one)
        try:
            self.pump()
            while not self.are_answered(asked):
                await self.read(lambda: self.are_answered(asked))
        finally:
            for one in asked:
                outbox.drop_question(one)

    async def beat(self) -> None:
        while not self.lifeline.is_over:
            await asyncio.sleep(self.session.heartbeat_seconds)
            self.transmit(self.lifeline.heartbeat(time.monotonic()))

    async def log_out(self) -> list[Message]:
        """End the session when all has been sent; return what was still to come.

        Raises GaveUp, or what else ended the session.
        """
        self.lifeline.is_leaving = True
        self.pump()
        heard = []
        while not isinstance(message := await self.receive(), Logout):
            heard.append(message)
        return heard


class SteadyBlockingClient(BlockingClient):
    """The same session over a plain socket, for scripts; every call returns when it is done."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        *,
        timeout: float = 10.0,
        tls: SSLContext | None = None,
        recovery: Recovery = USUAL,
        **options: Unpack[LoginOptions],
    ) -> None:
        """Connect, over TLS where there is a context for it, and log in; try as `recovery` says.

        No call waits longer than `timeout` seconds, and one try to connect and log in: so
        TimeoutError says that a request waits still to be sent.  Raises GaveUp, and LoginRefused
        where another try makes no sense.
        """
        Requests.__init__(self)
        self.timeout = timeout
        self.venue = Venue(host, port, tls)
        self.lifeline = Lifeline(user, password, options, recovery)
        self.terminal = self.lifeline.terminal
        while not self.lifeline.is_known:
            self.come_back(inf)

    def come_back(self, seconds: float) -> None:
        """Try once to connect and log in, if it is time for that within so many seconds."""
        wait = self.lifeline.seconds_to_wait(time.monotonic())
        time.sleep(min(wait, seconds))
        if wait > seconds:
            return
        try:
            self.socket = self.dial()
        except OSError as error:
            self.lifeline.cut(error, time.monotonic())
            return
        try:
            self.introduce()
        except (OSError, Mistake) as error:
            self.part(error)
        except BaseException:
            self.socket.close()
            self.lifeline.let_go()
            raise

    def dial(self) -> socket.socket:
        """Return a new connection to the venue."""
        host, port, tls = self.venue
        plain = socket.create_connection((host, port), self.lifeline.recovery.connect_seconds)
        try:
            return plain if tls is None else tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def introduce(self) -> None:
        """Log in on the new connection."""
        deadline = time.monotonic() + self.lifeline.recovery.login_seconds
        self.socket.sendall(self.lifeline.begin(time.monotonic()))
        while self.lifeline.is_logging_in:
            self.socket.settimeout(max(LEAST_SECONDS, deadline - time.monotonic()))
            for message in self.lifeline.receive(self.socket.recv(READ_BYTES)):
                if isinstance(message, Challenge):
                    self.socket.sendall(self.terminal.prove(message))
                else:
                    self.arrived.append(message)

    def part(self, error: Exception) -> None:
        """Let go of the connection because of an error; raise what no other one would mend."""
        self.socket.close()
        self.lifeline.cut(error, time.monotonic())

    def read(self, seconds: float) -> None:
        """Take what arrives within so many seconds, or mend the connection."""
        if seconds <= 0:
            raise TimeoutError("nothing came from the venue in time")
        try:
            self.lifeline.check()
            if self.lifeline.is_apart:
                self.come_back(seconds)
            else:
                self.listen(seconds)
            self.pump()
        except (OSError, Mistake) as error:
            self.ending = error

    def listen(self, seconds: float) -> None:
        lifeline, begun = self.lifeline, time.monotonic()
        limit = min(seconds, lifeline.patience_seconds, lifeline.seconds_to_beat(begun))
        try:
            self.socket.settimeout(max(LEAST_SECONDS, limit))
            self.arrived.extend(lifeline.receive(self.socket.recv(READ_BYTES)))
        except TimeoutError:
            lifeline.silent_seconds += time.monotonic() - begun
            if lifeline.patience_seconds <= 0:
                self.part(silence())
        except (OSError, Mistake) as error:
            self.part(error)
        if frame := lifeline.heartbeat(time.monotonic()):
            self.transmit(frame)

    def pump(self) -> None:
        """Send what may be sent now."""
        if frames := self.lifeline.frames(time.monotonic()):
            self.transmit(frames)

    def transmit(self, frames: bytes) -> None:
        try:
            self.socket.settimeout(max(LEAST_SECONDS, self.lifeline.patience_seconds))
            self.socket.sendall(frames)
        except OSError as error:
            self.part(error)

    def write(self, frame: bytes) -> int:
        """Keep a request, and send it when it is its turn."""
        client_seq = self.terminal.client_seq
        self.hand_over(self.lifeline.keep(frame))
        return client_seq

    def send(self, rows: np.ndarray) -> int:
        """Send packed COMMAND rows, whose numbers increase; return the last of them.

        Raises Mistake where they do not, and where a kind cannot be asked for in a batch.
        """
        self.hand_over(self.lifeline.keep_rows(rows))
        return self.terminal.client_seq

    def hand_over(self, item: Item | None) -> None:
        """Wait until something kept has been sent once; raises what ended the session."""
        deadline = time.monotonic() + self.timeout
        self.try_to_pump()
        while item is not None and not item.has_left:
            if self.ending is not None:
                raise self.ending
            self.read(deadline - time.monotonic())

    def try_to_pump(self) -> None:
        """Send what may be sent now, unless that ends the session."""
        try:
            self.pump()
        except (OSError, Mistake) as error:
            self.ending = error

    def wait_for(self, asked: Sequence[Asked[Any]]) -> None:
        """Send questions in one go, and wait for all of their answers."""
        outbox, deadline = self.lifeline.outbox, time.monotonic() + self.timeout
        for one in asked:
            outbox.put_question(one)
        try:
            self.try_to_pump()
            while not self.are_answered(asked):
                self.read(deadline - time.monotonic())
        finally:
            for one in asked:
                outbox.drop_question(one)

    def log_out(self) -> list[Message]:
        """End the session when all has been sent; return what was still to come.

        Raises GaveUp, what else ended the session, and TimeoutError where a report or the end does
        not come in time.
        """
        self.lifeline.is_leaving = True
        self.try_to_pump()
        heard = []
        while not isinstance(message := self.receive(), Logout):
            heard.append(message)
        return heard

    def close(self) -> None:
        """Log out, unless that has been done, and close the connection."""
        with suppress(OSError, Mistake):
            if not self.lifeline.is_over:
                self.log_out()
        self.socket.close()


def silence() -> SessionEnded:
    return SessionEnded("nothing was heard from the venue for three heartbeats")

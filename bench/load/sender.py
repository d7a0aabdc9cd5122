"""A session that sends its requests without waiting, and keeps what it hears for the ledger."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import numpy as np

from bench.load.heard import Heard
from bench.load.numbering import Numbering
from bench.load.reel import Reel
from protocol.messages import LoginAccepted, Logout, Message, Refused, ReportBatch
from protocol.mistake import Mistake
from protocol.records import REPORT
from protocol.terminal import SessionEnded, Terminal, numbers_of
from protocol.vocabulary import ReportKind

LEAVING_SECONDS = 5.0
"""How long the venue may take for its last word."""

REFUSALS = 100
"""What is added to the reason of a refusal, to tell it from those of rejects."""

UNSENT_BYTES_MAX = 1 << 20
"""Of a session that the venue does not read, more than this is not handed to the socket."""


class CountingTerminal(Terminal):
    """A terminal for which a gap in the reports is not the end, but something to tell."""

    def __init__(self) -> None:
        super().__init__()
        self.numbering = Numbering()

    def count(self, message: Message) -> bool:
        """Take reports, whatever their numbers are."""
        first_report, reports = numbers_of(message)
        end = first_report + reports
        self.numbering.take(self.next_report, (first_report, end))
        self.next_report = max(self.next_report, end)
        return True


def as_report(refused: Refused) -> bytes:
    """Return a refusal as the REPORT row of a reject, for the ledger knows nothing else."""
    row = np.zeros(1, REPORT)
    row["kind"] = ReportKind.REJECTED
    row["request_seq"] = refused.client_seq
    row["reason"] = REFUSALS + refused.reason
    return row.tobytes()


class Sender(asyncio.Protocol):
    """One user's session; `clock` tells the time in nanoseconds."""

    def __init__(self, name: str, place: int, heard: Heard, clock: Callable[[], int]) -> None:
        """Add what is heard to `heard`, as of the session at this place."""
        self.name = name
        self.place = place
        self.heard = heard
        self.clock = clock
        self.terminal = CountingTerminal()
        self.before = 0
        self.reel: Reel | None = None
        self.messages: asyncio.Queue[Message | Mistake] = asyncio.Queue()
        self.ending: Mistake | None = None
        self.is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the user must log in first."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(UNSENT_BYTES_MAX)

    def data_received(self, data: bytes) -> None:
        """Keep the reports in what has come, and the time at which it came."""
        now = self.clock()
        try:
            for message in self.terminal.receive(data):
                self.hear(message, now)
        except Mistake as mistake:
            self.end(mistake)

    def hear(self, message: Message, now: int) -> None:
        """Keep a message for `next_message`; but what may answer a request, for the ledger."""
        match message:
            case ReportBatch():
                self.heard.add(self.place, now, message.rows)
            case Refused():
                self.heard.add(self.place, now, as_report(message))
            case _:
                self.messages.put_nowait(message)

    def connection_lost(self, error: Exception | None) -> None:
        """Take notice that nothing more will come."""
        if not self.terminal.is_leaving:
            reason = getattr(error, "strerror", None) or error or "the connection was closed"
            self.end(SessionEnded(str(reason)))
        else:
            self.messages.put_nowait(SessionEnded("the connection was closed"))

    def end(self, mistake: Mistake) -> None:
        """Keep the first reason for which the session is over."""
        if self.ending is None:
            self.ending = mistake
            self.messages.put_nowait(mistake)
            self.transport.close()

    def pause_writing(self) -> None:
        """Send no more for now: the venue does not read it."""
        self.is_paused = True

    def resume_writing(self) -> None:
        """Go on sending."""
        self.is_paused = False

    async def next_message(self) -> Message:
        """Return the next message besides reports; raise what ended the session."""
        message = await self.messages.get()
        if isinstance(message, Mistake):
            raise message
        return message

    async def log_in(self, password: str) -> LoginAccepted:
        """Open the session; reports of today that were made before it are not wanted."""
        self.transport.write(self.terminal.login(self.name, password, packed=True, next_report=0))
        challenge = await self.next_message()
        self.transport.write(await asyncio.to_thread(self.terminal.prove, challenge))
        await self.next_message()
        assert self.terminal.accepted is not None
        self.before = self.terminal.client_seq
        return self.terminal.accepted

    def send(self, first: int, last: int) -> None:
        """Send the frames from `first` to before `last`."""
        assert self.reel is not None
        while first < last:
            stop = min(last, self.reel.end_of_turn(first))
            self.transport.write(self.reel.cut(first, stop, self.before))
            first = stop

    def beat(self) -> None:
        """Show that this side is alive."""
        if not self.transport.is_closing():
            self.transport.write(self.terminal.heartbeat())

    async def log_out(self) -> None:
        """End the session in order, as soon as all that was asked has been carried out."""
        if self.ending is None:
            self.transport.write(self.terminal.logout())
            with suppress(Mistake, TimeoutError):
                await asyncio.wait_for(self.until_logout(), LEAVING_SECONDS)
        self.transport.close()

    async def until_logout(self) -> None:
        while not isinstance(await self.next_message(), Logout):
            pass

"""The course of a load: log in, send what is due, wait for what is owed, log out."""

import asyncio
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from bench.load.heard import Heard
from bench.load.ledger import Ledger
from bench.load.pacer import NEVER, Pacer
from bench.load.reel import Reel
from bench.load.sender import Sender
from bench.load.users import Login
from protocol.messages import LoginAccepted
from protocol.mistake import Mistake
from protocol.units import NANOSECONDS

LOGINS_AT_ONCE = 64

SPINNING = 2_000_000
"""So many nanoseconds before a frame is due the loop no longer sleeps: its timers are coarse."""

RESTING_SECONDS = 0.01
"""Between two looks at whether all is answered."""


class Course:
    """The senders of one load, with what they hear."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.began = 0
        self.heard = Heard()
        self.heard_at = 0
        self.senders: list[Sender] = []
        self.is_interrupted = False

    def clock(self) -> int:
        """Return the time in nanoseconds after the start."""
        return time.perf_counter_ns() - self.began

    async def log_in(self, logins: Sequence[Login]) -> list[LoginAccepted]:
        """Open all sessions; raises Mistake, which names the user, where one is refused."""
        accepted: list[LoginAccepted] = []
        for start in range(0, len(logins), LOGINS_AT_ONCE):
            some = logins[start : start + LOGINS_AT_ONCE]
            accepted += await asyncio.gather(
                *(self.open(login, place) for place, login in enumerate(some, start))
            )
        self.senders.sort(key=lambda sender: sender.place)
        return accepted

    async def open(self, login: Login, place: int) -> LoginAccepted:
        """Connect and log in as the user at this place; raises Mistake."""
        sender = await self.connect(login.user, place)
        try:
            return await sender.log_in(login.password)
        except Mistake as mistake:
            raise Mistake(f"{login.user}: {mistake}") from None

    async def connect(self, name: str, place: int) -> Sender:
        """Connect for the session of this name, at this place; raises Mistake."""
        sender = Sender(name, place, self.heard, self.clock)
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: sender, self.host, self.port)
        except (OSError, OverflowError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise Mistake(f"{self.host}:{self.port}: {reason}; is the venue up?") from None
        self.senders.append(sender)
        return sender

    def hand_out(self, reels: Sequence[Reel]) -> None:
        """Give each sender what it is to send."""
        for sender, reel in zip(self.senders, reels, strict=True):
            sender.reel = reel

    async def run(self, ledger: Ledger, patience: float) -> None:
        """Send everything when it is due, then wait until all is answered.

        It ends as well when nothing more is read by the venue, or owed answers do not come, and
        nothing has been heard for so many seconds.
        """
        self.ledger = ledger
        self.before = np.array([sender.before for sender in self.senders])
        self.heard.take()
        self.began = time.perf_counter_ns()
        pacer = Pacer(self.senders, ledger, self.clock)
        with self.stopped_by_interrupt(pacer):
            await self.send_all(pacer, patience)
            await self.wait_for_answers(patience)

    async def send_all(self, pacer: Pacer, patience: float) -> None:
        """Send until nothing is left; check what is heard as there is time."""
        while (due := pacer.next_at) != NEVER:
            spare = due - self.clock()
            if spare > SPINNING or self.heard.is_much:
                self.settle()
            await asyncio.sleep(max(0.0, (due - self.clock() - SPINNING) / NANOSECONDS))
            pacer.send_due()
            if pacer.is_held_up and self.is_silent(patience):
                pacer.stop()

    async def wait_for_answers(self, patience: float) -> None:
        """Wait while answers are owed by sessions that are up, and something is heard of them."""
        self.heard_at = self.clock()
        while self.is_waiting and not self.is_silent(patience):
            await asyncio.sleep(RESTING_SECONDS)
            self.settle()

    def is_silent(self, patience: float) -> bool:
        """Whether nothing has been heard for so many seconds."""
        return self.clock() - self.heard_at > patience * NANOSECONDS

    @property
    def is_waiting(self) -> bool:
        """Whether a session that is up has fewer answers than requests."""
        return any(
            sender.ending is None and self.ledger.waits(sender.place) for sender in self.senders
        )

    def settle(self) -> None:
        """Check what has been heard since the last time."""
        if parts := self.heard.take():
            self.ledger.take(parts, self.before)
            self.heard_at = self.clock()

    @contextmanager
    def stopped_by_interrupt(self, pacer: Pacer) -> Iterator[None]:
        """Have the first Ctrl-C end the sending; the second ends everything."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            self.is_interrupted = True
            pacer.stop()
            loop.remove_signal_handler(signal.SIGINT)

        loop.add_signal_handler(signal.SIGINT, stop)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    async def beat(self, seconds: float) -> None:
        """Show that all sessions are alive, now and then, for ever."""
        while True:
            await asyncio.sleep(seconds)
            for sender in self.senders:
                sender.beat()

    async def log_out(self) -> None:
        """End all sessions; what they are told at last is checked too."""
        await asyncio.gather(*(sender.log_out() for sender in self.senders))
        if self.began:
            self.settle()

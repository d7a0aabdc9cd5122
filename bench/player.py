"""A terminal that plays its part of a flow over TCP."""

import asyncio
import time
from collections.abc import Iterator

import numpy as np

from bench.numbers import Numbers
from protocol.client import Client
from protocol.messages import ReportBatch
from protocol.terminal import rows_of
from protocol.units import NANOSECONDS
from protocol.vocabulary import NONE, ReportKind

BATCH_SECONDS = 0.05
"""Real seconds of which a terminal sends its orders together."""

WAITING_SECONDS = 30.0
"""How long the venue may take to say something that is due."""


class Player:
    """A terminal that plays its part of a flow at the flow's own pace, accelerated."""

    def __init__(self, client: Client, numbers: Numbers, number: int, speed: float) -> None:
        self.client = client
        self.number = number
        self.speed = speed
        self.numbers = numbers
        self.flow = numbers.flow
        self.places = np.flatnonzero(self.flow.rows["session"] == number)
        self.answered = 0
        self.has_ended = False

    async def play(self, part: slice, second: int) -> None:
        """Send this terminal's rows of a phase that begins at `second`; wait for all answers."""
        began = time.monotonic()
        places = self.places[(self.places >= part.start) & (self.places < part.stop)]
        for batch in self.cut(places, second):
            due = began + self.seconds_into(batch[0], second)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self.send(batch)
        if len(places):
            await self.until_answered(int(self.flow.rows["client_seq"][places[-1]]))

    def cut(self, places: np.ndarray, second: int) -> Iterator[np.ndarray]:
        """Yield rows that are sent together: of one moment, and no cancel with its own order."""
        start = 0
        for end in range(1, len(places) + 1):
            is_over = end == len(places) or (
                self.seconds_into(places[end], second) - self.seconds_into(places[start], second)
                > BATCH_SECONDS
                or self.flow.targets[places[end]] >= places[start]
            )
            if is_over:
                yield places[start:end]
                start = end

    def seconds_into(self, place: int, second: int) -> float:
        into = int(self.flow.rows["time"][place]) / NANOSECONDS - second
        return into / self.speed

    async def send(self, places: np.ndarray) -> None:
        """Send rows, cancels with the numbers that the venue has given to their orders."""
        targets = self.flow.targets[places]
        entered = self.flow.rows["client_seq"][targets[targets != NONE]]
        await self.until_answered(int(entered.max(initial=0)))
        await self.client.send(self.numbers.rows(places))

    async def until_answered(self, client_seq: int) -> None:
        """Receive reports until the request with this number has been answered."""
        while self.answered < client_seq:
            await self.receive()

    async def until_day_end(self) -> None:
        """Receive reports until the last one of the day."""
        while not self.has_ended:
            await self.receive()

    async def receive(self) -> None:
        message = await asyncio.wait_for(self.client.receive(), WAITING_SECONDS)
        assert isinstance(message, ReportBatch)
        reports = rows_of(message)
        self.numbers.learn(reports)
        self.answered = max(self.answered, int(reports["request_seq"].max()))
        self.has_ended |= bool((reports["kind"] == ReportKind.DAY_ENDED).any())

"""The follower: reads a journal on, as it is written, and has a publisher apply it."""

import asyncio
import logging
import time
from itertools import chain

from engine.storage.daybook import Daybook, in_batches
from engine.storage.recovery import Recovery
from engine.storage.segment import JournalError
from engine.storage.segments import NO_LOG, Log, read_log
from engine.storage.tail import Tail
from engine.venue import Limits
from gateway.quotes.publisher import Publisher

log = logging.getLogger("cuohe")

SHORTEST_PAUSE = 0.001
LONGEST_PAUSE = 0.020
GROWTH = 1.3
"""Seconds between two looks at a journal in which nothing has come, and how fast they grow."""

READINGS_MAX = 3
"""How often the start is tried: a snapshot may be taken between two of its readings."""


class Follower:
    """The journal of a day, from its newest snapshot or its beginning on."""

    def __init__(
        self,
        daybook: Daybook,
        business_date: int,
        limits: Limits,
        symbols: list[str],
        only_durable: bool,
    ) -> None:
        """Take up what is there; raises JournalError where it is of another day, or damaged."""
        past, recovery = self.recovered(daybook, limits)
        if past.end.segment and past.business_date != business_date:
            raise JournalError(
                f"{daybook.journal}: is the journal of {past.business_date}, not of "
                f"{business_date}; put it back into the folder of its day"
            )
        self.tail = Tail(daybook.journal, past, only_durable)
        self.publisher = Publisher(recovery.venue, symbols, business_date)
        kept = in_batches(recovery.kept, limits.reports)
        self.publisher.take_up(chain(kept, recovery.replay(until=self.tail.ready)))

    def recovered(self, daybook: Daybook, limits: Limits) -> tuple[Log, Recovery]:
        """Return what the journal holds, and a venue to apply it to."""
        for reading in range(1, READINGS_MAX + 1):
            found = read_log(daybook.journal) if daybook.journal.is_dir() else NO_LOG
            try:
                return found, Recovery(daybook, found, limits, log.warning)
            except JournalError:
                if reading == READINGS_MAX:
                    raise
        raise AssertionError

    @property
    def has_begun(self) -> bool:
        """Whether the day has been opened, with all its instruments."""
        return self.publisher.book.count == len(self.publisher.symbols)

    def step(self) -> bool:
        """Do what has come; return whether anything has."""
        rows = self.tail.read()
        now = time.monotonic_ns()
        for batch in in_batches(rows):
            self.publisher.apply(batch, now)
        self.publisher.tick(now)
        return bool(len(rows))

    async def go_on(self) -> None:
        """Go on for ever; raises JournalError where the journal cannot be followed any further."""
        pause = SHORTEST_PAUSE
        while True:
            if self.step():
                pause = 0.0
            else:
                pause = min(max(pause * GROWTH, SHORTEST_PAUSE), LONGEST_PAUSE)
            await asyncio.sleep(pause)

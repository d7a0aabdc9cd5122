"""Alarms of the works: answers that wait, a journal that is slow, a disk that fills, a clock that
goes back."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter_ns

from gateway.config import AlarmSettings
from gateway.observe.alarms import Finding
from gateway.pipeline import Pipeline
from protocol.units import NANOSECONDS

VENUE = "venue"
MEGABYTES = 1 << 20


class Works:
    """Looks at the pipeline, its disk and its clock."""

    def __init__(self, settings: AlarmSettings, pipeline: Pipeline, folder: Path) -> None:
        """Look at the disk on which this folder is."""
        self.settings = settings
        self.sequencer = pipeline.sequencer
        self.meters = pipeline.meters
        self.folder = folder

    def find(self) -> Iterator[Finding]:
        """Find what should be told."""
        yield from self.unanswered()
        yield from self.slow_journal()
        yield from self.low_disk()
        yield from self.late_clock()

    def unanswered(self) -> Iterator[Finding]:
        """Find out whether requests have waited too long."""
        seconds = seconds_since(self.meters.waiting_since)
        if exceeds(seconds, self.settings.unanswered_seconds):
            text = f"a request has waited for its answer for {seconds:.1f} seconds"
            yield Finding("unanswered", VENUE, text)

    def slow_journal(self) -> Iterator[Finding]:
        """Find out whether a write to the journal takes too long."""
        seconds = seconds_since(self.meters.journal.since)
        if exceeds(seconds, self.settings.journal_seconds):
            text = f"a write to the journal has taken {seconds:.1f} seconds so far"
            yield Finding("journal_slow", VENUE, text)

    def low_disk(self) -> Iterator[Finding]:
        """Find out whether there is too little room for the days."""
        free = self.free_bytes() // MEGABYTES
        if free < self.settings.disk_free_mb:
            text = f"{self.folder}: only {free} MB are free; make room before the venue must stop"
            yield Finding("disk_low", VENUE, text)

    def free_bytes(self) -> int:
        """Return how much may still be written; 0 where that cannot be told."""
        try:
            return shutil.disk_usage(self.folder).free
        except OSError:
            return 0

    def late_clock(self) -> Iterator[Finding]:
        """Find out whether the clock has gone back behind what commands were stamped with."""
        seconds = (self.sequencer.time - self.sequencer.clock()) / NANOSECONDS
        if exceeds(seconds, self.settings.clock_back_seconds):
            text = f"the clock is {seconds:.1f} seconds behind the last command; set it right"
            yield Finding("clock_back", VENUE, text)


def seconds_since(began: int) -> float:
    """Return how long ago that was, by the clock that measures ticks; 0 where it is 0."""
    return (perf_counter_ns() - began) / NANOSECONDS if began else 0.0


def exceeds(seconds: float, limit: float) -> bool:
    """Say whether it is too much; a limit of 0 means never."""
    return 0 < limit < seconds

"""The durations of a load by interval, each kept as the buckets that something fell into."""

from typing import NamedTuple

import numpy as np

from bench.load.histogram import BUCKETS, percentiles
from bench.load.ledger import Ledger


class Counted(NamedTuple):
    """Buckets of a histogram, and what is in them."""

    buckets: np.ndarray
    counts: np.ndarray


class Interval(NamedTuple):
    """From one time to another, in nanoseconds after the start."""

    begin: int
    end: int
    sent: int
    answered: int
    latency: Counted
    service: Counted

    def latencies(self, percents: tuple[float, ...]) -> list[int]:
        """Return percentiles of the latency, in nanoseconds."""
        counts = np.zeros(BUCKETS, np.int64)
        counts[self.latency.buckets] = self.latency.counts
        return percentiles(counts, percents)


class Intervals:
    """Cuts what a ledger counts into intervals."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.all: list[Interval] = []
        self.end = self.sent = self.answered = 0
        self.latency = self.service = np.zeros(BUCKETS, np.int64)

    def cut(self, now: int) -> Interval:
        """End the interval now, keep it, and return it."""
        ledger = self.ledger
        sent, answered = int(ledger.asked.sum()), int(ledger.answered.sum())
        interval = Interval(
            self.end,
            now,
            sent - self.sent,
            answered - self.answered,
            more_in(ledger.latency.counts, self.latency),
            more_in(ledger.service.counts, self.service),
        )
        self.end, self.sent, self.answered = now, sent, answered
        self.latency, self.service = ledger.latency.counts.copy(), ledger.service.counts.copy()
        self.all.append(interval)
        return interval


def more_in(counts: np.ndarray, before: np.ndarray) -> Counted:
    """Return by how much which counts have grown."""
    grown = counts - before
    buckets = np.flatnonzero(grown)
    return Counted(buckets, grown[buckets])

"""Durations counted in buckets: three significant digits, in bounded memory however many come.

The buckets are those of an HdrHistogram with three significant digits from 1 ns to an hour: one for
each value below 2,048, and from each power of two on they are twice as wide.
"""

from collections.abc import Sequence

import numpy as np

from protocol.units import NANOSECONDS

LONGEST = 3_600 * NANOSECONDS
"""What lasts longer is counted as if it had not."""

HALF = 1_024
"""Buckets between two powers of two, from 2,048 on."""

BITS = 11
"""A value of so many bits has a bucket of its own."""


def bucket_of(values: np.ndarray) -> np.ndarray:
    """Return the bucket of each value, which is at most LONGEST."""
    _, bits = np.frexp(values.astype(np.float64))
    shift = np.maximum(bits - BITS, 0)
    return HALF * shift + (values >> shift)


def highest_in(buckets: np.ndarray) -> np.ndarray:
    """Return the highest value of each bucket."""
    shift = np.maximum(buckets // HALF - 1, 0)
    return ((buckets - HALF * shift + 1) << shift) - 1


BUCKETS = int(bucket_of(np.array([LONGEST]))[0]) + 1


class Histogram:
    """How often which duration was seen; all are in nanoseconds."""

    def __init__(self) -> None:
        self.counts = np.zeros(BUCKETS, np.int64)
        self.longest = 0

    def record(self, durations: np.ndarray) -> None:
        """Count durations; a negative one counts as 0."""
        if len(durations) == 0:
            return
        known = np.clip(durations, 0, LONGEST)
        self.longest = max(self.longest, int(known.max()))
        np.add.at(self.counts, bucket_of(known), 1)

    @property
    def total(self) -> int:
        """How many durations were counted."""
        return int(self.counts.sum())

    def percentiles(self, percents: Sequence[float]) -> list[int]:
        """Return what so many percent of the durations do not exceed; 0 where there are none."""
        return [min(found, self.longest) for found in percentiles(self.counts, percents)]


def percentiles(counts: np.ndarray, percents: Sequence[float]) -> list[int]:
    """Return the highest value of the buckets in which so many percent of the counts are reached.

    They are 0 where nothing is counted.
    """
    reached = np.cumsum(counts)
    if reached[-1] == 0:
        return [0] * len(percents)
    due = np.maximum(np.ceil(np.array(percents) / 100 * reached[-1]), 1)
    return highest_in(np.searchsorted(reached, due)).tolist()

"""Counts of whole numbers by size, in buckets that grow with them.

To put a number aside costs little; it finds its bucket with many others, when the histogram is
folded.  One thread folds; others may put and read.
"""

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter_ns
from typing import ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")


class Histogram:
    """Buckets of equal width up to 2 ** (unit_bits + step_bits + 1), and 2 ** step_bits of them to
    each doubling behind that; the last one takes all that is larger than 2 ** largest_bits."""

    def __init__(self, unit_bits: int, step_bits: int, largest_bits: int) -> None:
        self.unit_bits = unit_bits
        self.step_bits = step_bits
        doublings = largest_bits - unit_bits - step_bits
        self.counts = np.zeros(((doublings + 1) << step_bits) + 1, np.int64)
        self.sum = 0
        self.waiting: list[tuple[int, int]] = []

    def put(self, value: int, count: int = 1) -> None:
        """Have a value counted so many times."""
        self.waiting.append((value, count))

    def fold(self) -> None:
        """Count what has been put."""
        waiting = self.waiting[:]
        if not waiting:
            return
        del self.waiting[: len(waiting)]
        values, counts = np.array(waiting, np.int64).T
        np.add.at(self.counts, self.places(values), counts)
        self.sum += int(values @ counts)

    def places(self, values: np.ndarray) -> np.ndarray:
        """Return in which buckets values are."""
        units = np.maximum(values - 1, 0) >> self.unit_bits
        bit_lengths = np.frexp(units)[1]
        shifts = np.maximum(bit_lengths - self.step_bits - 1, 0)
        places = (shifts << self.step_bits) + (units >> shifts)
        return np.minimum(places, len(self.counts) - 1)

    def buckets(self) -> Iterator[tuple[float, int]]:
        """Yield the largest value of each bucket, and how many were up to that; infinity last."""
        *totals, last = np.cumsum(self.counts).tolist()
        for place, total in enumerate(totals):
            shift = max(0, (place >> self.step_bits) - 1)
            units = place - (shift << self.step_bits) + 1
            yield units << shift + self.unit_bits, total
        yield float("inf"), last


class Stopwatch(Histogram):
    """How long calls take, in nanoseconds: from 1 microsecond on, in steps of a quarter doubling.

    `since` is when the call began that is under way, 0 where none is.
    """

    def __init__(self) -> None:
        super().__init__(unit_bits=10, step_bits=2, largest_bits=34)
        self.since = 0

    def timed(self, call: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Return what a call returns."""
        self.since = began = perf_counter_ns()
        try:
            return call(*arguments, **options)
        finally:
            self.put(perf_counter_ns() - began)
            self.since = 0

    def timed_each(self, parts: Iterable[T]) -> Iterator[T]:
        """Yield parts; making them all counts as one call, what is done with them does not."""
        spent = 0
        began = perf_counter_ns()
        for part in parts:
            spent += perf_counter_ns() - began
            yield part
            began = perf_counter_ns()
        self.put(spent + perf_counter_ns() - began)

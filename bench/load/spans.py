"""Runs of numbers, each the first and the one behind the last: 5 to 7 is (5, 8)."""

from collections.abc import Sequence

import numpy as np

Span = tuple[int, int]

NAMED = 5
"""So many spans are named; of the others it is only said how many numbers they have."""


def spans_of(numbers: np.ndarray) -> list[Span]:
    """Return ascending numbers, of which there is at least one, as spans."""
    edges = np.flatnonzero(np.diff(numbers) > 1)
    firsts = numbers[[0, *(edges + 1)]]
    ends = numbers[[*edges, -1]] + 1
    return list(zip(firsts.tolist(), ends.tolist(), strict=True))


def common(one: Span, other: Span) -> Span | None:
    """Return the numbers that are in both, if there are any."""
    first, end = max(one[0], other[0]), min(one[1], other[1])
    return (first, end) if first < end else None


def without(one: Span, other: Span) -> list[Span]:
    """Return the numbers of `one` that are not in `other`."""
    parts = [(one[0], min(one[1], other[0])), (max(one[0], other[1]), one[1])]
    return [part for part in parts if part[0] < part[1]]


def told(spans: Sequence[Span]) -> str:
    """Return spans as people write them, as in "3, 5 to 7"."""
    words = [
        f"{first}" if end == first + 1 else f"{first} to {end - 1}" for first, end in spans[:NAMED]
    ]
    more = sum(end - first for first, end in spans[NAMED:])
    return ", ".join(words) + (f" and {more:,} more" if more else "")

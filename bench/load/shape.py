"""When requests are due: a number of them a second, steady or growing, or all at one instant.

Times are in nanoseconds after the start.
"""

from typing import NamedTuple, Protocol

import numpy as np

from protocol.units import NANOSECONDS


class Shape(Protocol):
    """How requests are spread over time."""

    @property
    def requests(self) -> int:
        """How many there are."""

    def due(self, request: np.ndarray) -> np.ndarray:
        """Return when each request is due, counted from 0."""


class Ramp(NamedTuple):
    """So many requests a second at first, and so many at last; steady where both are the same."""

    first: float
    last: float
    seconds: float

    @property
    def requests(self) -> int:
        """How many there are, at least one."""
        return max(1, round((self.first + self.last) / 2 * self.seconds))

    def due(self, request: np.ndarray) -> np.ndarray:
        """Return when the rate, summed up over time, has reached each request."""
        count = request + 1.0
        growth = (self.last - self.first) / self.seconds
        root = np.sqrt(np.maximum(self.first**2 + 2 * growth * count, 0.0))
        return np.rint(2 * count / (self.first + root) * NANOSECONDS).astype(np.int64)


class Burst(NamedTuple):
    """All requests at once."""

    requests: int

    def due(self, request: np.ndarray) -> np.ndarray:
        """Return 0 for each request."""
        return np.zeros(len(request), np.int64)


def spread(shape: Shape, sessions: int, batch: int) -> list[np.ndarray]:
    """Return when each frame of each session is due: they take turns, frame by frame.

    A frame is of `batch` requests, the number of which is rounded up to whole frames, and due when
    the last of them is.
    """
    frames = -(-shape.requests // batch)
    last = np.minimum(np.arange(1, frames + 1) * batch, shape.requests) - 1
    due = shape.due(last)
    return [np.ascontiguousarray(due[place::sessions]) for place in range(sessions)]

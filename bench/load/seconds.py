"""How much there was in each tenth of a second after the start."""

import numpy as np

from protocol.units import NANOSECONDS

TENTHS = 10
TENTH = NANOSECONDS // TENTHS


class Seconds:
    """Counts by tenth of a second; times are in nanoseconds after the start."""

    def __init__(self) -> None:
        self.tenths = np.zeros(TENTHS, np.int64)

    def add(self, at: np.ndarray) -> None:
        """Count one at each time."""
        if len(at):
            found = np.bincount(np.maximum(at, 0) // TENTH)
            self.make_room(len(found))
            self.tenths[: len(found)] += found

    def add_many(self, at: int, count: int) -> None:
        """Count so many at one time."""
        self.make_room(at // TENTH + 1)
        self.tenths[at // TENTH] += count

    def make_room(self, tenths: int) -> None:
        if tenths > len(self.tenths):
            more = np.zeros(2 * tenths - len(self.tenths), np.int64)
            self.tenths = np.concatenate([self.tenths, more])

    def by_tenth(self, seconds: int) -> np.ndarray:
        """Return the counts in each tenth of the first seconds."""
        self.make_room(seconds * TENTHS)
        return self.tenths[: seconds * TENTHS]

    def by_second(self, seconds: int) -> list[int]:
        """Return the counts in each of the first seconds."""
        return self.by_tenth(seconds).reshape(-1, TENTHS).sum(axis=1).tolist()

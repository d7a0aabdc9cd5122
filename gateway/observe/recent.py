"""How often each number came in the last second, in steps of a tenth of it."""

import numpy as np

STEPS = 10
NUMBERS_MAX = 1 << 20
"""Numbers from here on, and those below 0, are not counted."""

WORST_MAX = 16
"""Numbers that one question is answered with."""


class Recent:
    """Counts by number over a window that slides with each `advance`; makes room as it needs it."""

    def __init__(self, numbers_max: int = NUMBERS_MAX) -> None:
        self.numbers_max = numbers_max
        self.steps = np.zeros((STEPS, 0), np.int32)
        self.counts = np.zeros(0, np.int32)
        self.is_empty = [True] * STEPS
        self.place = 0

    def add(self, numbers: np.ndarray, times: np.ndarray | None = None) -> None:
        """Count i4 numbers, each of them so many times."""
        if not len(numbers):
            return
        if numbers.view(np.uint32).max() >= self.numbers_max:
            is_counted = (numbers >= 0) & (numbers < self.numbers_max)
            numbers, times = numbers[is_counted], times if times is None else times[is_counted]
        counted = np.bincount(numbers, times).astype(np.int32)
        self.make_room(len(counted))
        self.steps[self.place, : len(counted)] += counted
        self.counts[: len(counted)] += counted
        self.is_empty[self.place] = False

    def make_room(self, room: int) -> None:
        more = max(room, 2 * len(self.counts)) - len(self.counts)
        if room > len(self.counts):
            self.counts = np.pad(self.counts, (0, more))
            self.steps = np.pad(self.steps, ((0, 0), (0, more)))

    def advance(self) -> None:
        """Begin the next step, and forget what came a second before it."""
        self.place = (self.place + 1) % STEPS
        if not self.is_empty[self.place]:
            self.counts -= self.steps[self.place]
            self.steps[self.place] = 0
            self.is_empty[self.place] = True

    def over(self, limit: int, worst: int = WORST_MAX) -> list[tuple[int, int]]:
        """Return the numbers above 0 that came more often than `limit`, and how often: the most
        frequent first, so many at most.  A limit of 0 means none."""
        if not limit:
            return []
        numbers = np.flatnonzero(self.counts > limit)
        numbers = numbers[numbers > 0]
        numbers = numbers[np.argsort(-self.counts[numbers], kind="stable")][:worst]
        return list(zip(numbers.tolist(), self.counts[numbers].tolist(), strict=True))

    @property
    def active(self) -> np.ndarray:
        """The numbers that came at all."""
        return np.flatnonzero(self.counts)

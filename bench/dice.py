"""Chance from a seed, in integers, the same on every machine and with every numpy.

Numpy promises to keep the raw words of PCG64, but not what its Generator makes of them; and the
last bit of a logarithm depends on the processor.  So all draws are words and integer arithmetic.
"""

from collections.abc import Sequence

import numpy as np

FACES = 1 << 31


class Dice:
    """Draws arrays of i8 from a seed."""

    def __init__(self, seed: int) -> None:
        self.words = np.random.PCG64(seed)

    def throw(self, count: int) -> np.ndarray:
        """Return `count` even draws from 0 to before FACES."""
        return (self.words.random_raw(count) >> np.uint64(33)).astype(np.int64)

    def below(self, bound: int | np.ndarray, count: int) -> np.ndarray:
        """Return `count` even draws from 0 to before `bound`, which is at most 2**32."""
        return self.throw(count) * bound // FACES

    def happens(self, chance: int | np.ndarray, count: int, out_of: int = 1_000) -> np.ndarray:
        """Return `count` booleans, of which about `chance` out of `out_of` are true."""
        return self.below(out_of, count) < chance

    def quantiles(self, knots: Sequence[tuple[int, int]], count: int) -> np.ndarray:
        """Return `count` draws by a table of (share, value), straight between its knots.

        Shares ascend from 0 to the whole; neighbouring values differ by less than 2**32.
        """
        shares, values = np.array(knots, np.int64).T
        places = shares * FACES // shares[-1]
        thrown = self.throw(count)
        knot = np.searchsorted(places, thrown, side="right") - 1
        rise = np.diff(values)[knot] * (thrown - places[knot])
        return values[knot] + rise // np.diff(places)[knot]

"""Bits of 64-bit words, the same compiled and not."""

import numba
import numpy as np
from numba.cpython.unsafe import numbers

from engine.kernels.kernel import kernel

ONE = np.uint64(1)


@kernel
def bit(position):
    """Return the word in which only the bit at `position` modulo 64 is set."""
    return ONE << np.uint64(position & 63)


@kernel
def above(word, position):
    """Return the word without the bits up to and including `position` modulo 64."""
    return word & ~(bit(position) | (bit(position) - ONE))


if numba.config.DISABLE_JIT:

    def lowest(word):
        return (int(word) & -int(word)).bit_length() - 1

else:

    @kernel
    def lowest(word):
        """Return the position of the lowest set bit of a word that is not zero."""
        return np.int64(numbers.trailing_zeros(word))

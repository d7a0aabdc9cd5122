"""Which byte is to blame where a checksum does not fit: most damage is to one byte, and then the
checksum tells which.

A wrong byte changes the checksum by its own remainder, moved on by all bytes behind it.  Going back
from the change, a byte at a time, one comes to a remainder that a single byte has.
"""

import numpy as np

BYTE = 0xFF


class Culprit:
    """Finds the wrong byte for a reflected CRC of 32 bits."""

    def __init__(self, polynomial: int) -> None:
        remainders = np.arange(256, dtype=np.uint32)
        for _ in range(8):
            odd = remainders & np.uint32(1)
            remainders = (remainders >> np.uint32(1)) ^ (odd * np.uint32(polynomial))
        self.table: list[int] = remainders.tolist()
        self.by_top = {remainder >> 24: byte for byte, remainder in enumerate(self.table)}

    def place_in(self, length: int, change: int) -> int:
        """Return which of `length` bytes is wrong, by how the checksum behind them has changed.

        It is one of the four behind them where the checksum itself is wrong, and `length` + 4 where
        more than one byte is.
        """
        for place in range(4):
            if change & ~(BYTE << 8 * place) == 0:
                return length + place
        for place in reversed(range(length)):
            byte = self.by_top[change >> 24]
            change ^= self.table[byte]
            if change == 0:
                return place
            change = (change << 8 | byte) & 0xFFFFFFFF
        return length + 4

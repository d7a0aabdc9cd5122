"""CRC-32C of COMMAND rows: what tells a row of the journal from a torn or flipped one.

Castagnoli's polynomial, reflected, as in RFC 3720 section 12.1; X"""

import numpy as np

from engine.kernels.kernel import entrance, kernel
from protocol.records import ROW_BYTES

POLYNOMIAL = 0x82F63B78


def crc_tables() -> np.ndarray:
    """Return the (8, 256) tables: row n moves a byte's remainder past n further bytes."""
    tables = np.zeros((8, 256), np.uint32)
    remainders = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        odd = remainders & np.uint32(1)
        remainders = (remainders >> np.uint32(1)) ^ (odd * np.uint32(POLYNOMIAL))
    tables[0] = remainders
    for further in range(1, 8):
        before = tables[further - 1]
        tables[further] = (before >> np.uint32(8)) ^ remainders[before & np.uint32(255)]
    return tables


TABLES = crc_tables()
ALL_ONES = np.uint32(0xFFFFFFFF)
BYTE = np.uint32(255)
BODY_BYTES = 60


@kernel
def crc(row):
    """Return the CRC-32C of the first 60 bytes of `row` (64, u1)."""
    remainder = ALL_ONES
    start = 0
    while start + 8 <= BODY_BYTES:
        remainder = (
            TABLES[7, (remainder & BYTE) ^ row[start]]
            ^ TABLES[6, ((remainder >> np.uint32(8)) & BYTE) ^ row[start + 1]]
            ^ TABLES[5, ((remainder >> np.uint32(16)) & BYTE) ^ row[start + 2]]
            ^ TABLES[4, (remainder >> np.uint32(24)) ^ row[start + 3]]
            ^ TABLES[3, row[start + 4]]
            ^ TABLES[2, row[start + 5]]
            ^ TABLES[1, row[start + 6]]
            ^ TABLES[0, row[start + 7]]
        )
        start += 8
    while start < BODY_BYTES:
        remainder = (remainder >> np.uint32(8)) ^ TABLES[0, (remainder & BYTE) ^ row[start]]
        start += 1
    return remainder ^ ALL_ONES


@entrance
def seal(rows):
    """Write the CRC of each row of `rows` (n, 64, u1) into its last four bytes."""
    for index in range(len(rows)):
        checksum = crc(rows[index])
        for byte in range(ROW_BYTES - BODY_BYTES):
            rows[index, BODY_BYTES + byte] = (checksum >> np.uint32(8 * byte)) & BYTE


@entrance
def first_bad_row(rows):
    """Return the index of the first of `rows` (n, 64, u1) without its CRC, n where all have it."""
    for index in range(len(rows)):
        checksum = crc(rows[index])
        for byte in range(ROW_BYTES - BODY_BYTES):
            if rows[index, BODY_BYTES + byte] != (checksum >> np.uint32(8 * byte)) & BYTE:
                return index
    return len(rows)

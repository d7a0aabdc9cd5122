"""Checksums of 64-byte lines, each chained to the line before it: what tells a line of the journal
from a torn, flipped or foreign one.

A line is 16 words, little-endian; the last one is the CRC-32C of the checksum of the line before
and of the 60 bytes in front of it.
"""

import numpy as np

from engine.kernels.crc import step
from engine.kernels.kernel import entrance, kernel

LINE_WORDS = 16
BODY_WORDS = LINE_WORDS - 1
OWN = 8
"""The word of a group's line that has its own checksum."""

ALL_ONES = np.uint32(0xFFFFFFFF)


@kernel
def checksum_of(line, previous):
    """Return the checksum of a line behind one with the checksum `previous`."""
    remainder = step(ALL_ONES, previous, line[0])
    for place in range(1, BODY_WORDS, 2):
        remainder = step(remainder, line[place], line[place + 1])
    return remainder ^ ALL_ONES


@entrance
def seal(lines, previous):
    """Write its checksum into each of `lines` (n, 16, u4); the first is behind one with `previous`.

    Return the last checksum, `previous` where there are no lines.
    """
    checksum = np.uint32(previous)
    for index in range(len(lines)):
        checksum = checksum_of(lines[index], checksum)
        lines[index, BODY_WORDS] = checksum
    return np.int64(checksum)


@entrance
def first_bad_line(lines, previous):
    """Return the index of the first of `lines` (n, 16, u4) without its checksum, n where all have
    it; the first is behind one with the checksum `previous`."""
    checksum = np.uint32(previous)
    for index in range(len(lines)):
        checksum = checksum_of(lines[index], checksum)
        if lines[index, BODY_WORDS] != checksum:
            return index
    return len(lines)


@entrance
def extended(digest, lines):
    """Return the CRC-32C of what has `digest` and of whole `lines` (n, 16, u4) behind it."""
    remainder = np.uint32(digest) ^ ALL_ONES
    for index in range(len(lines)):
        line = lines[index]
        for place in range(0, LINE_WORDS, 2):
            remainder = step(remainder, line[place], line[place + 1])
    return np.int64(remainder ^ ALL_ONES)


@kernel
def word_of(line):
    """Return the CRC-32C of the first eight words of a group's line: it holds out of the chain."""
    remainder = ALL_ONES
    for place in range(0, OWN, 2):
        remainder = step(remainder, line[place], line[place + 1])
    return remainder ^ ALL_ONES


@entrance
def give_word(line):
    """Write its own checksum into a group's line (16, u4)."""
    line[OWN] = word_of(line)

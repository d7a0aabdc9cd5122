"""Decimal numbers as rows of ASCII cells, many at a time, without a Python step per number.

A number is an int64 that counts its last decimal.  Its cells are an (n, width) array of uint8:
the digits stand right, a minus sign directly before them, and a filler takes the rest.
"""

import numpy as np

NOTHING, BLANK, STAR, MINUS, POINT, ZERO = b"\0 *-.0"

OVERFLOWN = np.iinfo(np.int64).min
"""Stands for a number of which its field only says that it did not fit."""

GROUP = 4
GROUP_VALUES = 10**GROUP
HALF_WIDTH = 2**31
POWERS = 10 ** np.arange(19, dtype=np.int64)


def group_tables(filler: int) -> np.ndarray:
    """Return four digits of 0..9999 as one u4, thrice: with leading zeros, with fillers in their
    place but for the last digit, and with fillers only.
    """
    values = np.arange(GROUP_VALUES)[:, None]
    place = POWERS[GROUP - 1 :: -1]
    full = values // place % 10 + ZERO
    bare = np.where(values < place, filler, full)
    last = np.where(place == 1, full, bare)
    return np.concatenate([full, last, bare]).astype(np.uint8).view(np.uint32).ravel()


TABLES = {filler: group_tables(filler) for filler in (NOTHING, BLANK, ZERO)}
FULL, LAST, BARE = 0, GROUP_VALUES, 2 * GROUP_VALUES


def digits(values: np.ndarray, places: int, filler: int = ZERO) -> np.ndarray:
    """Return the last `places` digits of numbers that are not negative, as (n, places) cells."""
    groups = -(-places // GROUP)
    cells = np.empty((len(values), groups), np.uint32)
    table = TABLES[filler]
    top = int(values.max(initial=0))
    if top < HALF_WIDTH:
        values = values.astype(np.int32)
    for group in reversed(range(groups)):
        top //= GROUP_VALUES
        short = 0 if filler == ZERO else LAST if group == groups - 1 else BARE
        if top == 0:
            cells[:, group] = table[values + short] if values.any() else table[short]
            cells[:, :group] = table[0 if filler == ZERO else BARE]
            break
        higher = values // GROUP_VALUES
        part = values - higher * GROUP_VALUES
        if short:
            part += (higher == 0) * values.dtype.type(short)
        cells[:, group] = table[part]
        values = higher
    return cells.view(np.uint8)[:, -places:]


def whole_places(width: int, decimals: int) -> int:
    """Return how many cells of a number stand before its point."""
    return width - decimals - 1 if decimals else width


def misfits(values: np.ndarray, width: int, decimals: int) -> np.ndarray:
    """Return where the numbers need more than `width` cells."""
    places = whole_places(width, decimals)
    room = POWERS[places + decimals]
    room_below = room // 10 if places > 1 else 1
    return (values >= room) | (values <= -room_below)


def spell(values: np.ndarray, width: int, decimals: int, filler: int) -> np.ndarray:
    """Return int64 numbers, which must fit, as (n, width) cells."""
    places = whole_places(width, decimals)
    cells = np.empty((len(values), width), np.uint8)
    sizes = np.abs(values)
    whole = sizes // POWERS[decimals]
    cells[:, :places] = digits(whole, places, filler)
    if decimals:
        cells[:, places] = POINT
        cells[:, places + 1 :] = digits(sizes - whole * POWERS[decimals], decimals)
    negative = np.flatnonzero(values < 0)
    if negative.size:
        length = np.maximum(np.searchsorted(POWERS, whole[negative], side="right"), 1)
        cells[negative, places - length - 1] = MINUS
    return cells


def read(cells: np.ndarray, decimals: int = 0) -> np.ndarray:
    """Return the numbers in (n, width) cells, taking what is neither digit nor sign for a zero."""
    columns = np.ascontiguousarray(cells.T)
    ciphers = columns - np.uint8(ZERO)
    ciphers *= ciphers < 10
    width = len(ciphers)
    point = whole_places(width, decimals) if decimals else None
    values: np.ndarray = np.zeros(len(cells), np.int64 if width > 9 else np.int32)
    for place, cipher in enumerate(ciphers):
        if place != point:
            values *= 10
            values += cipher
    np.negative(values, out=values, where=(columns == MINUS).any(axis=0))
    return values.astype(np.int64)


def parse(cells: np.ndarray, decimals: int, filler: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers in (n, width) cells, and where they are spelled as `spell` does."""
    values = read(cells, decimals)
    return values, equal(cells, spell(values, cells.shape[1], decimals, filler))


def equal(cells: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which rows of cells are the same, quickly where all are."""
    differs = cells != others
    return ~differs.any(axis=1) if differs.any() else np.ones(len(cells), bool)


def total(values: np.ndarray) -> int:
    """Return the sum of whole numbers, exactly, also where it is beyond 64 bits."""
    farthest = max(int(values.max(initial=0)), -int(values.min(initial=0)))
    fits = farthest * len(values) <= np.iinfo(np.int64).max
    return int(values.sum()) if fits else sum(values.tolist())


def zero_padded(values: np.ndarray, width: int) -> np.ndarray:
    """Return numbers that are not negative as text of exactly `width` digits, dtype S.

    A number of more digits keeps them all, so that its field refuses it.
    """
    widest = len(str(values.max(initial=0)))
    text = digits(values, width).view(f"S{width}").ravel()
    if widest <= width:
        return text
    whole = digits(values, widest).view(f"S{widest}").ravel()
    return np.where(values < POWERS[width], text, whole)


def parse_zero_padded(text: np.ndarray, width: int) -> np.ndarray:
    """Return the numbers in text of `width` digits, and -1 where it holds anything else."""
    cells = text.astype(f"S{width}").view(np.uint8).reshape(-1, width)
    values, right = parse(cells, 0, ZERO)
    return np.where(right, values, -1)

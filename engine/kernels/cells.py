"""Values as cells of ASCII text, a column at a time: the same as protocol/files spells in numpy.

Cells are (rows, bytes, u1).  What does not fit, and text that must be looked at, ends a column:
each function returns how many rows it has spelled, and protocol/files says what is wrong with the
next one.
"""

import numpy as np

from engine.kernels.kernel import entrance, kernel
from protocol.calendar import DAY, SHANGHAI_OFFSET
from protocol.units import NANOSECONDS

ZERO, POINT, MINUS, HYPHEN, COLON, PLUS, LETTER_T = (np.uint8(byte) for byte in b"0.--:+T")
TEN, NONE_LEFT = np.uint64(10), np.uint64(0)
EPOCH_DAYS = 719_468
"""From 0000-03-01 to 1970-01-01; with years that begin in March a leap day is a year's last."""

ERA_DAYS = 146_097
"""Of 400 years."""


@entrance
def spell_numbers(cells, start, width, decimals, filler, values):
    """Spell i64 numbers of so many `decimals` right in the cells from `start` on."""
    for row in range(len(values)):
        left = np.uint64(abs(values[row]))
        place = start + width - 1
        for _ in range(decimals):
            left = put_last_digit(cells[row], place, left)
            place -= 1
        if decimals > 0:
            cells[row, place] = POINT
            place -= 1
        left = put_last_digit(cells[row], place, left)
        while left != NONE_LEFT and place > start:
            place -= 1
            left = put_last_digit(cells[row], place, left)
        is_negative = values[row] < 0
        if left != NONE_LEFT or (is_negative and place == start):
            return row
        if is_negative:
            place -= 1
            cells[row, place] = MINUS
        for blank in range(start, place):
            cells[row, blank] = filler
    return len(values)


@kernel
def put_last_digit(cells, place, left):
    """Spell the last digit of a u64 number, and return the number without it."""
    rest = left // TEN
    cells[place] = np.uint8(left - rest * TEN) + ZERO
    return rest


@entrance
def spell_texts(cells, start, width, filler, is_doubtful, texts):
    """Spell `texts` (rows, bytes, u1), ended by 0, left in the cells from `start` on; a text with a
    byte that `is_doubtful` (256, b1) is not spelled."""
    most = texts.shape[1]
    for row in range(len(texts)):
        for place in range(most):
            byte = texts[row, place]
            if is_doubtful[byte]:
                return row
            cells[row, start + place] = byte if byte != 0 else filler
        cells[row, start + most : start + width] = filler
    return len(texts)


@entrance
def spell_dates(cells, start, values):
    """Spell dates like 20260302 as 2026-03-02."""
    for row in range(len(values)):
        date = values[row]
        put_date(cells[row], start, date // 10_000, date // 100 % 100, date % 100)
    return len(values)


@entrance
def spell_times(cells, start, values):
    """Spell nanoseconds since 1970 UTC as 2026-03-02T09:30:00.000000000+08:00."""
    for row in range(len(values)):
        local = values[row] + SHANGHAI_OFFSET
        days = local // DAY
        put_day(cells[row], start, days)
        put_clock(cells[row], start + 10, local - days * DAY)
    return len(values)


@kernel
def put_day(cells, start, days):
    """Spell the date so many days after 1970-01-01."""
    since = days + EPOCH_DAYS
    era = since // ERA_DAYS
    of_era = since - era * ERA_DAYS
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    put_date(cells, start, era * 400 + year + (month <= 2), month, day)


@kernel
def put_date(cells, start, year, month, day):
    put_digits(cells, start, 4, year)
    cells[start + 4] = HYPHEN
    put_digits(cells, start + 5, 2, month)
    cells[start + 7] = HYPHEN
    put_digits(cells, start + 8, 2, day)


@kernel
def put_clock(cells, start, nanoseconds):
    """Spell nanoseconds since midnight, behind a T, and the zone."""
    seconds = nanoseconds // NANOSECONDS
    cells[start] = LETTER_T
    put_digits(cells, start + 1, 2, seconds // 3_600)
    cells[start + 3] = COLON
    put_digits(cells, start + 4, 2, seconds // 60 % 60)
    cells[start + 6] = COLON
    put_digits(cells, start + 7, 2, seconds % 60)
    cells[start + 9] = POINT
    put_digits(cells, start + 10, 9, nanoseconds - seconds * NANOSECONDS)
    cells[start + 19] = PLUS
    put_digits(cells, start + 20, 2, SHANGHAI_OFFSET // NANOSECONDS // 3_600)
    cells[start + 22] = COLON
    put_digits(cells, start + 23, 2, 0)


@kernel
def put_digits(cells, start, width, value):
    """Spell the last digits of a number that is not negative."""
    left = np.uint64(value)
    for place in range(start + width - 1, start - 1, -1):
        left = put_last_digit(cells, place, left)


@entrance
def squeeze(cells, lines):
    """Write all cells but those that are 0 one behind another into `lines` (n, u1); return how
    many there are.  There must be room for one more."""
    end = 0
    for row in range(len(cells)):
        for place in range(cells.shape[1]):
            byte = cells[row, place]
            lines[end] = byte
            end += byte != 0
    return end

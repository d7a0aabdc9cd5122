"""Values out of lines of ASCII text, a column at a time: the same as protocol/files reads in numpy.

`text` (n, u1) are whole lines, `marks` (rows, fields, i8) the places behind their fields, `number`
is that of the column.  What is not spelled as it must be ends a column: each function returns how
many rows it has read, and protocol/files says what is wrong with the next one.
"""

import numpy as np

from engine.kernels.kernel import entrance, kernel
from protocol.calendar import DAY, SHANGHAI_OFFSET
from protocol.units import NANOSECONDS

ZERO, POINT, MINUS, HYPHEN, COLON, PLUS, LETTER_T = b"0.--:+T"
DIGITS_MAX = 18
DATE_WIDTH, TIME_WIDTH = 10, 35
FIRST_YEAR, LAST_YEAR = 1970, 2261
SHANGHAI_HOURS = SHANGHAI_OFFSET // NANOSECONDS // 3_600
EPOCH_DAYS = 719_468
"""From 0000-03-01 to 1970-01-01."""

WRONG = -1
"""No place in a line holds a number below 0."""


@entrance
def read_texts(text, marks, number, cells):
    """Read text into cells (rows, width, u1), filled up with 0."""
    for row in range(len(marks)):
        start, end = bounds(marks, row, number)
        if end - start > cells.shape[1]:
            return row
        for place in range(end - start):
            cells[row, place] = text[start + place]
    return len(marks)


@entrance
def read_numbers(text, marks, number, width, decimals, values):
    """Read numbers of so many decimals in at most `width` bytes into `values` (rows, i8)."""
    for row in range(len(marks)):
        start, end = bounds(marks, row, number)
        point = end - decimals - 1 if decimals > 0 else end
        is_negative = end > start and text[start] == MINUS
        first = start + 1 if is_negative else start
        is_padded = point - first > 1 and text[first] == ZERO
        if end - start > width or end - first > DIGITS_MAX or point <= first or is_padded:
            return row
        value = digits(text, first, point)
        if decimals > 0:
            fraction = digits(text, point + 1, end)
            if text[point] != POINT or fraction == WRONG or value == WRONG:
                return row
            for _ in range(decimals):
                value *= 10
            value += fraction
        if value == WRONG or (is_negative and value == 0):
            return row
        values[row] = -value if is_negative else value
    return len(marks)


@entrance
def read_dates(text, marks, number, values):
    """Read days of the calendar like 2026-03-02 into `values` (rows, i8) like 20260302."""
    for row in range(len(marks)):
        start, end = bounds(marks, row, number)
        if end - start != DATE_WIDTH:
            return row
        date = date_at(text, start)
        if date == WRONG:
            return row
        values[row] = date
    return len(marks)


@entrance
def read_times(text, marks, number, values):
    """Read times like 2026-03-02T09:30:00.000000000+08:00 into `values` (rows, i8), in ns since
    1970 UTC."""
    for row in range(len(marks)):
        start, end = bounds(marks, row, number)
        if end - start != TIME_WIDTH:
            return row
        date, clock = date_at(text, start), clock_at(text, start + DATE_WIDTH)
        if date == WRONG or clock == WRONG:
            return row
        year, month, day = date // 10_000, date // 100 % 100, date % 100
        if year < FIRST_YEAR or year > LAST_YEAR:
            return row
        values[row] = days_since_1970(year, month, day) * DAY + clock - SHANGHAI_OFFSET
    return len(marks)


@kernel
def bounds(marks, row, number):
    """Return where a field begins, and the place behind it."""
    if number > 0:
        return marks[row, number - 1] + 1, marks[row, number]
    if row > 0:
        return marks[row - 1, marks.shape[1] - 1] + 1, marks[row, 0]
    return np.int64(0), marks[row, 0]


@kernel
def digits(text, start, end):
    """Return the number that digits spell, WRONG where there is something else."""
    value = np.int64(0)
    for place in range(start, end):
        digit = np.int64(text[place]) - ZERO
        if digit < 0 or digit > 9:
            return np.int64(WRONG)
        value = value * 10 + digit
    return value


@kernel
def date_at(text, start):
    """Return a day of the calendar as a number like 20260302, WRONG where there is none."""
    year = digits(text, start, start + 4)
    month = digits(text, start + 5, start + 7)
    day = digits(text, start + 8, start + 10)
    is_right = text[start + 4] == HYPHEN and text[start + 7] == HYPHEN
    if not is_right or year == WRONG or month < 1 or month > 12:
        return np.int64(WRONG)
    if day < 1 or day > days_in(year, month):
        return np.int64(WRONG)
    return year * 10_000 + month * 100 + day


@kernel
def clock_at(text, start):
    """Return the nanoseconds since midnight that stand behind a T, and before the zone."""
    hour = digits(text, start + 1, start + 3)
    minute = digits(text, start + 4, start + 6)
    second = digits(text, start + 7, start + 9)
    nanosecond = digits(text, start + 10, start + 19)
    marks = text[start] == LETTER_T and text[start + 3] == COLON and text[start + 6] == COLON
    zone = text[start + 19] == PLUS and digits(text, start + 20, start + 22) == SHANGHAI_HOURS
    zone = zone and text[start + 22] == COLON and digits(text, start + 23, start + 25) == 0
    if not (marks and zone) or text[start + 9] != POINT:
        return np.int64(WRONG)
    if hour == WRONG or minute == WRONG or second == WRONG or nanosecond == WRONG:
        return np.int64(WRONG)
    if hour >= 24 or minute >= 60 or second >= 60:
        return np.int64(WRONG)
    return ((hour * 60 + minute) * 60 + second) * NANOSECONDS + nanosecond


@kernel
def days_in(year, month):
    if month == 2:
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if is_leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


@kernel
def days_since_1970(year, month, day):
    """Return the days since 1970-01-01; years begin in March, so that a leap day is their last."""
    years = year - 1 if month < 3 else year
    month_of_year = (month + 9) % 12
    of_year = (153 * month_of_year + 2) // 5 + day - 1
    return years * 365 + years // 4 - years // 100 + years // 400 + of_year - EPOCH_DAYS

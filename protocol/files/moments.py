"""Dates and times as text: ISO 8601 in cells of uint8, and the clock time of the venue.

Dates are integers like 20260302, times nanoseconds since 1970 UTC.  They are told in the time of
Shanghai.
"""

import numpy as np

from protocol.calendar import DAY, SHANGHAI_OFFSET
from protocol.files.numerals import digits, equal, read
from protocol.units import NANOSECONDS

DATE = b"0000-00-00"
DATE_SLOTS = (slice(0, 4), slice(5, 7), slice(8, 10))
TIME = b"0000-00-00T00:00:00.000000000+08:00"
TIME_SLOTS = (*DATE_SLOTS, slice(11, 13), slice(14, 16), slice(17, 19), slice(20, 29))


def fill(template: bytes, slots: tuple[slice, ...], parts: tuple[np.ndarray, ...]) -> np.ndarray:
    cells = np.empty((len(parts[0]), len(template)), np.uint8)
    cells[:] = np.frombuffer(template, np.uint8)
    for slot, part in zip(slots, parts, strict=True):
        cells[:, slot] = digits(part, slot.stop - slot.start)
    return cells


def spell_dates(dates: np.ndarray) -> np.ndarray:
    """Return dates like 2026-03-02 as (n, 10) cells."""
    return fill(DATE, DATE_SLOTS, (dates // 10_000, dates // 100 % 100, dates % 100))


def parse_dates(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the dates in (n, 10) cells, and where they are spelled as `spell_dates` does and are
    days of the calendar."""
    year, month, day = (read(cells[:, slot]) for slot in DATE_SLOTS)
    dates = year * 10_000 + month * 100 + day
    return dates, equal(cells, spell_dates(dates)) & days_of(dates)[1]


def days_of(dates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the days since 1970 of dates like 20260302, and where there is such a date."""
    months = (dates // 10_000 - 1970) * 12 + dates // 100 % 100 - 1
    days = months.view("M8[M]").astype("M8[D]").view(np.int64) + dates % 100 - 1
    return days, dates_of(days) == dates


def dates_of(days: np.ndarray) -> np.ndarray:
    """Return the dates like 20260302 of days since 1970."""
    months = days.view("M8[D]").astype("M8[M]")
    month = months.view(np.int64)
    day = days - months.astype("M8[D]").view(np.int64) + 1
    return (month // 12 + 1970) * 10_000 + (month % 12 + 1) * 100 + day


def spell_times(times: np.ndarray) -> np.ndarray:
    """Return times like 2026-03-02T09:30:00.000000000+08:00 as (n, 35) cells."""
    local = times + SHANGHAI_OFFSET
    days = local // DAY
    dates = dates_of(days)
    seconds, nanoseconds = seconds_of(local - days * DAY)
    clock = (seconds // 3_600, seconds // 60 % 60, seconds % 60, nanoseconds)
    return fill(TIME, TIME_SLOTS, (dates // 10_000, dates // 100 % 100, dates % 100, *clock))


def parse_times(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the times in (n, 35) cells, and where they are spelled as `spell_times` does."""
    parts = [read(cells[:, slot]) for slot in TIME_SLOTS]
    year, month, day, hour, minute, second, nanosecond = parts
    days, _ = days_of(year * 10_000 + month * 100 + day)
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    times = seconds * NANOSECONDS + nanosecond - SHANGHAI_OFFSET
    return times, equal(cells, spell_times(times))


def spell_clock(times: np.ndarray) -> np.ndarray:
    """Return the clock times HHMMSS, dtype S6."""
    seconds, _ = seconds_of((times + SHANGHAI_OFFSET) % DAY)
    clock = seconds // 3_600 * 10_000 + seconds // 60 % 60 * 100 + seconds % 60
    return digits(clock, 6).copy().view("S6").ravel()


def seconds_of(nanoseconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    seconds = nanoseconds // NANOSECONDS
    return seconds, nanoseconds - seconds * NANOSECONDS

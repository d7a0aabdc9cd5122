"""Days and times of the market.  Shanghai has kept UTC+8 without summer time since 1991."""

from collections.abc import Set
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta

from protocol.units import NANOSECONDS

SHANGHAI_OFFSET = 8 * 3600 * NANOSECONDS
DAY = 24 * 3600 * NANOSECONDS
SATURDAY = 5


def to_date(business_date: int) -> date:
    """Return the date of a number like 20261120; raises ValueError where there is none."""
    year, rest = divmod(business_date, 10_000)
    if not MINYEAR <= year <= MAXYEAR:
        raise ValueError(f"year {year} is out of range")
    return date(year, rest // 100, rest % 100)


def to_number(day: date) -> int:
    """Return a date as a number like 20261120."""
    return day.year * 10_000 + day.month * 100 + day.day


def business_day_after(day: date, holidays: Set[date]) -> date:
    """Return the next day that is in no weekend and no holiday."""
    return next_open(day, timedelta(1), holidays)


def business_day_before(day: date, holidays: Set[date]) -> date:
    """Return the last day that was in no weekend and no holiday."""
    return next_open(day, timedelta(-1), holidays)


def next_open(day: date, step: timedelta, holidays: Set[date]) -> date:
    day += step
    while day.weekday() >= SATURDAY or day in holidays:
        day += step
    return day


def midnight(business_date: int) -> int:
    """Return when the day begins in Shanghai, in nanoseconds since 1970 UTC."""
    day = to_date(business_date)
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(begins.timestamp()) * NANOSECONDS - SHANGHAI_OFFSET


def business_date_at(time: int) -> int:
    """Return the date in Shanghai at a time, as a number like 20261120."""
    seconds = (time + SHANGHAI_OFFSET) // NANOSECONDS
    return to_number(datetime.fromtimestamp(seconds, UTC).date())


def seconds_of_day(time: int) -> int:
    """Return the whole seconds since midnight in Shanghai at a time."""
    return (time + SHANGHAI_OFFSET) % DAY // NANOSECONDS


def seconds_in(time_of_day: str) -> int:
    """Return the seconds since midnight of a time like "09:14:50"."""
    hours, minutes, seconds = map(int, time_of_day.split(":"))
    return (hours * 60 + minutes) * 60 + seconds


def time_of_day(time: int) -> str:
    """Return the time in Shanghai, like "09:30:00"."""
    minutes, second = divmod(seconds_of_day(time), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"


def moment_of_day(time: int) -> str:
    """Return the time in Shanghai to the nanosecond, like "09:30:00.000000000"."""
    return f"{time_of_day(time)}.{time % NANOSECONDS:09d}"

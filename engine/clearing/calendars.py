"""When markets and banks are open: a file of exceptions to weeks of five days.

The exchanges, SSE, SZSE and BSE, have calendars of their own, and so have the banks of each
currency, CNY, USD and HKD.
"""

from collections.abc import Mapping, Set
from datetime import date, timedelta
from pathlib import Path

from engine.columns import Column, ColumnError, load_columns
from protocol.calendar import SATURDAY, to_date, to_number
from protocol.vocabulary import Currency, Market

NAMES = (*Market.__members__, *Currency.__members__)
DAYS_MAX = 366
"""In which a market and a bank must be open on the same day."""


def calendar(text: str) -> int:
    """Return the number of a calendar's name; raises ValueError."""
    if text not in NAMES:
        raise ValueError(f"{text!r} is no calendar; known are {' '.join(NAMES)}")
    return NAMES.index(text)


def day(text: str) -> int:
    """Return a date like "2026-10-01" as a number; raises ValueError."""
    return to_number(date.fromisoformat(text))


def openness(text: str) -> int:
    """Return 1 for "open" and 0 for "closed"; raises ValueError."""
    if text not in ("closed", "open"):
        raise ValueError(f"{text!r} is neither open nor closed")
    return ("closed", "open").index(text)


COLUMNS = (Column("calendar", calendar), Column("date", day), Column("is", openness))


class Calendars:
    """Knows on which days each calendar is open."""

    def __init__(
        self,
        closed: Mapping[str, Set[date]] | None = None,
        opened: Mapping[str, Set[date]] | None = None,
    ) -> None:
        """Close these days besides weekends, and open those of weekends."""
        self.closed = closed or {}
        self.opened = opened or {}

    def __repr__(self) -> str:
        """Tell all days that are no usual ones, in order."""
        told = [
            f"{name} {day} {word}"
            for word, kept in (("closed", self.closed), ("open", self.opened))
            for name, days in kept.items()
            for day in days
        ]
        return "\n".join(sorted(told))

    def is_open(self, name: str, day: date) -> bool:
        """Say whether a calendar has a day as an open one."""
        if day in self.opened.get(name, frozenset()):
            return True
        return day.weekday() < SATURDAY and day not in self.closed.get(name, frozenset())

    def open_day_after(self, business_date: int, days: int, *names: str) -> int:
        """Return the date so many days later, of which only those count that are open in all of
        the calendars; raises ColumnError where there is none within a year."""
        day = to_date(business_date)
        left = days
        for _ in range(DAYS_MAX):
            if left == 0:
                return to_number(day)
            day += timedelta(1)
            left -= all(self.is_open(name, day) for name in names)
        raise ColumnError(
            f"calendars {', '.join(names)}: no {days} days after {business_date} are open in all"
            " of them within a year; correct calendars.csv"
        )


def load_calendars(path: Path) -> Calendars:
    """Return the calendars of a file; raises ColumnError, naming the line, where it is wrong."""
    table = load_columns(path, COLUMNS)
    kept: tuple[dict[str, set[date]], ...] = ({}, {})
    for number, day, is_open in zip(*(table[column.name] for column in COLUMNS), strict=True):
        kept[is_open].setdefault(NAMES[number], set()).add(to_date(int(day)))
    return Calendars(*kept)

"""The dated interest on customers' money, as interest.csv beside this module has it.

Of a currency's lines the newest that is in force on a day holds; a currency without one bears no
interest.  At the close of a day the balance bears it for every day up to the next business day, and
on the first business day from the 21st of each quarter's last month on all of it is paid.  This is
made into commands here; engine/kernels/interest.py carries them out.
"""

import csv
from collections.abc import Iterable, Sequence, Set
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.fees import parse_rate
from protocol.bounds import INTEREST_RATE_MAX
from protocol.calendar import business_day_after, business_day_before
from protocol.records import COMMAND
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import EVERY_ACCOUNT, CommandKind, Currency

INTEREST = Path(__file__).with_name("interest.csv")

VALUE_DAY = 21
VALUE_MONTHS = (3, 6, 9, 12)

PAID_FROM = UNITS_PER_CENT // 2
"""The least that is rounded up to a cent."""


class InterestRule(NamedTuple):
    """The rate of a currency from a day on, in 1e-8 of the balance for a year of 360 days."""

    currency: Currency
    effective_from: date
    rate: int
    source: str
    confidence: str


class DayInterest(NamedTuple):
    """The COMMAND rows that say what money bears on a day, and those that pay what it has borne.

    `movements` is how many accounts are paid, once for each currency.
    """

    definitions: np.ndarray
    payments: np.ndarray
    movements: int


def load_interest_rules(path: Path = INTEREST) -> list[InterestRule]:
    """Return the dated rates of all currencies; raises ValueError where one is none."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            InterestRule(
                Currency[row["currency"]],
                date.fromisoformat(row["effective_from"]),
                parse_rate(row["rate"], INTEREST_RATE_MAX),
                row["source"],
                row["confidence"],
            )
            for row in csv.DictReader(file)
        ]


def interest_in_force(rules: Iterable[InterestRule], day: date) -> list[InterestRule]:
    """Return the newest rule of each currency that is in force on a day, by currency."""
    in_force: dict[Currency, InterestRule] = {}
    for rule in sorted(rules, key=lambda rule: rule.effective_from):
        if rule.effective_from <= day:
            in_force[rule.currency] = rule
    return sorted(in_force.values())


def interest_of(day: date, holidays: Set[date], accounts: np.ndarray) -> DayInterest:
    """Return the interest of a business day that begins with these COMMAND rows of accounts."""
    rules = interest_in_force(load_interest_rules(), day)
    days = (business_day_after(day, holidays) - day).days
    pays = is_paid(business_day_before(day, holidays), day)
    owed = owing(accounts, [rule.currency for rule in rules if pays])
    return DayInterest(definitions(rules, days), payments(owed), len(owed))


def is_paid(before: date, day: date) -> bool:
    """Say whether interest is paid on a business day, `before` being the one before it."""
    since = (day - timedelta(days) for days in range((day - before).days))
    return any(day.day == VALUE_DAY and day.month in VALUE_MONTHS for day in since)


def owing(accounts: np.ndarray, currencies: Sequence[Currency]) -> np.ndarray:
    """Return the currency of each accrual, of some currencies, that COMMAND rows bring and pay."""
    brought = accounts[accounts["kind"] == CommandKind.BRING_INTEREST]
    is_owed = (brought["accrued"] >= PAID_FROM) & np.isin(brought["currency"], currencies)
    return brought["currency"][is_owed]


def definitions(rules: Sequence[InterestRule], days: int) -> np.ndarray:
    rows = np.zeros(len(rules), COMMAND)
    rows["kind"] = CommandKind.DEFINE_INTEREST
    rows["currency"] = [rule.currency for rule in rules]
    rows["interest_rate"] = [rule.rate for rule in rules]
    rows["days"] = days
    return rows


def payments(currencies: np.ndarray) -> np.ndarray:
    """Return a row for each of the currencies that pays it to all accounts."""
    distinct = np.unique(currencies)
    rows = np.zeros(len(distinct), COMMAND)
    rows["kind"] = CommandKind.CAPITALISE
    rows["account"] = EVERY_ACCOUNT
    rows["currency"] = distinct
    return rows

"""The tax on dividends by how long the shares were held, when they are sold.

The dated lines stand in dividend_tax.csv beside this module.  A line holds for shares that were
held for so many months at most, one without a number for all others; the newest date in force
holds.
"""

import csv
from calendar import monthrange
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from engine.fees import parse_rate

DIVIDEND_TAX = Path(__file__).with_name("dividend_tax.csv")
WHOLE = 10**8
"""A rate of all of the dividend, in 1e-8."""


class TaxRule(NamedTuple):
    """The rate, in 1e-8 of the dividend, for shares held for at most so many months."""

    months: int | None
    rate: int
    effective_from: date
    source: str
    confidence: str


@cache
def load_tax_rules(path: Path = DIVIDEND_TAX) -> tuple[TaxRule, ...]:
    """Return the dated lines; raises ValueError where a rate is none."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            TaxRule(
                int(row["months"]) if row["months"] else None,
                parse_rate(row["rate"], WHOLE),
                date.fromisoformat(row["effective_from"]),
                row["source"],
                row["confidence"],
            )
            for row in csv.DictReader(file)
        )


def tax_rate(acquired: date, sold: date) -> int:
    """Return the rate, in 1e-8, for shares acquired on one day and sold on another.

    Held from the eighth of a month to the eighth of the next is a month.
    """
    rules = [rule for rule in load_tax_rules() if rule.effective_from <= sold]
    newest = max((rule.effective_from for rule in rules), default=None)
    in_force = [rule for rule in rules if rule.effective_from == newest]
    for rule in sorted(in_force, key=lambda rule: (rule.months is None, rule.months)):
        if rule.months is None or sold <= later(acquired, rule.months):
            return rule.rate
    return 0


def later(day: date, months: int) -> date:
    """Return the same day so many months later, the last of the month where there is none."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))

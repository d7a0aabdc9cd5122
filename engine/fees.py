"""The dated fees of trading, as fees.csv beside this module has them, and whose they are.

A board names the schedule of its instruments; of a schedule's lines the newest that is in force on
a day holds.  What a broker charges, the commission, is of each account and not here.
"""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from protocol.bounds import FEE_RATE_MAX
from protocol.units import PLAIN_DECIMAL, parse_units
from protocol.vocabulary import CommandKind

FEES = Path(__file__).with_name("fees.csv")
SUBJECTS = ("stamp duty", "transfer fee", "handling fee", "regulatory fee", "settlement fee")
"""What a rule's source and confidence may speak of by itself."""

RATE_DECIMALS = 8


class FeeRule(NamedTuple):
    """The fees of a schedule from a day on; rates in 1e-8 of the turnover.

    The settlement fee of an order is at most `settlement_cap`, in 1/10000 of its currency; 0 is no
    cap.  `source` and `confidence` are spelled like those of boards.csv.
    """

    fees: str
    effective_from: date
    stamp_buy_rate: int
    stamp_sell_rate: int
    transfer_rate: int
    handling_rate: int
    regulatory_rate: int
    settlement_rate: int
    settlement_cap: int
    source: str
    confidence: str


RATES = tuple(name for name in FeeRule._fields if name.endswith("_rate"))


def load_fee_rules(path: Path = FEES) -> list[FeeRule]:
    """Return the dated fees of all schedules; raises ValueError where a rate is none."""
    with path.open(encoding="utf-8", newline="") as file:
        return [make_fee_rule(row) for row in csv.DictReader(file)]


def make_fee_rule(row: dict[str, str]) -> FeeRule:
    made = {
        "effective_from": date.fromisoformat(row["effective_from"]),
        "settlement_cap": parse_units(row["settlement_cap"]),
        **{name: parse_rate(row[name], FEE_RATE_MAX) for name in RATES},
    }
    return FeeRule(**{name: made.get(name, text) for name, text in row.items()})


def parse_rate(text: str, most: int) -> int:
    """Return a rate like "0.0000341" in 1e-8, exactly.

    Raises ValueError where it is no plain decimal number, has more than eight decimals, is below 0
    or above `most`.
    """
    parts = PLAIN_DECIMAL.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a decimal number, like 0.00025")
    fraction = (parts[2] or "").rstrip("0")
    if len(fraction) > RATE_DECIMALS:
        raise ValueError(f"{text!r} is not a number of at most {RATE_DECIMALS} decimals")
    rate = int(parts[1] + fraction.ljust(RATE_DECIMALS, "0"))
    if not 0 <= rate <= most:
        raise ValueError(f"{text} is not a rate from 0 to {spelled(most)}")
    return rate


def spelled(rate: int) -> str:
    """Return a rate in 1e-8 as a decimal number, like 0.003."""
    whole, fraction = divmod(rate, 10**RATE_DECIMALS)
    return f"{whole}.{fraction:08}".rstrip("0").rstrip(".")


def fees_in_force(rules: Iterable[FeeRule], fees: str, day: date) -> FeeRule | None:
    """Return the newest rule of a schedule that is in force on a day, None where there is none."""
    of_schedule = (rule for rule in rules if rule.fees == fees and rule.effective_from <= day)
    return max(of_schedule, key=lambda rule: rule.effective_from, default=None)


def define_fees(row: np.void, rule: FeeRule, number: int) -> None:
    """Make a COMMAND row define the fees of a schedule under a number."""
    row["kind"] = CommandKind.DEFINE_FEES
    row["defined"] = number
    row["settlement_cap"] = rule.settlement_cap
    for name in RATES:
        row[name] = getattr(rule, name)

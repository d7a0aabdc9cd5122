"""How many days after a trade its shares and its money are settled, by product.

A product is what an account must be permitted to trade.  The dated lines stand in settlement.csv
beside this module; the newest in force on a day holds.
"""

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from protocol.vocabulary import Permission

SETTLEMENT = Path(__file__).with_name("settlement.csv")


class SettlementRule(NamedTuple):
    """How many days after a trade shares and money of a product are settled, from a day on."""

    product: Permission
    shares_days: int
    money_days: int
    effective_from: date
    source: str
    confidence: str


@cache
def load_settlement_rules(path: Path = SETTLEMENT) -> tuple[SettlementRule, ...]:
    """Return the dated lines of all products."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            SettlementRule(
                Permission[row["product"]],
                int(row["shares_days"]),
                int(row["money_days"]),
                date.fromisoformat(row["effective_from"]),
                row["source"],
                row["confidence"],
            )
            for row in csv.DictReader(file)
        )


def settlement_rule(product: Permission, day: date) -> SettlementRule:
    """Return what holds for the trades of a day in a product.

    A day before the first line of a product is taken for the first.
    """
    rules = [rule for rule in load_settlement_rules() if rule.product is product]
    in_force = [rule for rule in rules if rule.effective_from <= day] or rules[:1]
    return max(in_force, key=lambda rule: rule.effective_from)

"""How many days after a trade its money is settled, by what an account must be permitted to trade.

The dated lines stand in settlement.csv beside this module; the newest in force on a day holds.
"""

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from protocol.vocabulary import Permission

SETTLEMENT = Path(__file__).with_name("settlement.csv")


class SettlementRule(NamedTuple):
    """When the money of a product is settled, from a day on."""

    product: Permission
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
                int(row["money_days"]),
                date.fromisoformat(row["effective_from"]),
                row["source"],
                row["confidence"],
            )
            for row in csv.DictReader(file)
        )


def settlement_days(product: Permission, day: date) -> int:
    """Return how many days after a trade of a day the money of a product is settled.

    A day before the first line of a product is taken for the first.
    """
    rules = [rule for rule in load_settlement_rules() if rule.product is product]
    in_force = [rule for rule in rules if rule.effective_from <= day] or rules[:1]
    return max(in_force, key=lambda rule: rule.effective_from).money_days

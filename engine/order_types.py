"""What each order type does, as data: where its price comes from, how far it trades, what rests.

SSE 2026 rules 3.3.4 and SZSE 2026 rules 3.3.4; which types an instrument takes is in its rules.
"""

from typing import NamedTuple

import numpy as np

from protocol.vocabulary import OrderType, Pricing, Rest

ORDER_TYPE = np.dtype([("pricing", "i1"), ("levels", "i1"), ("rest", "i1"), ("fills_all", "i1")])

EVERY_LEVEL = 0


class OrderTypeRule(NamedTuple):
    """One row of the table; `levels` is how many opposite prices it may trade at."""

    order_type: OrderType
    pricing: Pricing
    levels: int
    rest: Rest
    fills_all: bool = False


RULES = (
    OrderTypeRule(OrderType.LIMIT, Pricing.GIVEN, EVERY_LEVEL, Rest.RESTS),
    OrderTypeRule(OrderType.COUNTERPARTY_BEST, Pricing.BEST_OPPOSITE, EVERY_LEVEL, Rest.RESTS),
    OrderTypeRule(OrderType.OWN_SIDE_BEST, Pricing.BEST_OWN, EVERY_LEVEL, Rest.RESTS),
    OrderTypeRule(OrderType.BEST_FIVE_THEN_CANCEL, Pricing.WORST_ALLOWED, 5, Rest.IS_CANCELED),
    OrderTypeRule(
        OrderType.BEST_FIVE_THEN_LIMIT, Pricing.WORST_ALLOWED, 5, Rest.RESTS_AT_LAST_PRICE
    ),
    OrderTypeRule(
        OrderType.IMMEDIATE_THEN_CANCEL, Pricing.WORST_ALLOWED, EVERY_LEVEL, Rest.IS_CANCELED
    ),
    OrderTypeRule(
        OrderType.ALL_OR_CANCEL, Pricing.WORST_ALLOWED, EVERY_LEVEL, Rest.IS_CANCELED, True
    ),
    OrderTypeRule(OrderType.FIXED_PRICE, Pricing.GIVEN, EVERY_LEVEL, Rest.RESTS),
)


def order_type_table() -> np.ndarray:
    """Return ORDER_TYPE rows indexed by OrderType, for the kernels."""
    table = np.zeros(len(OrderType), ORDER_TYPE)
    for rule in RULES:
        table[rule.order_type] = rule[1:]
    return table

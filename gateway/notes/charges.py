"""What an account was charged for an order, item by item, as far as the tables tell it.

They tell the sum, and what the firm passes on.  Stamp duty, transfer fee and settlement fee are the
customer's as they are the firm's; the rest is commission.  It holds handling and regulatory fee,
whether the account pays them inside its commission or beside it.  A sale that brought less than it
owed was let off the commission first, then the settlement fee, the transfer fee, the stamp duty.
"""

from collections.abc import Iterable
from typing import NamedTuple

from gateway.notes.account import Row


class Charged(NamedTuple):
    """Items in 1/10000 of the currency."""

    commission: int
    settlement: int
    transfer: int
    stamp: int


def charged(fills: Iterable[Row]) -> Charged:
    """Return what all fills of an order cost its account."""
    fills = list(fills)
    left = sum(fill["fees"] for fill in fills)
    paid = {}
    for item in ("stamp", "transfer", "settlement"):
        paid[item] = min(left, sum(fill[item] for fill in fills))
        left -= paid[item]
    return Charged(left, **paid)

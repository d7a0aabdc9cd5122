"""The price of a call auction, found by trying every price.

Prices are in 1/10000 yuan, quantities in shares.
"""

from typing import NamedTuple

from protocol.vocabulary import Candidates, TieBreak
from tests.naive.book import Order


class Rules(NamedTuple):
    """How an instrument's call auction finds its price."""

    tick: int
    lower_limit: int
    upper_limit: int
    tie_break: int
    candidates: int


def auction_rules(listing: dict, rules: dict) -> Rules:
    """Return how the auction of an instrument goes that is listed by these rules."""
    return Rules(
        rules["tick"],
        listing["lower_limit"],
        listing["upper_limit"],
        rules["tie_break"],
        rules["candidates"],
    )


class Balance(NamedTuple):
    """How buys and sells stand against each other at one price.

    `bids` would buy at this price, `better_bids` also above it; `asks` would sell at this price,
    `better_asks` also below it.
    """

    price: int
    bids: int
    asks: int
    better_bids: int
    better_asks: int

    @property
    def matched(self) -> int:
        """What could trade at this price."""
        return min(self.bids, self.asks)

    @property
    def unmatched(self) -> int:
        """What would be left of the larger side."""
        return abs(self.bids - self.asks)


def find_auction(
    bids: list[Order], asks: list[Order], rules: Rules, reference: int
) -> tuple[int, int] | None:
    """Return price and volume of the call auction, or None where nothing can trade.

    `reference` is the last trade price of the day, or the previous close before the first trade.
    """
    balances = [balance_at(price, bids, asks) for price in prices_considered(bids, asks, rules)]
    volume = max((balance.matched for balance in balances), default=0)
    if volume == 0:
        return None

    # Condition 1: the most shares trade.
    balances = [at for at in balances if at.matched == volume]
    # Condition 2: who bids more, or asks less, than the price is filled completely.
    balances = [at for at in balances if at.better_bids <= volume and at.better_asks <= volume]
    # Condition 3: at the price itself, at least one side is filled completely.
    balances = [at for at in balances if at.bids == volume or at.asks == volume]

    least = min(at.unmatched for at in balances)
    prices = [at.price for at in balances if at.unmatched == least]
    return break_tie(prices, rules, reference), volume


def prices_considered(bids: list[Order], asks: list[Order], rules: Rules) -> list[int]:
    """Return the prices that may become the auction's price, ascending."""
    if rules.candidates == Candidates.ORDER_PRICES:
        return sorted({order.price for order in bids + asks})
    return list(range(rules.lower_limit, rules.upper_limit + 1, rules.tick))


def balance_at(price: int, bids: list[Order], asks: list[Order]) -> Balance:
    """Add up who would buy and who would sell at `price`."""
    return Balance(
        price,
        bids=sum(order.leaves for order in bids if order.price >= price),
        asks=sum(order.leaves for order in asks if order.price <= price),
        better_bids=sum(order.leaves for order in bids if order.price > price),
        better_asks=sum(order.leaves for order in asks if order.price < price),
    )


def break_tie(prices: list[int], rules: Rules, reference: int) -> int:
    """Choose one of several prices that are equally good.

    MIDDLE is the mean of the lowest and the highest, rounded half up to the tick;
    NEAREST_REFERENCE the one nearest to `reference`, the higher one if two are equally near.
    """
    if rules.tie_break == TieBreak.MIDDLE:
        return (min(prices) + max(prices) + rules.tick) // (2 * rules.tick) * rules.tick
    return min(prices, key=lambda price: (abs(price - reference), -price))

"""What each order type does: where its price comes from, how far it trades, what rests."""

from typing import NamedTuple

from protocol.vocabulary import OrderType, Pricing, Rest, Side
from tests.naive.book import Book, may_trade


class Behavior(NamedTuple):
    """What an order type does; `levels` is how many opposite prices it trades at, None for all."""

    pricing: Pricing
    levels: int | None
    rest: Rest
    is_all_or_nothing: bool = False


ORDER_TYPES = {
    OrderType.LIMIT: Behavior(Pricing.GIVEN, None, Rest.RESTS),
    OrderType.COUNTERPARTY_BEST: Behavior(Pricing.BEST_OPPOSITE, None, Rest.RESTS),
    OrderType.OWN_SIDE_BEST: Behavior(Pricing.BEST_OWN, None, Rest.RESTS),
    OrderType.BEST_FIVE_THEN_CANCEL: Behavior(Pricing.WORST_ALLOWED, 5, Rest.IS_CANCELED),
    OrderType.BEST_FIVE_THEN_LIMIT: Behavior(Pricing.WORST_ALLOWED, 5, Rest.RESTS_AT_LAST_PRICE),
    OrderType.IMMEDIATE_THEN_CANCEL: Behavior(Pricing.WORST_ALLOWED, None, Rest.IS_CANCELED),
    OrderType.ALL_OR_CANCEL: Behavior(Pricing.WORST_ALLOWED, None, Rest.IS_CANCELED, True),
    OrderType.FIXED_PRICE: Behavior(Pricing.GIVEN, None, Rest.RESTS),
}


def worst_allowed(command: dict, listing: dict) -> int:
    """Return the protection price of an order, or the limit of the day where it has none."""
    if command["price"] > 0:
        return command["price"]
    return listing["upper_limit"] if command["side"] == Side.BUY else listing["lower_limit"]


def price_found(command: dict, book: Book) -> int | None:
    """Return the price of an order whose type looks for one in the book.

    None where there is none, or it is worse than the protection price.
    """
    side = command["side"]
    if ORDER_TYPES[command["order_type"]].pricing == Pricing.BEST_OPPOSITE:
        price = book.best_opposite(side)
    else:
        price = book.best(side)
    return price_within(price, command)


def price_within(price: int | None, command: dict) -> int | None:
    """Return `price`, or None where the order's protection price does not let it be that."""
    is_protected = command["price"] > 0
    if price is None or (is_protected and not may_trade(command["side"], command["price"], price)):
        return None
    return price

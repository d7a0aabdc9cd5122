"""Post-close trading at one price, the closing price, for orders that wait for it.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import CancelReason, Handling, Liquidity, Place, Side
from tests.naive.arrival import cancel_rest
from tests.naive.book import Order, Trade, may_trade
from tests.naive.phases import handling_of

FIXED = (Liquidity.FIXED_PRICE, Liquidity.FIXED_PRICE)


def waiting(instrument, side: int) -> list[Order]:
    """Return the fixed-price orders of a side, oldest first."""
    return [order for order in instrument.waiting[Place.FIXED] if order.side == side]


def begin(venue, instrument) -> None:
    """Cancel the orders that do not allow the closing price, and trade the others."""
    close = instrument.close
    if close == 0:
        return
    for order in [*waiting(instrument, Side.BUY), *waiting(instrument, Side.SELL)]:
        if not may_trade(order.side, order.price, close):
            venue.take_off(order)
            cancel_rest(venue, order, CancelReason.WORSE_THAN_CLOSE, 0)
    while waiting(instrument, Side.BUY) and waiting(instrument, Side.SELL):
        buy, sell = waiting(instrument, Side.BUY)[0], waiting(instrument, Side.SELL)[0]
        trade(venue, close, buy, sell, 0)


def meet(venue, instrument, order: Order) -> None:
    """Trade an order that has just come with those of the other side, where it is time for it."""
    if handling_of(instrument.phase) != Handling.FIXED or instrument.close == 0:
        return
    opposite = Side.SELL if order.side == Side.BUY else Side.BUY
    while order.leaves > 0 and waiting(instrument, opposite):
        trade(venue, instrument.close, order, waiting(instrument, opposite)[0], order.client_seq)


def trade(venue, price: int, first: Order, second: Order, request_seq: int) -> None:
    """Trade as much as both orders have; what is done with leaves its place."""
    quantity = min(first.leaves, second.leaves)
    for order in (first, second):
        venue.reduce(order, quantity)
    leaves = (first.leaves, second.leaves)
    venue.report_trade(Trade(price, quantity, (first, second), leaves), FIXED, request_seq)

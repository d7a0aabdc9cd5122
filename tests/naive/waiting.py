"""Orders that wait outside the book: for a price that triggers them, or for trading to go on.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import CancelReason, Handling, OrderType, Place, ReportKind, Side
from tests.naive.arrival import arrive, cancel_rest, find_price
from tests.naive.book import Order
from tests.naive.cage import is_outside_cage
from tests.naive.phases import handling_of


def place_of(instrument, command: dict) -> Place:
    """Return where an order goes that is entered now."""
    if command["order_type"] == OrderType.FIXED_PRICE:
        return Place.FIXED
    if command["trigger_price"] != 0:
        return Place.STOPS
    if handling_of(instrument.phase) == Handling.QUEUES:
        return Place.GAP
    return Place.BOOK


def release_gap(venue, instrument) -> None:
    """Release the orders that wait for trading to go on, one after the other, while it does."""
    gap = instrument.waiting[Place.GAP]
    while gap and handling_of(instrument.phase) == Handling.MATCHES:
        release(venue, instrument, next_in_gap(gap))


def next_in_gap(gap: list[Order]) -> Order:
    """Return the older one of the two that have waited longest, on either side."""
    longest = {order.side: order for order in reversed(gap)}
    return min(longest.values(), key=lambda order: order.number)


def release_stops(venue, instrument) -> None:
    """Release stops, one after the other, while there are triggered ones and the phase matches."""
    while handling_of(instrument.phase) == Handling.MATCHES:
        stop = next_triggered(instrument)
        if stop is None:
            return
        release(venue, instrument, stop)


def next_triggered(instrument) -> Order | None:
    """Return the buy whose trigger was reached first, or else the sell, or None."""
    triggered = [stop for stop in instrument.waiting[Place.STOPS] if is_triggered(stop, instrument)]
    buys = [stop for stop in triggered if stop.side == Side.BUY]
    sells = [stop for stop in triggered if stop.side == Side.SELL]
    if buys:
        return min(buys, key=lambda stop: (stop.terms["trigger_price"], stop.number))
    return min(sells, key=lambda stop: (-stop.terms["trigger_price"], stop.number), default=None)


def is_triggered(stop: Order, instrument) -> bool:
    """Whether the last price of the day has reached the trigger of a stop."""
    last, trigger = instrument.last, stop.terms["trigger_price"]
    return last > 0 and (last >= trigger if stop.side == Side.BUY else last <= trigger)


def release(venue, instrument, order: Order) -> None:
    """Let a waiting order arrive as if it were entered now; there is no cage for stops."""
    is_limit = order.place != Place.STOPS and order.terms["order_type"] == OrderType.LIMIT
    is_caged = is_limit and handling_of(instrument.phase) == Handling.MATCHES
    venue.take_off(order)
    order.placed = venue.command["sequence"]
    has_price = find_price(venue, order)
    venue.report(
        ReportKind.RELEASED, order, price=order.price, quantity=order.leaves, leaves=order.leaves
    )
    if is_caged and is_outside_cage(order.side, order.price, instrument):
        cancel_rest(venue, order, CancelReason.OUTSIDE_CAGE, 0)
        return
    arrive(venue, order, has_price, 0)

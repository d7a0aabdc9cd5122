"""What happens to an order that arrives: it gets its price, trades what it can, and rests or dies.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import (
    CancelReason,
    Handling,
    Liquidity,
    Pricing,
    ReportKind,
    Rest,
    SelfTrade,
    TimeInForce,
)
from tests.naive.book import Book, Order, may_trade, stricter
from tests.naive.order_types import ORDER_TYPES, price_found, price_within, worst_allowed
from tests.naive.phases import PHASES


def enter(venue, command: dict) -> None:
    """Accept an order and let it arrive, or cancel it at once."""
    instrument = venue.instruments[command["instrument"]]
    behavior = ORDER_TYPES[command["order_type"]]
    price = worst_allowed(command, instrument.listing)
    has_price = True
    if behavior.pricing in (Pricing.BEST_OPPOSITE, Pricing.BEST_OWN):
        found = price_found(command, instrument.book)
        has_price = found is not None
        price = found if has_price else price
    order = accept(venue, command, price)
    if not has_price:
        cancel_rest(venue, order, CancelReason.NO_PRICE, order.client_seq)
        return

    minimum = order.leaves if behavior.is_all_or_nothing else command["minimum_quantity"]
    if minimum > 0 and tradable(venue, order) < minimum:
        cancel_rest(venue, order, CancelReason.MINIMUM_NOT_MET, order.client_seq)
        return

    farthest = farthest_price(instrument.book, order, behavior.levels)
    last_price = match(venue, order, farthest, order.client_seq)
    if order.leaves > 0:
        leave(venue, order, command, last_price)


def accept(venue, command: dict, price: int) -> Order:
    """Number an order and report that it was accepted at `price`."""
    venue.orders_count += 1
    order = Order(
        number=venue.orders_count,
        session=command["session"],
        client_seq=command["client_seq"],
        account=command["account"],
        instrument=command["instrument"],
        side=command["side"],
        price=price,
        leaves=command["quantity"],
        placed=command["sequence"],
    )
    venue.report(
        ReportKind.ACCEPTED,
        order,
        price=order.price,
        quantity=order.leaves,
        leaves=order.leaves,
        request_seq=order.client_seq,
    )
    return order


def farthest_price(book: Book, order: Order, levels: int | None) -> int:
    """Return the last price at which an order may trade, as the book stands when it arrives."""
    if levels is None:
        return order.price
    prices = list(dict.fromkeys(resting.price for resting in book.opposite(order.side)))
    return stricter(order.side, order.price, prices[:levels][-1]) if prices else order.price


def tradable(venue, order: Order) -> int:
    """Return how many shares an order could trade now, but not with itself where that is barred."""
    is_free = venue.sessions[order.session].self_trade == SelfTrade.ALLOWED
    return sum(
        resting.leaves
        for resting in venue.instruments[order.instrument].book.opposite(order.side)
        if may_trade(order.side, order.price, resting.price)
        and (is_free or resting.account != order.account)
    )


def match(venue, order: Order, farthest: int, request_seq: int) -> int | None:
    """Trade an order while there are prices up to `farthest`, where its phase matches.

    Return the price of its last trade, None where there was none.
    """
    instrument = venue.instruments[order.instrument]
    book, mode = instrument.book, venue.sessions[order.session].self_trade
    opposite = book.opposite(order.side)
    last_price = None
    if PHASES[instrument.phase].handling != Handling.MATCHES:
        return None
    while order.leaves > 0 and opposite and may_trade(order.side, farthest, opposite[0].price):
        resting = opposite[0]
        if mode == SelfTrade.ALLOWED or resting.account != order.account:
            liquidities = (Liquidity.INCOMING, Liquidity.RESTING)
            venue.trade(book.trade(order, resting), liquidities, request_seq)
            last_price = resting.price
            continue
        if mode in (SelfTrade.CANCELS_RESTING, SelfTrade.CANCELS_BOTH):
            venue.take_off(resting)
            cancel_rest(venue, resting, CancelReason.SELF_TRADE, 0)
        if mode in (SelfTrade.CANCELS_INCOMING, SelfTrade.CANCELS_BOTH):
            cancel_rest(venue, order, CancelReason.SELF_TRADE, order.client_seq)
    return last_price


def leave(venue, order: Order, command: dict, last_price: int | None) -> None:
    """Rest what is left of an order that was entered, or cancel it."""
    rest = ORDER_TYPES[command["order_type"]].rest
    if command["time_in_force"] == TimeInForce.IMMEDIATE_OR_CANCEL or rest == Rest.IS_CANCELED:
        cancel_rest(venue, order, CancelReason.IMMEDIATE_REST, order.client_seq)
        return
    if rest == Rest.RESTS_AT_LAST_PRICE:
        best = venue.instruments[order.instrument].book.best(order.side)
        price = last_price or price_within(best, command)
        if price is None:
            cancel_rest(venue, order, CancelReason.NO_PRICE, order.client_seq)
            return
        order.price = price
        venue.report_replaced(order, order.client_seq)
    venue.rest(order)


def cancel_rest(venue, order: Order, reason: CancelReason, request_seq: int) -> None:
    """Cancel all that is open of an order that is not in the book."""
    quantity, order.leaves = order.leaves, 0
    venue.report(
        ReportKind.CANCELED,
        order,
        price=order.price,
        quantity=quantity,
        reason=reason,
        request_seq=request_seq,
    )

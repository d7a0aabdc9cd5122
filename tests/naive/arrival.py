"""What happens to an order that arrives: it trades what it can, and rests or dies.

The functions take the venue, and report through it what happens.  `request_seq` is what reports
about the arriving order say: its client_seq where its own session made it arrive, else 0.
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
from tests.naive.order_types import ORDER_TYPES, price_found, price_within
from tests.naive.phases import handling_of
from tests.naive.volatility import halt_if_volatile


def find_price(venue, order: Order) -> bool:
    """Give an order the price that its type finds in the book; return whether there is one."""
    pricing = ORDER_TYPES[order.terms["order_type"]].pricing
    if pricing not in (Pricing.BEST_OPPOSITE, Pricing.BEST_OWN):
        return True
    found = price_found(order.terms, venue.instruments[order.instrument].book)
    if found is None:
        return False
    order.price = found
    return True


def arrive(venue, order: Order, has_price: bool, request_seq: int) -> None:
    """Let an accepted order trade, and rest or be canceled."""
    if not has_price:
        cancel_rest(venue, order, CancelReason.NO_PRICE, request_seq)
        return

    behavior = ORDER_TYPES[order.terms["order_type"]]
    minimum = order.leaves if behavior.is_all_or_nothing else order.terms["minimum_quantity"]
    if minimum > 0 and tradable(venue, order) < minimum:
        cancel_rest(venue, order, CancelReason.MINIMUM_NOT_MET, request_seq)
        return

    farthest = farthest_price(venue.instruments[order.instrument].book, order, behavior.levels)
    last_price = match(venue, order, farthest, request_seq)
    if order.leaves > 0:
        leave(venue, order, last_price, request_seq)


def farthest_price(book: Book, order: Order, levels: int | None) -> int:
    """Return the last price at which an order may trade, as the book stands when it arrives."""
    if levels is None:
        return order.price
    prices = list(dict.fromkeys(resting.price for resting in book.opposite(order.side)))
    return stricter(order.side, order.price, prices[:levels][-1]) if prices else order.price


def tradable(venue, order: Order) -> int:
    """Return how many shares an order could trade now, but not with itself where that is barred.

    Where matching would end at the first order of its own, nothing behind that one counts, nor
    what those before it at the same price hide: that comes behind it.
    """
    mode = venue.sessions[order.session].self_trade
    within = [
        resting
        for resting in venue.instruments[order.instrument].book.opposite(order.side)
        if may_trade(order.side, order.price, resting.price)
    ]
    own = [resting for resting in within if resting.account == order.account]
    if mode == SelfTrade.ALLOWED or not own:
        return sum(resting.leaves for resting in within)
    if mode == SelfTrade.CANCELS_RESTING:
        return sum(resting.leaves for resting in within if resting not in own)
    return sum(
        resting.shown if resting.price == own[0].price else resting.leaves
        for resting in within[: within.index(own[0])]
    )


def match(venue, order: Order, farthest: int, request_seq: int) -> int | None:
    """Trade an order while there are prices up to `farthest`, and while its phase matches.

    Return the price of its last trade, None where there was none.
    """
    instrument = venue.instruments[order.instrument]
    book, mode = instrument.book, venue.sessions[order.session].self_trade
    opposite = book.opposite(order.side)
    last_price = None
    while order.leaves > 0 and handling_of(instrument.phase) == Handling.MATCHES:
        if not opposite or not may_trade(order.side, farthest, opposite[0].price):
            break
        resting = opposite[0]
        if mode == SelfTrade.ALLOWED or resting.account != order.account:
            last_price = resting.price
            liquidities = (Liquidity.INCOMING, Liquidity.RESTING)
            venue.trade(book.trade(order, resting), liquidities, request_seq)
            halt_if_volatile(venue, instrument)
            continue
        if mode in (SelfTrade.CANCELS_RESTING, SelfTrade.CANCELS_BOTH):
            venue.take_off(resting)
            cancel_rest(venue, resting, CancelReason.SELF_TRADE, 0)
        if mode in (SelfTrade.CANCELS_INCOMING, SelfTrade.CANCELS_BOTH):
            cancel_rest(venue, order, CancelReason.SELF_TRADE, request_seq)
    return last_price


def leave(venue, order: Order, last_price: int | None, request_seq: int) -> None:
    """Rest what is left of an order that has arrived, or cancel it."""
    terms = order.terms
    rest = ORDER_TYPES[terms["order_type"]].rest
    if terms["time_in_force"] == TimeInForce.IMMEDIATE_OR_CANCEL or rest == Rest.IS_CANCELED:
        cancel_rest(venue, order, CancelReason.IMMEDIATE_REST, request_seq)
        return
    if rest == Rest.RESTS_AT_LAST_PRICE:
        best = venue.instruments[order.instrument].book.best(order.side)
        price = last_price or price_within(best, terms)
        if price is None:
            cancel_rest(venue, order, CancelReason.NO_PRICE, request_seq)
            return
        order.price = price
        venue.report_replaced(order, request_seq)
    venue.rest(order)


def cancel_rest(venue, order: Order, reason: CancelReason, request_seq: int) -> None:
    """Cancel all that is open of an order that is in no place."""
    quantity, order.leaves = order.leaves, 0
    venue.report(
        ReportKind.CANCELED,
        order,
        price=order.price,
        quantity=quantity,
        reason=reason,
        request_seq=request_seq,
    )

"""Orders that are delayed because their account has sent too many, and their release.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import CancelReason, Handling, Place, ReportKind
from tests.naive.arrival import cancel_rest
from tests.naive.book import Order
from tests.naive.phases import handling_of
from tests.naive.terms import is_taken_now
from tests.naive.waiting import release, release_stops


def tell_delay(venue, order: Order, milliseconds: int) -> None:
    """Report for how long an order waits."""
    venue.report(
        ReportKind.ORDER_DELAYED,
        order,
        trade_number=milliseconds,
        price=order.price,
        quantity=order.leaves,
        leaves=order.leaves,
        request_seq=order.client_seq,
    )


def release_order(venue, command: dict) -> None:
    """Let a delayed order arrive, or wait for trading to go on, or die where it comes too late."""
    order = venue.orders.get(command["order_number"])
    if order is None or order.place != Place.DELAYED:
        return
    instrument = venue.instruments[order.instrument]
    if not is_taken_now(instrument, order.terms):
        venue.take_off(order)
        cancel_rest(venue, order, CancelReason.PHASE_ENDED, 0)
    elif handling_of(instrument.phase) == Handling.QUEUES:
        venue.take_off(order)
        venue.wait(order, Place.GAP)
    else:
        release(venue, instrument, order)
        release_stops(venue, instrument)

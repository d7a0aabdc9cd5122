"""How an order enters: it is accepted, arrives or waits, and may trigger others.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import Place, ReportKind
from tests.naive import fixed_price
from tests.naive.accounts import begin_holding
from tests.naive.arrival import arrive, find_price
from tests.naive.book import Order
from tests.naive.delays import tell_delay
from tests.naive.limits import note_order
from tests.naive.order_types import worst_allowed
from tests.naive.rates import milliseconds_to_wait
from tests.naive.waiting import place_of, release_stops


def enter(venue, command: dict) -> None:
    """Accept an order and let it arrive, or wait."""
    instrument = venue.instruments[command["instrument"]]
    order = numbered(venue, command)
    delay = 0
    if venue.with_accounts:
        begin_holding(venue, order)
        note_order(venue, command)
        delay = milliseconds_to_wait(venue, command)
    place = Place.DELAYED if delay > 0 else place_of(instrument, command)
    has_price = find_price(venue, order) if place == Place.BOOK else True
    venue.report(
        ReportKind.ACCEPTED,
        order,
        price=order.price,
        quantity=order.leaves,
        leaves=order.leaves,
        request_seq=order.client_seq,
    )
    if place == Place.BOOK:
        arrive(venue, order, has_price, order.client_seq)
    else:
        venue.wait(order, place)
    if place == Place.DELAYED:
        tell_delay(venue, order, delay)
    if place == Place.FIXED:
        fixed_price.meet(venue, instrument, order)
    release_stops(venue, instrument)


def numbered(venue, command: dict) -> Order:
    """Return a new order, at the worst price that it allows."""
    venue.orders_count += 1
    return Order(
        number=venue.orders_count,
        session=command["session"],
        client_seq=command["client_seq"],
        account=command["account"],
        instrument=command["instrument"],
        side=command["side"],
        price=worst_allowed(command, venue.instruments[command["instrument"]].listing),
        leaves=command["quantity"],
        placed=command["sequence"],
        terms=command,
        display=command["display_quantity"],
    )

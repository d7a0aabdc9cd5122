"""What becomes of open orders on request: canceled one by one or together, or replaced.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import NONE, CancelReason, Place, ReportKind
from tests.naive.arrival import cancel_rest, match
from tests.naive.book import Order
from tests.naive.filters import filters_of, fits
from tests.naive.permissions import may_act_for
from tests.naive.phases import PHASES
from tests.naive.rates import count_request
from tests.naive.waiting import release_stops


def order_named(venue, command: dict) -> Order | None:
    """Return the open order that a cancel means, by its number or by how its session called it."""
    client_seq = command["of_client_seq"]
    if client_seq == 0:
        return venue.orders.get(command["order_number"])
    if command["session"] == 0:
        return None
    named = (command["session"], client_seq)
    orders = venue.orders.values()
    return next((one for one in orders if (one.session, one.client_seq) == named), None)


def takes_cancel(venue, order: Order) -> bool:
    """Whether the phase of an order lets it be canceled."""
    phase = PHASES[venue.instruments[order.instrument].phase]
    return phase.cancels_fixed if order.place == Place.FIXED else phase.takes_cancels


def cancel(venue, command: dict) -> None:
    """Take back some or all of an order; who asked and who owns it both hear of it."""
    order = order_named(venue, command)
    if venue.with_accounts:
        count_request(venue, order.account)
    quantity = min(command["quantity"] or order.leaves, order.leaves)
    venue.reduce(order, quantity)
    venue.report(
        ReportKind.CANCELED,
        order,
        price=order.price,
        quantity=quantity,
        leaves=order.leaves,
        reason=CancelReason.REQUESTED,
        request_seq=seq_of_owner(order, command, command["client_seq"]),
    )
    tell_asker(venue, order, command)


def replace(venue, command: dict) -> None:
    """Give an order a price and an open quantity; unless it only shrinks, it loses its place."""
    order = venue.orders[command["order_number"]]
    price, quantity = command["price"], command["quantity"]
    keeps_place = (
        price == order.price and quantity <= order.leaves and not command["gives_up_place"]
    )
    if keeps_place:
        order.leaves = quantity
    else:
        venue.take_off(order)
        order.price, order.leaves, order.placed = price, quantity, command["sequence"]
    venue.report_replaced(order, seq_of_owner(order, command, command["client_seq"]))
    tell_asker(venue, order, command)
    if not keeps_place:
        match(venue, order, price, seq_of_owner(order, command, command["client_seq"]))
        if order.leaves > 0:
            venue.rest(order)
    release_stops(venue, venue.instruments[order.instrument])


def cancel_orders(venue, command: dict) -> None:
    """Take back all orders that fit the filters and that the asker may take back."""
    count = cancel_fitting(venue, command, CancelReason.MASS_CANCEL)
    venue.report(
        ReportKind.ORDERS_CANCELED,
        session=command["session"],
        quantity=count,
        instrument=NONE,
        client_seq=command["client_seq"],
        request_seq=command["client_seq"],
    )


def cancel_fitting(venue, command: dict, reason: CancelReason) -> int:
    """Cancel the orders that fit and that the asker may cancel, oldest first; return how many."""
    filters = filters_of(command)
    fitting = [
        order
        for _, order in sorted(venue.orders.items())
        if fits(filters, venue, order.instrument, order.account, order.session, order.side)
        and may_act_for(venue, command, order.account)
        and takes_cancel(venue, order)
    ]
    cancel_all(venue, command, fitting, reason)
    return len(fitting)


def cancel_all(venue, command: dict, orders: list[Order], reason: CancelReason) -> None:
    """Cancel orders, in this order, and tell whose they are."""
    for order in orders:
        venue.take_off(order)
        cancel_rest(venue, order, reason, seq_of_owner(order, command, command["client_seq"]))


def seq_of_owner(order: Order, command: dict, client_seq: int) -> int:
    """Return `client_seq` where the order's own session has asked, else 0."""
    return client_seq if command["session"] == order.session else 0


def tell_asker(venue, order: Order, command: dict) -> None:
    """Repeat the last report to who asked, where that is not who owns the order."""
    if command["session"] != order.session:
        venue.reports.append(
            dict(
                venue.reports[-1],
                session=command["session"],
                request_seq=command["client_seq"],
            )
        )

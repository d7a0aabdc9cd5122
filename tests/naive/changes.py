"""What becomes of resting orders on request: canceled one by one or together, or replaced.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import EVERY_INSTRUMENT, NONE, CancelReason, ReportKind, Role
from tests.naive.arrival import cancel_rest, match
from tests.naive.book import Order
from tests.naive.phases import PHASES


def cancel(venue, command: dict) -> None:
    """Take back some or all of an order; who asked and who owns it both hear of it."""
    order = venue.orders[command["order_number"]]
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
    if keeps_place:
        return
    match(venue, order, price, seq_of_owner(order, command, order.client_seq))
    if order.leaves > 0:
        venue.rest(order)


def cancel_orders(venue, command: dict) -> None:
    """Take back all orders that fit the filters and that the asker may take back, oldest first."""
    fitting = [
        order
        for _, order in sorted(venue.orders.items())
        if fits(venue, order, command)
        and may_cancel(venue, order, command["session"])
        and PHASES[venue.instruments[order.instrument].phase].takes_cancels
    ]
    for order in fitting:
        venue.take_off(order)
        request_seq = seq_of_owner(order, command, command["client_seq"])
        cancel_rest(venue, order, CancelReason.MASS_CANCEL, request_seq)
    venue.report(
        ReportKind.ORDERS_CANCELED,
        session=command["session"],
        quantity=len(fitting),
        instrument=NONE,
        client_seq=command["client_seq"],
        request_seq=command["client_seq"],
    )


def fits(venue, order: Order, command: dict) -> bool:
    """Whether an order fits every filter of a mass cancel."""
    branch = venue.sessions[order.session].branch
    return (
        command["instrument"] in (EVERY_INSTRUMENT, order.instrument)
        and command["account"] in (NONE, order.account)
        and command["of_session"] in (NONE, order.session)
        and command["of_branch"] in (NONE, branch)
        and (command["any_side"] == 1 or command["of_side"] == order.side)
    )


def may_cancel(venue, order: Order, session: int) -> bool:
    """Whether a mass cancel of the session reaches the order; an operator's reaches all."""
    owner = venue.sessions[session]
    is_of_all = session == 0 or owner.role == Role.OPERATOR
    return is_of_all or owner.account_first <= order.account <= owner.account_last


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

"""What a client asks of the book: enter, cancel, replace, and cancel many.

Each returns whether it is done.  Where the report buffer is full it is not: called again with the
same command and an empty buffer, it goes on where it stopped.
"""

from engine.kernels import reporting
from engine.kernels.arrival import (
    arrive,
    drop_arrival,
    find_price,
    set_out,
    set_price,
    tradable,
    worst_price,
    worst_rank,
)
from engine.kernels.checks import (
    check_cancel,
    check_instrument,
    check_order,
    check_replace,
    may_act_for,
)
from engine.kernels.kernel import kernel
from engine.kernels.ladder import reduce
from engine.kernels.pool import find, give_back, take
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    CancelReason,
    Reject,
    ReportKind,
    Rest,
    Role,
    TimeInForce,
)


@kernel
def enter(state, command, reports):
    """Accept an order and let it arrive."""
    if state.venue[0]["working"] == NONE:
        if not reporting.has_room_for(state, reports, 2):
            return False
        reason = check_order(state, command)
        if reason != Reject.NOTHING:
            return reporting.refuse(state, reports, command, reason)
        if not accept(state, command, reports):
            return True
    return arrive(state, reports)


@kernel
def accept(state, command, reports):
    """Number the order and put it under way; return False where it is canceled at once."""
    venue = state.venue[0]
    price = find_price(state, command)
    slot = take(state)
    venue["orders"] += 1
    state.slots[venue["orders"]] = slot
    order = state.orders[slot]
    order["order_number"] = venue["orders"]
    order["leaves"] = command["quantity"]
    order["instrument"] = command["instrument"]
    order["account"] = command["account"]
    order["session"] = command["session"]
    order["client_seq"] = command["client_seq"]
    order["side"] = command["side"]
    instrument = state.instruments[command["instrument"]]
    worst = worst_price(instrument, command["side"], command["price"])
    set_price(state, order, price if price > 0 else worst)
    row = reports[reporting.about(state, reports, ReportKind.ACCEPTED, order, order["leaves"])]
    row["request_seq"] = order["client_seq"]
    if price == 0:
        drop_arrival(state, order, reports, CancelReason.NO_PRICE)
        give_back(state, slot)
        return False
    return launch(state, command, slot, reports)


@kernel
def launch(state, command, slot, reports):
    """Put an accepted order under way, unless it cannot trade the least that it must."""
    order = state.orders[slot]
    form = state.order_types[command["order_type"]]
    limit = worst_rank(state, order, form["levels"])
    minimum = command["quantity"] if form["fills_all"] else command["minimum_quantity"]
    if minimum > 0 and tradable(state, order, limit, minimum) < minimum:
        drop_arrival(state, order, reports, CancelReason.MINIMUM_NOT_MET)
        give_back(state, slot)
        return False
    set_out(state, slot, limit, order["client_seq"])
    state.venue[0]["working_rest"] = form["rest"]
    if command["time_in_force"] == TimeInForce.IMMEDIATE_OR_CANCEL:
        state.venue[0]["working_rest"] = Rest.IS_CANCELED
    return True


@kernel
def cancel(state, command, reports):
    """Take back the named quantity of an open order, all of it where that is 0 or more than left.

    What remains keeps its place in the queue.
    """
    if not reporting.has_room_for(state, reports, 2):
        return False
    reason = check_cancel(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    slot = find(state, command["order_number"])
    order = state.orders[slot]
    quantity = order["leaves"]
    if command["quantity"] > 0:
        quantity = min(quantity, command["quantity"])
    reduce(state, slot, quantity)
    index = reporting.about(state, reports, ReportKind.CANCELED, order, quantity)
    reports[index]["reason"] = CancelReason.REQUESTED
    answer(state, reports, index, command)
    if order["leaves"] == 0:
        give_back(state, slot)
    return True


@kernel
def replace(state, command, reports):
    """Give an open order a new price and a new open quantity.

    It keeps its place in the queue only where the price stays, the quantity does not grow, and the
    command does not give the place up; else it arrives anew.
    """
    if state.venue[0]["working"] == NONE:
        if not reporting.has_room_for(state, reports, 2):
            return False
        reason = check_replace(state, command)
        if reason != Reject.NOTHING:
            return reporting.refuse(state, reports, command, reason)
        slot = find(state, command["order_number"])
        order = state.orders[slot]
        stays = command["price"] == order["price"] and command["quantity"] <= order["leaves"]
        if stays and not command["gives_up_place"]:
            reduce(state, slot, order["leaves"] - command["quantity"])
            tell_replaced(state, reports, order, command)
            return True
        reduce(state, slot, order["leaves"])
        order["leaves"] = command["quantity"]
        set_price(state, order, command["price"])
        tell_replaced(state, reports, order, command)
        is_own = order["session"] == command["session"]
        request_seq = order["client_seq"] if is_own else 0
        set_out(state, slot, worst_rank(state, order, 0), request_seq)
    return arrive(state, reports)


@kernel
def tell_replaced(state, reports, order, command):
    index = reporting.about(state, reports, ReportKind.REPLACED, order, order["leaves"])
    answer(state, reports, index, command)


@kernel
def answer(state, reports, index, command):
    """Make the report to an order's session the answer to the one that asked, or write it one."""
    asker = command["session"]
    if reports[index]["session"] != asker:
        copy = reporting.blank(state, reports, reports[index]["kind"], asker)
        reports[copy] = reports[index]
        reports[copy]["session"] = asker
        index = copy
    reports[index]["request_seq"] = command["client_seq"]


@kernel
def cancel_orders(state, command, reports):
    """Cancel every open order that fits the filters, in order of order number, and say how many."""
    venue = state.venue[0]
    if not venue["has_begun"]:
        reason = check_instrument(state, command)
        if reason != Reject.NOTHING:
            return reporting.refuse(state, reports, command, reason)
        venue["has_begun"] = 1
        venue["cursor"] = 1
        venue["count"] = 0
    while venue["cursor"] <= venue["orders"]:
        slot = find(state, venue["cursor"])
        if slot != NONE and fits(state, command, state.orders[slot]):
            if not reporting.has_room_for(state, reports, 1):
                return False
            take_off(state, command, slot, reports)
            venue["count"] += 1
        venue["cursor"] += 1
    if not reporting.has_room_for(state, reports, 1):
        return False
    row = reports[reporting.blank(state, reports, ReportKind.ORDERS_CANCELED, command["session"])]
    row["quantity"] = venue["count"]
    row["client_seq"] = command["client_seq"]
    row["request_seq"] = command["client_seq"]
    venue["has_begun"] = 0
    return True


@kernel
def fits(state, command, order):
    """Say whether a mass cancel means the order, and its sender may cancel it now."""
    is_operator = state.sessions[command["session"]]["role"] == Role.OPERATOR
    is_allowed = is_operator or may_act_for(state, command["session"], order["account"])
    phase = state.phases[state.instruments[order["instrument"]]["phase"]]
    branch = state.sessions[order["session"]]["branch"]
    return (
        is_allowed
        and phase["takes_cancels"] == 1
        and (
            command["instrument"] == EVERY_INSTRUMENT
            or command["instrument"] == order["instrument"]
        )
        and (command["account"] == NONE or command["account"] == order["account"])
        and (command["of_session"] == NONE or command["of_session"] == order["session"])
        and (command["of_branch"] == NONE or command["of_branch"] == branch)
        and (command["any_side"] == 1 or command["of_side"] == order["side"])
    )


@kernel
def take_off(state, command, slot, reports):
    order = state.orders[slot]
    quantity = order["leaves"]
    reduce(state, slot, quantity)
    row = reports[reporting.about(state, reports, ReportKind.CANCELED, order, quantity)]
    row["reason"] = CancelReason.MASS_CANCEL
    if order["session"] == command["session"]:
        row["request_seq"] = command["client_seq"]
    give_back(state, slot)

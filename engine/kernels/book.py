"""Orders against the book: price-time priority at the price of the resting order.

`enter` and `cancel` return whether they are done.  Where the report buffer is full they are not:
called again with the same command and an empty buffer, they go on where they stopped.
"""

from engine.kernels import reporting
from engine.kernels.checks import check_cancel, check_order
from engine.kernels.kernel import kernel
from engine.kernels.ladder import append, half_of, rank_of, reduce
from engine.kernels.pool import find, give_back, take
from protocol.vocabulary import (
    NONE,
    CancelReason,
    Handling,
    Liquidity,
    Reject,
    ReportKind,
    TimeInForce,
)


@kernel
def enter(state, command, reports):
    """Accept an order, match it if its phase matches, rest what is left."""
    venue = state.venue[0]
    if venue["working"] == NONE:
        if not reporting.has_room_for(state, reports, 1):
            return False
        reason = check_order(state, command)
        if reason != Reject.NOTHING:
            reporting.reject(state, reports, command, command["session"], reason)
            return True
        venue["working"] = accept(state, command, reports)
    slot = venue["working"]
    order = state.orders[slot]
    phase = state.phases[state.instruments[order["instrument"]]["phase"]]
    if phase["handling"] == Handling.MATCHES and not match(state, slot, reports):
        return False
    if order["leaves"] > 0 and order["time_in_force"] == TimeInForce.IMMEDIATE_OR_CANCEL:
        if not reporting.has_room_for(state, reports, 1):
            return False
        cancel_rest(state, order, reports)
    if order["leaves"] > 0:
        append(state, slot)
    else:
        give_back(state, slot)
    venue["working"] = NONE
    return True


@kernel
def accept(state, command, reports):
    """Number the order and give it a slot; return the slot."""
    venue = state.venue[0]
    venue["orders"] += 1
    slot = take(state)
    state.slots[venue["orders"]] = slot
    order = state.orders[slot]
    order["order_number"] = venue["orders"]
    order["leaves"] = command["quantity"]
    order["rank"] = rank_of(
        state.instruments[command["instrument"]], command["side"], command["price"]
    )
    order["price"] = command["price"]
    order["instrument"] = command["instrument"]
    order["account"] = command["account"]
    order["session"] = command["session"]
    order["client_seq"] = command["client_seq"]
    order["side"] = command["side"]
    order["time_in_force"] = command["time_in_force"]
    row = reporting.about(state, reports, ReportKind.ACCEPTED, order, order["leaves"])
    reports[row]["request_seq"] = order["client_seq"]
    return slot


@kernel
def match(state, slot, reports):
    """Trade the incoming order in `slot` against the other half while their prices cross."""
    incoming = state.orders[slot]
    opposite = 1 - incoming["side"]
    half = state.halves[half_of(incoming["instrument"], opposite)]
    limit = half["ticks"] - 1 - incoming["rank"]
    while incoming["leaves"] > 0 and half["best"] <= limit:
        if not reporting.has_room_for(state, reports, 2):
            return False
        oldest = state.levels[half["levels"] + half["best"]]["oldest"]
        resting = state.orders[oldest]
        quantity = min(incoming["leaves"], resting["leaves"])
        incoming["leaves"] -= quantity
        reduce(state, oldest, quantity)
        number_trade(state, incoming["instrument"], resting["price"])
        row = trade(state, reports, incoming, resting["price"], quantity, Liquidity.INCOMING)
        reports[row]["request_seq"] = incoming["client_seq"]
        trade(state, reports, resting, resting["price"], quantity, Liquidity.RESTING)
        if resting["leaves"] == 0:
            give_back(state, oldest)
    return True


@kernel
def number_trade(state, instrument, price):
    """Give the next trade its number and remember its price as the last."""
    state.venue[0]["trades"] += 1
    state.instruments[instrument]["last"] = price


@kernel
def trade(state, reports, order, price, quantity, liquidity):
    """Report one side of the newest trade; return the report's index."""
    index = reporting.about(state, reports, ReportKind.TRADED, order, quantity)
    row = reports[index]
    row["trade_number"] = state.venue[0]["trades"]
    row["price"] = price
    row["liquidity"] = liquidity
    return index


@kernel
def cancel_rest(state, order, reports):
    quantity = order["leaves"]
    order["leaves"] = 0
    row = reports[reporting.about(state, reports, ReportKind.CANCELED, order, quantity)]
    row["request_seq"] = order["client_seq"]
    row["reason"] = CancelReason.IMMEDIATE_REST


@kernel
def cancel(state, command, reports):
    """Take back the named quantity of an open order, all of it where that is 0 or more than left.

    What remains keeps its place in the queue.
    """
    if not reporting.has_room_for(state, reports, 2):
        return False
    reason = check_cancel(state, command)
    if reason != Reject.NOTHING:
        reporting.reject(state, reports, command, command["session"], reason)
        return True
    slot = find(state, command["order_number"])
    order = state.orders[slot]
    quantity = order["leaves"]
    if command["quantity"] > 0:
        quantity = min(quantity, command["quantity"])
    reduce(state, slot, quantity)
    tell_canceled(state, reports, order, quantity, command)
    if order["leaves"] == 0:
        give_back(state, slot)
    return True


@kernel
def tell_canceled(state, reports, order, quantity, command):
    """Report a cancel to the order's session, and to the one that asked where it is another."""
    row = reports[reporting.about(state, reports, ReportKind.CANCELED, order, quantity)]
    row["reason"] = CancelReason.REQUESTED
    if order["session"] != command["session"]:
        row = reports[reporting.about(state, reports, ReportKind.CANCELED, order, quantity)]
        row["reason"] = CancelReason.REQUESTED
        row["session"] = command["session"]
    row["request_seq"] = command["client_seq"]

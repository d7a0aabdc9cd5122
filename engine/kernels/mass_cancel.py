"""Taking back many orders at once, and refusing more of the same: the kill switch.

A block remembers the filters of a mass cancel, so that what fits is refused from then on.
"""

from engine.kernels import reporting
from engine.kernels.blocks import add_block, drop_block, find_block, fits_order
from engine.kernels.checks import check_instrument, takes_cancel
from engine.kernels.kernel import kernel, rare
from engine.kernels.ladder import reduce
from engine.kernels.pool import find, give_back
from engine.kernels.rights import may_act_for, may_act_in
from protocol.vocabulary import NONE, CancelReason, CommandKind, Reject, ReportKind


@kernel
def cancel_orders(state, command, reports):
    """Cancel every open order that fits the filters, in order of order number, and say how many."""
    if not state.venue[0]["has_begun"]:
        reason = check_instrument(state, command)
        if reason != Reject.NOTHING:
            return reporting.refuse(state, reports, command, reason)
        begin_sweep(state)
    return sweep(state, command, CancelReason.MASS_CANCEL, ReportKind.ORDERS_CANCELED, reports)


@kernel
def block_trading(state, command, reports):
    """Cancel what fits the filters and refuse such orders from now on, or lift such a block."""
    venue = state.venue[0]
    if not venue["has_begun"]:
        reason = check_instrument(state, command)
        place = find_block(state, command)
        is_known = command["of_session"] < venue["sessions"]
        if reason == Reject.NOTHING and not may_block(state, command):
            reason = Reject.ACCOUNT_NOT_ADMITTED
        if reason == Reject.NOTHING and not command["lifts"] and not is_known:
            reason = Reject.UNKNOWN_SESSION
        if reason == Reject.NOTHING and command["lifts"] and place == NONE:
            reason = Reject.UNKNOWN_BLOCK
        is_new = not command["lifts"] and place == NONE
        if reason == Reject.NOTHING and is_new and venue["blocks"] == len(state.blocks):
            reason = Reject.BLOCKS_EXHAUSTED
        if reason != Reject.NOTHING:
            return reporting.refuse(state, reports, command, reason)
        begin_sweep(state)
        if command["lifts"]:
            drop_block(state, place)
            venue["cursor"] = venue["orders"] + 1
        elif is_new:
            add_block(state, command)
    return sweep(state, command, CancelReason.TRADING_BLOCKED, ReportKind.BLOCK_CHANGED, reports)


@kernel
def may_block(state, command):
    """Say whether a block is of an account or a branch that its sender may act for."""
    account, branch = command["account"], command["of_branch"]
    return may_act_for(state, command, account) or may_act_in(state, command, branch)


@kernel
def begin_sweep(state):
    venue = state.venue[0]
    venue["has_begun"] = 1
    venue["cursor"] = 1
    venue["count"] = 0


@rare
def sweep(state, command, reason, answer, reports):
    """Cancel what is meant from where the venue's cursor is, and answer; return whether done."""
    if not take_back(state, command, reason, reports):
        return False
    if not reporting.has_room_for(state, reports, 1):
        return False
    tell_count(state, command, answer, reports)
    state.venue[0]["has_begun"] = 0
    return True


@rare
def take_back(state, command, reason, reports):
    """Cancel what is meant from where the venue's cursor is; return whether done."""
    venue = state.venue[0]
    while venue["cursor"] <= venue["orders"]:
        slot = find(state, venue["cursor"])
        if slot != NONE and means(state, command, state.orders[slot]):
            if not reporting.has_room_for(state, reports, 1):
                return False
            take_off(state, command, slot, reason, reports)
            venue["count"] += 1
        venue["cursor"] += 1
    return True


@kernel
def tell_count(state, command, kind, reports):
    row = reports[reporting.blank(state, reports, kind, command["session"])]
    row["quantity"] = state.venue[0]["count"]
    row["client_seq"] = command["client_seq"]
    row["request_seq"] = command["client_seq"]
    if kind == ReportKind.BLOCK_CHANGED:
        row["reason"] = command["lifts"]


@kernel
def means(state, command, order):
    """Say whether a command means the order, and its sender may cancel it now."""
    if command["kind"] == CommandKind.CLOSE_SESSION:
        return order["session"] == command["admitted"] and takes_cancel(state, order)
    is_allowed = may_act_for(state, command, order["account"])
    return is_allowed and takes_cancel(state, order) and fits_order(state, command, order)


@kernel
def take_off(state, command, slot, reason, reports):
    order = state.orders[slot]
    quantity = order["leaves"]
    reduce(state, slot, quantity)
    row = reports[reporting.about(state, reports, ReportKind.CANCELED, order, quantity)]
    row["reason"] = reason
    if order["session"] == command["session"]:
        row["request_seq"] = command["client_seq"]
    give_back(state, slot)

"""What a client asks of the book: enter, cancel and replace an order.

Each returns whether it is done.  Where the report buffer is full it is not: called again with the
same command and an empty buffer, it goes on where it stopped.
"""

import numpy as np

from engine.kernels import reporting
from engine.kernels.arrival import (
    drop_arrival,
    find_price,
    launch,
    set_out,
    set_price,
    worst_rank,
)
from engine.kernels.checks import (
    check_cancel,
    check_means,
    check_order,
    check_replace,
    first_need,
    is_plain,
    named_order,
)
from engine.kernels.delays import delay
from engine.kernels.fixed_price import arrive_fixed
from engine.kernels.guards import has_guards, note_order
from engine.kernels.icebergs import clip
from engine.kernels.index import note
from engine.kernels.kernel import kernel, rare
from engine.kernels.ladder import lift, reduce
from engine.kernels.pool import find, give_back, has_room, take
from engine.kernels.rates import (
    count_request,
    milliseconds_to_wait,
    milliseconds_until_room,
    must_wait,
)
from engine.kernels.seldom import seldom
from engine.kernels.stakes import begin_stake, rehold
from engine.kernels.state import ICEBERG, IMMEDIATE
from engine.kernels.terms import worst_price
from engine.kernels.waiting import FIRST_RANK, await_trigger, conclude, wait
from protocol.vocabulary import (
    CancelReason,
    CommandKind,
    Handling,
    OrderType,
    Place,
    Reject,
    ReportKind,
    Rest,
    TimeInForce,
)

REPORTS_OF_REQUEST = 3
"""At most, before an order arrives: an alarm, the answer, and what else becomes of the order."""


@kernel
def enter(state, command, reports):
    """Accept an order and let it arrive, or wait."""
    venue = state.venue[0]
    index = command["instrument"]
    if not seldom(venue["has_begun"]):
        if not reporting.has_room_for(state, reports, REPORTS_OF_REQUEST):
            return False
        need = np.int64(0)
        reason = check_order(state, command, reports)
        if reason == Reject.NOTHING and venue["with_accounts"]:
            need = first_need(state, command)
            reason = check_means(state, command, need)
        if reason == Reject.NOTHING and not has_room(state):
            reason = Reject.ORDERS_EXHAUSTED
        if reason != Reject.NOTHING:
            return refuse(state, command, reason, reports)
        if venue["with_accounts"] and seldom(has_guards(state, command["account"])):
            note_order(state, command)
        accept(state, command, need, reports)
    if seldom(command["order_type"] == OrderType.FIXED_PRICE):
        done = arrive_fixed(state, command, reports)
    else:
        done = conclude(state, index, reports)
    venue["has_begun"] = not done
    return done


@kernel
def refuse(state, command, reason, reports):
    """Reject an order or a replacement, for which there is room; return that it is done."""
    index = state.venue[0]["reports"]
    reporting.refuse(state, reports, command, reason)
    if seldom(reason == Reject.RATE_EXCEEDED):
        reports[index]["trade_number"] = time_to_retry(state, command)
    return True


@rare
def time_to_retry(state, command):
    """Return when there is room for a request that is one too many, in milliseconds."""
    number = command["account"]
    if command["kind"] == CommandKind.REPLACE_ORDER:
        number = state.orders[find(state, command["order_number"])]["account"]
    return milliseconds_until_room(state, number)


@kernel
def accept(state, command, need, reports):
    """Number an order, and put it under way or where it waits."""
    slot = number_order(state, command)
    if seldom(must_wait(state, command["account"])):
        accept_late(state, command, slot, need, reports)
        return
    if seldom(not is_plain(command)):
        accept_special(state, command, slot, need, reports)
        return
    order = state.orders[slot]
    set_price(state, order, command["price"])
    if state.venue[0]["with_accounts"]:
        begin_stake(state, slot, need)
    tell_accepted(state, reports, order)
    instrument = state.instruments[command["instrument"]]
    if seldom(state.phases[instrument["phase"]]["handling"] == Handling.QUEUES):
        wait(state, slot, Place.GAP, FIRST_RANK)
        return
    set_out(state, slot, worst_rank(state, order), Rest.RESTS, order["client_seq"])


@kernel
def number_order(state, command):
    """Give an order its number and its row; return its slot."""
    venue = state.venue[0]
    slot = take(state)
    number = venue["orders"] + 1
    venue["orders"] = number
    state.slots[number] = slot
    note(state, command["session"], command["client_seq"], number)
    order = state.orders[slot]
    order["order_number"] = number
    order["leaves"] = command["quantity"]
    order["instrument"] = command["instrument"]
    order["account"] = command["account"]
    order["session"] = command["session"]
    order["client_seq"] = command["client_seq"]
    order["side"] = command["side"]
    order["place"] = Place.BOOK
    order["order_type"] = command["order_type"]
    is_immediate = command["time_in_force"] == TimeInForce.IMMEDIATE_OR_CANCEL
    order["traits"] = IMMEDIATE if is_immediate else 0
    return slot


@rare
def accept_late(state, command, slot, need, reports):
    """Let the order of an account that has sent too many wait for its time."""
    order = state.orders[slot]
    instrument = state.instruments[command["instrument"]]
    order["price"] = worst_price(instrument, command["side"], command["price"])
    begin_stake(state, slot, need)
    tell_accepted(state, reports, order)
    delay(state, slot, milliseconds_to_wait(state, command["account"]), reports)


@rare
def accept_special(state, command, slot, need, reports):
    """Put an order that asks for more than a limit under way, or where it waits."""
    order = state.orders[slot]
    if command["display_quantity"] > 0:
        state.displays[slot]["display"] = command["display_quantity"]
        order["traits"] |= ICEBERG
    instrument = state.instruments[command["instrument"]]
    order["price"] = worst_price(instrument, command["side"], command["price"])
    if state.venue[0]["with_accounts"]:
        begin_stake(state, slot, need)
    if may_wait(state, instrument, command):
        tell_accepted(state, reports, order)
        put_off(state, command, slot)
        return
    price = find_price(state, order)
    set_price(state, order, price if price > 0 else order["price"])
    rehold(state, slot)
    tell_accepted(state, reports, order)
    if price == 0:
        state.venue[0]["working_request"] = order["client_seq"]
        drop_arrival(state, order, reports, CancelReason.NO_PRICE)
        give_back(state, slot)
        return
    launch(state, slot, command["minimum_quantity"], order["client_seq"], reports)


@kernel
def tell_accepted(state, reports, order):
    row = reports[reporting.about(state, reports, ReportKind.ACCEPTED, order, order["leaves"])]
    row["request_seq"] = order["client_seq"]


@kernel
def may_wait(state, instrument, command):
    """Say whether an order waits for its trigger, for continuous trading, or for the close."""
    return (
        command["trigger_price"] != 0
        or command["order_type"] == OrderType.FIXED_PRICE
        or state.phases[instrument["phase"]]["handling"] == Handling.QUEUES
    )


@kernel
def put_off(state, command, slot):
    """Put an order where it waits."""
    if command["trigger_price"] != 0:
        await_trigger(state, slot, command["trigger_price"])
    elif command["order_type"] == OrderType.FIXED_PRICE:
        wait(state, slot, Place.FIXED, FIRST_RANK)
    else:
        wait(state, slot, Place.GAP, FIRST_RANK)


@kernel
def cancel(state, command, reports):
    """Take back the named quantity of an open order, all of it where that is 0 or more than left.

    What remains keeps its place in the queue.
    """
    if not reporting.has_room_for(state, reports, REPORTS_OF_REQUEST):
        return False
    reason = check_cancel(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    slot = find(state, named_order(state, command))
    order = state.orders[slot]
    if state.venue[0]["with_accounts"]:
        count_request(state, order["account"], reports)
    quantity = order["leaves"]
    if command["quantity"] > 0:
        quantity = min(quantity, command["quantity"])
    reduce(state, slot, quantity)
    clip(state, slot)
    if order["leaves"] > 0:
        rehold(state, slot)
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
    venue = state.venue[0]
    if not seldom(venue["has_begun"]):
        if not reporting.has_room_for(state, reports, REPORTS_OF_REQUEST):
            return False
        reason = check_replace(state, command, reports)
        if reason != Reject.NOTHING:
            return refuse(state, command, reason, reports)
        slot = find(state, command["order_number"])
        venue["cursor"] = state.orders[slot]["instrument"]
        change(state, command, slot, reports)
    done = conclude(state, venue["cursor"], reports)
    venue["has_begun"] = not done
    return done


@kernel
def change(state, command, slot, reports):
    """Give an order what a command asks for, in its place or under way anew."""
    order = state.orders[slot]
    stays = command["price"] == order["price"] and command["quantity"] <= order["leaves"]
    if stays and not command["gives_up_place"]:
        reduce(state, slot, order["leaves"] - command["quantity"])
        clip(state, slot)
        rehold(state, slot)
        tell_replaced(state, reports, order, command)
        return
    lift(state, slot)
    order["leaves"] = command["quantity"]
    order["order_type"] = OrderType.LIMIT
    set_price(state, order, command["price"])
    rehold(state, slot)
    tell_replaced(state, reports, order, command)
    is_own = order["session"] == command["session"]
    request_seq = command["client_seq"] if is_own else 0
    set_out(state, slot, worst_rank(state, order), Rest.RESTS, request_seq)


@kernel
def tell_replaced(state, reports, order, command):
    index = reporting.about(state, reports, ReportKind.REPLACED, order, order["leaves"])
    answer(state, reports, index, command)


@kernel
def answer(state, reports, index, command):
    """Make the report to an order's session the answer to the one that asked, or write it one."""
    asker = command["session"]
    if seldom(reports[index]["session"] != asker):
        copy = reporting.blank(state, reports, reports[index]["kind"], asker)
        reports[copy] = reports[index]
        reports[copy]["session"] = asker
        index = copy
    reports[index]["request_seq"] = command["client_seq"]

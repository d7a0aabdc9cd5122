"""Orders that are open but not in the book: stops, and what came between auction and trading.

Stops wait by trigger price, on ladders of their own: a buy that waits for the price to rise is
ranked like an ask, so the half that a trade would reach next is the half whose trigger is nearest.
"""

from engine.kernels import reporting
from engine.kernels.arrival import arrive, drop_arrival, find_price, launch, set_price
from engine.kernels.holds import is_matching
from engine.kernels.kernel import kernel, rare
from engine.kernels.ladder import append, half_at, lift, oldest_best, rank_of
from engine.kernels.pool import give_back
from engine.kernels.seldom import seldom
from engine.kernels.stakes import rehold
from engine.kernels.terms import is_outside_cage
from protocol.vocabulary import (
    NONE,
    CancelReason,
    Feature,
    OrderType,
    Place,
    ReportKind,
    Side,
)

FIRST_RANK = 0


@kernel
def await_trigger(state, slot, trigger):
    """Let an order wait until the last price reaches its trigger."""
    order = state.orders[slot]
    instrument = state.instruments[order["instrument"]]
    wait(state, slot, Place.STOPS, rank_of(instrument, 1 - order["side"], trigger))


@kernel
def wait(state, slot, place, rank):
    """Put an accepted order behind those that wait at a place."""
    order = state.orders[slot]
    order["place"] = place
    order["rank"] = rank
    append(state, slot)


@kernel
def conclude(state, index, reports):
    """Let the order under way arrive, and then all that it triggers; return whether done."""
    if state.venue[0]["working"] != NONE and not arrive(state, reports):
        return False
    if seldom(state.instruments[index]["features"] & Feature.STOP != 0):
        return release_all(state, index, Place.STOPS, reports)
    return True


@rare
def release_all(state, index, place, reports):
    """Release the triggered stops of an instrument, or its gap, while it matches.

    Each arrives completely before the next is chosen.  Returns whether done.
    """
    while state.venue[0]["working"] == NONE or arrive(state, reports):
        slot = next_triggered(state, index) if place == Place.STOPS else next_in_gap(state, index)
        if slot == NONE or not is_matching(state, state.instruments[index]):
            return True
        if not reporting.has_room_for(state, reports, 2):
            return False
        release(state, slot, reports)
    return False


@kernel
def next_triggered(state, index):
    """Return the slot of the stop whose trigger was reached first, of buys before sells."""
    instrument = state.instruments[index]
    if instrument["last"] == 0:
        return NONE
    for side in range(2):
        half = state.halves[half_at(Place.STOPS, index, side)]
        if half["best"] <= rank_of(instrument, 1 - side, instrument["last"]):
            return oldest_best(state, half)
    return NONE


@kernel
def next_in_gap(state, index):
    """Return the slot of the oldest order that waits for continuous trading, NONE if none does."""
    buyer = oldest_best(state, state.halves[half_at(Place.GAP, index, Side.BUY)])
    seller = oldest_best(state, state.halves[half_at(Place.GAP, index, Side.SELL)])
    if buyer == NONE or seller == NONE:
        return max(buyer, seller)
    is_buyer = state.orders[buyer]["order_number"] < state.orders[seller]["order_number"]
    return buyer if is_buyer else seller


@kernel
def release(state, slot, reports):
    """Let a waiting order arrive as if it were entered now; all but a stop meets the cage."""
    order = state.orders[slot]
    is_of_stops = order["place"] == Place.STOPS
    lift(state, slot)
    order["place"] = Place.BOOK
    price = find_price(state, order)
    set_price(state, order, price if price > 0 else order["price"])
    rehold(state, slot)
    reporting.about(state, reports, ReportKind.RELEASED, order, order["leaves"])
    reason = CancelReason.NOTHING
    if price == 0:
        reason = CancelReason.NO_PRICE
    elif not is_of_stops and order["order_type"] == OrderType.LIMIT:
        if is_outside_cage(state, order["instrument"], order["side"], price):
            reason = CancelReason.OUTSIDE_CAGE
    if reason == CancelReason.NOTHING:
        launch(state, slot, 0, 0, reports)
        return
    dismiss(state, slot, reason, reports)


@kernel
def dismiss(state, slot, reason, reports):
    """Cancel an order that was taken from where it waited."""
    state.venue[0]["working_request"] = 0
    drop_arrival(state, state.orders[slot], reports, reason)
    give_back(state, slot)

"""Slots for open orders: the one given back last is taken first, since it is still in cache."""

from engine.kernels.kernel import kernel
from engine.kernels.stakes import end_stake
from protocol.vocabulary import NONE


@kernel
def has_room(state):
    """Say whether one more order can be numbered and kept open."""
    venue = state.venue[0]
    if venue["orders"] >= venue["orders_day_max"]:
        return False
    return venue["slots_free"] != NONE or venue["slots_touched"] < venue["orders_open_max"]


@kernel
def take(state):
    """Return a free slot; ask has_room first."""
    venue = state.venue[0]
    slot = venue["slots_free"]
    if slot == NONE:
        slot = venue["slots_touched"]
        venue["slots_touched"] += 1
    else:
        venue["slots_free"] = state.orders[slot]["newer"]
    return slot


@kernel
def give_back(state, slot):
    """Forget the order in `slot`, and what it holds."""
    end_stake(state, slot)
    venue = state.venue[0]
    order = state.orders[slot]
    state.slots[order["order_number"]] = NONE
    order["newer"] = venue["slots_free"]
    venue["slots_free"] = slot


@kernel
def find(state, order_number):
    """Return the slot of an open order, NONE where there is no such order."""
    if 0 < order_number <= state.venue[0]["orders"]:
        return state.slots[order_number]
    return NONE

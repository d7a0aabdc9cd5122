"""A half of a book: a level per price, its orders in a queue, and a bitmap of occupied levels.

The bitmap has three levels of 64-bit words, each bit saying whether the word below it is empty,
so that the next best price is found in three steps however far away it is.
"""

from engine.kernels.bits import above, bit, lowest
from engine.kernels.kernel import kernel
from engine.kernels.state import HALVES
from protocol.vocabulary import NONE, Place, Side


@kernel
def half_of(instrument, side):
    """Return the index of the bids (side BUY) or asks (side SELL) of an instrument."""
    return half_at(Place.BOOK, instrument, side)


@kernel
def half_at(place, instrument, side):
    """Return the index of the half of an instrument at a Place."""
    return HALVES * instrument + 2 * place + side


@kernel
def rank_of(instrument, side, price):
    """Return the rank of a price in the half of `side`: ticks behind the most aggressive price."""
    if side == Side.BUY:
        return (instrument["upper_limit"] - price) // instrument["tick"]
    return (price - instrument["lower_limit"]) // instrument["tick"]


@kernel
def price_at(instrument, side, rank):
    """Return the price that has this rank in the half of `side`."""
    if side == Side.BUY:
        return instrument["upper_limit"] - rank * instrument["tick"]
    return instrument["lower_limit"] + rank * instrument["tick"]


@kernel
def append(state, slot):
    """Put the order in `slot` behind all others of its rank, at its place."""
    order = state.orders[slot]
    half = state.halves[half_at(order["place"], order["instrument"], order["side"])]
    level = state.levels[half["levels"] + order["rank"]]
    order["newer"] = NONE
    if level["quantity"] == 0:
        order["older"] = NONE
        level["oldest"] = slot
        occupy(state, half, order["rank"])
    else:
        order["older"] = level["newest"]
        state.orders[level["newest"]]["newer"] = slot
    level["newest"] = slot
    level["quantity"] += order["leaves"]


@kernel
def reduce(state, slot, quantity):
    """Take `quantity` off the order in `slot` and its level; off the level where none is left."""
    order = state.orders[slot]
    half = state.halves[half_at(order["place"], order["instrument"], order["side"])]
    level = state.levels[half["levels"] + order["rank"]]
    order["leaves"] -= quantity
    level["quantity"] -= quantity
    if order["leaves"] == 0:
        unlink(state, level, order)
        if level["quantity"] == 0:
            vacate(state, half, order["rank"])


@kernel
def lift(state, slot):
    """Take the order in `slot` off its place with all that is open of it."""
    quantity = state.orders[slot]["leaves"]
    reduce(state, slot, quantity)
    state.orders[slot]["leaves"] = quantity


@kernel
def unlink(state, level, order):
    if order["older"] == NONE:
        level["oldest"] = order["newer"]
    else:
        state.orders[order["older"]]["newer"] = order["newer"]
    if order["newer"] == NONE:
        level["newest"] = order["older"]
    else:
        state.orders[order["newer"]]["older"] = order["older"]


@kernel
def occupy(state, half, rank):
    """Mark a rank as occupied, and as the best one if it is."""
    low = half["words"]
    middle = low + word_count(half["ticks"])
    top = middle + word_count(word_count(half["ticks"]))
    state.words[low + (rank >> 6)] |= bit(rank)
    state.words[middle + (rank >> 12)] |= bit(rank >> 6)
    state.words[top] |= bit(rank >> 12)
    half["best"] = min(half["best"], rank)


@kernel
def vacate(state, half, rank):
    """Mark a rank as empty, and find the best one anew if it was."""
    low = half["words"]
    middle = low + word_count(half["ticks"])
    top = middle + word_count(word_count(half["ticks"]))
    state.words[low + (rank >> 6)] ^= bit(rank)
    if state.words[low + (rank >> 6)] == 0:
        state.words[middle + (rank >> 12)] ^= bit(rank >> 6)
        if state.words[middle + (rank >> 12)] == 0:
            state.words[top] ^= bit(rank >> 12)
    if half["best"] == rank:
        half["best"] = first_occupied(state, half)


@kernel
def first_occupied(state, half):
    """Return the lowest occupied rank of a half, its count of ticks where it is empty."""
    low = half["words"]
    middle = low + word_count(half["ticks"])
    top = middle + word_count(word_count(half["ticks"]))
    if state.words[top] == 0:
        return half["ticks"]
    place = lowest(state.words[top])
    place = (place << 6) + lowest(state.words[middle + place])
    return (place << 6) + lowest(state.words[low + place])


@kernel
def occupied_after(state, half, rank):
    """Return the lowest occupied rank behind `rank`, the count of ticks where there is none."""
    low = half["words"]
    middle = low + word_count(half["ticks"])
    top = middle + word_count(word_count(half["ticks"]))
    word = above(state.words[low + (rank >> 6)], rank)
    if word != 0:
        return (rank >> 6 << 6) + lowest(word)
    place = rank >> 12
    word = above(state.words[middle + place], rank >> 6)
    if word == 0:
        word = above(state.words[top], place)
        if word == 0:
            return half["ticks"]
        place = lowest(word)
        word = state.words[middle + place]
    place = (place << 6) + lowest(word)
    return (place << 6) + lowest(state.words[low + place])


@kernel
def oldest_best(state, half):
    """Return the slot of the order that comes first in a half, NONE where it is empty."""
    if half["best"] == half["ticks"]:
        return NONE
    return state.levels[half["levels"] + half["best"]]["oldest"]


@kernel
def best_price(state, instrument, side):
    """Return the best price of a half, 0 where it is empty."""
    half = state.halves[half_of(instrument, side)]
    if half["best"] == half["ticks"]:
        return 0
    return price_at(state.instruments[instrument], side, half["best"])


@kernel
def word_count(bits):
    """Return how many words hold so many bits."""
    return (bits + 63) >> 6

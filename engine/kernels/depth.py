"""The best levels of a book as they are shown, its orders in their turn, and indications."""

from engine.kernels.auction import would_do
from engine.kernels.icebergs import shown_of
from engine.kernels.kernel import entrance, kernel
from engine.kernels.ladder import half_of, occupied_after, price_at, rank_of
from protocol.vocabulary import NONE, Handling, OrderChange


@entrance
def level_changes(state, view, told, instruments, changes):
    """Write into `changes` (m, LEVEL_CHANGE) how the best levels of `instruments` (n, i4) differ
    from `told` (all instruments, 2, depth, PRICED), and bring that up to date.

    There must be room for 4 x depth changes of each instrument.  Return how many there are.
    """
    count = 0
    for place in range(len(instruments)):
        index = instruments[place]
        for side in range(2):
            count = compare(state, view, told[index, side], index, side, changes, count)
            copy_best(state, view, told[index, side], index, side)
    return count


@kernel
def compare(state, view, told, index, side, changes, count):
    """Write how the best levels of a half differ from those `told`; return the count of changes."""
    instrument = state.instruments[index]
    half = state.halves[half_of(index, side)]
    old, new = 0, 0
    rank = half["best"]
    while True:
        old_rank = rank_told(instrument, half, told, old, side)
        new_rank = rank if new < len(told) else half["ticks"]
        if old_rank == half["ticks"] and new_rank == half["ticks"]:
            return count
        if old_rank < new_rank:
            write_level(changes[count], told[old]["price"], 0, 0, index, side)
            count += 1
            old += 1
            continue
        shown = view.levels[half["levels"] + rank]
        if old_rank > new_rank or differs(told[old], shown):
            price = price_at(instrument, side, rank)
            write_level(changes[count], price, shown["quantity"], shown["orders"], index, side)
            count += 1
        old += old_rank == new_rank
        new += 1
        rank = occupied_after(state, half, rank)


@kernel
def rank_told(instrument, half, told, place, side):
    """Return the rank of a level that was told, the count of ticks where there was none."""
    if place == len(told) or told[place]["price"] == 0:
        return half["ticks"]
    return rank_of(instrument, side, told[place]["price"])


@kernel
def differs(told, shown):
    return told["quantity"] != shown["quantity"] or told["orders"] != shown["orders"]


@kernel
def write_level(row, price, quantity, orders, index, side):
    row["price"] = price
    row["quantity"] = quantity
    row["orders"] = orders
    row["instrument"] = index
    row["side"] = side


@kernel
def copy_best(state, view, told, index, side):
    """Write the best levels of a half into `told` (depth, PRICED)."""
    instrument = state.instruments[index]
    half = state.halves[half_of(index, side)]
    rank = half["best"]
    for place in range(len(told)):
        level = told[place]
        if rank == half["ticks"]:
            level["price"] = 0
            level["quantity"] = 0
            level["orders"] = 0
            continue
        shown = view.levels[half["levels"] + rank]
        level["price"] = price_at(instrument, side, rank)
        level["quantity"] = shown["quantity"]
        level["orders"] = shown["orders"]
        rank = occupied_after(state, half, rank)


@entrance
def orders_in_turn(state, index, orders):
    """Write into `orders` (n, ORDER_CHANGE) all that an instrument's book shows, as if each were
    added now: bids, then asks, each the best price first, and the oldest order first at a price.

    There must be room for all of them.  Return how many there are.
    """
    count = 0
    instrument = state.instruments[index]
    for side in range(2):
        half = state.halves[half_of(index, side)]
        rank = half["best"]
        while rank < half["ticks"]:
            slot = state.levels[half["levels"] + rank]["oldest"]
            price = price_at(instrument, side, rank)
            while slot != NONE:
                row = orders[count]
                row["order_number"] = state.orders[slot]["order_number"]
                row["price"] = price
                row["quantity"] = shown_of(state, slot)
                row["instrument"] = index
                row["change"] = OrderChange.ADDED
                row["side"] = side
                row["loses_place"] = 0
                count += 1
                slot = state.orders[slot]["newer"]
            rank = occupied_after(state, half, rank)
    return count


@entrance
def indicatives(state, instruments, found):
    """Write into `found` (n, 4, i8) what the call auction of each of `instruments` (n, i4) would
    do now: price, quantity, and what it would leave of each side; 0 where there is no call.

    Return how many instruments there are.
    """
    for place in range(len(instruments)):
        index = instruments[place]
        row = found[place]
        row[0], row[1], row[2], row[3] = 0, 0, 0, 0
        if state.phases[state.instruments[index]["phase"]]["handling"] == Handling.RESTS:
            row[0], row[1], row[2], row[3] = would_do(state, index)
    return len(instruments)

"""From what the venue reports to what everyone may see of it: trades, and how orders look now.

Between two commands every open order of the book rests.  An order looks different only where a
report names it; so `watch` notes which ones reports name, and `settle` compares these, and nothing
else, with how they were shown.
"""

import numpy as np

from engine.kernels.icebergs import shown_of
from engine.kernels.kernel import entrance, kernel
from engine.kernels.ladder import half_of, rank_of
from protocol.vocabulary import NONE, Liquidity, OrderChange, Place, ReportKind, Side


@entrance
def watch(state, view, reports, trades):
    """Note what `reports` (n, REPORT) name; write their trades into `trades` (m, TRADE; m >= n).

    Return how many trades there are.
    """
    count = 0
    for index in range(len(reports)):
        report = reports[index]
        if not names_order(report["kind"]):
            note_turn(view.counts[0], report["kind"])
            continue
        touch(view, report["order_number"], report["instrument"])
        if report["kind"] == ReportKind.TRADED and speaks_for_trade(report):
            write_trade(trades[count], report)
            add_up(view.totals[report["instrument"]], report)
            count += 1
    return count


@kernel
def names_order(kind):
    """Say whether a report of this kind tells what has become of an order."""
    return (
        kind == ReportKind.ACCEPTED
        or kind == ReportKind.TRADED
        or kind == ReportKind.CANCELED
        or kind == ReportKind.EXPIRED
        or kind == ReportKind.REPLACED
        or kind == ReportKind.RELEASED
    )


@kernel
def note_turn(counts, kind):
    """Note that phases, holds or closing prices may be others, where a report is of this kind."""
    if kind == ReportKind.DAY_ENDED:
        counts["day_has_ended"] = 1
    if (
        kind == ReportKind.PHASE_CHANGED
        or kind == ReportKind.HOLD_CHANGED
        or kind == ReportKind.CLOSE_FIXED
        or kind == ReportKind.DAY_ENDED
    ):
        counts["may_have_turned"] = 1


@kernel
def touch(view, order_number, instrument):
    """Note once that an order, and its instrument, may look different."""
    seen = view.seen[order_number]
    if not seen["is_touched"]:
        counts = view.counts[0]
        seen["is_touched"] = 1
        view.orders[counts["orders"]] = order_number
        counts["orders"] += 1
        touch_instrument(view, instrument)


@kernel
def touch_instrument(view, instrument):
    totals = view.totals[instrument]
    if not totals["is_touched"]:
        counts = view.counts[0]
        totals["is_touched"] = 1
        view.instruments[counts["instruments"]] = instrument
        counts["instruments"] += 1


@kernel
def speaks_for_trade(report):
    """Say whether it is this one of the two reports of a trade by which everyone hears of it."""
    if report["liquidity"] == Liquidity.INCOMING:
        return True
    return report["liquidity"] != Liquidity.RESTING and report["side"] == Side.BUY


@kernel
def write_trade(row, report):
    row["sequence"] = report["sequence"]
    row["time"] = report["time"]
    row["trade_number"] = report["trade_number"]
    row["price"] = report["price"]
    row["quantity"] = report["quantity"]
    row["instrument"] = report["instrument"]
    row["side"] = report["side"]
    row["liquidity"] = report["liquidity"]


@kernel
def add_up(totals, report):
    """Count a trade among those of its instrument."""
    price = report["price"]
    totals["trades"] += 1
    totals["volume"] += report["quantity"]
    totals["turnover"] += np.int64(price) * report["quantity"]
    if report["liquidity"] == Liquidity.FIXED_PRICE:
        return
    totals["high"] = max(totals["high"], price)
    if totals["low"] == 0 or price < totals["low"]:
        totals["low"] = price


@entrance
def settle(state, view, changes):
    """Write into `changes` (n, ORDER_CHANGE) how the orders that were touched look different now.

    There must be room for all of them.  Return how many do.
    """
    counts = view.counts[0]
    count = 0
    for index in range(counts["orders"]):
        number = view.orders[index]
        if not view.seen[number]["is_touched"]:
            continue
        slot = state.slots[number]
        if slot != NONE and state.orders[slot]["place"] == Place.BOOK:
            count = settle_up_to(state, view, slot, changes, count)
        else:
            count = settle_gone(state, view, number, changes, count)
    counts["orders"] = 0
    return count


@kernel
def settle_gone(state, view, number, changes, count):
    """Show an order no more, if it was; return the count of changes."""
    seen = view.seen[number]
    seen["is_touched"] = 0
    if seen["quantity"] > 0:
        write_change(changes[count], OrderChange.REMOVED, number, seen)
        count += 1
        forget(state, view, seen)
        seen["quantity"] = 0
    return count


@kernel
def settle_up_to(state, view, slot, changes, count):
    """Show the order in `slot`, after those touched that stand right before it.

    So the orders that have come to one price are shown as they stand there; return the count.
    """
    older = state.orders[slot]["older"]
    while older != NONE and view.seen[state.orders[older]["order_number"]]["is_touched"]:
        slot = older
        older = state.orders[slot]["older"]
    while slot != NONE and view.seen[state.orders[slot]["order_number"]]["is_touched"]:
        count = settle_resting(state, view, slot, changes, count)
        slot = state.orders[slot]["newer"]
    return count


@kernel
def settle_resting(state, view, slot, changes, count):
    """Show an order whose older neighbor is shown as it stands; return the count of changes."""
    order = state.orders[slot]
    number = order["order_number"]
    seen = view.seen[number]
    quantity = shown_of(state, slot)
    is_new = seen["quantity"] == 0
    has_moved = not is_new and has_lost_place(state, view, order, seen)
    is_same = not is_new and not has_moved and seen["quantity"] == quantity
    seen["is_touched"] = 0
    if is_same:
        return count
    if not is_new:
        forget(state, view, seen)
    if is_new or has_moved:
        view.counts[0]["place"] += 1
        seen["place"] = view.counts[0]["place"]
    seen["price"] = order["price"]
    seen["quantity"] = quantity
    seen["instrument"] = order["instrument"]
    seen["side"] = order["side"]
    level = level_of(state, view, seen)
    level["quantity"] += quantity
    level["orders"] += 1
    kind = OrderChange.ADDED if is_new else OrderChange.CHANGED
    write_change(changes[count], kind, number, seen)
    changes[count]["loses_place"] = has_moved
    return count + 1


@kernel
def has_lost_place(state, view, order, seen):
    """Say whether an order stands elsewhere than it was shown: at another price, or behind one that
    came there later."""
    if order["price"] != seen["price"]:
        return True
    older = order["older"]
    return older != NONE and view.seen[state.orders[older]["order_number"]]["place"] > seen["place"]


@kernel
def forget(state, view, seen):
    """Take an order off the level at which it was shown."""
    level = level_of(state, view, seen)
    level["quantity"] -= seen["quantity"]
    level["orders"] -= 1


@kernel
def level_of(state, view, seen):
    """Return the level at which an order is shown."""
    instrument = state.instruments[seen["instrument"]]
    half = state.halves[half_of(seen["instrument"], seen["side"])]
    return view.levels[half["levels"] + rank_of(instrument, seen["side"], seen["price"])]


@kernel
def write_change(row, change, order_number, seen):
    row["order_number"] = order_number
    row["price"] = seen["price"]
    row["quantity"] = seen["quantity"]
    row["instrument"] = seen["instrument"]
    row["change"] = change
    row["side"] = seen["side"]
    row["loses_place"] = 0


@entrance
def touched(view, instruments):
    """Write into `instruments` (n, i4) those that may look different, once each; return how many.

    There must be room for all of them.
    """
    counts = view.counts[0]
    count = counts["instruments"]
    for index in range(count):
        instruments[index] = view.instruments[index]
        view.totals[view.instruments[index]]["is_touched"] = 0
    counts["instruments"] = 0
    return count

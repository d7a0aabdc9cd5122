"""Trading at the closing price after the close: in the order of time, whatever the limit.

SSE 2026 rules and SZSE 2026 rules, post-close fixed-price trading.
"""

from engine.kernels import reporting
from engine.kernels.kernel import kernel, rare
from engine.kernels.ladder import half_at, oldest_best, reduce
from engine.kernels.pool import give_back
from engine.kernels.terms import is_beyond
from engine.kernels.trades import trade
from protocol.vocabulary import NONE, CancelReason, Handling, Liquidity, Place, ReportKind, Side


@kernel
def trades_at_close(state, instrument):
    """Say whether orders trade at the closing price now."""
    return state.phases[instrument["phase"]]["handling"] == Handling.FIXED


@kernel
def oldest_fixed(state, index, side):
    return oldest_best(state, state.halves[half_at(Place.FIXED, index, side)])


@kernel
def begin_fixed(state, index, reports):
    """Cancel what the closing price is too bad for, and trade the rest; return whether done."""
    if state.instruments[index]["close"] == 0:
        return True
    for side in range(2):
        if not cancel_worse(state, index, side, reports):
            return False
    return cross_fixed(state, index, Side.BUY, 0, reports)


@kernel
def cancel_worse(state, index, side, reports):
    close = state.instruments[index]["close"]
    slot = oldest_fixed(state, index, side)
    while slot != NONE:
        order = state.orders[slot]
        following = order["newer"]
        if is_beyond(side, close, order["price"]):
            if not reporting.has_room_for(state, reports, 1):
                return False
            quantity = order["leaves"]
            reduce(state, slot, quantity)
            row = reports[reporting.about(state, reports, ReportKind.CANCELED, order, quantity)]
            row["reason"] = CancelReason.WORSE_THAN_CLOSE
            give_back(state, slot)
        slot = following
    return True


@rare
def arrive_fixed(state, command, reports):
    """Let a fixed-price order trade, where it does so on arrival; return whether done."""
    index = command["instrument"]
    if not trades_at_close(state, state.instruments[index]):
        return True
    return cross_fixed(state, index, command["side"], command["client_seq"], reports)


@kernel
def cross_fixed(state, index, first, request_seq, reports):
    """Trade the oldest buy with the oldest sell until one side has none; return whether done.

    Of each trade the side `first` is reported first, as what `request_seq` has caused.
    """
    if state.instruments[index]["close"] == 0:
        return True
    one = oldest_fixed(state, index, first)
    other = oldest_fixed(state, index, 1 - first)
    while one != NONE and other != NONE:
        if not reporting.has_room_for(state, reports, 2):
            return False
        quantity = min(state.orders[one]["leaves"], state.orders[other]["leaves"])
        state.venue[0]["trades"] += 1
        row = fill_fixed(state, one, quantity, reports)
        reports[row]["request_seq"] = request_seq
        fill_fixed(state, other, quantity, reports)
        one = oldest_fixed(state, index, first)
        other = oldest_fixed(state, index, 1 - first)
    return True


@kernel
def fill_fixed(state, slot, quantity, reports):
    order = state.orders[slot]
    close = state.instruments[order["instrument"]]["close"]
    reduce(state, slot, quantity)
    row = trade(state, reports, slot, close, quantity, Liquidity.FIXED_PRICE)
    if order["leaves"] == 0:
        give_back(state, slot)
    return row

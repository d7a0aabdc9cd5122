"""Trades and cancels as they are told: each side of a trade to its order's session."""

from engine.kernels import reporting
from engine.kernels.kernel import kernel
from engine.kernels.stakes import book_trade
from protocol.vocabulary import ReportKind


@kernel
def number_trade(state, index, price):
    """Give the next trade its number; its price is the last one, and the opening price if first."""
    state.venue[0]["trades"] += 1
    instrument = state.instruments[index]
    instrument["last"] = price
    if instrument["open"] == 0:
        instrument["open"] = price


@kernel
def trade(state, reports, slot, price, quantity, liquidity):
    """Book and report one side of the newest trade; return the report's index."""
    order = state.orders[slot]
    book_trade(state, slot, price, quantity)
    index = reporting.about(state, reports, ReportKind.TRADED, order, quantity)
    row = reports[index]
    row["trade_number"] = state.venue[0]["trades"]
    row["price"] = price
    row["liquidity"] = liquidity
    return index


@kernel
def drop(state, reports, order, reason):
    """Cancel what is left of an order that does not rest; return the report's index."""
    quantity = order["leaves"]
    order["leaves"] = 0
    index = reporting.about(state, reports, ReportKind.CANCELED, order, quantity)
    reports[index]["reason"] = reason
    return index

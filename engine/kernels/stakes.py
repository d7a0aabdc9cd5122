"""What an order holds of its account before the book sees it, and how trades are booked.

A buy holds what it could still cost at its price, fees included; a sell holds its shares.  Whatever
changes the order, `rehold` lets its account's funds or holding follow at once.
"""

import numpy as np

from engine.kernels.fees import fees_of
from engine.kernels.holdings import funds_at, get_holding
from engine.kernels.kernel import kernel, rare
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import Side

BUY = int(Side.BUY)
SELL = int(Side.SELL)


@kernel
def need_of(state, account, index, price, quantity, turnover, charged):
    """Return what a buy may still cost: its shares at a price, and what fees are left to pay."""
    rest = np.int64(price) * quantity
    instrument = state.instruments[index]
    rates = state.fees[instrument["fees"]]
    owner = state.accounts[account]
    fees = fees_of(rates, owner, instrument["currency"], BUY, turnover + rest)
    return rest + fees - charged


@kernel
def begin_stake(state, slot, need):
    """Let an accepted order hold what it needs."""
    order = state.orders[slot]
    stake = state.stakes[slot]
    stake["held"] = 0
    stake["turnover"] = 0
    stake["charged"] = 0
    stake["holding"] = get_holding(state, order["account"], order["instrument"])
    state.accounts[order["account"]]["open_orders"] += 1
    hold(state, order, stake, need)


@kernel
def rehold(state, slot):
    """Let what an open order holds follow its price and what is left of it."""
    if not state.venue[0]["with_accounts"]:
        return
    order = state.orders[slot]
    stake = state.stakes[slot]
    hold(state, order, stake, present_need(state, order, stake, order["price"], order["leaves"]))


@kernel
def present_need(state, order, stake, price, quantity):
    """Return what an order holds if it has a price and an open quantity."""
    if order["side"] == Side.SELL:
        return np.int64(quantity)
    return need_of(
        state,
        order["account"],
        order["instrument"],
        price,
        quantity,
        stake["turnover"],
        stake["charged"],
    )


@kernel
def hold(state, order, stake, amount):
    change = amount - stake["held"]
    stake["held"] = amount
    if order["side"] == Side.BUY:
        currency = state.instruments[order["instrument"]]["currency"]
        state.funds[funds_at(order["account"], currency)]["held"] += change
    else:
        state.holdings[stake["holding"]]["held"] += change


@kernel
def end_stake(state, slot):
    """Let an order that is gone hold nothing."""
    if not state.venue[0]["with_accounts"]:
        return
    order = state.orders[slot]
    hold(state, order, state.stakes[slot], np.int64(0))
    state.accounts[order["account"]]["open_orders"] -= 1


@kernel
def book_trade(state, slot, price, quantity):
    """Book an order's side of a trade; what it holds afterwards is less by that."""
    if not state.venue[0]["with_accounts"]:
        return
    order = state.orders[slot]
    stake = state.stakes[slot]
    instrument = state.instruments[order["instrument"]]
    currency = instrument["currency"]
    book_side(
        order,
        stake,
        instrument,
        state.fees[instrument["fees"]],
        state.tallies[currency],
        state.accounts[order["account"]],
        state.funds[funds_at(order["account"], currency)],
        state.holdings[stake["holding"]],
        np.int64(price) * quantity,
        np.int64(quantity),
    )


@rare
def book_side(order, stake, instrument, rates, tally, owner, funds, holding, value, quantity):
    """Pay or receive for a trade of an order, and hold what it still needs.

    A sale is charged no more than it brings; what it still owes is left to the next one.
    """
    side = np.int64(order["side"])
    currency = instrument["currency"]
    stake["turnover"] += value
    owed = fees_of(rates, owner, currency, side, stake["turnover"])
    fees = owed - stake["charged"]
    if side == SELL:
        fees = min(fees, value // UNITS_PER_CENT * UNITS_PER_CENT)
    stake["charged"] += fees
    tally["fees"] += fees
    if side == Side.BUY:
        funds["balance"] -= value + fees
        funds["spent"] += value + fees
        funds["unsettled"] = max(np.int64(0), funds["unsettled"] - value - fees)
        holding["total"] += quantity
        holding["bought"] += quantity if instrument["settlement_days"] > 0 else 0
        holding["cost"] += value + fees
        need = np.int64(0)
        if order["leaves"] > 0:
            rest = np.int64(order["price"]) * order["leaves"]
            need = rest - owed + fees_of(rates, owner, currency, side, stake["turnover"] + rest)
        funds["held"] += need - stake["held"]
        stake["held"] = need
    else:
        funds["balance"] += value - fees
        funds["spent"] -= value - fees
        funds["unsettled"] = max(np.int64(0), funds["unsettled"] + value - fees)
        holding["total"] -= quantity
        holding["cost"] -= value - fees
        holding["held"] -= quantity
        stake["held"] -= quantity

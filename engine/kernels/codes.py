"""An instrument that becomes another one: all that is held of its code is held of the new one."""

import numpy as np

from engine.kernels import reporting
from engine.kernels.holdings import find_holding, get_holding
from engine.kernels.kernel import kernel
from engine.kernels.ladder import half_at
from engine.kernels.ledger import ALL_SHARES, room_in_ledger, write_down
from protocol.vocabulary import NONE, Place, Reject, ReportKind, SharesEntry

PLACES = len(Place)

MOVEMENTS_OF_HOLDER = 2
"""One out of the old instrument, one into the new."""


@kernel
def change_code(state, command, reports):
    """Let all shares of an instrument be shares of another one."""
    reason = check_codes(state, command)
    if reason == Reject.NOTHING:
        reason = check_change(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    holders = 0
    for index in range(state.venue[0]["holdings"]):
        if is_held(state, command, index):
            exchange(state, command, index)
            holders += 1
    announced = reporting.announce(state, reports, ReportKind.CODE_CHANGED, command["instrument"])
    reports[announced]["order_number"] = command["to_instrument"]
    reports[announced]["quantity"] = holders
    return True


@kernel
def check_codes(state, command):
    """Return why one instrument cannot become the other, or NOTHING."""
    count = state.venue[0]["instruments"]
    old, new = command["instrument"], command["to_instrument"]
    if not 0 <= old < count or not 0 <= new < count or old == new:
        return Reject.UNKNOWN_INSTRUMENT
    one, other = state.instruments[old], state.instruments[new]
    if one["depository"] != other["depository"] or one["currency"] != other["currency"]:
        return Reject.CUSTODY_NOT_TRANSFERABLE
    if one["issued"] + other["issued"] > ALL_SHARES:
        return Reject.AMOUNT_TOO_LARGE
    return Reject.NOTHING


@kernel
def check_change(state, command):
    """Return why the shares of all holders cannot change now, or NOTHING."""
    venue = state.venue[0]
    holders = 0
    newcomers = 0
    for index in range(venue["holdings"]):
        if is_held(state, command, index):
            holders += 1
            account = state.holdings[index]["account"]
            newcomers += find_holding(state, account, command["to_instrument"]) == NONE
    if MOVEMENTS_OF_HOLDER * holders > room_in_ledger(state):
        return Reject.LEDGER_EXHAUSTED
    if newcomers > venue["holdings_max"] - venue["holdings"]:
        return Reject.HOLDINGS_EXHAUSTED
    return Reject.ORDERS_ARE_OPEN if has_orders(state, command["instrument"]) else Reject.NOTHING


@kernel
def has_orders(state, instrument):
    """Say whether any order of an instrument is open, wherever it waits."""
    for place in range(PLACES):
        for side in range(2):
            half = state.halves[half_at(place, instrument, side)]
            if half["best"] < half["ticks"]:
                return True
    return False


@kernel
def is_held(state, command, index):
    holding = state.holdings[index]
    return holding["instrument"] == command["instrument"] and holding["total"] > 0


@kernel
def exchange(state, command, index):
    """Let a holding be one of the new instrument."""
    old = state.holdings[index]
    account = np.int64(old["account"])
    new = state.holdings[get_holding(state, account, command["to_instrument"])]
    leave = write_down(state, command, account, SharesEntry.CODE_CHANGE_OUT, old["total"])
    leave["instrument"] = command["instrument"]
    leave["cost"] = old["cost"]
    enter = write_down(state, command, account, SharesEntry.CODE_CHANGE_IN, old["total"])
    enter["instrument"] = command["to_instrument"]
    enter["cost"] = old["cost"]
    state.instruments[command["instrument"]]["issued"] -= old["total"]
    state.instruments[command["to_instrument"]]["issued"] += old["total"]
    new["total"] += old["total"]
    new["bought"] += old["bought"]
    new["frozen_day"] += old["frozen_day"]
    new["frozen_long"] += old["frozen_long"]
    new["pledged"] += old["pledged"]
    new["cost"] += old["cost"]
    old["total"] = 0
    old["bought"] = 0
    old["frozen_day"] = 0
    old["frozen_long"] = 0
    old["pledged"] = 0
    old["cost"] = 0

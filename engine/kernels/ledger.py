"""What moves an account's money and shares besides trading; every movement is kept for the day.

What an entry does is a row of signs (engine/entries.py).  A reversal turns the signs round, once,
and both movements stay.
"""

import numpy as np

from engine.kernels import reporting
from engine.kernels.accounts import answer, check_account, has_asker
from engine.kernels.holdings import (
    available,
    find_holding,
    funds_at,
    get_holding,
    has_holding_or_room,
    sellable,
    withdrawable,
)
from engine.kernels.kernel import kernel
from engine.kernels.proposals import check_second, settle_proposal
from protocol.bounds import FUNDS_MAX, SHARES_MAX
from protocol.vocabulary import NONE, AccountStatus, CommandKind, Reject, ReportKind

ALL_FUNDS = 6 * 10**18
ALL_CREDIT = 10**18
ALL_COST = 10**18
ALL_SHARES = 10**15
"""Most that there may be of a currency, of credit in it, and of shares of an instrument."""


@kernel
def move_funds(state, command, reports):
    """Move money of an account into, out of, or between its parts."""
    entry = state.funds_entries[command["entry"]]
    reason = check_movement(state, command, entry["withdraws"], FUNDS_MAX)
    if reason == Reject.NOTHING and not can_move_funds(state, command, entry):
        reason = Reject.INSUFFICIENT_FUNDS
    if reason == Reject.NOTHING:
        reason = check_second(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    settle_proposal(state, command)
    funds = state.funds[funds_at(command["account"], command["currency"])]
    amount = signed(command)
    funds["balance"] += entry["balance"] * amount
    funds["frozen_day"] += entry["frozen_day"] * amount
    funds["frozen_long"] += entry["frozen_long"] * amount
    funds["credit"] += entry["credit"] * amount
    funds["unsettled"] = max(np.int64(0), funds["unsettled"] + entry["unsettled"] * amount)
    state.tallies[command["currency"]]["outside"] += entry["balance"] * amount
    movement = keep(state, command)
    movement["instrument"] = NONE
    movement["currency"] = command["currency"]
    if has_asker(command):
        row = answer(state, command, ReportKind.FUNDS_MOVED, reports)
        row["order_number"] = funds["balance"]
        row["side"] = command["currency"]
        row["reason"] = command["entry"]
    return True


@kernel
def signed(command):
    """Return the amount of a movement, turned round where it reverses one."""
    return -command["amount"] if command["reverses"] != 0 else command["amount"]


@kernel
def can_move_funds(state, command, entry):
    """Say whether nothing would be less than nothing, and nothing leaves that came today."""
    funds = state.funds[funds_at(command["account"], command["currency"])]
    amount = signed(command)
    if entry["withdraws"] and command["reverses"] == 0 and amount > withdrawable(funds):
        return False
    parts = entry["balance"] + entry["credit"] - entry["frozen_day"] - entry["frozen_long"]
    change = parts * amount
    return (
        funds["frozen_day"] + entry["frozen_day"] * amount >= 0
        and funds["frozen_long"] + entry["frozen_long"] * amount >= 0
        and funds["credit"] + entry["credit"] * amount >= 0
        and (change >= 0 or available(funds) + change >= 0)
    )


@kernel
def move_shares(state, command, reports):
    """Move shares of an account in, out, or between the parts of its holding."""
    entry = state.shares_entries[command["entry"]]
    reason = check_shares(state, command, entry)
    if reason == Reject.NOTHING:
        reason = check_second(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    index = get_holding(state, command["account"], command["instrument"])
    holding = state.holdings[index]
    amount = signed(command)
    cost = -command["cost"] if command["reverses"] != 0 else command["cost"]
    settle_proposal(state, command)
    holding["total"] += entry["total"] * amount
    holding["frozen_day"] += entry["frozen_day"] * amount
    holding["frozen_long"] += entry["frozen_long"] * amount
    holding["pledged"] += entry["pledged"] * amount
    holding["cost"] += entry["total"] * cost
    state.instruments[command["instrument"]]["issued"] += entry["total"] * amount
    movement = keep(state, command)
    movement["instrument"] = command["instrument"]
    movement["cost"] = command["cost"]
    if has_asker(command):
        row = answer(state, command, ReportKind.SHARES_MOVED, reports)
        row["order_number"] = holding["total"]
        row["instrument"] = command["instrument"]
        row["reason"] = command["entry"]
    return True


@kernel
def check_shares(state, command, entry):
    """Return why the shares cannot be moved so, or NOTHING."""
    if not 0 <= command["instrument"] < state.venue[0]["instruments"]:
        return Reject.UNKNOWN_INSTRUMENT
    reason = check_movement(state, command, 0, SHARES_MAX)
    if reason != Reject.NOTHING:
        return reason
    if not can_move_shares(state, command, entry):
        return Reject.INSUFFICIENT_SHARES
    if not has_holding_or_room(state, command["account"], command["instrument"]):
        return Reject.HOLDINGS_EXHAUSTED
    return Reject.NOTHING


@kernel
def can_move_shares(state, command, entry):
    """Say whether nothing would be less than nothing."""
    index = find_holding(state, command["account"], command["instrument"])
    amount = signed(command)
    parts = entry["total"] - entry["frozen_day"] - entry["frozen_long"] - entry["pledged"]
    change = parts * amount
    if index == NONE:
        return change >= 0 and entry["total"] * amount > 0
    holding = state.holdings[index]
    return (
        holding["frozen_day"] + entry["frozen_day"] * amount >= 0
        and holding["frozen_long"] + entry["frozen_long"] * amount >= 0
        and holding["pledged"] + entry["pledged"] * amount >= 0
        and (change >= 0 or sellable(holding) + change >= 0)
    )


@kernel
def check_movement(state, command, withdraws, most):
    """Return why nothing of this kind can be moved so, or NOTHING."""
    reason = check_account(state, command)
    if reason != Reject.NOTHING:
        return reason
    status = state.accounts[command["account"]]["status"]
    is_reversal = command["reverses"] != 0
    if withdraws and not is_reversal and status != AccountStatus.NORMAL:
        return Reject.ACCOUNT_NOT_NORMAL
    if command["amount"] <= 0:
        return Reject.AMOUNT_NOT_POSITIVE
    is_of_shares = command["kind"] == CommandKind.MOVE_SHARES
    if command["amount"] > most:
        return Reject.AMOUNT_TOO_LARGE
    if is_of_shares and not -FUNDS_MAX <= command["cost"] <= FUNDS_MAX:
        return Reject.AMOUNT_TOO_LARGE
    if is_uncountable(state, command):
        return Reject.AMOUNT_TOO_LARGE
    if is_reversal and find_movement(state, command) == NONE:
        return Reject.NOTHING_TO_REVERSE
    if room_in_ledger(state) < 1:
        return Reject.LEDGER_EXHAUSTED
    return Reject.NOTHING


@kernel
def is_uncountable(state, command):
    """Say whether the venue would then have more than 64 bits can safely count."""
    if command["kind"] == CommandKind.MOVE_SHARES:
        issued = state.instruments[command["instrument"]]["issued"]
        return issued > ALL_SHARES - command["amount"] or has_cost_beyond(state, command)
    amount = command["amount"]
    credit = state.funds[funds_at(command["account"], command["currency"])]["credit"]
    outside = state.tallies[command["currency"]]["outside"]
    return outside > ALL_FUNDS - amount or credit > ALL_CREDIT - amount


@kernel
def room_in_ledger(state):
    """Return how many movements may still be written down today."""
    return state.venue[0]["movements_max"] - state.venue[0]["movements"]


@kernel
def has_cost_beyond(state, command):
    """Say whether a holding might then have cost more than can be counted, up or down."""
    if command["cost"] == 0:
        return False
    index = find_holding(state, command["account"], command["instrument"])
    cost = np.int64(0) if index == NONE else state.holdings[index]["cost"]
    return abs(cost) > ALL_COST - abs(command["cost"])


@kernel
def find_movement(state, command):
    """Return the place of the movement that a reversal names, NONE where it cannot be reversed.

    A command that moves much at once makes several movements of one sequence.
    """
    first = 0
    end = state.venue[0]["movements"]
    while first < end:
        middle = (first + end) // 2
        if state.movements[middle]["sequence"] < command["reverses"]:
            first = middle + 1
        else:
            end = middle
    for place in range(first, state.venue[0]["movements"]):
        if state.movements[place]["sequence"] != command["reverses"]:
            break
        if is_the_same(state.movements[place], command):
            return place
    return NONE


@kernel
def is_the_same(movement, command):
    """Say whether a movement is what a reversal repeats, and still stands."""
    is_of_shares = command["kind"] == CommandKind.MOVE_SHARES
    if is_of_shares:
        is_thing = movement["instrument"] == command["instrument"]
        is_thing = is_thing and movement["cost"] == command["cost"]
    else:
        is_thing = movement["instrument"] == NONE and movement["currency"] == command["currency"]
    return (
        is_thing
        and movement["account"] == command["account"]
        and movement["entry"] == command["entry"]
        and movement["amount"] == command["amount"]
        and not movement["is_reversal"]
        and not movement["is_reversed"]
    )


@kernel
def keep(state, command):
    """Write down what a command has moved; a movement that it reverses is marked."""
    is_reversal = command["reverses"] != 0
    if is_reversal:
        state.movements[find_movement(state, command)]["is_reversed"] = 1
    movement = write_down(state, command, command["account"], command["entry"], command["amount"])
    movement["is_reversal"] = is_reversal
    movement["grounds"] = command["grounds"]
    return movement


@kernel
def write_down(state, command, account, entry, amount):
    """Begin the next movement; the caller says of what, in the ledger's room."""
    venue = state.venue[0]
    movement = state.movements[venue["movements"]]
    venue["movements"] += 1
    movement["sequence"] = venue["sequence"]
    movement["client_seq"] = command["client_seq"]
    movement["account"] = account
    movement["entry"] = entry
    movement["amount"] = amount
    return movement

"""Shares that leave for another firm's unit."""

import numpy as np

from engine.kernels import reporting
from engine.kernels.accounts import answer, check_account, has_asker
from engine.kernels.holdings import find_holding, sellable
from engine.kernels.kernel import kernel
from engine.kernels.ledger import room_in_ledger, write_down
from protocol.bounds import SHARES_MAX
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    AccountStatus,
    Market,
    Reject,
    ReportKind,
    SharesEntry,
)


@kernel
def transfer_custody(state, command, reports):
    """Move the shares of one holding, or of all, out to another unit; return whether done.

    Only what may be sold may go, and nothing of the Shanghai exchange, where shares follow the
    broker that their holder designates.
    """
    if command["instrument"] == EVERY_INSTRUMENT:
        return transfer_all(state, command, reports)
    reason = check_transfer(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    index = find_holding(state, command["account"], command["instrument"])
    transfer(state, command, index, leaving(state, command, index), reports)
    return True


@kernel
def transfer_all(state, command, reports):
    """Move all that may leave, holding by holding; return whether done."""
    venue = state.venue[0]
    if not venue["has_begun"]:
        reason = check_transfer_of_all(state, command)
        if reason != Reject.NOTHING:
            return reporting.refuse(state, reports, command, reason)
        venue["has_begun"] = 1
        venue["cursor"] = state.owners[command["account"]]["first_holding"]
    while venue["cursor"] != NONE:
        if not reporting.has_room_for(state, reports, 1):
            return False
        index = np.int64(venue["cursor"])
        if may_leave(state, index):
            transfer(state, command, index, sellable(state.holdings[index]), reports)
        venue["cursor"] = state.following[index]
    venue["has_begun"] = 0
    return True


@kernel
def check_owner(state, command):
    """Return why shares may not leave the account, or NOTHING."""
    reason = check_account(state, command)
    if reason != Reject.NOTHING:
        return reason
    if state.accounts[command["account"]]["status"] != AccountStatus.NORMAL:
        return Reject.ACCOUNT_NOT_NORMAL
    return Reject.NOTHING


@kernel
def check_transfer(state, command):
    """Return why the shares of one instrument cannot leave, or NOTHING."""
    if not 0 <= command["instrument"] < state.venue[0]["instruments"]:
        return Reject.UNKNOWN_INSTRUMENT
    reason = check_owner(state, command)
    if reason != Reject.NOTHING:
        return reason
    if state.instruments[command["instrument"]]["market"] == Market.SSE:
        return Reject.CUSTODY_NOT_TRANSFERABLE
    if command["amount"] < 0:
        return Reject.AMOUNT_NOT_POSITIVE
    if command["amount"] > SHARES_MAX:
        return Reject.AMOUNT_TOO_LARGE
    if room_in_ledger(state) < 1:
        return Reject.LEDGER_EXHAUSTED
    index = find_holding(state, command["account"], command["instrument"])
    if index == NONE:
        return Reject.INSUFFICIENT_SHARES
    amount = leaving(state, command, index)
    has = sellable(state.holdings[index])
    return Reject.INSUFFICIENT_SHARES if amount > has or amount <= 0 else Reject.NOTHING


@kernel
def check_transfer_of_all(state, command):
    """Return why the shares of an account cannot leave, or NOTHING."""
    reason = check_owner(state, command)
    if reason != Reject.NOTHING:
        return reason
    count = 0
    index = state.owners[command["account"]]["first_holding"]
    while index != NONE:
        count += 1 if may_leave(state, index) else 0
        index = state.following[index]
    if count > room_in_ledger(state):
        return Reject.LEDGER_EXHAUSTED
    return Reject.NOTHING if count > 0 else Reject.INSUFFICIENT_SHARES


@kernel
def leaving(state, command, index):
    """Return how many shares of a holding are asked for; 0 stands for all that may be sold."""
    return command["amount"] if command["amount"] > 0 else sellable(state.holdings[index])


@kernel
def may_leave(state, index):
    holding = state.holdings[index]
    market = state.instruments[holding["instrument"]]["market"]
    return market != Market.SSE and sellable(holding) > 0


@kernel
def transfer(state, command, index, amount, reports):
    """Take shares off a holding, and what they have cost by its average."""
    holding = state.holdings[index]
    cost = holding["cost"]
    if amount < holding["total"]:
        cost = cost // holding["total"] * amount
    holding["total"] -= amount
    holding["cost"] -= cost
    instrument = np.int64(holding["instrument"])
    state.instruments[instrument]["issued"] -= amount
    movement = write_down(state, command, holding["account"], SharesEntry.CUSTODY_OUT, amount)
    movement["instrument"] = instrument
    movement["cost"] = cost
    if has_asker(command):
        row = answer(state, command, ReportKind.SHARES_MOVED, reports)
        row["order_number"] = holding["total"]
        row["instrument"] = instrument
        row["reason"] = SharesEntry.CUSTODY_OUT

"""Interest on the money of accounts: it accrues every night, and is paid when it is capitalised.

A year has 360 days.  What accrues is kept exactly, so however the rate changes meanwhile, only the
payment is rounded, half up to the cent.
"""

import numpy as np

from engine.kernels import reporting
from engine.kernels.accounts import CURRENCIES, answer, check_account, has_asker, is_open
from engine.kernels.fees import round_to_cent
from engine.kernels.holdings import funds_at
from engine.kernels.kernel import kernel
from engine.kernels.ledger import ALL_FUNDS, room_in_ledger, write_down
from engine.kernels.rights import reach_of
from protocol.bounds import INTEREST_DAYS_MAX, INTEREST_RATE_MAX, INTEREST_YEAR
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    NONE,
    AccountStatus,
    FundsEntry,
    Reach,
    Reject,
    ReportKind,
)

TOO_MUCH = ALL_FUNDS + 1
"""Stands for every sum that is more than can be paid, lest a larger one not fit 64 bits."""


@kernel
def define_interest(state, command, reports):
    """Say what tonight's balances in a currency earn, and for how many days."""
    is_rate = 0 <= command["interest_rate"] <= INTEREST_RATE_MAX
    if not is_rate or not 1 <= command["days"] <= INTEREST_DAYS_MAX:
        return reporting.refuse(state, reports, command, Reject.LISTING_OUT_OF_BOUNDS)
    tally = state.tallies[command["currency"]]
    tally["interest_rate"] = command["interest_rate"]
    tally["days"] = command["days"]
    return True


@kernel
def bring_interest(state, command, reports):
    """Let an account begin with what has accrued before."""
    if not is_open(state, command["account"]):
        return reporting.refuse(state, reports, command, Reject.UNKNOWN_ACCOUNT)
    accrual = state.accruals[funds_at(command["account"], command["currency"])]
    accrual["product"] = command["product"]
    accrual["accrued"] = command["accrued"]
    accrual["rest"] = command["rest"]
    return True


@kernel
def accrue(state):
    """Let the balances of all accounts earn what they do until the next day."""
    for number in range(state.venue[0]["accounts_max"]):
        if state.accounts[number]["status"] == AccountStatus.NONE:
            continue
        for currency in range(CURRENCIES):
            index = funds_at(number, currency)
            tally = state.tallies[currency]
            if tally["days"] > 0 and state.funds[index]["balance"] > 0:
                earn(state.accruals[index], state.funds[index]["balance"], tally)


@kernel
def earn(accrual, balance, tally):
    """Add a night's interest, whole and rest, without overflow."""
    days = np.int64(tally["days"])
    times = days * tally["interest_rate"]
    cents, rest = balance // UNITS_PER_CENT, balance % UNITS_PER_CENT
    accrual["product"] += cents * days + rest * days // UNITS_PER_CENT
    parts = balance % INTEREST_YEAR * times + accrual["rest"]
    accrual["accrued"] += balance // INTEREST_YEAR * times + parts // INTEREST_YEAR
    accrual["rest"] = parts % INTEREST_YEAR


@kernel
def interest_of(state, number, currency):
    """Return the interest that would be paid now; its rest is too little to change the cents."""
    return round_to_cent(state.accruals[funds_at(number, currency)]["accrued"])


@kernel
def has_interest(state, number, currency):
    """Say whether an open account would be paid interest now."""
    return is_open(state, number) and interest_of(state, number, currency) > 0


@kernel
def capitalise(state, command, reports):
    """Pay the interest of an account, or of all, and begin anew."""
    if command["account"] == EVERY_ACCOUNT and reach_of(state, command) == Reach.EVERY:
        return capitalise_all(state, command, reports)
    number = np.int64(command["account"])
    currency = command["currency"]
    reason = check_account(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    due = interest_of(state, number, currency)
    reason = check_payment(state, currency, 1 if due > 0 else 0, due)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    pay(state, command, number)
    balance = state.funds[funds_at(number, currency)]["balance"]
    return tell_paid(state, command, 0, balance, reports)


@kernel
def capitalise_all(state, command, reports):
    """Pay the interest of all accounts, or of none where that is too much."""
    currency = command["currency"]
    count = 0
    total = np.int64(0)
    for number in range(state.venue[0]["accounts_max"]):
        if has_interest(state, number, currency):
            count += 1
            total = min(total + interest_of(state, number, currency), TOO_MUCH)
    reason = check_payment(state, currency, count, total)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    for number in range(state.venue[0]["accounts_max"]):
        if has_interest(state, number, currency):
            pay(state, command, number)
    return tell_paid(state, command, count, total, reports)


@kernel
def tell_paid(state, command, count, money, reports):
    """Tell who asked the account's balance, or of all accounts how many were paid, and how much."""
    if has_asker(command):
        row = answer(state, command, ReportKind.FUNDS_MOVED, reports)
        row["side"] = command["currency"]
        row["reason"] = FundsEntry.INTEREST
        row["quantity"] = count
        row["order_number"] = money
    return True


@kernel
def check_payment(state, currency, count, total):
    """Return why so many accounts cannot be paid so much, or NOTHING."""
    if count == 0:
        return Reject.AMOUNT_NOT_POSITIVE
    outside = max(np.int64(0), state.tallies[currency]["outside"])
    if outside > ALL_FUNDS - total:
        return Reject.AMOUNT_TOO_LARGE
    if count > room_in_ledger(state):
        return Reject.LEDGER_EXHAUSTED
    return Reject.NOTHING


@kernel
def pay(state, command, number):
    currency = command["currency"]
    amount = interest_of(state, number, currency)
    index = funds_at(number, currency)
    state.funds[index]["balance"] += amount
    state.tallies[currency]["outside"] += amount
    accrual = state.accruals[index]
    accrual["product"] = 0
    accrual["accrued"] = 0
    accrual["rest"] = 0
    movement = write_down(state, command, number, FundsEntry.INTEREST, amount)
    movement["instrument"] = NONE
    movement["currency"] = currency

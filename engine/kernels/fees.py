"""What an order is charged: each item of its whole turnover, rounded half up to the cent.

The items and their rounding: docs/market-rules.md.  A fill is charged what its order owes by now
and has not paid yet, so that minimum and rounding are those of the order, however it fills.
"""

import numpy as np

from engine.kernels.kernel import kernel, rare
from engine.kernels.seldom import seldom
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import Currency, Side

RATES_OF_CENT = 10_000_000_000
"""A cent over a rate of 1e-8, in units of 1/10000."""

TURNOVER_SIMPLE = 1 << 42
"""Below this, a turnover times the highest rate fits 64 bits with room for rounding."""


@kernel
def share_of(turnover, rate):
    """Return `rate` (1e-8) of a turnover, rounded half up to the cent, without overflow."""
    if not seldom(turnover >= TURNOVER_SIMPLE):
        return (turnover * rate + RATES_OF_CENT // 2) // RATES_OF_CENT * UNITS_PER_CENT
    whole = turnover // RATES_OF_CENT
    rest = turnover % RATES_OF_CENT
    return (whole * rate + (rest * rate + RATES_OF_CENT // 2) // RATES_OF_CENT) * UNITS_PER_CENT


@kernel
def round_to_cent(amount):
    """Return an amount of 0 or more rounded half up to whole cents."""
    return (amount + UNITS_PER_CENT // 2) // UNITS_PER_CENT * UNITS_PER_CENT


@rare
def fees_of(fees, account, currency, side, turnover):
    """Return all that an order owes for a turnover.

    `fees` and `account` are a FEES and an ACCOUNT row.
    """
    if turnover == 0:
        return np.int64(0)
    owed = commission_of(account, currency, turnover)
    owed += share_of(turnover, fees["transfer_rate"])
    owed += settlement_fee(fees, turnover)
    if not account["commission_includes"]:
        owed += share_of(turnover, fees["handling_rate"])
        owed += share_of(turnover, fees["regulatory_rate"])
    if side == Side.BUY:
        return owed + share_of(turnover, fees["stamp_buy_rate"])
    return owed + share_of(turnover, fees["stamp_sell_rate"])


@kernel
def commission_of(account, currency, turnover):
    least = np.int64(account["commission_min"])
    if currency != Currency.CNY:
        least = np.int64(account["commission_min_foreign"])
    return max(least, share_of(turnover, account["commission_rate"]))


@kernel
def settlement_fee(fees, turnover):
    fee = share_of(turnover, fees["settlement_rate"])
    return min(fee, np.int64(fees["settlement_cap"])) if fees["settlement_cap"] > 0 else fee

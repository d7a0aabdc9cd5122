"""The rows of a closed day: fills, and what they make of shares and money on both levels.

Prices and amounts are in 1/10000 of the row's currency, quantities in shares, times in ns since
1970 UTC, dates are numbers like 20260302.  A day without accounts has fills alone.
"""

from enum import IntEnum

import numpy as np


class Movement(IntEnum):
    """Why shares have moved: by trading, or by one of SharesEntry, whose numbers these are."""

    SHARES_IN = 1
    SHARES_OUT = 2
    CUSTODY_IN = 3
    CUSTODY_OUT = 4
    BONUS = 11
    RIGHTS = 12
    CODE_CHANGE_OUT = 13
    CODE_CHANGE_IN = 14
    BOUGHT = 32
    SOLD = 33


BELONGS = [("market", "i1"), ("currency", "i1"), ("product", "i1")]
"""To what a row belongs; the product is the Permission that an account needs to trade it."""

FILL = np.dtype(
    [
        ("order_number", "<i8"),
        ("turnover", "<i8"),
        ("order_time", "<i8"),
        ("trade_time", "<i8"),
        ("fees", "<i8"),
        ("handling", "<i8"),
        ("regulatory", "<i8"),
        ("settlement", "<i8"),
        ("transfer", "<i8"),
        ("stamp", "<i8"),
        ("business_date", "<i4"),
        ("settle_date", "<i4"),
        ("trade_number", "<i4"),
        ("account", "<i4"),
        ("firm", "<i4"),
        ("branch", "<i4"),
        ("price", "<i4"),
        ("quantity", "<i4"),
        ("client_seq", "<i4"),
        ("code", "S6"),
        ("trading_unit", "S6"),
        *BELONGS,
        ("side", "i1"),
        ("liquidity", "i1"),
    ]
)
"""One order's side of a trade.  The turnover is rounded half up to whole cents.  `fees` is what the
account was charged, the items behind it are what its firm passes on; all are 0, as the date of
settlement is, on a day without accounts."""

CHANGE = np.dtype(
    [
        ("quantity", "<i8"),
        ("amount", "<i8"),
        ("business_date", "<i4"),
        ("settle_date", "<i4"),
        ("number", "<i4"),
        ("account", "<i4"),
        ("firm", "<i4"),
        ("branch", "<i4"),
        ("code", "S6"),
        ("trading_unit", "S6"),
        *BELONGS,
        ("movement", "i1"),
    ]
)
"""A movement of shares, signed, and of the money that goes with it, signed too; `settle_date` is
when the shares are settled.  The day's trades are one row for all that an account bought of a
security and one for all that it sold."""

BALANCE = np.dtype(
    [
        ("before", "<i8"),
        ("bought", "<i8"),
        ("sold", "<i8"),
        ("other", "<i8"),
        ("total", "<i8"),
        ("frozen", "<i8"),
        ("pledged", "<i8"),
        ("cost", "<i8"),
        ("business_date", "<i4"),
        ("account", "<i4"),
        ("firm", "<i4"),
        ("branch", "<i4"),
        ("code", "S6"),
        ("trading_unit", "S6"),
        *BELONGS,
    ]
)
"""A holding at the end of the day: before + bought - sold + other = total."""

MONEY = np.dtype(
    [
        ("fills", "<i8"),
        ("quantity_bought", "<i8"),
        ("quantity_sold", "<i8"),
        ("bought", "<i8"),
        ("sold", "<i8"),
        ("handling", "<i8"),
        ("regulatory", "<i8"),
        ("settlement", "<i8"),
        ("transfer", "<i8"),
        ("stamp", "<i8"),
        ("net", "<i8"),
        ("business_date", "<i4"),
        ("settle_date", "<i4"),
        ("firm", "<i4"),
        *BELONGS,
    ]
)
"""What a firm has to pay or to receive on a date of settlement: net is sold - bought - the five."""

FUNDS = np.dtype(
    [
        ("before", "<i8"),
        ("bought", "<i8"),
        ("sold", "<i8"),
        ("fees", "<i8"),
        ("other", "<i8"),
        ("balance", "<i8"),
        ("frozen", "<i8"),
        ("business_date", "<i4"),
        ("account", "<i4"),
        ("firm", "<i4"),
        ("branch", "<i4"),
        ("currency", "i1"),
    ]
)
"""An account's money at the end of the day: before - bought + sold - fees + other = balance."""

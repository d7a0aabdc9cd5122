"""What each account has bought, and has sold, of each security: a day's fills, added up once.

They are far fewer than the fills, and both levels of clearing are sums of them.
"""

import numpy as np

from engine.clearing.charges import PARTICIPANT
from engine.clearing.closed_day import ClosedDay
from engine.clearing.sums import Groups
from protocol.vocabulary import Side

DEALING = np.dtype(
    [
        ("fills", "<i8"),
        ("quantity", "<i8"),
        ("value", "<i8"),
        ("fees", "<i8"),
        *((item, "<i8") for item in PARTICIPANT),
        ("account", "<i4"),
        ("instrument", "<i4"),
        ("side", "i1"),
    ]
)
"""The value is price x quantity, the fees are the account's, the items behind them its firm's."""


def dealings(day: ClosedDay, fills: np.ndarray) -> np.ndarray:
    """Return a DEALING row for each account, instrument and side of the fills, in this order.

    `fills` are all FILL rows of the day, with what they cost.
    """
    groups = Groups(day.key(day.traded) * len(Side) + fills["side"])
    rows = np.zeros(len(groups.keys), DEALING)
    holdings, rows["side"] = np.divmod(groups.keys, len(Side))
    rows["account"], rows["instrument"] = np.divmod(holdings, day.stride)
    rows["fills"] = groups.sum(np.int64(1))
    rows["value"] = groups.sum(value_of(fills))
    for name in ("quantity", "fees", *PARTICIPANT):
        rows[name] = groups.sum(fills[name])
    return rows


def value_of(fills: np.ndarray) -> np.ndarray:
    """Return price x quantity of FILL rows, which their turnover is rounded from."""
    return fills["price"].astype(np.int64) * fills["quantity"]

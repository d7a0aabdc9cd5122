"""What each account has bought, and has sold, of each security: a day's fills, added up once.

They are far fewer than the fills, and both levels of clearing are sums of them.
"""

import numpy as np

from engine.clearing.closed_day import ClosedDay
from engine.kernels.fills import DEALING, add_up
from protocol.vocabulary import Side


def dealings(day: ClosedDay, fills: np.ndarray, instruments: np.ndarray) -> np.ndarray:
    """Return a DEALING row for each account, instrument and side of the fills, in this order.

    `fills` are all FILL rows of the day, with what they cost, `instruments` those of each.
    """
    held = day.state.holdings[: day.state.venue[0]["holdings"]]
    rows = np.zeros((len(held), len(Side)), DEALING)
    rows["account"], rows["instrument"] = held["account"][:, None], held["instrument"][:, None]
    rows["side"] = list(Side)
    add_up(day.state, rows.reshape(-1), fills, instruments)
    rows = rows[np.argsort(day.key(held))].reshape(-1)
    return rows[rows["fills"] > 0]


def value_of(fills: np.ndarray) -> np.ndarray:
    """Return price x quantity of FILL rows, which their turnover is rounded from."""
    return fills["price"].astype(np.int64) * fills["quantity"]

"""What each account has bought, and has sold, of each security: a day's fills, added up once.

They are far fewer than the fills, and both levels of clearing are sums of them.
"""

import numpy as np

from engine.clearing.closed_day import ClosedDay
from engine.kernels.fills import DEALING, add_up
from protocol.vocabulary import Side


class Dealings:
    """Adds up fills: two DEALING rows for each holding of the day."""

    def __init__(self, day: ClosedDay) -> None:
        self.day = day
        self.held = day.state.holdings[: day.state.venue[0]["holdings"]]
        self.of_holding = np.zeros((len(self.held), len(Side)), DEALING)
        for name in ("account", "instrument"):
            self.of_holding[name] = self.held[name][:, None]
        self.of_holding["side"] = list(Side)

    def add(self, fills: np.ndarray, instruments: np.ndarray) -> None:
        """Add FILL rows, with what they cost; `instruments` (n, i4) has that of each."""
        add_up(self.day.state, self.of_holding.reshape(-1), fills, instruments)

    def rows(self) -> np.ndarray:
        """Return those that have fills, by account, instrument and side."""
        rows = self.of_holding[np.argsort(self.day.key(self.held))].reshape(-1)
        return rows[rows["fills"] > 0]


def value_of(fills: np.ndarray) -> np.ndarray:
    """Return price x quantity of FILL rows, which their turnover is rounded from."""
    return fills["price"].astype(np.int64) * fills["quantity"]

"""The numbers that a venue gives to a flow's orders, learnt from its reports."""

import numpy as np

from bench.workload import Flow
from protocol.vocabulary import NONE, ReportKind


class Numbers:
    """The order numbers that the venue has reported, by session and client_seq; 0 for none."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        sessions, last = (int(flow.rows[name].max()) + 1 for name in ("session", "client_seq"))
        self.given = np.zeros((sessions, last), np.int64)

    def learn(self, reports: np.ndarray) -> None:
        """Keep the numbers in REPORT rows."""
        accepted = reports[reports["kind"] == ReportKind.ACCEPTED]
        self.given[accepted["session"], accepted["client_seq"]] = accepted["order_number"]

    def rows(self, places: np.ndarray) -> np.ndarray:
        """Return the flow's rows at `places`, cancels with the numbers of their orders."""
        rows = self.flow.rows.take(places)
        targets = self.flow.targets[places]
        is_cancel = targets != NONE
        entered = self.flow.rows.take(targets[is_cancel])
        rows["order_number"][is_cancel] = self.given[entered["session"], entered["client_seq"]]
        return rows

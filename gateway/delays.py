"""The orders that wait for their time, because their account sends too many requests."""

from heapq import heappop, heappush

import numpy as np

from gateway.timetable import NEVER
from protocol.records import COMMAND
from protocol.units import MILLISECOND, RATE_STEP
from protocol.vocabulary import CommandKind, ReportKind


class Delays:
    """When each of the delayed orders is to be released; of one time, the older order first."""

    def __init__(self) -> None:
        self.waiting: set[int] = set()
        self.queue: list[tuple[int, int]] = []

    def learn(self, reports: np.ndarray) -> None:
        """Take notice of REPORT rows: orders are delayed in them, released, or canceled."""
        for report in reports[reports["kind"] == ReportKind.ORDER_DELAYED]:
            self.waiting.add(int(report["order_number"]))
            heappush(self.queue, (due_time(report), int(report["order_number"])))
        if self.waiting:
            self.waiting.difference_update(reports["order_number"][waits_no_more(reports)].tolist())
        self.skip()

    def skip(self) -> None:
        """Pass over what waits no more."""
        while self.queue and self.queue[0][1] not in self.waiting:
            heappop(self.queue)

    @property
    def next_time(self) -> int:
        """When the next order is to be released."""
        return self.queue[0][0] if self.queue else NEVER

    def pop(self) -> np.ndarray:
        """Return the COMMAND row that releases the next order, and be done with it."""
        _, number = heappop(self.queue)
        self.waiting.remove(number)
        self.skip()
        row = np.zeros(1, COMMAND)
        row["kind"] = CommandKind.RELEASE_ORDER
        row["order_number"] = number
        return row

    def clear(self) -> None:
        """Release no more orders."""
        self.waiting.clear()
        self.queue.clear()


def due_time(report: np.void) -> int:
    """Return when an order may go: with its step, but behind a phase that begins with that."""
    told = int(report["time"]) + int(report["trade_number"]) * MILLISECOND
    return told // RATE_STEP * RATE_STEP + 1


def waits_no_more(reports: np.ndarray) -> np.ndarray:
    """Return which REPORT rows say of an order that it arrives, or is gone."""
    is_gone = (reports["kind"] == ReportKind.CANCELED) & (reports["leaves"] == 0)
    return is_gone | (reports["kind"] == ReportKind.RELEASED)

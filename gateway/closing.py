"""The closing prices, fixed as soon as trading is over.

They come from what the report streams keep: these are there in every journal mode, and whole once
the reports of the closing auction have been released.
"""

import logging

import numpy as np

from engine.clearing.prices import fix_closes, meant_by
from gateway.streams import Streams
from protocol.vocabulary import Phase, ReportKind, Side

log = logging.getLogger("cuohe")


class Closing:
    """The instruments that have entered POST_CLOSE and have no closing price yet."""

    def __init__(self, listings: np.ndarray, streams: Streams) -> None:
        """Close the instruments of these LISTED rows."""
        self.listings = listings
        self.streams = streams
        self.lacks_close = np.zeros(len(listings), bool)
        self.is_due = False

    def learn(self, report: np.void) -> None:
        """Take notice of a PHASE_CHANGED or CLOSE_FIXED report."""
        if report["kind"] == ReportKind.PHASE_CHANGED:
            instruments = meant_by(report, self.listings)
            self.lacks_close[instruments] = report["reason"] == Phase.POST_CLOSE
        else:
            self.lacks_close[report["instrument"]] = False
        self.is_due = bool(self.lacks_close.any())

    def take(self) -> np.ndarray:
        """Return the FIX_CLOSE rows that are due."""
        instruments = np.flatnonzero(self.lacks_close)
        log.info("FIX_CLOSE of %d instruments", len(instruments))
        rows = fix_closes(self.listings, self.told(), instruments)
        self.clear()
        return rows

    def told(self) -> np.ndarray:
        """Return the day's phase changes and the buyers' trades, in the order of commands."""
        return self.streams.where(tells_of_prices)

    def clear(self) -> None:
        """Fix no more closing prices."""
        self.lacks_close[:] = False
        self.is_due = False


def tells_of_prices(reports: np.ndarray) -> np.ndarray:
    """Say which REPORT rows are phase changes or buyers' trades."""
    is_trade = (reports["kind"] == ReportKind.TRADED) & (reports["side"] == Side.BUY)
    return is_trade | (reports["kind"] == ReportKind.PHASE_CHANGED)

"""What everyone may see of a venue, kept up with its reports: a view beside the state.

No account, no session, nothing hidden and nothing that waits outside the book gets into it.
Prices are in 1/10000 of the currency unit, quantities in shares.
"""

from typing import NamedTuple

import numpy as np

from engine.kernels import (
    LEVEL_CHANGE,
    ORDER_CHANGE,
    PRICED,
    TRADE,
    allocate_view,
    indicatives,
    level_changes,
    orders_in_turn,
    settle,
    touched,
    watch,
)
from engine.questions import Indicative
from engine.venue import Venue
from protocol.market import Status, Totals
from protocol.vocabulary import Hold, Phase

SIDES = 2


class Changes(NamedTuple):
    """What has come of the commands since the last settling.

    `trades` are TRADE rows and `orders` ORDER_CHANGE rows, in order; `instruments` are those that
    may look different, and `of_status` those of another status.
    """

    trades: np.ndarray
    orders: np.ndarray
    instruments: np.ndarray
    of_status: np.ndarray
    ends_day: bool


class PublicBook:
    """The view of a venue; every report must come through `watch`, once."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.state = venue.state
        limits = venue.limits
        self.view = allocate_view(limits, len(self.state.levels))
        self.trades = np.zeros(limits.reports, TRADE)
        self.orders = np.zeros(limits.orders_day + 1, ORDER_CHANGE)
        self.instruments = np.zeros(limits.instruments, np.int32)
        self.statuses = np.zeros((limits.instruments, len(Status._fields)), np.int64)
        self.traded: list[np.ndarray] = []

    @property
    def count(self) -> int:
        """How many instruments are listed."""
        return int(self.state.venue[0]["instruments"])

    def watch(self, reports: np.ndarray) -> None:
        """Take notice of REPORT rows, at most as many as the venue's buffer holds."""
        assert len(reports) <= len(self.trades)
        count = watch(self.state, self.view, reports, self.trades)
        if count:
            self.traded.append(self.trades[:count].copy())

    def settle(self) -> Changes:
        """Return what has come of all that was watched; no command may be under way.

        What is returned is good until the next call.
        """
        assert not self.venue.is_at_work, "a command is under way"
        counts = self.view.counts[0]
        orders = self.orders[: settle(self.state, self.view, self.orders)]
        instruments = self.instruments[: touched(self.view, self.instruments)]
        of_status = instruments[:0]
        if counts["may_have_turned"]:
            of_status = self.turned()
            instruments = np.union1d(instruments, of_status)
        trades = np.concatenate(self.traded) if self.traded else self.trades[:0]
        changes = Changes(trades, orders, instruments, of_status, bool(counts["day_has_ended"]))
        self.traded = []
        counts["may_have_turned"] = counts["day_has_ended"] = 0
        return changes

    def turned(self) -> np.ndarray:
        """Return the instruments whose status is another one than the last time."""
        rows = self.state.instruments[: self.count]
        hold = np.maximum(rows["hold"], self.state.venue[0]["hold"])
        statuses = np.stack([rows["phase"], hold, rows["close"]], axis=1).astype(np.int64)
        places = np.flatnonzero((statuses != self.statuses[: self.count]).any(axis=1))
        self.statuses[: self.count] = statuses
        return places.astype(np.int32)

    def no_levels(self, depth: int) -> np.ndarray:
        """Return room for the best levels of all instruments, of which none has been told yet."""
        return np.zeros((len(self.instruments), SIDES, depth), PRICED)

    def level_changes(self, told: np.ndarray, instruments: np.ndarray) -> np.ndarray:
        """Return LEVEL_CHANGE rows: how the best levels of instruments differ from those `told`.

        These are brought up to date; `told` is what `no_levels` gave.
        """
        depth = told.shape[-1]
        changes = np.empty(2 * SIDES * depth * len(instruments), LEVEL_CHANGE)
        return changes[: level_changes(self.state, self.view, told, instruments, changes)]

    def orders_in_turn(self, instrument: int) -> np.ndarray:
        """Return ORDER_CHANGE rows that would add all orders of a book; good until the next call
        of this or of `settle`."""
        return self.orders[: orders_in_turn(self.state, instrument, self.orders)]

    def indicatives(self, instruments: np.ndarray) -> list[Indicative]:
        """Return what the call auctions of instruments would do now; all 0 where there is none."""
        found = np.empty((len(instruments), len(Indicative._fields)), np.int64)
        indicatives(self.state, instruments, found)
        return [Indicative(*row) for row in found.tolist()]

    def status(self, instrument: int) -> Status:
        """Return how an instrument stood at the last settling."""
        phase, hold, close = self.statuses[instrument].tolist()
        return Status(Phase(phase), Hold(hold), close)

    def totals(self, instrument: int) -> Totals:
        """Return what has traded of an instrument."""
        row, totals = self.state.instruments[instrument], self.view.totals[instrument]
        return Totals(
            int(row["last"]),
            int(row["open"]),
            *(int(totals[name]) for name in ("high", "low", "volume", "turnover", "trades")),
        )

    def previous_close(self, instrument: int) -> int:
        """Return the price from which an instrument's day starts."""
        return int(self.state.instruments[instrument]["previous_close"])

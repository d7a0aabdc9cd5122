"""Whole random days: after every batch, a consumer knows of each book what the naive venue does.

Levels, the orders in their turn, status, totals and indications; with batches of one command and
of many, all kinds of orders and all phases.
"""

import numba
import numpy as np
import pytest

from engine.storage.daybook import in_batches
from engine.venue import Limits, Venue
from gateway.quotes.publisher import Publisher
from protocol.market import Trade
from protocol.quotes import MarketBook
from protocol.vocabulary import Handling, ReportKind, Side
from tests.commands import BUSINESS_DATE
from tests.engine.agreement import naive_venue
from tests.engine.flow import INSTRUMENTS, Day, random_day
from tests.engine.service_flow import random_account_day
from tests.engine.test_against_naive import limits_of, random_cuts
from tests.naive.phases import handling_of
from tests.naive.venue import report_rows
from tests.quotes.watching import Watcher, assert_sees, indicative_of, totals_of

COMMANDS = 4_000
DAYS = {"anonymous": random_day, "accounts": random_account_day}
SYMBOLS = [f"{600_000 + number}.SH" for number in range(INSTRUMENTS)]
SEEDS = range(2 if numba.config.DISABLE_JIT else 8)


class Follower:
    """A publisher beside the naive venue, and two who watch it."""

    def __init__(self, day: Day, limits: Limits) -> None:
        self.listed = listed_on(day, limits)
        self.limits = limits
        self.naive = naive_venue(limits)
        self.publisher = Publisher(Venue(limits), SYMBOLS, BUSINESS_DATE)
        self.reports: list[np.ndarray] = []
        self.all = Watcher(self.publisher)
        self.best_five = Watcher(self.publisher)
        self.late: Publisher | None = None

    def apply(self, commands: np.ndarray) -> None:
        """Let all carry out the same commands."""
        self.reports.append(report_rows(self.naive.apply(commands)))
        self.publisher.apply(commands, now=0)
        if self.late is not None:
            self.late.apply(commands, now=0)

    def join_late(self) -> None:
        """Let another publisher begin, from the state and the reports of now, and be watched by
        one of the two instead."""
        venue = Venue(self.limits)
        venue.restore({name: part.copy() for name, part in self.publisher.venue.parts().items()})
        self.late = Publisher(venue, SYMBOLS, BUSINESS_DATE)
        self.late.take_up(in_batches(np.concatenate(self.reports), self.limits.reports))
        self.best_five = Watcher(self.late)
        self.best_five.subscribe(depth=5, trades=False, orders=True)

    def assert_seen(self) -> None:
        """Assert that both see what there is to see, from when all instruments are listed on."""
        if len(self.naive.instruments) < self.listed:
            return
        if not self.all.viewer.books:
            self.all.subscribe(depth=10, orders=True)
            self.best_five.subscribe(depth=5, trades=False)
        for number, symbol in enumerate(SYMBOLS[: self.listed]):
            assert_sees(self.naive, number, self.all.book(symbol), 10, orders=True)
            is_late = self.late is not None
            assert_sees(self.naive, number, self.best_five.book(symbol), 5, orders=is_late)
            in_call = handling_of(self.naive.instruments[number].phase) == Handling.RESTS
            indicative = indicative_of(self.naive, number, in_call)
            assert self.all.book(symbol).indicative == indicative
            assert self.best_five.book(symbol).indicative == indicative

    def assert_trades(self) -> None:
        """Assert that every trade was told once, and that they add up to the totals."""
        reports = np.concatenate(self.reports)
        traded = reports[(reports["kind"] == ReportKind.TRADED) & (reports["side"] == Side.BUY)]
        told = [
            (one.trade_number, one.price, one.quantity, one.sequence, one.time)
            for one in self.all.hear()
            if isinstance(one, Trade)
        ]
        fields = ["trade_number", "price", "quantity", "sequence", "time"]
        assert told
        assert sorted(told) == [tuple(row) for row in traded[fields].tolist()]
        for number, symbol in enumerate(SYMBOLS[: self.listed]):
            self.assert_totals(number, self.all.book(symbol), reports)
            self.assert_totals(number, self.best_five.book(symbol), reports)

    def assert_totals(self, number: int, book: MarketBook, reports: np.ndarray) -> None:
        instrument = self.naive.instruments[number]
        of_it = reports[reports["instrument"] == number]
        assert book.totals == totals_of(of_it, instrument.last, instrument.opening)


def listed_on(day: Day, limits: Limits) -> int:
    """Return how many instruments are listed on a day; some find no room."""
    venue = Venue(limits)
    venue.apply(day.commands)
    return int(venue.state.venue[0]["instruments"])


@pytest.mark.parametrize("kind", DAYS)
@pytest.mark.parametrize("seed", SEEDS)
def test_consumers_see_what_the_naive_venue_has(seed, kind):
    day, limits = DAYS[kind](seed, limits_of(seed), COMMANDS), limits_of(seed)
    follower = Follower(day, limits)
    cuts = random_cuts(seed, len(day.commands)) if seed % 2 else range(1, len(day.commands))
    for place, batch in enumerate(np.split(day.commands, cuts)):
        follower.apply(batch)
        if place == len(cuts) // 2:
            follower.join_late()
        follower.assert_seen()
    follower.assert_trades()

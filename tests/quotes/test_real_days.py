"""Two real days of the Shanghai exchange, seen by a consumer: levels, queues and every trade."""

import numba
import numpy as np
import pytest

from engine.venue import Limits, Venue
from gateway.quotes.publisher import Publisher
from protocol.market import Trade
from protocol.quotes import MarketBook
from protocol.vocabulary import Side
from tests.commands import BUSINESS_DATE, journal
from tests.quotes.watching import SHARE, Watcher
from tests.reference import real_day, real_trades

DAYS = ("601825_SH_20230711", "600519_SH_20230201")
LIMITS = Limits(orders_open=60_000, orders_day=60_000, ticks=100_000)
BATCH = 199
"""Commands that come together; the books are looked at behind each."""


def levels_told(book: MarketBook) -> list[list[tuple]]:
    return [
        [(one.price, one.quantity, one.orders) for one in levels]
        for levels in (book.bids, book.asks)
    ]


def queue_told(book: MarketBook) -> list[tuple]:
    return [
        (one.order_number, one.price, one.quantity) for side in Side for one in book.orders(side)
    ]


def queue_of(publisher: Publisher) -> list[tuple]:
    """Return the orders of the book in their turn, out of the state of the venue."""
    rows = publisher.book.orders_in_turn(0)
    return [tuple(row) for row in rows[["order_number", "price", "quantity"]].tolist()]


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="whole days are slow uncompiled")
@pytest.mark.parametrize("day", DAYS)
def test_a_real_day_is_seen_as_it_is(day):
    commands = journal(real_day(day))
    publisher = Publisher(Venue(LIMITS), [SHARE], BUSINESS_DATE)
    watcher = Watcher(publisher)
    for start in range(0, len(commands), BATCH):
        publisher.apply(commands[start : start + BATCH], now=0)
        if start == 0:
            watcher.subscribe(orders=True)
        book = watcher.book(SHARE)
        assert levels_told(book) == [publisher.venue.depth(0, side, 10) for side in Side]
        assert queue_told(book) == queue_of(publisher)
    told = [message for message in watcher.heard if isinstance(message, Trade)]
    expected = [(trade[2], trade[3]) for trade in real_trades(day)]
    assert [(one.price, one.quantity) for one in told] == expected
    assert book.totals.volume == sum(quantity for _, quantity in expected)
    assert book.totals.turnover == int(np.prod(np.array(expected, object), axis=1).sum())

"""100,000 random call auctions: the compiled search finds what trying every price finds.

The books are small and their prices few, so that ties, exact balances and half ticks are common.
Uncompiled, where they would take minutes, there are 4,000.
"""

from collections import defaultdict

import numba
import numpy as np
import pytest

from engine.venue import Limits, Venue
from protocol.records import COMMAND
from protocol.vocabulary import Candidates, CommandKind, Phase, ReportKind, Side, TieBreak
from tests.commands import change_phase, journal, list_instrument, open_day
from tests.naive.auction import Rules, find_auction
from tests.naive.book import Order

VENUES = 1 if numba.config.DISABLE_JIT else 25
INSTRUMENTS = 1_000
ORDERS = 8_000
TICKS = 12
LIMITS = Limits(
    orders_open=ORDERS,
    orders_day=ORDERS,
    instruments=INSTRUMENTS,
    sessions=1,
    ticks=10 * INSTRUMENTS * TICKS,
    reports=4_096,
)


def random_call(random: np.random.Generator, tie_break: int, candidates: int) -> np.ndarray:
    """Return the COMMAND rows of one opening call of many instruments, up to its auction."""
    ticks = random.choice((1, 10, 100), INSTRUMENTS)
    lowers = ticks * random.integers(1, 50, INSTRUMENTS)
    closes = lowers + ticks * random.integers(-2, TICKS + 2, INSTRUMENTS)
    listings = [
        list_instrument(
            number,
            tick=ticks[number],
            lower_limit=lowers[number],
            upper_limit=lowers[number] + (TICKS - 1) * ticks[number],
            previous_close=max(1, closes[number]),
            quantity_min=1,
            quantity_step=1,
            tie_break=tie_break,
            candidates=candidates,
        )
        for number in range(INSTRUMENTS)
    ]
    opening = [open_day(), *listings, change_phase(Phase.OPENING_CALL)]
    rows = journal([*opening, *[{}] * ORDERS, change_phase(Phase.PRE_CONTINUOUS)])
    orders = rows[len(opening) : -1]
    orders["kind"] = CommandKind.ENTER_ORDER
    orders["side"] = random.integers(0, 2, ORDERS)
    orders["instrument"] = random.integers(0, INSTRUMENTS, ORDERS)
    steps = random.integers(0, TICKS, ORDERS)
    orders["price"] = lowers[orders["instrument"]] + steps * ticks[orders["instrument"]]
    orders["quantity"] = random.integers(1, 5, ORDERS)
    return rows


def naive_auctions(rows: np.ndarray) -> dict[int, tuple[int, int]]:
    """Return price and volume of each instrument's auction, found by trying every price."""
    listings = [
        dict(zip(COMMAND.names, row, strict=True))
        for row in rows[rows["kind"] == CommandKind.LIST_INSTRUMENT].tolist()
    ]
    entered = rows[rows["kind"] == CommandKind.ENTER_ORDER]
    books = defaultdict(lambda: ([], []))
    names = ("side", "instrument", "price", "quantity")
    columns = zip(*(entered[name].tolist() for name in names), strict=True)
    for number, (side, instrument, price, quantity) in enumerate(columns, start=1):
        order = Order(number, 0, 0, 0, instrument, side, price, quantity)
        books[instrument][side].append(order)
    found = {}
    for instrument, (bids, asks) in books.items():
        listing = listings[instrument]
        rules = Rules(**{name: listing[name] for name in Rules._fields})
        found[instrument] = find_auction(bids, asks, rules, listing["previous_close"])
    return {instrument: auction for instrument, auction in found.items() if auction}


def engine_auctions(rows: np.ndarray) -> dict[int, tuple[int, int]]:
    """Return price and volume of each instrument's auction as the engine holds it."""
    reports = Venue(LIMITS).apply(rows)
    bought = reports[(reports["kind"] == ReportKind.TRADED) & (reports["side"] == Side.BUY)]
    found: dict[int, tuple[int, int]] = {}
    columns = (bought[name].tolist() for name in ("instrument", "price", "quantity"))
    for instrument, price, quantity in zip(*columns, strict=True):
        one_price, volume = found.setdefault(instrument, (price, 0))
        assert price == one_price
        found[instrument] = (price, volume + quantity)
    return found


@pytest.mark.parametrize("candidates", Candidates)
@pytest.mark.parametrize("tie_break", TieBreak)
def test_random_auctions_have_the_price_that_trying_every_price_finds(tie_break, candidates):
    random = np.random.default_rng([tie_break, candidates])
    held = 0
    for _ in range(VENUES):
        rows = random_call(random, tie_break, candidates)
        expected = naive_auctions(rows)
        assert engine_auctions(rows) == expected
        held += len(expected)
    assert held > VENUES * INSTRUMENTS / 2

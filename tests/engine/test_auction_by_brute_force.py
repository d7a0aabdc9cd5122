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
from tests.commands import change_phase, define_rules, journal, list_instrument, open_day
from tests.naive.auction import auction_rules, find_auction
from tests.naive.book import Order

VENUES = 1 if numba.config.DISABLE_JIT else 25
INSTRUMENTS = 1_000
ORDERS = 8_000
TICKS = 12
TICK_SIZES = (1, 10, 100)
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
    sizes = np.array(TICK_SIZES)
    chosen = random.integers(0, len(sizes), INSTRUMENTS)
    ticks = sizes[chosen]
    lowers = ticks * random.integers(1, 50, INSTRUMENTS)
    closes = lowers + ticks * random.integers(-2, TICKS + 2, INSTRUMENTS)
    terms = {"tie_break": tie_break, "candidates": candidates}
    single = {"quantity_min": 1, "quantity_step": 1}
    rules = [
        define_rules(number, tick=tick, **single, **terms) for number, tick in enumerate(TICK_SIZES)
    ]
    listings = [
        list_instrument(
            number,
            rules=chosen[number],
            lower_limit=lowers[number],
            upper_limit=lowers[number] + (TICKS - 1) * ticks[number],
            previous_close=max(1, closes[number]),
        )
        for number in range(INSTRUMENTS)
    ]
    opening = [open_day(), *rules, *listings, change_phase(Phase.OPENING_CALL)]
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
    rules = dicts_of(rows, CommandKind.DEFINE_RULES)
    listings = dicts_of(rows, CommandKind.LIST_INSTRUMENT)
    entered = rows[rows["kind"] == CommandKind.ENTER_ORDER]
    books = defaultdict(lambda: ([], []))
    names = ("side", "instrument", "price", "quantity")
    columns = zip(*(entered[name].tolist() for name in names), strict=True)
    for number, (side, instrument, price, quantity) in enumerate(columns, start=1):
        order = Order(number, 0, 0, 0, instrument, side, price, quantity, number)
        books[instrument][side].append(order)
    found = {}
    for instrument, (bids, asks) in books.items():
        listing = listings[instrument]
        terms = auction_rules(listing, rules[listing["rules"]])
        found[instrument] = find_auction(bids, asks, terms, listing["previous_close"])
    return {instrument: auction for instrument, auction in found.items() if auction}


def dicts_of(rows: np.ndarray, kind: CommandKind) -> list[dict]:
    """Return the rows of a kind as dicts."""
    found = rows[rows["kind"] == kind].tolist()
    return [dict(zip(COMMAND.names, row, strict=True)) for row in found]


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

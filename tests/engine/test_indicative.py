"""What a call auction would do now: it is asked for at any time, and nothing comes of asking."""

from collections.abc import Iterator

import pytest

from engine.venue import Venue
from protocol.units import format_units, parse_units
from protocol.vocabulary import Hold, OrderType, Phase, ReportKind, Side
from tests.commands import SSE_RULES, SZSE_RULES
from tests.engine.conftest import SMALL
from tests.engine.test_naive_auction import EXAMPLES, Example, orders
from tests.trading import EVERYTHING, Applies, Market, to_the_end

NOTHING = "nothing crosses"


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    market = Market(new_venue(), SZSE_RULES | EVERYTHING)
    market.begins(Phase.OPENING_CALL)
    yield from to_the_end(market)


def in_call(venue: Applies, example: Example) -> Market:
    """Return a market whose opening call has the orders of an example."""
    reference = {"previous_close": parse_units(example.reference)}
    market = Market(venue, example.rules | reference)
    market.begins(Phase.OPENING_CALL)
    for side, price, quantity in orders(example):
        enters = market.bob.buys if side == Side.BUY else market.alice.sells
        enters(quantity, at=format_units(price, decimals=2))
    return market


def indicated(market: Market, instrument: int = 0) -> str:
    """Return what the auction of an instrument would do, as a sentence."""
    price, matched, bids, asks = market.venue.indicative(instrument)
    if not matched:
        assert (price, matched, bids, asks) == (0, 0, 0, 0)
        return NOTHING
    return f"{matched} at {format_units(int(price), decimals=2)}, {bids} bid and {asks} asked"


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_auction_does_what_was_indicated(new_venue, example: Example):
    market = in_call(new_venue(), example)
    price, matched, bids, asks = market.venue.indicative(0)
    assert (price, matched) == (parse_units(example.price), example.volume)
    market.begins(Phase.PRE_CONTINUOUS)
    traded = [report for report in market.reports if report["kind"] == ReportKind.TRADED]
    assert sum(int(report["quantity"]) for report in traded) == 2 * matched
    left = {
        Side.BUY: sum(q for side, p, q in orders(example) if side == Side.BUY and p >= price),
        Side.SELL: sum(q for side, p, q in orders(example) if side == Side.SELL and p <= price),
    }
    if matched:
        assert (bids, asks) == (left[Side.BUY] - matched, left[Side.SELL] - matched)


@pytest.mark.parametrize(
    ("example", "indication"),
    [
        ("A, the most shares trade at one price only", "600 at 10.00, 400 bid and 0 asked"),
        ("B, better bids must be filled", "100 at 10.05, 100 bid and 0 asked"),
        ("C in Shenzhen, reference between", "100 at 10.03, 0 bid and 0 asked"),
        ("D, order prices leave 200 unmatched", "500 at 10.08, 200 bid and 0 asked"),
        ("D in Shenzhen, every tick", "500 at 10.09, 0 bid and 0 asked"),
        ("F, no crossing", NOTHING),
        ("trade at the upper limit", "100 at 11.00, 0 bid and 100 asked"),
        ("nobody sells", NOTHING),
    ],
)
def test_what_would_be_left_is_told_of_each_side(new_venue, example, indication):
    assert indicated(in_call(new_venue(), EXAMPLES[example])) == indication


def test_empty_book_indicates_nothing(market):
    assert indicated(market) == NOTHING
    market.alice.sells(100, at="10.00")
    assert indicated(market) == NOTHING


def test_indication_follows_the_orders(market):
    market.alice.sells(300, at="10.00")
    market.bob.buys(100, at="10.00")
    assert indicated(market) == "100 at 10.00, 0 bid and 200 asked"
    market.carol.buys(300, at="10.02")
    assert indicated(market) == "300 at 10.01, 0 bid and 0 asked"
    market.carol.cancels(200)
    assert indicated(market) == "200 at 10.00, 0 bid and 100 asked"
    market.begins(Phase.PRE_CONTINUOUS)
    assert indicated(market) == NOTHING


def test_each_instrument_has_its_own(market):
    market.alice.sells(100, at="10.00", instrument=1)
    market.bob.buys(200, at="10.00", instrument=1)
    assert indicated(market, 0) == NOTHING
    assert indicated(market, 1) == "100 at 10.00, 100 bid and 0 asked"


def test_continuous_trading_leaves_nothing_to_indicate(market):
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(300, at="10.00")
    market.bob.buys(100, at="10.00")
    market.bob.buys(100, at="9.99")
    assert indicated(market) == NOTHING


def test_halted_share_is_indicated(market):
    market.begins(Phase.CONTINUOUS)
    market.holds(Hold.HALTED)
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.00")
    assert indicated(market) == "100 at 10.00, 0 bid and 0 asked"
    market.begins(Phase.BREAK)
    assert indicated(market) == "100 at 10.00, 0 bid and 0 asked"


def test_nearest_is_to_the_last_price_once_there_is_one(market):
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.40")
    market.bob.buys(100, at="10.40")
    market.begins(Phase.CLOSING_CALL)
    market.alice.sells(100, at="9.90")
    market.bob.buys(100, at="10.30")
    assert indicated(market) == "100 at 10.30, 0 bid and 0 asked"


def test_what_is_hidden_counts_and_what_waits_does_not(market):
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(500, at="10.00", display_quantity=100)
    market.bob.buys_stop(100, trigger="10.00", at="10.00")
    market.bob.buys_as(OrderType.FIXED_PRICE, 100, at="10.00")
    market.begins(Phase.PRE_CONTINUOUS)
    market.bob.buys(100, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    assert indicated(market) == NOTHING
    market.bob.buys(300, at="10.00")
    assert indicated(market) == "300 at 10.00, 0 bid and 200 asked"


def test_very_many_shares_are_counted(new_venue):
    market = Market(new_venue(), SSE_RULES | {"quantity_max": 2_000_000_000})
    market.begins(Phase.OPENING_CALL)
    for _ in range(3):
        market.alice.sells(2_000_000_000, at="10.00")
        market.bob.buys(2_000_000_000, at="10.00")
    market.bob.buys(2_000_000_000, at="10.00")
    assert indicated(market) == "6000000000 at 10.00, 2000000000 bid and 0 asked"


def test_asking_changes_nothing():
    venue = Venue(SMALL)
    market = Market(venue, SZSE_RULES)
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(300, at="10.00")
    market.bob.buys(100, at="10.05")
    before = venue.digest()
    assert indicated(market) == "100 at 10.00, 0 bid and 200 asked"
    assert venue.digest() == before

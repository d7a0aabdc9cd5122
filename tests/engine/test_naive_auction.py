"""The price of a call auction, example by example.

The naive auction must find it, and so must every venue when its opening call ends.
"""

from typing import NamedTuple

import pytest

from protocol.units import format_units, parse_units
from protocol.vocabulary import Candidates, Phase, ReportKind, Side, TieBreak
from tests.commands import SSE_RULES, SZSE_RULES
from tests.naive.auction import Rules, find_auction
from tests.naive.book import Book, Order
from tests.trading import Market


class Example(NamedTuple):
    """Orders as "price x quantity", in yuan and shares, and what the auction makes of them."""

    bids: str
    asks: str
    rules: dict
    reference: str
    price: str
    volume: int


SSE_ALL_TICKS = SSE_RULES | {"candidates": Candidates.ALL_TICKS}
SZSE_ORDER_PRICES = SZSE_RULES | {"candidates": Candidates.ORDER_PRICES}

A = ("10.10x300 10.05x200 10.00x500", "9.95x200 10.00x400 10.05x300")
B = ("10.05x200", "10.00x100")
C = ("10.10x100", "10.00x100")
D = ("10.10x500 10.08x200 10.00x100", "10.00x300 10.05x200 10.10x300")
E = ("10.05x100", "10.00x100")
F = ("9.99x100", "10.00x100")
G = ("10.10x300 10.05x100", "10.00x200 10.05x200")
H = ("10.03x100", "10.02x100")
K = ("10.03x100 10.03x200", "10.02x300 10.04x100")

EXAMPLES = {
    "A, the most shares trade at one price only": Example(*A, SSE_RULES, "9.50", "10.00", 600),
    "A in Shenzhen": Example(*A, SZSE_RULES, "10.50", "10.00", 600),
    "B, better bids must be filled": Example(*B, SSE_RULES, "10.00", "10.05", 100),
    "B in Shenzhen, reference below": Example(*B, SZSE_RULES, "9.50", "10.05", 100),
    "B in Shenzhen, reference above": Example(*B, SZSE_RULES, "10.50", "10.05", 100),
    "C, the middle": Example(*C, SSE_RULES, "10.00", "10.05", 100),
    "C in Shenzhen, reference between": Example(*C, SZSE_RULES, "10.03", "10.03", 100),
    "C in Shenzhen, reference above": Example(*C, SZSE_RULES, "10.20", "10.10", 100),
    "C in Shenzhen, reference below": Example(*C, SZSE_RULES, "9.90", "10.00", 100),
    "C, of order prices the nearest, two equally near": Example(
        *C, SZSE_ORDER_PRICES, "10.05", "10.10", 100
    ),
    "C, of order prices the nearest": Example(*C, SZSE_ORDER_PRICES, "10.04", "10.00", 100),
    "D, order prices leave 200 unmatched": Example(*D, SSE_RULES, "10.00", "10.08", 500),
    "D in Shenzhen, every tick": Example(*D, SZSE_RULES, "10.00", "10.09", 500),
    "D in Shenzhen, order prices": Example(*D, SZSE_ORDER_PRICES, "10.00", "10.08", 500),
    "D in the middle of every tick": Example(*D, SSE_ALL_TICKS, "10.00", "10.09", 500),
    "E, half a tick goes up": Example(*E, SSE_RULES, "10.00", "10.03", 100),
    "E in Shenzhen": Example(*E, SZSE_RULES, "10.01", "10.01", 100),
    "F, no crossing": Example(*F, SSE_RULES, "10.00", "0", 0),
    "F in Shenzhen": Example(*F, SZSE_RULES, "10.00", "0", 0),
    "G, both sides are filled": Example(*G, SSE_RULES, "10.00", "10.05", 400),
    "G in Shenzhen": Example(*G, SZSE_RULES, "10.00", "10.05", 400),
    "one tick between two prices": Example(*H, SSE_RULES, "10.00", "10.03", 100),
    "exact balance": Example(*K, SSE_RULES, "10.00", "10.03", 300),
    "nobody sells": Example("10.00x100", "", SSE_RULES, "10.00", "0", 0),
    "nobody buys": Example("", "10.00x100", SZSE_RULES, "10.00", "0", 0),
    "nobody at all": Example("", "", SZSE_RULES, "10.00", "0", 0),
    "trade at the upper limit": Example("11.00x100", "11.00x200", SZSE_RULES, "9.00", "11.00", 100),
    "trade at the lower limit": Example("9.00x200", "9.00x100", SZSE_RULES, "11.00", "9.00", 100),
}


@pytest.fixture(params=EXAMPLES.values(), ids=EXAMPLES.keys())
def example(request) -> Example:
    return request.param


def orders(example: Example) -> list[tuple[Side, int, int]]:
    """Return side, price and quantity of the orders of an example."""
    sides = ((Side.BUY, example.bids), (Side.SELL, example.asks))
    return [
        (side, parse_units(price), int(quantity))
        for side, text in sides
        for price, quantity in (order.split("x") for order in text.split())
    ]


def test_naive_auction_finds_the_price(example):
    book = Book()
    for number, (side, price, quantity) in enumerate(orders(example), start=1):
        book.rest(Order(number, 0, 0, 0, 0, side, price, quantity, number))
    rules = Rules(100, 90_000, 110_000, example.rules["tie_break"], example.rules["candidates"])
    found = find_auction(book.bids, book.asks, rules, parse_units(example.reference))
    expected = (parse_units(example.price), example.volume) if example.volume else None
    assert found == expected


def test_opening_auction_of_a_venue_finds_the_price(new_venue, example):
    market = Market(new_venue())
    previous_close = parse_units(example.reference)
    market.lists(2, previous_close=previous_close, **example.rules)
    market.begins(Phase.OPENING_CALL)
    for side, price, quantity in orders(example):
        trader = market.alice if side == Side.BUY else market.bob
        entered = trader.buys if side == Side.BUY else trader.sells
        assert entered(quantity, at=format_units(price), instrument=2) == []
    market.begins(Phase.PRE_CONTINUOUS)

    bought = [
        (int(report["price"]), int(report["quantity"]))
        for report in market.reports
        if report["kind"] == ReportKind.TRADED and report["side"] == Side.BUY
    ]
    assert {price for price, _ in bought} == ({parse_units(example.price)} if bought else set())
    assert sum(quantity for _, quantity in bought) == example.volume


def test_reference_of_the_closing_auction_is_the_last_trade(new_venue):
    nearest = {"tie_break": TieBreak.NEAREST_REFERENCE, "candidates": Candidates.ALL_TICKS}
    market = Market(new_venue(), rules=nearest)
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.50")
    market.bob.buys(100, at="10.50")
    market.begins(Phase.CLOSING_CALL)
    market.alice.sells(100, at="10.20")
    market.bob.buys(100, at="10.90")
    assert market.begins(Phase.POST_CLOSE) == [
        "POST_CLOSE begins",
        "bob buys 100 from alice at 10.50",
    ]


def test_last_trade_of_another_instrument_is_no_reference(new_venue):
    nearest = {"tie_break": TieBreak.NEAREST_REFERENCE, "candidates": Candidates.ALL_TICKS}
    market = Market(new_venue(), rules=nearest)
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.50", instrument=1)
    market.bob.buys(100, at="10.50", instrument=1)
    market.begins(Phase.CLOSING_CALL)
    market.alice.sells(100, at="9.80")
    market.bob.buys(100, at="10.90")
    assert market.begins(Phase.POST_CLOSE)[1:] == ["bob buys 100 from alice at 10.00"]


def test_best_orders_are_paired_in_turn_and_the_last_one_partly(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.buys(200, at="10.00")
    market.carol.buys(300, at="10.02")
    market.bob.sells(100, at="10.00")
    market.dave.sells(300, at="9.98", account=4)
    assert market.begins(Phase.PRE_CONTINUOUS) == [
        "PRE_CONTINUOUS begins",
        "carol buys 300 from dave at 10.00",
        "alice buys 100 from bob at 10.00",
    ]

"""What each order type does, at the exchange that has it."""

import pytest

from engine.order_types import order_type_table
from protocol.vocabulary import OrderType, Phase, ReportKind, TimeInForce
from tests.commands import SSE_RULES, SZSE_RULES
from tests.naive.order_types import ORDER_TYPES
from tests.trading import Market, price_of

IMMEDIATE = {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}
AT_BOTH = (OrderType.COUNTERPARTY_BEST, OrderType.OWN_SIDE_BEST, OrderType.BEST_FIVE_THEN_CANCEL)


@pytest.fixture
def shanghai(new_venue) -> Market:
    return trading(Market(new_venue(), SSE_RULES))


@pytest.fixture
def shenzhen(new_venue) -> Market:
    return trading(Market(new_venue(), SZSE_RULES))


@pytest.fixture(params=[SSE_RULES, SZSE_RULES], ids=["shanghai", "shenzhen"])
def either(new_venue, request) -> Market:
    return trading(Market(new_venue(), request.param))


def trading(market: Market) -> Market:
    """Return the market in continuous trading."""
    market.begins(Phase.CONTINUOUS)
    return market


def alice_sells_at(market: Market, *prices: str) -> None:
    """Have alice sell 100 at each price."""
    for price in prices:
        market.alice.sells(100, at=price)


def accepted_at(market: Market) -> str:
    """Return the price at which the latest order was accepted."""
    return price_of([r for r in market.reports if r["kind"] == ReportKind.ACCEPTED][-1])


def test_counterparty_best_trades_at_the_best_price_and_rests_there(either):
    alice_sells_at(either, "10.01", "10.02")
    assert either.bob.buys_as(OrderType.COUNTERPARTY_BEST, 300) == [
        "bob takes 100 from alice at 10.01"
    ]
    assert accepted_at(either) == "10.01"
    assert either.carol.sells(200, at="10.01") == ["carol sells 200 to bob at 10.01"]


def test_counterparty_best_finds_no_price_without_a_counterparty(either):
    either.alice.buys(100, at="10.00")
    assert either.bob.buys_as(OrderType.COUNTERPARTY_BEST, 100) == ["bob finds no price for 100"]
    assert accepted_at(either) == "11.00"


def test_own_side_best_queues_behind_its_side(either):
    either.alice.buys(100, at="9.98")
    either.alice.buys(100, at="9.97")
    assert either.bob.buys_as(OrderType.OWN_SIDE_BEST, 100) == []
    assert accepted_at(either) == "9.98"
    assert either.carol.sells(200, at="9.90") == [
        "carol sells 100 to alice at 9.98",
        "carol sells 100 to bob at 9.98",
    ]


def test_own_side_best_finds_no_price_on_an_empty_side(either):
    either.alice.buys(100, at="9.98")
    assert either.bob.sells_as(OrderType.OWN_SIDE_BEST, 100) == ["bob finds no price for 100"]
    assert accepted_at(either) == "9.00"


def test_best_five_takes_five_prices_and_cancels_the_rest(either):
    alice_sells_at(either, "10.01", "10.02", "10.02", "10.04", "10.05", "10.06", "10.07")
    assert either.bob.buys_as(OrderType.BEST_FIVE_THEN_CANCEL, 900) == [
        "bob takes 100 from alice at 10.01",
        "bob takes 100 from alice at 10.02",
        "bob takes 100 from alice at 10.02",
        "bob takes 100 from alice at 10.04",
        "bob takes 100 from alice at 10.05",
        "bob takes 100 from alice at 10.06",
        "bob goes without 300 at 11.00",
    ]


def test_best_five_of_fewer_prices_takes_them_all(either):
    either.alice.buys(100, at="9.99")
    either.alice.buys(100, at="9.50")
    assert either.bob.sells_as(OrderType.BEST_FIVE_THEN_CANCEL, 300) == [
        "bob sells 100 to alice at 9.99",
        "bob sells 100 to alice at 9.50",
        "bob goes without 100 at 9.00",
    ]


def test_best_five_finds_nobody(either):
    assert either.bob.buys_as(OrderType.BEST_FIVE_THEN_CANCEL, 100) == [
        "bob goes without 100 at 11.00"
    ]


def test_rest_of_best_five_then_limit_waits_at_its_last_price(shanghai):
    alice_sells_at(shanghai, "10.01", "10.02", "10.03", "10.04", "10.05", "10.06")
    assert shanghai.bob.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 700) == [
        *[f"bob takes 100 from alice at 10.0{cents}" for cents in range(1, 6)],
        "bob now has 200 at 10.05",
    ]
    assert shanghai.carol.sells(200, at="10.00") == ["carol sells 200 to bob at 10.05"]


def test_best_five_then_limit_that_trades_nothing_joins_its_own_side(shanghai):
    shanghai.alice.buys(100, at="9.98")
    assert shanghai.bob.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 200) == ["bob now has 200 at 9.98"]
    assert shanghai.carol.sells(200, at="9.98") == [
        "carol sells 100 to alice at 9.98",
        "carol sells 100 to bob at 9.98",
    ]


def test_best_five_then_limit_finds_no_price_in_an_empty_book(shanghai):
    assert shanghai.bob.sells_as(OrderType.BEST_FIVE_THEN_LIMIT, 200) == [
        "bob finds no price for 200"
    ]


def test_best_five_then_limit_that_is_filled_keeps_nothing(shanghai):
    alice_sells_at(shanghai, "10.01")
    assert shanghai.bob.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 100) == [
        "bob takes 100 from alice at 10.01"
    ]


def test_best_five_then_limit_that_is_immediate_does_not_wait(shanghai):
    alice_sells_at(shanghai, "10.01")
    assert shanghai.bob.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 200, **IMMEDIATE) == [
        "bob takes 100 from alice at 10.01",
        "bob goes without 100 at 11.00",
    ]


def test_immediate_then_cancel_takes_every_price(shenzhen):
    alice_sells_at(shenzhen, "10.01", "10.02", "10.03", "10.04", "10.05", "10.06")
    assert shenzhen.bob.buys_as(OrderType.IMMEDIATE_THEN_CANCEL, 700) == [
        *[f"bob takes 100 from alice at 10.0{cents}" for cents in range(1, 7)],
        "bob goes without 100 at 11.00",
    ]


def test_all_or_cancel_takes_all(shenzhen):
    alice_sells_at(shenzhen, "10.01", "10.02", "10.03", "10.04", "10.05", "10.06")
    assert shenzhen.bob.buys_as(OrderType.ALL_OR_CANCEL, 600) == [
        f"bob takes 100 from alice at 10.0{cents}" for cents in range(1, 7)
    ]


def test_all_or_cancel_takes_nothing_where_not_all_is_to_be_had(shenzhen):
    alice_sells_at(shenzhen, "10.01", "10.02")
    assert shenzhen.bob.buys_as(OrderType.ALL_OR_CANCEL, 300) == [
        "bob finds too little for 300 at 11.00"
    ]
    assert shenzhen.carol.buys(200, at="10.02") == [
        "carol takes 100 from alice at 10.01",
        "carol takes 100 from alice at 10.02",
    ]


@pytest.mark.parametrize("order_type", AT_BOTH)
def test_rest_of_an_immediate_order_of_any_type_is_canceled(either, order_type):
    alice_sells_at(either, "10.01")
    either.carol.buys(100, at="10.00")
    *_, last = either.bob.buys_as(order_type, 200, **IMMEDIATE)
    assert last.startswith("bob goes without ")


@pytest.mark.parametrize(
    ("order_type", "told"),
    [
        (OrderType.COUNTERPARTY_BEST, ["bob takes 100 from alice at 10.01"]),
        (
            OrderType.BEST_FIVE_THEN_CANCEL,
            ["bob takes 100 from alice at 10.01", "bob goes without 100 at 10.01"],
        ),
        (
            OrderType.BEST_FIVE_THEN_LIMIT,
            ["bob takes 100 from alice at 10.01", "bob now has 100 at 10.01"],
        ),
    ],
)
def test_protection_price_stops_a_buyer(shanghai, order_type, told):
    alice_sells_at(shanghai, "10.01", "10.02")
    assert shanghai.bob.buys_as(order_type, 200, at="10.01") == told


@pytest.mark.parametrize(
    ("order_type", "told"),
    [
        (
            OrderType.IMMEDIATE_THEN_CANCEL,
            ["bob sells 100 to alice at 9.99", "bob goes without 100 at 9.99"],
        ),
        (OrderType.ALL_OR_CANCEL, ["bob finds too little for 200 at 9.99"]),
    ],
)
def test_protection_price_stops_a_seller(shenzhen, order_type, told):
    shenzhen.alice.buys(100, at="9.99")
    shenzhen.alice.buys(100, at="9.98")
    assert shenzhen.bob.sells_as(order_type, 200, at="9.99") == told


@pytest.mark.parametrize("order_type", [OrderType.COUNTERPARTY_BEST, OrderType.OWN_SIDE_BEST])
def test_best_price_beyond_the_protection_price_is_none(either, order_type):
    either.alice.sells(100, at="10.02")
    either.alice.buys(100, at="10.01")
    assert either.bob.buys_as(order_type, 100, at="10.00") == ["bob finds no price for 100"]
    assert accepted_at(either) == "10.00"
    assert either.bob.sells_as(order_type, 100, at="10.03") == ["bob finds no price for 100"]
    assert accepted_at(either) == "10.03"


def test_best_five_then_limit_does_not_join_its_own_side_beyond_the_protection_price(shanghai):
    shanghai.alice.buys(100, at="9.98")
    assert shanghai.bob.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 100, at="9.97") == [
        "bob finds no price for 100"
    ]


@pytest.mark.parametrize("order_type", OrderType)
def test_type_that_the_rules_do_not_name_is_refused(new_venue, order_type):
    market = trading(Market(new_venue(), {"order_types": 1}))
    refused = ["bob is refused: ORDER_TYPE_NOT_ALLOWED"]
    expected = [] if order_type == OrderType.LIMIT else refused
    assert market.bob.buys_as(order_type, 100, at="10.00") == expected


@pytest.mark.parametrize("phase", [Phase.OPENING_CALL, Phase.CLOSING_CALL])
@pytest.mark.parametrize("order_type", AT_BOTH)
def test_calls_take_no_market_orders(either, phase, order_type):
    either.begins(phase)
    assert either.bob.buys_as(order_type, 100) == ["bob is refused: PHASE_REFUSES_ORDER"]


def test_kernels_are_told_the_order_types_as_the_naive_venue_knows_them():
    told = [
        (pricing, levels or None, rest, bool(fills_all))
        for pricing, levels, rest, fills_all in order_type_table().tolist()
    ]
    assert told == [ORDER_TYPES[order_type] for order_type in OrderType]

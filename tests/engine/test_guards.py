"""What keeps an account from a slip of the hand: a collar around the price, and no order twice."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import OrderType, Phase, RateAction, TimeInForce
from tests.engine.conftest import FUNDED, SMALL
from tests.trading import EVERYTHING, FundedMarket, to_the_end

BEST = OrderType.COUNTERPARTY_BEST
OUTSIDE = ["carol is refused: PRICE_OUTSIDE_COLLAR"]
TWICE = ["carol is refused: DUPLICATE_ORDER"]


@pytest.fixture
def market(new_venue) -> Iterator[FundedMarket]:
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED)), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def collar(market: FundedMarket, collar_bp: int) -> None:
    """Put a collar around the prices of carol's orders."""
    market.dave.limits(market.carol, collar_bp=collar_bp)


def last_price(market: FundedMarket, at: str) -> None:
    """Let somebody else trade at a price."""
    market.bob.sells(100, at=at)
    market.alice.buys(100, at=at)


def guard(market: FundedMarket, duplicate_ms: int = 1_000) -> None:
    """Keep carol from entering an order twice within so many milliseconds."""
    market.dave.limits(market.carol, duplicate_ms=duplicate_ms)


def test_collar_is_around_the_previous_close_before_the_first_trade(market):
    collar(market, 200)
    assert market.carol.buys(100, at="10.21") == OUTSIDE
    assert market.carol.buys(100, at="10.20") == []
    assert market.carol.sells(100, at="9.79") == OUTSIDE
    assert market.carol.cancels() != []
    assert market.carol.sells(100, at="9.80") == []


def test_collar_is_around_the_last_price_then(market):
    collar(market, 200)
    last_price(market, "9.50")
    assert market.carol.buys(100, at="9.70") == OUTSIDE
    assert market.carol.buys(100, at="9.69") == []
    last_price(market, "10.50")
    assert market.carol.sells(100, at="10.28") == OUTSIDE
    assert market.carol.sells(100, at="10.29") == []


def test_collar_leaves_passive_orders_alone(market):
    collar(market, 1)
    assert market.carol.buys(100, at="9.00") == []
    assert market.carol.sells(100, at="11.00") == []


def test_without_a_collar_every_price_is_taken(market):
    collar(market, 0)
    assert market.carol.buys(100, at="11.00") == []
    market.carol.cancels()
    assert market.carol.sells(100, at="9.00") == []


def test_widest_collar_keeps_from_nothing_but_twice_the_price(market):
    collar(market, 10_000)
    assert market.carol.buys(100, at="11.00") == []
    market.carol.cancels()
    assert market.carol.sells(100, at="9.00") == []


def test_bound_of_a_collar_is_not_rounded(market):
    """0.01 % of 10.00 are 0.001, and 0.1 % are a tick."""
    collar(market, 1)
    assert market.carol.buys(100, at="10.01") == OUTSIDE
    assert market.carol.sells(100, at="9.99") == OUTSIDE
    collar(market, 10)
    assert market.carol.buys(100, at="10.01") == []


@pytest.mark.parametrize("order_type", [BEST, OrderType.BEST_FIVE_THEN_LIMIT])
def test_market_order_without_protection_is_as_far_off_as_the_limit(market, order_type):
    market.bob.sells(100, at="10.00")
    collar(market, 999)
    assert market.carol.buys_as(order_type, 100) == OUTSIDE
    assert market.carol.sells_as(order_type, 100) == OUTSIDE
    collar(market, 1_000)
    assert market.carol.buys_as(order_type, 100) == ["carol takes 100 from bob at 10.00"]


def test_market_order_is_as_far_off_as_its_protection(market):
    market.bob.sells(100, at="10.00")
    collar(market, 200)
    assert market.carol.buys_as(BEST, 100, at="10.21") == OUTSIDE
    assert market.carol.buys_as(BEST, 100, at="10.20") == ["carol takes 100 from bob at 10.00"]


def test_stop_is_held_to_its_price_and_not_its_trigger(market):
    collar(market, 200)
    assert market.carol.buys_stop(100, trigger="10.50", at="10.21") == OUTSIDE
    assert market.carol.buys_stop(100, trigger="10.50", order_type=BEST) == OUTSIDE
    assert market.carol.buys_stop(100, trigger="10.50", at="10.20") == []


def test_order_at_the_close_is_held_to_its_own_limit(market):
    collar(market, 200)
    assert market.carol.buys_at_close(100, at="10.21") == OUTSIDE
    assert market.carol.buys_at_close(100, at="10.20") == []


def test_collar_holds_in_every_phase(market):
    collar(market, 200)
    for phase in (Phase.OPENING_CALL, Phase.PRE_CONTINUOUS, Phase.CLOSING_CALL):
        market.begins(phase)
        assert market.carol.buys(100, at="10.21") == OUTSIDE


def test_collar_holds_for_replacements(market):
    market.carol.buys(200, at="10.00")
    collar(market, 200)
    assert market.carol.replaces(200, at="10.21") == OUTSIDE
    assert market.carol.replaces(200, at="10.20") == ["carol now has 200 at 10.20"]
    collar(market, 100)
    assert market.carol.replaces(100, at="10.20") == OUTSIDE


def test_collar_holds_for_replacements_of_sales(market):
    market.carol.sells(200, at="10.00")
    collar(market, 200)
    assert market.carol.replaces(200, at="9.79") == OUTSIDE
    assert market.carol.replaces(200, at="9.80") == ["carol now has 200 at 9.80"]


def test_collar_leaves_open_orders_alone(market):
    market.carol.buys(100, at="10.50")
    collar(market, 1)
    assert market.bob.sells(100, at="10.50") == ["bob sells 100 to carol at 10.50"]


def test_collar_is_of_one_account(market):
    collar(market, 1)
    assert market.alice.buys(100, at="11.00") == []


def test_order_is_not_entered_twice(market):
    guard(market)
    assert market.carol.buys(100, at="9.00") == []
    assert market.carol.buys(100, at="9.00") == TWICE
    assert market.carol.buys(100, at="9.00") == TWICE


@pytest.mark.parametrize(
    "other",
    [
        {"quantity": 200},
        {"at": "9.01"},
        {"instrument": 1},
        {"order_type": BEST},
    ],
    ids=str,
)
def test_order_that_differs_is_another_one(market, other):
    guard(market)
    order = {"quantity": 100, "at": "9.00"}
    market.carol.buys(**order)
    assert "refused" not in "".join(market.carol.buys(**order | other))


def test_sale_is_no_purchase(market):
    guard(market)
    market.carol.buys(100, at="9.00")
    assert market.carol.sells(100, at="9.00") != TWICE


@pytest.mark.parametrize(
    "other",
    [
        {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL},
        {"post_only": 1},
        {"minimum_quantity": 100},
        {"display_quantity": 100},
        {"trigger_price": 105_000},
        {"channel": 3},
    ],
    ids=str,
)
def test_order_that_differs_in_something_else_is_the_same(market, other):
    guard(market)
    market.carol.buys(100, at="9.00")
    assert market.carol.buys(100, at="9.00", **other) == TWICE


def test_price_is_that_of_the_command(market):
    """Both are worth 11.00 at worst, but one names it."""
    guard(market)
    market.carol.buys_as(BEST, 100)
    assert market.carol.buys_as(BEST, 100, at="11.00") == ["carol finds no price for 100"]
    assert market.carol.buys_as(BEST, 100, at="11.00") == TWICE


def test_same_order_may_come_when_the_time_is_over(market):
    guard(market, 1_000)
    market.carol.buys(100, at="9.00")
    market.passes(0.998)
    assert market.carol.buys(100, at="9.00") == TWICE
    assert market.carol.buys(100, at="9.00") == []
    assert market.carol.buys(100, at="9.00") == TWICE


def test_order_that_is_refused_does_not_begin_the_time_anew(market):
    guard(market, 1_000)
    market.carol.buys(100, at="9.00")
    market.passes(0.5)
    assert market.carol.buys(100, at="9.00") == TWICE
    market.passes(0.5)
    assert market.carol.buys(100, at="9.00") == []


def test_only_the_last_order_counts(market):
    guard(market)
    market.carol.buys(100, at="9.00")
    market.carol.buys(200, at="9.00")
    assert market.carol.buys(100, at="9.00") == []


def test_order_that_was_refused_is_not_the_last_one(market):
    guard(market)
    market.carol.buys(100, at="9.00")
    assert market.carol.buys(50, at="9.00") == ["carol is refused: QUANTITY_NOT_IN_LOTS"]
    assert market.carol.buys(100, at="9.00") == TWICE
    assert market.carol.buys(50, at="9.00") == ["carol is refused: QUANTITY_NOT_IN_LOTS"]


def test_order_that_is_gone_is_still_the_last_one(market):
    guard(market)
    market.carol.buys(100, at="9.00")
    market.carol.cancels()
    assert market.carol.buys(100, at="9.00") == TWICE


def test_replacement_neither_repeats_nor_is_repeated(market):
    guard(market)
    market.carol.buys(100, at="9.00")
    for _ in range(2):
        assert market.carol.replaces(100, at="9.10") == ["carol now has 100 at 9.10"]
    assert market.carol.buys(100, at="9.10") == []


def test_order_from_before_the_guard_may_be_repeated(market):
    market.carol.buys(100, at="9.00")
    guard(market)
    assert market.carol.buys(100, at="9.00") == []
    assert market.carol.buys(100, at="9.00") == TWICE


def test_orders_are_noted_only_while_there_is_a_guard(market):
    guard(market)
    market.carol.buys(100, at="9.00")
    guard(market, 0)
    assert market.carol.buys(200, at="9.00") == []
    guard(market)
    assert market.carol.buys(200, at="9.00") == []
    assert market.carol.buys(200, at="9.00") == TWICE


def test_collar_alone_notes_nothing(market):
    collar(market, 5_000)
    market.carol.buys(100, at="9.00")
    guard(market)
    assert market.carol.buys(100, at="9.00") == []


def test_guard_has_a_window_of_an_hour_at_most(market):
    guard(market, 3_600_000)
    market.carol.buys(100, at="9.00")
    market.passes(3_599.9)
    assert market.carol.buys(100, at="9.00") == TWICE
    market.passes(0.1)
    assert market.carol.buys(100, at="9.00") == []


def test_guard_is_of_one_account(market):
    guard(market)
    market.carol.buys(100, at="9.00")
    assert market.alice.buys(100, at="9.00") == []


def test_delayed_order_is_noted(market):
    market.dave.limits(market.carol, duplicate_ms=1_000, rate_max=1, rate_action=RateAction.DELAY)
    market.passes(1)
    market.carol.buys(200, at="9.00")
    market.carol.buys(100, at="9.00")
    assert market.carol.buys(100, at="9.00") == TWICE


def test_guards_come_in_their_order(market):
    limits = {"order_value_max": 1, "collar_bp": 1, "duplicate_ms": 1_000}
    market.dave.limits(market.alice, duplicate_ms=1_000)
    market.alice.buys(100, at="10.50")
    refusals = []
    for _ in range(4):
        market.dave.limits(market.alice, **limits)
        refusals += market.alice.buys(100, at="10.50")
        limits.pop(next(iter(limits), ""), None)
    assert refusals == [
        "alice is refused: ORDER_VALUE_TOO_LARGE",
        "alice is refused: PRICE_OUTSIDE_COLLAR",
        "alice is refused: DUPLICATE_ORDER",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"collar_bp": -1},
        {"collar_bp": 10_001},
        {"duplicate_ms": -1},
        {"duplicate_ms": 3_600_001},
    ],
    ids=str,
)
def test_guard_out_of_its_bounds_is_malformed(market, wrong):
    assert market.dave.limits(market.carol, **wrong) == ["dave is refused: MALFORMED"]


def test_guards_are_told(market):
    market.dave.limits(market.carol, collar_bp=200, duplicate_ms=500)
    account = market.carol.account
    assert (account.collar_bp, account.duplicate_ms) == (200, 500)

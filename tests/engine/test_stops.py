"""Orders with a trigger: how they wait, what releases them, in which order, and what then."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import Feature, OrderType, Phase, ReportKind, TimeInForce
from tests.commands import SSE_RULES, SZSE_RULES, define_rules, list_instrument
from tests.engine.conftest import SMALL
from tests.trading import EVERYTHING, Market, price_of, to_the_end

IMMEDIATE = {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}
SCHEDULED = [phase for phase in Phase if phase < Phase.HALTED]


def trading(market: Market) -> Market:
    """Return the market in continuous trading."""
    market.begins(Phase.CONTINUOUS)
    return market


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    yield from to_the_end(trading(Market(new_venue(), EVERYTHING)))


@pytest.fixture
def shanghai(new_venue) -> Iterator[Market]:
    yield from to_the_end(trading(Market(new_venue(), SSE_RULES | {"features": Feature.STOP})))


@pytest.fixture
def shenzhen(new_venue) -> Iterator[Market]:
    yield from to_the_end(trading(Market(new_venue(), SZSE_RULES | {"features": Feature.STOP})))


def trades_at(market: Market, price: str, **fields: int) -> list[str]:
    """Have dave trade 100 with himself; return what comes of it behind the trade."""
    market.dave.sells(100, at=price, **fields)
    trade, *others = market.dave.buys(100, at=price, **fields)
    assert trade == f"dave takes 100 from dave at {price}"
    return others


def alice_sells_at(market: Market, *prices: str) -> None:
    """Have alice sell 100 at each price."""
    for price in prices:
        market.alice.sells(100, at=price)


def accepted_at(market: Market) -> str:
    """Return the price at which the latest order was accepted."""
    return price_of([r for r in market.reports if r["kind"] == ReportKind.ACCEPTED][-1])


def requests(market: Market, count: int) -> list[int]:
    """Return the request_seq of the latest reports."""
    return [int(report["request_seq"]) for report in market.reports[-count:]]


def test_stop_waits_outside_the_book(market):
    assert market.bob.buys_stop(100, trigger="10.05", at="10.10") == []
    assert accepted_at(market) == "10.10"
    assert market.carol.sells(100, at="10.10") == []


def test_trade_at_the_trigger_releases_a_buyer_when_all_of_it_is_done(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    alice_sells_at(market, "10.05", "10.06", "10.07")
    assert market.carol.buys(200, at="10.06") == [
        "carol takes 100 from alice at 10.05",
        "carol takes 100 from alice at 10.06",
        "bob is released with 100 at 10.10",
        "bob takes 100 from alice at 10.07",
    ]


def test_trade_at_the_trigger_releases_a_seller(market):
    market.bob.sells_stop(100, trigger="9.95", at="9.90")
    market.alice.buys(200, at="9.95")
    assert market.carol.sells(100, at="9.95") == [
        "carol sells 100 to alice at 9.95",
        "bob is released with 100 at 9.90",
        "bob sells 100 to alice at 9.95",
    ]


@pytest.mark.parametrize(
    ("price", "is_reached"), [("10.04", False), ("10.05", True), ("10.06", True)]
)
def test_buyer_is_released_at_the_trigger_or_above(market, price, is_reached):
    market.bob.buys_stop(100, trigger="10.05", at="9.50")
    released = ["bob is released with 100 at 9.50"]
    assert trades_at(market, price) == (released if is_reached else [])


@pytest.mark.parametrize(("price", "is_reached"), [("9.96", False), ("9.95", True), ("9.94", True)])
def test_seller_is_released_at_the_trigger_or_below(market, price, is_reached):
    market.bob.sells_stop(100, trigger="9.95", at="10.50")
    released = ["bob is released with 100 at 10.50"]
    assert trades_at(market, price) == (released if is_reached else [])


def test_yesterday_triggers_nothing(market):
    assert market.bob.buys_stop(100, trigger="9.00", at="9.10") == []
    assert market.bob.sells_stop(100, trigger="11.00", at="10.90") == []
    assert trades_at(market, "10.00") == [
        "bob is released with 100 at 9.10",
        "bob is released with 100 at 10.90",
    ]


def test_quotes_trigger_nothing(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    assert market.carol.buys(100, at="10.06") == []
    assert market.carol.sells(100, at="10.07") == []


def test_stop_whose_trigger_is_reached_is_released_at_once(market):
    trades_at(market, "10.00")
    assert market.bob.buys_stop(100, trigger="10.00", at="10.10") == [
        "bob is released with 100 at 10.10"
    ]
    assert market.carol.sells(100, at="10.10") == ["carol sells 100 to bob at 10.10"]
    assert market.bob.sells_stop(100, trigger="10.20", at="10.15") == [
        "bob is released with 100 at 10.15"
    ]


def test_own_order_releases_the_stop_of_its_session(market):
    market.alice.buys(200, at="9.95")
    market.bob.sells_stop(100, trigger="9.95", at="9.90")
    assert market.bob.sells(100, at="9.95") == [
        "bob sells 100 to alice at 9.95",
        "bob is released with 100 at 9.90",
        "bob sells 100 to alice at 9.95",
    ]
    assert requests(market, 6) == [2, 2, 0, 0, 0, 0]
    assert [report["client_seq"] for report in market.reports[-3:]] == [1, 1, 1]


def test_release_tells_the_session_what_is_open_and_at_which_price(market):
    market.bob.buys_stop(300, trigger="10.05", at="10.10", instrument=1)
    market.bob.cancels(100)
    trades_at(market, "10.05", instrument=1)
    expected = {
        "kind": ReportKind.RELEASED,
        "session": 2,
        "account": 2,
        "order_number": 1,
        "client_seq": 1,
        "request_seq": 0,
        "instrument": 1,
        "side": 0,
        "price": 101_000,
        "quantity": 200,
        "leaves": 200,
        "trade_number": 0,
        "reason": 0,
        "liquidity": 0,
    }
    assert {name: int(market.reports[-1][name]) for name in expected} == expected


def test_stops_release_each_other_through_several_prices(market):
    market.carol.buys_stop(100, trigger="10.06", at="10.07")
    market.bob.buys_stop(100, trigger="10.07", at="10.08")
    market.bob.buys_stop(100, trigger="10.05", at="10.06")
    alice_sells_at(market, "10.05", "10.06", "10.07", "10.08", "10.09")
    assert market.dave.buys(100, at="10.05") == [
        "dave takes 100 from alice at 10.05",
        "bob is released with 100 at 10.06",
        "bob takes 100 from alice at 10.06",
        "carol is released with 100 at 10.07",
        "carol takes 100 from alice at 10.07",
        "bob is released with 100 at 10.08",
        "bob takes 100 from alice at 10.08",
    ]


def test_selling_stops_release_each_other_too(market):
    market.bob.sells_stop(200, trigger="9.94", at="9.90")
    market.carol.sells_stop(100, trigger="9.95", at="9.90")
    for price in ("9.95", "9.94", "9.93", "9.92"):
        market.alice.buys(100, at=price)
    assert market.dave.sells(100, at="9.95") == [
        "dave sells 100 to alice at 9.95",
        "carol is released with 100 at 9.90",
        "carol sells 100 to alice at 9.94",
        "bob is released with 200 at 9.90",
        "bob sells 100 to alice at 9.93",
        "bob sells 100 to alice at 9.92",
    ]


def test_stop_released_by_another_one_goes_before_those_farther_off(market):
    market.bob.buys_stop(100, trigger="10.02", at="10.05")
    market.carol.buys_stop(100, trigger="10.04", at="9.00")
    market.bob.buys_stop(100, trigger="10.03", at="9.00")
    alice_sells_at(market, "10.02", "10.05")
    assert market.dave.buys(100, at="10.02") == [
        "dave takes 100 from alice at 10.02",
        "bob is released with 100 at 10.05",
        "bob takes 100 from alice at 10.05",
        "bob is released with 100 at 9.00",
        "carol is released with 100 at 9.00",
    ]


def test_lowest_trigger_of_buyers_goes_first_then_the_older(market):
    market.alice.buys_stop(100, trigger="10.03", at="9.01")
    market.bob.buys_stop(100, trigger="10.02", at="9.02")
    market.carol.buys_stop(100, trigger="10.03", at="9.03")
    market.bob.buys_stop(100, trigger="10.02", at="9.04")
    assert trades_at(market, "10.05") == [
        "bob is released with 100 at 9.02",
        "bob is released with 100 at 9.04",
        "alice is released with 100 at 9.01",
        "carol is released with 100 at 9.03",
    ]


def test_highest_trigger_of_sellers_goes_first_then_the_older(market):
    market.alice.sells_stop(100, trigger="9.97", at="10.91")
    market.bob.sells_stop(100, trigger="9.98", at="10.92")
    market.carol.sells_stop(100, trigger="9.97", at="10.93")
    market.bob.sells_stop(100, trigger="9.98", at="10.94")
    assert trades_at(market, "9.95") == [
        "bob is released with 100 at 10.92",
        "bob is released with 100 at 10.94",
        "alice is released with 100 at 10.91",
        "carol is released with 100 at 10.93",
    ]


def test_of_a_buyer_and_a_seller_the_buyer_goes_first(market):
    market.bob.sells_stop(100, trigger="10.00", at="9.90")
    market.carol.buys_stop(100, trigger="10.00", at="10.10")
    assert trades_at(market, "10.00") == [
        "carol is released with 100 at 10.10",
        "bob is released with 100 at 9.90",
        "bob sells 100 to carol at 10.10",
    ]


def test_seller_waits_on_where_the_buyer_has_lifted_the_price_again(market):
    market.bob.sells_stop(100, trigger="10.00", at="9.90")
    market.carol.buys_stop(100, trigger="10.00", at="10.10")
    alice_sells_at(market, "10.00", "10.05")
    assert market.dave.buys(100, at="10.00") == [
        "dave takes 100 from alice at 10.00",
        "carol is released with 100 at 10.10",
        "carol takes 100 from alice at 10.05",
    ]
    assert trades_at(market, "10.00") == ["bob is released with 100 at 9.90"]


def test_stop_that_cannot_trade_rests_behind_those_who_came_before_its_release(market):
    market.bob.sells_stop(100, trigger="9.95", at="10.00")
    market.carol.sells(100, at="10.00")
    assert trades_at(market, "9.95") == ["bob is released with 100 at 10.00"]
    assert market.alice.buys(200, at="10.00") == [
        "alice takes 100 from carol at 10.00",
        "alice takes 100 from bob at 10.00",
    ]


def test_stops_released_by_one_trade_rest_in_the_order_of_their_release(market):
    market.bob.buys_stop(100, trigger="10.03", at="9.50")
    market.carol.buys_stop(100, trigger="10.02", at="9.50")
    market.alice.buys_stop(100, trigger="10.03", at="9.50")
    assert len(trades_at(market, "10.05")) == 3
    assert market.dave.sells(300, at="9.50") == [
        "dave sells 100 to carol at 9.50",
        "dave sells 100 to bob at 9.50",
        "dave sells 100 to alice at 9.50",
    ]


def test_rest_of_an_immediate_stop_is_canceled(market):
    market.bob.buys_stop(200, trigger="10.05", at="10.10", **IMMEDIATE)
    alice_sells_at(market, "10.10")
    assert trades_at(market, "10.05") == [
        "bob is released with 200 at 10.10",
        "bob takes 100 from alice at 10.10",
        "bob goes without 100 at 10.10",
    ]
    assert market.reports[-1]["request_seq"] == 0


def test_stop_at_any_price_takes_what_there_is(shenzhen):
    shenzhen.bob.buys_stop(300, trigger="10.05", order_type=OrderType.IMMEDIATE_THEN_CANCEL)
    assert accepted_at(shenzhen) == "11.00"
    alice_sells_at(shenzhen, "10.06", "10.50")
    assert trades_at(shenzhen, "10.05") == [
        "bob is released with 300 at 11.00",
        "bob takes 100 from alice at 10.06",
        "bob takes 100 from alice at 10.50",
        "bob goes without 100 at 11.00",
    ]


def test_stop_at_a_protected_price_stops_there(shenzhen):
    order_type = OrderType.IMMEDIATE_THEN_CANCEL
    shenzhen.bob.sells_stop(300, trigger="9.95", at="9.80", order_type=order_type)
    assert accepted_at(shenzhen) == "9.80"
    shenzhen.alice.buys(100, at="9.80")
    shenzhen.alice.buys(100, at="9.79")
    assert trades_at(shenzhen, "9.95") == [
        "bob is released with 300 at 9.80",
        "bob sells 100 to alice at 9.80",
        "bob goes without 200 at 9.80",
    ]


def test_stop_that_wants_all_takes_nothing_less(shenzhen):
    shenzhen.bob.buys_stop(300, trigger="10.05", order_type=OrderType.ALL_OR_CANCEL)
    alice_sells_at(shenzhen, "10.06", "10.07")
    assert trades_at(shenzhen, "10.05") == [
        "bob is released with 300 at 11.00",
        "bob finds too little for 300 at 11.00",
    ]
    assert requests(shenzhen, 2) == [0, 0]


def test_best_price_is_looked_for_at_the_release_and_not_before(shanghai):
    alice_sells_at(shanghai, "10.20")
    best = OrderType.COUNTERPARTY_BEST
    assert shanghai.bob.buys_stop(300, trigger="10.05", order_type=best) == []
    assert accepted_at(shanghai) == "11.00"
    alice_sells_at(shanghai, "10.10")
    assert trades_at(shanghai, "10.05") == [
        "bob is released with 300 at 10.10",
        "bob takes 100 from alice at 10.10",
    ]
    assert shanghai.carol.sells(200, at="10.10") == ["carol sells 200 to bob at 10.10"]


def test_own_side_best_queues_where_its_side_is_at_the_release(shanghai):
    shanghai.bob.buys_stop(100, trigger="10.05", order_type=OrderType.OWN_SIDE_BEST)
    shanghai.carol.buys(100, at="9.98")
    assert trades_at(shanghai, "10.05") == ["bob is released with 100 at 9.98"]
    assert shanghai.alice.sells(200, at="9.98") == [
        "alice sells 100 to carol at 9.98",
        "alice sells 100 to bob at 9.98",
    ]


@pytest.mark.parametrize("order_type", [OrderType.COUNTERPARTY_BEST, OrderType.OWN_SIDE_BEST])
@pytest.mark.parametrize(("protection", "worst"), [("0", "11.00"), ("10.40", "10.40")])
def test_stop_that_finds_no_price_is_released_at_its_worst_and_canceled(
    shanghai, order_type, protection, worst
):
    shanghai.bob.buys_stop(100, trigger="10.05", at=protection, order_type=order_type)
    assert accepted_at(shanghai) == worst
    assert trades_at(shanghai, "10.05") == [
        f"bob is released with 100 at {worst}",
        "bob finds no price for 100",
    ]
    assert price_of(shanghai.reports[-1]) == worst
    assert requests(shanghai, 2) == [0, 0]


def test_best_price_beyond_the_protection_is_none(shanghai):
    best = OrderType.COUNTERPARTY_BEST
    shanghai.bob.buys_stop(100, trigger="10.05", at="10.10", order_type=best)
    alice_sells_at(shanghai, "10.11")
    assert trades_at(shanghai, "10.05") == [
        "bob is released with 100 at 10.10",
        "bob finds no price for 100",
    ]


def test_rest_of_best_five_then_limit_stays_at_its_last_price(shanghai):
    five = OrderType.BEST_FIVE_THEN_LIMIT
    shanghai.bob.buys_stop(700, trigger="10.00", order_type=five)
    alice_sells_at(shanghai, *[f"10.0{cents}" for cents in range(1, 7)])
    assert trades_at(shanghai, "10.00") == [
        "bob is released with 700 at 11.00",
        *[f"bob takes 100 from alice at 10.0{cents}" for cents in range(1, 6)],
        "bob now has 200 at 10.05",
    ]
    assert requests(shanghai, 12) == [0] * 12


def test_best_five_then_limit_that_meets_nobody_finds_no_price(shanghai):
    shanghai.bob.buys_stop(100, trigger="10.00", order_type=OrderType.BEST_FIVE_THEN_LIMIT)
    assert trades_at(shanghai, "10.00") == [
        "bob is released with 100 at 11.00",
        "bob finds no price for 100",
    ]


def test_best_five_then_cancel_takes_five_prices(shenzhen):
    shenzhen.bob.buys_stop(700, trigger="10.00", order_type=OrderType.BEST_FIVE_THEN_CANCEL)
    alice_sells_at(shenzhen, *[f"10.0{cents}" for cents in range(1, 7)])
    assert trades_at(shenzhen, "10.00") == [
        "bob is released with 700 at 11.00",
        *[f"bob takes 100 from alice at 10.0{cents}" for cents in range(1, 6)],
        "bob goes without 200 at 11.00",
    ]


def test_stops_are_not_caged(new_venue):
    caged = EVERYTHING | {"cage_bp": 200, "cage_ticks": 10}
    market = trading(Market(new_venue(), caged))
    assert market.bob.buys_stop(100, trigger="10.10", at="11.00") == []
    market.alice.sells(100, at="10.20")
    assert trades_at(market, "10.10") == [
        "bob is released with 100 at 11.00",
        "bob takes 100 from alice at 10.20",
    ]


@pytest.mark.parametrize("phase", SCHEDULED)
def test_stops_are_taken_in_continuous_trading_only(market, phase):
    market.begins(phase)
    refused = ["bob is refused: PHASE_REFUSES_ORDER"]
    expected = [] if phase == Phase.CONTINUOUS else refused
    assert market.bob.buys_stop(100, trigger="10.05", at="10.10") == expected


@pytest.mark.parametrize(
    "condition",
    [
        {"minimum_quantity": 100},
        {"post_only": 1},
        {"display_quantity": 100},
        {"order_type": OrderType.FIXED_PRICE},
    ],
    ids=str,
)
def test_stop_has_no_other_condition(market, condition):
    assert market.bob.buys_stop(100, trigger="10.05", at="10.10", **condition) == [
        "bob is refused: FEATURE_NOT_ALLOWED"
    ]


@pytest.mark.parametrize("feature", Feature)
def test_rules_say_whether_there_are_stops(new_venue, feature):
    market = trading(Market(new_venue(), {"features": feature}))
    refused = ["bob is refused: FEATURE_NOT_ALLOWED"]
    expected = [] if feature == Feature.STOP else refused
    assert market.bob.buys_stop(100, trigger="10.05", at="10.10") == expected


@pytest.mark.parametrize("trigger", ["-10.00", "10.005", "8.99", "11.01", "0.01"])
def test_trigger_is_a_price_within_the_limits(market, trigger):
    assert market.bob.buys_stop(100, trigger=trigger, at="10.10") == [
        "bob is refused: TRIGGER_OUT_OF_RANGE"
    ]


@pytest.mark.parametrize("trigger", ["9.00", "11.00"])
def test_trigger_may_be_a_limit_of_the_day(market, trigger):
    assert market.bob.buys_stop(100, trigger=trigger, at="10.10") == []
    assert trades_at(market, "11.00") == ["bob is released with 100 at 10.10"]


def test_price_is_looked_at_before_the_trigger(market):
    assert market.bob.buys_stop(100, trigger="12.00", at="12.00") == [
        "bob is refused: PRICE_OUTSIDE_LIMITS"
    ]


def test_stop_with_a_limit_needs_its_price(market):
    assert market.bob.buys_stop(100, trigger="10.05") == ["bob is refused: PRICE_NOT_POSITIVE"]


def test_waiting_stop_takes_the_room_of_an_order(new_venue):
    market = trading(Market(new_venue(SMALL._replace(orders_open=1)), EVERYTHING))
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    assert market.alice.sells(100, at="10.10") == ["alice is refused: ORDERS_EXHAUSTED"]
    assert market.bob.cancels() == ["bob hears of 100 taken back at 10.10, 0 left"]
    assert market.alice.sells(100, at="10.10") == []


def test_waiting_stop_is_not_replaced_but_a_released_one_is(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    assert market.bob.replaces(100, at="10.09") == ["bob is refused: ORDER_WAITS"]
    assert trades_at(market, "10.05") == ["bob is released with 100 at 10.10"]
    assert market.bob.replaces(100, at="10.09") == ["bob now has 100 at 10.09"]


def test_nobody_replaces_the_stop_of_another(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    (order,) = market.bob.orders
    assert market.alice.replaces(100, at="10.09", order=order) == [
        "alice is refused: ORDER_NOT_YOURS"
    ]


def test_canceled_stop_is_not_released(market):
    market.bob.buys_stop(100, trigger="10.05", at="9.01")
    market.carol.buys_stop(100, trigger="10.05", at="9.02")
    market.bob.buys_stop(100, trigger="10.05", at="9.03")
    assert market.carol.cancels() == ["carol hears of 100 taken back at 9.02, 0 left"]
    assert trades_at(market, "10.05") == [
        "bob is released with 100 at 9.01",
        "bob is released with 100 at 9.03",
    ]
    assert trades_at(market, "10.05") == []


def test_part_of_a_stop_is_taken_back_and_the_rest_keeps_its_place(market):
    market.bob.buys_stop(300, trigger="10.05", at="9.01")
    market.carol.buys_stop(100, trigger="10.05", at="9.02")
    assert market.bob.cancels(100) == ["bob hears of 100 taken back at 9.01, 200 left"]
    assert trades_at(market, "10.05") == [
        "bob is released with 200 at 9.01",
        "carol is released with 100 at 9.02",
    ]


def test_mass_cancel_takes_back_what_waits_and_what_rests_in_order(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    market.bob.buys(100, at="9.90")
    market.bob.sells_stop(100, trigger="9.95", at="9.80")
    assert market.bob.cancels_all(of_side=0) == [
        "bob hears of 100 taken back at 10.10, 0 left",
        "bob hears of 100 taken back at 9.90, 0 left",
        "bob hears of 2 orders taken back",
    ]
    assert trades_at(market, "9.95") == ["bob is released with 100 at 9.80"]


def test_waiting_stops_expire_like_any_order(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    market.alice.sells(100, at="10.20")
    market.bob.sells_stop(200, trigger="9.95", at="9.80")
    assert market.closes() == [
        "bob expires with 100 at 10.10",
        "alice expires with 100 at 10.20",
        "bob expires with 200 at 9.80",
        "the day 20260706 ends",
    ]


def test_replacement_that_trades_releases_stops(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    alice_sells_at(market, "10.05", "10.06")
    market.carol.buys(100, at="9.90")
    assert market.carol.replaces(100, at="10.05") == [
        "carol now has 100 at 10.05",
        "carol takes 100 from alice at 10.05",
        "bob is released with 100 at 10.10",
        "bob takes 100 from alice at 10.06",
    ]


def test_trade_releases_stops_of_its_own_instrument_only(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10", instrument=1)
    assert trades_at(market, "10.06") == []
    assert trades_at(market, "10.05", instrument=1) == ["bob is released with 100 at 10.10"]


def test_auction_releases_stops_when_continuous_trading_goes_on(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    market.begins(Phase.CLOSING_CALL)
    market.alice.sells(200, at="10.05")
    market.carol.buys(100, at="10.05")
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "carol buys 100 from alice at 10.05",
        "bob is released with 100 at 10.10",
        "bob takes 100 from alice at 10.05",
    ]
    assert requests(market, 5) == [0] * 5


def test_each_instrument_has_its_auction_and_its_stops_before_the_next(market):
    for instrument in (1, 0):
        market.bob.buys_stop(100, trigger="10.05", at=f"9.0{instrument}", instrument=instrument)
    market.begins(Phase.CLOSING_CALL)
    for instrument in (1, 0):
        market.alice.sells(100, at="10.05", instrument=instrument)
        market.carol.buys(100, at=f"10.0{instrument + 5}", instrument=instrument)
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "carol buys 100 from alice at 10.05",
        "bob is released with 100 at 9.00",
        "carol buys 100 from alice at 10.06",
        "bob is released with 100 at 9.01",
    ]


def test_stops_wait_through_the_closing_auction_and_expire(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    market.begins(Phase.CLOSING_CALL)
    market.alice.sells(100, at="10.05")
    market.carol.buys(100, at="10.05")
    assert market.begins(Phase.POST_CLOSE) == [
        "POST_CLOSE begins",
        "carol buys 100 from alice at 10.05",
    ]
    assert market.closes() == ["bob expires with 100 at 10.10", "the day 20260706 ends"]


def test_stops_wait_over_lunch(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    market.begins(Phase.BREAK)
    assert market.begins(Phase.CONTINUOUS) == ["CONTINUOUS begins"]
    assert trades_at(market, "10.05") == ["bob is released with 100 at 10.10"]


def test_stop_in_the_closing_call_cannot_be_taken_back(market):
    market.bob.buys_stop(100, trigger="10.05", at="10.10")
    market.begins(Phase.CLOSING_CALL)
    assert market.bob.cancels() == ["bob is refused: PHASE_REFUSES_CANCEL"]
    assert market.bob.cancels_all() == ["bob hears of 0 orders taken back"]


def test_level_of_stops_is_emptied_in_order_and_filled_again(market):
    for _ in range(2):
        for trader in (market.alice, market.bob, market.carol):
            trader.buys_stop(100, trigger="10.05", at="9.00")
        assert trades_at(market, "10.05") == [
            f"{name} is released with 100 at 9.00" for name in ("alice", "bob", "carol")
        ]
        assert trades_at(market, "9.90") == []


def test_share_with_stops_takes_the_room_of_two(new_venue):
    market = Market(new_venue(SMALL._replace(ticks=2 * 2 * 201 + 100)), EVERYTHING)
    market.hears(define_rules(2))
    narrow = {"lower_limit": 100_100}
    refused = ["the venue is refused: LISTING_OUT_OF_BOUNDS"]
    assert market.hears(list_instrument(2, rules=0, **narrow)) == refused
    assert market.hears(list_instrument(2, rules=2)) == refused
    assert market.hears(list_instrument(2, rules=2, **narrow)) == []

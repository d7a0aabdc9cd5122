"""From 9:25 to 9:30: orders wait, and are released one by one when continuous trading begins."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import Feature, OrderType, Phase, ReportKind, SelfTrade, TimeInForce
from tests.commands import SSE_RULES, SZSE_RULES
from tests.engine.conftest import SMALL
from tests.trading import EVERYTHING, Market, price_of, to_the_end

CAGE = {"cage_bp": 200, "cage_ticks": 10}
OF_SHANGHAI = SSE_RULES | EVERYTHING
OF_SHENZHEN = SZSE_RULES | EVERYTHING


def in_gap(market: Market) -> Market:
    """Return the market between opening call and continuous trading."""
    market.begins(Phase.PRE_CONTINUOUS)
    return market


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    yield from to_the_end(in_gap(Market(new_venue(), OF_SHANGHAI)))


@pytest.fixture
def caged(new_venue) -> Iterator[Market]:
    yield from to_the_end(in_gap(Market(new_venue(), OF_SHANGHAI | CAGE)))


def at_half_past_nine(market: Market, **fields: int) -> list[str]:
    """Return what the beginning of continuous trading causes."""
    begun, *others = market.begins(Phase.CONTINUOUS, **fields)
    assert begun == "CONTINUOUS begins"
    return others


def requests(market: Market, count: int) -> list[int]:
    """Return the request_seq of the latest reports."""
    return [int(report["request_seq"]) for report in market.reports[-count:]]


def test_orders_wait_and_are_released_in_order_of_number(market):
    assert market.alice.sells(100, at="10.02") == []
    assert market.bob.buys(300, at="10.02") == []
    assert market.carol.sells(100, at="10.00") == []
    assert at_half_past_nine(market) == [
        "alice is released with 100 at 10.02",
        "bob is released with 300 at 10.02",
        "bob takes 100 from alice at 10.02",
        "carol is released with 100 at 10.00",
        "carol sells 100 to bob at 10.02",
    ]
    assert market.alice.sells(100, at="10.02") == ["alice sells 100 to bob at 10.02"]


def test_nothing_that_a_release_causes_answers_a_request(market):
    market.alice.sells(100, at="10.00")
    market.bob.buys(200, at="10.00", time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
    assert at_half_past_nine(market) == [
        "alice is released with 100 at 10.00",
        "bob is released with 200 at 10.00",
        "bob takes 100 from alice at 10.00",
        "bob goes without 100 at 10.00",
    ]
    assert requests(market, 5) == [0] * 5


def test_orders_that_are_equal_everywhere_keep_their_order(market):
    for trader in (market.carol, market.alice, market.bob):
        trader.sells(100, at="10.00")
    at_half_past_nine(market)
    assert market.dave.buys(300, at="10.00") == [
        f"dave takes 100 from {name} at 10.00" for name in ("carol", "alice", "bob")
    ]


def test_both_sides_a_market_order_and_one_outside_the_cage(caged):
    caged.begins(Phase.OPENING_CALL)
    caged.alice.sells(100, at="10.00")
    assert caged.begins(Phase.PRE_CONTINUOUS) == ["PRE_CONTINUOUS begins"]
    assert caged.bob.buys(100, at="10.30") == []
    assert caged.carol.buys_as(OrderType.COUNTERPARTY_BEST, 200) == []
    assert caged.alice.sells(100, at="9.79") == []
    assert caged.alice.sells(100, at="9.80") == []
    assert at_half_past_nine(caged) == [
        "bob is released with 100 at 10.30",
        "bob is outside the cage with 100 at 10.30",
        "carol is released with 200 at 10.00",
        "carol takes 100 from alice at 10.00",
        "alice is released with 100 at 9.79",
        "alice is outside the cage with 100 at 9.79",
        "alice is released with 100 at 9.80",
        "alice sells 100 to carol at 10.00",
    ]
    canceled = [r for r in caged.reports if r["kind"] == ReportKind.CANCELED]
    assert [int(report["request_seq"]) for report in canceled] == [0, 0]


def test_cage_is_where_the_release_before_has_put_it(caged):
    caged.bob.buys(100, at="10.40")
    caged.bob.buys(100, at="10.20")
    caged.carol.buys(100, at="10.40")
    assert at_half_past_nine(caged) == [
        "bob is released with 100 at 10.40",
        "bob is outside the cage with 100 at 10.40",
        "bob is released with 100 at 10.20",
        "carol is released with 100 at 10.40",
    ]


def test_trade_of_a_release_moves_the_cage_of_the_next(caged):
    caged.alice.sells(100, at="10.20")
    caged.bob.buys(100, at="10.20")
    caged.carol.buys(100, at="10.40")
    assert at_half_past_nine(caged) == [
        "alice is released with 100 at 10.20",
        "bob is released with 100 at 10.20",
        "bob takes 100 from alice at 10.20",
        "carol is released with 100 at 10.40",
    ]


def test_immediate_order_with_a_limit_is_caged_too_and_market_orders_are_not(caged):
    caged.bob.buys(100, at="10.21", time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL)
    caged.alice.sells(100, at="10.10")
    caged.bob.buys_as(OrderType.BEST_FIVE_THEN_CANCEL, 100, at="11.00")
    assert at_half_past_nine(caged) == [
        "bob is released with 100 at 10.21",
        "bob is outside the cage with 100 at 10.21",
        "alice is released with 100 at 10.10",
        "bob is released with 100 at 11.00",
        "bob takes 100 from alice at 10.10",
    ]


def test_market_orders_look_for_their_price_at_the_release(market):
    market.bob.buys_as(OrderType.COUNTERPARTY_BEST, 100)
    market.bob.buys_as(OrderType.COUNTERPARTY_BEST, 100, at="10.50")
    market.alice.sells(100, at="10.00")
    market.bob.buys_as(OrderType.COUNTERPARTY_BEST, 200)
    market.carol.buys_as(OrderType.OWN_SIDE_BEST, 100)
    accepted = [r for r in market.reports if r["kind"] == ReportKind.ACCEPTED]
    assert [price_of(report) for report in accepted] == [
        "11.00",
        "10.50",
        "10.00",
        "11.00",
        "11.00",
    ]
    assert at_half_past_nine(market) == [
        "bob is released with 100 at 11.00",
        "bob finds no price for 100",
        "bob is released with 100 at 10.50",
        "bob finds no price for 100",
        "alice is released with 100 at 10.00",
        "bob is released with 200 at 10.00",
        "bob takes 100 from alice at 10.00",
        "carol is released with 100 at 10.00",
    ]


def test_best_five_orders_wait_and_settle_their_rest(market):
    market.alice.sells(100, at="10.00")
    market.bob.buys_as(OrderType.BEST_FIVE_THEN_CANCEL, 200)
    market.alice.sells(100, at="10.01")
    market.carol.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 200)
    assert at_half_past_nine(market) == [
        "alice is released with 100 at 10.00",
        "bob is released with 200 at 11.00",
        "bob takes 100 from alice at 10.00",
        "bob goes without 100 at 11.00",
        "alice is released with 100 at 10.01",
        "carol is released with 200 at 11.00",
        "carol takes 100 from alice at 10.01",
        "carol now has 100 at 10.01",
    ]
    assert requests(market, 1) == [0]


def test_all_or_cancel_waits_and_takes_all_or_nothing(new_venue):
    market = in_gap(Market(new_venue(), OF_SHENZHEN))
    market.alice.sells(100, at="10.00")
    market.bob.buys_as(OrderType.ALL_OR_CANCEL, 200)
    market.carol.buys_as(OrderType.ALL_OR_CANCEL, 100)
    assert at_half_past_nine(market) == [
        "alice is released with 100 at 10.00",
        "bob is released with 200 at 11.00",
        "bob finds too little for 200 at 11.00",
        "carol is released with 100 at 11.00",
        "carol takes 100 from alice at 10.00",
    ]


@pytest.mark.parametrize(
    "condition",
    [
        {"minimum_quantity": 100},
        {"post_only": 1},
        {"display_quantity": 100},
        {"trigger_price": 100_500},
    ],
    ids=str,
)
def test_orders_with_conditions_do_not_wait(market, condition):
    assert market.bob.buys(100, at="10.00", **condition) == ["bob is refused: PHASE_REFUSES_ORDER"]


@pytest.mark.parametrize("feature", [0, *Feature])
def test_rules_say_whether_orders_wait(new_venue, feature):
    market = in_gap(Market(new_venue(), {"features": feature}))
    refused = ["bob is refused: PHASE_REFUSES_ORDER"]
    expected = [] if feature == Feature.QUEUES_IN_GAP else refused
    assert market.bob.buys(100, at="10.00") == expected
    assert market.bob.buys_as(OrderType.COUNTERPARTY_BEST, 100) == expected


@pytest.mark.parametrize(
    ("quantity", "price", "reason"),
    [
        (0, "10.00", "QUANTITY_NOT_POSITIVE"),
        (1_000_100, "10.00", "QUANTITY_TOO_LARGE"),
        (150, "10.00", "QUANTITY_NOT_IN_LOTS"),
        (100, "0", "PRICE_NOT_POSITIVE"),
        (100, "10.005", "PRICE_NOT_ON_TICK"),
        (100, "11.01", "PRICE_OUTSIDE_LIMITS"),
    ],
)
def test_order_that_waits_is_checked_when_it_is_entered(market, quantity, price, reason):
    assert market.bob.buys(quantity, at=price) == [f"bob is refused: {reason}"]


def test_type_that_the_rules_do_not_name_does_not_wait(market):
    market.lists(2, order_types=1, features=Feature.QUEUES_IN_GAP)
    market.begins(Phase.PRE_CONTINUOUS, instrument=2)
    assert market.bob.buys_as(OrderType.ALL_OR_CANCEL, 100, instrument=2) == [
        "bob is refused: ORDER_TYPE_NOT_ALLOWED"
    ]


def test_what_waits_is_neither_taken_back_nor_replaced(market):
    market.bob.buys(100, at="10.00")
    assert market.bob.cancels() == ["bob is refused: PHASE_REFUSES_CANCEL"]
    assert market.bob.replaces(100, at="9.99") == ["bob is refused: PHASE_REFUSES_CANCEL"]
    assert market.bob.cancels_all() == ["bob hears of 0 orders taken back"]
    assert at_half_past_nine(market) == ["bob is released with 100 at 10.00"]


def test_what_waits_takes_the_room_of_an_order(new_venue):
    market = in_gap(Market(new_venue(SMALL._replace(orders_open=1)), EVERYTHING))
    market.bob.buys(100, at="10.00")
    assert market.alice.sells(100, at="10.00") == ["alice is refused: ORDERS_EXHAUSTED"]


def test_what_waits_is_not_in_the_auction_and_comes_behind_it(market):
    market.alice.sells(100, at="10.00")
    market.begins(Phase.OPENING_CALL)
    market.bob.sells(100, at="10.00")
    market.carol.buys(200, at="10.00")
    assert at_half_past_nine(market) == [
        "carol buys 100 from bob at 10.00",
        "alice is released with 100 at 10.00",
        "alice sells 100 to carol at 10.00",
    ]


def test_what_waits_in_another_phase_can_be_taken_back_but_not_replaced(market):
    market.alice.sells(300, at="10.00")
    market.bob.sells(100, at="10.00")
    market.begins(Phase.OPENING_CALL)
    assert market.alice.replaces(100, at="10.01") == ["alice is refused: ORDER_WAITS"]
    assert market.alice.cancels(100) == ["alice hears of 100 taken back at 10.00, 200 left"]
    assert market.bob.cancels() == ["bob hears of 100 taken back at 10.00, 0 left"]
    assert at_half_past_nine(market) == ["alice is released with 200 at 10.00"]


def test_the_first_two_and_the_last_of_those_who_wait_can_leave(market):
    for trader in (market.alice, market.bob, market.carol) * 2:
        trader.sells(100, at="10.00")
    market.begins(Phase.OPENING_CALL)
    for trader in (market.alice, market.bob, market.carol):
        trader.cancels(order=trader.orders[trader is market.carol])
    assert at_half_past_nine(market) == [
        f"{name} is released with 100 at 10.00" for name in ("carol", "alice", "bob")
    ]


def test_what_waits_goes_on_waiting_until_orders_match(market):
    market.alice.sells(100, at="10.00")
    for phase in (Phase.CLOSING_CALL, Phase.POST_CLOSE, Phase.BREAK, Phase.PRE_CONTINUOUS):
        assert market.begins(phase) == [f"{phase.name} begins"]
    assert at_half_past_nine(market) == ["alice is released with 100 at 10.00"]
    market.begins(Phase.BREAK)
    assert at_half_past_nine(market) == []


def test_what_is_never_released_expires(market):
    market.alice.sells(100, at="10.00")
    market.bob.buys_as(OrderType.COUNTERPARTY_BEST, 100)
    assert market.closes() == [
        "alice expires with 100 at 10.00",
        "bob expires with 100 at 11.00",
        "the day 20260706 ends",
    ]


def test_one_instrument_may_begin_alone(market):
    market.alice.sells(100, at="10.00", instrument=1)
    market.alice.sells(100, at="10.01", instrument=0)
    assert at_half_past_nine(market, instrument=1) == ["alice is released with 100 at 10.00"]
    assert at_half_past_nine(market) == ["alice is released with 100 at 10.01"]


def test_each_instrument_has_auction_gap_and_stops_before_the_next(market):
    for instrument in (1, 0):
        market.begins(Phase.CONTINUOUS, instrument=instrument)
        market.bob.buys_stop(100, trigger="10.00", at=f"9.0{instrument}", instrument=instrument)
        market.begins(Phase.PRE_CONTINUOUS, instrument=instrument)
        market.carol.buys(100, at=f"9.9{instrument + 8}", instrument=instrument)
        market.begins(Phase.CLOSING_CALL, instrument=instrument)
        market.alice.sells(100, at="10.00", instrument=instrument)
        market.dave.buys(100, at="10.00", instrument=instrument)
    assert at_half_past_nine(market) == [
        "dave buys 100 from alice at 10.00",
        "carol is released with 100 at 9.98",
        "bob is released with 100 at 9.00",
        "dave buys 100 from alice at 10.00",
        "carol is released with 100 at 9.99",
        "bob is released with 100 at 9.01",
    ]


def test_stops_come_behind_the_whole_gap(market):
    at_half_past_nine(market)
    market.bob.buys_stop(100, trigger="10.00", at="10.10")
    market.begins(Phase.PRE_CONTINUOUS)
    market.alice.sells(300, at="10.00")
    market.carol.buys(100, at="10.00")
    market.dave.buys(100, at="10.00")
    assert at_half_past_nine(market) == [
        "alice is released with 300 at 10.00",
        "carol is released with 100 at 10.00",
        "carol takes 100 from alice at 10.00",
        "dave is released with 100 at 10.00",
        "dave takes 100 from alice at 10.00",
        "bob is released with 100 at 10.10",
        "bob takes 100 from alice at 10.00",
    ]


@pytest.mark.parametrize(
    ("self_trade", "told"),
    [
        (SelfTrade.ALLOWED, ["alice takes 100 from alice at 10.00"]),
        (SelfTrade.CANCELS_RESTING, ["alice is kept from trading 100 at 10.00 alone"]),
        (SelfTrade.CANCELS_INCOMING, ["alice is kept from trading 100 at 10.05 alone"]),
    ],
)
def test_released_order_does_not_trade_with_itself_unless_it_may(new_venue, self_trade, told):
    market = in_gap(Market(new_venue(), EVERYTHING, self_trade=self_trade))
    market.alice.sells(100, at="10.00")
    market.alice.buys(100, at="10.05")
    assert at_half_past_nine(market) == [
        "alice is released with 100 at 10.00",
        "alice is released with 100 at 10.05",
        *told,
    ]
    assert requests(market, 1) == [0]

"""Shares without price limits: which trades halt them, and what becomes of those under way.

Unless a test says otherwise the share is halted at 30 % and at 60 % from its opening price.
"""

from collections.abc import Callable, Iterator

import pytest

from engine.halts import HALTS, halt_table
from protocol.vocabulary import (
    EVERYONE,
    HaltRule,
    Hold,
    HoldCause,
    Liquidity,
    OrderType,
    Phase,
    ReportKind,
    TimeInForce,
)
from tests.trading import EVERYTHING, Market, to_the_end

NO_BAND = EVERYTHING | {
    "halts": HaltRule.NO_BAND_STOCK,
    "lower_limit": 100,
    "upper_limit": 400_000,
}
FIRST = "HALTED begins: VOLATILITY_FIRST"
SECOND = "HALTED begins: VOLATILITY_SECOND"
ENDS = "the hold ends: OPERATOR"


@pytest.fixture
def new_market(new_venue) -> Callable[..., Market]:
    """What makes a market in continuous trading, of other rules if so told."""

    def make(**rules: int) -> Market:
        market = Market(new_venue(), NO_BAND | rules)
        market.begins(Phase.CONTINUOUS)
        return market

    return make


@pytest.fixture
def market(new_market) -> Iterator[Market]:
    yield from to_the_end(new_market())


def trades_at(market: Market, *prices: str) -> list[list[str]]:
    """Have dave trade 100 with himself at each price, and go on after a halt; return the halts."""
    halts = []
    for price in prices:
        market.dave.sells(100, at=price)
        trade, *others = market.dave.buys(100, at=price)
        assert trade == f"dave takes 100 from dave at {price}"
        halts.append(others)
        if others:
            assert market.holds(Hold.NONE, instrument=0) == [ENDS]
    return halts


def alice_sells_at(market: Market, *prices: str) -> None:
    """Have alice sell 100 at each price."""
    for price in prices:
        market.alice.sells(100, at=price)


@pytest.mark.parametrize(
    ("price", "halt"),
    [
        ("12.99", []),
        ("13.00", [FIRST]),
        ("15.99", [FIRST]),
        ("16.00", [SECOND]),
        ("40.00", [SECOND]),
        ("7.01", []),
        ("7.00", [FIRST]),
        ("4.01", [FIRST]),
        ("4.00", [SECOND]),
        ("0.01", [SECOND]),
    ],
)
def test_stock_is_halted_at_30_and_at_60_percent_of_its_opening_price(market, price, halt):
    assert trades_at(market, "10.00", price) == [[], halt]


@pytest.mark.parametrize(
    ("price", "halt"),
    [
        ("11.99", []),
        ("12.00", [FIRST]),
        ("12.99", [FIRST]),
        ("13.00", [SECOND]),
        ("8.01", []),
        ("8.00", [FIRST]),
        ("7.01", [FIRST]),
        ("7.00", [SECOND]),
    ],
)
def test_bond_is_halted_at_20_and_at_30_percent_of_yesterday_even_by_its_first_trade(
    new_market, price, halt
):
    market = new_market(halts=HaltRule.FIRST_DAY_BOND)
    assert trades_at(market, price) == [halt]


def test_bond_is_measured_by_yesterday_wherever_it_opens(new_market):
    market = new_market(halts=HaltRule.FIRST_DAY_BOND)
    assert trades_at(market, "11.90", "12.00", "12.90", "13.00", "8.00") == [
        [],
        [FIRST],
        [],
        [SECOND],
        [FIRST],
    ]


def test_others_are_never_halted(new_market):
    market = new_market(halts=HaltRule.NONE)
    assert trades_at(market, "10.00", "40.00", "0.01") == [[], [], []]


def test_first_trade_halts_no_stock_and_is_its_measure(market):
    assert trades_at(market, "20.00", "25.99", "26.00", "14.01", "14.00") == [
        [],
        [],
        [FIRST],
        [],
        [FIRST],
    ]


def test_opening_auction_is_the_measure_too(new_venue):
    market = Market(new_venue(), NO_BAND)
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(100, at="20.00")
    market.bob.buys(100, at="20.00")
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "bob buys 100 from alice at 20.00",
    ]
    assert trades_at(market, "20.10", "25.99", "26.00") == [[], [], [FIRST]]


def test_closer_auction_does_not_change_the_measure(market):
    assert trades_at(market, "10.00") == [[]]
    market.begins(Phase.CLOSING_CALL)
    market.alice.sells(100, at="12.00")
    market.bob.buys(100, at="12.00")
    market.begins(Phase.CONTINUOUS)
    assert trades_at(market, "13.00") == [[FIRST]]


def test_percentage_is_exact_and_not_rounded(market):
    assert trades_at(market, "10.01", "13.01", "13.02") == [[], [], [FIRST]]


def test_great_prices_are_measured_as_small_ones(new_venue):
    great = {"lower_limit": 500_000_000, "upper_limit": 2_000_000_000, "tick": 1_000_000}
    market = Market(new_venue(), NO_BAND | great)
    market.begins(Phase.CONTINUOUS)
    prices = ("100000.00", "129900.00", "130000.00", "159900.00", "160000.00", "70000.00")
    assert trades_at(market, *prices) == [[], [], [FIRST], [], [SECOND], [FIRST]]


def test_each_mark_halts_once(market):
    prices = ("10.00", "13.00", "14.00", "13.00", "16.00", "17.00", "13.00", "16.00")
    halts = [[], [FIRST], [], [], [SECOND], [], [], []]
    assert trades_at(market, *prices) == halts


def test_trade_that_jumps_over_both_marks_halts_once_for_both(market):
    assert trades_at(market, "10.00", "16.00", "13.00", "16.00") == [[], [SECOND], [], []]


def test_marks_above_and_below_are_not_the_same(market):
    prices = ("10.00", "16.00", "7.00", "4.00", "3.00", "20.00")
    assert trades_at(market, *prices) == [[], [SECOND], [FIRST], [SECOND], [], []]


def test_each_share_has_its_marks(market):
    assert trades_at(market, "10.00", "13.00") == [[], [FIRST]]
    for price, halts in (("10.00", []), ("13.00", [FIRST])):
        market.alice.sells(100, at=price, instrument=1)
        assert market.bob.buys(100, at=price, instrument=1)[1:] == halts
    assert trades_at(market, "13.00") == [[]]


def test_sweep_ends_at_the_trade_that_halts_and_its_rest_waits(market):
    alice_sells_at(market, "10.00", "12.99", "13.00", "13.01", "17.00")
    assert market.bob.buys(500, at="17.00") == [
        "bob takes 100 from alice at 10.00",
        "bob takes 100 from alice at 12.99",
        "bob takes 100 from alice at 13.00",
        FIRST,
    ]
    assert market.carol.sells(100, at="13.00") == []
    assert market.holds(Hold.NONE, instrument=0) == [
        ENDS,
        "bob buys 100 from carol at 13.01",
        "bob buys 100 from alice at 13.01",
    ]


def test_sweep_may_jump_over_both_marks_in_one_trade(market):
    alice_sells_at(market, "10.00", "16.50", "17.00")
    assert market.bob.buys(300, at="17.00") == [
        "bob takes 100 from alice at 10.00",
        "bob takes 100 from alice at 16.50",
        SECOND,
    ]


def test_sweep_ends_between_two_orders_of_one_price(market):
    alice_sells_at(market, "10.00", "13.00", "13.00")
    assert market.bob.buys(300, at="13.00")[-2:] == ["bob takes 100 from alice at 13.00", FIRST]
    assert market.holds(Hold.NONE, instrument=0) == [ENDS, "bob buys 100 from alice at 13.00"]


def test_seller_is_stopped_as_well(market):
    for price in ("10.00", "7.00", "6.99"):
        market.alice.buys(100, at=price)
    assert market.bob.sells(300, at="6.00") == [
        "bob sells 100 to alice at 10.00",
        "bob sells 100 to alice at 7.00",
        FIRST,
    ]


def test_order_that_is_filled_by_the_trade_that_halts_is_gone(market):
    alice_sells_at(market, "10.00", "13.00")
    assert market.bob.buys(200, at="13.00")[-1] == FIRST
    assert market.bob.cancels() == ["bob is refused: UNKNOWN_ORDER"]


def test_rest_of_an_immediate_order_is_canceled_behind_the_halt(market):
    alice_sells_at(market, "10.00", "13.00", "13.00")
    immediate = TimeInForce.IMMEDIATE_OR_CANCEL
    assert market.bob.buys(300, at="14.00", time_in_force=immediate)[-2:] == [
        FIRST,
        "bob goes without 100 at 14.00",
    ]
    assert market.reports[-1]["request_seq"] == market.bob.client_seq


@pytest.mark.parametrize(
    ("order_type", "told"),
    [
        (OrderType.BEST_FIVE_THEN_LIMIT, "bob now has 100 at 13.00"),
        (OrderType.BEST_FIVE_THEN_CANCEL, "bob goes without 100 at 40.00"),
        (OrderType.IMMEDIATE_THEN_CANCEL, "bob goes without 100 at 40.00"),
        (OrderType.ALL_OR_CANCEL, "bob goes without 100 at 40.00"),
    ],
)
def test_rest_of_a_market_order_does_what_it_would(market, order_type, told):
    alice_sells_at(market, "10.00", "13.00", "13.00")
    assert market.bob.buys_as(order_type, 300)[-2:] == [FIRST, told]
    assert market.reports[-1]["request_seq"] == market.bob.client_seq


def test_rest_of_an_order_with_a_minimum_waits(market):
    alice_sells_at(market, "10.00", "13.00", "13.00")
    assert market.bob.buys(300, at="13.00", minimum_quantity=300)[-1] == FIRST
    assert market.holds(Hold.NONE, instrument=0) == [ENDS, "bob buys 100 from alice at 13.00"]


def test_hidden_part_does_not_trade_on_in_a_halt(market):
    alice_sells_at(market, "10.00")
    market.alice.sells(300, at="13.00", display_quantity=100)
    assert market.bob.buys(300, at="13.00")[1:] == ["bob takes 100 from alice at 13.00", FIRST]
    assert market.holds(Hold.NONE, instrument=0) == [ENDS, "bob buys 100 from alice at 13.00"]


def test_replaced_order_is_stopped_too(market):
    alice_sells_at(market, "10.00", "13.00", "13.01")
    market.bob.buys(300, at="9.00")
    assert market.bob.replaces(300, at="14.00") == [
        "bob now has 300 at 14.00",
        "bob takes 100 from alice at 10.00",
        "bob takes 100 from alice at 13.00",
        FIRST,
    ]


def test_halt_is_told_right_behind_the_trade_to_everyone(market):
    alice_sells_at(market, "10.00", "13.00")
    market.bob.buys(300, at="14.00")
    *_, buyer, seller, halt = market.reports
    assert [buyer["liquidity"], seller["liquidity"]] == [Liquidity.INCOMING, Liquidity.RESTING]
    expected = {
        "kind": ReportKind.HOLD_CHANGED,
        "session": EVERYONE,
        "instrument": 0,
        "reason": Hold.HALTED,
        "quantity": HoldCause.VOLATILITY_FIRST,
        "sequence": buyer["sequence"],
        "price": 0,
        "order_number": 0,
        "client_seq": 0,
        "request_seq": 0,
    }
    assert {name: int(halt[name]) for name in expected} == expected


def test_halted_share_is_halted_like_any(market):
    trades_at(market, "10.00")
    market.dave.sells(100, at="13.00")
    market.dave.buys(100, at="13.00")
    assert market.alice.sells(100, at="10.00") == []
    assert market.bob.buys(100, at="10.00") == []
    assert market.bob.buys_at_once(100, at="10.00") == ["bob is refused: PHASE_REFUSES_ORDER"]
    assert market.alice.sells(100, at="11.00", instrument=1) == []
    assert market.bob.cancels() == ["bob hears of 100 taken back at 10.00, 0 left"]


def test_halt_is_of_the_share_and_not_of_the_market(market):
    alice_sells_at(market, "10.00", "13.00", "13.00")
    assert market.bob.buys(300, at="13.00")[-1] == FIRST
    assert market.holds(Hold.NONE) == [ENDS]
    assert market.carol.sells(100, at="13.00") == []
    assert market.holds(Hold.NONE, instrument=0, cause=HoldCause.VOLATILITY_FIRST) == [
        "the hold ends: VOLATILITY_FIRST",
        "bob buys 100 from alice at 13.00",
    ]


def test_market_wide_hold_in_a_halt_outlasts_it(market):
    alice_sells_at(market, "10.00", "13.00", "13.00")
    market.bob.buys(300, at="13.00")
    market.holds(Hold.SUSPENDED)
    assert market.holds(Hold.NONE, instrument=0) == [ENDS]
    assert market.carol.sells(100, at="13.00") == ["carol is refused: PHASE_REFUSES_ORDER"]
    assert market.holds(Hold.NONE) == [ENDS, "bob buys 100 from alice at 13.00"]


def test_halt_lasts_over_lunch_and_into_the_closing_call(market):
    alice_sells_at(market, "10.00", "13.00", "13.00")
    market.bob.buys(300, at="13.00")
    for phase in (Phase.BREAK, Phase.CONTINUOUS, Phase.CLOSING_CALL):
        assert market.begins(phase) == [f"{phase.name} begins"]
    assert market.begins(Phase.POST_CLOSE) == [
        "POST_CLOSE begins",
        "bob buys 100 from alice at 13.00",
    ]


def test_auctions_neither_halt_nor_mark(market):
    assert trades_at(market, "10.00") == [[]]
    market.begins(Phase.CLOSING_CALL)
    market.alice.sells(100, at="16.00")
    market.bob.buys(100, at="16.00")
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "bob buys 100 from alice at 16.00",
    ]
    assert trades_at(market, "16.00") == [[SECOND]]


def test_trades_at_the_close_do_not_halt(market):
    assert trades_at(market, "10.00") == [[]]
    market.alice.sells_at_close(100, at="10.00")
    market.bob.buys_at_close(200, at="20.00")
    market.fixes_close("20.00")
    assert market.begins(Phase.FIXED_PRICE) == [
        "FIXED_PRICE begins",
        "bob buys 100 from alice at the close of 20.00",
    ]
    assert market.alice.sells_at_close(100, at="20.00") == [
        "alice sells 100 to bob at the close of 20.00"
    ]


def test_trade_at_the_close_is_not_the_opening_price(market):
    market.alice.sells_at_close(100, at="10.00")
    market.bob.buys_at_close(100, at="10.00")
    market.fixes_close("10.00")
    market.begins(Phase.FIXED_PRICE)
    market.begins(Phase.CONTINUOUS)
    assert trades_at(market, "20.00", "25.00", "26.00") == [[], [], [FIRST]]


def test_stops_wait_until_the_halt_is_over(market):
    trades_at(market, "10.00")
    market.carol.buys_stop(100, trigger="12.00", at="14.00")
    alice_sells_at(market, "13.00", "13.00", "13.50")
    assert market.bob.buys(200, at="13.00") == ["bob takes 100 from alice at 13.00", FIRST]
    assert market.holds(Hold.NONE, instrument=0) == [
        ENDS,
        "bob buys 100 from alice at 13.00",
        "carol is released with 100 at 14.00",
        "carol takes 100 from alice at 13.50",
    ]


def test_released_stop_that_trips_a_mark_ends_the_cascade(market):
    trades_at(market, "10.00")
    market.carol.buys_stop(200, trigger="10.50", at="14.00")
    market.bob.buys_stop(100, trigger="10.60", at="14.00")
    alice_sells_at(market, "10.50", "13.00", "13.10", "13.20")
    assert market.dave.buys(100, at="10.50") == [
        "dave takes 100 from alice at 10.50",
        "carol is released with 200 at 14.00",
        "carol takes 100 from alice at 13.00",
        FIRST,
    ]
    assert market.holds(Hold.NONE, instrument=0) == [
        ENDS,
        "carol buys 100 from alice at 13.10",
        "bob is released with 100 at 14.00",
        "bob takes 100 from alice at 13.20",
    ]


def test_rest_of_a_released_stop_does_what_it_would(market):
    trades_at(market, "10.00")
    order_type = OrderType.BEST_FIVE_THEN_LIMIT
    market.carol.buys_stop(200, trigger="10.50", order_type=order_type)
    alice_sells_at(market, "10.50", "13.00", "13.10")
    assert market.dave.buys(100, at="10.50")[1:] == [
        "carol is released with 200 at 40.00",
        "carol takes 100 from alice at 13.00",
        FIRST,
        "carol now has 100 at 13.00",
    ]
    assert market.reports[-1]["request_seq"] == 0


def test_orders_of_the_gap_wait_until_the_halt_is_over(new_venue):
    market = Market(new_venue(), NO_BAND)
    market.begins(Phase.OPENING_CALL)
    for price in ("10.00", "13.00", "13.00", "13.10"):
        market.alice.sells(100, at=price)
    market.carol.buys(100, at="10.00")
    assert market.begins(Phase.PRE_CONTINUOUS)[1:] == ["carol buys 100 from alice at 10.00"]
    market.bob.buys_as(OrderType.BEST_FIVE_THEN_CANCEL, 200)
    market.carol.buys_as(OrderType.BEST_FIVE_THEN_CANCEL, 300)
    market.dave.sells(100, at="12.00")
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "bob is released with 200 at 40.00",
        "bob takes 100 from alice at 13.00",
        FIRST,
        "bob goes without 100 at 40.00",
    ]
    assert market.bob.buys(100, at="13.00") == []
    assert market.holds(Hold.NONE, instrument=0) == [
        ENDS,
        "bob buys 100 from alice at 13.00",
        "carol is released with 300 at 40.00",
        "carol takes 100 from alice at 13.10",
        "carol goes without 200 at 40.00",
        "dave is released with 100 at 12.00",
    ]


def test_halt_in_the_gap_of_one_share_lets_the_next_go_on(new_venue):
    market = Market(new_venue(), NO_BAND | {"halts": HaltRule.FIRST_DAY_BOND})
    market.begins(Phase.PRE_CONTINUOUS)
    for instrument in range(2):
        market.alice.sells(100, at="12.00", instrument=instrument)
        market.bob.buys(200, at="12.00", instrument=instrument)
        market.carol.buys(100, at="12.00", instrument=instrument)
    share = [
        "alice is released with 100 at 12.00",
        "bob is released with 200 at 12.00",
        "bob takes 100 from alice at 12.00",
        FIRST,
    ]
    assert market.begins(Phase.CONTINUOUS) == ["CONTINUOUS begins", *share, *share]
    assert market.holds(Hold.NONE, instrument=1) == [ENDS, "carol is released with 100 at 12.00"]


def test_kernels_are_told_the_marks():
    marks = {halt.rule: (halt.first_bp, halt.second_bp, int(halt.from_open)) for halt in HALTS}
    assert marks == {
        HaltRule.NO_BAND_STOCK: (3_000, 6_000, 1),
        HaltRule.FIRST_DAY_BOND: (2_000, 3_000, 0),
    }
    assert halt_table().tolist() == [marks.get(rule, (0, 0, 0)) for rule in HaltRule]

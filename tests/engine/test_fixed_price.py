"""Trading at the closing price: who may enter and leave when, who trades with whom."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    EVERYONE,
    Hold,
    Liquidity,
    OrderType,
    Phase,
    ReportKind,
    SelfTrade,
    TimeInForce,
)
from tests.commands import (
    EVERY_FEATURE,
    SSE_RULES,
    SZSE_RULES,
    TYPES_OF_BOOK,
    bits_of,
    fix_close,
)
from tests.engine.conftest import SMALL
from tests.trading import EVERYTHING, Market, price_of, to_the_end

OF_SHANGHAI = SSE_RULES | EVERYTHING
OF_SHENZHEN = SZSE_RULES | EVERYTHING
SCHEDULED = [phase for phase in Phase if phase < Phase.HALTED]
TAKEN_IN_SHANGHAI = (Phase.CONTINUOUS, Phase.CLOSING_CALL, Phase.POST_CLOSE, Phase.FIXED_PRICE)
TAKEN_IN_SHENZHEN = (
    Phase.OPENING_CALL,
    Phase.OPENING_CALL_LOCKED,
    Phase.PRE_CONTINUOUS,
    *TAKEN_IN_SHANGHAI,
)
CANCELED_IN = (Phase.OPENING_CALL, Phase.CONTINUOUS, Phase.FIXED_PRICE)


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    market = Market(new_venue(), OF_SHANGHAI)
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def at_five_past_three(market: Market, close: str = "10.00") -> list[str]:
    """Fix the close and begin to trade at it; return what comes of it."""
    assert market.fixes_close(close) == [f"the close is {close}"]
    begun, *others = market.begins(Phase.FIXED_PRICE)
    assert begun == "FIXED_PRICE begins"
    return others


def requests(market: Market, count: int) -> list[int]:
    """Return the request_seq of the latest reports."""
    return [int(report["request_seq"]) for report in market.reports[-count:]]


@pytest.mark.parametrize("phase", SCHEDULED)
@pytest.mark.parametrize(
    ("rules", "phases"),
    [(OF_SHANGHAI, TAKEN_IN_SHANGHAI), (OF_SHENZHEN, TAKEN_IN_SHENZHEN)],
    ids=["shanghai", "shenzhen"],
)
def test_each_exchange_has_its_hours(new_venue, rules, phases, phase):
    market = Market(new_venue(), rules)
    market.begins(phase)
    refused = ["bob is refused: PHASE_REFUSES_ORDER"]
    assert market.bob.buys_at_close(100, at="10.00") == ([] if phase in phases else refused)


@pytest.mark.parametrize("phase", SCHEDULED)
def test_order_is_taken_back_where_it_may_be(market, phase):
    market.bob.buys_at_close(300, at="10.00")
    market.begins(phase)
    refused = ["bob is refused: PHASE_REFUSES_CANCEL"]
    taken = ["bob hears of 100 taken back at 10.00, 200 left"]
    assert market.bob.cancels(100) == (taken if phase in CANCELED_IN else refused)


@pytest.mark.parametrize("phase", SCHEDULED)
def test_mass_cancel_takes_it_back_where_it_may_be(market, phase):
    market.bob.buys_at_close(300, at="10.00")
    market.begins(phase)
    *_, told = market.bob.cancels_all()
    assert told == f"bob hears of {int(phase in CANCELED_IN)} orders taken back"


def test_nothing_of_the_book_is_taken_back_while_the_close_trades(market):
    market.bob.buys(100, at="10.00")
    market.bob.buys_at_close(100, at="10.00")
    market.begins(Phase.FIXED_PRICE)
    assert market.bob.cancels_all() == [
        "bob hears of 100 taken back at 10.00, 0 left",
        "bob hears of 1 orders taken back",
    ]
    (resting, _) = market.bob.orders
    assert market.bob.cancels(order=resting) == ["bob is refused: PHASE_REFUSES_CANCEL"]


def test_order_waits_outside_the_book_and_the_auction(market):
    assert market.alice.sells_at_close(100, at="10.00") == []
    assert market.bob.buys_at_close(100, at="10.00") == []
    assert market.carol.buys(100, at="10.00") == []
    market.begins(Phase.CLOSING_CALL)
    assert market.begins(Phase.POST_CLOSE) == ["POST_CLOSE begins"]


def test_first_comers_trade_with_each_other_at_the_close(market):
    market.alice.sells_at_close(100, at="9.90")
    market.alice.sells_at_close(300, at="9.80")
    market.bob.buys_at_close(200, at="10.00")
    market.carol.buys_at_close(300, at="10.50")
    assert at_five_past_three(market) == [
        "bob buys 100 from alice at the close of 10.00",
        "bob buys 100 from alice at the close of 10.00",
        "carol buys 200 from alice at the close of 10.00",
    ]
    trades = [r for r in market.reports if r["kind"] == ReportKind.TRADED]
    assert {int(report["liquidity"]) for report in trades} == {Liquidity.FIXED_PRICE}
    assert [int(report["trade_number"]) for report in trades] == [1, 1, 2, 2, 3, 3]
    assert [int(report["leaves"]) for report in trades] == [100, 0, 0, 200, 100, 0]
    assert requests(market, 6) == [0] * 6


def test_limit_worse_than_the_close_is_canceled_when_the_close_trades(market):
    market.alice.sells_at_close(100, at="10.02")
    market.carol.buys_at_close(100, at="9.99")
    market.alice.sells_at_close(100, at="10.00")
    market.alice.sells_at_close(100, at="10.01")
    market.bob.buys_at_close(100, at="10.00")
    market.bob.buys_at_close(200, at="9.00")
    assert at_five_past_three(market) == [
        "carol is worse than the close with 100 at 9.99",
        "bob is worse than the close with 200 at 9.00",
        "alice is worse than the close with 100 at 10.02",
        "alice is worse than the close with 100 at 10.01",
        "bob buys 100 from alice at the close of 10.00",
    ]
    assert requests(market, 6) == [0] * 6


def test_what_is_left_waits_and_expires(market):
    market.bob.buys_at_close(300, at="10.05")
    market.alice.sells_at_close(100, at="9.95")
    assert at_five_past_three(market) == ["bob buys 100 from alice at the close of 10.00"]
    assert market.closes() == ["bob expires with 200 at 10.05", "the day 20260706 ends"]


def test_who_comes_later_trades_with_the_oldest(market):
    market.alice.sells_at_close(100, at="10.00")
    market.carol.sells_at_close(300, at="9.00")
    assert at_five_past_three(market) == []
    assert market.bob.buys_at_close(200, at="10.50") == [
        "bob buys 100 from alice at the close of 10.00",
        "bob buys 100 from carol at the close of 10.00",
    ]
    assert requests(market, 4) == [market.bob.client_seq, 0] * 2
    assert [price_of(report) for report in market.reports[-4:]] == ["10.00"] * 4
    assert market.bob.buys_at_close(300, at="10.00") == [
        "bob buys 200 from carol at the close of 10.00"
    ]
    assert market.alice.sells_at_close(200, at="10.00") == [
        "alice sells 100 to bob at the close of 10.00"
    ]
    assert requests(market, 2) == [market.alice.client_seq, 0]
    assert market.bob.cancels() == ["bob is refused: UNKNOWN_ORDER"]
    assert market.alice.cancels() == ["alice hears of 100 taken back at 10.00, 0 left"]


def test_part_taken_back_leaves_the_place(market):
    market.alice.sells_at_close(300, at="10.00")
    market.bob.sells_at_close(100, at="10.00")
    assert at_five_past_three(market) == []
    market.alice.cancels(200)
    assert market.carol.buys_at_close(200, at="10.00") == [
        "carol buys 100 from alice at the close of 10.00",
        "carol buys 100 from bob at the close of 10.00",
    ]


@pytest.mark.parametrize("phase", [Phase.POST_CLOSE, Phase.FIXED_PRICE, Phase.CONTINUOUS])
def test_limit_worse_than_the_close_is_refused_once_it_is_fixed(market, phase):
    market.fixes_close("10.00")
    market.begins(phase)
    assert market.bob.buys_at_close(100, at="9.99") == ["bob is refused: PRICE_WORSE_THAN_CLOSE"]
    assert market.bob.sells_at_close(100, at="10.01") == ["bob is refused: PRICE_WORSE_THAN_CLOSE"]
    assert market.bob.buys_at_close(100, at="10.00") == []


def test_before_the_close_is_fixed_nobody_trades_at_it(market):
    market.alice.sells_at_close(100, at="11.00")
    market.bob.buys_at_close(100, at="9.00")
    market.carol.buys_at_close(100, at="11.00")
    assert market.begins(Phase.FIXED_PRICE) == ["FIXED_PRICE begins"]
    assert market.carol.sells_at_close(100, at="9.00") == []


def test_close_is_fixed_too_late_while_it_trades_but_counts_when_it_trades_again(market):
    market.alice.sells_at_close(100, at="10.00")
    market.begins(Phase.FIXED_PRICE)
    market.bob.buys_at_close(100, at="10.00")
    assert market.fixes_close("10.00") == ["the venue is refused: CLOSE_IS_FIXED"]
    assert market.fixes_close("0") == ["the venue is refused: CLOSE_IS_FIXED"]
    market.begins(Phase.POST_CLOSE)
    assert at_five_past_three(market) == ["bob buys 100 from alice at the close of 10.00"]


def test_close_that_is_fixed_twice_is_the_second(market):
    market.alice.sells_at_close(100, at="9.00")
    market.bob.buys_at_close(100, at="11.00")
    market.fixes_close("10.00")
    assert at_five_past_three(market, close="10.01") == [
        "bob buys 100 from alice at the close of 10.01"
    ]


def test_phase_that_begins_again_does_not_trade_anew(market):
    market.alice.sells_at_close(100, at="10.00")
    market.fixes_close("10.00")
    market.begins(Phase.FIXED_PRICE)
    assert market.begins(Phase.FIXED_PRICE) == ["FIXED_PRICE begins"]
    assert market.bob.buys_at_close(100, at="10.00") == [
        "bob buys 100 from alice at the close of 10.00"
    ]


def test_trades_at_the_close_are_not_the_last_of_the_day(market):
    market.alice.sells_at_close(100, at="10.00")
    market.bob.buys_at_close(100, at="10.00")
    assert at_five_past_three(market) == ["bob buys 100 from alice at the close of 10.00"]
    market.begins(Phase.CONTINUOUS)
    assert market.bob.sells_stop(100, trigger="11.00", at="10.90") == []
    assert market.bob.buys_stop(100, trigger="9.00", at="9.10") == []


@pytest.mark.parametrize("self_trade", SelfTrade)
def test_account_trades_with_itself_at_the_close(new_venue, self_trade):
    market = Market(new_venue(), EVERYTHING, self_trade=self_trade)
    market.begins(Phase.CONTINUOUS)
    market.alice.sells_at_close(300, at="10.00")
    market.alice.buys_at_close(100, at="10.00")
    assert at_five_past_three(market) == ["alice buys 100 from alice at the close of 10.00"]
    assert market.alice.buys_at_close(100, at="10.00") == [
        "alice buys 100 from alice at the close of 10.00"
    ]


def test_each_instrument_has_its_own_close_and_they_trade_in_order(market):
    for instrument in (1, 0):
        market.alice.sells_at_close(100, at="9.00", instrument=instrument)
        market.bob.buys_at_close(100, at="11.00", instrument=instrument)
    assert market.fixes_close("10.01", instrument=1) == ["the close is 10.01"]
    assert at_five_past_three(market, close="10.00") == [
        "bob buys 100 from alice at the close of 10.00",
        "bob buys 100 from alice at the close of 10.01",
    ]


def test_suspended_share_does_not_trade_until_it_is_let_go(market):
    market.alice.sells_at_close(100, at="10.00")
    market.bob.buys_at_close(200, at="10.00")
    market.carol.buys_at_close(200, at="9.00")
    market.holds(Hold.SUSPENDED, instrument=0)
    assert at_five_past_three(market) == []
    assert market.alice.sells_at_close(100, at="10.00") == ["alice is refused: PHASE_REFUSES_ORDER"]
    assert market.bob.cancels(100) == ["bob hears of 100 taken back at 10.00, 100 left"]
    assert market.holds(Hold.NONE, instrument=0) == [
        "the hold ends: OPERATOR",
        "carol is worse than the close with 200 at 9.00",
        "bob buys 100 from alice at the close of 10.00",
    ]
    assert requests(market, 3) == [0, 0, 0]


def test_halted_share_takes_no_order_at_the_close_and_gives_none_back(market):
    market.bob.buys_at_close(100, at="10.00")
    market.holds(Hold.HALTED)
    assert market.bob.buys_at_close(100, at="10.00") == ["bob is refused: PHASE_REFUSES_ORDER"]
    assert market.bob.cancels() == ["bob is refused: PHASE_REFUSES_CANCEL"]
    market.alice.sells(100, at="10.00")
    assert market.alice.cancels() == ["alice hears of 100 taken back at 10.00, 0 left"]


def test_halt_does_not_keep_the_close_from_trading(market):
    market.alice.sells_at_close(100, at="10.00")
    market.bob.buys_at_close(100, at="10.00")
    market.holds(Hold.HALTED)
    assert at_five_past_three(market) == ["bob buys 100 from alice at the close of 10.00"]


@pytest.mark.parametrize("phase", SCHEDULED)
def test_waiting_order_is_not_replaced(market, phase):
    market.bob.buys_at_close(100, at="10.00")
    market.begins(phase)
    reason = "ORDER_WAITS" if phase in CANCELED_IN else "PHASE_REFUSES_CANCEL"
    assert market.bob.replaces(100, at="10.01") == [f"bob is refused: {reason}"]


@pytest.mark.parametrize(
    ("quantity", "price", "reason"),
    [
        (0, "10.00", "QUANTITY_NOT_POSITIVE"),
        (500_100, "10.00", "QUANTITY_TOO_LARGE"),
        (150, "10.00", "QUANTITY_NOT_IN_LOTS"),
        (100, "0", "PRICE_NOT_POSITIVE"),
        (100, "-0.01", "PRICE_NOT_POSITIVE"),
        (100, "10.005", "PRICE_NOT_ON_TICK"),
        (100, "8.99", "PRICE_OUTSIDE_LIMITS"),
        (100, "11.01", "PRICE_OUTSIDE_LIMITS"),
    ],
)
def test_terms_of_an_order_at_the_close(new_venue, quantity, price, reason):
    most = {"quantity_max": 300, "quantity_max_market": 400, "quantity_max_fixed": 500_000}
    market = Market(new_venue(), EVERYTHING | most)
    market.begins(Phase.POST_CLOSE)
    assert market.bob.buys_at_close(quantity, at=price) == [f"bob is refused: {reason}"]
    assert market.bob.buys_at_close(500_000, at="11.00") == []
    assert market.bob.sells_at_close(150, at="9.00") == []


def test_order_at_the_close_is_not_caged(new_venue):
    market = Market(new_venue(), EVERYTHING | {"cage_bp": 200, "cage_ticks": 10})
    market.begins(Phase.CONTINUOUS)
    assert market.bob.buys_at_close(100, at="11.00") == []


@pytest.mark.parametrize(
    "condition",
    [
        {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL},
        {"minimum_quantity": 100},
        {"post_only": 1},
        {"display_quantity": 100},
        {"trigger_price": 100_500},
    ],
    ids=str,
)
def test_order_at_the_close_has_no_condition(market, condition):
    assert market.bob.buys_at_close(100, at="10.00", **condition) == [
        "bob is refused: FEATURE_NOT_ALLOWED"
    ]


def test_rules_say_whether_there_are_orders_at_the_close(market):
    market.lists(2, order_types=TYPES_OF_BOOK, features=EVERY_FEATURE)
    market.lists(3, order_types=bits_of((OrderType.LIMIT, OrderType.FIXED_PRICE)))
    market.begins(Phase.CONTINUOUS)
    assert market.bob.buys_at_close(100, at="10.00", instrument=2) == [
        "bob is refused: ORDER_TYPE_NOT_ALLOWED"
    ]
    assert market.bob.buys_at_close(100, at="10.00", instrument=3) == []


def test_waiting_order_takes_the_room_of_an_order(new_venue):
    market = Market(new_venue(SMALL._replace(orders_open=1)), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    market.bob.buys_at_close(100, at="10.00")
    assert market.alice.sells_at_close(100, at="10.00") == ["alice is refused: ORDERS_EXHAUSTED"]


def test_close_may_be_anywhere_on_a_tick(market):
    assert market.fixes_close("25.01") == ["the close is 25.01"]
    assert market.fixes_close("0.01") == ["the close is 0.01"]


@pytest.mark.parametrize(
    ("price", "instrument", "reason"),
    [
        ("10.00", 2, "UNKNOWN_INSTRUMENT"),
        ("10.00", EVERY_INSTRUMENT, "UNKNOWN_INSTRUMENT"),
        ("0", 2, "UNKNOWN_INSTRUMENT"),
        ("0", 0, "PRICE_NOT_POSITIVE"),
        ("-10.00", 0, "PRICE_NOT_POSITIVE"),
        ("10.005", 0, "PRICE_NOT_ON_TICK"),
    ],
)
def test_close_that_makes_no_sense_is_refused(market, price, instrument, reason):
    assert market.fixes_close(price, instrument) == [f"the venue is refused: {reason}"]
    market.bob.buys_at_close(100, at="9.00")
    market.alice.sells_at_close(100, at="9.00")
    assert market.begins(Phase.FIXED_PRICE) == ["FIXED_PRICE begins"]


def test_only_the_venue_fixes_the_close(market):
    for trader in (market.alice, market.dave):
        assert trader.says(fix_close(100_000)) == [
            f"{trader.name} is refused: COMMAND_NOT_PERMITTED"
        ]


def test_everyone_hears_of_the_close(market):
    market.fixes_close("10.00", instrument=1)
    expected = {
        "kind": ReportKind.CLOSE_FIXED,
        "session": EVERYONE,
        "instrument": 1,
        "price": 100_000,
        "quantity": 0,
        "order_number": 0,
        "request_seq": 0,
        "reason": 0,
    }
    assert {name: int(market.reports[-1][name]) for name in expected} == expected

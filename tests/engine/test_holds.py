"""Halted and suspended: what is still taken, what the phases do meanwhile, how it goes on."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    EVERYONE,
    Hold,
    HoldCause,
    OrderType,
    Phase,
    ReportKind,
    TimeInForce,
)
from tests.commands import change_hold
from tests.trading import EVERYTHING, Market, to_the_end

SCHEDULED = [phase for phase in Phase if phase < Phase.HALTED]
REFUSED = ["alice is refused: PHASE_REFUSES_ORDER"]
HALTED = "HALTED begins: OPERATOR"
SUSPENDED = "SUSPENDED begins: OPERATOR"
ENDS = "the hold ends: OPERATOR"
TRADE = "bob buys 100 from alice at 10.00"


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    market = Market(new_venue(), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def cross(market: Market, **fields: int) -> None:
    """Have alice and bob enter orders that would trade, were it not for what keeps them from it."""
    assert market.alice.sells(100, at="10.00", **fields) == []
    assert market.bob.buys(100, at="10.00", **fields) == []


def goes_through(market: Market, *phases: Phase) -> None:
    """Begin phases in which nothing happens."""
    for phase in phases:
        assert market.begins(phase) == [f"{phase.name} begins"]


def test_halted_share_gathers_limit_orders_until_a_call_ends_the_halt(market):
    market.alice.sells(100, at="9.99")
    assert market.holds(Hold.HALTED) == [HALTED]
    cross(market)
    assert market.carol.buys(100, at="10.01") == []
    assert market.holds(Hold.NONE) == [
        ENDS,
        "carol buys 100 from alice at 10.00",
        "bob buys 100 from alice at 10.00",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"order_type": OrderType.COUNTERPARTY_BEST},
        {"order_type": OrderType.FIXED_PRICE},
        {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL},
        {"minimum_quantity": 100},
        {"post_only": 1},
        {"display_quantity": 100},
        {"trigger_price": 100_500},
    ],
    ids=str,
)
def test_halted_share_takes_plain_limit_orders_only(market, fields):
    market.holds(Hold.HALTED)
    assert market.alice.sells(200, at="10.00", **fields) == REFUSED


def test_order_in_a_halted_share_may_leave_and_be_replaced(market):
    market.alice.sells(200, at="10.00")
    market.holds(Hold.HALTED)
    assert market.alice.cancels(100) == ["alice hears of 100 taken back at 10.00, 100 left"]
    assert market.bob.buys(100, at="9.90") == []
    assert market.bob.replaces(100, at="10.00") == ["bob now has 100 at 10.00"]
    assert market.alice.cancels_all() == [
        "alice hears of 100 taken back at 10.00, 0 left",
        "alice hears of 1 orders taken back",
    ]


def test_halted_share_has_no_cage(new_venue):
    market = Market(new_venue(), EVERYTHING | {"cage_bp": 200, "cage_ticks": 10})
    market.begins(Phase.CONTINUOUS)
    market.holds(Hold.HALTED)
    assert market.alice.buys(100, at="11.00") == []
    assert market.alice.replaces(200, at="10.90") == ["alice now has 200 at 10.90"]


def test_suspended_share_takes_no_order_and_gives_back_what_it_has(market):
    market.alice.sells(100, at="10.00")
    market.alice.sells(100, at="10.01")
    assert market.holds(Hold.SUSPENDED) == [SUSPENDED]
    assert market.alice.sells(100, at="10.00") == REFUSED
    assert market.alice.buys_at_close(100, at="10.00") == REFUSED
    assert market.alice.replaces(100, at="10.02") == REFUSED
    assert market.alice.cancels() == ["alice hears of 100 taken back at 10.01, 0 left"]
    assert market.holds(Hold.NONE) == [ENDS]
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]


@pytest.mark.parametrize("phase", SCHEDULED)
def test_halt_shows_only_where_orders_match(market, phase):
    market.bob.sells(300, at="10.00")
    market.begins(phase)
    entered, canceled, at_close = asked(market)
    market.holds(Hold.HALTED)
    if phase == Phase.CONTINUOUS:
        at_close = ["carol is refused: PHASE_REFUSES_ORDER"]
    assert asked(market) == (entered, canceled, at_close)


def asked(market: Market) -> tuple[list[str], str, list[str]]:
    """Return what becomes of an order, of a cancel, and of an order at the close."""
    entered = market.alice.sells(100, at="10.00")
    canceled, *_ = market.bob.cancels(100)[0].split(",")
    return entered, canceled, market.carol.buys_at_close(100, at="9.00")


@pytest.mark.parametrize("phase", SCHEDULED)
def test_suspension_shows_in_every_phase(market, phase):
    market.alice.sells(100, at="10.00")
    market.begins(phase)
    market.holds(Hold.SUSPENDED)
    assert market.alice.sells(100, at="10.00") == REFUSED
    assert market.alice.cancels() == ["alice hears of 100 taken back at 10.00, 0 left"]


def test_halt_over_lunch(market):
    market.holds(Hold.HALTED)
    cross(market)
    goes_through(market, Phase.BREAK)
    assert market.alice.sells(100, at="10.00") == REFUSED
    assert market.alice.cancels() == ["alice is refused: PHASE_REFUSES_CANCEL"]
    goes_through(market, Phase.CONTINUOUS)
    assert market.carol.buys(100, at="9.99") == []
    assert market.holds(Hold.NONE) == [ENDS, TRADE]


def test_halt_that_ends_at_lunch_uncrosses_after_it(market):
    market.holds(Hold.HALTED)
    cross(market)
    goes_through(market, Phase.BREAK)
    assert market.holds(Hold.NONE) == [ENDS]
    assert market.begins(Phase.CONTINUOUS) == ["CONTINUOUS begins", TRADE]


def test_halt_that_begins_at_lunch_keeps_the_afternoon_from_beginning(market):
    market.alice.sells(100, at="10.00")
    goes_through(market, Phase.BREAK)
    assert market.holds(Hold.HALTED) == [HALTED]
    goes_through(market, Phase.CONTINUOUS)
    assert market.bob.buys(100, at="10.00") == []
    assert market.holds(Hold.NONE) == [ENDS, TRADE]


def test_halt_runs_into_the_closing_call_which_ends_as_ever(market):
    market.holds(Hold.HALTED)
    cross(market)
    goes_through(market, Phase.CLOSING_CALL)
    assert market.alice.cancels() == ["alice is refused: PHASE_REFUSES_CANCEL"]
    market.carol.buys(100, at="10.01")
    market.alice.sells(100, at="9.99")
    assert market.begins(Phase.POST_CLOSE) == [
        "POST_CLOSE begins",
        "carol buys 100 from alice at 10.00",
        "bob buys 100 from alice at 10.00",
    ]


def test_halt_that_ends_in_the_closing_call_changes_nothing_there(market):
    market.holds(Hold.HALTED)
    cross(market)
    goes_through(market, Phase.CLOSING_CALL)
    assert market.holds(Hold.NONE) == [ENDS]
    assert market.begins(Phase.POST_CLOSE) == ["POST_CLOSE begins", TRADE]


def test_halt_in_the_opening_call_does_not_keep_it_from_its_auction(market):
    market.begins(Phase.OPENING_CALL)
    market.holds(Hold.HALTED)
    cross(market)
    assert market.begins(Phase.PRE_CONTINUOUS) == ["PRE_CONTINUOUS begins", TRADE]
    assert market.carol.buys(100, at="10.00") == []
    goes_through(market, Phase.CONTINUOUS)
    market.alice.sells(100, at="9.99")
    assert market.holds(Hold.NONE) == [
        ENDS,
        "carol is released with 100 at 10.00",
        "carol takes 100 from alice at 9.99",
    ]


def test_halted_share_that_is_never_let_go_closes_without_an_auction(market):
    market.holds(Hold.HALTED)
    cross(market)
    goes_through(market, Phase.POST_CLOSE)
    assert market.closes() == [
        "alice expires with 100 at 10.00",
        "bob expires with 100 at 10.00",
        "the day 20260706 ends",
    ]


def test_suspension_in_the_opening_call_and_its_end_in_continuous_trading(market):
    market.begins(Phase.OPENING_CALL)
    cross(market)
    assert market.holds(Hold.SUSPENDED) == [SUSPENDED]
    goes_through(market, Phase.OPENING_CALL_LOCKED, Phase.PRE_CONTINUOUS, Phase.CONTINUOUS)
    assert market.carol.buys(100, at="10.00") == ["carol is refused: PHASE_REFUSES_ORDER"]
    assert market.holds(Hold.NONE) == [ENDS, TRADE]
    assert market.alice.sells(100, at="10.00") == []
    assert market.carol.buys(100, at="10.00") == ["carol takes 100 from alice at 10.00"]


def test_suspension_may_end_where_it_began(market):
    market.begins(Phase.OPENING_CALL)
    cross(market)
    market.holds(Hold.SUSPENDED)
    assert market.holds(Hold.NONE) == [ENDS]
    assert market.carol.buys(100, at="9.99") == []
    assert market.begins(Phase.PRE_CONTINUOUS) == ["PRE_CONTINUOUS begins", TRADE]


def test_suspension_that_ends_between_call_and_trading_uncrosses_when_trading_begins(market):
    market.begins(Phase.OPENING_CALL)
    cross(market)
    market.holds(Hold.SUSPENDED)
    goes_through(market, Phase.PRE_CONTINUOUS)
    assert market.holds(Hold.NONE) == [ENDS]
    assert market.carol.sells(100, at="9.99") == []
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        TRADE,
        "carol is released with 100 at 9.99",
    ]


def test_suspension_in_the_closing_call_leaves_nothing_to_trade_at_its_end(market):
    market.begins(Phase.CLOSING_CALL)
    cross(market)
    market.holds(Hold.SUSPENDED)
    goes_through(market, Phase.POST_CLOSE)
    assert market.holds(Hold.NONE) == [ENDS]


def test_halted_share_that_is_suspended_does_not_trade(market):
    market.holds(Hold.HALTED)
    cross(market)
    assert market.holds(Hold.SUSPENDED) == [SUSPENDED]
    assert market.holds(Hold.HALTED) == [HALTED]
    assert market.bob.buys(100, at="10.00") == []
    assert market.holds(Hold.NONE) == [ENDS, TRADE]


def test_larger_hold_counts_of_the_share_and_of_the_whole_market(market):
    market.holds(Hold.HALTED)
    market.holds(Hold.SUSPENDED, instrument=1)
    cross(market)
    assert market.alice.sells(100, at="10.00", instrument=1) == REFUSED
    assert market.holds(Hold.NONE, instrument=0) == [ENDS]
    assert market.carol.buys(100, at="10.00") == []
    assert market.holds(Hold.NONE, instrument=1) == [ENDS]
    cross(market, instrument=1)
    assert market.holds(Hold.HALTED, instrument=1) == [HALTED]
    assert market.holds(Hold.NONE) == [ENDS, TRADE]
    assert market.holds(Hold.NONE, instrument=1) == [ENDS, TRADE]


def test_suspended_market_suspends_the_halted_share_and_lets_it_back(market):
    market.holds(Hold.HALTED, instrument=0)
    cross(market)
    market.holds(Hold.SUSPENDED)
    assert market.alice.sells(100, at="10.00") == REFUSED
    assert market.holds(Hold.NONE) == [ENDS]
    assert market.carol.buys(100, at="10.00") == []
    assert market.holds(Hold.NONE, instrument=0) == [ENDS, TRADE]


def test_end_of_a_market_wide_hold_trades_share_by_share(market):
    market.holds(Hold.HALTED)
    for number in (1, 0):
        market.alice.sells(100, at=f"10.0{number}", instrument=number)
        market.bob.buys(100, at=f"10.0{number}", instrument=number)
    assert market.holds(Hold.NONE) == [
        ENDS,
        "bob buys 100 from alice at 10.00",
        "bob buys 100 from alice at 10.01",
    ]


def test_hold_of_one_share_leaves_the_others_alone(market):
    market.holds(Hold.HALTED, instrument=1)
    cross(market, instrument=1)
    market.alice.sells(100, at="10.00")
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]


def test_hold_that_is_there_already_is_told_and_does_nothing(market):
    assert market.holds(Hold.NONE) == [ENDS]
    market.holds(Hold.HALTED)
    cross(market)
    assert market.holds(Hold.HALTED) == [HALTED]
    assert market.holds(Hold.NONE) == [ENDS, TRADE]
    assert market.holds(Hold.NONE) == [ENDS]


def test_share_listed_under_a_market_wide_hold_is_held(market):
    market.holds(Hold.HALTED)
    market.lists(2, **EVERYTHING)
    assert market.alice.sells(100, at="10.00", instrument=2) == REFUSED
    goes_through(market, Phase.CONTINUOUS)
    cross(market, instrument=2)
    assert market.holds(Hold.NONE) == [ENDS, TRADE]


def test_hold_before_the_day_begins_waits_for_its_phase(new_venue):
    market = Market(new_venue())
    assert market.holds(Hold.HALTED) == [HALTED]
    assert market.alice.sells(100, at="10.00") == REFUSED
    goes_through(market, Phase.CONTINUOUS)
    cross(market)


def test_one_share_may_change_its_phase_under_a_hold(market):
    market.holds(Hold.SUSPENDED)
    market.begins(Phase.OPENING_CALL, instrument=0)
    assert market.holds(Hold.NONE) == [ENDS]
    cross(market)
    market.alice.sells(100, at="10.00", instrument=1)
    assert market.bob.buys(100, at="10.00", instrument=1) == ["bob takes 100 from alice at 10.00"]


def test_end_of_a_halt_comes_before_gap_and_stops(market):
    market.carol.buys_stop(100, trigger="10.00", at="10.10")
    market.begins(Phase.PRE_CONTINUOUS)
    market.dave.sells(100, at="10.05")
    market.holds(Hold.HALTED)
    goes_through(market, Phase.CONTINUOUS)
    cross(market)
    assert market.holds(Hold.NONE) == [
        ENDS,
        TRADE,
        "dave is released with 100 at 10.05",
        "carol is released with 100 at 10.10",
        "carol takes 100 from dave at 10.05",
    ]


def test_gap_orders_in_a_suspended_share_may_leave_but_not_be_replaced(market):
    market.begins(Phase.PRE_CONTINUOUS)
    market.alice.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    market.holds(Hold.SUSPENDED)
    assert market.alice.replaces(100, at="10.01") == ["alice is refused: ORDER_WAITS"]
    assert market.alice.cancels() == ["alice hears of 100 taken back at 10.00, 0 left"]
    goes_through(market, Phase.CONTINUOUS)
    assert market.holds(Hold.NONE) == [ENDS, "bob is released with 100 at 10.00"]


def test_stops_of_a_halted_share_may_leave(market):
    market.alice.buys_stop(100, trigger="10.00", at="10.00")
    market.holds(Hold.HALTED)
    assert market.alice.replaces(100, at="10.01") == ["alice is refused: ORDER_WAITS"]
    assert market.alice.cancels() == ["alice hears of 100 taken back at 10.00, 0 left"]


def test_auction_after_a_halt_is_nearest_to_the_last_price(new_venue):
    """The exchange of Shenzhen takes the last price, and not yesterday's, once there is one."""
    market = Market(new_venue(), {"tie_break": 1, "candidates": 1})
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.40")
    market.bob.buys(100, at="10.40")
    market.holds(Hold.HALTED)
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.30")
    assert market.holds(Hold.NONE) == [ENDS, "bob buys 100 from alice at 10.30"]


def test_operator_may_hold_and_a_trader_may_not(market):
    assert market.dave.says(change_hold(Hold.HALTED)) == [HALTED]
    assert market.alice.says(change_hold(Hold.NONE)) == ["alice is refused: COMMAND_NOT_PERMITTED"]
    cross(market)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"hold": -1}, "MALFORMED"),
        ({"hold": max(Hold) + 1}, "MALFORMED"),
        ({"cause": -1}, "MALFORMED"),
        ({"cause": max(HoldCause) + 1}, "MALFORMED"),
        ({"cause": HoldCause.VOLATILITY_FIRST}, "MALFORMED"),
        ({"cause": HoldCause.VOLATILITY_SECOND}, "MALFORMED"),
        ({"instrument": 2}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": -2}, "UNKNOWN_INSTRUMENT"),
    ],
    ids=str,
)
def test_hold_that_makes_no_sense_is_refused(market, wrong, reason):
    assert market.dave.says(change_hold(Hold.HALTED) | wrong) == [f"dave is refused: {reason}"]
    market.alice.sells(100, at="10.00")
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]


@pytest.mark.parametrize("instrument", [EVERY_INSTRUMENT, 1])
@pytest.mark.parametrize("cause", HoldCause)
def test_everyone_hears_of_a_hold_and_its_cause(market, instrument, cause):
    told = market.holds(Hold.SUSPENDED, instrument=instrument, cause=cause)
    assert told == [f"SUSPENDED begins: {cause.name}"]
    expected = {
        "kind": ReportKind.HOLD_CHANGED,
        "session": EVERYONE,
        "instrument": instrument,
        "reason": Hold.SUSPENDED,
        "quantity": cause,
        "price": 0,
        "order_number": 0,
        "client_seq": 0,
        "request_seq": 0,
    }
    assert {name: int(market.reports[-1][name]) for name in expected} == expected


@pytest.mark.parametrize("phase", [Phase.HALTED, Phase.SUSPENDED])
@pytest.mark.parametrize("instrument", [EVERY_INSTRUMENT, 0])
def test_held_is_not_a_phase_that_begins(market, phase, instrument):
    assert market.begins(phase, instrument=instrument) == ["the venue is refused: MALFORMED"]


def test_day_may_close_under_a_hold(market):
    market.holds(Hold.SUSPENDED)
    market.holds(Hold.HALTED, instrument=0)
    assert market.closes() == ["the day 20260706 ends"]
    assert market.holds(Hold.NONE) == ["the venue is refused: DAY_NOT_OPEN"]

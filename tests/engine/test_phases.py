"""The parts of the day: what each admits, and what happens between them."""

import pytest

from engine.phases import TIMETABLE, phase_table
from protocol.calendar import time_of_day
from protocol.units import NANOSECONDS
from protocol.vocabulary import Phase
from tests.naive.phases import PHASES

ORDERS_TAKEN = (
    Phase.OPENING_CALL,
    Phase.OPENING_CALL_LOCKED,
    Phase.CONTINUOUS,
    Phase.CLOSING_CALL,
)
CANCELS_TAKEN = (Phase.OPENING_CALL, Phase.CONTINUOUS)


@pytest.mark.parametrize("phase", Phase)
def test_orders_are_taken_in_the_calls_and_in_continuous_trading(market, phase):
    market.begins(phase)
    refused = [] if phase in ORDERS_TAKEN else ["alice is refused: PHASE_REFUSES_ORDER"]
    assert market.alice.sells(100, at="10.00") == refused


@pytest.mark.parametrize("phase", Phase)
def test_cancels_are_taken_in_the_first_call_and_in_continuous_trading(market, phase):
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(100, at="10.00")
    market.begins(phase)
    taken = ["alice hears of 100 taken back at 10.00, 0 left"]
    refused = ["alice is refused: PHASE_REFUSES_CANCEL"]
    assert market.alice.cancels() == (taken if phase in CANCELS_TAKEN else refused)


@pytest.mark.parametrize("phase", Phase)
def test_immediate_orders_are_taken_in_continuous_trading_only(market, phase):
    market.begins(phase)
    refused = ["alice is refused: PHASE_REFUSES_ORDER"]
    nobody = ["alice goes without 100 at 10.00"]
    assert market.alice.sells_at_once(100, at="10.00") == (
        nobody if phase == Phase.CONTINUOUS else refused
    )


def test_before_any_phase_the_market_is_closed(market):
    assert market.alice.sells(100, at="10.00") == ["alice is refused: PHASE_REFUSES_ORDER"]


def test_opening_auction_trades_and_its_rest_goes_on_with_its_old_place(market):
    market.begins(Phase.OPENING_CALL)
    assert market.alice.sells(300, at="10.00") == []
    assert market.bob.sells(100, at="10.00") == []
    assert market.carol.buys(200, at="10.05") == []
    assert market.begins(Phase.PRE_CONTINUOUS) == [
        "PRE_CONTINUOUS begins",
        "carol buys 200 from alice at 10.00",
    ]
    assert market.begins(Phase.CONTINUOUS) == ["CONTINUOUS begins"]
    assert market.carol.buys(200, at="10.00") == [
        "carol takes 100 from alice at 10.00",
        "carol takes 100 from bob at 10.00",
    ]


def test_locking_the_call_does_not_end_it(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(100, at="10.00")
    assert market.begins(Phase.OPENING_CALL_LOCKED) == ["OPENING_CALL_LOCKED begins"]
    market.bob.buys(100, at="10.00")
    assert market.begins(Phase.PRE_CONTINUOUS) == [
        "PRE_CONTINUOUS begins",
        "bob buys 100 from alice at 10.00",
    ]


def test_call_may_end_straight_in_continuous_trading(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.10")
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "bob buys 100 from alice at 10.05",
    ]


def test_call_without_crossing_orders_trades_nothing(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(100, at="10.01")
    market.bob.buys(100, at="10.00")
    assert market.begins(Phase.CONTINUOUS) == ["CONTINUOUS begins"]
    assert market.carol.buys(100, at="10.01") == ["carol takes 100 from alice at 10.01"]


def test_closing_auction_trades_and_its_rest_expires_at_the_close(market):
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(200, at="10.00")
    assert market.begins(Phase.CLOSING_CALL) == ["CLOSING_CALL begins"]
    assert market.bob.buys(500, at="10.02") == []
    assert market.begins(Phase.POST_CLOSE) == [
        "POST_CLOSE begins",
        "bob buys 200 from alice at 10.02",
    ]
    assert market.closes() == ["bob expires with 300 at 10.02", "the day 20260706 ends"]


def test_orders_expire_oldest_first_whatever_their_instrument(market):
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.03", instrument=1)
    market.bob.sells(100, at="10.01", instrument=0)
    market.carol.buys(100, at="9.99", instrument=1)
    assert market.closes() == [
        "alice expires with 100 at 10.03",
        "bob expires with 100 at 10.01",
        "carol expires with 100 at 9.99",
        "the day 20260706 ends",
    ]


def test_close_within_a_call_holds_no_auction(market):
    market.begins(Phase.CLOSING_CALL)
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.00")
    assert market.closes() == [
        "alice expires with 100 at 10.00",
        "bob expires with 100 at 10.00",
        "the day 20260706 ends",
    ]


def test_after_the_close_nothing_is_taken(market):
    market.begins(Phase.CONTINUOUS)
    market.closes()
    assert market.alice.sells(100, at="10.00") == ["alice is refused: DAY_NOT_OPEN"]
    assert market.begins(Phase.CONTINUOUS) == ["the venue is refused: DAY_NOT_OPEN"]


def test_one_instrument_may_change_its_phase_alone(market):
    market.begins(Phase.CONTINUOUS)
    assert market.begins(Phase.BREAK, instrument=1) == ["BREAK begins"]
    assert market.alice.sells(100, at="10.00", instrument=0) == []
    assert market.alice.sells(100, at="10.00", instrument=1) == [
        "alice is refused: PHASE_REFUSES_ORDER"
    ]


def test_auctions_are_held_in_order_of_instruments(market):
    market.begins(Phase.OPENING_CALL)
    for instrument in (1, 0):
        market.alice.sells(100, at="10.00", instrument=instrument)
        market.bob.buys(100, at=f"10.0{instrument}", instrument=instrument)
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "bob buys 100 from alice at 10.00",
        "bob buys 100 from alice at 10.01",
    ]


def test_halt_keeps_the_book(market):
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.00")
    market.begins(Phase.BREAK)
    market.begins(Phase.CONTINUOUS)
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]


def test_day_has_the_windows_of_both_exchanges():
    midnight = -8 * 3600
    assert [
        (time_of_day((midnight + begin.second) * NANOSECONDS), begin.phase) for begin in TIMETABLE
    ] == [
        ("09:15:00", Phase.OPENING_CALL),
        ("09:20:00", Phase.OPENING_CALL_LOCKED),
        ("09:25:00", Phase.PRE_CONTINUOUS),
        ("09:30:00", Phase.CONTINUOUS),
        ("11:30:00", Phase.BREAK),
        ("13:00:00", Phase.CONTINUOUS),
        ("14:57:00", Phase.CLOSING_CALL),
        ("15:00:00", Phase.POST_CLOSE),
    ]


def test_kernels_are_told_the_phases_as_the_naive_venue_knows_them():
    assert [tuple(row) for row in phase_table().tolist()] == [PHASES[phase] for phase in Phase]

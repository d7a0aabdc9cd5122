"""The parts of the day: what each admits, and what happens between them."""

import pytest

from engine.phases import TIMETABLE, phase_table
from protocol.calendar import time_of_day
from protocol.units import NANOSECONDS
from protocol.vocabulary import EVERYONE, HaltRule, Phase, ReportKind, Schedule
from tests.commands import change_phase, list_instrument
from tests.naive.phases import PHASES
from tests.trading import Market

ORDERS_TAKEN = (
    Phase.OPENING_CALL,
    Phase.OPENING_CALL_LOCKED,
    Phase.CONTINUOUS,
    Phase.CLOSING_CALL,
)
CANCELS_TAKEN = (Phase.OPENING_CALL, Phase.CONTINUOUS)
SCHEDULED = [phase for phase in Phase if phase < Phase.HALTED]
CALLED, LATE = Schedule.CLOSING_CALL, Schedule.TRADES_TO_CLOSE


@pytest.mark.parametrize("phase", SCHEDULED)
def test_orders_are_taken_in_the_calls_and_in_continuous_trading(market, phase):
    market.begins(phase)
    refused = [] if phase in ORDERS_TAKEN else ["alice is refused: PHASE_REFUSES_ORDER"]
    assert market.alice.sells(100, at="10.00") == refused


@pytest.mark.parametrize("phase", SCHEDULED)
def test_cancels_are_taken_in_the_first_call_and_in_continuous_trading(market, phase):
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(100, at="10.00")
    market.begins(phase)
    taken = ["alice hears of 100 taken back at 10.00, 0 left"]
    refused = ["alice is refused: PHASE_REFUSES_CANCEL"]
    assert market.alice.cancels() == (taken if phase in CANCELS_TAKEN else refused)


@pytest.mark.parametrize("phase", SCHEDULED)
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


@pytest.fixture
def late(market) -> Market:
    """The market with one more share, 2, which trades until the close, in continuous trading."""
    market.lists(2, schedule=LATE)
    market.begins(Phase.CONTINUOUS)
    return market


def test_phase_begins_for_those_who_follow_its_schedule(late):
    assert late.begins(Phase.CLOSING_CALL, schedules=[CALLED]) == ["CLOSING_CALL begins"]
    for instrument in range(3):
        late.alice.sells(100, at="10.00", instrument=instrument)
    told = [late.bob.buys(100, at="10.00", instrument=instrument) for instrument in range(3)]
    assert told == [[], [], ["bob takes 100 from alice at 10.00"]]
    assert late.begins(Phase.POST_CLOSE, schedules=[CALLED]) == [
        "POST_CLOSE begins",
        "bob buys 100 from alice at 10.00",
        "bob buys 100 from alice at 10.00",
    ]
    assert late.begins(Phase.BREAK, schedules=[LATE]) == ["BREAK begins"]
    assert late.bob.buys(100, at="10.00", instrument=2) == ["bob is refused: PHASE_REFUSES_ORDER"]


@pytest.mark.parametrize("schedules", [[], [CALLED, LATE]], ids=str)
def test_phase_of_no_schedule_or_of_all_begins_for_everybody(late, schedules):
    late.begins(Phase.BREAK, schedules=schedules)
    for instrument in range(3):
        assert late.alice.sells(100, at="10.00", instrument=instrument) == [
            "alice is refused: PHASE_REFUSES_ORDER"
        ]


def test_share_may_change_its_phase_alone_whatever_its_schedule(late):
    late.begins(Phase.BREAK, instrument=2)
    assert late.alice.sells(100, at="10.00", instrument=2) == [
        "alice is refused: PHASE_REFUSES_ORDER"
    ]


@pytest.mark.parametrize(
    ("fields", "quantity", "instrument"),
    [({}, 0, -1), ({"schedules": [LATE]}, 2, -1), ({"instrument": 1}, 0, 1)],
    ids=str,
)
def test_everyone_hears_for_whom_a_phase_begins(market, fields, quantity, instrument):
    market.begins(Phase.BREAK, **fields)
    expected = {
        "kind": ReportKind.PHASE_CHANGED,
        "session": EVERYONE,
        "reason": Phase.BREAK,
        "quantity": quantity,
        "instrument": instrument,
    }
    assert {name: int(market.reports[-1][name]) for name in expected} == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedules": -1},
        {"schedules": 4},
        {"schedules": 127},
        {"schedules": 1, "instrument": 0},
        {"schedules": 3, "instrument": 1},
        {"schedules": 1, "instrument": -2},
        {"phase": Phase.HALTED},
        {"phase": Phase.SUSPENDED, "instrument": 0},
        {"phase": max(Phase) + 1},
        {"phase": -1},
    ],
    ids=str,
)
def test_phase_that_makes_no_sense_is_malformed(market, wrong):
    command = change_phase(Phase.CONTINUOUS) | wrong
    assert market.hears(command) == ["the venue is refused: MALFORMED"]
    assert market.alice.sells(100, at="10.00") == ["alice is refused: PHASE_REFUSES_ORDER"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedule": -1},
        {"schedule": max(Schedule) + 1},
        {"halts": -1},
        {"halts": max(HaltRule) + 1},
    ],
    ids=str,
)
def test_listing_with_an_unknown_schedule_or_halt_rule_is_malformed(market, wrong):
    assert market.hears(list_instrument(2, rules=0, **wrong)) == ["the venue is refused: MALFORMED"]


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
        ("15:05:00", Phase.FIXED_PRICE),
        ("15:30:00", Phase.CLOSED),
    ]


def test_kernels_are_told_the_phases_as_the_naive_venue_knows_them():
    assert [tuple(row) for row in phase_table().tolist()] == [PHASES[phase] for phase in Phase]

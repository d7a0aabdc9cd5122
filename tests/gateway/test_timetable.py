"""What the venue does at its time, and what it leaves to others."""

import numpy as np
import pytest

from engine.phases import Begin, Step, day_command, day_steps
from gateway.timetable import MINUTE, NEVER, Halts, Timetable
from protocol.calendar import midnight, seconds_in, time_of_day
from protocol.records import REPORT, join
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    CommandKind,
    HaltRule,
    Hold,
    HoldCause,
    Phase,
    ReportKind,
    Schedule,
)
from tests.gateway.conftest import BUSINESS_DATE

CALL, LATE = Schedule.CLOSING_CALL, Schedule.TRADES_TO_CLOSE
CLOSE = seconds_in("15:30:00")


def at(clock: str) -> int:
    return midnight(BUSINESS_DATE) + seconds_in(clock) * NANOSECONDS


def told(steps) -> list[tuple[str, str, int]]:
    day = midnight(BUSINESS_DATE)
    return [
        (time_of_day(day + second * NANOSECONDS), phase.name, schedules)
        for second, phase, schedules in steps
    ]


MORNING = [
    ("09:15:00", "OPENING_CALL", 0),
    ("09:20:00", "OPENING_CALL_LOCKED", 0),
    ("09:25:00", "PRE_CONTINUOUS", 0),
    ("09:30:00", "CONTINUOUS", 0),
    ("11:30:00", "BREAK", 0),
    ("13:00:00", "CONTINUOUS", 0),
]
EVENING = [
    ("15:00:00", "POST_CLOSE", 0),
    ("15:05:00", "FIXED_PRICE", 0),
    ("15:30:00", "CLOSED", 0),
]


@pytest.mark.parametrize(
    ("schedules", "call"),
    [
        ({CALL}, [("14:57:00", "CLOSING_CALL", 0)]),
        ({LATE}, []),
        ({CALL, LATE}, [("14:57:00", "CLOSING_CALL", 1 << CALL)]),
    ],
)
def test_phases_that_all_begin_at_once_begin_for_all(schedules, call):
    assert told(day_steps(schedules)) == [*MORNING, *call, *EVENING]


def test_a_phase_that_begins_at_two_times_begins_for_each_schedule(monkeypatch):
    days = {CALL: (Begin(10, Phase.BREAK),), LATE: (Begin(20, Phase.BREAK),)}
    monkeypatch.setattr("engine.phases.TIMETABLES", days)
    assert day_steps({CALL, LATE}) == [
        Step(10, Phase.BREAK, 1 << CALL),
        Step(20, Phase.BREAK, 1 << LATE),
    ]


def row_of(rows: np.ndarray, time: str) -> np.ndarray:
    rows["time"] = at(time)
    return rows


def left(timetable: Timetable) -> list[tuple[str, str]]:
    """Take all steps that are left; return their times and what they ask for."""
    steps = []
    while (time := timetable.next_time) != NEVER:
        row = timetable.pop()[0]
        phase = row["kind"] == CommandKind.CHANGE_PHASE
        steps.append((time_of_day(time), Phase(row["phase"]).name if phase else "the day's close"))
    return steps


def test_the_day_is_closed_behind_its_last_phase():
    steps = left(Timetable(BUSINESS_DATE, {CALL, LATE}, CLOSE))
    assert steps[-2:] == [("15:30:00", "CLOSED"), ("15:30:00", "the day's close")]
    assert len(steps) == 11


def test_a_day_goes_on_behind_the_steps_that_the_journal_has():
    """However late the venue's clock was when it took them."""
    timetable = Timetable(BUSINESS_DATE, {CALL}, CLOSE)
    taken = [row for _, row in timetable.steps[:8]]
    timetable.resume(row_of(join(taken), "15:20:00"))
    assert left(timetable)[0] == ("15:05:00", "FIXED_PRICE")


def test_steps_that_operators_have_taken_are_not_caught_up_on():
    timetable = Timetable(BUSINESS_DATE, {CALL}, CLOSE)
    begun = row_of(day_command(CommandKind.CHANGE_PHASE, Phase.CONTINUOUS), "13:20:00")
    begun["session"] = 3
    timetable.resume(begun)
    assert left(timetable)[0] == ("14:57:00", "CLOSING_CALL")


def test_a_second_restart_does_not_go_back_behind_what_operators_have_taken():
    begun = row_of(day_command(CommandKind.CHANGE_PHASE, Phase.CONTINUOUS), "13:20:00")
    begun["session"] = 3
    first = Timetable(BUSINESS_DATE, {CALL}, CLOSE)
    first.resume(begun)
    own = row_of(first.pop(), "14:57:00")
    second = Timetable(BUSINESS_DATE, {CALL}, CLOSE)
    second.resume(join([begun, own]))
    assert left(second) == left(first)


def test_of_a_phase_that_begins_twice_the_time_tells_which_it_was():
    timetable = Timetable(BUSINESS_DATE, {CALL}, CLOSE)
    for time, following in (("09:30:02", "BREAK"), ("13:00:02", "CLOSING_CALL")):
        timetable = Timetable(BUSINESS_DATE, {CALL}, CLOSE)
        timetable.resume(row_of(day_command(CommandKind.CHANGE_PHASE, Phase.CONTINUOUS), time))
        assert left(timetable)[0][1] == following


def test_a_day_that_stood_still_in_its_last_phase_is_still_closed():
    timetable = Timetable(BUSINESS_DATE, {CALL}, CLOSE)
    timetable.resume(row_of(day_command(CommandKind.CHANGE_PHASE, Phase.CLOSED), "15:30:00"))
    assert left(timetable) == [("15:30:00", "the day's close")]


STOCK, BOND, PLAIN = 0, 1, 2
FIRST, SECOND = HoldCause.VOLATILITY_FIRST, HoldCause.VOLATILITY_SECOND


def halts() -> Halts:
    return Halts(BUSINESS_DATE, [HaltRule.NO_BAND_STOCK, HaltRule.FIRST_DAY_BOND, HaltRule.NONE])


def changed(time: str, instrument: int, hold: Hold, cause: HoldCause) -> np.void:
    report = np.zeros(1, REPORT)
    report["kind"] = ReportKind.HOLD_CHANGED
    report["time"] = at(time)
    report["instrument"], report["reason"], report["quantity"] = instrument, hold, cause
    return report[0]


@pytest.mark.parametrize(
    ("instrument", "cause", "begins", "ends"),
    [
        (STOCK, FIRST, "10:00:07", "10:10:07"),
        (STOCK, SECOND, "10:00:07", "10:10:07"),
        (STOCK, FIRST, "11:25:00", "11:35:00"),
        (STOCK, FIRST, "14:50:00", "14:57:00"),
        (BOND, FIRST, "10:00:07", "10:30:07"),
        (BOND, SECOND, "10:00:07", "14:57:00"),
        (BOND, FIRST, "14:58:00", "14:57:00"),
    ],
)
def test_a_volatile_price_halts_for_some_minutes_and_not_beyond_1457(
    instrument, cause, begins, ends
):
    halted = halts()
    halted.learn(changed(begins, instrument, Hold.HALTED, cause))
    assert time_of_day(halted.next_time) == ends
    row = halted.pop()[0]
    assert (row["kind"], row["hold"], row["instrument"]) == (
        CommandKind.CHANGE_HOLD,
        Hold.NONE,
        instrument,
    )
    assert row["cause"] == cause and halted.next_time == NEVER


@pytest.mark.parametrize(
    ("hold", "cause"),
    [
        (Hold.NONE, HoldCause.OPERATOR),
        (Hold.HALTED, HoldCause.NEWS),
        (Hold.SUSPENDED, HoldCause.OPERATOR),
        (Hold.SUSPENDED, FIRST),
    ],
)
def test_a_hold_that_an_operator_has_changed_is_left_to_the_operator(hold, cause):
    halted = halts()
    halted.learn(changed("10:00:00", STOCK, Hold.HALTED, FIRST))
    halted.learn(changed("10:05:00", STOCK, hold, cause))
    assert halted.next_time == NEVER


def test_the_hold_of_the_whole_venue_is_another():
    halted = halts()
    halted.learn(changed("10:00:00", STOCK, Hold.HALTED, FIRST))
    halted.learn(changed("10:05:00", EVERY_INSTRUMENT, Hold.SUSPENDED, HoldCause.MARKET))
    assert time_of_day(halted.next_time) == "10:10:00"


def test_halts_end_in_the_order_of_their_times():
    halted = halts()
    halted.learn(changed("10:00:00", BOND, Hold.HALTED, FIRST))
    halted.learn(changed("10:05:00", STOCK, Hold.HALTED, FIRST))
    assert [halted.pop()[0]["instrument"] for _ in range(2)] == [STOCK, BOND]


def test_an_instrument_without_such_a_rule_is_not_let_go():
    halted = halts()
    halted.learn(changed("10:00:00", PLAIN, Hold.HALTED, FIRST))
    assert halted.next_time == NEVER


def test_a_second_halt_has_its_own_minutes():
    halted = halts()
    halted.learn(changed("10:00:00", STOCK, Hold.HALTED, FIRST))
    halted.pop()
    halted.learn(changed("10:10:00", STOCK, Hold.NONE, FIRST))
    halted.learn(changed("10:11:00", STOCK, Hold.HALTED, SECOND))
    assert halted.next_time == at("10:11:00") + 10 * MINUTE

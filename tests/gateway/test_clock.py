"""The clock that an operator moves."""

from gateway.clock import OperatorClock
from protocol.calendar import seconds_of_day, time_of_day
from protocol.units import NANOSECONDS
from protocol.vocabulary import Phase, Schedule
from tests.gateway.conftest import BUSINESS_DATE

SLOW, FAST = 1e-9, 1e18
"""Speeds at which no test sees the clock run, and at which every phase is over at once."""


def begun(clock: OperatorClock, *phases: Phase) -> list[str]:
    """Begin one phase after the other; return the times at which the clock then stands."""
    times = []
    for phase in phases:
        clock.begin(phase)
        times.append(time_of_day(clock.now()))
    return times


def test_phases_are_begun_at_their_times_until_the_evening():
    assert begun(
        OperatorClock(BUSINESS_DATE, SLOW),
        Phase.CONTINUOUS,
        Phase.BREAK,
        Phase.CONTINUOUS,
        Phase.CLOSING_CALL,
        Phase.POST_CLOSE,
        Phase.FIXED_PRICE,
        Phase.CLOSED,
    ) == ["09:30:00", "11:30:00", "13:00:00", "14:57:00", "15:00:00", "15:05:00", "15:30:00"]


def test_a_phase_that_the_day_has_no_more_of_leaves_the_clock_where_it_is():
    clock = OperatorClock(BUSINESS_DATE, SLOW)
    assert begun(clock, Phase.FIXED_PRICE, Phase.CONTINUOUS) == ["15:05:00", "15:05:00"]


def test_without_a_closing_call_trading_runs_on_to_the_close():
    clock = OperatorClock(BUSINESS_DATE, FAST, schedules={Schedule.TRADES_TO_CLOSE})
    clock.begin(Phase.CONTINUOUS)
    clock.begin(Phase.CONTINUOUS)
    assert begun(clock, Phase.CLOSING_CALL) == ["14:59:59"]
    clock = OperatorClock(BUSINESS_DATE, FAST)
    clock.begin(Phase.CONTINUOUS)
    assert begun(clock, Phase.CONTINUOUS) == ["14:56:59"]


def test_a_clock_that_is_made_anew_is_where_the_day_had_come():
    clock = OperatorClock(BUSINESS_DATE, SLOW)
    clock.begin(Phase.FIXED_PRICE)
    again = OperatorClock(BUSINESS_DATE, SLOW, clock.now())
    assert seconds_of_day(again.now()) == seconds_of_day(clock.now())
    assert begun(again, Phase.CLOSED) == ["15:30:00"]


def test_only_what_is_within_the_phase_becomes_due_by_itself():
    clock = OperatorClock(BUSINESS_DATE, SLOW)
    clock.begin(Phase.CLOSING_CALL)
    begun, last_minutes = clock.now(), 3 * 60 * NANOSECONDS
    assert clock.seconds_until(begun) <= 0
    assert 0 < clock.seconds_until(begun + last_minutes - 1) <= 180 / SLOW
    assert clock.seconds_until(begun + last_minutes) == float("inf")
    clock.begin(Phase.POST_CLOSE)
    assert clock.seconds_until(begun + last_minutes) <= 0

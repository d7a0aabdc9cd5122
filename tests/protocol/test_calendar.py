"""Days and times of the market are those of Shanghai."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.calendar import (
    business_date_at,
    business_day_after,
    business_day_before,
    midnight,
    seconds_in,
    seconds_of_day,
    time_of_day,
    to_date,
    to_number,
)
from protocol.units import NANOSECONDS

DATES = st.dates(date(1970, 1, 2), date(2200, 12, 31))
HOURS_24 = 24 * 3600 * NANOSECONDS

INSTANTS = [
    (0, 19700101, "08:00:00"),
    (1_783_300_000 * NANOSECONDS, 20260706, "09:06:40"),
    (1_795_138_200 * NANOSECONDS, 20261120, "09:30:00"),
    (1_795_138_199_999_999_999, 20261120, "09:29:59"),
    (1_709_135_999_999_999_999, 20240228, "23:59:59"),
    (1_709_136_000 * NANOSECONDS, 20240229, "00:00:00"),
    (-1, 19700101, "07:59:59"),
]


@pytest.mark.parametrize(("instant", "day", "time"), INSTANTS)
def test_known_instants_have_their_date_and_time(instant, day, time):
    assert (business_date_at(instant), time_of_day(instant)) == (day, time)


@given(st.integers(0, 7_000_000_000_000_000_000))
def test_any_instant_reads_as_on_a_clock_in_shanghai(instant):
    seconds = instant // NANOSECONDS
    # Before 1992 Shanghai had summer time for some years, which the market's calendar leaves out.
    if seconds > 694_224_000:
        there = datetime.fromtimestamp(seconds, ZoneInfo("Asia/Shanghai"))
        assert time_of_day(instant) == there.strftime("%H:%M:%S")
        assert business_date_at(instant) == to_number(there.date())
    assert seconds_in(time_of_day(instant)) == seconds_of_day(instant)
    assert midnight(business_date_at(instant)) + seconds_of_day(instant) * NANOSECONDS == (
        instant - instant % NANOSECONDS
    )


@given(DATES)
def test_a_date_is_its_number_and_back(day):
    assert to_number(day) == int(day.strftime("%Y%m%d"))
    assert to_date(to_number(day)) == day


@given(DATES)
def test_midnight_begins_the_day_to_the_nanosecond(day):
    begins = midnight(to_number(day))
    assert business_date_at(begins) == to_number(day)
    assert business_date_at(begins - 1) == to_number(day - timedelta(days=1))
    assert midnight(to_number(day + timedelta(days=1))) - begins == HOURS_24


@pytest.mark.parametrize("number", [0, -1, 20261301, 20260230, 20261100, 20260100, 10**8, 10**30])
def test_a_number_that_is_no_date_is_refused(number):
    with pytest.raises(ValueError, match=r"out of range|must be in"):
        to_date(number)


FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


def test_business_days_pass_over_weekends_and_holidays():
    assert business_day_after(FRIDAY, frozenset()) == MONDAY
    assert business_day_before(MONDAY, frozenset()) == FRIDAY
    assert business_day_after(FRIDAY, frozenset([MONDAY])) == date(2026, 11, 24)
    assert business_day_before(MONDAY, frozenset([FRIDAY])) == date(2026, 11, 19)


@given(DATES, st.frozensets(DATES))
def test_between_neighbouring_business_days_every_day_is_closed(day, holidays):
    before, after = business_day_before(day, holidays), business_day_after(day, holidays)
    assert before < day < after
    for number in range(1, (after - before).days):
        between = before + timedelta(number)
        assert between == day or between.weekday() >= 5 or between in holidays

"""Money is whole numbers: spelled exactly, and rounded half up."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.units import SCALE, apply_ratio, format_units, parse_units, round_to_cents

AMOUNTS = st.integers(-(10**17), 10**17)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("18.45", 184_500),
        ("0", 0),
        ("7", 70_000),
        ("0.0001", 1),
        ("-0.5", -5_000),
        ("+1.2", 12_000),
        ("007.10", 71_000),
        ("1845.02000000", 18_450_200),
    ],
)
def test_a_decimal_number_is_read_exactly(text, units):
    assert parse_units(text) == units


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "abc", "1,5", "1.", ".5", "1e3", "1_0", " 1", "1\n", "--1", "1.2.3"),
        *("NaN", "Infinity", "1e999999", "１８"),
    ],
)
def test_what_is_no_plain_decimal_number_is_refused(text):
    with pytest.raises(ValueError, match="is not a decimal number"):
        parse_units(text)


@pytest.mark.parametrize("text", ["1.00001", "0.123456", "1." + "0" * 40 + "1"])
def test_a_fifth_decimal_is_refused_however_far_behind(text):
    with pytest.raises(ValueError, match="is not a number of at most four decimals"):
        parse_units(text)


@given(AMOUNTS)
def test_what_is_written_with_all_decimals_is_read_again(units):
    assert parse_units(format_units(units)) == units
    assert Decimal(format_units(units)) * SCALE == units


@given(AMOUNTS, st.integers(0, 4))
def test_fewer_decimals_are_rounded_half_up_away_from_zero(units, decimals):
    expected = (Decimal(units) / SCALE).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    assert format_units(units, decimals) == f"{expected + 0:f}"


@given(AMOUNTS)
def test_cents_are_rounded_half_up_away_from_zero(units):
    assert round_to_cents(units) == int((Decimal(units) / 100).quantize(Decimal(1), ROUND_HALF_UP))


def test_the_price_limit_that_floats_get_wrong():
    assert apply_ratio(100_500, 11, 10, tick=100) == 110_600
    assert apply_ratio(100_500, 9, 10, tick=100) == 90_500


@given(
    st.integers(0, 2**31),
    st.integers(1, 20_000),
    st.integers(1, 10_000),
    st.sampled_from([1, 10, 100, 1_000]),
)
def test_a_ratio_gives_the_nearest_tick_and_the_higher_of_two(units, numerator, denominator, tick):
    exact = Fraction(units * numerator, denominator * tick)
    ticks = (exact + Fraction(1, 2)).__floor__()
    assert apply_ratio(units, numerator, denominator, tick) == ticks * tick

"""Decimal numbers in cells, against Python's own way of spelling them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.files.numerals import (
    BLANK,
    NOTHING,
    misfits,
    parse,
    parse_zero_padded,
    spell,
    total,
    zero_padded,
)


@settings(deadline=None)
@given(
    value=st.integers(-(10**17), 10**18 - 1), decimals=st.integers(0, 9), width=st.integers(11, 18)
)
def test_number_is_spelled_as_decimal_spells_it_or_does_not_fit(value, decimals, width):
    text = f"{Decimal(value).scaleb(-decimals):{width}.{decimals}f}"
    values = np.array([value])
    assert misfits(values, width, decimals).item() == (len(text) > width)
    if len(text) <= width:
        cells = spell(values, width, decimals, BLANK)
        found, right = parse(cells, decimals, BLANK)
        assert (cells.tobytes().decode(), found.item(), right.item()) == (text, value, True)


@pytest.mark.parametrize(
    "text",
    [
        "   12",
        " 1.2 ",
        "01.20",
        "1..20",
        "  .20",
        "-1-20",
        "+1.20",
        "1 .20",
        "1.2O",
        "*****",
        "     ",
    ],
)
def test_any_other_spelling_is_told(text):
    cells = np.frombuffer(text.rjust(5).encode(), np.uint8).reshape(1, 5)
    assert not parse(cells, 2, BLANK)[1].item()


def test_filler_is_a_choice():
    cells = spell(np.array([5, -12345]), 8, 2, NOTHING)
    assert bytes(cells).replace(b"\0", b"_") == b"____0.05_-123.45"


def test_zero_padded_text_keeps_digits_that_do_not_fit():
    assert zero_padded(np.array([7, 12345]), 4).tolist() == [b"0007", b"12345"]
    assert parse_zero_padded(np.array([b"0007", b"7", b"00x7"]), 4).tolist() == [7, -1, -1]


@given(st.lists(st.integers(-(10**18), 10**18), max_size=40))
def test_totals_are_exact_beyond_64_bits(values):
    assert total(np.array(values, np.int64)) == sum(values)

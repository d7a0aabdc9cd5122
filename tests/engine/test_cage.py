"""The price cage: a limit order in continuous trading stays near the market.

Unless a test says otherwise it is 2 % or 10 ticks of 0.01, whichever is wider.
"""

from collections.abc import Callable

import pytest

from protocol.vocabulary import OrderType, Phase, TimeInForce
from tests.trading import Market

CAGE = {"cage_bp": 200, "cage_ticks": 10}
WIDE = {"lower_limit": 100, "upper_limit": 200_000}
REFUSED = "is refused: PRICE_OUTSIDE_CAGE"


@pytest.fixture
def caged(new_venue) -> Callable[..., Market]:
    """What makes a caged market, opened by a call, with other rules if so told."""

    def make(**rules: int) -> Market:
        market = Market(new_venue(), WIDE | CAGE | rules)
        market.begins(Phase.OPENING_CALL)
        return market

    return make


@pytest.mark.parametrize(
    ("best", "highest", "above"),
    [
        ("10.00", "10.20", "10.21"),
        ("2.00", "2.10", "2.11"),
        ("5.00", "5.10", "5.11"),
        ("10.24", "10.44", "10.45"),
        ("10.25", "10.46", "10.47"),
        ("0.01", "0.11", "0.12"),
        ("18.00", "18.36", "18.37"),
    ],
)
def test_buyer_stays_below_the_best_ask_and_a_margin(caged, best, highest, above):
    market = caged()
    market.alice.sells(100, at=best)
    market.begins(Phase.CONTINUOUS)
    assert market.bob.buys(100, at=above) == [f"bob {REFUSED}"]
    assert market.bob.buys(100, at=highest) == [f"bob takes 100 from alice at {best}"]


@pytest.mark.parametrize(
    ("best", "lowest", "below"),
    [
        ("10.00", "9.80", "9.79"),
        ("3.33", "3.23", "3.22"),
        ("5.00", "4.90", "4.89"),
        ("10.24", "10.04", "10.03"),
        ("10.25", "10.05", "10.04"),
        ("10.26", "10.05", "10.04"),
        ("0.11", "0.01", None),
        ("18.00", "17.64", "17.63"),
    ],
)
def test_seller_stays_above_the_best_bid_and_a_margin(caged, best, lowest, below):
    market = caged()
    market.alice.buys(100, at=best)
    market.begins(Phase.CONTINUOUS)
    if below is not None:
        assert market.bob.sells(100, at=below) == [f"bob {REFUSED}"]
    assert market.bob.sells(100, at=lowest) == [f"bob sells 100 to alice at {best}"]


def test_reference_is_the_best_opposite_price_then_the_own_then_the_last_then_yesterday(caged):
    market = caged(previous_close=80_000)
    market.begins(Phase.CONTINUOUS)
    assert market.bob.buys(100, at="8.17") == [f"bob {REFUSED}"]
    assert market.bob.buys(100, at="8.16") == []
    assert market.bob.buys(100, at="8.33") == [f"bob {REFUSED}"]
    assert market.bob.buys(100, at="8.32") == []
    assert market.bob.sells(200, at="8.16") == [
        "bob sells 100 to bob at 8.32",
        "bob sells 100 to bob at 8.16",
    ]
    assert market.bob.sells(100, at="7.99") == [f"bob {REFUSED}"]
    assert market.bob.sells(100, at="8.00") == []
    assert market.alice.sells(100, at="7.83") == [f"alice {REFUSED}"]
    assert market.alice.sells(100, at="7.84") == []
    assert market.carol.buys(100, at="8.01") == [f"carol {REFUSED}"]


def test_cage_bars_only_what_is_too_good(caged):
    market = caged()
    market.begins(Phase.CONTINUOUS)
    assert market.bob.buys(100, at="0.01") == []
    assert market.bob.sells(100, at="20.00") == []


def test_cage_holds_for_immediate_orders_too(caged):
    market = caged()
    market.begins(Phase.CONTINUOUS)
    immediate = TimeInForce.IMMEDIATE_OR_CANCEL
    assert market.bob.buys(100, at="10.21", time_in_force=immediate) == [f"bob {REFUSED}"]


def test_protection_price_is_not_caged(caged):
    market = caged()
    market.alice.sells(100, at="10.00")
    market.begins(Phase.CONTINUOUS)
    assert market.bob.buys_as(OrderType.COUNTERPARTY_BEST, 100, at="15.00") == [
        "bob takes 100 from alice at 10.00"
    ]


def test_calls_have_no_cage(caged):
    market = caged()
    assert market.bob.buys(100, at="20.00") == []
    market.begins(Phase.CLOSING_CALL)
    assert market.bob.sells(100, at="20.00") == []


def test_rules_without_a_cage_have_none(caged):
    market = caged(cage_bp=0)
    market.begins(Phase.CONTINUOUS)
    assert market.bob.buys(100, at="20.00") == []


def test_order_that_is_replaced_is_its_own_reference(caged):
    market = caged()
    market.begins(Phase.CONTINUOUS)
    market.bob.buys(100, at="10.20")
    assert market.bob.replaces(100, at="10.41") == [f"bob {REFUSED}"]
    assert market.bob.replaces(100, at="10.40") == ["bob now has 100 at 10.40"]


def test_widest_cage_lets_everything_pass(caged):
    market = caged(cage_bp=10_000, cage_ticks=2**15 - 1)
    market.alice.buys(100, at="20.00")
    market.begins(Phase.CONTINUOUS)
    assert market.bob.sells(100, at="0.01") == ["bob sells 100 to alice at 20.00"]

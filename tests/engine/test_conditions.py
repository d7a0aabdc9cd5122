"""Orders with conditions: a minimum to trade at once, or never to trade at once."""

import pytest

from protocol.vocabulary import Feature, Phase, TimeInForce
from tests.trading import Market

IMMEDIATE = {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}


@pytest.fixture(autouse=True)
def continuous(market):
    market.begins(Phase.CONTINUOUS)


def test_minimum_that_is_to_be_had_is_taken_and_the_rest_waits(market):
    market.alice.sells(100, at="10.00")
    market.alice.sells(100, at="10.01")
    assert market.bob.buys(300, at="10.01", minimum_quantity=200) == [
        "bob takes 100 from alice at 10.00",
        "bob takes 100 from alice at 10.01",
    ]
    assert market.carol.sells(100, at="10.01") == ["carol sells 100 to bob at 10.01"]


def test_minimum_that_is_not_to_be_had_cancels_the_order(market):
    market.alice.sells(100, at="10.00")
    market.alice.sells(100, at="10.02")
    assert market.bob.buys(300, at="10.01", minimum_quantity=200) == [
        "bob finds too little for 300 at 10.01"
    ]
    assert market.carol.buys(100, at="10.00") == ["carol takes 100 from alice at 10.00"]


def test_immediate_order_may_have_a_minimum(market):
    market.alice.sells(100, at="10.00")
    assert market.bob.buys(200, at="10.00", minimum_quantity=100, **IMMEDIATE) == [
        "bob takes 100 from alice at 10.00",
        "bob goes without 100 at 10.00",
    ]


def test_minimum_of_the_whole_order_is_all_or_nothing(market):
    market.alice.buys(300, at="10.00")
    assert market.bob.sells(400, at="10.00", minimum_quantity=400) == [
        "bob finds too little for 400 at 10.00"
    ]
    assert market.bob.sells(300, at="10.00", minimum_quantity=300) == [
        "bob sells 300 to alice at 10.00"
    ]


@pytest.mark.parametrize("minimum", [-1, 201])
def test_minimum_is_within_the_order(market, minimum):
    assert market.bob.buys(200, at="10.00", minimum_quantity=minimum) == [
        "bob is refused: MINIMUM_OUT_OF_RANGE"
    ]


def test_order_that_only_posts_rests(market):
    market.alice.sells(100, at="10.01")
    assert market.bob.buys(100, at="10.00", post_only=1) == []
    assert market.carol.sells(100, at="10.00") == ["carol sells 100 to bob at 10.00"]


def test_order_that_only_posts_is_refused_where_it_would_trade(market):
    market.alice.sells(100, at="10.01")
    assert market.bob.buys(100, at="10.01", post_only=1) == ["bob is refused: WOULD_TRADE"]
    market.carol.buys(100, at="10.00")
    assert market.bob.sells(100, at="9.99", post_only=1) == ["bob is refused: WOULD_TRADE"]


def test_order_that_only_posts_and_is_immediate_makes_no_sense(market):
    assert market.bob.buys(100, at="10.00", post_only=1, **IMMEDIATE) == [
        "bob is refused: FEATURE_NOT_ALLOWED"
    ]


@pytest.mark.parametrize("condition", [{"minimum_quantity": 100}, {"post_only": 1}], ids=str)
def test_market_order_has_no_conditions(market, condition):
    market.alice.sells(100, at="10.00")
    assert market.bob.buys(100, at="0", order_type=1, **condition) == [
        "bob is refused: FEATURE_NOT_ALLOWED"
    ]


@pytest.mark.parametrize("features", [0, *Feature])
def test_rules_say_which_conditions_there_are(new_venue, features):
    market = Market(new_venue(), {"features": features})
    market.begins(Phase.CONTINUOUS)
    refused = ["bob is refused: FEATURE_NOT_ALLOWED"]
    too_little = ["bob finds too little for 100 at 10.00"]
    assert market.bob.buys(100, at="10.00", minimum_quantity=100) == (
        too_little if features == Feature.MINIMUM_QUANTITY else refused
    )
    assert market.bob.buys(100, at="10.00", post_only=1) == (
        [] if features == Feature.POST_ONLY else refused
    )


@pytest.mark.parametrize("condition", [{"minimum_quantity": 100}, {"post_only": 1}], ids=str)
def test_calls_take_no_orders_with_conditions(market, condition):
    market.begins(Phase.CLOSING_CALL)
    assert market.bob.buys(100, at="10.00", **condition) == ["bob is refused: PHASE_REFUSES_ORDER"]

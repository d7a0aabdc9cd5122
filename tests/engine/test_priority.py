"""Continuous trading: who trades with whom, and at whose price."""

import pytest

from protocol.vocabulary import Phase


@pytest.fixture(autouse=True)
def continuous(market):
    market.begins(Phase.CONTINUOUS)


def test_older_order_trades_first(market):
    market.alice.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(200, at="10.00") == [
        "carol takes 100 from alice at 10.00",
        "carol takes 100 from bob at 10.00",
    ]


def test_better_price_trades_before_older_order(market):
    market.alice.sells(100, at="10.01")
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(200, at="10.01") == [
        "carol takes 100 from bob at 10.00",
        "carol takes 100 from alice at 10.01",
    ]


def test_dearest_buyer_is_served_first(market):
    market.alice.buys(100, at="9.98")
    market.bob.buys(100, at="10.02")
    assert market.carol.sells(200, at="9.98") == [
        "carol sells 100 to bob at 10.02",
        "carol sells 100 to alice at 9.98",
    ]


def test_incoming_order_gets_the_resting_price(market):
    market.alice.sells(100, at="9.50")
    assert market.bob.buys(100, at="10.50") == ["bob takes 100 from alice at 9.50"]
    market.alice.buys(100, at="10.50")
    assert market.bob.sells(100, at="9.50") == ["bob sells 100 to alice at 10.50"]


def test_orders_that_do_not_cross_rest(market):
    assert market.alice.sells(100, at="10.01") == []
    assert market.bob.buys(100, at="10.00") == []
    assert market.closes() == [
        "alice expires with 100 at 10.01",
        "bob expires with 100 at 10.00",
        "the day 20260706 ends",
    ]


def test_rest_of_an_incoming_order_waits_at_its_own_price(market):
    market.alice.sells(100, at="10.00")
    assert market.bob.buys(300, at="10.05") == ["bob takes 100 from alice at 10.00"]
    assert market.carol.sells(200, at="10.00") == ["carol sells 200 to bob at 10.05"]


def test_partly_filled_order_keeps_its_place(market):
    market.alice.sells(300, at="10.00")
    market.bob.sells(100, at="10.00")
    market.carol.buys(100, at="10.00")
    assert market.carol.buys(300, at="10.00") == [
        "carol takes 200 from alice at 10.00",
        "carol takes 100 from bob at 10.00",
    ]


def test_one_order_sweeps_many_prices_and_stops_at_its_limit(market):
    for price in ("10.03", "10.01", "10.02", "10.04"):
        market.alice.sells(100, at=price)
    assert market.bob.buys(1_000, at="10.03") == [
        "bob takes 100 from alice at 10.01",
        "bob takes 100 from alice at 10.02",
        "bob takes 100 from alice at 10.03",
    ]
    assert market.carol.sells(700, at="10.03") == ["carol sells 700 to bob at 10.03"]


def test_immediate_order_never_rests(market):
    market.alice.sells(100, at="10.00")
    assert market.bob.buys_at_once(300, at="10.00") == [
        "bob takes 100 from alice at 10.00",
        "bob goes without 200 at 10.00",
    ]
    assert market.carol.sells(200, at="10.00") == []


def test_immediate_order_that_finds_nobody_trades_nothing(market):
    market.alice.buys(100, at="9.99")
    assert market.bob.sells_at_once(100, at="10.00") == ["bob goes without 100 at 10.00"]


def test_immediate_order_that_is_filled_goes_without_nothing(market):
    market.alice.buys(100, at="10.00")
    assert market.bob.sells_at_once(100, at="9.90") == ["bob sells 100 to alice at 10.00"]


def test_everybody_may_trade_with_himself(market):
    market.alice.sells(100, at="10.00")
    assert market.alice.buys(100, at="10.00") == ["alice takes 100 from alice at 10.00"]


def test_two_instruments_do_not_mix(market):
    market.alice.sells(100, at="10.00", instrument=0)
    assert market.bob.buys(100, at="10.00", instrument=1) == []
    assert market.carol.buys(100, at="10.00", instrument=0) == [
        "carol takes 100 from alice at 10.00"
    ]


def test_orders_rest_and_trade_at_both_price_limits(market):
    market.alice.sells(100, at="11.00")
    market.bob.buys(100, at="9.00")
    assert market.carol.buys(100, at="11.00") == ["carol takes 100 from alice at 11.00"]
    assert market.carol.sells(100, at="9.00") == ["carol sells 100 to bob at 9.00"]


def test_a_level_that_was_emptied_is_used_again(market):
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.00")
    market.carol.buys(100, at="10.00")
    assert market.alice.sells(200, at="10.00") == ["alice sells 100 to carol at 10.00"]
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]


def test_seller_of_an_odd_lot_finds_a_buyer(market):
    market.alice.buys(200, at="10.00")
    assert market.bob.sells(40, at="10.00") == ["bob sells 40 to alice at 10.00"]
    assert market.carol.sells(160, at="10.00") == ["carol sells 160 to alice at 10.00"]

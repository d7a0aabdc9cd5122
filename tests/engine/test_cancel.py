"""Taking orders back: who may, when, how much, and who hears of it."""

import pytest

from protocol.vocabulary import Phase


@pytest.fixture(autouse=True)
def continuous(market):
    market.begins(Phase.CONTINUOUS)


def test_canceled_order_no_longer_trades(market):
    market.alice.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    assert market.alice.cancels() == ["alice hears of 100 taken back at 10.00, 0 left"]
    assert market.carol.buys(200, at="10.00") == ["carol takes 100 from bob at 10.00"]


def test_order_in_the_middle_of_a_level_can_leave_it(market):
    for trader in (market.alice, market.bob, market.carol):
        trader.sells(100, at="10.00")
    market.bob.cancels()
    assert market.dave.buys(300, at="10.00", account=4) == [
        "dave takes 100 from alice at 10.00",
        "dave takes 100 from carol at 10.00",
    ]


def test_part_of_an_order_is_taken_back_and_the_rest_keeps_its_place(market):
    market.alice.sells(300, at="10.00")
    market.bob.sells(100, at="10.00")
    assert market.alice.cancels(100) == ["alice hears of 100 taken back at 10.00, 200 left"]
    assert market.carol.buys(300, at="10.00") == [
        "carol takes 200 from alice at 10.00",
        "carol takes 100 from bob at 10.00",
    ]


def test_no_more_is_taken_back_than_is_open(market):
    market.alice.sells(300, at="10.00")
    market.bob.buys(200, at="10.00")
    assert market.alice.cancels(300) == ["alice hears of 100 taken back at 10.00, 0 left"]


def test_order_is_not_taken_back_twice(market):
    market.alice.sells(100, at="10.00")
    market.alice.cancels()
    assert market.alice.cancels() == ["alice is refused: UNKNOWN_ORDER"]


def test_filled_order_is_not_taken_back(market):
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.00")
    assert market.alice.cancels() == ["alice is refused: UNKNOWN_ORDER"]
    assert market.bob.cancels() == ["bob is refused: UNKNOWN_ORDER"]


def test_the_rest_of_an_immediate_order_is_not_taken_back_again(market):
    market.alice.sells_at_once(100, at="10.00")
    assert market.alice.cancels() == ["alice is refused: UNKNOWN_ORDER"]


@pytest.mark.parametrize("number", [0, -1, 2, 1_000_000_000, 2**40, -(2**40)])
def test_order_that_never_was_is_not_taken_back(market, number):
    market.alice.sells(100, at="10.00")
    assert market.alice.cancels(order=number) == ["alice is refused: UNKNOWN_ORDER"]


def test_nobody_takes_back_the_order_of_another(market):
    market.alice.sells(100, at="10.00")
    (order,) = market.alice.orders
    assert market.bob.cancels(order=order) == ["bob is refused: ORDER_NOT_YOURS"]


def test_operator_takes_back_for_a_trader_and_both_hear_of_it(market):
    market.alice.sells(100, at="10.00")
    (order,) = market.alice.orders
    assert market.dave.cancels(order=order) == [
        "alice hears of 100 taken back at 10.00, 0 left",
        "dave hears of 100 taken back at 10.00, 0 left",
    ]
    owner, asker = market.reports[-2:]
    assert (owner["request_seq"], asker["request_seq"]) == (0, market.dave.client_seq)
    assert owner["client_seq"] == asker["client_seq"] == market.alice.client_seq


def test_negative_quantity_is_not_taken_back(market):
    market.alice.sells(100, at="10.00")
    assert market.alice.cancels(-100) == ["alice is refused: QUANTITY_NOT_POSITIVE"]

"""Another price or quantity for an order: when it keeps its place, when it trades, who hears."""

import pytest

from protocol.vocabulary import Phase, ReportKind


@pytest.fixture(autouse=True)
def continuous(market):
    market.begins(Phase.CONTINUOUS)


def test_order_that_shrinks_keeps_its_place(market):
    market.alice.sells(300, at="10.00")
    market.bob.sells(100, at="10.00")
    assert market.alice.replaces(100, at="10.00") == ["alice now has 100 at 10.00"]
    assert market.carol.buys(200, at="10.00") == [
        "carol takes 100 from alice at 10.00",
        "carol takes 100 from bob at 10.00",
    ]


def test_order_replaced_by_its_equal_keeps_its_place(market):
    market.alice.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    assert market.alice.replaces(100, at="10.00") == ["alice now has 100 at 10.00"]
    assert market.carol.buys(100, at="10.00") == ["carol takes 100 from alice at 10.00"]


def test_order_that_grows_goes_behind_the_others(market):
    market.alice.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    assert market.alice.replaces(200, at="10.00") == ["alice now has 200 at 10.00"]
    assert market.carol.buys(200, at="10.00") == [
        "carol takes 100 from bob at 10.00",
        "carol takes 100 from alice at 10.00",
    ]


def test_order_that_gives_up_its_place_goes_behind_the_others(market):
    market.alice.sells(200, at="10.00")
    market.bob.sells(100, at="10.00")
    assert market.alice.replaces(100, at="10.00", gives_up_place=1) == [
        "alice now has 100 at 10.00"
    ]
    assert market.carol.buys(200, at="10.00") == [
        "carol takes 100 from bob at 10.00",
        "carol takes 100 from alice at 10.00",
    ]


def test_order_that_goes_away_and_comes_back_is_behind_the_others(market):
    market.alice.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    market.alice.replaces(100, at="10.01")
    market.alice.replaces(100, at="10.00")
    assert market.carol.buys(100, at="10.00") == ["carol takes 100 from bob at 10.00"]


def test_place_that_was_given_up_is_given_up_in_the_auction_too(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    market.alice.replaces(200, at="10.00")
    market.carol.buys(200, at="10.00")
    assert market.begins(Phase.CONTINUOUS)[1:] == [
        "carol buys 100 from bob at 10.00",
        "carol buys 100 from alice at 10.00",
    ]


def test_order_moved_over_the_market_trades_and_its_rest_waits(market):
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="9.90")
    assert market.bob.replaces(300, at="10.05") == [
        "bob now has 300 at 10.05",
        "bob takes 100 from alice at 10.00",
    ]
    assert market.carol.sells(200, at="10.00") == ["carol sells 200 to bob at 10.05"]


def test_order_moved_over_the_market_in_a_call_waits_for_the_auction(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="9.90")
    assert market.bob.replaces(100, at="10.00") == ["bob now has 100 at 10.00"]
    assert market.begins(Phase.CONTINUOUS)[1:] == ["bob buys 100 from alice at 10.00"]


def test_quantity_is_what_is_open_and_not_what_was_entered(market):
    market.alice.sells(300, at="10.00")
    market.bob.buys(200, at="10.00")
    assert market.alice.replaces(200, at="10.00") == ["alice now has 200 at 10.00"]
    assert market.carol.buys(300, at="10.00") == ["carol takes 200 from alice at 10.00"]


def test_order_keeps_its_number_and_its_client_seq(market):
    market.alice.sells(100, at="10.00")
    market.alice.replaces(100, at="10.01")
    accepted, replaced = market.reports[-2:]
    assert replaced["order_number"] == accepted["order_number"]
    assert (replaced["client_seq"], replaced["request_seq"]) == (1, 2)


def test_operator_replaces_for_a_trader_and_both_hear_of_it(market):
    market.bob.sells(100, at="10.00")
    market.alice.buys(100, at="9.90")
    (order,) = market.alice.orders
    assert market.dave.replaces(100, at="10.00", order=order) == [
        "alice now has 100 at 10.00",
        "dave now has 100 at 10.00",
        "alice takes 100 from bob at 10.00",
    ]
    owner, asker, incoming, _ = market.reports[-4:]
    asked = market.dave.client_seq
    requests = [report["request_seq"] for report in (owner, asker, incoming)]
    assert requests == [0, asked, 0]


def test_order_that_is_gone_is_not_replaced(market):
    market.alice.sells(100, at="10.00")
    market.alice.cancels()
    assert market.alice.replaces(100, at="10.00") == ["alice is refused: UNKNOWN_ORDER"]
    assert market.reports[-1]["order_number"] == market.alice.orders[-1]


def test_nobody_replaces_the_order_of_another(market):
    market.alice.sells(100, at="10.00")
    (order,) = market.alice.orders
    assert market.bob.replaces(100, at="10.00", order=order) == ["bob is refused: ORDER_NOT_YOURS"]


@pytest.mark.parametrize("phase", [Phase.OPENING_CALL_LOCKED, Phase.CLOSING_CALL, Phase.BREAK])
def test_phase_without_cancels_replaces_nothing(market, phase):
    market.alice.sells(100, at="10.00")
    market.begins(phase)
    assert market.alice.replaces(100, at="10.01") == ["alice is refused: PHASE_REFUSES_CANCEL"]


def test_buyer_who_shrinks_to_an_odd_lot_may_but_not_grow_to_one(market):
    market.alice.buys(300, at="10.00")
    assert market.alice.replaces(150, at="9.99") == ["alice now has 150 at 9.99"]
    assert market.alice.replaces(160, at="9.99") == ["alice is refused: QUANTITY_NOT_IN_LOTS"]
    assert market.alice.replaces(200, at="9.99") == ["alice now has 200 at 9.99"]


def test_refused_replacement_leaves_the_order_as_it_was(market):
    market.alice.sells(100, at="10.00")
    for quantity, price in ((0, "10.01"), (1_000_001, "10.01"), (100, "11.01"), (100, "10.005")):
        assert market.alice.replaces(quantity, at=price)[0].startswith("alice is refused: ")
    assert {r["kind"] for r in market.reports[-4:]} == {ReportKind.REJECTED}
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]


def test_rest_of_a_market_order_can_be_replaced(market):
    market.alice.sells(100, at="10.00")
    market.bob.buys(200, at="0", order_type=4)
    assert market.bob.replaces(100, at="9.99") == ["bob now has 100 at 9.99"]

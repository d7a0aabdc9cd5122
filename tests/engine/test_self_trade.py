"""What becomes of orders that would trade with another one of their account."""

from collections.abc import Callable

import pytest

from protocol.vocabulary import OrderType, Phase, SelfTrade
from tests.commands import EVERY_FEATURE
from tests.trading import Market


@pytest.fixture
def market_where(new_venue) -> Callable[[SelfTrade], Market]:
    """What makes a market that trades continuously, and where a self-trade does as told."""

    def make(self_trade: SelfTrade) -> Market:
        market = Market(new_venue(), {"order_types": 127}, self_trade=self_trade)
        market.begins(Phase.CONTINUOUS)
        market.alice.sells(200, at="10.00")
        market.bob.sells(100, at="10.01")
        return market

    return make


def test_allowed_self_trade_is_a_trade(market_where):
    market = market_where(SelfTrade.ALLOWED)
    assert market.alice.buys(300, at="10.01") == [
        "alice takes 200 from alice at 10.00",
        "alice takes 100 from bob at 10.01",
    ]


def test_resting_order_gives_way_and_the_incoming_one_trades_on(market_where):
    market = market_where(SelfTrade.CANCELS_RESTING)
    assert market.alice.buys(300, at="10.01") == [
        "alice is kept from trading 200 at 10.00 alone",
        "alice takes 100 from bob at 10.01",
    ]
    (resting, *_) = market.reports[-3:]
    assert (resting["request_seq"], resting["client_seq"]) == (0, 1)
    assert market.carol.sells(200, at="10.01") == ["carol sells 200 to alice at 10.01"]


def test_incoming_order_gives_way(market_where):
    market = market_where(SelfTrade.CANCELS_INCOMING)
    assert market.alice.buys(300, at="10.01") == ["alice is kept from trading 300 at 10.01 alone"]
    assert market.reports[-1]["request_seq"] == market.alice.client_seq
    assert market.carol.buys(300, at="10.01") == [
        "carol takes 200 from alice at 10.00",
        "carol takes 100 from bob at 10.01",
    ]


def test_incoming_order_keeps_what_it_has_traded(market_where):
    market = market_where(SelfTrade.CANCELS_INCOMING)
    market.bob.sells(100, at="9.99")
    assert market.alice.buys(300, at="10.01") == [
        "alice takes 100 from bob at 9.99",
        "alice is kept from trading 200 at 10.01 alone",
    ]


def test_both_orders_give_way(market_where):
    market = market_where(SelfTrade.CANCELS_BOTH)
    assert market.alice.buys(300, at="10.01") == [
        "alice is kept from trading 200 at 10.00 alone",
        "alice is kept from trading 300 at 10.01 alone",
    ]
    assert market.carol.buys(300, at="10.01") == ["carol takes 100 from bob at 10.01"]


@pytest.mark.parametrize("self_trade", SelfTrade)
def test_others_trade_whatever_becomes_of_self_trades(market_where, self_trade):
    market = market_where(self_trade)
    assert market.carol.buys(300, at="10.01") == [
        "carol takes 200 from alice at 10.00",
        "carol takes 100 from bob at 10.01",
    ]


@pytest.mark.parametrize("self_trade", SelfTrade)
def test_auction_trades_an_account_with_itself(market_where, self_trade):
    market = market_where(self_trade)
    market.begins(Phase.CLOSING_CALL)
    market.alice.buys(200, at="10.00")
    assert market.begins(Phase.POST_CLOSE) == [
        "POST_CLOSE begins",
        "alice buys 200 from alice at 10.00",
    ]


def test_it_is_the_account_that_counts_and_not_the_session(market_where):
    market = market_where(SelfTrade.CANCELS_RESTING)
    assert market.dave.buys(100, at="10.00", account=1) == [
        "alice is kept from trading 200 at 10.00 alone"
    ]


def test_minimum_does_not_count_the_orders_of_the_own_account(market_where):
    market = market_where(SelfTrade.CANCELS_RESTING)
    assert market.alice.buys(300, at="10.01", minimum_quantity=200) == [
        "alice finds too little for 300 at 10.01"
    ]
    assert market.alice.buys_as(OrderType.ALL_OR_CANCEL, 100) == [
        "alice is kept from trading 200 at 10.00 alone",
        "alice takes 100 from bob at 10.01",
    ]


def test_minimum_counts_them_where_self_trades_are_allowed(market_where):
    market = market_where(SelfTrade.ALLOWED)
    assert market.alice.buys_as(OrderType.ALL_OR_CANCEL, 300) == [
        "alice takes 200 from alice at 10.00",
        "alice takes 100 from bob at 10.01",
    ]


@pytest.mark.parametrize("self_trade", [SelfTrade.CANCELS_INCOMING, SelfTrade.CANCELS_BOTH])
def test_minimum_counts_only_to_the_first_own_order_where_matching_ends_there(
    market_where, self_trade
):
    market = market_where(self_trade)
    market.bob.sells(100, at="9.99")
    market.bob.sells(100, at="9.98")
    assert market.alice.buys_as(OrderType.ALL_OR_CANCEL, 300) == [
        "alice finds too little for 300 at 11.00"
    ]
    assert market.alice.buys(300, at="10.01", minimum_quantity=300) == [
        "alice finds too little for 300 at 10.01"
    ]
    assert market.alice.buys(200, at="10.01", minimum_quantity=200) == [
        "alice takes 100 from bob at 9.98",
        "alice takes 100 from bob at 9.99",
    ]


@pytest.mark.parametrize("self_trade", [SelfTrade.CANCELS_INCOMING, SelfTrade.CANCELS_BOTH])
def test_minimum_counts_who_is_before_the_first_own_order_at_its_price(market_where, self_trade):
    market = market_where(self_trade)
    market.alice.sells(100, at="10.01")
    market.carol.sells(100, at="10.01")
    market.alice.cancels(order=1)
    assert market.alice.buys_as(OrderType.ALL_OR_CANCEL, 200) == [
        "alice finds too little for 200 at 11.00"
    ]
    assert market.alice.buys_as(OrderType.ALL_OR_CANCEL, 100) == [
        "alice takes 100 from bob at 10.01"
    ]


@pytest.mark.parametrize("self_trade", [SelfTrade.CANCELS_INCOMING, SelfTrade.CANCELS_BOTH])
def test_minimum_counts_of_who_hides_before_the_first_own_order_what_is_shown(
    market_where, self_trade
):
    """What is hidden comes behind the own order, and so is not reached."""
    market = market_where(self_trade)
    market.lists(2, features=EVERY_FEATURE)
    market.begins(Phase.CONTINUOUS, instrument=2)
    market.bob.sells(300, at="9.99", instrument=2, display_quantity=100)
    market.bob.sells(300, at="10.00", instrument=2, display_quantity=100)
    market.alice.sells(100, at="10.00", instrument=2)
    assert market.alice.buys(500, at="10.00", instrument=2, minimum_quantity=500) == [
        "alice finds too little for 500 at 10.00"
    ]
    assert market.alice.buys(400, at="10.00", instrument=2, minimum_quantity=400) == [
        *["alice takes 100 from bob at 9.99"] * 3,
        "alice takes 100 from bob at 10.00",
    ]


def test_the_five_best_prices_are_those_on_arrival(market_where):
    market = market_where(SelfTrade.CANCELS_RESTING)
    for price in ("10.02", "10.03", "10.04", "10.05"):
        market.bob.sells(100, at=price)
    assert market.alice.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 600) == [
        "alice is kept from trading 200 at 10.00 alone",
        *[f"alice takes 100 from bob at 10.0{cents}" for cents in range(1, 5)],
        "alice now has 200 at 10.04",
    ]


def test_best_five_then_limit_that_meets_only_itself_joins_its_own_side(market_where):
    market = market_where(SelfTrade.CANCELS_RESTING)
    market.bob.cancels()
    market.bob.buys(100, at="9.90")
    assert market.alice.buys_as(OrderType.BEST_FIVE_THEN_LIMIT, 100) == [
        "alice is kept from trading 200 at 10.00 alone",
        "alice now has 100 at 9.90",
    ]


def test_replaced_order_gives_way_as_its_own_session_wants_it(market_where):
    market = market_where(SelfTrade.CANCELS_INCOMING)
    market.alice.buys(100, at="9.99")
    assert market.alice.replaces(100, at="10.00") == [
        "alice now has 100 at 10.00",
        "alice is kept from trading 100 at 10.00 alone",
    ]


def test_order_replaced_by_another_session_gives_way_and_answers_no_request(market_where):
    market = market_where(SelfTrade.CANCELS_INCOMING)
    market.alice.buys(100, at="9.99")
    assert market.dave.replaces(100, at="10.00", order=market.alice.orders[-1])[-1] == (
        "alice is kept from trading 100 at 10.00 alone"
    )
    assert market.reports[-1]["request_seq"] == 0
    market.alice.buys(100, at="9.99")
    market.alice.replaces(100, at="10.00")
    gone = market.reports[-1]
    assert gone["request_seq"] == gone["client_seq"] + 1 == market.alice.client_seq


@pytest.mark.parametrize("self_trade", [SelfTrade.CANCELS_RESTING, SelfTrade.CANCELS_BOTH])
def test_order_that_hides_gives_way_with_all_it_has(market_where, self_trade):
    market = market_where(self_trade)
    market.lists(2, features=EVERY_FEATURE)
    market.begins(Phase.CONTINUOUS, instrument=2)
    market.alice.sells(500, at="10.00", instrument=2, display_quantity=100)
    assert market.alice.buys(100, at="10.00", instrument=2)[0] == (
        "alice is kept from trading 500 at 10.00 alone"
    )


def test_minimum_does_not_count_what_the_own_account_hides(market_where):
    market = market_where(SelfTrade.CANCELS_RESTING)
    market.lists(2, features=EVERY_FEATURE)
    market.begins(Phase.CONTINUOUS, instrument=2)
    market.bob.sells(300, at="10.00", instrument=2, display_quantity=100)
    market.alice.sells(500, at="10.00", instrument=2, display_quantity=100)
    assert market.alice.buys(400, at="10.00", instrument=2, minimum_quantity=400) == [
        "alice finds too little for 400 at 10.00"
    ]
    assert market.alice.buys(300, at="10.00", instrument=2, minimum_quantity=300) == [
        "alice takes 100 from bob at 10.00",
        "alice is kept from trading 500 at 10.00 alone",
        "alice takes 100 from bob at 10.00",
        "alice takes 100 from bob at 10.00",
    ]


@pytest.mark.parametrize(
    ("self_trade", "told"),
    [
        (SelfTrade.ALLOWED, ["alice takes 100 from alice at 10.05"]),
        (SelfTrade.CANCELS_RESTING, ["alice is kept from trading 100 at 10.05 alone"]),
        (SelfTrade.CANCELS_INCOMING, ["alice is kept from trading 100 at 10.10 alone"]),
        (
            SelfTrade.CANCELS_BOTH,
            [
                "alice is kept from trading 100 at 10.05 alone",
                "alice is kept from trading 100 at 10.10 alone",
            ],
        ),
    ],
)
def test_released_stop_gives_way_and_answers_no_request(market_where, self_trade, told):
    market = market_where(self_trade)
    market.lists(2, features=EVERY_FEATURE)
    market.begins(Phase.CONTINUOUS, instrument=2)
    market.alice.buys_stop(100, trigger="10.00", at="10.10", instrument=2)
    market.alice.sells(100, at="10.05", instrument=2)
    market.bob.sells(100, at="10.00", instrument=2)
    assert market.carol.buys(100, at="10.00", instrument=2) == [
        "carol takes 100 from bob at 10.00",
        "alice is released with 100 at 10.10",
        *told,
    ]
    assert market.reports[-1]["request_seq"] == 0


def test_stop_is_not_triggered_by_a_trade_that_was_prevented(market_where):
    market = market_where(SelfTrade.CANCELS_RESTING)
    market.lists(2, features=EVERY_FEATURE)
    market.begins(Phase.CONTINUOUS, instrument=2)
    market.bob.buys_stop(100, trigger="10.00", at="10.10", instrument=2)
    market.alice.sells(100, at="10.00", instrument=2)
    assert market.alice.buys(100, at="10.00", instrument=2) == [
        "alice is kept from trading 100 at 10.00 alone"
    ]

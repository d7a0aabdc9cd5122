"""How much an account may spend on trading in a day: what was paid, net, and what orders hold."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import AccountStatus, Currency, FundsEntry, OrderType, Phase
from tests.commands import limit_funds
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.test_accounts import last
from tests.trading import EVERYTHING, FundedMarket, spelled, to_the_end

TOO_MUCH = ["alice is refused: SPENDING_TOO_LARGE"]
USD = {"currency": Currency.USD}


@pytest.fixture
def market(new_venue) -> Iterator[FundedMarket]:
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED)), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def limit(market: FundedMarket, most: str) -> None:
    """Limit what alice may spend."""
    assert market.dave.limits_spending(market.alice, most) == ["alice is NORMAL"]


def spent(market: FundedMarket) -> str:
    """Return what alice has spent."""
    return spelled(market.alice.funds().spent)


def test_purchase_is_within_the_limit_with_its_fees(market):
    limit(market, "1,005.00")
    assert market.alice.buys(100, at="10.00") == TOO_MUCH
    limit(market, "1,005.01")
    assert market.alice.buys(100, at="10.00") == []


def test_what_orders_hold_counts(market):
    limit(market, "2,010.01")
    market.alice.buys(100, at="10.00")
    assert market.alice.buys(100, at="10.00") == TOO_MUCH
    market.alice.cancels()
    assert market.alice.buys(100, at="10.00") == []


def test_what_was_spent_counts(market):
    limit(market, "2,010.01")
    market.dave.sells(100, at="10.00")
    market.alice.buys(100, at="10.00")
    assert spent(market) == "1,005.01"
    assert market.alice.buys(100, at="10.00") == TOO_MUCH
    assert market.alice.buys(100, at="9.99") == []


def test_fill_moves_from_what_is_held_to_what_is_spent(market):
    limit(market, "2,005.02")
    market.alice.buys(200, at="10.00")
    market.bob.sells(100, at="10.00")
    assert (spent(market), market.alice.held) == ("1,005.01", "1,000.01")
    assert market.alice.buys(100, at="9.00") == TOO_MUCH


def test_price_that_is_better_leaves_room(market):
    limit(market, "2,010.01")
    market.dave.sells(100, at="9.99")
    market.alice.buys(100, at="10.00")
    assert spent(market) == "1,004.01"
    assert market.alice.buys(100, at="10.00") == []


def test_sale_gives_back_what_it_brings(market):
    market.alice.brings_shares(100)
    limit(market, "1,005.01")
    market.dave.sells(100, at="10.00")
    market.alice.buys(100, at="10.00")
    assert market.alice.buys(100, at="9.00") == TOO_MUCH
    market.dave.buys(100, at="10.00")
    market.alice.sells(100, at="10.00")
    assert spent(market) == "10.52"
    assert market.alice.buys(100, at="9.80") == []
    market.alice.cancels()
    assert market.alice.buys(100, at="9.90") == TOO_MUCH


def test_who_sells_first_has_spent_less_than_nothing(market):
    limit(market, "10.00")
    market.alice.brings_shares(100)
    market.dave.buys(100, at="10.00")
    market.alice.sells(100, at="10.00")
    assert spent(market) == "-994.49"
    assert market.alice.buys(100, at="9.99") == []


def test_sales_are_not_limited(market):
    limit(market, "0.01")
    market.alice.brings_shares(100)
    assert market.alice.sells(100, at="10.00") == []
    assert market.alice.replaces(100, at="10.10") == ["alice now has 100 at 10.10"]


def test_market_order_is_reckoned_at_its_worst_price(market):
    market.bob.sells(200, at="10.00")
    limit(market, "1,105.00")
    assert market.alice.buys_as(OrderType.COUNTERPARTY_BEST, 100) == TOO_MUCH
    limit(market, "1,105.01")
    assert market.alice.buys_as(OrderType.COUNTERPARTY_BEST, 100) == [
        "alice takes 100 from bob at 10.00"
    ]


def test_replacement_may_hold_as_much_more_as_is_left(market):
    limit(market, "1,505.01")
    market.alice.buys(100, at="9.00")
    assert market.alice.replaces(200, at="9.00") == TOO_MUCH
    assert market.alice.replaces(100, at="10.00") == ["alice now has 100 at 10.00"]
    assert market.alice.held == "1,005.01"


def test_replacement_that_holds_less_is_granted_beyond_the_limit(market):
    market.alice.buys(300, at="9.00")
    limit(market, "1.00")
    assert market.alice.replaces(300, at="9.01") == TOO_MUCH
    assert market.alice.replaces(300, at="9.00") == ["alice now has 300 at 9.00"]
    assert market.alice.replaces(200, at="9.50") == ["alice now has 200 at 9.50"]


def test_limit_is_of_one_currency(market):
    market.lists(2, listed_currency=Currency.USD, **EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    market.alice.brings("5,000.00", **USD)
    limit(market, "1.00")
    assert market.alice.buys(100, at="10.00", instrument=2) == []
    market.dave.limits_spending(market.alice, "1,500.00", **USD)
    assert market.alice.buys(100, at="10.00", instrument=2) == TOO_MUCH
    limit(market, "0.00")
    assert market.alice.buys(100, at="10.00") == []


def test_limit_is_looked_at_before_the_money(market):
    limit(market, "1.00")
    assert market.alice.buys(100_000, at="10.00") == TOO_MUCH
    limit(market, "0.00")
    assert market.alice.buys(100_000, at="10.00") == ["alice is refused: INSUFFICIENT_FUNDS"]


def test_limit_of_nothing_is_none(market):
    limit(market, "0.00")
    assert market.alice.buys(9_000, at="10.00") == []


def test_money_that_moves_besides_trading_is_not_spent(market):
    limit(market, "2,000.00")
    market.dave.moves(FundsEntry.BROUGHT_FORWARD, "10.00", market.alice)
    market.dave.moves(FundsEntry.WITHDRAW, "5,000.00", market.alice)
    assert spent(market) == "0.00"


def test_limit_is_told(market):
    assert market.dave.limits_spending(market.alice, "7.00", **USD) == ["alice is NORMAL"]
    assert last(market)["request_seq"] == market.dave.client_seq
    assert market.alice.funds(Currency.USD).spending_max == 70_000
    assert market.alice.funds().spending_max == 0
    market.dave.makes(market.alice, AccountStatus.FROZEN)
    assert market.dave.limits_spending(market.alice, "7.00") == ["alice is FROZEN"]
    assert market.hears(limit_funds(market.alice.number, 0)) == []


def test_largest_limit_does_not_overflow(market):
    assert market.dave.says(limit_funds(market.alice.number, 2**63 - 1)) == ["alice is NORMAL"]
    assert market.alice.buys(9_000, at="10.00") == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"spending_max": -1}, "MALFORMED"),
        ({"currency": len(Currency)}, "MALFORMED"),
        ({"currency": -1}, "MALFORMED"),
        ({"account": 9}, "UNKNOWN_ACCOUNT"),
        ({"account": -1}, "UNKNOWN_ACCOUNT"),
    ],
    ids=str,
)
def test_limit_is_of_an_account_and_a_currency(market, wrong, reason):
    command = limit_funds(market.alice.number, 1) | wrong
    assert market.dave.says(command) == [f"dave is refused: {reason}"]

"""Limits of an account, and of the venue's room for what accounts have."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import AccountStatus, OrderType, Phase, SharesEntry, Side
from tests.commands import enter
from tests.engine.conftest import FUNDED, SMALL
from tests.trading import EVERYTHING, FundedMarket, money, to_the_end

BEST = OrderType.COUNTERPARTY_BEST
FIVE = OrderType.BEST_FIVE_THEN_CANCEL
TOO_LARGE = ["carol is refused: ORDER_VALUE_TOO_LARGE"]
TOO_MANY = ["carol is refused: TOO_MANY_OPEN_ORDERS"]


@pytest.fixture
def market(new_venue) -> Iterator[FundedMarket]:
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED)), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def limit_value(market: FundedMarket, value: str) -> None:
    """Limit the value of carol's orders."""
    market.dave.limits(market.carol, order_value_max=money(value))


def test_limits_are_told_and_leave_the_status_as_it_is(market):
    assert market.dave.limits(market.carol, order_value_max=1, open_orders_max=2) == [
        "carol is NORMAL"
    ]
    account = market.carol.account
    assert (account.order_value_max, account.open_orders_max) == (1, 2)
    market.dave.makes(market.carol, AccountStatus.FROZEN)
    assert market.dave.limits(market.carol) == ["carol is FROZEN"]
    account = market.carol.account
    assert (account.order_value_max, account.open_orders_max) == (0, 0)


@pytest.mark.parametrize("wrong", [{"order_value_max": -1}, {"open_orders_max": -1}], ids=str)
def test_limit_is_not_negative(market, wrong):
    assert market.dave.limits(market.carol, **wrong) == ["dave is refused: MALFORMED"]


@pytest.mark.parametrize("deed", ["buys", "sells"])
def test_order_is_worth_at_most_its_limit(market, deed):
    limit_value(market, "1,000.00")
    assert getattr(market.carol, deed)(100, at="10.00") == []
    assert getattr(market.carol, deed)(100, at="10.01") == TOO_LARGE
    assert getattr(market.carol, deed)(200, at="10.00") == TOO_LARGE


def test_value_is_looked_at_order_by_order_and_without_fees(market):
    limit_value(market, "1,000.00")
    for _ in range(5):
        assert market.carol.buys(100, at="10.00") == []
    assert market.carol.held == "5,025.05"


@pytest.mark.parametrize(
    ("deed", "at", "limit"),
    [
        ("buys_as", "0", "1,100.00"),
        ("sells_as", "0", "900.00"),
        ("buys_as", "10.50", "1,050.00"),
        ("sells_as", "9.50", "950.00"),
    ],
)
@pytest.mark.parametrize("order_type", [BEST, FIVE], ids=lambda word: word.name)
def test_order_without_a_price_is_worth_its_worst(market, deed, at, limit, order_type):
    market.dave.sells(1_000, at="10.00")
    market.dave.buys(1_000, at="9.99")
    act = getattr(market.carol, deed)
    market.dave.limits(market.carol, order_value_max=money(limit) - 1)
    assert act(order_type, 100, at=at) == TOO_LARGE
    market.dave.limits(market.carol, order_value_max=money(limit))
    assert "refused" not in act(order_type, 100, at=at)[0]


def test_order_at_the_close_is_worth_its_own_limit(market):
    limit_value(market, "1,000.00")
    market.fixes_close("9.50")
    assert market.carol.buys_at_close(100, at="10.01") == TOO_LARGE
    assert market.carol.buys_at_close(100, at="10.00") == []


def test_stop_is_worth_its_price_and_not_its_trigger(market):
    limit_value(market, "1,000.00")
    assert market.carol.buys_stop(100, trigger="10.50", at="10.01") == TOO_LARGE
    assert market.carol.buys_stop(100, trigger="10.50", at="10.00") == []


def test_largest_value_does_not_overflow(market):
    market.dave.limits(market.carol, order_value_max=2**62)
    assert market.carol.sells(1_000_000, at="11.00") == []


def test_orders_up_to_their_number_are_open_at_once(market):
    market.dave.limits(market.carol, open_orders_max=2)
    market.carol.buys(100, at="9.90")
    market.carol.sells(100, at="10.10", instrument=0)
    assert market.carol.buys(100, at="9.90", instrument=1) == TOO_MANY
    assert market.alice.buys(100, at="9.90") == []


def test_order_that_is_gone_makes_room(market):
    market.dave.limits(market.carol, open_orders_max=1)
    market.carol.buys(100, at="9.90")
    market.carol.cancels()
    market.carol.buys(200, at="9.90")
    assert market.bob.sells(100, at="9.90") == ["bob sells 100 to carol at 9.90"]
    assert market.carol.buys(100, at="9.90") == TOO_MANY
    assert market.bob.sells(100, at="9.90") == ["bob sells 100 to carol at 9.90"]
    assert market.carol.buys_at_once(100, at="9.90") == ["carol goes without 100 at 9.90"]
    assert market.carol.buys(100, at="9.90") == []
    market.dave.cancels_all(account=market.carol.number)
    assert market.carol.buys(100, at="9.90") == []


def test_waiting_orders_are_open_orders(market):
    market.dave.limits(market.carol, open_orders_max=2)
    market.carol.buys_stop(100, trigger="10.50", at="10.50")
    market.carol.buys_at_close(100, at="10.00")
    assert market.carol.buys(100, at="9.90") == TOO_MANY
    assert market.carol.account.open_orders == 2


def test_order_that_waits_in_the_gap_is_open(market):
    market.begins(Phase.PRE_CONTINUOUS)
    market.dave.limits(market.carol, open_orders_max=1)
    market.carol.buys(100, at="9.90")
    assert market.carol.buys(100, at="9.90") == TOO_MANY


def test_limits_leave_open_orders_alone(market):
    market.carol.buys(1_000, at="9.90")
    market.carol.buys(1_000, at="9.90")
    market.dave.limits(market.carol, order_value_max=1, open_orders_max=1)
    assert market.bob.sells(100, at="9.90") == ["bob sells 100 to carol at 9.90"]
    assert market.carol.cancels() == ["carol hears of 1000 taken back at 9.90, 0 left"]
    assert market.carol.buys(100, at="9.90") == TOO_MANY


def test_refusals_of_an_account_come_in_their_order(new_venue):
    """Each reason is taken away, and the next one refuses."""
    room = SMALL._replace(**FUNDED | {"holdings": 4}, orders_open=1)
    market = FundedMarket(new_venue(room))
    market.begins(Phase.CONTINUOUS)
    market.bob.brings("20,000.00")
    market.bob.sells(100, at="10.50")
    market.dave.brings_shares(100, instrument=1)
    market.dave.limits(market.bob, order_value_max=1, open_orders_max=1)
    order = enter(Side.BUY, 2_000, 100_000, account=market.bob.number, instrument=1)

    refusals = []
    steps = [
        lambda: market.dave.limits(market.bob, order_value_max=1),
        lambda: market.dave.limits(market.bob),
        lambda: market.bob.brings("10.00"),
        lambda: market.bob.brings("10.00"),
    ]
    for step in steps:
        refusals += market.bob.says(order)
        step()
    assert refusals == [
        f"bob is refused: {reason}"
        for reason in (
            "TOO_MANY_OPEN_ORDERS",
            "ORDER_VALUE_TOO_LARGE",
            "INSUFFICIENT_FUNDS",
            "HOLDINGS_EXHAUSTED",
        )
    ]
    assert market.bob.sells(9_900, at="10.50") == ["bob is refused: ORDERS_EXHAUSTED"]
    assert market.bob.sells(10_000, at="10.50") == ["bob is refused: INSUFFICIENT_SHARES"]


def test_replacement_is_worth_at_most_the_limit(market):
    market.carol.buys(100, at="9.00")
    limit_value(market, "1,000.00")
    assert market.carol.replaces(100, at="10.01") == TOO_LARGE
    assert market.carol.replaces(200, at="9.00") == TOO_LARGE
    assert market.carol.replaces(100, at="10.00") == ["carol now has 100 at 10.00"]


def test_limit_of_a_sale_binds_its_replacement(market):
    market.carol.sells(200, at="10.50")
    limit_value(market, "2,000.00")
    assert market.carol.replaces(200, at="10.01") == TOO_LARGE
    assert market.carol.replaces(100, at="10.60") == ["carol now has 100 at 10.60"]


def test_replacement_of_an_order_is_no_further_order(market):
    market.carol.buys(100, at="9.00")
    market.dave.limits(market.carol, open_orders_max=1)
    assert market.carol.replaces(200, at="9.10") == ["carol now has 200 at 9.10"]


@pytest.mark.parametrize("status", [AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN])
def test_order_of_an_account_that_is_not_normal_is_not_replaced(market, status):
    market.carol.buys(200, at="9.00")
    market.dave.makes(market.carol, status)
    for quantity in (100, 300):
        assert market.carol.replaces(quantity, at="9.00") == [
            "carol is refused: ACCOUNT_NOT_NORMAL"
        ]
    market.dave.makes(market.carol, AccountStatus.NORMAL)
    assert market.carol.replaces(100, at="9.00") == ["carol now has 100 at 9.00"]


def test_would_trade_is_said_before_the_limits_of_an_account(market):
    market.dave.limits(market.carol, order_value_max=1)
    market.dave.sells(100, at="10.00")
    assert market.carol.buys(100, at="10.00", post_only=1) == ["carol is refused: WOULD_TRADE"]
    assert market.carol.buys(100, at="9.99", post_only=1) == TOO_LARGE


def granted(new_venue, **day) -> FundedMarket:
    """Return a market whose day grants as much of the room as `day` says."""
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED)), day=day)
    market.begins(Phase.CONTINUOUS)
    return market


def full_of_holdings(new_venue, holdings: int) -> FundedMarket:
    """Return a market with room for so many holdings, of which bob, carol and dave have one."""
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED | {"holdings": holdings})))
    market.begins(Phase.CONTINUOUS)
    return market


def test_purchase_of_a_first_share_needs_room_for_a_holding(new_venue):
    market = full_of_holdings(new_venue, 3)
    assert market.alice.buys(100, at="10.00") == ["alice is refused: HOLDINGS_EXHAUSTED"]
    assert market.carol.buys(100, at="10.00") == []
    assert market.carol.buys(100, at="10.00", instrument=1) == [
        "carol is refused: HOLDINGS_EXHAUSTED"
    ]


def test_open_order_to_buy_keeps_room_for_its_holding(new_venue):
    market = full_of_holdings(new_venue, 4)
    assert market.alice.buys(100, at="10.00") == []
    assert market.carol.buys(100, at="10.00", instrument=1) == [
        "carol is refused: HOLDINGS_EXHAUSTED"
    ]
    assert market.bob.sells(100, at="10.00") == ["bob sells 100 to alice at 10.00"]
    assert market.alice.holding().total == 100


def test_holding_is_kept_when_there_is_nothing_left_of_it(new_venue):
    market = full_of_holdings(new_venue, 4)
    market.alice.buys(100, at="10.00")
    market.alice.cancels()
    assert market.alice.holding().total == 0
    assert market.alice.buys(100, at="10.00") == []
    assert market.carol.buys(100, at="10.00", instrument=1) == [
        "carol is refused: HOLDINGS_EXHAUSTED"
    ]


def test_shares_that_come_in_need_room_for_a_holding(new_venue):
    market = full_of_holdings(new_venue, 3)
    bonus = SharesEntry.BONUS
    assert market.dave.moves_shares(bonus, 100, market.bob, instrument=1) == [
        "dave is refused: HOLDINGS_EXHAUSTED"
    ]
    assert market.dave.moves_shares(bonus, 100, market.bob) == ["bob has 10,100 shares after BONUS"]


def test_sale_of_what_one_never_had_needs_no_room(new_venue):
    market = full_of_holdings(new_venue, 3)
    assert market.alice.sells(100, at="10.00") == ["alice is refused: INSUFFICIENT_SHARES"]


def test_day_grants_so_many_accounts(new_venue):
    market = granted(new_venue, accounts_max=6)
    assert market.dave.opens(6) == ["dave is refused: UNKNOWN_ACCOUNT"]
    assert market.dave.opens(5) == ["account 5 is NORMAL"]


def test_day_grants_so_many_holdings(new_venue):
    market = granted(new_venue, holdings_max=4)
    assert market.alice.buys(100, at="10.00") == []
    assert market.carol.buys(100, at="10.00", instrument=1) == [
        "carol is refused: HOLDINGS_EXHAUSTED"
    ]
    assert market.dave.moves_shares(SharesEntry.BONUS, 1, market.bob, instrument=1) == [
        "dave is refused: HOLDINGS_EXHAUSTED"
    ]


def test_day_grants_so_many_movements(new_venue):
    """Six movements bring in what the four have."""
    market = granted(new_venue, movements_max=7)
    bonus = SharesEntry.BONUS
    assert market.dave.moves_shares(bonus, 1, market.bob) == ["bob has 10,001 shares after BONUS"]
    assert market.dave.moves_shares(bonus, 1, market.bob) == ["dave is refused: LEDGER_EXHAUSTED"]
    assert market.bob.brings("1.00") == ["the venue is refused: LEDGER_EXHAUSTED"]


@pytest.mark.parametrize("most", [0, -1, 17, 2**31 - 1])
def test_day_grants_no_more_accounts_than_there_is_room_for(new_venue, most):
    market = granted(new_venue, accounts_max=most)
    assert market.dave.opens(16) == ["dave is refused: UNKNOWN_ACCOUNT"]
    assert market.dave.opens(15) == ["account 15 is NORMAL"]

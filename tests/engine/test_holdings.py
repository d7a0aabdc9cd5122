"""Shares of an account: what moves them, which may be sold today, odd lots, and what they cost."""

import pytest

from protocol.vocabulary import (
    AccountStatus,
    Currency,
    OrderType,
    Phase,
    ReportKind,
    SharesEntry,
)
from tests.commands import move_shares
from tests.engine.test_accounts import last
from tests.trading import FundedMarket, money, spelled

SHORT = ["dave is refused: INSUFFICIENT_SHARES"]
ODD = ["bob is refused: QUANTITY_NOT_IN_LOTS"]
NO_SHARES = ["bob is refused: INSUFFICIENT_SHARES"]
STAR = {"quantity_min": 200, "quantity_step": 1}
BEIJING = {"quantity_min": 100, "quantity_step": 1}
SETTLES_AT_ONCE = {"settlement_days": 0}

by_name = {"ids": lambda word: word.name if hasattr(word, "name") else str(word)}


def parts(holding) -> dict[str, int]:
    """Return the parts of a holding that are not 0, but for its cost."""
    names = ("total", "bought", "held", "frozen_day", "frozen_long", "pledged")
    return {name: getattr(holding, name) for name in names if getattr(holding, name)}


BEFORE = {"total": 1_000, "frozen_day": 100, "frozen_long": 200, "pledged": 300}
AFTER = {
    SharesEntry.BROUGHT_FORWARD: {"total": 1_040},
    SharesEntry.SHARES_IN: {"total": 1_040},
    SharesEntry.SHARES_OUT: {"total": 960},
    SharesEntry.CUSTODY_IN: {"total": 1_040},
    SharesEntry.CUSTODY_OUT: {"total": 960},
    SharesEntry.FREEZE_DAY: {"frozen_day": 140},
    SharesEntry.RELEASE_DAY: {"frozen_day": 60},
    SharesEntry.FREEZE_LONG: {"frozen_long": 240},
    SharesEntry.RELEASE_LONG: {"frozen_long": 160},
    SharesEntry.PLEDGE: {"pledged": 340},
    SharesEntry.RELEASE_PLEDGE: {"pledged": 260},
    SharesEntry.BONUS: {"total": 1_040},
    SharesEntry.RIGHTS: {"total": 1_040},
    SharesEntry.CODE_CHANGE_OUT: {"total": 960},
    SharesEntry.CODE_CHANGE_IN: {"total": 1_040},
}
TOO_LARGE = ["dave is refused: AMOUNT_TOO_LARGE"]
COSTS = {"total": money("8.00"), "frozen_day": 0, "frozen_long": 0, "pledged": 0}


def with_all_parts(market: FundedMarket):
    """Return erin, who has 1,000 shares, 400 of them free, at 90.00."""
    erin = market.admits("erin")
    erin.brings_shares(1_000, cost=money("90.00"))
    market.dave.moves_shares(SharesEntry.FREEZE_DAY, 100, erin)
    market.dave.moves_shares(SharesEntry.FREEZE_LONG, 200, erin)
    market.dave.moves_shares(SharesEntry.PLEDGE, 300, erin)
    assert parts(erin.holding()) == BEFORE
    assert erin.sellable == 400
    return erin


def listed(market: FundedMarket, **fields) -> None:
    """List share 2 as `fields` say, and trade it."""
    market.lists(2, **fields)
    market.begins(Phase.CONTINUOUS)


@pytest.mark.parametrize("entry", SharesEntry, **by_name)
def test_each_entry_moves_its_parts_and_no_others(funded, entry):
    erin = with_all_parts(funded)
    after = BEFORE | AFTER[entry]
    told = [f"erin has {after['total']:,} shares after {entry.name}"]
    assert funded.dave.moves_shares(entry, 40, erin) == told
    assert parts(erin.holding()) == after


@pytest.mark.parametrize("entry", SharesEntry, **by_name)
def test_cost_moves_with_the_shares(funded, entry):
    erin = with_all_parts(funded)
    funded.dave.moves_shares(entry, 40, erin, cost="8.00")
    change = AFTER[entry].get("total", 1_000) - 1_000
    cost = {40: "98.00", -40: "82.00", 0: "90.00"}[change]
    assert spelled(erin.holding().cost) == cost


def test_movement_is_told_to_who_asked_for_it(funded):
    funded.dave.moves_shares(SharesEntry.BONUS, 30, funded.bob)
    assert last(funded) == {
        "kind": ReportKind.SHARES_MOVED,
        "account": funded.bob.number,
        "reason": SharesEntry.BONUS,
        "order_number": 10_030,
        "session": funded.dave.number,
        "client_seq": 1,
        "request_seq": 1,
    }
    funded.dave.moves_shares(SharesEntry.BONUS, 30, funded.bob, instrument=1)
    assert last(funded)["instrument"] == 1


@pytest.mark.parametrize(
    ("entry", "most"),
    [
        (SharesEntry.SHARES_OUT, 400),
        (SharesEntry.CUSTODY_OUT, 400),
        (SharesEntry.CODE_CHANGE_OUT, 400),
        (SharesEntry.FREEZE_DAY, 400),
        (SharesEntry.FREEZE_LONG, 400),
        (SharesEntry.PLEDGE, 400),
        (SharesEntry.RELEASE_DAY, 100),
        (SharesEntry.RELEASE_LONG, 200),
        (SharesEntry.RELEASE_PLEDGE, 300),
    ],
    **by_name,
)
def test_nothing_is_less_than_nothing(funded, entry, most):
    erin = with_all_parts(funded)
    assert funded.dave.moves_shares(entry, most + 1, erin) == SHORT
    assert "refused" not in funded.dave.moves_shares(entry, most, erin)[0]


@pytest.mark.parametrize(
    "entry", [entry for entry in SharesEntry if min(AFTER[entry].values()) < 1_000], **by_name
)
def test_who_has_no_shares_loses_none(funded, entry):
    assert funded.dave.moves_shares(entry, 1, funded.alice) == SHORT
    assert funded.alice.holding() is None


@pytest.mark.parametrize(
    "entry", [SharesEntry.FREEZE_DAY, SharesEntry.FREEZE_LONG, SharesEntry.PLEDGE], **by_name
)
def test_frozen_and_pledged_shares_are_not_sold(funded, entry):
    funded.dave.moves_shares(entry, 9_900, funded.bob)
    assert funded.bob.sells(200, at="10.00") == NO_SHARES
    assert funded.bob.sells(100, at="10.00") == []


def test_shares_in_an_open_order_are_neither_sold_again_nor_moved_away(funded):
    funded.bob.sells(9_000, at="10.00")
    assert funded.bob.sells(1_100, at="10.00") == NO_SHARES
    assert funded.dave.moves_shares(SharesEntry.SHARES_OUT, 1_001, funded.bob) == SHORT
    assert funded.dave.moves_shares(SharesEntry.PLEDGE, 1_001, funded.bob) == SHORT
    assert funded.dave.moves_shares(SharesEntry.SHARES_OUT, 1_000, funded.bob) == [
        "bob has 9,000 shares after SHARES_OUT"
    ]


def test_nobody_sells_what_was_never_there(funded):
    assert funded.alice.sells(100, at="10.00") == ["alice is refused: INSUFFICIENT_SHARES"]
    assert funded.bob.sells(100, at="10.00", instrument=1) == NO_SHARES


def test_shares_bought_today_are_sold_tomorrow(funded):
    funded.dave.sells(1_000, at="10.00")
    assert funded.bob.buys(1_000, at="10.00") == ["bob is refused: INSUFFICIENT_FUNDS"]
    funded.bob.brings("20,000.00")
    funded.bob.buys(1_000, at="10.00")
    assert parts(funded.bob.holding()) == {"total": 11_000, "bought": 1_000}
    assert funded.bob.sells(10_100, at="10.00") == NO_SHARES
    assert funded.bob.sells(10_000, at="10.00") == []
    assert funded.bob.sellable == 0


@pytest.mark.parametrize(
    "entry", [SharesEntry.SHARES_OUT, SharesEntry.CUSTODY_OUT, SharesEntry.PLEDGE], **by_name
)
def test_shares_bought_today_are_not_moved_today(funded, entry):
    funded.dave.sells(100, at="10.00")
    funded.alice.buys(100, at="10.00")
    assert funded.dave.moves_shares(entry, 1, funded.alice) == SHORT


def test_shares_that_settle_at_once_are_sold_the_same_day(funded):
    listed(funded, **SETTLES_AT_ONCE)
    funded.dave.brings_shares(1_000, instrument=2)
    funded.dave.sells(1_000, at="10.00", instrument=2)
    funded.alice.buys(1_000, at="10.00", instrument=2)
    assert parts(funded.alice.holding(2)) == {"total": 1_000}
    assert funded.alice.sells(1_000, at="10.00", instrument=2) == []


def test_shares_that_came_in_today_are_sold_today(funded):
    funded.dave.moves_shares(SharesEntry.SHARES_IN, 500, funded.alice)
    assert funded.alice.sells(500, at="10.00") == []


def test_shares_bought_from_oneself_are_sold_tomorrow(funded):
    funded.dave.sells(1_000, at="10.00")
    funded.dave.buys(1_000, at="10.00")
    assert parts(funded.dave.holding()) == {"total": 1_000_000, "bought": 1_000}


@pytest.mark.parametrize("quantity", [50, 100, 150, 200, 250])
def test_odd_shares_are_sold_alone_or_with_whole_lots(funded, quantity):
    funded.dave.moves_shares(SharesEntry.SHARES_OUT, 9_750, funded.bob)
    assert funded.bob.sellable == 250
    assert funded.bob.sells(quantity, at="10.00") == []


@pytest.mark.parametrize("quantity", [1, 49, 51, 120, 199, 249, 251])
def test_odd_shares_are_not_split(funded, quantity):
    funded.dave.moves_shares(SharesEntry.SHARES_OUT, 9_750, funded.bob)
    assert funded.bob.sells(quantity, at="10.00") == ODD


@pytest.mark.parametrize("quantity", [300, 350])
def test_more_than_there_is_may_be_in_lots_but_is_not_there(funded, quantity):
    funded.dave.moves_shares(SharesEntry.SHARES_OUT, 9_750, funded.bob)
    assert funded.bob.sells(quantity, at="10.00") == NO_SHARES


def test_odd_shares_are_sold_once(funded):
    funded.dave.moves_shares(SharesEntry.SHARES_OUT, 9_750, funded.bob)
    assert funded.bob.sells(150, at="10.00") == []
    assert funded.bob.sells(50, at="10.00") == ODD
    assert funded.bob.sells(100, at="10.00") == []


def test_what_is_odd_depends_on_what_may_be_sold(funded):
    """1,000 shares with 30 frozen leave 70 that fill no lot."""
    funded.dave.moves_shares(SharesEntry.SHARES_OUT, 9_000, funded.bob)
    assert funded.bob.sells(70, at="10.00") == ODD
    funded.dave.moves_shares(SharesEntry.FREEZE_DAY, 30, funded.bob)
    assert funded.bob.sells(70, at="10.00") == []


def test_whole_lots_leave_nothing_odd(funded):
    assert funded.bob.sells(150, at="10.00") == ODD
    assert funded.bob.sells(10_000, at="10.00") == []


def test_nobody_buys_odd_shares(funded):
    assert funded.alice.buys(50, at="10.00") == ["alice is refused: QUANTITY_NOT_IN_LOTS"]
    assert funded.alice.buys(150, at="10.00") == ["alice is refused: QUANTITY_NOT_IN_LOTS"]


def test_odd_shares_trade_with_a_whole_lot(funded):
    funded.dave.moves_shares(SharesEntry.SHARES_OUT, 9_950, funded.bob)
    funded.alice.buys(100, at="10.00")
    assert funded.bob.sells(50, at="10.00") == ["bob sells 50 to alice at 10.00"]
    assert funded.alice.balance == "99,494.99"
    assert funded.bob.balance == "494.74"


@pytest.mark.parametrize(
    ("rules", "sellable", "quantity", "is_taken"),
    [
        (STAR, 199, 199, True),
        (STAR, 199, 198, False),
        (STAR, 250, 200, True),
        (STAR, 250, 201, True),
        (STAR, 250, 199, False),
        (STAR, 250, 50, False),
        (STAR, 250, 250, True),
        (BEIJING, 99, 99, True),
        (BEIJING, 99, 98, False),
        (BEIJING, 150, 101, True),
        (BEIJING, 150, 50, False),
    ],
    ids=str,
)
def test_boards_without_lots_have_a_least_quantity_or_all(
    funded, rules, sellable, quantity, is_taken
):
    listed(funded, **rules)
    funded.bob.brings_shares(sellable, instrument=2)
    told = funded.bob.sells(quantity, at="10.00", instrument=2)
    assert told == ([] if is_taken else ODD)


def test_odd_shares_of_any_order_type(funded):
    funded.dave.moves_shares(SharesEntry.SHARES_OUT, 9_950, funded.bob)
    funded.alice.buys(100, at="10.00")
    assert funded.bob.sells_as(OrderType.COUNTERPARTY_BEST, 50) == [
        "bob sells 50 to alice at 10.00"
    ]


def test_cost_is_what_was_paid_less_what_was_received(funded):
    listed(funded, **SETTLES_AT_ONCE)
    funded.dave.brings_shares(1_000, instrument=2)
    funded.alice.brings_shares(1_000, instrument=2, cost=money("8,000.00"))
    funded.dave.sells(500, at="10.00", instrument=2)
    funded.alice.buys(500, at="10.00", instrument=2)
    assert spelled(funded.alice.holding(2).cost) == "13,005.05"
    funded.carol.buys(1_500, at="10.00", instrument=2)
    funded.alice.sells(1_500, at="10.00", instrument=2)
    assert spelled(funded.alice.holding(2).cost) == "-1,982.30"
    assert funded.alice.holding(2).total == 0


def test_cost_of_a_holding_stays_countable(funded):
    """At most 10**18 of 1/10000, in movements of 10**16; what costs nothing moves all the same."""
    erin, most = funded.admits("erin"), "1,000,000,000,000.00"
    for _ in range(100):
        erin.brings_shares(1, cost=money(most))
    erin.brings_shares(1)
    assert (erin.holding().cost, erin.holding().total) == (10**18, 101)
    assert funded.dave.moves_shares(SharesEntry.SHARES_IN, 1, erin, cost="0.0001") == TOO_LARGE


def test_cost_may_be_negative(funded):
    funded.dave.moves_shares(SharesEntry.BONUS, 10, funded.bob, cost="-5.00")
    assert spelled(funded.bob.holding().cost) == "-5.00"


def test_holdings_are_told_in_order_of_their_first_use(funded):
    funded.lists(2)
    funded.begins(Phase.CONTINUOUS)
    assert funded.venue.holdings(funded.alice.number) == []
    funded.alice.buys(100, at="9.00", instrument=2)
    funded.dave.moves_shares(SharesEntry.BONUS, 10, funded.alice)
    funded.alice.buys(100, at="9.00", instrument=1)
    funded.alice.buys(100, at="9.00", instrument=2)
    instruments = [one.instrument for one in funded.venue.holdings(funded.alice.number)]
    assert instruments == [2, 0, 1]
    assert funded.alice.holding(2).total == 0


def test_most_to_sell_is_what_is_sellable(funded):
    funded.bob.sells(3_000, at="10.00")
    assert funded.venue.most_to_sell(funded.bob.number, 0) == 7_000
    assert funded.venue.most_to_sell(funded.bob.number, 1) == 0


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"entry": 15}, "MALFORMED"),
        ({"entry": -1}, "MALFORMED"),
        ({"instrument": 2}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": -1}, "UNKNOWN_INSTRUMENT"),
        ({"amount": 0}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": -1}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": 10**12 + 1}, "AMOUNT_TOO_LARGE"),
        ({"amount": 2**63 - 1}, "AMOUNT_TOO_LARGE"),
        ({"cost": 10**16 + 1}, "AMOUNT_TOO_LARGE"),
        ({"cost": -(10**16) - 1}, "AMOUNT_TOO_LARGE"),
        ({"cost": -(2**63)}, "AMOUNT_TOO_LARGE"),
        ({"account": 99, "instrument": 99}, "UNKNOWN_INSTRUMENT"),
        ({"account": 99, "amount": 0}, "UNKNOWN_ACCOUNT"),
        ({"amount": 0, "cost": 2**60}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": 2**60, "reverses": 1}, "AMOUNT_TOO_LARGE"),
    ],
    ids=str,
)
def test_movement_has_an_entry_an_instrument_and_an_amount(funded, wrong, reason):
    command = move_shares(funded.bob.number, 100) | wrong
    assert funded.dave.says(command) == [f"dave is refused: {reason}"]


@pytest.mark.parametrize("cost", [10**16, -(10**16)])
def test_largest_movement_is_carried_out(funded, cost):
    command = move_shares(funded.alice.number, 10**12, cost=cost)
    assert funded.dave.says(command) == ["alice has 1,000,000,000,000 shares after SHARES_IN"]
    assert funded.alice.holding().cost == cost


@pytest.mark.parametrize("entry", SharesEntry, **by_name)
def test_shares_move_whatever_the_status(funded, entry):
    erin = with_all_parts(funded)
    funded.dave.makes(erin, AccountStatus.FROZEN)
    assert "refused" not in funded.dave.moves_shares(entry, 40, erin)[0]


def test_close_of_the_day_ends_what_was_frozen_for_the_day(funded):
    erin = with_all_parts(funded)
    funded.bob.sells(100, at="10.00")
    assert funded.closes() == ["bob expires with 100 at 10.00", "the day 20260706 ends"]
    assert parts(erin.holding()) == {"total": 1_000, "frozen_long": 200, "pledged": 300}
    assert erin.sellable == 500
    assert parts(funded.bob.holding()) == {"total": 10_000}


def test_shares_of_one_currency_are_no_money_of_another(funded):
    listed(funded, listed_currency=Currency.USD, fees=0)
    funded.bob.brings_shares(100, instrument=2)
    funded.carol.brings("2,000.00", currency=Currency.USD)
    funded.carol.buys(100, at="10.00", instrument=2)
    funded.bob.sells(100, at="10.00", instrument=2)
    assert funded.bob.balance == "0.00"
    assert spelled(funded.bob.funds(Currency.USD).balance) == "998.49"

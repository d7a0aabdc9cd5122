"""Money of an account: what moves it, what of it may be used, and what may be taken out."""

import pytest

from protocol.vocabulary import (
    NONE,
    AccountStatus,
    CommandKind,
    Currency,
    FundsEntry,
    Grounds,
    Phase,
    ReportKind,
    SharesEntry,
)
from tests.commands import move_funds
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.test_accounts import last
from tests.trading import FundedMarket, money, spelled

SHORT = ["dave is refused: INSUFFICIENT_FUNDS"]
NOT_NORMAL = ["dave is refused: ACCOUNT_NOT_NORMAL"]
WITHDRAWALS = [FundsEntry.WITHDRAW, FundsEntry.TRANSFER_OUT, FundsEntry.REMIT_OUT]
USD = {"currency": Currency.USD}

by_name = {"ids": lambda word: word.name if hasattr(word, "name") else str(word)}


def parts(funds) -> dict[str, str]:
    """Return the parts of an account's money that are not 0."""
    names = ("balance", "held", "frozen_day", "frozen_long", "credit", "unsettled")
    return {name: spelled(getattr(funds, name)) for name in names if getattr(funds, name)}


BEFORE = {
    "balance": "1,000.00",
    "frozen_day": "300.00",
    "frozen_long": "200.00",
    "credit": "100.00",
}
AFTER = {
    FundsEntry.BROUGHT_FORWARD: {"balance": "1,040.00"},
    FundsEntry.DEPOSIT: {"balance": "1,040.00"},
    FundsEntry.WITHDRAW: {"balance": "960.00"},
    FundsEntry.TRANSFER_IN: {"balance": "1,040.00", "unsettled": "40.00"},
    FundsEntry.TRANSFER_OUT: {"balance": "960.00"},
    FundsEntry.REMIT_IN: {"balance": "1,040.00", "unsettled": "40.00"},
    FundsEntry.REMIT_OUT: {"balance": "960.00"},
    FundsEntry.FREEZE_DAY: {"frozen_day": "340.00"},
    FundsEntry.RELEASE_DAY: {"frozen_day": "260.00"},
    FundsEntry.FREEZE_LONG: {"frozen_long": "240.00"},
    FundsEntry.RELEASE_LONG: {"frozen_long": "160.00"},
    FundsEntry.GRANT_CREDIT: {"credit": "140.00"},
    FundsEntry.REVOKE_CREDIT: {"credit": "60.00"},
    FundsEntry.DIVIDEND: {"balance": "1,040.00"},
    FundsEntry.DIVIDEND_TAX: {"balance": "960.00"},
    FundsEntry.INTEREST: {"balance": "1,040.00"},
    FundsEntry.INTEREST_TAX: {"balance": "960.00"},
}


def with_all_parts(market: FundedMarket):
    """Return erin, who has money of every kind but what orders hold and what came today."""
    erin = market.admits("erin")
    erin.brings("1,000.00")
    market.dave.moves(FundsEntry.FREEZE_DAY, "300.00", erin)
    market.dave.moves(FundsEntry.FREEZE_LONG, "200.00", erin)
    market.dave.moves(FundsEntry.GRANT_CREDIT, "100.00", erin)
    assert parts(erin.funds()) == BEFORE
    return erin


@pytest.mark.parametrize("entry", FundsEntry, **by_name)
def test_each_entry_moves_its_parts_and_no_others(funded, entry):
    erin = with_all_parts(funded)
    after = BEFORE | AFTER[entry]
    balance = after["balance"]
    told = [f"erin has {balance} CNY after {entry.name}"]
    assert funded.dave.moves(entry, "40.00", erin) == told
    assert parts(erin.funds()) == after


def test_what_may_be_used_and_what_may_be_taken_out(funded):
    erin = with_all_parts(funded)
    assert (erin.available, erin.withdrawable) == ("600.00", "500.00")
    funded.dave.moves(FundsEntry.TRANSFER_IN, "50.00", erin)
    assert (erin.available, erin.withdrawable) == ("650.00", "500.00")


def test_movement_is_told_to_who_asked_for_it(funded):
    funded.dave.moves(FundsEntry.DEPOSIT, "0.50", funded.alice, **USD)
    assert last(funded) == {
        "kind": ReportKind.FUNDS_MOVED,
        "account": funded.alice.number,
        "side": Currency.USD,
        "reason": FundsEntry.DEPOSIT,
        "order_number": 5_000,
        "session": funded.dave.number,
        "client_seq": 1,
        "request_seq": 1,
        "instrument": NONE,
    }


@pytest.mark.parametrize("entry", WITHDRAWALS, **by_name)
def test_money_is_taken_out_to_the_last_cent_and_no_further(funded, entry):
    assert funded.dave.moves(entry, "100,000.01", funded.alice) == SHORT
    assert funded.dave.moves(entry, "100,000.00", funded.alice) == [
        f"alice has 0.00 CNY after {entry.name}"
    ]
    assert funded.dave.moves(entry, "0.01", funded.alice) == SHORT


@pytest.mark.parametrize("entry", [FundsEntry.TRANSFER_IN, FundsEntry.REMIT_IN], **by_name)
def test_money_that_came_today_is_used_but_not_taken_out(funded, entry):
    funded.dave.moves(entry, "5,000.00", funded.bob)
    assert (funded.bob.available, funded.bob.withdrawable) == ("5,000.00", "0.00")
    assert funded.dave.moves(FundsEntry.WITHDRAW, "0.01", funded.bob) == SHORT
    assert funded.bob.buys(100, at="10.00") == []


@pytest.mark.parametrize("entry", [FundsEntry.DEPOSIT, FundsEntry.DIVIDEND], **by_name)
def test_deposits_and_dividends_are_taken_out_at_once(funded, entry):
    funded.dave.moves(entry, "5,000.00", funded.bob)
    assert funded.bob.withdrawable == "5,000.00"


def test_proceeds_of_a_sale_are_used_today_but_not_taken_out(funded):
    funded.carol.buys(1_000, at="10.00")
    funded.bob.sells(1_000, at="10.00")
    assert (funded.bob.available, funded.bob.withdrawable) == ("9,989.90", "0.00")
    assert funded.dave.moves(FundsEntry.WITHDRAW, "0.01", funded.bob) == SHORT
    assert funded.bob.buys(900, at="10.00") == []
    assert funded.bob.available == "984.81"


def test_purchase_spends_the_money_that_came_today_first(funded):
    funded.bob.brings("10,000.00")
    funded.carol.buys(1_000, at="10.00")
    funded.bob.sells(1_000, at="10.00")
    assert funded.bob.withdrawable == "10,000.00"

    funded.dave.sells(2_000, at="10.00")
    funded.bob.buys(500, at="10.00")
    assert spelled(funded.bob.funds().unsettled) == "4,984.85"
    assert funded.bob.withdrawable == "10,000.00"

    funded.bob.buys(1_000, at="10.00")
    assert funded.bob.funds().unsettled == 0
    assert funded.bob.withdrawable == funded.bob.balance == "4,979.75"


def test_open_order_lessens_what_may_be_taken_out(funded):
    funded.alice.buys(5_000, at="10.00")
    assert funded.alice.withdrawable == funded.alice.available == "49,987.00"
    assert funded.dave.moves(FundsEntry.WITHDRAW, "49,987.01", funded.alice) == SHORT
    assert funded.dave.moves(FundsEntry.WITHDRAW, "49,987.00", funded.alice) == [
        "alice has 50,013.00 CNY after WITHDRAW"
    ]
    funded.bob.sells(5_000, at="10.00")
    assert funded.alice.balance == "0.00"


def test_credit_buys_but_is_not_taken_out(funded):
    funded.dave.moves(FundsEntry.GRANT_CREDIT, "2,000.00", funded.bob)
    assert (funded.bob.available, funded.bob.withdrawable) == ("2,000.00", "0.00")
    assert funded.dave.moves(FundsEntry.WITHDRAW, "0.01", funded.bob) == SHORT
    funded.dave.sells(100, at="10.00")
    assert funded.bob.buys(100, at="10.00") == ["bob takes 100 from dave at 10.00"]
    assert (funded.bob.balance, funded.bob.available) == ("-1,005.01", "994.99")
    assert funded.bob.withdrawable == "0.00"


def test_credit_in_use_is_not_revoked(funded):
    funded.dave.moves(FundsEntry.GRANT_CREDIT, "2,000.00", funded.bob)
    funded.bob.buys(100, at="10.00")
    revoke = FundsEntry.REVOKE_CREDIT
    assert funded.dave.moves(revoke, "995.00", funded.bob) == SHORT
    assert funded.dave.moves(revoke, "994.99", funded.bob) == [
        "bob has 0.00 CNY after REVOKE_CREDIT"
    ]
    assert funded.bob.available == "0.00"


@pytest.mark.parametrize(
    ("entry", "most"),
    [
        (FundsEntry.RELEASE_DAY, "300.00"),
        (FundsEntry.RELEASE_LONG, "200.00"),
        (FundsEntry.REVOKE_CREDIT, "100.00"),
        (FundsEntry.FREEZE_DAY, "600.00"),
        (FundsEntry.FREEZE_LONG, "600.00"),
        (FundsEntry.WITHDRAW, "500.00"),
        (FundsEntry.DIVIDEND_TAX, "600.00"),
        (FundsEntry.INTEREST_TAX, "600.00"),
    ],
    **by_name,
)
def test_nothing_is_less_than_nothing(funded, entry, most):
    """A tax may be paid out of credit; what is taken out may not."""
    erin = with_all_parts(funded)
    command = move_funds(erin.number, money(most), entry)
    assert funded.dave.says(command | {"amount": command["amount"] + 1}) == SHORT
    assert "refused" not in funded.dave.says(command)[0]


def test_money_goes_in_however_little_there_is(funded):
    funded.dave.moves(FundsEntry.GRANT_CREDIT, "10.00", funded.bob)
    funded.dave.moves(FundsEntry.DIVIDEND_TAX, "10.00", funded.bob)
    assert (funded.bob.balance, funded.bob.available) == ("-10.00", "0.00")
    assert funded.dave.moves(FundsEntry.DEPOSIT, "4.00", funded.bob) == [
        "bob has -6.00 CNY after DEPOSIT"
    ]


def test_sale_takes_nothing_of_what_an_earlier_one_has_brought(funded):
    """Two sales of half a cent bring a cent, and neither a whole one: each is free of fees."""
    funded.lists(2, tick=10, quantity_min=1, quantity_step=1, lower_limit=10, upper_limit=100_000)
    funded.begins(Phase.CONTINUOUS)
    funded.bob.brings_shares(2, instrument=2)
    funded.bob.sells(2, at="0.005", instrument=2)
    funded.carol.buys(1, at="0.005", instrument=2)
    assert funded.bob.balance == "0.0050"
    funded.dave.moves(FundsEntry.FREEZE_LONG, "0.005", funded.bob)
    funded.carol.buys(1, at="0.005", instrument=2)
    assert (funded.bob.balance, funded.bob.available) == ("0.01", "0.0050")


def test_ledger_says_on_what_grounds_something_was_frozen(funded):
    funded.dave.moves(FundsEntry.FREEZE_LONG, "5.00", funded.carol, grounds=Grounds.COURT_ORDER)
    funded.dave.moves(FundsEntry.RELEASE_LONG, "5.00", funded.carol)
    grounds = [int(row["grounds"]) for row in funded.venue.ledger(funded.carol.number)]
    assert grounds[-2:] == [Grounds.COURT_ORDER, Grounds.NONE]


@pytest.mark.parametrize("entry", FundsEntry, **by_name)
@pytest.mark.parametrize("status", [AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN], **by_name)
def test_account_that_is_not_normal_gives_nothing_away(funded, entry, status):
    erin = with_all_parts(funded)
    funded.dave.makes(erin, status)
    is_taken = funded.dave.moves(entry, "40.00", erin) != NOT_NORMAL
    assert is_taken == (entry not in WITHDRAWALS)
    assert parts(erin.funds()) == BEFORE | (AFTER[entry] if is_taken else {})


def test_each_currency_is_its_own(funded):
    funded.dave.moves(FundsEntry.DEPOSIT, "70.00", funded.bob, currency=Currency.HKD)
    funded.dave.moves(FundsEntry.DEPOSIT, "30.00", funded.bob, **USD)
    assert funded.dave.moves(FundsEntry.WITHDRAW, "30.01", funded.bob, **USD) == SHORT
    assert funded.dave.moves(FundsEntry.WITHDRAW, "0.01", funded.bob) == SHORT
    balances = [spelled(funded.bob.funds(currency).balance) for currency in Currency]
    assert balances == ["0.00", "30.00", "70.00"]


def test_order_holds_money_of_the_currency_of_its_share(funded):
    funded.lists(2, listed_currency=Currency.USD)
    funded.begins(Phase.CONTINUOUS)
    assert funded.alice.buys(100, at="10.00", instrument=2) == [
        "alice is refused: INSUFFICIENT_FUNDS"
    ]
    funded.dave.moves(FundsEntry.DEPOSIT, "1,001.01", funded.alice, **USD)
    assert funded.alice.buys(100, at="10.00", instrument=2) == []
    assert spelled(funded.alice.funds(Currency.USD).held) == "1,001.01"
    assert funded.alice.held == "0.00"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"entry": 17}, "MALFORMED"),
        ({"entry": -1}, "MALFORMED"),
        ({"currency": 3}, "MALFORMED"),
        ({"currency": -1}, "MALFORMED"),
        ({"amount": 0}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": -1}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": -(2**63)}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": 10**16 + 1}, "AMOUNT_TOO_LARGE"),
        ({"amount": 2**63 - 1}, "AMOUNT_TOO_LARGE"),
    ],
    ids=str,
)
def test_movement_has_an_entry_a_currency_and_an_amount(funded, wrong, reason):
    command = move_funds(funded.bob.number, 100) | wrong
    assert funded.dave.says(command) == [f"dave is refused: {reason}"]


def test_largest_amount_is_moved_at_once(funded):
    command = move_funds(funded.bob.number, 10**16)
    assert funded.dave.says(command) == ["bob has 1,000,000,000,000.00 CNY after DEPOSIT"]


def test_refusals_of_a_movement_come_in_their_order(new_venue):
    """Each reason is taken away, and the next one refuses."""
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED | {"movements": 7})))
    market.dave.makes(market.alice, AccountStatus.FROZEN)
    command = move_funds(99, -1, FundsEntry.WITHDRAW)
    steps = [
        {"account": market.alice.number},
        {"account": market.bob.number},
        {"amount": 10**16 + 1},
        {"amount": 10**16, "reverses": 2},
        {"reverses": 0},
    ]
    refusals = market.dave.says(command)
    for step in steps[:-1]:
        command |= step
        refusals += market.dave.says(command)
    command |= steps[-1]
    refusals += market.dave.says(command)
    market.dave.moves(FundsEntry.DEPOSIT, "1.00", market.bob)
    refusals += market.dave.says(command)
    assert refusals == [
        f"dave is refused: {reason}"
        for reason in (
            "UNKNOWN_ACCOUNT",
            "ACCOUNT_NOT_NORMAL",
            "AMOUNT_NOT_POSITIVE",
            "AMOUNT_TOO_LARGE",
            "NOTHING_TO_REVERSE",
            "INSUFFICIENT_FUNDS",
            "LEDGER_EXHAUSTED",
        )
    ]
    market.closes()


def test_ledger_ends_with_the_room_for_it(new_venue):
    """Six movements bring in what the four have."""
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED | {"movements": 8})))
    market.dave.moves(FundsEntry.DEPOSIT, "1.00", market.bob)
    assert market.dave.moves(FundsEntry.WITHDRAW, "2.00", market.bob) == SHORT
    market.dave.moves_shares(SharesEntry.BONUS, 1, market.bob)
    exhausted = ["dave is refused: LEDGER_EXHAUSTED"]
    assert market.dave.moves(FundsEntry.WITHDRAW, "2.00", market.bob) == exhausted
    assert market.dave.moves_shares(SharesEntry.BONUS, 1, market.bob) == exhausted
    market.closes()


def test_ledger_keeps_all_that_moved_in_order(funded):
    funded.dave.moves(FundsEntry.DEPOSIT, "1.00", funded.bob)
    funded.dave.moves(FundsEntry.WITHDRAW, "7.00", funded.bob)
    funded.dave.moves(FundsEntry.DEPOSIT, "3.00", funded.alice)
    funded.dave.moves_shares(SharesEntry.BONUS, 5, funded.bob, cost="2.00")
    ledger = funded.venue.ledger(funded.bob.number)
    assert [(one["entry"], one["amount"]) for one in ledger] == [
        (SharesEntry.BROUGHT_FORWARD, 10_000),
        (FundsEntry.DEPOSIT, 10_000),
        (SharesEntry.BONUS, 5),
    ]
    sequences = [
        number
        for number, command in enumerate(funded.journal, start=1)
        if command["kind"] in (CommandKind.MOVE_FUNDS, CommandKind.MOVE_SHARES)
        and command["account"] == funded.bob.number
    ]
    assert [one["sequence"] for one in ledger] == [sequences[place] for place in (0, 1, 3)]


def test_close_of_the_day_ends_what_was_frozen_for_the_day(funded):
    erin = with_all_parts(funded)
    told = funded.closes()
    assert told == ["the day 20260706 ends"]
    assert parts(erin.funds()) == {
        "balance": "1,000.00",
        "frozen_long": "200.00",
        "credit": "100.00",
    }


def test_close_of_the_day_gives_back_what_orders_held(funded):
    funded.alice.buys(100, at="10.00")
    assert funded.closes() == ["alice expires with 100 at 10.00", "the day 20260706 ends"]
    assert parts(funded.alice.funds()) == {"balance": "100,000.00"}


def test_nothing_moves_when_the_day_is_closed(funded):
    funded.closes()
    assert funded.dave.moves(FundsEntry.DEPOSIT, "1.00", funded.bob) == [
        "dave is refused: DAY_NOT_OPEN"
    ]


@pytest.mark.parametrize(
    ("price", "most"),
    [("10.00", 9_900), ("11.00", 9_000), ("9.00", 11_100), ("0.01", 1_000_000)],
)
def test_most_to_buy_is_what_the_money_pays_for(funded, price, most):
    assert funded.venue.most_to_buy(funded.alice.number, 0, money(price)) == most


def test_most_to_buy_can_be_bought_and_one_lot_more_cannot(funded):
    most = funded.venue.most_to_buy(funded.alice.number, 0, money("10.00"))
    assert funded.alice.buys(most + 100, at="10.00") == ["alice is refused: INSUFFICIENT_FUNDS"]
    assert funded.alice.buys(most, at="10.00") == []
    assert funded.venue.most_to_buy(funded.alice.number, 0, money("10.00")) == 0


@pytest.mark.parametrize(("amount", "most"), [("1,005.00", 0), ("1,005.01", 100)])
def test_most_to_buy_pays_the_fees_too(funded, amount, most):
    funded.bob.brings(amount)
    assert funded.venue.most_to_buy(funded.bob.number, 0, money("10.00")) == most

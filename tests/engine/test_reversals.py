"""A movement of the day is taken back by its reversal, once, and both stay in the ledger."""

import pytest

from protocol.vocabulary import AccountStatus, Currency, FundsEntry, SharesEntry
from tests.commands import move_funds, move_shares, replace
from tests.engine import test_funds, test_holdings
from tests.trading import FundedMarket, money, spelled

NOTHING = ["dave is refused: NOTHING_TO_REVERSE"]
NO_MONEY = ["dave is refused: INSUFFICIENT_FUNDS"]
NO_SHARES = ["dave is refused: INSUFFICIENT_SHARES"]

by_name = {"ids": lambda word: word.name if hasattr(word, "name") else str(word)}


def says(market: FundedMarket, command: dict) -> int:
    """Have dave send a command that is granted; return its sequence."""
    (told,) = market.dave.says(command)
    assert "refused" not in told
    return len(market.journal)


@pytest.mark.parametrize("entry", FundsEntry, **by_name)
def test_reversal_of_money_leaves_all_as_it_was(funded, entry):
    erin = test_funds.with_all_parts(funded)
    before = erin.funds()
    command = move_funds(erin.number, money("40.00"), entry)
    moved = says(funded, command)
    assert erin.funds() != before
    assert funded.dave.says(command | {"reverses": moved}) == [
        f"erin has 1,000.00 CNY after {entry.name}"
    ]
    assert erin.funds() == before


@pytest.mark.parametrize("entry", SharesEntry, **by_name)
def test_reversal_of_shares_leaves_all_as_it_was(funded, entry):
    erin = test_holdings.with_all_parts(funded)
    before = erin.holding()
    command = move_shares(erin.number, 40, entry, cost=money("8.00"))
    moved = says(funded, command)
    assert erin.holding() != before
    assert funded.dave.says(command | {"reverses": moved}) == [
        f"erin has 1,000 shares after {entry.name}"
    ]
    assert erin.holding() == before


def test_both_movements_stay_in_the_ledger(funded):
    command = move_funds(funded.bob.number, 500)
    moved = says(funded, command)
    reversed_at = says(funded, command | {"reverses": moved})
    ledger = funded.venue.ledger(funded.bob.number)
    assert [one["sequence"] for one in ledger][1:] == [moved, reversed_at]


def test_movement_is_reversed_once(funded):
    command = move_funds(funded.bob.number, 500)
    moved = says(funded, command)
    reversed_at = says(funded, command | {"reverses": moved})
    assert funded.dave.says(command | {"reverses": moved}) == NOTHING
    assert funded.dave.says(command | {"reverses": reversed_at}) == NOTHING


def test_each_of_two_equal_movements_is_reversed(funded):
    command = move_funds(funded.bob.number, 500)
    moved = [says(funded, command), says(funded, command)]
    for sequence in reversed(moved):
        says(funded, command | {"reverses": sequence})
    assert funded.bob.balance == "0.00"


@pytest.mark.parametrize(
    "other",
    [
        {"account": 1},
        {"currency": Currency.USD},
        {"entry": FundsEntry.TRANSFER_IN},
        {"amount": 501},
        {"amount": 499},
    ],
    ids=str,
)
def test_reversal_of_money_repeats_what_it_reverses(funded, other):
    command = move_funds(funded.bob.number, 500)
    moved = says(funded, command)
    assert funded.dave.says(command | {"reverses": moved} | other) == NOTHING
    says(funded, command | {"reverses": moved})


@pytest.mark.parametrize(
    "other",
    [
        {"account": 3},
        {"instrument": 1},
        {"entry": SharesEntry.CUSTODY_IN},
        {"amount": 501},
        {"cost": 8},
    ],
    ids=str,
)
def test_reversal_of_shares_repeats_what_it_reverses(funded, other):
    command = move_shares(funded.bob.number, 500, cost=7)
    moved = says(funded, command)
    assert funded.dave.says(command | {"reverses": moved} | other) == NOTHING
    says(funded, command | {"reverses": moved})


def test_money_is_not_reversed_as_shares(funded):
    moved = says(funded, move_funds(funded.bob.number, 500))
    shares = move_shares(funded.bob.number, 500, reverses=moved)
    assert funded.dave.says(shares) == NOTHING
    moved = says(funded, move_shares(funded.bob.number, 500))
    assert funded.dave.says(move_funds(funded.bob.number, 500, reverses=moved)) == NOTHING


@pytest.mark.parametrize("sequence", [-1, 1, 10**9, 2**63 - 1, -(2**63)])
def test_reversal_names_a_movement_of_the_day(funded, sequence):
    command = move_funds(funded.bob.number, 500)
    says(funded, command)
    assert funded.dave.says(command | {"reverses": sequence}) == NOTHING


def test_reversal_does_not_name_itself_or_what_comes_later(funded):
    command = move_funds(funded.bob.number, 500)
    for ahead in (1, 2):
        assert funded.dave.says(command | {"reverses": len(funded.journal) + ahead}) == NOTHING


def test_refused_movement_is_not_reversed(funded):
    command = move_funds(funded.bob.number, 500, FundsEntry.WITHDRAW)
    assert funded.dave.says(command) == NO_MONEY
    assert funded.dave.says(command | {"reverses": len(funded.journal)}) == NOTHING


def test_other_commands_are_not_reversed(funded):
    funded.alice.buys(100, at="10.00")
    funded.alice.says(replace(funded.alice.orders[-1], 100, 99_000))
    for sequence in (len(funded.journal), len(funded.journal) - 1):
        command = move_funds(funded.alice.number, 500, reverses=sequence)
        assert funded.dave.says(command) == NOTHING


def test_deposit_that_is_spent_is_not_reversed(funded):
    command = move_funds(funded.bob.number, money("1,005.01"))
    moved = says(funded, command)
    funded.bob.buys(100, at="10.00")
    assert funded.dave.says(command | {"reverses": moved}) == NO_MONEY
    funded.bob.cancels()
    says(funded, command | {"reverses": moved})
    assert funded.bob.balance == "0.00"


def test_shares_that_are_sold_do_not_go_back(funded):
    command = move_shares(funded.alice.number, 100)
    moved = says(funded, command)
    funded.alice.sells(100, at="10.00")
    assert funded.dave.says(command | {"reverses": moved}) == NO_SHARES
    funded.alice.cancels()
    says(funded, command | {"reverses": moved})


def test_release_is_reversed_while_what_it_released_is_free(funded):
    funded.dave.moves(FundsEntry.FREEZE_LONG, "99,000.00", funded.alice)
    command = move_funds(funded.alice.number, money("99,000.00"), FundsEntry.RELEASE_LONG)
    moved = says(funded, command)
    funded.alice.buys(100, at="10.00")
    assert funded.dave.says(command | {"reverses": moved}) == NO_MONEY
    funded.alice.cancels()
    says(funded, command | {"reverses": moved})
    assert funded.alice.available == "1,000.00"


def test_freeze_that_was_released_is_not_reversed(funded):
    command = move_funds(funded.alice.number, money("10.00"), FundsEntry.FREEZE_DAY)
    moved = says(funded, command)
    funded.dave.moves(FundsEntry.RELEASE_DAY, "0.01", funded.alice)
    assert funded.dave.says(command | {"reverses": moved}) == NO_MONEY


def test_credit_in_use_is_not_reversed(funded):
    command = move_funds(funded.bob.number, money("2,000.00"), FundsEntry.GRANT_CREDIT)
    moved = says(funded, command)
    funded.bob.buys(100, at="10.00")
    assert funded.dave.says(command | {"reverses": moved}) == NO_MONEY


def test_withdrawal_is_reversed_whatever_the_status(funded):
    command = move_funds(funded.alice.number, money("70.00"), FundsEntry.WITHDRAW)
    moved = says(funded, command)
    funded.dave.makes(funded.alice, AccountStatus.FROZEN)
    assert funded.dave.says(command | {"reverses": moved}) == [
        "alice has 100,000.00 CNY after WITHDRAW"
    ]


def test_reversed_transfer_may_take_what_is_not_withdrawable(funded):
    command = move_funds(funded.bob.number, money("70.00"), FundsEntry.TRANSFER_IN)
    moved = says(funded, command)
    assert funded.bob.withdrawable == "0.00"
    says(funded, command | {"reverses": moved})
    assert (funded.bob.balance, funded.bob.funds().unsettled) == ("0.00", 0)


def test_reversed_transfer_whose_money_was_spent_leaves_nothing_unsettled(funded):
    """The purchase has spent the money that came today first."""
    command = move_funds(funded.alice.number, money("70.00"), FundsEntry.TRANSFER_IN)
    moved = says(funded, command)
    funded.dave.sells(100, at="10.00")
    funded.alice.buys(100, at="10.00")
    says(funded, command | {"reverses": moved})
    assert funded.alice.funds().unsettled == 0
    assert funded.alice.withdrawable == "98,994.99"


def test_reversed_cost_goes_back_too(funded):
    command = move_shares(funded.bob.number, 100, SharesEntry.CUSTODY_OUT, cost=money("-30.00"))
    moved = says(funded, command)
    assert spelled(funded.bob.holding().cost) == "30.00"
    says(funded, command | {"reverses": moved})
    assert spelled(funded.bob.holding().cost) == "0.00"


def test_nothing_is_reversed_in_an_account_that_is_closed(funded):
    erin = funded.admits("erin")
    command = move_funds(erin.number, 100)
    says(funded, command)
    withdrawal = move_funds(erin.number, 100, FundsEntry.WITHDRAW)
    moved = says(funded, withdrawal)
    funded.dave.makes(erin, AccountStatus.CLOSED)
    assert funded.dave.says(withdrawal | {"reverses": moved}) == [
        "dave is refused: UNKNOWN_ACCOUNT"
    ]

"""Lists of instruments that an account may not trade, or may trade alone."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import AccountStatus, ListMode, Phase, Side
from tests.commands import change_list, enter
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.test_accounts import last
from tests.trading import FundedMarket, to_the_end

ROOM = SMALL._replace(**FUNDED | {"lists": 4})
NOT_PERMITTED = ["alice is refused: INSTRUMENT_NOT_PERMITTED"]
EXHAUSTED = ["dave is refused: LISTS_EXHAUSTED"]

by_name = {"ids": lambda word: word.name}


def listed(new_venue, rules: dict | None = None, **day: int) -> FundedMarket:
    """Return a market that trades three instruments, with room for four lines of lists."""
    market = FundedMarket(new_venue(ROOM), rules, day=day)
    market.lists(2, **rules or {})
    market.begins(Phase.CONTINUOUS)
    return market


@pytest.fixture
def market(new_venue) -> Iterator[FundedMarket]:
    yield from to_the_end(listed(new_venue))


def mode(market: FundedMarket, list_mode: ListMode) -> None:
    """Say what alice's list is for."""
    assert market.dave.limits(market.alice, list_mode=list_mode) == ["alice is NORMAL"]


def tried(market: FundedMarket) -> list[bool]:
    """Return of each instrument whether alice may buy it."""
    return [market.alice.buys(100, at="9.00", instrument=number) == [] for number in range(3)]


def test_list_is_nothing_without_a_mode(market):
    market.dave.puts_on_list(market.alice, 1)
    assert market.alice.account.list_mode == ListMode.NONE
    assert tried(market) == [True, True, True]


def test_list_forbids_what_is_on_it(market):
    market.dave.puts_on_list(market.alice, 1)
    mode(market, ListMode.FORBIDS)
    assert tried(market) == [True, False, True]
    assert market.alice.buys(100, at="9.00", instrument=1) == NOT_PERMITTED


def test_list_permits_nothing_else(market):
    market.dave.puts_on_list(market.alice, 1)
    mode(market, ListMode.PERMITS)
    assert tried(market) == [False, True, False]
    assert market.alice.buys(100, at="9.00") == NOT_PERMITTED


def test_empty_list_forbids_nothing_or_permits_nothing(market):
    mode(market, ListMode.FORBIDS)
    assert tried(market) == [True, True, True]
    mode(market, ListMode.PERMITS)
    assert tried(market) == [False, False, False]


def test_list_is_changed_as_often_as_one_likes(market):
    mode(market, ListMode.FORBIDS)
    for _ in range(9):
        market.dave.puts_on_list(market.alice)
        assert market.alice.buys(100, at="9.00") == NOT_PERMITTED
        market.dave.takes_off_list(market.alice)
        assert market.alice.buys(100, at="9.00") == []


def test_list_holds_for_both_sides(market):
    market.alice.brings_shares(100)
    market.dave.puts_on_list(market.alice)
    mode(market, ListMode.FORBIDS)
    for side in Side:
        order = enter(side, 100, 100_000, account=market.alice.number)
        assert market.alice.says(order) == NOT_PERMITTED


def test_list_is_of_one_account(market):
    market.dave.puts_on_list(market.alice)
    mode(market, ListMode.FORBIDS)
    assert market.carol.buys(100, at="9.00") == []
    market.dave.limits(market.carol, list_mode=ListMode.PERMITS)
    assert market.carol.buys(100, at="9.00") == ["carol is refused: INSTRUMENT_NOT_PERMITTED"]


def test_open_orders_stay_and_may_be_replaced(market):
    market.alice.buys(200, at="9.00")
    market.dave.puts_on_list(market.alice)
    mode(market, ListMode.FORBIDS)
    assert market.alice.replaces(300, at="9.10") == ["alice now has 300 at 9.10"]
    assert market.bob.sells(100, at="9.10") == ["bob sells 100 to alice at 9.10"]
    assert market.alice.cancels() == ["alice hears of 200 taken back at 9.10, 0 left"]


@pytest.mark.parametrize("is_listed", [0, 1])
def test_change_of_a_list_is_told_to_its_asker(market, is_listed):
    assert market.dave.puts_on_list(market.alice, is_listed=is_listed) == ["alice is NORMAL"]
    told = last(market)
    assert (told["session"], told["account"]) == (market.dave.number, market.alice.number)
    assert told["request_seq"] == told["client_seq"] == market.dave.client_seq
    assert market.hears(change_list(market.alice.number, is_listed=is_listed)) == []


def test_list_of_an_account_that_is_not_normal_is_changed(market):
    market.dave.makes(market.alice, AccountStatus.FROZEN)
    assert market.dave.puts_on_list(market.alice) == ["alice is FROZEN"]


def test_lists_have_so_many_lines_and_a_line_stays(market):
    for number in range(3):
        market.dave.puts_on_list(market.alice, number)
    market.dave.puts_on_list(market.bob)
    assert market.dave.puts_on_list(market.bob, 1) == EXHAUSTED
    market.dave.takes_off_list(market.alice)
    assert market.dave.puts_on_list(market.bob, 1) == EXHAUSTED
    assert market.dave.puts_on_list(market.alice) == ["alice is NORMAL"]


def test_taking_off_what_is_not_on_a_list_needs_no_line(market):
    for _ in range(9):
        assert market.dave.takes_off_list(market.alice, 2) == ["alice is NORMAL"]
    for number in range(3):
        market.dave.puts_on_list(market.alice, number)
    market.dave.puts_on_list(market.bob)
    assert market.dave.takes_off_list(market.bob, 1) == ["bob is NORMAL"]
    market.dave.limits(market.bob, list_mode=ListMode.FORBIDS)
    assert market.bob.buys(100, at="9.00", instrument=1) == ["bob is refused: INSUFFICIENT_FUNDS"]


@pytest.mark.parametrize(
    ("most", "lines"), [(1, 1), (3, 3), (4, 4), (0, 4), (-1, 4), (2**31 - 1, 4)]
)
def test_day_grants_so_many_lines(new_venue, most, lines):
    market = listed(new_venue, lists_max=most)
    told = [market.dave.puts_on_list(trader) for trader in market.traders]
    assert sum("refused" not in sentences[0] for sentences in told) == lines


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"is_listed": 2}, "MALFORMED"),
        ({"is_listed": -1}, "MALFORMED"),
        ({"instrument": 3}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": -1}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": 3, "account": 99}, "UNKNOWN_INSTRUMENT"),
        ({"account": 9}, "UNKNOWN_ACCOUNT"),
        ({"account": -1}, "UNKNOWN_ACCOUNT"),
        ({"account": 99, "is_listed": 0}, "UNKNOWN_ACCOUNT"),
    ],
    ids=str,
)
def test_line_is_of_an_account_and_an_instrument(market, wrong, reason):
    command = change_list(market.alice.number) | wrong
    assert market.dave.says(command) == [f"dave is refused: {reason}"]


@pytest.mark.parametrize("list_mode", [-1, len(ListMode)])
def test_list_has_a_known_mode(market, list_mode):
    assert market.dave.limits(market.alice, list_mode=list_mode) == ["dave is refused: MALFORMED"]


def test_lists_are_not_for_terminals(market):
    assert market.alice.puts_on_list(market.alice) == ["alice is refused: COMMAND_NOT_PERMITTED"]

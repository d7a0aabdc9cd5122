"""Users that operators lock, and whose requests they limit."""

import pytest

from protocol.vocabulary import Phase, Role, Side
from tests.commands import change_user, enter
from tests.trading import Market

ALICE, BOB, DAVE = 1, 2, 4
LOCKED = "USER_LOCKED"


@pytest.fixture
def trading(market) -> Market:
    """A market that trades continuously."""
    market.begins(Phase.CONTINUOUS)
    return market


def test_a_locked_user_enters_nothing_and_takes_back_what_is_open(trading):
    trading.alice.buys(200, at="10.00")
    trading.alice.buys(100, at="9.99")
    (order, other) = trading.alice.orders
    assert trading.dave.says(change_user(ALICE, 1)) == ["dave changes user 1"]
    assert trading.alice.buys(100, at="10.00") == [f"alice is refused: {LOCKED}"]
    assert trading.alice.replaces(100, at="10.01", order=order) == [f"alice is refused: {LOCKED}"]
    assert trading.alice.cancels(order=other) == ["alice hears of 100 taken back at 9.99, 0 left"]
    assert trading.alice.cancels_all()[-1] == "alice hears of 1 orders taken back"


def test_orders_of_a_locked_user_stay_and_trade(trading):
    trading.alice.buys(200, at="10.00")
    trading.dave.says(change_user(ALICE, 1))
    assert trading.bob.sells(200, at="10.00")[-1] == "bob sells 200 to alice at 10.00"


def test_a_user_that_is_let_in_again_goes_on(trading):
    trading.dave.says(change_user(ALICE, 1))
    trading.dave.says(change_user(ALICE, 0))
    assert trading.alice.buys(200, at="10.00") == []
    assert len(trading.alice.orders) == 1


def test_a_lock_wastes_no_number(trading):
    trading.dave.says(change_user(ALICE, 1))
    order = enter(Side.BUY, 100, 100_000, **trading.alice.own({}))
    trading.hears(order)
    trading.dave.says(change_user(ALICE, 0))
    assert trading.hears(order) == []


def test_nobody_locks_or_unlocks_itself(trading):
    assert trading.dave.says(change_user(DAVE, 0)) == ["dave is refused: COMMAND_NOT_PERMITTED"]


@pytest.mark.parametrize("number", [-1, 0, 99])
def test_there_must_be_such_a_user(trading, number):
    assert trading.dave.says(change_user(number, 1)) == ["dave is refused: UNKNOWN_SESSION"]


def test_terminals_lock_nobody(trading):
    assert trading.bob.says(change_user(ALICE, 1)) == ["bob is refused: COMMAND_NOT_PERMITTED"]


def test_risk_locks_an_operator(trading):
    trading.erin = trading.admits("erin", role=Role.RISK)
    assert trading.erin.says(change_user(DAVE, 1)) == ["erin changes user 4"]
    assert trading.dave.says(change_user(ALICE, 1)) == [f"dave is refused: {LOCKED}"]


@pytest.mark.parametrize(
    "fields", [{"is_locked": 2}, {"is_locked": -1}, {"rate_max": -1}, {"in_flight_max": -1}]
)
def test_a_change_without_meaning_is_malformed(trading, fields):
    command = change_user(BOB) | fields
    assert trading.dave.says(command) == ["dave is refused: MALFORMED"]

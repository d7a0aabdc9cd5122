"""What moves money or shares on certain grounds is asked for by two people."""

import pytest

from protocol.vocabulary import Currency, FundsEntry, Grounds, Role, SharesEntry
from tests.commands import move_funds, move_shares
from tests.engine.conftest import FUNDED, SMALL
from tests.trading import FundedMarket, Trader, money

WAITS = ["frank is refused: AWAITS_SECOND_PERSON"]
HALF_AN_HOUR = 30 * 60


@pytest.fixture
def market(new_venue) -> FundedMarket:
    """A market where a correction takes two people; dave and frank are operators."""
    day = {"four_eyes": 1 << Grounds.CORRECTION}
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED)), day=day)
    market.frank = market.admits("frank", role=Role.OPERATOR)
    return market


def corrects(operator: Trader, amount: str, **fields: int) -> list[str]:
    """Have an operator put alice's money right."""
    alice = operator.market.alice
    return operator.moves(
        FundsEntry.DEPOSIT, amount, alice, **{"grounds": Grounds.CORRECTION} | fields
    )


def test_a_correction_is_made_when_two_have_asked_for_it(market):
    assert corrects(market.frank, "40.00") == WAITS
    assert market.alice.balance == "100,000.00"
    assert corrects(market.dave, "40.00") == ["alice has 100,040.00 CNY after DEPOSIT"]


def test_who_proposes_does_not_approve(market):
    assert corrects(market.frank, "40.00") == WAITS
    assert corrects(market.frank, "40.00") == WAITS
    assert market.alice.balance == "100,000.00"


def test_a_proposal_is_good_for_one_movement(market):
    corrects(market.frank, "40.00")
    corrects(market.dave, "40.00")
    assert corrects(market.frank, "40.00") == WAITS
    assert market.alice.balance == "100,040.00"


@pytest.mark.parametrize(
    "other",
    [
        {"amount": money("40.01")},
        {"account": 2},
        {"entry": FundsEntry.TRANSFER_IN},
        {"currency": Currency.HKD},
    ],
    ids=lambda other: next(iter(other)),
)
def test_the_second_one_asks_for_the_very_same(market, other):
    command = move_funds(market.alice.number, money("40.00"), grounds=Grounds.CORRECTION)
    assert market.frank.says(command) == WAITS
    assert market.dave.says(command | other) == ["dave is refused: AWAITS_SECOND_PERSON"]
    assert market.alice.balance == "100,000.00"
    assert market.dave.says(command) == ["alice has 100,040.00 CNY after DEPOSIT"]


def test_shares_are_put_right_by_two_at_the_same_cost(market):
    command = move_shares(
        market.bob.number, 100, SharesEntry.SHARES_OUT, cost=500, grounds=Grounds.CORRECTION
    )
    assert market.frank.says(command) == WAITS
    assert market.dave.says(command | {"cost": 501}) == [WAITS[0].replace("frank", "dave")]
    assert market.dave.says(command) == ["bob has 9,900 shares after SHARES_OUT"]


def test_a_reversal_is_a_correction_whatever_it_says(market):
    deposit = move_funds(market.alice.number, money("40.00"), grounds=Grounds.CUSTOMER_REQUEST)
    assert market.frank.says(deposit) == ["alice has 100,040.00 CNY after DEPOSIT"]
    back = deposit | {"reverses": len(market.journal)}
    assert market.frank.says(back) == WAITS
    assert market.dave.says(back) == ["alice has 100,000.00 CNY after DEPOSIT"]


def test_other_grounds_take_one_person(market):
    court = corrects(market.frank, "40.00", grounds=Grounds.COURT_ORDER)
    assert court == ["alice has 100,040.00 CNY after DEPOSIT"]


def test_what_could_not_be_done_is_not_proposed(market):
    far_too_much = move_funds(
        market.alice.number, money("1.00") * 10**9, FundsEntry.WITHDRAW, grounds=Grounds.CORRECTION
    )
    assert market.frank.says(far_too_much) == ["frank is refused: INSUFFICIENT_FUNDS"]
    assert market.dave.says(far_too_much) == ["dave is refused: INSUFFICIENT_FUNDS"]


def test_nobody_proposes_for_whom_he_may_not_act(market):
    market.gina = market.admits("gina", role=Role.COUNTER, branch=7)
    refused = corrects(market.gina, "40.00")
    assert refused == ["gina is refused: ACCOUNT_NOT_ADMITTED"]
    assert corrects(market.frank, "40.00") == WAITS


def test_a_proposal_lapses_after_half_an_hour(market):
    corrects(market.frank, "40.00")
    market.passes(HALF_AN_HOUR)
    late = corrects(market.dave, "40.00")
    assert late == [WAITS[0].replace("frank", "dave")]
    assert corrects(market.frank, "40.00") == ["alice has 100,040.00 CNY after DEPOSIT"]


def test_the_oldest_proposal_gives_way_to_one_too_many(market):
    for cents in range(65):
        assert corrects(market.frank, f"40.{cents:02}") == WAITS
    assert corrects(market.dave, "40.01") == ["alice has 100,040.01 CNY after DEPOSIT"]
    assert corrects(market.dave, "40.00") == [WAITS[0].replace("frank", "dave")]


def test_where_nothing_takes_two_people_a_correction_takes_one(new_venue):
    market = FundedMarket(new_venue(SMALL._replace(**FUNDED)))
    assert corrects(market.dave, "40.00") == ["alice has 100,040.00 CNY after DEPOSIT"]

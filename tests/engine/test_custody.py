"""Shares that leave for another firm: what may go, what it has cost, and what stays."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import AccountStatus, CommandKind, Phase, ReportKind, SharesEntry
from protocol.vocabulary import Market as Exchange
from tests.commands import SZSE_RULES, move_shares, transfer_custody
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.test_accounts import last
from tests.trading import FundedMarket, Trader, money, spelled, to_the_end

SHORT = ["dave is refused: INSUFFICIENT_SHARES"]
FIXED = ["dave is refused: CUSTODY_NOT_TRANSFERABLE"]
FULL = ["dave is refused: LEDGER_EXHAUSTED"]
OF_SHENZHEN = (2, 3)
ROOM = SMALL._replace(**FUNDED)


def with_shenzhen(new_venue, **day: int) -> FundedMarket:
    """Return a market whose instruments 2 and 3 are of Shenzhen; erin has 1,000 shares of each."""
    market = FundedMarket(new_venue(ROOM), day=day)
    for number in OF_SHENZHEN:
        market.lists(number, settlement_days=1, **SZSE_RULES)
    market.lists(4, settlement_days=1, market=Exchange.BSE)
    market.erin = market.admits("erin")
    market.erin.brings_shares(500)
    for number in OF_SHENZHEN:
        market.erin.brings_shares(1_000, instrument=number, cost=money("9,000.00"))
    market.begins(Phase.CONTINUOUS)
    return market


@pytest.fixture
def market(new_venue) -> Iterator[FundedMarket]:
    yield from to_the_end(with_shenzhen(new_venue))


def has(trader: Trader, instrument: int) -> tuple[int, str]:
    """Return how many shares someone has, and what they have cost."""
    holding = trader.holding(instrument)
    return holding.total, spelled(holding.cost)


def test_shares_of_shenzhen_leave_with_their_part_of_the_cost(market):
    assert market.dave.transfers(market.erin, 400, instrument=2) == [
        "erin has 600 shares after CUSTODY_OUT"
    ]
    assert has(market.erin, 2) == (600, "5,400.00")


def test_cost_that_cannot_be_divided_is_divided_downwards(market):
    market.erin.brings_shares(3, instrument=4, cost=money("100.00"))
    market.dave.transfers(market.erin, 1, instrument=4)
    assert has(market.erin, 4) == (2, "66.6667")
    market.dave.transfers(market.erin, 1, instrument=4)
    assert has(market.erin, 4) == (1, "33.3334")
    market.dave.transfers(market.erin, 1, instrument=4)
    assert has(market.erin, 4) == (0, "0.00")


def test_cost_below_nothing_is_divided_downwards_too(market):
    market.erin.brings_shares(3, instrument=4, cost=-money("100.00"))
    market.dave.transfers(market.erin, 1, instrument=4)
    assert has(market.erin, 4) == (2, "-66.6666")


def test_transfer_without_a_number_is_of_all_that_may_be_sold(market):
    market.erin.sells(300, at="10.00", instrument=2)
    market.dave.moves_shares(SharesEntry.PLEDGE, 200, market.erin, instrument=2)
    assert market.dave.transfers(market.erin, instrument=2) == [
        "erin has 500 shares after CUSTODY_OUT"
    ]
    assert has(market.erin, 2) == (500, "4,500.00")
    assert market.erin.holding(2).sellable == 0
    assert market.dave.transfers(market.erin, instrument=2) == SHORT


@pytest.mark.parametrize(
    "entry", [SharesEntry.FREEZE_DAY, SharesEntry.FREEZE_LONG, SharesEntry.PLEDGE]
)
def test_shares_that_are_bound_stay(market, entry):
    market.dave.moves_shares(entry, 1, market.erin, instrument=2)
    assert market.dave.transfers(market.erin, 1_000, instrument=2) == SHORT
    assert market.dave.transfers(market.erin, 999, instrument=2) == [
        "erin has 1 shares after CUSTODY_OUT"
    ]


def test_shares_bought_today_stay(market):
    market.erin.brings("5,000.00")
    market.erin.buys(100, at="10.00", instrument=3)
    market.dave.brings_shares(100, instrument=3)
    market.dave.sells(100, at="10.00", instrument=3)
    assert market.dave.transfers(market.erin, 1_001, instrument=3) == SHORT
    assert market.dave.transfers(market.erin, instrument=3) == [
        "erin has 100 shares after CUSTODY_OUT"
    ]


def test_shares_of_shanghai_follow_their_broker(market):
    assert market.dave.transfers(market.erin, 100, instrument=0) == FIXED
    assert market.dave.transfers(market.erin, instrument=0) == FIXED
    assert has(market.erin, 0)[0] == 500


def test_shares_of_beijing_may_leave(market):
    market.erin.brings_shares(100, instrument=4)
    assert market.dave.transfers(market.erin, instrument=4) == [
        "erin has 0 shares after CUSTODY_OUT"
    ]


def test_all_that_may_leave_goes_at_once(market):
    market.erin.sells(300, at="10.00", instrument=3)
    assert market.dave.transfers(market.erin) == [
        "erin has 0 shares after CUSTODY_OUT",
        "erin has 300 shares after CUSTODY_OUT",
    ]
    assert [has(market.erin, number) for number in (0, 2, 3)] == [
        (500, "0.00"),
        (0, "0.00"),
        (300, "2,700.00"),
    ]


def test_holdings_leave_in_the_order_of_their_first_use(market):
    market.lists(5, **SZSE_RULES)
    frank = market.admits("frank")
    for number in (5, 2, 3):
        frank.brings_shares(100, instrument=number)
    market.dave.transfers(frank)
    moved = [one["instrument"] for one in market.reports if one["kind"] == ReportKind.SHARES_MOVED]
    assert [int(number) for number in moved] == [5, 2, 3]


def test_who_has_nothing_to_move_is_refused(market):
    assert market.dave.transfers(market.erin, 1, instrument=4) == SHORT
    assert market.dave.transfers(market.erin, instrument=4) == SHORT
    assert market.dave.transfers(market.bob) == SHORT
    market.dave.transfers(market.erin)
    assert market.dave.transfers(market.erin) == SHORT


@pytest.mark.parametrize("fields", [{"instrument": 2}, {}], ids=str)
@pytest.mark.parametrize("status", [AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN])
def test_nothing_leaves_an_account_that_is_not_normal(market, fields, status):
    market.dave.makes(market.erin, status)
    assert market.dave.transfers(market.erin, **fields) == ["dave is refused: ACCOUNT_NOT_NORMAL"]


def test_transfer_is_told_like_a_movement_of_shares(market):
    market.dave.transfers(market.erin, 400, instrument=2, to_unit=b"399001")
    assert last(market) == {
        "kind": ReportKind.SHARES_MOVED,
        "session": market.dave.number,
        "account": market.erin.number,
        "instrument": 2,
        "order_number": 600,
        "reason": SharesEntry.CUSTODY_OUT,
        "client_seq": market.dave.client_seq,
        "request_seq": market.dave.client_seq,
    }


def test_venue_itself_gets_no_answer(market):
    assert market.hears(transfer_custody(market.erin.number)) == []
    assert has(market.erin, 3) == (0, "0.00")


def test_transfer_is_in_the_ledger(market):
    market.dave.transfers(market.erin)
    ledger = market.venue.ledger(market.erin.number)[-2:]
    for one in ledger:
        assert one["entry"] == SharesEntry.CUSTODY_OUT
        assert (one["amount"], one["cost"]) == (1_000, money("9,000.00"))
    assert {int(one["sequence"]) for one in ledger} == {len(market.journal)}


def test_each_holding_that_left_comes_back_by_its_instrument(market):
    market.dave.transfers(market.erin)
    sequence = len(market.journal)
    command = move_shares(
        market.erin.number, 1_000, SharesEntry.CUSTODY_OUT, cost=money("9,000.00")
    )
    for number in reversed(OF_SHENZHEN):
        back = command | {"instrument": number, "reverses": sequence}
        assert market.dave.says(back) == ["erin has 1,000 shares after CUSTODY_OUT"]
        assert has(market.erin, number) == (1_000, "9,000.00")
        assert market.dave.says(back) == ["dave is refused: NOTHING_TO_REVERSE"]


def test_transfer_needs_room_in_the_ledger(new_venue):
    """Nine movements bring in what the five have."""
    market = with_shenzhen(new_venue, movements_max=10)
    assert market.dave.transfers(market.erin) == FULL
    assert market.dave.transfers(market.erin, instrument=2) == [
        "erin has 0 shares after CUSTODY_OUT"
    ]
    assert market.dave.transfers(market.erin, instrument=3) == FULL
    assert market.dave.transfers(market.erin) == FULL


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"instrument": -1, "amount": 1}, "MALFORMED"),
        ({"instrument": -1, "amount": -1}, "MALFORMED"),
        ({"instrument": -2}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": 5, "account": 99}, "UNKNOWN_INSTRUMENT"),
        ({"account": 99}, "UNKNOWN_ACCOUNT"),
        ({"account": -1, "instrument": -1}, "UNKNOWN_ACCOUNT"),
        ({"instrument": 0, "amount": -1}, "CUSTODY_NOT_TRANSFERABLE"),
        ({"amount": -1}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": -(2**63)}, "AMOUNT_NOT_POSITIVE"),
        ({"amount": 10**12 + 1}, "AMOUNT_TOO_LARGE"),
        ({"amount": 10**12}, "INSUFFICIENT_SHARES"),
    ],
    ids=str,
)
def test_transfer_is_of_an_account_and_what_it_has(market, wrong, reason):
    command = transfer_custody(market.erin.number, instrument=2) | wrong
    assert market.dave.says(command) == [f"dave is refused: {reason}"]


def test_transfers_are_not_for_terminals(market):
    assert market.erin.transfers(market.erin) == ["erin is refused: COMMAND_NOT_PERMITTED"]
    assert market.journal[-1]["kind"] == CommandKind.TRANSFER_CUSTODY

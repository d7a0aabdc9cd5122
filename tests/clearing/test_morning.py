"""What a day leaves is what the next one begins with."""

from pathlib import Path

import numpy as np
import pytest

from engine.accounts import AccountBranch, load_accounts
from engine.clearing.morning import MorningRefused, morning_files
from engine.venue import Venue
from protocol.records import join
from protocol.vocabulary import (
    AccountStatus,
    CommandKind,
    Currency,
    FundsEntry,
    ListMode,
    Phase,
    SharesEntry,
)
from tests.commands import define_interest, journal, open_day
from tests.engine.conftest import FUNDED, SMALL
from tests.trading import FundedMarket

SYMBOLS = ["600000.SH", "600001.SH"]
SPENT = ("requests",)
CARRIED = {
    "funds": ("balance", "credit", "frozen_long", "spending_max"),
    "accruals": ("product", "accrued", "rest"),
}


def next_day(folder: Path, venue: Venue, day: np.ndarray, symbols: list[str]) -> Venue:
    """Open another day with what a venue leaves, and the listings of the first."""
    for name, content in morning_files(venue.state, symbols).items():
        (folder / name).write_bytes(content)
    kinds = (CommandKind.DEFINE_FEES, CommandKind.DEFINE_RULES, CommandKind.LIST_INSTRUMENT)
    told = day[np.isin(day["kind"], kinds)]
    listings = day[day["kind"] == CommandKind.LIST_INSTRUMENT][: len(symbols)]
    branches = [AccountBranch(number, 0, 2**31 - 1) for number in range(16)]
    accounts = load_accounts(folder, branches, symbols, listings["depository"])
    again = Venue(SMALL._replace(**FUNDED))
    rows = join([journal([open_day(with_accounts=1)]), told, accounts.commands])
    rows["sequence"] = np.arange(1, len(rows) + 1)
    again.apply(rows)
    return again


def held_by(venue: Venue) -> set[tuple[int, ...]]:
    """Return what is not empty of all holdings."""
    rows = venue.state.holdings[: venue.state.venue[0]["holdings"]]
    names = ["account", "instrument", "total", "cost", "frozen_long", "pledged"]
    return set(rows[rows["total"] > 0][names].tolist())


@pytest.fixture
def market() -> FundedMarket:
    """A market whose money bears interest, traded continuously."""
    market = FundedMarket(Venue(SMALL._replace(**FUNDED)))
    market.hears(define_interest(50_000))
    market.begins(Phase.CONTINUOUS)
    return market


def closed(market: FundedMarket) -> np.ndarray:
    """End the day; return its commands."""
    market.closes()
    return journal(market.journal)


def test_money_shares_limits_and_interest_of_a_day_begin_the_next(tmp_path, market):
    market.alice.buys(300, at="10.00")
    market.bob.sells(300, at="10.00")
    market.dave.moves(FundsEntry.FREEZE_LONG, "12.34", market.alice)
    market.dave.moves(FundsEntry.GRANT_CREDIT, "55.00", market.alice)
    market.dave.moves(FundsEntry.DEPOSIT, "7.89", market.carol, currency=Currency.HKD)
    market.dave.moves_shares(SharesEntry.PLEDGE, 40, market.bob)
    market.dave.limits(market.alice, open_orders_max=7, collar_bp=150, list_mode=ListMode.FORBIDS)
    market.dave.limits_spending(market.alice, "99.00")
    market.dave.puts_on_list(market.alice, 1)
    market.dave.makes(market.carol, AccountStatus.FROZEN)
    day = closed(market)
    again = next_day(tmp_path, market.venue, day, SYMBOLS)
    assert held_by(again) == held_by(market.venue)
    for arena, names in CARRIED.items():
        for name in names:
            before, after = (getattr(one.state, arena)[name] for one in (market.venue, again))
            assert np.array_equal(before, after), name
    assert market.venue.state.accruals["accrued"].any()
    for trader in market.traders:
        now, then = (one.account(trader.number) for one in (again, market.venue))
        assert now == then._replace(**dict.fromkeys(SPENT, 0) | {"open_orders": 0})


def test_an_account_that_owes_money_stops_the_morning_by_its_number(market):
    market.dave.moves(FundsEntry.GRANT_CREDIT, "5000.00", market.bob)
    market.carol.sells(400, at="10.00")
    market.bob.buys(400, at="10.00")
    closed(market)
    with pytest.raises(MorningRefused, match=r"account 2 owes 40.*CNY.*paid in"):
        morning_files(market.venue.state, SYMBOLS)


def test_a_closed_account_and_an_empty_holding_are_not_brought_forward(tmp_path, market):
    market.erin = market.admits("erin")
    market.dave.makes(market.erin, AccountStatus.CLOSED)
    market.dave.moves_shares(SharesEntry.SHARES_OUT, 10_000, market.bob)
    closed(market)
    files = morning_files(market.venue.state, SYMBOLS)
    first = [line.split(b",")[0] for line in files["accounts.csv"].splitlines()]
    assert first == [b"account", b"1", b"2", b"3", b"4"]
    assert not any(line.startswith(b"2,") for line in files["holdings.csv"].splitlines())

"""What a day has done to shares and money, as rows that tie with each other and with the venue."""

from datetime import date

import numpy as np
import pytest

from engine.clearing.calendars import Calendars, load_calendars
from engine.clearing.charges import charge
from engine.clearing.closed_day import ClosedDay, Reference, usual_reference
from engine.clearing.reconcile import reconcile
from engine.clearing.tables import Tables, tables_of
from engine.columns import ColumnError
from engine.settlement import load_settlement_rules, settlement_rule
from engine.venue import Venue
from protocol.calendar import to_date
from protocol.files.firms import FIRM
from protocol.files.rows import Movement
from protocol.vocabulary import Currency, FundsEntry, Market, Permission, Phase, SharesEntry
from tests.commands import journal
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.service_flow import random_account_day
from tests.engine.test_against_naive import ROOMY
from tests.trading import FundedMarket

MONDAY = 20260302


def closed(market: FundedMarket, reference: Reference | None = None) -> tuple[ClosedDay, Tables]:
    """End the day of a market; return it, and its tables."""
    market.closes()

    commands = journal(market.journal)
    venue = Venue(SMALL._replace(**FUNDED))
    reports = venue.apply(commands)
    day = ClosedDay(commands, reports, venue.state, reference or usual_reference())
    return day, tables_of(day)


@pytest.fixture
def market() -> FundedMarket:
    """A market whose accounts pay fees, traded continuously."""
    market = FundedMarket(Venue(SMALL._replace(**FUNDED)))
    market.begins(Phase.CONTINUOUS)
    return market


def test_a_holding_says_how_it_came_to_what_it_is(market):
    market.alice.buys(300, at="10.00")
    market.bob.sells(300, at="10.00")
    market.dave.moves_shares(SharesEntry.BONUS, 50, market.bob)
    market.dave.moves_shares(SharesEntry.PLEDGE, 20, market.bob)
    _, tables = closed(market)
    (bob,) = tables.balances[tables.balances["account"] == market.bob.number]
    told = ("before", "bought", "sold", "other", "total", "pledged")
    assert [int(bob[name]) for name in told] == [10_000, 0, 300, 50, 9_750, 20]
    (alice,) = tables.balances[tables.balances["account"] == market.alice.number]
    assert [int(alice[name]) for name in told] == [0, 300, 0, 0, 300, 0]


def test_each_movement_of_shares_is_told_with_its_reason_and_money(market):
    for _ in range(2):
        market.alice.buys(100, at="10.00")
        market.bob.sells(100, at="10.00")
    market.dave.moves_shares(SharesEntry.BONUS, 50, market.bob)
    market.dave.moves_shares(SharesEntry.FREEZE_LONG, 30, market.bob)
    _, tables = closed(market)
    told = [
        (int(row["account"]), Movement(row["movement"]), int(row["quantity"]), int(row["amount"]))
        for row in tables.changes
    ]
    assert told == [
        (market.alice.number, Movement.BOUGHT, 200, -20_000_000),
        (market.bob.number, Movement.SOLD, -200, 20_000_000),
        (market.bob.number, Movement.BONUS, 50, 0),
    ]


def test_money_is_told_on_both_levels(market):
    market.alice.buys(1_000, at="10.00")
    market.bob.sells(1_000, at="10.00")
    market.dave.moves(FundsEntry.DEPOSIT, "7.00", market.alice)
    _, tables = closed(market)
    (money,) = tables.money
    assert (money["fills"], money["bought"], money["sold"]) == (2, 10**8, 10**8)
    fees = sum(int(money[name]) for name in ("handling", "regulatory", "transfer", "stamp"))
    assert fees > 0 and money["net"] == -fees
    (alice,) = tables.funds[tables.funds["account"] == market.alice.number]
    assert (alice["before"], alice["bought"], alice["other"]) == (10**9, 10**8, 70_000)
    assert alice["balance"] == 10**9 - 10**8 - alice["fees"] + 70_000


def test_two_firms_clear_for_their_own_branches():
    market = FundedMarket(Venue(SMALL._replace(**FUNDED)), account={"branch": 7})
    market.begins(Phase.CONTINUOUS)
    market.dave.edits(market.bob, **{**market.account, "branch": 8})
    market.alice.buys(100, at="10.00")
    market.bob.sells(100, at="10.00")
    firms = np.zeros(2, FIRM)
    firms["firm"], firms["branches"] = (3, 5), (b"8", b"7")
    day, tables = closed(market, Reference(firms, Calendars()))
    assert tables.money["firm"].tolist() == [3, 5]
    assert (tables.money["net"] > 0).tolist() == [True, False]
    assert tables.fills.rows["firm"].tolist() == [3, 5]
    assert all(tie.ties for tie in reconcile(day, tables))


@pytest.mark.parametrize("seed", range(12))
def test_tables_of_a_random_day_tie(seed):
    commands = random_account_day(seed, ROOMY, 3_000).commands
    venue = Venue(ROOMY)
    reports = venue.apply(commands)
    day = ClosedDay(commands, reports, venue.state, usual_reference())
    assert [tie for tie in reconcile(day, tables_of(day)) if not tie.ties] == []


@pytest.mark.parametrize("seed", range(100, 106))
def test_fills_cost_what_charges_say_item_by_item(seed):
    commands = random_account_day(seed, ROOMY, 3_000).commands
    venue = Venue(ROOMY)
    reports = venue.apply(commands)
    fills = tables_of(ClosedDay(commands, reports, venue.state, usual_reference())).fills.rows
    customer, participant = charge(commands, reports)
    assert len(fills) > 50
    assert np.array_equal(fills["fees"], sum(customer.values()))
    for item, amounts in participant.items():
        assert np.array_equal(fills[item], amounts), item


def test_bought_and_sold_of_a_code_change_stay_with_the_code_that_was_traded(market):
    market.bob.sells(300, at="10.00")
    market.alice.buys(300, at="10.00")
    market.dave.changes_code(0, 1)
    day, tables = closed(market)
    bob = tables.balances[tables.balances["account"] == market.bob.number]
    told = ("before", "bought", "sold", "other", "total")
    assert [[int(row[name]) for name in told] for row in bob] == [
        [10_000, 0, 300, -9_700, 0],
        [0, 0, 0, 9_700, 9_700],
    ]
    assert all(tie.ties for tie in reconcile(day, tables))


def test_firm_has_one_net_amount_for_each_market_product_and_currency():
    market = FundedMarket(Venue(SMALL._replace(**FUNDED)))
    market.lists(2, market=Market.SZSE, permission=Permission.FUNDS, code=b"159915")
    share_b = {"permission": Permission.RISK_WARNING, "listed_currency": Currency.HKD}
    market.lists(3, market=Market.SZSE, code=b"200012", **share_b)
    market.alice.brings("100,000.00", currency=Currency.HKD)
    for number in (2, 3):
        market.bob.brings_shares(1_000, instrument=number)
    market.begins(Phase.CONTINUOUS)
    for number in (0, 2, 3):
        market.bob.sells(100, at="10.00", instrument=number)
        market.alice.buys(100, at="10.00", instrument=number)
    day, tables = closed(market)
    told = tables.money[["market", "product", "currency", "settle_date", "fills"]].tolist()
    assert told == [
        (Market.SSE, Permission.ORDINARY, Currency.CNY, 20260707, 2),
        (Market.SZSE, Permission.FUNDS, Currency.CNY, 20260707, 2),
        (Market.SZSE, Permission.RISK_WARNING, Currency.HKD, 20260709, 2),
    ]
    assert all(tie.ties for tie in reconcile(day, tables))


def test_two_markets_may_use_the_same_code():
    market = FundedMarket(Venue(SMALL._replace(**FUNDED)))
    market.lists(2, market=Market.SZSE, code=b"600000")
    market.bob.brings_shares(1_000, instrument=2)
    day, tables = closed(market)
    bob = tables.balances[tables.balances["account"] == market.bob.number]
    assert bob[["market", "code", "total"]].tolist() == [
        (Market.SSE, b"600000", 10_000),
        (Market.SZSE, b"600000", 1_000),
    ]
    assert all(tie.ties for tie in reconcile(day, tables))


def test_branch_may_have_any_number():
    market = FundedMarket(Venue(SMALL._replace(**FUNDED)), account={"branch": 2**31 - 1})
    _, tables = closed(market)
    assert set(tables.balances["branch"].tolist()) == {2**31 - 1}
    assert set(tables.balances["trading_unit"].tolist()) == {b""}


@pytest.mark.parametrize(
    ("table", "field", "amiss"),
    [
        ("balances", "total", "holdings that are the venue's"),
        ("changes", "quantity", "shares that changes and balances say have moved"),
        ("funds", "balance", "balances of accounts that are the venue's"),
        ("money", "bought", "CNY bought in fills and by firms"),
        ("money", "stamp", "CNY stamp in fills and by firms"),
        ("turnovers", "handling", "CNY handling in fills and by firms"),
        ("money", "net", "CNY of customers with their firms' income, and of firms"),
    ],
)
def test_a_row_that_was_changed_no_longer_ties(market, table, field, amiss):
    market.alice.buys(1_000, at="10.00")
    market.bob.sells(1_000, at="10.00")
    day, tables = closed(market)
    getattr(tables, table)[field][0] += 1
    assert amiss in [tie.what for tie in reconcile(day, tables) if not tie.ties]


def test_what_is_no_trading_day_of_market_or_bank_is_passed_over():
    closed_days = {"SSE": {date(2026, 3, 3)}, "USD": {date(2026, 3, 5)}}
    calendars = Calendars(closed_days, {"SSE": {date(2026, 3, 7)}})
    assert calendars.open_day_after(MONDAY, 1, "SZSE", "CNY") == 20260303
    assert calendars.open_day_after(MONDAY, 1, "SSE", "CNY") == 20260304
    assert calendars.open_day_after(MONDAY, 3, "SSE", "USD") == 20260309
    assert calendars.open_day_after(20260306, 1, "SSE") == 20260307
    assert calendars.open_day_after(20260306, 1, "SSE", "CNY") == 20260309


def test_calendars_come_from_a_file(tmp_path):
    path = tmp_path / "calendars.csv"
    path.write_text("calendar,date,is\nSSE,2026-03-03,closed\nCNY,2026-03-07,open\n")
    calendars = load_calendars(path)
    assert not calendars.is_open("SSE", date(2026, 3, 3))
    assert calendars.is_open("CNY", date(2026, 3, 7))
    assert not calendars.is_open("SZSE", date(2026, 3, 7))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("NYSE,2026-03-03,closed", "calendar: 'NYSE' is no calendar"),
        ("SSE,2026-02-30,closed", "date: "),
        ("SSE,2026-03-03,shut", "is: 'shut' is neither open nor closed"),
    ],
)
def test_a_line_of_calendars_that_means_nothing_is_named(tmp_path, line, reason):
    path = tmp_path / "calendars.csv"
    path.write_text(f"calendar,date,is\n{line}\n")
    with pytest.raises(ColumnError, match=f"calendars.csv:2: {reason}"):
        load_calendars(path)


def test_a_calendar_that_is_never_open_is_an_error():
    week = {date.fromordinal(date(2026, 3, 2).toordinal() + day) for day in range(400)}
    with pytest.raises(ColumnError, match="calendars SSE, CNY: no 1 days after 20260302"):
        Calendars({"SSE": week}).open_day_after(MONDAY, 1, "SSE", "CNY")


def test_b_shares_settle_on_the_third_day_and_of_all_else_money_on_the_next():
    rules = [settlement_rule(product, date(2026, 3, 2)) for product in Permission]
    days = {rule.product: (rule.shares_days, rule.money_days) for rule in rules}
    assert days == dict.fromkeys(Permission, (0, 1)) | {Permission.B_SHARES: (3, 3)}


def test_every_product_has_a_dated_rule_with_its_source():
    rules = load_settlement_rules()
    assert {rule.product for rule in rules} == set(Permission)
    assert all(rule.source and rule.confidence for rule in rules)


def test_each_market_and_currency_has_a_calendar(market):
    day, _ = closed(market)
    for market_of, currency in ((Market.SSE, Currency.CNY), (Market.SZSE, Currency.HKD)):
        assert day.money_date(market_of, Permission.ORDINARY, currency) > day.business_date


def test_a_holiday_of_the_banks_defers_the_money_of_a_b_share_and_not_the_share(market):
    usual, _ = closed(market)
    trade = (Market.SSE, Permission.B_SHARES, Currency.USD)
    holiday = to_date(usual.money_date(*trade))
    reference = usual.reference._replace(calendars=Calendars({"USD": {holiday}}))
    day = ClosedDay(usual.commands, usual.reports, usual.state, reference)
    assert day.shares_date(*trade) == usual.shares_date(*trade) == usual.money_date(*trade)
    assert day.money_date(*trade) > usual.money_date(*trade)

"""Two real days of the Shanghai exchange, dealt out to accounts, closed and imported."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from csv import DictReader
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from dbfread import DBF

from engine.storage.daybook import Daybook, in_batches
from engine.storage.journal import Journal, Mode
from gateway.cli import main
from gateway.replayed import replayed
from protocol.calendar import midnight
from protocol.files import layouts
from protocol.units import NANOSECONDS, parse_units
from protocol.vocabulary import CommandKind, FundsEntry, ReportKind, SharesEntry
from tests.commands import (
    admit,
    define_fees,
    journal,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.reference import LISTINGS, read_table, real_day, real_trades
from tests.trading import CUSTOMER, money

DAYS = sorted(LISTINGS)
BRANCHES, EACH = 3, 100
ACCOUNTS = BRANCHES * EACH
FIRMS = """1,淮海证券,1 3,JS000101,310000000000000000000101,B00101,440000000000000000000101
2,深南证券,2,JS000102,310000000000000000000102,B00102,440000000000000000000102
"""
A_SHARES_OF_2023 = {
    "stamp_sell_rate": 100_000,
    "transfer_rate": 1_000,
    "handling_rate": 4_870,
    "regulatory_rate": 2_000,
}
OPENING_SECOND = 8 * 3600
"""When accounts are opened, in seconds after midnight."""


class Trades(NamedTuple):
    """What the expected trades of a file come to: how many, shares, and turnover in cents."""

    count: int
    shares: int
    turnover: int


def branch_of(account: int) -> int:
    return account // EACH


def seconds_of(clock: str) -> float:
    hour, minute, second = clock.split(":")
    return (int(hour) * 60 + int(minute)) * 60 + float(second)


def dealt(day: str) -> np.ndarray:
    """Return the commands of a real day, its n-th order of the n-th account, round and round.

    Accounts begin with more money and shares than all the day's orders need.
    """
    business_date = int(day[-8:])
    listed = next(row for row in LISTINGS[day] if row["kind"] == CommandKind.LIST_INSTRUMENT)
    terms = {name: value for name, value in listed.items() if name not in ("kind", "rules")}
    terms |= {"quantity_min": 1, "quantity_step": 1, "settlement_days": 1}
    del terms["instrument"]
    accounts = range(EACH, EACH + ACCOUNTS)
    opening = [
        open_day(with_accounts=1, business_date=business_date),
        *(
            admit(branch, EACH * branch, EACH * branch + EACH - 1, branch=branch)
            | {"trading_unit_sse": b"2000%d" % branch, "trading_unit_szse": b"39000%d" % branch}
            for branch in range(1, BRANCHES + 1)
        ),
        define_fees(0, **A_SHARES_OF_2023),
        *listing(0, **terms),
        *(open_account(one, branch=branch_of(one), **CUSTOMER) for one in accounts),
        *(
            move_funds(one, money("9,000,000,000.00"), FundsEntry.BROUGHT_FORWARD)
            for one in accounts
        ),
        *(move_shares(one, 10_000_000, SharesEntry.BROUGHT_FORWARD) for one in accounts),
    ]
    recorded = [row for row in real_day(day) if row["kind"] not in OPENS]
    rows = journal([*opening, *assigned(recorded)])
    clocks = np.full(len(rows), OPENING_SECOND, float)
    clocks[len(opening) :] = clocks_of(day, recorded)
    rows["time"] = midnight(business_date) + (clocks * 1000).round().astype(np.int64) * (
        NANOSECONDS // 1000
    )
    return rows


OPENS = (CommandKind.OPEN_DAY, CommandKind.DEFINE_RULES, CommandKind.LIST_INSTRUMENT)


def assigned(recorded: list[dict]) -> Iterator[dict]:
    """Yield the commands with their accounts and with the session of their branch."""
    orders, sent = 0, Counter()
    for row in recorded:
        if row["kind"] == CommandKind.ENTER_ORDER:
            account = EACH + orders % ACCOUNTS
            orders += 1
        elif row["kind"] == CommandKind.CANCEL_ORDER:
            account = EACH + (row["order_number"] - 1) % ACCOUNTS
        else:
            yield row
            continue
        session = branch_of(account)
        sent[session] += 1
        of_order = {"account": account} if row["kind"] == CommandKind.ENTER_ORDER else {}
        yield row | of_order | {"session": session, "client_seq": sent[session]}


def clocks_of(day: str, recorded: list[dict]) -> list[float]:
    """Return when each command came, in seconds after midnight; a phase with what follows it."""
    clocks = [seconds_of(event["time"]) for event in read_table(f"{day}_events")]
    told, place = [], 0
    is_event = (CommandKind.ENTER_ORDER, CommandKind.CANCEL_ORDER)
    for row in recorded:
        told.append(clocks[min(place, len(clocks) - 1)])
        place += row["kind"] in is_event
    return sorted(told)


def expected(day: str) -> Trades:
    """Return the sums of the file of expected trades, from its own numbers."""
    rows = read_table(f"{day}_expected_trades")
    turnover = sum(Decimal(row["price"]) * int(row["qty"]) * 100 for row in rows)
    assert turnover == int(turnover)
    return Trades(len(rows), sum(int(row["qty"]) for row in rows), int(turnover))


class Closed(NamedTuple):
    """A recorded day that is closed: its name, its folder."""

    day: str
    daybook: Daybook

    def fills(self) -> list[dict[str, str]]:
        with (self.daybook.clearing / "fills.csv").open() as file:
            return list(DictReader(file))


@pytest.fixture(scope="module", params=DAYS)
def closed(request, tmp_path_factory) -> Closed:
    """A recorded day, journaled with accounts, and closed by the command."""
    rows = dealt(request.param)
    daybook = Daybook(tmp_path_factory.mktemp("data") / request.param[-8:])
    daybook.begin()
    daybook.reference.mkdir()
    header = ",".join(field.name for field in layouts.FIRMS.fields)
    (daybook.reference / "firms.csv").write_text(f"{header}\n{FIRMS}", encoding="utf-8")
    log = Journal(daybook.journal, int(request.param[-8:]), Mode.BUFFERED)
    log.begin()
    for batch in in_batches(rows):
        log.append(batch)
    log.close()
    assert main(["close", str(daybook.folder)]) == 0
    return Closed(request.param, daybook)


def cents(text: str) -> int:
    """Return money spelled like 12.34 or 12.3400 in cents."""
    units = parse_units(text)
    assert units % 100 == 0
    return units // 100


def test_every_order_is_taken_and_every_trade_comes_out_as_it_was(closed):
    assert not (replayed(closed.daybook).reports["kind"] == ReportKind.REJECTED).any()
    trades: dict[int, dict[str, dict[str, str]]] = {}
    for fill in closed.fills():
        trades.setdefault(int(fill["trade_number"]), {})[fill["side"]] = fill
    told = [
        (
            int(sides["BUY"]["order_number"]),
            int(sides["SELL"]["order_number"]),
            parse_units(sides["BUY"]["price"]),
            int(sides["BUY"]["quantity"]),
        )
        for _, sides in sorted(trades.items())
    ]
    assert told == real_trades(closed.day)


def test_sums_of_fills_and_money_are_those_of_the_expected_trades(closed):
    sums = expected(closed.day)
    for side in ("BUY", "SELL"):
        fills = [fill for fill in closed.fills() if fill["side"] == side]
        shares = sum(int(fill["quantity"]) for fill in fills)
        turnover = sum(cents(fill["turnover"]) for fill in fills)
        assert Trades(len(fills), shares, turnover) == sums
    with (closed.daybook.clearing / "money.csv").open() as file:
        rows = list(DictReader(file))
    assert [int(row["firm"]) for row in rows] == [1, 2]
    assert sum(int(row["fills"]) for row in rows) == 2 * sums.count
    for way in ("bought", "sold"):
        assert sum(int(row[f"quantity_{way}"]) for row in rows) == sums.shares
        assert sum(cents(row[way]) for row in rows) == sums.turnover


def test_sums_of_the_market_files_are_those_of_the_expected_trades(closed):
    sums, clearing = expected(closed.day), closed.daybook.clearing
    traded = list(DBF(clearing / "gh.dbf", encoding="gbk"))
    settled = list(DBF(clearing / "jsmx.dbf", encoding="gbk"))
    for side, sign in (("B", 1), ("S", -1)):
        rows = [row for row in traded if row["BS"] == side]
        turnover = sum(round(row["CJJE"] * 100) for row in rows)
        assert Trades(len(rows), sum(row["CJSL"] for row in rows), turnover) == sums
        rows = [row for row in settled if row["MMBZ"] == side]
        shares = sum(sign * int(row["SL"]) for row in rows)
        turnover = sum(-sign * cents(row["QSJE"].strip()) for row in rows)
        assert Trades(len(rows), shares, turnover) == sums


def test_the_day_is_imported_whole(closed, tmp_path: Path):
    database = tmp_path / "clearing.sqlite"
    assert main(["import", str(closed.daybook.clearing), "--into", str(database)]) == 0
    sums = expected(closed.day)
    with closing(sqlite3.connect(database)) as booked:
        for side in ("B", "S"):
            asked = "SELECT count(*), sum(CJSL), sum(CJJE) FROM gh_2016 WHERE BS = ?"
            assert booked.execute(asked, [side]).fetchone() == sums
        counts = [
            booked.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("fills_2", "jsmx_2016", "funds_1", "zqye_2016")
        ]
    assert counts == [2 * sums.count, 2 * sums.count, ACCOUNTS, ACCOUNTS]

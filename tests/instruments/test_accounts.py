"""The files of a day's accounts become the commands that open them, or are refused by line."""

import numpy as np
import pytest

from engine import columns
from engine.accounts import AccountBranch, DayAccounts, load_accounts
from engine.columns import ColumnError
from protocol.records import COMMAND
from protocol.vocabulary import (
    AccountKind,
    AccountStatus,
    CommandKind,
    Currency,
    Depository,
    FundsEntry,
    ListMode,
    RateAction,
    SharesEntry,
)

BRANCHES = [AccountBranch(2, 2000, 2999), AccountBranch(1, 1000, 1999)]
SYMBOLS = ["600519.SH", "000001.SZ"]
DEPOSITORIES = np.array([Depository.SHANGHAI_A, Depository.SHENZHEN_A])

ACCOUNTS = "account,branch,depositories,permissions,commission_rate,commission_min\n"
FUNDS = "account,currency,balance\n"
WITH_INTEREST = "account,currency,balance,product,accrued,rest\n"
HOLDINGS = "account,symbol,total\n"
LISTS = "account,symbol\n"
ALICE = "1001,1,SHANGHAI_A SHENZHEN_A,ORDINARY STAR,0.00025,5.00\n"
BOB = "2001,2,SHANGHAI_A,ORDINARY,0.0003,5.00\n"


@pytest.fixture
def load(tmp_path):
    """Return a function that loads files with these texts."""

    def load_texts(
        accounts: str = ACCOUNTS + ALICE,
        funds: str = FUNDS,
        holdings: str = HOLDINGS,
        lists: str = "",
    ) -> DayAccounts:
        texts = {"accounts": accounts, "funds": funds, "holdings": holdings}
        for name, text in (texts | ({"lists": lists} if lists else {})).items():
            (tmp_path / f"{name}.csv").write_text(text, "utf-8")
        return load_accounts(tmp_path, BRANCHES, SYMBOLS, DEPOSITORIES)

    return load_texts


def fields_of(rows: np.ndarray, *names: str) -> list[tuple]:
    return [tuple(row[name].item() for name in names) for row in rows]


def test_an_account_is_opened_as_its_line_says(load):
    day = load(ACCOUNTS + ALICE + BOB)
    assert day.commands.dtype == COMMAND
    assert set(day.commands["kind"]) == {CommandKind.OPEN_ACCOUNT}
    names = ("account", "branch", "depositories", "permissions", "commission_rate")
    assert fields_of(day.commands, *names) == [
        (1001, 1, 0b101, 0b11, 25_000),
        (2001, 2, 0b1, 0b1, 30_000),
    ]
    names = ("account_kind", "channels", "commission_min", "commission_min_foreign")
    assert fields_of(day.commands, *names) == [
        (AccountKind.CUSTOMER, 0b1111, 50_000, 10_000),
        (AccountKind.CUSTOMER, 0b1111, 50_000, 10_000),
    ]
    assert day.commands["commission_includes"].tolist() == [1, 1]


def test_columns_that_may_be_left_out_come_in_any_order(load):
    day = load(
        f"account_kind,commission_includes,channels,commission_min_foreign,{ACCOUNTS}"
        f"PROPRIETARY,0,ONLINE,0.5,{ALICE},,,,{BOB}"
    )
    assert fields_of(
        day.commands, "account_kind", "commission_includes", "channels", "commission_min_foreign"
    ) == [(1, 0, 0b1000, 5_000), (0, 1, 0b1111, 10_000)]


def test_limits_and_statuses_are_told_where_there_are_any(load):
    header = ACCOUNTS[:-1] + ",order_value_max,open_orders_max,status\n"
    day = load(
        header
        + f"{ALICE[:-1]},50000.00,,FROZEN\n"
        + f"{BOB[:-1]},,20,\n"
        + BOB.replace("2001", "2002")[:-1]
        + ",0,0,LOSS_REPORTED\n"
    )
    opened, limited, restricted = np.split(day.commands, [3, 5])
    assert set(opened["kind"]) == {CommandKind.OPEN_ACCOUNT}
    assert set(limited["kind"]) == {CommandKind.LIMIT_ACCOUNT}
    assert fields_of(limited, "account", "order_value_max", "open_orders_max") == [
        (1001, 500_000_000, 0),
        (2001, 0, 20),
    ]
    assert set(restricted["kind"]) == {CommandKind.CHANGE_STATUS}
    assert fields_of(restricted, "account", "status") == [
        (1001, AccountStatus.FROZEN),
        (2002, AccountStatus.LOSS_REPORTED),
    ]


def test_limits_that_are_left_out_are_those_of_a_new_account(load):
    columns = "rate_max,requests_max,rate_action,list_mode,collar_bp,duplicate_ms"
    header = f"{ACCOUNTS[:-1]},{columns}\n"
    day = load(
        f"{header}{ALICE[:-1]},,,,,,\n"
        f"{BOB[:-1]},0,,DELAY,,,1500\n"
        f"{BOB.replace('2001', '2002')[:-1]},300,20000,ALARM,PERMITS,200,0\n"
        f"{BOB.replace('2001', '2003')[:-1]},300,20000,ALARM,NONE,0,0\n"
    )
    opened, limited = np.split(day.commands, [4])
    assert set(opened["kind"]) == {CommandKind.OPEN_ACCOUNT}
    assert set(limited["kind"]) == {CommandKind.LIMIT_ACCOUNT}
    names = ("account", "order_value_max", "open_orders_max", *columns.split(","))
    assert fields_of(limited, *names) == [
        (2001, 0, 0, 0, 20_000, RateAction.DELAY, ListMode.NONE, 0, 1_500),
        (2002, 0, 0, 300, 20_000, RateAction.ALARM, ListMode.PERMITS, 200, 0),
    ]


def test_a_limited_account_keeps_the_rates_of_a_new_one(load):
    header = ACCOUNTS[:-1] + ",order_value_max\n"
    (_, limited) = load(f"{header}{ALICE[:-1]},50000\n").commands
    assert (limited["rate_max"], limited["requests_max"]) == (300, 20_000)


def test_funds_bring_their_limit_and_their_interest(load):
    day = load(
        funds="account,currency,balance,spending_max,product,accrued,rest\n"
        "1001,CNY,5,1000.00,457500.25,6354,1000000000\n1001,HKD,5,,,0,7\n1001,USD,5,,,,\n"
    )
    limited, *brought = day.commands[4:]
    assert limited["kind"] == CommandKind.LIMIT_FUNDS
    assert (limited["currency"], limited["spending_max"]) == (Currency.CNY, 10_000_000)
    brought = day.commands[5:]
    assert set(brought["kind"]) == {CommandKind.BRING_INTEREST}
    assert fields_of(brought, "account", "currency", "product", "accrued", "rest") == [
        (1001, Currency.CNY, 45_750_025, 6_354, 1_000_000_000),
        (1001, Currency.HKD, 0, 0, 7),
    ]
    assert day.movements == 3


def test_instruments_are_listed_for_accounts_where_there_is_a_file_of_them(load):
    day = load(ACCOUNTS + ALICE + BOB, lists=f"{LISTS}2001,000001.SZ\n1001,000001.SZ\n")
    rows = day.commands[2:]
    assert set(rows["kind"]) == {CommandKind.CHANGE_LIST}
    assert fields_of(rows, "account", "instrument", "is_listed") == [(2001, 1, 1), (1001, 1, 1)]
    assert (day.lists, day.movements) == (2, 0)


def test_money_is_brought_before_it_is_frozen(load):
    day = load(
        funds="account,currency,balance,credit,frozen_long\n"
        "1001,CNY,1000.50,,100\n1001,HKD,0,200,200\n1001,USD,0,,\n"
    )
    rows = day.commands[1:]
    assert set(rows["kind"]) == {CommandKind.MOVE_FUNDS}
    assert fields_of(rows, "account", "currency", "entry", "amount") == [
        (1001, Currency.CNY, FundsEntry.BROUGHT_FORWARD, 10_005_000),
        (1001, Currency.HKD, FundsEntry.GRANT_CREDIT, 2_000_000),
        (1001, Currency.CNY, FundsEntry.FREEZE_LONG, 1_000_000),
        (1001, Currency.HKD, FundsEntry.FREEZE_LONG, 2_000_000),
    ]
    assert day.movements == 4


def test_shares_are_brought_before_they_are_frozen_or_pledged(load):
    day = load(
        holdings="account,symbol,total,cost,frozen_long,pledged\n"
        "1001,600519.SH,300,435000.00,100,200\n1001,000001.SZ,50,-1.5,,50\n"
    )
    rows = day.commands[1:]
    assert set(rows["kind"]) == {CommandKind.MOVE_SHARES}
    assert fields_of(rows, "account", "instrument", "entry", "amount", "cost") == [
        (1001, 0, SharesEntry.BROUGHT_FORWARD, 300, 4_350_000_000),
        (1001, 1, SharesEntry.BROUGHT_FORWARD, 50, -15_000),
        (1001, 0, SharesEntry.FREEZE_LONG, 100, 0),
        (1001, 0, SharesEntry.PLEDGE, 200, 0),
        (1001, 1, SharesEntry.PLEDGE, 50, 0),
    ]
    assert (day.holdings, day.movements) == (2, 5)


def test_a_day_may_begin_with_no_account(load):
    assert len(load(ACCOUNTS).commands) == 0


def test_files_are_read_in_parts_as_if_in_one(load, monkeypatch):
    lines = "".join(f"{1000 + number},CNY,{number}.25\n" for number in range(10))
    accounts = ACCOUNTS + "".join(ALICE.replace("1001", str(1000 + n)) for n in range(10))
    whole = load(accounts, FUNDS + lines).commands
    monkeypatch.setattr(columns, "CHUNK_LINES", 3)
    assert load(accounts, FUNDS + lines).commands.tobytes() == whole.tobytes()
    with pytest.raises(ColumnError, match=r"funds\.csv:9: balance: 'x' is not a decimal number"):
        load(accounts, FUNDS + lines.replace("7.25", "x"))


def test_files_of_other_systems_are_read_too(load):
    lines = f"{ACCOUNTS}{ALICE}{BOB}"
    assert load(lines.replace("\n", "\r\n")).commands.tobytes() == load(lines).commands.tobytes()
    assert load(lines[:-1]).commands.tobytes() == load(lines).commands.tobytes()


def replaced(line: str, old: str, new: str) -> str:
    assert line.count(old) == 1
    return line.replace(old, new)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the first line must name account,branch,depositories,permissions,commission_rate"),
        (replaced(ACCOUNTS, "account,", ""), 1, "and may name commission_min_foreign, commission_"),
        (replaced(ACCOUNTS, "branch", "branch,branch"), 1, "each once"),
        (replaced(ACCOUNTS, "branch", "branch,age"), 1, "the first line must name account,branch"),
        (ACCOUNTS + "1001,1,,\n", 2, "has 4 fields instead of 6"),
        (ACCOUNTS + ALICE + "\n", 3, "has 1 fields instead of 6"),
        (ACCOUNTS + ALICE + ALICE, 3, "account 1001 is there twice"),
        (ACCOUNTS + replaced(ALICE, "1001", "x"), 2, "account: 'x' is not a whole number from 0 "),
        (ACCOUNTS + replaced(ALICE, "1001", "-1"), 2, "account: '-1' is not a whole number from 0"),
        (
            ACCOUNTS + replaced(ALICE, "1001", "2147483648"),
            2,
            "a whole number from 0 to 2147483647",
        ),
        (
            ACCOUNTS + replaced(ALICE, "1001", "2001"),
            2,
            "account 2001 is none of branch 1, whose accounts are 1000 to 1999; correct either",
        ),
        (
            ACCOUNTS + replaced(ALICE, "1001,1", "1001,3"),
            2,
            "branch 3 is not in the configuration; add it under [[branches]]",
        ),
        (
            ACCOUNTS + replaced(ALICE, "SHANGHAI_A", "SHANGHAI"),
            2,
            "depositories: 'SHANGHAI' is unknown; known are SHANGHAI_A SHANGHAI_B SHENZHEN_A",
        ),
        (ACCOUNTS + replaced(ALICE, "STAR", "STARS"), 2, "permissions: 'STARS' is unknown; known "),
        (ACCOUNTS + replaced(ALICE, "0.00025", "0.004"), 2, "0.004 is not a rate from 0 to 0.003"),
        (ACCOUNTS + replaced(ALICE, "5.00", "-5"), 2, "commission_min: -5 is not from 0.0000 to "),
        (ACCOUNTS + replaced(ALICE, "5.00", "five"), 2, "commission_min: 'five' is not a decimal"),
        (
            replaced(ACCOUNTS, "_min\n", "_min,collar_bp\n")
            + replaced(ALICE, "5.00", "5.00,10001"),
            2,
            "collar_bp: '10001' is not a whole number from 0 to 10000",
        ),
        (
            replaced(ACCOUNTS, "_min\n", "_min,rate_action\n")
            + replaced(ALICE, "5.00", "5.00,STOP"),
            2,
            "rate_action: 'STOP' is unknown; known are ALARM DELAY REFUSE",
        ),
        (
            replaced(ACCOUNTS, "_min\n", "_min,status\n") + replaced(ALICE, "5.00", "5.00,CLOSED"),
            2,
            "status: 'CLOSED' is unknown; known are NORMAL LOSS_REPORTED FROZEN",
        ),
    ],
)
def test_a_wrong_account_is_named_with_its_line(load, tmp_path, text, line, reason):
    with pytest.raises(ColumnError) as refused:
        load(text)
    said = str(refused.value)
    assert said.startswith(f"{tmp_path}/accounts.csv:{line}: ") and reason in said


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (FUNDS + "1002,CNY,1\n", 2, "account 1002 is not in accounts.csv; add it there"),
        (FUNDS + "1001,EUR,1\n", 2, "currency: 'EUR' is unknown; known are CNY USD HKD"),
        (FUNDS + "1001,CNY,-1\n", 2, "balance: -1 is not from 0.0000 to 1000000000000.0000"),
        (FUNDS + "1001,CNY,1.00001\n", 2, "balance: '1.00001' is not a number of at most four"),
        (FUNDS + "1001,CNY,1\n1001,USD,1\n1001,CNY,2\n", 4, "account 1001 has CNY twice"),
        (
            WITH_INTEREST + "1001,CNY,1,0.125,,\n",
            2,
            "product: '0.125' is not a number of at most t",
        ),
        (
            WITH_INTEREST + "1001,CNY,1,-1,,\n",
            2,
            "product: -1 is not from 0.0000 to 10000000000000",
        ),
        (WITH_INTEREST + "1001,CNY,1,,1.5,\n", 2, "accrued: '1.5' is not a whole number from 0 to"),
        (WITH_INTEREST + "1001,CNY,1,,,36000000000\n", 2, "a whole number from 0 to 35999999999"),
        (
            "account,currency,balance,credit,frozen_long\n1001,CNY,5,6,11\n1001,USD,5,6,11.01\n",
            3,
            "account 1001 has more frozen than balance and credit; correct one",
        ),
    ],
)
def test_wrong_funds_are_named_with_their_line(load, tmp_path, text, line, reason):
    with pytest.raises(ColumnError) as refused:
        load(funds=text)
    said = str(refused.value)
    assert said.startswith(f"{tmp_path}/funds.csv:{line}: ") and reason in said


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (HOLDINGS + "1002,600519.SH,1\n", 2, "account 1002 is not in accounts.csv; add it there"),
        (
            HOLDINGS + "1001,600520.SH,1\n",
            2,
            "symbol: '600520.SH' is no instrument of the day; list it, or leave this out",
        ),
        (HOLDINGS + "1001,600519.SH,0\n", 2, "total: '0' is not a whole number from 1 to"),
        (
            HOLDINGS + "1001,600519.SH,1\n1001,000001.SZ,1\n1001,600519.SH,1\n",
            4,
            "account 1001 has 600519.SH twice",
        ),
        (
            "account,symbol,total,frozen_long,pledged\n1001,600519.SH,100,60,41\n",
            2,
            "account 1001 has more frozen and pledged than its total; correct one",
        ),
        (
            HOLDINGS + "1001,000001.SZ,1\n2001,000001.SZ,1\n",
            3,
            "account 2001 has 000001.SZ, but not the depository SHENZHEN_A; add it in accounts.csv",
        ),
    ],
)
def test_wrong_holdings_are_named_with_their_line(load, tmp_path, text, line, reason):
    with pytest.raises(ColumnError) as refused:
        load(ACCOUNTS + BOB + ALICE, holdings=text)
    said = str(refused.value)
    assert said.startswith(f"{tmp_path}/holdings.csv:{line}: ") and reason in said


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("account\n", 1, "the first line must name account,symbol, each once"),
        (LISTS + "1002,600519.SH\n", 2, "account 1002 is not in accounts.csv; add it there"),
        (LISTS + "1001,600520.SH\n", 2, "symbol: '600520.SH' is no instrument of the day"),
        (LISTS + "1001,600519.SH\n1001,600519.SH\n", 3, "account 1001 has 600519.SH twice"),
    ],
)
def test_wrong_lists_are_named_with_their_line(load, tmp_path, text, line, reason):
    with pytest.raises(ColumnError) as refused:
        load(lists=text)
    said = str(refused.value)
    assert said.startswith(f"{tmp_path}/lists.csv:{line}: ") and reason in said


def test_a_file_that_is_absent_or_unreadable_is_named(load, tmp_path):
    load()
    (tmp_path / "funds.csv").unlink()
    with pytest.raises(ColumnError, match=r"funds\.csv: cannot be read: No such file"):
        load_accounts(tmp_path, BRANCHES, SYMBOLS, DEPOSITORIES)
    (tmp_path / "funds.csv").write_bytes(FUNDS.encode() + b"1001,\xff,1\n")
    with pytest.raises(ColumnError, match=r"funds\.csv: is not UTF-8"):
        load_accounts(tmp_path, BRANCHES, SYMBOLS, DEPOSITORIES)

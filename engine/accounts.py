"""The accounts with which a day begins: CSV files of a folder, made into commands.

accounts.csv says who there is, funds.csv what money they have, holdings.csv what shares, and
lists.csv, which may be absent, what instruments they have a list of.  entries.csv and codes.csv,
which may be absent too, say what is booked in the morning.  Below are their columns.
Whatever the venue would refuse is refused here, by its line.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.columns import Column, load_columns, refuse_first, repeated
from engine.fees import parse_rate
from protocol.bounds import (
    ACCRUED_MAX,
    COLLAR_MAX,
    COMMISSION_RATE_MAX,
    DUPLICATE_MAX,
    FUNDS_MAX,
    INTEREST_YEAR,
    PROGRAMME_RATE,
    PROGRAMME_REQUESTS,
    SHARES_MAX,
)
from protocol.records import COMMAND, join
from protocol.units import UNITS_PER_CENT, format_units, parse_units
from protocol.vocabulary import (
    NONE,
    AccountKind,
    AccountStatus,
    Channel,
    CommandKind,
    Currency,
    Depository,
    FundsEntry,
    ListMode,
    Permission,
    RateAction,
    SharesEntry,
)

Table = dict[str, np.ndarray]
"""The columns of a file, by name."""

NUMBER_MAX = 2**31 - 1

STATUSES = (AccountStatus.NORMAL, AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN)

TERMS = (
    "account",
    "branch",
    "account_kind",
    "channels",
    "depositories",
    "permissions",
    "commission_rate",
    "commission_min",
    "commission_min_foreign",
    "commission_includes",
)
"""What opens an account: columns of accounts.csv and fields of OPEN_ACCOUNT."""


class AccountBranch(NamedTuple):
    """A branch and the accounts that are its own."""

    number: int
    account_first: int
    account_last: int


class DayAccounts(NamedTuple):
    """The COMMAND rows that open the accounts of a day, and how many holdings they bring."""

    commands: np.ndarray
    holdings: int

    @property
    def movements(self) -> int:
        """How many of the commands move money or shares."""
        return self.count(CommandKind.MOVE_FUNDS, CommandKind.MOVE_SHARES)

    @property
    def lists(self) -> int:
        """How many of the commands put an instrument on a list."""
        return self.count(CommandKind.CHANGE_LIST)

    def count(self, *kinds: CommandKind) -> int:
        return int(np.isin(self.commands["kind"], kinds).sum())


def whole(most: int, least: int = 0) -> Callable[[str], int]:
    """Return what parses a whole number of a range."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def money(most: int, least: int = 0) -> Callable[[str], int]:
    """Return what parses an amount of a range, in 1/10000 of its currency."""

    def parse(text: str) -> int:
        units = parse_units(text)
        if not least <= units <= most:
            raise ValueError(f"{text} is not from {format_units(least)} to {format_units(most)}")
        return units

    return parse


def product(text: str) -> int:
    """Return an accumulated product like "4575000.00", in yuan-days, in cents times days."""
    units = money(ACCRUED_MAX * UNITS_PER_CENT)(text)
    if units % UNITS_PER_CENT:
        raise ValueError(f"{text!r} is not a number of at most two decimals")
    return units // UNITS_PER_CENT


def word(words: Iterable[IntEnum]) -> Callable[[str], int]:
    """Return what parses one of some words."""
    known = {member.name: int(member) for member in words}

    def parse(text: str) -> int:
        if text not in known:
            raise ValueError(f"{text!r} is unknown; known are {' '.join(known)}")
        return known[text]

    return parse


def bits(words: Iterable[IntEnum]) -> Callable[[str], int]:
    """Return what parses some words with blanks between them, as bits."""
    one = word(words)
    return lambda text: sum(1 << number for number in sorted({*map(one, text.split())}))


def commission_rate(text: str) -> int:
    return parse_rate(text, COMMISSION_RATE_MAX)


LIMITS = (
    Column("order_value_max", money(FUNDS_MAX), "0"),
    Column("open_orders_max", whole(NUMBER_MAX), "0"),
    Column("rate_max", whole(NUMBER_MAX), str(PROGRAMME_RATE)),
    Column("requests_max", whole(NUMBER_MAX), str(PROGRAMME_REQUESTS)),
    Column("rate_action", word(RateAction), RateAction.ALARM.name),
    Column("list_mode", word(ListMode), ListMode.NONE.name),
    Column("collar_bp", whole(COLLAR_MAX), "0"),
    Column("duplicate_ms", whole(DUPLICATE_MAX), "0"),
)
"""What limits an account; a new one has the defaults."""

ACCOUNTS = (
    Column("account", whole(NUMBER_MAX)),
    Column("branch", whole(NUMBER_MAX)),
    Column("depositories", bits(Depository)),
    Column("permissions", bits(Permission)),
    Column("commission_rate", commission_rate),
    Column("commission_min", money(NUMBER_MAX)),
    Column("commission_min_foreign", money(NUMBER_MAX), "1"),
    Column("commission_includes", whole(1), "1"),
    Column("account_kind", word(AccountKind), AccountKind.CUSTOMER.name),
    Column("channels", bits(Channel), " ".join(Channel.__members__)),
    Column("status", word(STATUSES), AccountStatus.NORMAL.name),
    *LIMITS,
)
SPENDING = (Column("spending_max", money(FUNDS_MAX), "0"),)
ACCRUAL = (
    Column("product", product, "0"),
    Column("accrued", whole(ACCRUED_MAX), "0"),
    Column("rest", whole(INTEREST_YEAR - 1), "0"),
)
"""What interest has accrued, and is not paid yet."""

FUNDS = (
    Column("account", whole(NUMBER_MAX)),
    Column("currency", word(Currency)),
    Column("balance", money(FUNDS_MAX)),
    Column("credit", money(FUNDS_MAX), "0"),
    Column("frozen_long", money(FUNDS_MAX), "0"),
    *SPENDING,
    *ACCRUAL,
)


def columns_of_holdings(symbols: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of holdings.csv on a day with these instruments."""
    return (
        Column("account", whole(NUMBER_MAX)),
        Column("symbol", numbered(symbols)),
        Column("total", whole(SHARES_MAX, least=1)),
        Column("cost", money(FUNDS_MAX, -FUNDS_MAX), "0"),
        Column("frozen_long", whole(SHARES_MAX), "0"),
        Column("pledged", whole(SHARES_MAX), "0"),
    )


def columns_of_lists(symbols: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of lists.csv on a day with these instruments."""
    return (Column("account", whole(NUMBER_MAX)), Column("symbol", numbered(symbols)))


SHARES_FROM = 1 << 8
"""Numbers of entries from this on are those of SharesEntry, that much higher."""

MORNING_ENTRIES = {
    "DIVIDEND": FundsEntry.DIVIDEND,
    "TRANSFER_OUT": FundsEntry.TRANSFER_OUT,
    "DIVIDEND_TAX": FundsEntry.DIVIDEND_TAX,
    "BONUS": SHARES_FROM + SharesEntry.BONUS,
    "RIGHTS": SHARES_FROM + SharesEntry.RIGHTS,
}


def morning_entry(text: str) -> int:
    """Return the number of what is booked in the morning."""
    if text not in MORNING_ENTRIES:
        raise ValueError(f"{text!r} is unknown; known are {' '.join(MORNING_ENTRIES)}")
    return MORNING_ENTRIES[text]


def columns_of_entries(symbols: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of entries.csv on a day with these instruments."""
    return (
        Column("what", morning_entry),
        Column("event", whole(NUMBER_MAX)),
        Column("account", whole(NUMBER_MAX)),
        Column("symbol", numbered_or(NONE, symbols)),
        Column("due", lambda text: 0),
        Column("shares", whole(SHARES_MAX)),
        Column("money", money(FUNDS_MAX)),
        Column("currency", word(Currency)),
    )


def numbered_or(none: int, symbols: Sequence[str]) -> Callable[[str], int]:
    """Return what parses a symbol, which is `none` where no instrument of the day has it."""
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    return lambda text: numbers.get(text, none)


def numbered(symbols: Sequence[str]) -> Callable[[str], int]:
    """Return what parses the symbol of an instrument of the day."""
    numbers = {symbol: number for number, symbol in enumerate(symbols)}

    def parse(text: str) -> int:
        if text not in numbers:
            raise ValueError(f"{text!r} is no instrument of the day; list it, or leave this out")
        return numbers[text]

    return parse


def load_accounts(
    directory: Path,
    branches: Sequence[AccountBranch],
    symbols: Sequence[str],
    depositories: np.ndarray,
) -> DayAccounts:
    """Return what the files of a folder begin a day with, or raise ColumnError.

    `symbols` are the instruments of the day by number, `depositories` where each is kept.
    """
    path = directory / "accounts.csv"
    accounts = load_columns(path, ACCOUNTS)
    check_accounts(path, accounts, branches)
    path = directory / "funds.csv"
    funds = load_columns(path, FUNDS)
    check_funds(path, funds, accounts)
    path = directory / "holdings.csv"
    holdings = load_columns(path, columns_of_holdings(symbols))
    holdings["instrument"] = holdings.pop("symbol")
    check_holdings(path, holdings, accounts, symbols, depositories)
    parts = [
        *opened(accounts),
        *funded(funds),
        *held(holdings),
        listed(directory / "lists.csv", accounts, symbols),
        *booked(directory / "entries.csv", accounts, symbols),
        recoded(directory / "codes.csv", symbols),
        restricted(accounts),
    ]
    return DayAccounts(join(parts), len(holdings["account"]))


def check_accounts(path: Path, accounts: Table, branches: Sequence[AccountBranch]) -> None:
    number, branch = accounts["account"], accounts["branch"]
    rows = np.array(sorted(branches), np.int64).reshape(-1, len(AccountBranch._fields))
    place = np.searchsorted(rows[:-1, 0], branch)
    known, first, last = rows[place].T
    refuse_first(
        path,
        known != branch,
        lambda at: f"branch {branch[at]} is not in the configuration; add it under [[branches]]",
    )
    refuse_first(
        path,
        (number < first) | (number > last),
        lambda at: (
            f"account {number[at]} is none of branch {branch[at]}, whose accounts are "
            f"{first[at]} to {last[at]}; correct either"
        ),
    )
    refuse_first(path, repeated(number), lambda at: f"account {number[at]} is there twice")


def check_funds(path: Path, funds: Table, accounts: Table) -> None:
    number, currency = funds["account"], funds["currency"]
    place_of(path, number, accounts)
    refuse_first(
        path,
        repeated(number * len(Currency) + currency),
        lambda at: f"account {number[at]} has {Currency(currency[at]).name} twice",
    )
    refuse_first(
        path,
        funds["frozen_long"] > funds["balance"] + funds["credit"],
        lambda at: f"account {number[at]} has more frozen than balance and credit; correct one",
    )


def check_holdings(
    path: Path,
    holdings: Table,
    accounts: Table,
    symbols: Sequence[str],
    depositories: np.ndarray,
) -> None:
    number, instrument = holdings["account"], holdings["instrument"]
    has = accounts["depositories"][place_of(path, number, accounts)]
    refuse_first(
        path,
        repeated(number * len(symbols) + instrument),
        lambda at: f"account {number[at]} has {symbols[instrument[at]]} twice",
    )
    refuse_first(
        path,
        holdings["frozen_long"] + holdings["pledged"] > holdings["total"],
        lambda at: f"account {number[at]} has more frozen and pledged than its total; correct one",
    )
    needed = depositories.astype(np.int64)[instrument]
    refuse_first(
        path,
        has >> needed & 1 == 0,
        lambda at: (
            f"account {number[at]} has {symbols[instrument[at]]}, but not the depository "
            f"{Depository(needed[at]).name}; add it in accounts.csv"
        ),
    )


def place_of(path: Path, number: np.ndarray, accounts: Table) -> np.ndarray:
    """Return at which place of `accounts` each account is; raises ColumnError for an unknown."""
    order = np.argsort(accounts["account"])
    known = accounts["account"][order]
    found = np.searchsorted(known[:-1], number)
    is_unknown = known[found] != number if len(known) else np.ones(len(number), bool)
    refuse_first(
        path, is_unknown, lambda at: f"account {number[at]} is not in accounts.csv; add it there"
    )
    return order[found]


def opened(accounts: Table) -> list[np.ndarray]:
    """Return the rows that open accounts, and limit those that have a limit."""
    return [
        rows_of(CommandKind.OPEN_ACCOUNT, accounts, TERMS),
        rows_beyond(CommandKind.LIMIT_ACCOUNT, accounts, ("account",), LIMITS),
    ]


def restricted(accounts: Table) -> np.ndarray:
    """Return the rows that say which accounts are not normal."""
    is_restricted = accounts["status"] != AccountStatus.NORMAL
    return rows_of(CommandKind.CHANGE_STATUS, accounts, ("account", "status"), is_restricted)


def funded(funds: Table) -> list[np.ndarray]:
    """Return the rows that bring money, which is there before some is frozen, and its interest."""
    entries = {
        "balance": FundsEntry.BROUGHT_FORWARD,
        "credit": FundsEntry.GRANT_CREDIT,
        "frozen_long": FundsEntry.FREEZE_LONG,
    }
    whose = ("account", "currency")
    return [
        *moved(CommandKind.MOVE_FUNDS, funds, whose, entries),
        rows_beyond(CommandKind.LIMIT_FUNDS, funds, whose, SPENDING),
        rows_beyond(CommandKind.BRING_INTEREST, funds, whose, ACCRUAL),
    ]


def held(holdings: Table) -> list[np.ndarray]:
    """Return the rows that bring shares; they are there before some are frozen or pledged."""
    entries = {
        "total": SharesEntry.BROUGHT_FORWARD,
        "frozen_long": SharesEntry.FREEZE_LONG,
        "pledged": SharesEntry.PLEDGE,
    }
    brought, *others = moved(CommandKind.MOVE_SHARES, holdings, ("account", "instrument"), entries)
    brought["cost"] = holdings["cost"]
    return [brought, *others]


def listed(path: Path, accounts: Table, symbols: Sequence[str]) -> np.ndarray:
    """Return the rows that list instruments for accounts, none where there is no such file."""
    if not path.exists():
        return np.zeros(0, COMMAND)
    lists = load_columns(path, columns_of_lists(symbols))
    lists["instrument"] = lists.pop("symbol")
    number, instrument = lists["account"], lists["instrument"]
    place_of(path, number, accounts)
    refuse_first(
        path,
        repeated(number * len(symbols) + instrument),
        lambda at: f"account {number[at]} has {symbols[instrument[at]]} twice",
    )
    rows = rows_of(CommandKind.CHANGE_LIST, lists, ("account", "instrument"))
    rows["is_listed"] = 1
    return rows


def booked(path: Path, accounts: Table, symbols: Sequence[str]) -> list[np.ndarray]:
    """Return the rows that book what came due over night, none where there is no such file.

    A file has money before shares, and what comes in before what is paid.
    """
    if not path.exists():
        return []
    entries = load_columns(path, columns_of_entries(symbols))
    place_of(path, entries["account"], accounts)
    entries["instrument"] = entries.pop("symbol")
    is_money = entries["what"] < SHARES_FROM
    refuse_first(
        path,
        ~is_money & (entries["instrument"] == NONE),
        lambda at: "symbol: it is no instrument of the day; list it, or leave this out",
    )
    money_rows = rows_of(CommandKind.MOVE_FUNDS, entries, ("account", "currency"), is_money)
    money_rows["entry"] = entries["what"][is_money]
    money_rows["amount"] = entries["money"][is_money]
    is_shares = ~is_money
    share_rows = rows_of(CommandKind.MOVE_SHARES, entries, ("account", "instrument"), is_shares)
    share_rows["entry"] = entries["what"][is_shares] - SHARES_FROM
    share_rows["amount"] = entries["shares"][is_shares]
    share_rows["cost"] = entries["money"][is_shares]
    return [money_rows, share_rows]


def recoded(path: Path, symbols: Sequence[str]) -> np.ndarray:
    """Return the rows by which all that is held of a code is held of another, if there are any."""
    if not path.exists():
        return np.zeros(0, COMMAND)
    names = {"symbol": "instrument", "to_symbol": "to_instrument"}
    codes = load_columns(path, [Column(name, numbered(symbols)) for name in names])
    table = {field: codes[name] for name, field in names.items()}
    return rows_of(CommandKind.CHANGE_CODE, table, list(table))


def moved(
    kind: CommandKind, table: Table, fields: Sequence[str], entries: dict[str, IntEnum]
) -> list[np.ndarray]:
    """Return the movements of each of the amounts that `entries` names, where it is not 0."""
    parts = []
    for name, entry in entries.items():
        rows = rows_of(kind, table, fields, table[name] > 0)
        rows["entry"] = entry
        rows["amount"] = table[name][table[name] > 0]
        parts.append(rows)
    return parts


def rows_beyond(
    kind: CommandKind, table: Table, fields: Sequence[str], columns: Sequence[Column]
) -> np.ndarray:
    """Return COMMAND rows of the lines in which any of the columns is not what it is by default."""
    beyond = [table[column.name] != column.parse(column.default) for column in columns]
    names = (*fields, *(column.name for column in columns))
    return rows_of(kind, table, names, np.any(beyond, axis=0))


def rows_of(
    kind: CommandKind, table: Table, fields: Sequence[str], chosen: np.ndarray | None = None
) -> np.ndarray:
    """Return COMMAND rows of a kind with these fields, for the chosen lines, or for all."""
    columns = [table[name] if chosen is None else table[name][chosen] for name in fields]
    rows = np.zeros(len(columns[0]), COMMAND)
    rows["kind"] = kind
    for name, column in zip(fields, columns, strict=True):
        rows[name] = column
    return rows

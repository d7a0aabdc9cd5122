"""What the tables of a closed day tell of each account, and whether it is whole."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gateway.notes.published import PublishedDay
from protocol.files.rows import Movement
from protocol.mistake import Mistake
from protocol.units import format_units
from protocol.vocabulary import Currency, Side

TABLES = ("fills", "changes", "balances", "funds")

Row = dict[str, Any]
"""A row of a table by its fields; codes are bytes."""

Security = tuple[int, bytes]
"""Market and code: two markets may use the same code."""


class Untied(Mistake):
    """The tables tell of an account what cannot be; the text says what, and what to do."""


class AccountDay(NamedTuple):
    """The rows of one account on one day, each table in its order."""

    business_date: int
    account: int
    fills: list[Row]
    changes: list[Row]
    balances: list[Row]
    funds: list[Row]

    @property
    def home(self) -> tuple[int, int]:
        """Firm and branch of the account; 0 where there is no row that tells them."""
        for row in (*self.funds, *self.balances, *self.fills):
            return row["firm"], row["branch"]
        return 0, 0

    def orders(self) -> list[list[Row]]:
        """Return the fills of each order, in the order of its first trade."""
        by_order: dict[int, list[Row]] = defaultdict(list)
        for fill in self.fills:
            by_order[fill["order_number"]].append(fill)
        return list(by_order.values())

    def check(self) -> None:
        """Raise Untied where movements do not make of what was there what is there now."""
        for row in self.funds:
            orders = [fill for fill in self.fills if fill["currency"] == row["currency"]]
            moved = sum(map(money_of, orders)) + row["other"]
            what = f"money in {Currency(row['currency']).name}"
            self.expect(what, row["before"] + moved, row["balance"])
        moved_shares = self.moved_shares()
        for row in self.balances:
            security = security_of(row)
            total = row["before"] + moved_shares.pop(security, 0)
            self.expect(f"shares of {row['code'].decode()}", total, row["total"], str)
        for (_, code), moved in moved_shares.items():
            self.expect(f"shares of {code.decode()}", moved, 0, str)

    def moved_shares(self) -> dict[Security, int]:
        """Return by how many shares fills and other movements have changed each holding."""
        moved: dict[Security, int] = defaultdict(int)
        for fill in self.fills:
            moved[security_of(fill)] += sign_of(fill) * fill["quantity"]
        for change in self.other_changes():
            moved[security_of(change)] += change["quantity"]
        return moved

    def other_changes(self) -> list[Row]:
        """Return the movements of shares besides trading."""
        traded = (Movement.BOUGHT, Movement.SOLD)
        return [change for change in self.changes if change["movement"] not in traded]

    def expect(
        self, what: str, found: int, expected: int, spell: Callable[[int], str] = format_units
    ) -> None:
        if found != expected:
            raise Untied(
                f"account {self.account} on {self.business_date}: {what}: its movements come to"
                f" {spell(found)}, but the tables have {spell(expected)}; close the day again"
            )


def sign_of(fill: Row) -> int:
    """Return 1 for shares that come in, -1 for those that go."""
    return 1 if fill["side"] == Side.BUY else -1


def value_of(fill: Row) -> int:
    """Return price x quantity, of which the turnover is rounded."""
    return int(fill["price"] * fill["quantity"])


def money_of(fill: Row) -> int:
    """Return what a fill did to the money of its account, fees and all."""
    return -sign_of(fill) * value_of(fill) - int(fill["fees"])


def security_of(row: Row) -> Security:
    return row["market"], row["code"]


class Accounts:
    """What a day tells of its accounts."""

    def __init__(self, day: PublishedDay) -> None:
        self.business_date = day.business_date
        self.tables = [ByAccount(day.rows(name)) for name in TABLES]

    def numbers(self) -> set[int]:
        """Return the accounts that stand in any table."""
        return set().union(*(table.places for table in self.tables))

    def of(self, account: int) -> AccountDay:
        """Return what there is of an account, which may be nothing; raises Untied."""
        rows = (table.of(account) for table in self.tables)
        found = AccountDay(self.business_date, account, *rows)
        found.check()
        return found


class ByAccount:
    """The rows of a table, those of each account together, in their order."""

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows[np.argsort(rows["account"], kind="stable")]
        found = np.unique(self.rows["account"], return_index=True, return_counts=True)
        bounds = np.stack(found, axis=1).tolist()
        self.places = {account: slice(start, start + count) for account, start, count in bounds}

    def of(self, account: int) -> list[Row]:
        """Return the rows of an account."""
        names = self.rows.dtype.names or ()
        rows = self.rows[self.places.get(account, slice(0))].tolist()
        return [dict(zip(names, values, strict=True)) for values in rows]

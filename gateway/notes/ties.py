"""What has to be the same in the published files of a day, on every level, and of the day before.

Everything is added up from the files as they lie there, the market files as well as the tables.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np

from engine.clearing.charges import PARTICIPANT
from engine.clearing.dealings import value_of
from engine.clearing.reconcile import Tie
from gateway.notes.depository import DETAILS, SHARES, STATISTICS, Told, add
from gateway.notes.published import PublishedDay
from gateway.notes.words import Words
from protocol.files.profiles import in_cents
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import Currency, Market, Side

Word = TypeVar("Word", Currency, Market)


class Sum(NamedTuple):
    """A tie, and whether its sides are money in 1/10000 of a currency."""

    tie: Tie
    is_money: bool


class Ties:
    """The ties of a day, said in `words`; `before` is the day before, where it is at hand."""

    def __init__(self, day: PublishedDay, before: PublishedDay | None, words: Words) -> None:
        self.day = day
        self.before = before
        self.words = words
        tables = ("fills", "changes", "balances", "money", "funds")
        self.tables = {name: day.rows(name) for name in tables}

    def all(self) -> Iterator[Sum]:
        """Yield every tie: with yesterday, of customers, firms, both levels, and depositories."""
        yield from self.yesterday()
        yield from self.customers()
        yield from self.firms()
        yield from self.levels()
        yield from self.depositories()
        yield from self.custody()

    def sum(self, is_money: bool, left: int, right: int, what: str, *names: object) -> Sum:
        return Sum(Tie(self.words[what].format(*names), int(left), int(right)), is_money)

    def alike(
        self, left: Counter[Hashable], right: Counter[Hashable], what: str, *names: object
    ) -> Sum:
        """Return how many sums there are to be compared one by one, and how many are the same."""
        keys = left.keys() | right.keys()
        same = sum(left[key] == right[key] for key in keys)
        return self.sum(False, len(keys), same, what, *names)

    def of(self, table: str, **where: int) -> np.ndarray:
        """Return the rows of a table that have these values."""
        rows = self.tables[table]
        for name, value in where.items():
            rows = rows[rows[name] == value]
        return rows

    def currencies(self) -> list[Currency]:
        return used(Currency, "currency", self.tables["funds"], self.tables["money"])

    def markets(self) -> list[Market]:
        return used(Market, "market", self.tables["balances"], self.tables["fills"])

    def yesterday(self) -> Iterator[Sum]:
        """Yield what was left yesterday, and what today began with."""
        if self.before is None:
            return
        funds, balances = self.before.rows("funds"), self.before.rows("balances")
        for currency in used(Currency, "currency", funds, self.tables["funds"]):
            left = sums(funds[funds["currency"] == currency], "account", "balance")
            right = sums(self.of("funds", currency=currency), "account", "before")
            name = self.currency(currency)
            yield self.sum(True, left.total(), right.total(), "tie_yesterday_money", name)
            yield self.alike(left, right, "tie_yesterday_accounts", name)
        for market in used(Market, "market", balances, self.tables["balances"]):
            held = ["account", "code"]
            left = sums(balances[balances["market"] == market], held, "total")
            right = sums(self.of("balances", market=market), held, "before")
            name = self.market(market)
            yield self.sum(False, left.total(), right.total(), "tie_yesterday_shares", name)
            yield self.alike(left, right, "tie_yesterday_holdings", name)

    def customers(self) -> Iterator[Sum]:
        """Yield whether the movements of accounts make of what was there what is there now."""
        for currency in self.currencies():
            rows = self.of("funds", currency=currency)
            moved = rows["sold"] - rows["bought"] - rows["fees"] + rows["other"]
            left, name = (rows["before"] + moved).sum(), self.currency(currency)
            yield self.sum(True, left, rows["balance"].sum(), "tie_funds", name)
            same = int((rows["before"] + moved == rows["balance"]).sum())
            yield self.sum(False, len(rows), same, "tie_funds_each", name)
        for market in self.markets():
            rows, name = self.of("balances", market=market), self.market(market)
            moved = rows["bought"] - rows["sold"] + rows["other"]
            left, right = (rows["before"] + moved).sum(), rows["total"].sum()
            yield self.sum(False, left, right, "tie_shares", name)
            same = int((rows["before"] + moved == rows["total"]).sum())
            yield self.sum(False, len(rows), same, "tie_shares_each", name)
            moved = self.of("changes", market=market)["quantity"].sum()
            net = (rows["total"] - rows["before"]).sum()
            yield self.sum(False, moved, net, "tie_changes", name)

    def firms(self) -> Iterator[Sum]:
        """Yield what customers and what firms have of the fills."""
        for currency in self.currencies():
            fills = self.of("fills", currency=currency)
            money, funds = self.of("money", currency=currency), self.of("funds", currency=currency)
            name, value = self.currency(currency), value_of(fills)
            for side, item in ((Side.BUY, "bought"), (Side.SELL, "sold")):
                left, told = value[fills["side"] == side].sum(), (name, self.words[item])
                yield self.sum(True, left, money[item].sum(), "tie_fills_money", *told)
                yield self.sum(True, left, funds[item].sum(), "tie_fills_funds", *told)
            for item in PARTICIPANT:
                sides = fills[item].sum(), money[item].sum()
                yield self.sum(True, *sides, "tie_fills_money", name, self.words[item])
            sides = fills["fees"].sum(), funds["fees"].sum()
            yield self.sum(True, *sides, "tie_fills_funds", name, self.words["fees"])

    def levels(self) -> Iterator[Sum]:
        """Yield whether customers, and what their firms keep, come to what the firms receive."""
        for currency in self.currencies():
            funds, money = self.of("funds", currency=currency), self.of("money", currency=currency)
            passed_on = sum(money[item].sum() for item in PARTICIPANT)
            net = (funds["sold"] - funds["bought"] - funds["fees"]).sum()
            left, name = net + funds["fees"].sum() - passed_on, self.currency(currency)
            yield self.sum(True, left, money["net"].sum(), "tie_levels", name)

    def depositories(self) -> Iterator[Sum]:
        """Yield what the depositories' files say of money, and what the firms' does."""
        for currency in self.currencies():
            for told in DETAILS:
                where = {"market": told.market, "currency": currency}
                right = self.of("money", **where)["net"].sum() + rounded(self.of("fills", **where))
                yield self.of_depository(told, currency, right)
            rows = self.of("money", market=STATISTICS.market, currency=currency)
            right = in_cents(rows["net"]).sum() * UNITS_PER_CENT
            yield self.of_depository(STATISTICS, currency, right)

    def of_depository(self, told: Told, currency: Currency, right: int) -> Sum:
        names = self.market(told.market), self.currency(currency), told.names
        return self.sum(True, told.money(self.day, currency), right, "tie_depository_money", *names)

    def custody(self) -> Iterator[Sum]:
        """Yield what the depositories' files say of shares, and what the accounts' do."""
        for told, table, column in SHARES:
            left = told.shares(self.day)
            right = sums(self.of(table, market=told.market), "code", column)
            names = self.market(told.market), told.names, f"{table}.csv"
            yield self.sum(False, left.total(), right.total(), "tie_depository_shares", *names)
            yield self.alike(left, right, "tie_depository_securities", *names)

    def market(self, market: Market) -> str:
        return self.words[f"market.{market.name}"]

    def currency(self, currency: Currency) -> str:
        return self.words[f"currency.{currency.name}"]


def used(words: type[Word], column: str, *tables: np.ndarray) -> list[Word]:
    """Return the words that stand in a column of tables."""
    numbers = np.unique(np.concatenate([table[column] for table in tables]))
    return [words(number) for number in numbers.tolist()]


def sums(rows: np.ndarray, key: str | list[str], column: str) -> Counter[Hashable]:
    """Return the sums of a column of rows by one field, or by some."""
    found: Counter[Hashable] = Counter()
    add(found, rows[key].tolist(), rows[column].tolist())
    return found


def rounded(fills: np.ndarray) -> int:
    """Return by how much the money of fills grows where each turnover is rounded to the cent."""
    gained = fills["turnover"] - value_of(fills)
    return int(np.where(fills["side"] == Side.SELL, gained, -gained).sum())

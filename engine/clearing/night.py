"""What happens between two days: corporate actions come due, dividends are taxed, lots go on.

A day of record tells who is entitled to what; what is due on the next business day becomes entries
with which that day begins, and all else is carried on.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.clearing.actions import Action, Kind, load_actions
from engine.clearing.calendars import Calendars
from engine.clearing.closed_day import ClosedDay
from engine.clearing.entitlements import (
    Entitlement,
    What,
    entitled,
    holders,
    load_entitlements,
    load_subscriptions,
)
from engine.clearing.lots import Holding, Lots, begin, go_on, load_lots
from engine.clearing.tables import Tables
from engine.columns import ColumnError
from engine.rulebook import SUFFIXES
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import AccountKind, AccountStatus, Currency, Market, Permission

NO_EVENT = 0
UNTAXED = (Permission.FUNDS, Permission.REITS, Permission.CONVERTIBLES, Permission.B_SHARES)
"""Products on whose income persons pay no such tax."""

ORDER = (What.DIVIDEND, What.BONUS, What.TRANSFER_OUT, What.RIGHTS, What.DIVIDEND_TAX)
"""In which entries are booked: what is paid needs what comes in first."""


class Night(NamedTuple):
    """What the next business day begins with, besides what accounts have.

    `entries` are booked then, `carried` later; `lapsed` are rights that were not paid for.  `codes`
    are pairs of the symbols that change.
    """

    next_date: int
    entries: list[Entitlement]
    carried: list[Entitlement]
    lapsed: list[Entitlement]
    codes: list[tuple[str, str]]
    lots: Lots

    def __str__(self) -> str:
        """Say it in a line."""
        taxed = sum(entry.what is What.DIVIDEND_TAX for entry in self.entries)
        told = f"{len(self.entries)} entries on {self.next_date}, {taxed} of them dividend tax"
        more = ((self.carried, "carried on"), (self.lapsed, "lapsed"), (self.codes, "codes change"))
        return ", ".join([told, *(f"{len(some)} {what}" for some, what in more if some)])


def night_after(day: ClosedDay, tables: Tables, reference: Path, since: int | None = None) -> Night:
    """Return the night after a day whose reference lies in a folder.

    `since` is the business date of the close before, where it is known.  Raises ColumnError where
    one of its files is wrong, naming it and the line or event.
    """
    symbols = symbols_of(day.listings)
    calendars = day.reference.calendars
    next_date = next_day(day.business_date, calendars)
    of_balances, of_changes = symbols_of(tables.balances), symbols_of(tables.changes)
    lots = load_lots(reference)
    begin(lots, tables.balances, of_balances)
    taxes = go_on(lots, tables.changes, of_changes, day.business_date)
    actions = load_actions(reference, calendars)
    check_missed(actions, since, day.business_date, calendars)
    subscriptions = load_subscriptions(reference, actions)
    pending = load_entitlements(reference)
    currencies = dict(zip(symbols, day.listings["listed_currency"].tolist(), strict=True))
    for action in actions:
        if action.record_date != day.business_date or action.kind is Kind.CODE_CHANGE:
            continue
        check_listed(action, symbols)
        held = holders(tables.balances, of_balances, action.symbol)
        subscribed = subscriptions.get(action.event, {})
        currency = Currency(currencies[action.symbol])
        pending += entitled(action, held, subscribed, currency)
        if action.kind is Kind.DIVIDEND:
            note_dividend(lots, action, taxable(day, action.symbol, symbols, held))
    pending += (
        Entitlement(
            What.DIVIDEND_TAX,
            NO_EVENT,
            holding.account,
            holding.symbol,
            next_date,
            0,
            tax,
            Currency.CNY,
        )
        for holding, tax in taxes.items()
    )
    codes = changing(actions, symbols, next_date)
    entries, carried, lapsed = settled(day, tables, pending, next_date)
    carried = [one._replace(symbol=codes.get(one.symbol, one.symbol)) for one in carried]
    return Night(next_date, entries, carried, lapsed, [*codes.items()], lots)


def changing(actions: Iterable[Action], symbols: Sequence[str], next_date: int) -> dict[str, str]:
    """Return the symbols that change on the next day, and what to."""
    changes = [
        action
        for action in actions
        if action.kind is Kind.CODE_CHANGE and action.ex_date == next_date
    ]
    for action in changes:
        check_listed(action, symbols)
    return {action.symbol: action.to_symbol for action in changes}


def check_missed(
    actions: Iterable[Action], since: int | None, business_date: int, calendars: Calendars
) -> None:
    """Raise ColumnError for what a close would have reckoned that never was.

    Shares are counted by the close of the record date, codes changed by the one before the ex-date.
    """
    if since is None:
        return
    expected = next_day(since, calendars)
    for action in actions:
        if action.kind is Kind.CODE_CHANGE:
            what, date = "ex-date", action.ex_date
            is_missed = expected < date <= business_date
        else:
            what, date = "record date", action.record_date
            is_missed = expected <= date < business_date
        if is_missed:
            raise ColumnError(
                f"actions.csv: event {action.event}: between the last close, of {since}, and this"
                f" one, of {business_date}, there was none for its {what} {date}; correct the date,"
                " or take the line out and book by hand what it brings"
            )


def next_day(business_date: int, calendars: Calendars) -> int:
    """Return the day on which the first market is open again."""
    return min(calendars.open_day_after(business_date, 1, market.name) for market in Market)


def check_listed(action: Action, symbols: Sequence[str]) -> None:
    """Raise ColumnError where what is to come about is of a share that the day does not list."""
    if action.symbol not in symbols:
        raise ColumnError(
            f"actions.csv: event {action.event}: {action.symbol} is not listed on the day of its"
            f" {action.kind.name}; correct the symbol or take the line out"
        )


def symbols_of(rows: np.ndarray) -> list[str]:
    """Return the symbols of rows that have code and market."""
    suffixes = {int(market): suffix for suffix, market in SUFFIXES.items()}
    codes, markets = rows["code"].tolist(), rows["market"].tolist()
    return [
        f"{code.decode()}.{suffixes[market]}" for code, market in zip(codes, markets, strict=True)
    ]


def taxable(day: ClosedDay, symbol: str, symbols: list[str], held: Mapping[int, int]) -> list[int]:
    """Return which of the holders are persons, if dividends of the share are taxed."""
    listing = day.listings[symbols.index(symbol)]
    if listing["permission"] in UNTAXED or listing["listed_currency"] != Currency.CNY:
        return []
    kinds = day.state.owners["account_kind"]
    return [account for account in held if kinds[account] == AccountKind.CUSTOMER]


def note_dividend(lots: Lots, action: Action, accounts: Iterable[int]) -> None:
    for account in accounts:
        lots.pay(Holding(account, action.symbol), action.cash)


def settled(
    day: ClosedDay, tables: Tables, pending: list[Entitlement], next_date: int
) -> tuple[list[Entitlement], list[Entitlement], list[Entitlement]]:
    """Return which entitlements are booked on the next day, carried on, and lapse.

    What accounts pay, they pay of what they have: of a tax a part, of rights all or nothing.
    """
    funds = tables.funds
    left = {
        (account, currency): balance - frozen
        for account, currency, balance, frozen in funds[
            ["account", "currency", "balance", "frozen"]
        ].tolist()
    }
    goes_on = ~np.isin(day.state.accounts["status"], (AccountStatus.NONE, AccountStatus.CLOSED))
    entries: list[Entitlement] = []
    carried: list[Entitlement] = []
    lapsed: list[Entitlement] = []
    unpaid: set[tuple[int, int]] = set()
    for one in sorted(pending, key=lambda one: (ORDER.index(one.what), one)):
        key, whose = (one.account, one.currency), (one.event, one.account)
        if one.due > next_date or not goes_on[one.account]:
            carried.append(one)
        elif one.what is What.DIVIDEND:
            left[key] = left.get(key, 0) + one.money
            entries.append(one)
        elif one.what is What.TRANSFER_OUT and left.get(key, 0) < one.money:
            unpaid.add(whose)
        elif one.what is What.RIGHTS and whose in unpaid:
            lapsed.append(one)
        elif one.shares:
            entries.append(one)
        else:
            paid = min(one.money, max(left.get(key, 0), 0) // UNITS_PER_CENT * UNITS_PER_CENT)
            left[key] = left.get(key, 0) - paid
            if paid:
                entries.append(one._replace(money=paid))
            if paid < one.money:
                carried.append(one._replace(money=one.money - paid))
    return entries, carried, lapsed

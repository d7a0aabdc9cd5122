"""A day with accounts that is over: what its journal, its reports and its last state tell."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.clearing.calendars import Calendars, load_calendars
from engine.clearing.fills import Fills, Rates, not_refused, refused, securities_of
from engine.kernels import State
from engine.kernels.fills import MEMBER, TERMS, TERMS_CHANGE
from engine.listings import listed
from engine.settlement import SettlementRule, settlement_rule
from protocol.calendar import to_date
from protocol.files.firms import assign, load_firms, one_firm
from protocol.records import join
from protocol.vocabulary import CommandKind, Currency, Market, Permission


class Reference(NamedTuple):
    """What the close knows besides the day: FIRM rows, and when markets and banks are open."""

    firms: np.ndarray
    calendars: Calendars


def usual_reference() -> Reference:
    """Return that one firm clears for all, and only weekends are closed."""
    return Reference(one_firm(), Calendars())


def load_reference(folder: Path) -> Reference:
    """Return what firms.csv and calendars.csv of a folder say; what is missing is as usual.

    Raises FileFault and ColumnError, naming file and line.
    """
    firms, calendars = (folder / name for name in ("firms.csv", "calendars.csv"))
    usual = usual_reference()
    return Reference(
        load_firms(firms) if firms.exists() else usual.firms,
        load_calendars(calendars) if calendars.exists() else usual.calendars,
    )


class ClosedDay:
    """Looks up what the rows of the day's tables have in common.

    `commands` are its COMMAND rows, `reports` all REPORT rows that they caused, `state` is that of
    the venue behind the last.
    """

    def __init__(
        self, commands: np.ndarray, reports: np.ndarray, state: State, reference: Reference
    ) -> None:
        self.commands = commands
        self.reports = reports
        self.state = state
        self.reference = reference

    def granted(self, kind: CommandKind) -> np.ndarray:
        """Return the commands of a kind that were not refused."""
        return not_refused(self.commands, self.refused, kind)

    @cached_property
    def refused(self) -> np.ndarray:
        """The sequences of the commands that were refused."""
        return refused(self.reports)

    @cached_property
    def business_date(self) -> int:
        return int(self.granted(CommandKind.OPEN_DAY)["business_date"][0])

    @cached_property
    def listings(self) -> np.ndarray:
        """The LIST_INSTRUMENT rows, by number of instrument."""
        return self.granted(CommandKind.LIST_INSTRUMENT)

    @cached_property
    def listed(self) -> np.ndarray:
        """The LISTED rows, by number of instrument."""
        told = (CommandKind.DEFINE_RULES, CommandKind.LIST_INSTRUMENT)
        return listed(join([self.granted(kind) for kind in told]))

    @cached_property
    def movements(self) -> np.ndarray:
        """The MOVEMENT rows of the day, in order."""
        return self.state.movements[: self.state.venue[0]["movements"]]

    @cached_property
    def branches(self) -> np.ndarray:
        """The branch of each account, by number of account."""
        return self.state.owners["branch"]

    @cached_property
    def firms(self) -> np.ndarray:
        """The firm that clears for each account, by number of account."""
        return assign(self.reference.firms, self.branches)

    @cached_property
    def units(self) -> dict[Market, np.ndarray]:
        """The trading unit of each account in each market, by number of account.

        It is that of its branch, as the first session of the branch was told it.
        """
        admitted = self.granted(CommandKind.ADMIT_SESSION)
        branches, first = np.unique(admitted["branch"], return_index=True)
        is_known = np.isin(self.branches, branches)
        places = first[np.searchsorted(branches, self.branches[is_known])]
        units = {market: np.zeros(len(self.branches), "S6") for market in Market}
        units[Market.SSE][is_known] = admitted["trading_unit_sse"][places]
        units[Market.SZSE][is_known] = admitted["trading_unit_szse"][places]
        return units

    @cached_property
    def securities(self) -> np.ndarray:
        """The SECURITY rows of what is listed, by number of instrument."""
        rows = securities_of(self.listings)
        rows["fees"] = self.listings["fees"]
        rows["product"] = self.listings["permission"]
        rows["currency"] = self.listings["listed_currency"]
        rows["settle_date"] = self.money_dates
        return rows

    @cached_property
    def members(self) -> np.ndarray:
        """The MEMBER rows of all accounts, by number."""
        rows = np.zeros(len(self.branches), MEMBER)
        rows["branch"], rows["firm"] = self.branches, self.firms
        rows["unit_sse"], rows["unit_szse"] = self.units[Market.SSE], self.units[Market.SZSE]
        return rows

    @cached_property
    def fills(self) -> Fills:
        """The fills of the day."""
        rates = Rates(self.state.fees, len(self.branches), self.terms_changes)
        return Fills(self.reports, self.securities, self.members, self.business_date, rates)

    @cached_property
    def terms_changes(self) -> np.ndarray:
        """The TERMS_CHANGE rows of the day, by sequence."""
        told = (CommandKind.OPEN_ACCOUNT, CommandKind.EDIT_ACCOUNT)
        asked = join([self.granted(kind) for kind in told])
        asked = asked[np.argsort(asked["sequence"])]
        rows = np.zeros(len(asked), TERMS_CHANGE)
        rows["sequence"], rows["account"] = asked["sequence"], asked["account"]
        for name in TERMS.names or ():
            rows["terms"][name] = asked[name]
        return rows

    @cached_property
    def money_dates(self) -> np.ndarray:
        """When the money of a trade is settled, by number of instrument, like 20260303."""
        return self.by_instrument(self.money_date)

    @cached_property
    def shares_dates(self) -> np.ndarray:
        """When the shares of a trade are settled, by number of instrument, like 20260303."""
        return self.by_instrument(self.shares_date)

    def by_instrument(self, date_of: Callable[[int, int, int], int]) -> np.ndarray:
        keys = [self.listings[name] for name in ("market", "permission", "listed_currency")]
        kinds, of_listing = np.unique(np.column_stack(keys), axis=0, return_inverse=True)
        dates = [date_of(*map(int, kind)) for kind in kinds]
        return np.array(dates, np.int32)[of_listing] if dates else np.zeros(0, np.int32)

    def money_date(self, market: int, product: int, currency: int) -> int:
        """Return when the money of a trade of today in a product of a market is settled: a day on
        which the market and the banks of the currency are open, as those are that are counted."""
        days = self.settled_by(product, currency).money_days
        calendars = (Market(market).name, Currency(currency).name)
        return self.reference.calendars.open_day_after(self.business_date, days, *calendars)

    def shares_date(self, market: int, product: int, currency: int) -> int:
        """Return when its shares are; only the market need be open."""
        days = self.settled_by(product, currency).shares_days
        calendar = Market(market).name
        return self.reference.calendars.open_day_after(self.business_date, days, calendar)

    def settled_by(self, product: int, currency: int) -> SettlementRule:
        """Return what holds for trades of today in a product.

        Whatever is traded in a foreign currency is a B share, also one for which an account needs
        another permission, such as one under special treatment.
        """
        settled_as = Permission(product) if currency == Currency.CNY else Permission.B_SHARES
        return settlement_rule(settled_as, to_date(self.business_date))

    @property
    def stride(self) -> int:
        """How far the keys of two accounts lie apart."""
        return max(len(self.listings), 1)

    def key(self, rows: np.ndarray) -> np.ndarray:
        """Return one number for account and instrument of rows together."""
        return rows["account"].astype(np.int64) * self.stride + rows["instrument"]

    def tell_instrument(self, rows: np.ndarray, instrument: np.ndarray) -> None:
        """Say in rows of a table to which instruments they belong."""
        rows["business_date"] = self.business_date
        rows["code"] = self.listings["code"][instrument]
        rows["market"] = self.listings["market"][instrument]
        rows["product"] = self.listings["permission"][instrument]
        rows["currency"] = self.listings["listed_currency"][instrument]

    def tell_account(self, rows: np.ndarray, account: np.ndarray) -> None:
        """Say in rows of a table whose they are."""
        rows["business_date"] = self.business_date
        rows["account"] = account
        rows["branch"] = self.branches[account]
        rows["firm"] = self.firms[account]

    def tell_unit(self, rows: np.ndarray) -> None:
        """Say in rows of a table, of which account and market are known, the trading unit."""
        for market, units in self.units.items():
            here = rows["market"] == market
            rows["trading_unit"][here] = units[rows["account"][here]]

"""The day's fills: who traded what with which order, from the commands and the reports of the day.

Listings and admissions that the venue refused are in the log as well; a report tells of each.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from engine.kernels.fills import (
    MEMBER,
    ORDER,
    SECURITY,
    TERMS,
    TERMS_CHANGE,
    charge_fills,
    survey,
    tell_fills,
)
from engine.kernels.state import FEES
from protocol.files.rows import FILL
from protocol.vocabulary import CommandKind, ReportKind

BLOCK_REPORTS = 1 << 14
"""So few that their fills stay in the cache until all files have taken them."""


class Rates(NamedTuple):
    """What trading costs: FEES rows by number, and TERMS_CHANGE rows of so many accounts."""

    fees: np.ndarray
    accounts: int
    changes: np.ndarray


FREE = Rates(np.zeros(0, FEES), 0, np.zeros(0, TERMS_CHANGE))
"""Without accounts a trade costs nothing."""


class Fills:
    """A day's FILL rows, told anew from its reports whenever they are looked at.

    They come block after block in the order of the reports, so that a long day takes no more memory
    than a short one.  `securities` has SECURITY rows by instrument, `members` MEMBER rows by
    account, or by session where the day has no accounts and trading is FREE.
    """

    def __init__(
        self,
        reports: np.ndarray,
        securities: np.ndarray,
        members: np.ndarray,
        business_date: int,
        rates: Rates = FREE,
    ) -> None:
        self.reports = reports
        self.securities = securities
        self.members = members
        self.business_date = business_date
        self.rates = rates
        self.counts = np.zeros(len(securities), np.int64)
        self.orders = int(survey(reports, self.counts)) + 1

    @property
    def are_charged(self) -> bool:
        """Whether they are those of a day with accounts."""
        return self.rates is not FREE

    def __len__(self) -> int:
        return int(self.counts.sum())

    def __iter__(self) -> Iterator[np.ndarray]:
        for fills, _ in self.told():
            yield fills

    def told(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield FILL rows and the instrument (n, i4) of each, block after block."""
        orders = np.zeros(self.orders, ORDER)
        terms, changes = np.zeros(self.rates.accounts, TERMS), self.rates.changes
        by = (orders, self.securities, self.members, self.are_charged)
        for begin in range(0, len(self.reports), BLOCK_REPORTS):
            reports = self.reports[begin : begin + BLOCK_REPORTS]
            rows = len(reports)
            fills, instruments = np.zeros(rows, FILL), np.zeros(rows, np.int32)
            sequences = np.zeros(rows, np.int64)
            count = tell_fills(fills, instruments, sequences, reports, *by)
            fills, instruments = fills[:count], instruments[:count]
            fills["business_date"] = self.business_date
            if self.are_charged:
                rates = (orders, self.securities, self.rates.fees, terms, changes)
                changes = changes[charge_fills(fills, instruments, sequences, *rates) :]
            if count:
                yield fills, instruments

    def count(self, holds: Callable[[np.ndarray], np.ndarray]) -> int:
        """Return for how many fills `holds`, which looks only at what all of an instrument share,
        says so."""
        each = np.zeros(len(self.securities), FILL)
        each["business_date"] = self.business_date
        for name in ("code", "market", "currency", "product", "settle_date"):
            each[name] = self.securities[name]
        return int(self.counts[holds(each)].sum())

    @cached_property
    def rows(self) -> np.ndarray:
        """All FILL rows at once, for who looks for a few of them."""
        return np.concatenate([np.zeros(0, FILL), *self])


def fills_of_trades(commands: np.ndarray, reports: np.ndarray) -> Fills:
    """Return the fills of a day without accounts, which cost nothing.

    `commands` are the day's COMMAND rows, `reports` all REPORT rows that they caused.
    """
    day = granted(commands, reports, CommandKind.OPEN_DAY)
    securities = securities_of(granted(commands, reports, CommandKind.LIST_INSTRUMENT))
    members = members_of(granted(commands, reports, CommandKind.ADMIT_SESSION))
    return Fills(reports, securities, members, int(day[0]["business_date"]))


def granted(commands: np.ndarray, reports: np.ndarray, kind: CommandKind) -> np.ndarray:
    """Return the commands of a kind that were not refused."""
    return not_refused(commands, refused(reports), kind)


def not_refused(commands: np.ndarray, refused: np.ndarray, kind: CommandKind) -> np.ndarray:
    """Return the commands of a kind whose sequences are not among those `refused` (n, i8)."""
    asked = commands[commands["kind"] == kind]
    return asked[~np.isin(asked["sequence"], refused)]


def refused(reports: np.ndarray) -> np.ndarray:
    """Return the sequences of the commands that were refused."""
    return reports["sequence"][reports["kind"] == ReportKind.REJECTED]


def securities_of(listings: np.ndarray) -> np.ndarray:
    """Return SECURITY rows that tell code and market of LIST_INSTRUMENT rows."""
    assert np.array_equal(listings["instrument"], np.arange(len(listings)))
    rows = np.zeros(len(listings), SECURITY)
    rows["code"], rows["market"] = listings["code"], listings["market"]
    return rows


def members_of(admissions: np.ndarray) -> np.ndarray:
    """Return MEMBER rows by session; session 0, the venue itself, has neither branch nor unit."""
    places = len(admissions) + 1
    assert np.array_equal(admissions["admitted"], np.arange(1, places))
    rows = np.zeros(places, MEMBER)
    rows["branch"][1:] = admissions["branch"]
    rows["unit_sse"][1:] = admissions["trading_unit_sse"]
    rows["unit_szse"][1:] = admissions["trading_unit_szse"]
    return rows

"""The tables of a closed day, of which all its files tell a part."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from engine.clearing.closed_day import ClosedDay
from engine.clearing.dealings import Dealings
from engine.clearing.fills import Fills, fills_of_trades
from engine.clearing.holdings import balances, changes
from engine.clearing.money import accounts_money, firms_money
from engine.kernels.fills import TURNOVER, add_turnovers
from protocol.files.profiles import Profile
from protocol.files.rows import BALANCE, CHANGE, FUNDS, MONEY
from protocol.vocabulary import Currency, Side

BLOCK_ROWS = 1 << 14


class Tables(NamedTuple):
    """The fills of a day, and rows of protocol.files.rows that they and its movements make; the
    FIRM rows that all these speak of; and TURNOVER rows (currencies, sides) of the fills.
    """

    fills: Fills
    changes: np.ndarray
    balances: np.ndarray
    money: np.ndarray
    funds: np.ndarray
    firms: np.ndarray
    turnovers: np.ndarray

    def blocks(self, name: str) -> Iterator[np.ndarray]:
        """Yield all rows of a table, block after block."""
        if name == "fills":
            yield from self.fills
            return
        rows = getattr(self, name)
        for begin in range(0, len(rows), BLOCK_ROWS):
            yield rows[begin : begin + BLOCK_ROWS]

    def count(self, profile: Profile) -> int:
        """Return how many rows of its table a profile holds."""
        if profile.table == "fills":
            return self.fills.count(profile.holds)
        return profile.count(getattr(self, profile.table))


def tables_of_trades(commands: np.ndarray, reports: np.ndarray, firms: np.ndarray) -> Tables:
    """Return the tables of a day without accounts: fills that cost nothing."""
    empty = (np.zeros(0, row) for row in (CHANGE, BALANCE, MONEY, FUNDS))
    return Tables(fills_of_trades(commands, reports), *empty, firms, no_turnovers())


def tables_of(day: ClosedDay) -> Tables:
    """Return the tables of a day with accounts."""
    fills = day.fills
    dealings, turnovers = Dealings(day), no_turnovers()
    for rows, instruments in fills.told():
        dealings.add(rows, instruments)
        add_turnovers(turnovers, rows)
    dealt = dealings.rows()
    return Tables(
        fills,
        changes(day, dealt),
        balances(day, dealt),
        firms_money(day, dealt),
        accounts_money(day, dealt),
        day.reference.firms,
        turnovers,
    )


def no_turnovers() -> np.ndarray:
    """Return TURNOVER rows of nothing."""
    return np.zeros((len(Currency), len(Side)), TURNOVER)

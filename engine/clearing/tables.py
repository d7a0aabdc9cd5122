"""The tables of a closed day, of which all its files tell a part."""

from typing import NamedTuple

import numpy as np

from engine.clearing.closed_day import ClosedDay
from engine.clearing.dealings import dealings
from engine.clearing.fills import build_fills, fills_of
from engine.clearing.holdings import balances, changes
from engine.clearing.money import accounts_money, firms_money
from engine.kernels.fills import TERMS, charge_fills
from protocol.files.rows import BALANCE, CHANGE, FUNDS, MONEY
from protocol.vocabulary import ReportKind


class Tables(NamedTuple):
    """Rows of protocol.files.rows, and the FIRM rows that they speak of."""

    fills: np.ndarray
    changes: np.ndarray
    balances: np.ndarray
    money: np.ndarray
    funds: np.ndarray
    firms: np.ndarray


def tables_of_trades(commands: np.ndarray, reports: np.ndarray, firms: np.ndarray) -> Tables:
    """Return the tables of a day without accounts: fills that cost nothing."""
    empty = (np.zeros(0, row) for row in (CHANGE, BALANCE, MONEY, FUNDS))
    return Tables(build_fills(commands, reports), *empty, firms)


def tables_of(day: ClosedDay) -> Tables:
    """Return the tables of a day with accounts."""
    fills, instruments = charged_fills(day)
    dealt = dealings(day, fills, instruments)
    return Tables(
        fills,
        changes(day, dealt),
        balances(day, dealt),
        firms_money(day, dealt),
        accounts_money(day, dealt),
        day.reference.firms,
    )


def charged_fills(day: ClosedDay) -> tuple[np.ndarray, np.ndarray]:
    """Return the FILL rows of a day with accounts, and the instrument of each."""
    fills, instruments, orders = fills_of(day.reports, day.securities, day.members, by_account=True)
    fills["business_date"] = day.business_date
    sequences = day.reports["sequence"][day.reports["kind"] == ReportKind.TRADED]
    terms = np.zeros(len(day.branches), TERMS)
    rates = (day.securities, day.state.fees, terms, day.terms_changes)
    charge_fills(fills, instruments, sequences, orders, *rates)
    return fills, instruments

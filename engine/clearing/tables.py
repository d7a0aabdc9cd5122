"""The tables of a closed day, of which all its files tell a part."""

from typing import NamedTuple

import numpy as np

from engine.clearing.charges import charge, enter_charges
from engine.clearing.closed_day import ClosedDay
from engine.clearing.fills import build_fills
from engine.clearing.holdings import balances, changes
from engine.clearing.money import accounts_money, firms_money
from protocol.files.rows import BALANCE, CHANGE, FUNDS, MONEY


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
    fills = build_fills(day.commands, day.reports)
    charges = charge(day.commands, day.reports)
    enter_charges(fills, charges)
    tell_fills(day, fills)
    return Tables(
        fills,
        changes(day),
        balances(day),
        firms_money(day, charges),
        accounts_money(day, charges),
        day.reference.firms,
    )


def tell_fills(day: ClosedDay, fills: np.ndarray) -> None:
    """Say in FILL rows to whom and to what they belong, and when they are settled."""
    instrument = day.traded["instrument"]
    day.tell_account(fills, day.traded["account"])
    day.tell_instrument(fills, instrument)
    day.tell_unit(fills)
    fills["settle_date"] = day.settle_dates[instrument]

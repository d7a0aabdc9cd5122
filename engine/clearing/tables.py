"""The tables of a closed day, of which all its files tell a part."""

from typing import NamedTuple

import numpy as np

from engine.clearing.charges import charge_fills
from engine.clearing.closed_day import ClosedDay
from engine.clearing.dealings import dealings
from engine.clearing.fills import build_fills, parts
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
    charge_fills(fills, day.commands, day.reports)
    tell_fills(day, fills)
    dealt = dealings(day, fills)
    return Tables(
        fills,
        changes(day, dealt),
        balances(day, dealt),
        firms_money(day, dealt),
        accounts_money(day, dealt),
        day.reference.firms,
    )


def tell_fills(day: ClosedDay, fills: np.ndarray) -> None:
    """Say in FILL rows to whom and to what they belong, and when they are settled."""
    for part in parts(len(fills)):
        rows, traded = fills[part], day.traded[part]
        day.tell_account(rows, traded["account"])
        day.tell_instrument(rows, traded["instrument"])
        day.tell_unit(rows)
        rows["settle_date"] = day.money_dates[traded["instrument"]]

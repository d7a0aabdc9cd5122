"""What the day has done to the shares of accounts: every holding, and every movement of it."""

import numpy as np

from engine.clearing.closed_day import ClosedDay
from engine.entries import shares_entry_table
from protocol.files.rows import BALANCE, CHANGE, Movement
from protocol.vocabulary import NONE, SharesEntry, Side


def balances(day: ClosedDay, dealt: np.ndarray) -> np.ndarray:
    """Return a BALANCE row for each holding that there was, by account and instrument.

    `total` is what movements and DEALING rows come to; `frozen`, `pledged` and `cost` are the
    venue's.
    """
    held = day.state.holdings[: day.state.venue[0]["holdings"]]
    held = held[np.argsort(day.key(held))]
    keys = day.key(held)
    rows = np.zeros(len(held), BALANCE)
    day.tell_account(rows, held["account"])
    day.tell_instrument(rows, held["instrument"])
    day.tell_unit(rows)
    moved = share_movements(day)
    amounts = signed_shares(moved)
    brought = moved["entry"] == SharesEntry.BROUGHT_FORWARD
    add(rows["before"], keys, day.key(moved), np.where(brought, amounts, 0))
    add(rows["other"], keys, day.key(moved), np.where(brought, 0, amounts))
    for side, name in ((Side.BUY, "bought"), (Side.SELL, "sold")):
        on_side = dealt[dealt["side"] == side]
        add(rows[name], keys, day.key(on_side), on_side["quantity"])
    rows["total"] = rows["before"] + rows["bought"] - rows["sold"] + rows["other"]
    rows["frozen"], rows["pledged"] = held["frozen_long"], held["pledged"]
    rows["cost"] = held["cost"]
    return rows


def changes(day: ClosedDay, dealt: np.ndarray) -> np.ndarray:
    """Return a CHANGE row for each movement of shares: what was traded, then all others.

    What an account has bought of a security is one row, and what it has sold another.
    """
    rows = np.concatenate([trades(day, dealt), entries(day)])
    rows["number"] = np.arange(1, len(rows) + 1)
    return rows


def trades(day: ClosedDay, dealt: np.ndarray) -> np.ndarray:
    """Return a CHANGE row for each of the DEALING rows."""
    rows = np.zeros(len(dealt), CHANGE)
    tell(day, rows, dealt)
    is_buy = dealt["side"] == Side.BUY
    rows["movement"] = np.where(is_buy, Movement.BOUGHT, Movement.SOLD)
    rows["quantity"] = np.where(is_buy, 1, -1) * dealt["quantity"]
    rows["amount"] = np.where(is_buy, -1, 1) * dealt["value"]
    rows["settle_date"] = day.shares_dates[dealt["instrument"]]
    return rows


def entries(day: ClosedDay) -> np.ndarray:
    """Return a CHANGE row for each movement besides trading that has changed a total."""
    moved = share_movements(day)
    amounts = signed_shares(moved)
    changed = (moved["entry"] != SharesEntry.BROUGHT_FORWARD) & (amounts != 0)
    moved, amounts = moved[changed], amounts[changed]
    rows = np.zeros(len(moved), CHANGE)
    tell(day, rows, moved)
    rows["movement"] = moved["entry"]
    rows["quantity"] = amounts
    rows["settle_date"] = day.business_date
    return rows


def tell(day: ClosedDay, rows: np.ndarray, of: np.ndarray) -> None:
    day.tell_account(rows, of["account"])
    day.tell_instrument(rows, of["instrument"])
    day.tell_unit(rows)


def share_movements(day: ClosedDay) -> np.ndarray:
    """Return the MOVEMENT rows that are of shares."""
    return day.movements[day.movements["instrument"] != NONE]


def signed_shares(moved: np.ndarray) -> np.ndarray:
    """Return by how much each of the MOVEMENT rows has changed a total."""
    sign = shares_entry_table()["total"][moved["entry"]].astype(np.int64)
    return np.where(moved["is_reversal"] == 1, -1, 1) * sign * moved["amount"]


def add(column: np.ndarray, keys: np.ndarray, named: np.ndarray, amounts: np.ndarray) -> None:
    """Add amounts in a column at the places of the keys that they name, all of which are there."""
    np.add.at(column, np.searchsorted(keys, named), amounts)

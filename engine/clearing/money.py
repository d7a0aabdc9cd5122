"""What the day has done to money: of firms at the depository, and of accounts at their firms."""

import numpy as np

from engine.clearing.charges import PARTICIPANT
from engine.clearing.closed_day import ClosedDay
from engine.clearing.sums import Groups
from engine.entries import funds_entry_table
from protocol.files.rows import FUNDS, MONEY
from protocol.vocabulary import NONE, Currency, FundsEntry, Side


def firms_money(day: ClosedDay, dealt: np.ndarray) -> np.ndarray:
    """Return a MONEY row for each firm, market, currency, date of settlement and product.

    It is the first level of clearing: what each firm owes the depository, or has to receive, net,
    of the DEALING rows of all its customers.
    """
    instrument = dealt["instrument"]
    names = ("firm", "market", "currency", "settle_date", "product")
    columns = (
        day.firms[dealt["account"]],
        *(day.listings[name][instrument] for name in ("market", "listed_currency")),
        day.money_dates[instrument],
        day.listings["permission"][instrument],
    )
    groups = Groups.of_columns(columns)
    rows = np.zeros(len(groups.keys), MONEY)
    rows["business_date"] = day.business_date
    for name, column in zip(names, groups.keys.T, strict=True):
        rows[name] = column
    is_buy = dealt["side"] == Side.BUY
    rows["fills"] = groups.sum(dealt["fills"])
    for side, which in (("bought", is_buy), ("sold", ~is_buy)):
        rows[f"quantity_{side}"] = groups.sum(dealt["quantity"], which)
        rows[side] = groups.sum(dealt["value"], which)
    for item in PARTICIPANT:
        rows[item] = groups.sum(dealt[item])
    rows["net"] = rows["sold"] - rows["bought"] - sum(rows[item] for item in PARTICIPANT)
    return rows


def accounts_money(day: ClosedDay, dealt: np.ndarray) -> np.ndarray:
    """Return a FUNDS row for each currency in which an account has or had money.

    It is the second level of clearing: what each customer's money was, has become, and why, by the
    day's movements and by DEALING rows.
    """
    funds = day.state.funds
    rows = np.zeros(len(funds), FUNDS)
    currencies = len(Currency)
    numbers = np.arange(len(funds))
    day.tell_account(rows, numbers // currencies)
    rows["currency"] = numbers % currencies
    moved = day.movements[day.movements["instrument"] == NONE]
    places = moved["account"].astype(np.int64) * currencies + moved["currency"]
    amounts = signed_money(moved)
    brought = moved["entry"] == FundsEntry.BROUGHT_FORWARD
    np.add.at(rows["before"], places, np.where(brought, amounts, 0))
    np.add.at(rows["other"], places, np.where(brought, 0, amounts))
    currency = day.listings["listed_currency"][dealt["instrument"]]
    places = dealt["account"].astype(np.int64) * currencies + currency
    is_buy = dealt["side"] == Side.BUY
    np.add.at(rows["bought"], places, np.where(is_buy, dealt["value"], 0))
    np.add.at(rows["sold"], places, np.where(is_buy, 0, dealt["value"]))
    np.add.at(rows["fees"], places, dealt["fees"])
    rows["balance"] = rows["before"] - rows["bought"] + rows["sold"] - rows["fees"] + rows["other"]
    rows["frozen"] = funds["frozen_long"]
    told = ("before", "bought", "sold", "fees", "other", "balance", "frozen")
    return rows[np.any([rows[name] != 0 for name in told], axis=0)]


def signed_money(moved: np.ndarray) -> np.ndarray:
    """Return by how much each of the MOVEMENT rows has changed a balance."""
    sign = funds_entry_table()["balance"][moved["entry"]].astype(np.int64)
    return np.where(moved["is_reversal"] == 1, -1, 1) * sign * moved["amount"]

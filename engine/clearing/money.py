"""What the day has done to money: of firms at the depository, and of accounts at their firms."""

import numpy as np

from engine.clearing.charges import PARTICIPANT, Charges
from engine.clearing.closed_day import ClosedDay
from engine.clearing.sums import Groups
from engine.entries import funds_entry_table
from protocol.files.rows import FUNDS, MONEY
from protocol.vocabulary import NONE, Currency, FundsEntry, Side


def firms_money(day: ClosedDay, charges: Charges) -> np.ndarray:
    """Return a MONEY row for each firm, market, currency, date of settlement and product.

    It is the first level of clearing: what each firm owes the depository, or has to receive, net.
    """
    traded = day.traded
    instrument, account = traded["instrument"], traded["account"]
    keys = np.column_stack(
        [
            day.firms[account],
            *(day.listings[name][instrument] for name in ("market", "listed_currency")),
            day.settle_dates[instrument],
            day.listings["permission"][instrument],
        ]
    ).astype(np.int64)
    kinds, of_fill = np.unique(keys, axis=0, return_inverse=True)
    groups = Groups(of_fill.ravel())
    rows = np.zeros(len(kinds), MONEY)
    rows["business_date"] = day.business_date
    names = ("firm", "market", "currency", "settle_date", "product")
    for name, column in zip(names, kinds.T, strict=True):
        rows[name] = column
    value = value_of(traded)
    is_buy = traded["side"] == Side.BUY
    rows["fills"] = groups.sum(np.int64(1))
    for side, which in (("bought", is_buy), ("sold", ~is_buy)):
        rows[f"quantity_{side}"] = groups.sum(traded["quantity"], which)
        rows[side] = groups.sum(value, which)
    for item in PARTICIPANT:
        rows[item] = groups.sum(charges.participant[item])
    rows["net"] = rows["sold"] - rows["bought"] - sum(rows[item] for item in PARTICIPANT)
    return rows


def accounts_money(day: ClosedDay, charges: Charges) -> np.ndarray:
    """Return a FUNDS row for each currency in which an account has or had money.

    It is the second level of clearing: what each customer's money was, has become, and why.
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
    traded = day.traded
    currency = day.listings["listed_currency"][traded["instrument"]]
    places = traded["account"].astype(np.int64) * currencies + currency
    is_buy, value = traded["side"] == Side.BUY, value_of(traded)
    np.add.at(rows["bought"], places, np.where(is_buy, value, 0))
    np.add.at(rows["sold"], places, np.where(is_buy, 0, value))
    np.add.at(rows["fees"], places, sum(charges.customer.values()))
    rows["balance"] = rows["before"] - rows["bought"] + rows["sold"] - rows["fees"] + rows["other"]
    rows["frozen"] = funds["frozen_long"]
    told = ("before", "bought", "sold", "fees", "other", "balance", "frozen")
    return rows[np.any([rows[name] != 0 for name in told], axis=0)]


def value_of(traded: np.ndarray) -> np.ndarray:
    """Return price x quantity of TRADED rows."""
    return traded["price"].astype(np.int64) * traded["quantity"]


def signed_money(moved: np.ndarray) -> np.ndarray:
    """Return by how much each of the MOVEMENT rows has changed a balance."""
    sign = funds_entry_table()["balance"][moved["entry"]].astype(np.int64)
    return np.where(moved["is_reversal"] == 1, -1, 1) * sign * moved["amount"]

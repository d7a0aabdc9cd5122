"""Whether the tables of a day tie: with each other, with the venue's last state, level by level."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from engine.clearing.charges import PARTICIPANT
from engine.clearing.closed_day import ClosedDay
from engine.clearing.sums import Groups
from engine.clearing.tables import Tables
from protocol.vocabulary import Currency, Side


class Tie(NamedTuple):
    """Two sides of one sum, in the units of the rows; `what` says which they are."""

    what: str
    left: int
    right: int

    @property
    def ties(self) -> bool:
        """Whether they are the same."""
        return self.left == self.right


def reconcile(day: ClosedDay, tables: Tables) -> Iterator[Tie]:
    """Yield what has to be the same, and what each side comes to.

    Where many sums have to tie one by one, the sides are how many there are, and how many do.
    """
    yield from shares(day, tables)
    yield from customers(day, tables)
    yield from firms(tables)
    yield from levels(tables)


def shares(day: ClosedDay, tables: Tables) -> Iterator[Tie]:
    """Yield what ties holdings with the venue, and with what the depository knows."""
    held = day.state.holdings[: day.state.venue[0]["holdings"]]
    held = held[np.lexsort((held["instrument"], held["account"]))]
    right = int((tables.balances["total"] == held["total"]).sum())
    yield Tie("holdings that are the venue's", len(held), right)
    issued = day.state.instruments["issued"][: len(day.listings)]
    securities = security_of(day.listings).tolist()
    groups = Groups(security_of(tables.balances))
    sums = dict(zip(groups.keys.tolist(), groups.sum(tables.balances["total"]), strict=True))
    right = sum(
        sums.get(security, 0) == number
        for security, number in zip(securities, issued.tolist(), strict=True)
    )
    yield Tie("securities whose holdings come to what is issued", len(securities), int(right))
    moved = int(tables.changes["quantity"].sum())
    net = int((tables.balances["total"] - tables.balances["before"]).sum())
    yield Tie("shares that changes and balances say have moved", moved, net)


def security_of(rows: np.ndarray) -> np.ndarray:
    """Return one number for market and code of rows together: markets may share a code."""
    return rows["code"].astype("S8").view("<i8") + (rows["market"].astype(np.int64) << 48)


def customers(day: ClosedDay, tables: Tables) -> Iterator[Tie]:
    """Yield what ties the accounts' money with the venue."""
    funds = tables.funds
    places = funds["account"].astype(np.int64) * len(Currency) + funds["currency"]
    right = int((funds["balance"] == day.state.funds["balance"][places]).sum())
    yield Tie("balances of accounts that are the venue's", len(funds), right)
    everywhere = int(day.state.funds["balance"].sum())
    yield Tie("money of all accounts", int(funds["balance"].sum()), everywhere)


def firms(tables: Tables) -> Iterator[Tie]:
    """Yield what ties the firms' money with the fills."""
    for currency in in_use(tables):
        turnovers = tables.turnovers[currency]
        money = tables.money[tables.money["currency"] == currency]
        for side, name in ((Side.BUY, "bought"), (Side.SELL, "sold")):
            left = int(turnovers[side]["value"])
            what = f"{currency.name} {name} in fills and by firms"
            yield Tie(what, left, int(money[name].sum()))
        for item in PARTICIPANT:
            what = f"{currency.name} {item} in fills and by firms"
            yield Tie(what, int(turnovers[item].sum()), int(money[item].sum()))


def levels(tables: Tables) -> Iterator[Tie]:
    """Yield for each currency whether both levels of clearing tie.

    What trading has brought all customers, and what their firms keep of what it cost them, is what
    the firms have to receive from the depository.
    """
    for currency in in_use(tables):
        funds = tables.funds[tables.funds["currency"] == currency]
        money = tables.money[tables.money["currency"] == currency]
        passed_on = sum(int(money[item].sum()) for item in PARTICIPANT)
        income = int(funds["fees"].sum()) - passed_on
        customers = int((funds["sold"] - funds["bought"] - funds["fees"]).sum())
        what = f"{currency.name} of customers with their firms' income, and of firms"
        yield Tie(what, customers + income, int(money["net"].sum()))


def in_use(tables: Tables) -> list[Currency]:
    """Return the currencies that have been traded in."""
    return [Currency(number) for number in np.unique(tables.money["currency"]).tolist()]

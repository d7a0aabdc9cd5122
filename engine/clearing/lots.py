"""The lots of a holding: which shares were acquired when, and which dividends they have had.

Shares leave by the oldest first.  What is sold owes the tax on the dividends that it has had, by
how long it was held (engine/dividend_tax.py); what leaves otherwise owes none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.accounts import NUMBER_MAX, whole
from engine.clearing.actions import MILLION, millionths
from engine.clearing.calendars import day
from engine.columns import Column, load_columns
from engine.dividend_tax import WHOLE, tax_rate
from protocol.bounds import SHARES_MAX
from protocol.calendar import to_date
from protocol.files.rows import Movement
from protocol.units import SCALE, UNITS_PER_CENT

LONG_AGO = 19901219
"""When the exchange in Shanghai opened: shares of which nothing is known are held since then."""

COLUMNS = "account,symbol,acquired,shares,untaxed"


class Lot(NamedTuple):
    """Shares acquired on a day; `untaxed` are their dividends, in millionths for each share."""

    acquired: int
    shares: int
    untaxed: int = 0


class Holding(NamedTuple):
    """Whose lots, and of what."""

    account: int
    symbol: str


class Lots:
    """The lots of all holdings, the oldest of each first."""

    def __init__(self, kept: dict[Holding, list[Lot]] | None = None) -> None:
        self.kept = defaultdict(list, kept or {})

    def total(self, holding: Holding) -> int:
        """Return how many shares of a holding there are."""
        return sum(lot.shares for lot in self.kept[holding])

    def take(self, holding: Holding, shares: int) -> list[Lot]:
        """Take the oldest shares away; return them."""
        taken: list[Lot] = []
        left = self.kept[holding]
        while shares:
            lot = left.pop(0)
            part = min(lot.shares, shares)
            shares -= part
            taken.append(lot._replace(shares=part))
            if part < lot.shares:
                left.insert(0, lot._replace(shares=lot.shares - part))
        return taken

    def add(self, holding: Holding, lots: Iterable[Lot]) -> None:
        """Put shares behind those that are there, in the order of their days."""
        self.kept[holding] = sorted([*self.kept[holding], *lots], key=lambda lot: lot.acquired)

    def pay(self, holding: Holding, cash: int) -> None:
        """Note a dividend of so many millionths a share."""
        self.kept[holding] = [
            lot._replace(untaxed=lot.untaxed + cash) for lot in self.kept[holding]
        ]

    def rows(self) -> Iterator[str]:
        """Yield the lines of lots.csv behind its header, by account and symbol."""
        for holding in sorted(self.kept):
            for lot in self.kept[holding]:
                date = to_date(lot.acquired).isoformat()
                untaxed = format_millionths(lot.untaxed)
                yield f"{holding.account},{holding.symbol},{date},{lot.shares},{untaxed}"


def format_millionths(number: int) -> str:
    return f"{number // MILLION}.{number % MILLION:06}"


def load_lots(folder: Path) -> Lots:
    """Return what lots.csv of a folder says, none where there is no such file.

    Raises ColumnError, naming the line.
    """
    path = folder / "lots.csv"
    if not path.exists():
        return Lots()
    names: list[str] = []

    def symbol(text: str) -> int:
        names.append(text)
        return len(names) - 1

    columns = (
        Column("account", whole(NUMBER_MAX)),
        Column("symbol", symbol),
        Column("acquired", day),
        Column("shares", whole(SHARES_MAX, least=1)),
        Column("untaxed", millionths),
    )
    table = load_columns(path, columns)
    lots: dict[Holding, list[Lot]] = defaultdict(list)
    for account, number, *lot in zip(*(table[one.name].tolist() for one in columns), strict=True):
        lots[Holding(account, names[number])].append(Lot(*lot))
    return Lots(lots)


def begin(lots: Lots, balances: np.ndarray, symbols: Sequence[str]) -> None:
    """Have as many shares as BALANCE rows brought into the day, by `symbols` of the rows: what lots
    lack is held since long ago, and what they have too many of is taken away."""
    for row, symbol in zip(balances, symbols, strict=True):
        holding = Holding(int(row["account"]), symbol)
        lacking = int(row["before"]) - lots.total(holding)
        if lacking > 0:
            lots.add(holding, [Lot(LONG_AGO, lacking)])
        else:
            lots.take(holding, -lacking)


def go_on(
    lots: Lots, changes: np.ndarray, symbols: Sequence[str], business_date: int
) -> dict[Holding, int]:
    """Carry CHANGE rows, with the symbols of each, out on lots; return the tax that sales owe.

    What comes in is there before anything leaves, so that there is always enough.  The tax is in
    1/10000, rounded half up to the cent for each holding.
    """
    sold: dict[Holding, list[Lot]] = defaultdict(list)
    becomes = becoming(changes)
    for place in np.argsort(turn_of(changes, becomes), kind="stable").tolist():
        row, shares = changes[place], int(changes[place]["quantity"])
        holding = Holding(int(row["account"]), symbols[place])
        if becomes[place]:
            lots.add(holding._replace(symbol=symbols[place + 1]), lots.take(holding, -shares))
        elif place and becomes[place - 1]:
            continue
        elif row["movement"] == Movement.SOLD:
            sold[holding] += lots.take(holding, -shares)
        elif shares > 0:
            lots.add(holding, [Lot(business_date, shares)])
        else:
            lots.take(holding, -shares)
    taxes = {holding: tax_of(taken, business_date) for holding, taken in sold.items()}
    return {holding: tax for holding, tax in taxes.items() if tax}


def becoming(changes: np.ndarray) -> np.ndarray:
    """Return which CHANGE rows are shares of a code that become those of the row behind."""
    row, behind = changes[:-1], changes[1:]
    is_pair = (row["movement"] == Movement.CODE_CHANGE_OUT) & (row["quantity"] < 0)
    is_pair &= behind["movement"] == Movement.CODE_CHANGE_IN
    is_pair &= (row["account"] == behind["account"]) & (row["quantity"] == -behind["quantity"])
    return np.append(is_pair, np.zeros(min(len(changes), 1), bool))


def turn_of(changes: np.ndarray, becomes: np.ndarray) -> np.ndarray:
    """Return when each row is carried out: what comes in, then codes change, then what leaves."""
    return np.where(becomes, 1, np.where(changes["quantity"] > 0, 0, 2))


def tax_of(taken: Iterable[Lot], sold: int) -> int:
    """Return the tax that sold lots owe, in 1/10000, rounded half up to the cent."""
    owed = sum(
        lot.shares * lot.untaxed * tax_rate(to_date(lot.acquired), to_date(sold)) for lot in taken
    )
    cent = MILLION * WHOLE // SCALE * UNITS_PER_CENT
    return (2 * owed + cent) // (2 * cent) * UNITS_PER_CENT


def spelled(lots: Lots) -> bytes:
    """Return the bytes of lots.csv."""
    return "".join(f"{line}\n" for line in (COLUMNS, *lots.rows())).encode()

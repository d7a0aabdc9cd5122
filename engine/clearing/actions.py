"""Corporate actions: what issuers have announced, as actions.csv of a day's reference says it."""

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.accounts import NUMBER_MAX, whole, word
from engine.clearing.calendars import day
from engine.columns import Column, load_columns, refuse_first, repeated
from protocol.bounds import SHARES_MAX
from protocol.units import PLAIN_DECIMAL, parse_units

MILLION = 10**6
"""Cash and shares for a share are told to the millionth."""

NO_SYMBOL = "-"
EVENT = whole(NUMBER_MAX, least=1)


class Kind(IntEnum):
    """What becomes of a share."""

    DIVIDEND = 1
    BONUS = 2
    RIGHTS = 3
    CODE_CHANGE = 4


class Action(NamedTuple):
    """What holders at the end of the record date are entitled to.

    Dates are numbers like 20260302; cash, in the currency of the share, and ratio are for one
    share, in millionths; the price of a right is in 1/10000.
    """

    event: int
    symbol: str
    kind: Kind
    record_date: int
    ex_date: int
    pay_date: int
    cash: int
    ratio: int
    price: int
    to_symbol: str

    @property
    def due(self) -> int:
        """When holders get what they are entitled to."""
        return self.ex_date if self.kind in (Kind.BONUS, Kind.CODE_CHANGE) else self.pay_date


def millionths(text: str) -> int:
    """Return a number like "0.155" in millionths; raises ValueError."""
    parts = PLAIN_DECIMAL.fullmatch(text)
    fraction = (parts[2] or "").rstrip("0") if parts else ""
    if parts is None or len(fraction) > 6 or int(parts[1] or 0) > SHARES_MAX or text[0] == "-":
        raise ValueError(f"{text!r} is no number from 0 on of at most six decimals")
    return int(parts[1] + fraction.ljust(6, "0"))


def load_actions(folder: Path, symbols: Sequence[str]) -> list[Action]:
    """Return what actions.csv of a folder says, nothing where there is none.

    `symbols` are those of the day, spelled like "600519.SH"; a line of another is passed over,
    since a day need not list all securities.  Raises ColumnError, naming the line.
    """
    path = folder / "actions.csv"
    if not path.exists():
        return []
    names: dict[int, str] = {-1: NO_SYMBOL}

    def symbol(text: str) -> int:
        if text == NO_SYMBOL:
            return -1
        number = len(names) - 1
        names[number] = text
        return number

    columns = (
        Column("event", EVENT),
        Column("symbol", symbol),
        Column("kind", word(Kind)),
        *(Column(name, day) for name in ("record_date", "ex_date", "pay_date")),
        Column("cash", millionths, "0"),
        Column("ratio", millionths, "0"),
        Column("price", parse_units, "0"),
        Column("to_symbol", symbol, NO_SYMBOL),
    )
    table = load_columns(path, columns)
    check(path, table)
    listed = set(symbols)
    rows = zip(*(table[column.name].tolist() for column in columns), strict=True)
    actions = [
        Action(number, names[share], Kind(what), *rest, names[to])
        for number, share, what, *rest, to in rows
    ]
    return [action for action in actions if action.symbol in listed]


def check(path: Path, table: dict[str, np.ndarray]) -> None:
    refuse_first(
        path,
        repeated(table["event"]),
        lambda at: f"event: {table['event'][at]} stands there twice; give each its own number",
    )
    refuse_first(
        path,
        table["record_date"] >= table["ex_date"],
        lambda at: "ex_date: it is not behind the record date; correct either",
    )
    refuse_first(
        path,
        table["pay_date"] < table["ex_date"],
        lambda at: "pay_date: it is before the ex-date; correct either",
    )
    needs = {Kind.DIVIDEND: ("cash",), Kind.BONUS: ("ratio",), Kind.RIGHTS: ("ratio", "price")}
    for what, names in needs.items():
        for name in names:
            refuse_first(
                path,
                (table["kind"] == what) & (table[name] <= 0),
                lambda at, what=what, name=name: f"{name}: a {what.name} needs one above 0; add it",
            )
    refuse_first(
        path,
        (table["kind"] == Kind.CODE_CHANGE) & (table["to_symbol"] == -1),
        lambda at: "to_symbol: a CODE_CHANGE needs one; add it",
    )

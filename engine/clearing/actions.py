"""Corporate actions: what issuers have announced, as actions.csv of a day's reference says it."""

from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.accounts import NUMBER_MAX, whole, word
from engine.clearing.calendars import Calendars, day
from engine.columns import Column, load_columns, refuse_first, repeated
from engine.rulebook import parse_symbol
from protocol.bounds import SHARES_MAX
from protocol.calendar import to_date
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


def load_actions(folder: Path, calendars: Calendars) -> list[Action]:
    """Return what actions.csv of a folder says, nothing where there is none.

    Raises ColumnError, naming the line, also where a market is closed on a record date or ex-date.
    """
    path = folder / "actions.csv"
    if not path.exists():
        return []
    names: dict[int, str] = {-1: NO_SYMBOL}

    def symbol(text: str) -> int:
        parse_symbol(text)
        number = len(names) - 1
        names[number] = text
        return number

    def to_symbol(text: str) -> int:
        return -1 if text == NO_SYMBOL else symbol(text)

    columns = (
        Column("event", EVENT),
        Column("symbol", symbol),
        Column("kind", word(Kind)),
        *(Column(name, day) for name in ("record_date", "ex_date", "pay_date")),
        Column("cash", millionths, "0"),
        Column("ratio", millionths, "0"),
        Column("price", parse_units, "0"),
        Column("to_symbol", to_symbol, NO_SYMBOL),
    )
    table = load_columns(path, columns)
    check(path, table)
    rows = zip(*(table[column.name].tolist() for column in columns), strict=True)
    actions = [
        Action(number, names[share], Kind(what), *rest, names[to])
        for number, share, what, *rest, to in rows
    ]
    check_open(path, actions, calendars)
    return actions


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


def check_open(path: Path, actions: list[Action], calendars: Calendars) -> None:
    """Refuse what would never come about, since there is no close or no morning of that day."""
    for name in ("record_date", "ex_date"):
        dates = [to_date(getattr(action, name)) for action in actions]
        markets = [parse_symbol(action.symbol)[1].name for action in actions]
        is_open = map(calendars.is_open, markets, dates)
        refuse_first(
            path,
            ~np.fromiter(is_open, bool, len(actions)),
            lambda at, name=name, dates=dates, markets=markets: (
                f"{name}: {markets[at]} is closed on {dates[at]}; take a day on which it is open,"
                " or correct calendars.csv"
            ),
        )

"""The tables themselves: all that is known of a row, in words instead of numbers."""

from collections.abc import Callable

import numpy as np

from protocol.files.firms import FIRM
from protocol.files.layouts import (
    BALANCES,
    CHANGES,
    FILLS,
    FILLS_WITH_FEES,
    FIRMS,
    FUNDS,
    MONEY,
    Columns,
    Layout,
)
from protocol.files.profiles.profile import FACT, Profile, facts_of
from protocol.files.profiles.words import names_of, numbers_of
from protocol.files.rows import BALANCE, CHANGE, FILL, Movement
from protocol.files.rows import FUNDS as FUNDS_ROW
from protocol.files.rows import MONEY as MONEY_ROW
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import Currency, Liquidity, Market, Permission, Side

WORDS = {
    "market": names_of(Market),
    "side": names_of(Side),
    "liquidity": names_of(Liquidity),
    "currency": names_of(Currency),
    "product": names_of(Permission),
    "movement": names_of(Movement),
}
"""Which words stand for the numbers of a column."""

ROWS = {
    "fills": FILL,
    "changes": CHANGE,
    "balances": BALANCE,
    "money": MONEY_ROW,
    "funds": FUNDS_ROW,
    "firms": FIRM,
}
"""What a row of each table is."""


def columns_in(layout: Layout) -> Callable[[np.ndarray, np.ndarray], Columns]:
    def columns_of(rows: np.ndarray, firms: np.ndarray) -> Columns:
        columns = {}
        for field in layout.fields:
            column = rows[field.name]
            columns[field.name] = WORDS[field.name][column] if field.name in WORDS else column
        if "turnover" in columns:
            columns["turnover"] = columns["turnover"] // UNITS_PER_CENT
        return columns

    return columns_of


def rows_of(table: str, columns: Columns) -> np.ndarray:
    """Return the rows of a table that columns of one of its own profiles hold.

    A word that means nothing there becomes NONE.
    """
    rows = np.zeros(len(next(iter(columns.values()))), ROWS[table])
    for name, column in columns.items():
        rows[name] = numbers_of(WORDS[name], column) if name in WORDS else column
    if "turnover" in columns:
        rows["turnover"] *= UNITS_PER_CENT
    return rows


def fills_facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of fills/1 or fills/2."""
    return facts_of(rows_of("fills", columns))


NAMES_OF_FACTS = {name: name for name in FACT.names or ()}

FILLS_1, FILLS_2 = (
    Profile(layout, "fills", columns_in(layout), facts=fills_facts, fields=NAMES_OF_FACTS)
    for layout in (FILLS, FILLS_WITH_FEES)
)
OTHERS = [
    Profile(layout, table, columns_in(layout))
    for table, layout in {
        "changes": CHANGES,
        "balances": BALANCES,
        "money": MONEY,
        "funds": FUNDS,
        "firms": FIRMS,
    }.items()
]

"""What a profile is: a layout, the rows it holds, and the ways between rows and columns."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from protocol.files.layouts import Columns, Layout

FACT = np.dtype(
    [
        ("trade_number", "<i8"),
        ("business_date", "<i8"),
        ("side", "<i8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("turnover", "<i8"),
        ("market", "<i8"),
        ("liquidity", "<i8"),
    ]
)
"""What a file tells of a fill, in the units of FILL; NONE is a value that means nothing.  Where a
profile has no liquidity, it is Liquidity.NONE."""


def everything(rows: np.ndarray) -> np.ndarray:
    """Say of each row that it belongs to the file."""
    return np.ones(len(rows), bool)


def no_facts(columns: Columns) -> np.ndarray:
    """Return no FACT rows, as of a file that does not hold fills."""
    return np.empty(0, FACT)


class Profile(NamedTuple):
    """A layout, the `table` whose rows it tells, and which of them it `holds`.

    `columns` makes a file's columns of such rows and the FIRM rows of the day.  A file of fills
    has a way back: `facts` makes FACT rows of its columns, and `fields` names the field in which
    each fact stands.
    """

    layout: Layout
    table: str
    columns: Callable[[np.ndarray, np.ndarray], Columns]
    holds: Callable[[np.ndarray], np.ndarray] = everything
    facts: Callable[[Columns], np.ndarray] = no_facts
    fields: Mapping[str, str] = MappingProxyType({})

    def select(self, rows: np.ndarray) -> np.ndarray:
        """Return those of the table's rows that the profile holds."""
        return rows if self.holds is everything else rows.compress(self.holds(rows))

    def count(self, rows: np.ndarray) -> int:
        """Return how many of the table's rows the profile holds."""
        return int(np.count_nonzero(self.holds(rows)))


def facts_of(columns: Columns | np.ndarray) -> np.ndarray:
    """Return FACT rows of FILL rows, or of columns named like the facts."""
    facts = np.empty(len(columns["trade_number"]), FACT)
    for name in FACT.names or ():
        facts[name] = columns[name]
    return facts

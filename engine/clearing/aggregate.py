"""What a day came to in each branch: how many accounts traded, for how much, and what they have."""

from collections.abc import Iterator

import numpy as np

from engine.clearing.fills import Fills
from engine.clearing.sums import Groups
from engine.clearing.tables import Tables
from protocol.units import format_units
from protocol.vocabulary import Currency

COLUMNS = (
    *("firm", "branch", "currency", "accounts", "traded", "fills"),
    *("bought", "sold", "fees", "other", "balance"),
)
MONEY = COLUMNS[6:]


def aggregate(tables: Tables) -> Iterator[dict[str, str]]:
    """Yield a line of COLUMNS for each branch and currency in which an account has or had money."""
    funds = tables.funds
    fills = fills_of(tables.fills, key_of(funds))
    pairs = np.unique(funds[["firm", "branch", "currency"]])
    for firm, branch, currency in pairs.tolist():
        of = (funds["branch"] == branch) & (funds["currency"] == currency)
        told = {
            "firm": str(firm),
            "branch": str(branch),
            "currency": Currency(currency).name,
            "accounts": str(np.count_nonzero(of)),
            "traded": str(np.count_nonzero(fills[of])),
            "fills": str(fills[of].sum()),
        }
        yield told | {name: format_units(int(funds[name][of].sum())) for name in MONEY}


def fills_of(fills: Fills, keys: np.ndarray) -> np.ndarray:
    """Return how many fills (n, i8) there are of each of the keys: who trades has money."""
    counted = [np.unique(key_of(rows), return_counts=True) for rows in fills]
    if not counted:
        return np.zeros(len(keys), np.int64)
    some, counts = (np.concatenate(parts) for parts in zip(*counted, strict=True))
    groups = Groups(np.append(some, keys))
    return groups.sum(np.append(counts, np.zeros_like(keys)))[groups.of_row[len(some) :]]


def key_of(rows: np.ndarray) -> np.ndarray:
    """Return one number for account and currency of rows together."""
    return rows["account"].astype(np.int64) * len(Currency) + rows["currency"]

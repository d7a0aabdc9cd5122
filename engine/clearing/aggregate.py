"""What a day came to in each branch: how many accounts traded, for how much, and what they have."""

from collections.abc import Iterator

import numpy as np

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
    funds, fills = tables.funds, tables.fills.rows
    pairs = np.unique(funds[["firm", "branch", "currency"]])
    for firm, branch, currency in pairs.tolist():
        of = (funds["branch"] == branch) & (funds["currency"] == currency)
        traded = (fills["branch"] == branch) & (fills["currency"] == currency)
        told = {
            "firm": str(firm),
            "branch": str(branch),
            "currency": Currency(currency).name,
            "accounts": str(np.count_nonzero(of)),
            "traded": str(len(np.unique(fills["account"][traded]))),
            "fills": str(np.count_nonzero(traded)),
        }
        yield told | {name: format_units(int(funds[name][of].sum())) for name in MONEY}

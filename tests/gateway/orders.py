"""Orders that fit the default venue: for the share that everybody trades, at a price it has."""

import numpy as np

from protocol.records import COMMAND
from protocol.vocabulary import CommandKind

MOUTAI = "600519.SH"
PRICE = 14_510_000


def rows_to_enter(first_seq: int, count: int, account: int = 1001) -> np.ndarray:
    """Return packed orders to buy a lot each, numbered from `first_seq` on."""
    rows = np.zeros(count, COMMAND)
    rows["kind"] = CommandKind.ENTER_ORDER
    rows["client_seq"] = np.arange(first_seq, first_seq + count)
    rows["account"], rows["price"], rows["quantity"] = account, PRICE, 100
    return rows

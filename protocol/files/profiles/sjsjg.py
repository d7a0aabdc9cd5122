"""SJSJG.DBF: what has moved shares in Shenzhen."""

import numpy as np

from protocol.files import firms as reference
from protocol.files.layouts import SJSJG, Columns
from protocol.files.numerals import zero_padded
from protocol.files.profiles.movements import JGYWLB
from protocol.files.profiles.profile import Profile
from protocol.files.profiles.words import (
    HUNDREDTHS,
    MONEY_CODES,
    SHENZHEN_CLASSES,
    date_text,
    in_cents,
    ten_digit_account,
    whole,
)
from protocol.vocabulary import Market

SAME = {
    "JGSJLX": b"01",
    "JGGFXZ": b"00",
    "JGLTLX": b"0",
    "JGJSFS": b"A",
    "JGJSBZ": b"Y",
    "JGZYDH": b"0000",
    "JGJYFS": b"01",
}
"""What every record says: tradable shares, settled."""


def holds(changes: np.ndarray) -> np.ndarray:
    return changes["market"] == Market.SZSE


def columns(changes: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of sjsjg/2016; what comes in is positive."""
    date = date_text(changes["business_date"])
    quantity = changes["quantity"] * HUNDREDTHS
    amount = in_cents(changes["amount"])
    return whole(
        SJSJG,
        {
            **{name: np.array(text) for name, text in SAME.items()},
            "JGJSZH": reference.told(firms, changes["firm"], "szse_settlement_account"),
            "JGBFZH": reference.told(firms, changes["firm"], "szse_reserve_account"),
            "JGYWLB": JGYWLB[changes["movement"]],
            "JGZQDM": changes["code"],
            "JGJYDY": changes["trading_unit"],
            "JGTGDY": changes["trading_unit"],
            "JGZQZH": ten_digit_account(changes),
            "JGYYB": zero_padded(changes["branch"], 4),
            "JGYWLSH": zero_padded(changes["number"], 16),
            "JGCJSL": quantity,
            "JGQSSL": quantity,
            "JGJSSL": quantity,
            "JGZQLB": SHENZHEN_CLASSES[changes["product"]],
            "JGHBDH": MONEY_CODES[changes["currency"]],
            "JGQSBJ": amount,
            "JGSFJE": amount,
            "JGCJRQ": date,
            "JGQSRQ": date,
            "JGJSRQ": date_text(changes["settle_date"]),
            "JGFSRQ": date,
        },
    )


PROFILE = Profile(SJSJG, "changes", columns, holds)

"""SJSMX1.DBF and SJSMX2.DBF: Shenzhen's trades as the depository clears them, in two batches.

The first holds what is paid in yuan after the day of the trade, the second all else.
"""

import numpy as np

from protocol.files import firms as reference
from protocol.files.layouts import SJSMX1, SJSMX2, Columns
from protocol.files.numerals import parse_zero_padded, zero_padded
from protocol.files.profiles.profile import Profile, facts_of
from protocol.files.profiles.words import (
    HUNDREDTHS,
    MONEY_CODES,
    SHENZHEN_CLASSES,
    date_text,
    in_cents,
    signs,
    ten_digit_account,
    whole,
)
from protocol.units import SCALE, UNITS_PER_CENT
from protocol.vocabulary import NONE, Currency, Liquidity, Market, Side

SAME = {
    "MXSJLX": b"01",
    "MXYWLB": b"JY00",
    "MXGFXZ": b"00",
    "MXJSFS": b"A",
    "MXJYFS": b"01",
    "MXCWDH": b"0000",
}
"""What every record says: a trade in an ordinary auction, cleared net and guaranteed."""

FEES = {
    "MXYHS": "stamp",
    "MXJYJSF": "handling",
    "MXJGGF": "regulatory",
    "MXGHF": "transfer",
    "MXJSF": "settlement",
}
"""What the participant pays for a fill."""


def is_first_batch(fills: np.ndarray) -> np.ndarray:
    is_later = fills["settle_date"] != fills["business_date"]
    return (fills["currency"] == Currency.CNY) & is_later


def holds_first(fills: np.ndarray) -> np.ndarray:
    return (fills["market"] == Market.SZSE) & is_first_batch(fills)


def holds_second(fills: np.ndarray) -> np.ndarray:
    return (fills["market"] == Market.SZSE) & ~is_first_batch(fills)


def columns(fills: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of both batches; shares bought and money received are positive."""
    date = date_text(fills["business_date"])
    bought = signs(fills)
    quantity = bought * fills["quantity"] * HUNDREDTHS
    principal = -bought * (fills["turnover"] // UNITS_PER_CENT)
    fees = {field: -in_cents(fills[item]) for field, item in FEES.items()}
    return whole(
        SJSMX1,
        {
            **{name: np.array(text) for name, text in SAME.items()},
            "MXJSZH": reference.told(firms, fills["firm"], "szse_settlement_account"),
            "MXBFZH": reference.told(firms, fills["firm"], "szse_reserve_account"),
            "MXZQDM": fills["code"],
            "MXJYDY": fills["trading_unit"],
            "MXTGDY": fills["trading_unit"],
            "MXZQZH": ten_digit_account(fills),
            "MXDDBH": zero_padded(fills["client_seq"], 10),
            "MXYYB": zero_padded(fills["branch"], 4),
            "MXZXBH": zero_padded(fills["trade_number"], 16),
            "MXYWLSH": zero_padded(fills["order_number"], 16),
            "MXCJSL": quantity,
            "MXQSSL": quantity,
            "MXCJJG": fills["price"],
            "MXQSJG": fills["price"] * np.int64(10**9 // SCALE),
            "MXZQLB": SHENZHEN_CLASSES[fills["product"]],
            "MXHBDH": MONEY_CODES[fills["currency"]],
            "MXQSBJ": principal,
            **fees,
            "MXSFJE": principal + sum(fees.values()),
            "MXCJRQ": date,
            "MXQSRQ": date,
            "MXJSRQ": date_text(fills["settle_date"]),
            "MXFSRQ": date,
        },
    )


def facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of either batch."""
    bought = np.sign(columns["MXCJSL"])
    return facts_of(
        {
            "trade_number": parse_zero_padded(columns["MXZXBH"], 16),
            "business_date": parse_zero_padded(columns["MXCJRQ"], 8),
            "side": np.select([bought > 0, bought < 0], [Side.BUY, Side.SELL], NONE),
            "price": columns["MXCJJG"],
            "quantity": np.abs(columns["MXCJSL"]) // HUNDREDTHS,
            "turnover": -bought * columns["MXQSBJ"] * UNITS_PER_CENT,
            "market": np.array(Market.SZSE),
            "liquidity": np.array(Liquidity.NONE),
        }
    )


FIELDS = {
    "trade_number": "MXZXBH",
    "business_date": "MXCJRQ",
    "side": "MXCJSL",
    "price": "MXCJJG",
    "quantity": "MXCJSL",
    "turnover": "MXQSBJ",
}

FIRST = Profile(SJSMX1, "fills", columns, holds_first, facts, FIELDS)
SECOND = Profile(SJSMX2, "fills", columns, holds_second, facts, FIELDS)

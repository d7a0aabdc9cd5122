"""jsmx.dbf: Shanghai's trades as the depository clears them, with every fee."""

import numpy as np

from protocol.files import firms as reference
from protocol.files.layouts import JSMX, Columns
from protocol.files.moments import spell_clock
from protocol.files.numerals import parse_zero_padded, zero_padded
from protocol.files.profiles.profile import Profile, facts_of
from protocol.files.profiles.words import (
    MONEY_CODES,
    SHANGHAI_CLASSES,
    SIDE_LETTERS,
    date_text,
    in_cents,
    numbers_of,
    shanghai_account,
    signs,
    whole,
)
from protocol.units import SCALE, UNITS_PER_CENT
from protocol.vocabulary import Liquidity, Market

SAME = {
    "SCDM": b"01",
    "JLLX": b"001",
    "JYFS": b"001",
    "JSFS": b"001",
    "YWLX": b"001",
    "QSBZ": b"060",
    "GHLX": b"00A",
    "LTLX": b"N",
    "JGDM": b"0000",
}
"""What every record says: a trade in an ordinary auction, cleared net and guaranteed."""

FEES = {
    "YHS": "stamp",
    "JSF": "handling",
    "GHF": "transfer",
    "ZGF": "regulatory",
    "SXF": "settlement",
}

STEP = 10**9 // SCALE
"""A price of 1/10000 in units of the ninth decimal."""


def holds(fills: np.ndarray) -> np.ndarray:
    return fills["market"] == Market.SSE


def columns(fills: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of jsmx/2016; shares bought and money received are positive."""
    bought = signs(fills)
    principal = -bought * (fills["turnover"] // UNITS_PER_CENT)
    fees = {field: -in_cents(fills[item]) for field, item in FEES.items()}
    date = date_text(fills["business_date"])
    participant = reference.told(firms, fills["firm"], "sse_participant")
    price = fills["price"] * np.int64(STEP)
    return whole(
        JSMX,
        {
            **{name: np.array(text) for name, text in SAME.items()},
            "CJBH": zero_padded(fills["trade_number"], 16),
            "SQBH": zero_padded(fills["client_seq"], 10),
            "WTBH": zero_padded(fills["order_number"], 16),
            "JYRQ": date,
            "QSRQ": date,
            "JSRQ": date_text(fills["settle_date"]),
            "WTSJ": spell_clock(fills["order_time"]),
            "CJSJ": spell_clock(fills["trade_time"]),
            "XWH1": fills["trading_unit"],
            "XWHY": participant,
            "JSHY": participant,
            "TGHY": participant,
            "ZQZH": shanghai_account(fills),
            "ZQDM1": fills["code"],
            "ZQLB": SHANGHAI_CLASSES[fills["product"]],
            "MMBZ": SIDE_LETTERS[fills["side"]],
            "SL": bought * fills["quantity"],
            "CJSL": fills["quantity"],
            "ZJZH": reference.told(firms, fills["firm"], "sse_money_account"),
            "BZ": MONEY_CODES[fills["currency"]],
            "JG1": price,
            "JG2": price,
            "QSJE": principal,
            **fees,
            "SJSF": principal + sum(fees.values()),
        },
    )


def facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of jsmx/2016."""
    return facts_of(
        {
            "trade_number": parse_zero_padded(columns["CJBH"], 16),
            "business_date": parse_zero_padded(columns["JYRQ"], 8),
            "side": numbers_of(SIDE_LETTERS, columns["MMBZ"]),
            "price": columns["JG1"] // STEP,
            "quantity": columns["CJSL"],
            "turnover": -np.sign(columns["SL"]) * columns["QSJE"] * UNITS_PER_CENT,
            "market": np.array(Market.SSE),
            "liquidity": np.array(Liquidity.NONE),
        }
    )


FIELDS = {
    "trade_number": "CJBH",
    "business_date": "JYRQ",
    "side": "MMBZ",
    "price": "JG1",
    "quantity": "CJSL",
    "turnover": "QSJE",
}

PROFILE = Profile(JSMX, "fills", columns, holds, facts, FIELDS)

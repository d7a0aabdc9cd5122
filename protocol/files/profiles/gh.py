"""gh.dbf: Shanghai's trades in yuan."""

import numpy as np

from protocol.files.layouts import GH, Columns
from protocol.files.moments import spell_clock
from protocol.files.numerals import OVERFLOWN, parse_zero_padded, zero_padded
from protocol.files.profiles.profile import Profile, facts_of
from protocol.files.profiles.words import (
    SIDE_LETTERS,
    date_text,
    in_mills,
    numbers_of,
    shanghai_account,
    turnover_of,
    whole,
)
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import Currency, Liquidity, Market


def holds(fills: np.ndarray) -> np.ndarray:
    return (fills["market"] == Market.SSE) & (fills["currency"] == Currency.CNY)


def columns(fills: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of gh/2016; raise FileFault where a price has four decimals."""
    return whole(
        GH,
        {
            "GDDM": shanghai_account(fills),
            "BCRQ": date_text(fills["business_date"]),
            "CJBH": fills["trade_number"],
            "GSDM": fills["trading_unit"],
            "CJSL": fills["quantity"],
            "ZQDM": fills["code"],
            "SBSJ": spell_clock(fills["order_time"]),
            "CJSJ": spell_clock(fills["trade_time"]),
            "CJJG": in_mills(GH, "CJJG", fills),
            "CJJE": fills["turnover"] // UNITS_PER_CENT,
            "SQBH": zero_padded(fills["client_seq"], 10),
            "BS": SIDE_LETTERS[fills["side"]],
        },
    )


def facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of gh/2016; a turnover that did not fit is computed."""
    price, quantity = columns["CJJG"] * 10, columns["CJSL"]
    overflown = columns["CJJE"] == OVERFLOWN
    told = np.where(overflown, 0, columns["CJJE"]) * UNITS_PER_CENT
    return facts_of(
        {
            "trade_number": columns["CJBH"],
            "business_date": parse_zero_padded(columns["BCRQ"], 8),
            "side": numbers_of(SIDE_LETTERS, columns["BS"]),
            "price": price,
            "quantity": quantity,
            "turnover": np.where(overflown, turnover_of(price, quantity), told),
            "market": np.array(Market.SSE),
            "liquidity": np.array(Liquidity.NONE),
        }
    )


FIELDS = {
    "trade_number": "CJBH",
    "business_date": "BCRQ",
    "side": "BS",
    "price": "CJJG",
    "quantity": "CJSL",
    "turnover": "CJJE",
}

PROFILE = Profile(GH, "fills", columns, holds, facts, FIELDS)

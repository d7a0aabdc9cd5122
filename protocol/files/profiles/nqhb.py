"""NQHB.DBF: Beijing's trades."""

import numpy as np

from protocol.files.layouts import NQHB, Columns
from protocol.files.moments import spell_clock
from protocol.files.numerals import parse_zero_padded, zero_padded
from protocol.files.profiles.profile import Profile, facts_of
from protocol.files.profiles.words import (
    in_mills,
    numbers_of,
    ten_digit_account,
    turnover_of,
    whole,
)
from protocol.vocabulary import Liquidity, Market

SIDE_CODES = np.array([b"0B", b"0S"])
NO_FRACTION = b"00"
"""Stands for the hundredths of a second, which are left out."""


def holds(fills: np.ndarray) -> np.ndarray:
    return fills["market"] == Market.BSE


def columns(fills: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of nqhb/2016; raise FileFault where a price has four decimals."""
    return whole(
        NQHB,
        {
            "HBCJHM": zero_padded(fills["trade_number"], 8),
            "HBZQDM": fills["code"],
            "HBHTXH": zero_padded(fills["client_seq"], 10),
            "HBZQZH": ten_digit_account(fills),
            "HBCJSL": fills["quantity"],
            "HBCJJG": in_mills(NQHB, "HBCJJG", fills),
            "HBCJSJ": np.strings.add(spell_clock(fills["trade_time"]), NO_FRACTION),
            "HBCJRQ": fills["business_date"],
            "HBYWLB": SIDE_CODES[fills["side"]],
        },
    )


def facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of nqhb/2016, which leaves the turnover to its reader."""
    price, quantity = columns["HBCJJG"] * 10, columns["HBCJSL"]
    return facts_of(
        {
            "trade_number": parse_zero_padded(columns["HBCJHM"], 8),
            "business_date": columns["HBCJRQ"],
            "side": numbers_of(SIDE_CODES, columns["HBYWLB"]),
            "price": price,
            "quantity": quantity,
            "turnover": turnover_of(price, quantity),
            "market": np.array(Market.BSE),
            "liquidity": np.array(Liquidity.NONE),
        }
    )


FIELDS = {
    "trade_number": "HBCJHM",
    "business_date": "HBCJRQ",
    "side": "HBYWLB",
    "price": "HBCJJG",
    "quantity": "HBCJSL",
    "turnover": "HBCJJG",
}

PROFILE = Profile(NQHB, "fills", columns, holds, facts, FIELDS)

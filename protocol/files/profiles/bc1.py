"""bc1.dbf: Shanghai's trades in B shares, with fees and the date of settlement."""

import numpy as np

from protocol.files.layouts import BC1, Columns
from protocol.files.moments import spell_clock
from protocol.files.numerals import parse_zero_padded, zero_padded
from protocol.files.profiles.profile import Profile, facts_of
from protocol.files.profiles.words import (
    SIDE_LETTERS,
    date_text,
    in_cents,
    in_mills,
    numbers_of,
    shanghai_account,
    signs,
    whole,
)
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import Currency, Liquidity, Market

FEES = {
    "STAMP_DUTY": "stamp",
    "SSE_CHARGE": "handling",
    "TRANSF_FEE": "transfer",
    "CLEAR_FEE": "settlement",
    "OTHER_FEE": "regulatory",
}


def holds(fills: np.ndarray) -> np.ndarray:
    return (fills["market"] == Market.SSE) & (fills["currency"] != Currency.CNY)


def columns(fills: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of bc1/2016; raise FileFault where a price has four decimals."""
    turnover = fills["turnover"] // UNITS_PER_CENT
    fees = {field: in_cents(fills[item]) for field, item in FEES.items()}
    total = np.sum(list(fees.values()), axis=0)
    firm = zero_padded(fills["firm"], 5)
    return whole(
        BC1,
        {
            "SSE_ORDER": zero_padded(fills["order_number"], 16),
            "SSE_REF": zero_padded(fills["trade_number"], 16),
            "INV_CODE": shanghai_account(fills),
            "SEC_CODE": fills["code"],
            "TRADE_DATE": date_text(fills["business_date"]),
            "BS": SIDE_LETTERS[fills["side"]],
            "PRICE": in_mills(BC1, "PRICE", fills),
            "VOLUME": fills["quantity"],
            "TRADE_VAL": turnover,
            "ORDER_TIME": spell_clock(fills["order_time"]),
            "TRADE_TIME": spell_clock(fills["trade_time"]),
            "SEAT_ID": fills["trading_unit"],
            "TRADE_CP": firm,
            "SETTLE_CP": firm,
            "CP_ORDER": zero_padded(fills["client_seq"], 10),
            "SETTLEDATE": date_text(fills["settle_date"]),
            **fees,
            "TOTAL_FEE": total,
            "SETTLE_AMT": -signs(fills) * turnover - total,
        },
    )


def facts(columns: Columns) -> np.ndarray:
    """Return the facts in columns of bc1/2016."""
    return facts_of(
        {
            "trade_number": parse_zero_padded(columns["SSE_REF"], 16),
            "business_date": parse_zero_padded(columns["TRADE_DATE"], 8),
            "side": numbers_of(SIDE_LETTERS, columns["BS"]),
            "price": columns["PRICE"] * 10,
            "quantity": columns["VOLUME"],
            "turnover": columns["TRADE_VAL"] * UNITS_PER_CENT,
            "market": np.array(Market.SSE),
            "liquidity": np.array(Liquidity.NONE),
        }
    )


FIELDS = {
    "trade_number": "SSE_REF",
    "business_date": "TRADE_DATE",
    "side": "BS",
    "price": "PRICE",
    "quantity": "VOLUME",
    "turnover": "TRADE_VAL",
}

PROFILE = Profile(BC1, "fills", columns, holds, facts, FIELDS)

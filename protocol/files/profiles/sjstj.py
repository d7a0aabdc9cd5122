"""SJSTJ.DBF: what each firm pays and receives for Shenzhen's trades, by product and date."""

import numpy as np

from protocol.files import firms as reference
from protocol.files.layouts import SJSTJ, Columns
from protocol.files.profiles.profile import Profile
from protocol.files.profiles.words import (
    HUNDREDTHS,
    MONEY_CODES,
    SHENZHEN_CLASSES,
    date_text,
    in_cents,
    whole,
)
from protocol.vocabulary import Market

SAME = {
    "TJSJLX": b"01",
    "TJYWLB": b"JY00",
    "TJGFXZ": b"00",
    "TJJSFS": b"A",
    "TJJSBZ": b"Y",
    "TJZYDH": b"0000",
    "TJJYFS": b"01",
}
"""What every record says: trades in ordinary auctions, cleared net and guaranteed."""

FEES = {
    "TJYHS": "stamp",
    "TJJYJSF": "handling",
    "TJJGGF": "regulatory",
    "TJGHF": "transfer",
    "TJJSF": "settlement",
}


def holds(money: np.ndarray) -> np.ndarray:
    return money["market"] == Market.SZSE


def columns(money: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of sjstj/2016; shares bought and money received are positive."""
    date = date_text(money["business_date"])
    quantity = (money["quantity_bought"] - money["quantity_sold"]) * HUNDREDTHS
    return whole(
        SJSTJ,
        {
            **{name: np.array(text) for name, text in SAME.items()},
            "TJJSZH": reference.told(firms, money["firm"], "szse_settlement_account"),
            "TJBFZH": reference.told(firms, money["firm"], "szse_reserve_account"),
            "TJCJSL": quantity,
            "TJQSSL": quantity,
            "TJJSSL": quantity,
            "TJZQLB": SHENZHEN_CLASSES[money["product"]],
            "TJHBDH": MONEY_CODES[money["currency"]],
            "TJQSBJ": in_cents(money["sold"] - money["bought"]),
            **{field: -in_cents(money[item]) for field, item in FEES.items()},
            "TJSFJE": in_cents(money["net"]),
            "TJCJRQ": date,
            "TJQSRQ": date,
            "TJJSRQ": date_text(money["settle_date"]),
            "TJFSRQ": date,
        },
    )


PROFILE = Profile(SJSTJ, "money", columns, holds)

"""zqye.dbf: what is held in Shanghai at the end of the day."""

import numpy as np

from protocol.files import firms as reference
from protocol.files.layouts import ZQYE, Columns
from protocol.files.profiles.profile import Profile
from protocol.files.profiles.words import SHANGHAI_CLASSES, date_text, shanghai_account, whole
from protocol.vocabulary import Market


def holds(rows: np.ndarray) -> np.ndarray:
    return rows["market"] == Market.SSE


def columns(balances: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of zqye/2016."""
    return whole(
        ZQYE,
        {
            "SCDM": np.array(b"01"),
            "QSBH": reference.told(firms, balances["firm"], "sse_participant"),
            "ZQZH": shanghai_account(balances),
            "XWH": balances["trading_unit"],
            "ZQDM": balances["code"],
            "ZQLB": SHANGHAI_CLASSES[balances["product"]],
            "LTLX": np.array(b"N"),
            "YE1": balances["total"],
            "YE2": balances["frozen"] + balances["pledged"],
            "JZRQ": date_text(balances["business_date"]),
        },
    )


PROFILE = Profile(ZQYE, "balances", columns, holds)

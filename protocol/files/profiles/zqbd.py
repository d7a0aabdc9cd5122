"""zqbd.dbf: what has moved shares in Shanghai."""

import numpy as np

from protocol.files import firms as reference
from protocol.files.layouts import ZQBD, Columns
from protocol.files.profiles.movements import BDLX
from protocol.files.profiles.profile import Profile
from protocol.files.profiles.words import SHANGHAI_CLASSES, date_text, shanghai_account, whole
from protocol.vocabulary import Market


def holds(rows: np.ndarray) -> np.ndarray:
    return rows["market"] == Market.SSE


def columns(changes: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of zqbd/2016; what comes in is positive."""
    return whole(
        ZQBD,
        {
            "SCDM": np.array(b"01"),
            "QSBH": reference.told(firms, changes["firm"], "sse_participant"),
            "ZQZH": shanghai_account(changes),
            "XWH": changes["trading_unit"],
            "ZQDM": changes["code"],
            "ZQLB": SHANGHAI_CLASSES[changes["product"]],
            "LTLX": np.array(b"N"),
            "BDSL": changes["quantity"],
            "BDLX": BDLX[changes["movement"]],
            "BDRQ": date_text(changes["business_date"]),
        },
    )


PROFILE = Profile(ZQBD, "changes", columns, holds)

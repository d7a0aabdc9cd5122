"""SJSDZ.DBF: what is held in Shenzhen at the end of the day."""

import numpy as np

from protocol.files.layouts import SJSDZ, Columns
from protocol.files.profiles.profile import Profile
from protocol.files.profiles.words import HUNDREDTHS, date_text, ten_digit_account, whole
from protocol.vocabulary import Market


def holds(balances: np.ndarray) -> np.ndarray:
    return balances["market"] == Market.SZSE


def columns(balances: np.ndarray, firms: np.ndarray) -> Columns:
    """Return the columns of sjsdz/2016."""
    return whole(
        SJSDZ,
        {
            "DZTGDY": balances["trading_unit"],
            "DZZQDM": balances["code"],
            "DZZQZH": ten_digit_account(balances),
            "DZGFXZ": np.array(b"00"),
            "DZLTLX": np.array(b"0"),
            "DZZYGS": balances["total"] * HUNDREDTHS,
            "DZFSRQ": date_text(balances["business_date"]),
        },
    )


PROFILE = Profile(SJSDZ, "balances", columns, holds)

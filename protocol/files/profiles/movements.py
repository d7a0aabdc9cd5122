"""Under which codes the files of 2016 tell why shares have moved.

The depositories' own lists are not known, so these are the venue's: later ones belong to profiles
of another year.
"""

import numpy as np

from protocol.files.rows import Movement

CODES = {
    Movement.SHARES_IN: (b"001", b"FJ01"),
    Movement.SHARES_OUT: (b"002", b"FJ02"),
    Movement.CUSTODY_IN: (b"003", b"TG03"),
    Movement.CUSTODY_OUT: (b"004", b"TG04"),
    Movement.BONUS: (b"011", b"QY11"),
    Movement.RIGHTS: (b"012", b"QY12"),
    Movement.CODE_CHANGE_OUT: (b"013", b"DM13"),
    Movement.CODE_CHANGE_IN: (b"014", b"DM14"),
    Movement.BOUGHT: (b"032", b"JY00"),
    Movement.SOLD: (b"033", b"JY00"),
}
"""BDLX of zqbd and JGYWLB of SJSJG."""


def by_number(place: int) -> np.ndarray:
    texts = {movement.value: codes[place] for movement, codes in CODES.items()}
    return np.array([texts.get(number, b"") for number in range(max(texts) + 1)])


BDLX, JGYWLB = by_number(0), by_number(1)

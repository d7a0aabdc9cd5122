"""The profiles: what each of a day's files tells of the rows of one table.

A fill is one order's side of one trade.  The files hold the fills in the order of their trades,
the two sides of a trade in adjacent rows.
"""

from protocol.files.profiles import (
    bc1,
    gh,
    jsmx,
    nqhb,
    sjsdz,
    sjsjg,
    sjsmx,
    sjstj,
    tables,
    zqbd,
    zqye,
)
from protocol.files.profiles.profile import FACT, Profile, facts_of
from protocol.files.profiles.tables import FILLS_1, FILLS_2, ROWS, rows_of
from protocol.files.profiles.words import in_cents, turnover_of

__all__ = [
    "FACT",
    "PROFILES",
    "ROWS",
    "Profile",
    "facts_of",
    "in_cents",
    "profiles_of",
    "rows_of",
    "turnover_of",
]

OF_TRADES = (gh.PROFILE, sjsmx.FIRST, nqhb.PROFILE)
"""What needs neither fees nor firms."""

WITH_FEES = (
    FILLS_2,
    *tables.OTHERS,
    gh.PROFILE,
    bc1.PROFILE,
    jsmx.PROFILE,
    sjsmx.FIRST,
    sjsmx.SECOND,
    nqhb.PROFILE,
    zqbd.PROFILE,
    sjsjg.PROFILE,
    zqye.PROFILE,
    sjsdz.PROFILE,
    sjstj.PROFILE,
)

PROFILES = {profile.layout.profile: profile for profile in (FILLS_1, *WITH_FEES)}
"""What a day's files may be like."""


def profiles_of(*, with_fees: bool) -> list[Profile]:
    """Return what a day's close writes, tables first."""
    return list(WITH_FEES if with_fees else (FILLS_1, *OF_TRADES))

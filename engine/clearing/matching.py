"""A day held to what exchange and depository send of it: which records are told alike, which not.

The records that the day would have sent itself are held to those that have come, by the fields that
name a trade or a holding, in every field that says how many, for how much, and at what cost.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from protocol.files.layouts import Columns, row_count


class Terms(NamedTuple):
    """What of a file is compared: `keys` name a record, `compared` must be told alike."""

    keys: tuple[str, ...]
    compared: tuple[str, ...]


def terms(keys: str, compared: str) -> Terms:
    return Terms(tuple(keys.split()), tuple(compared.split()))


SHENZHEN_DETAILS = terms(
    "MXZXBH MXZQZH MXDDBH",
    "MXZQDM MXCJSL MXCJJG MXQSBJ MXYHS MXJYJSF MXJGGF MXGHF MXJSF MXSFJE MXJSRQ",
)

TERMS = {
    "gh/2016": terms("CJBH BS", "ZQDM CJSL CJJG CJJE"),
    "bc1/2016": terms(
        "SSE_REF BS",
        "SEC_CODE VOLUME PRICE TRADE_VAL STAMP_DUTY SSE_CHARGE TRANSF_FEE CLEAR_FEE OTHER_FEE"
        " SETTLE_AMT SETTLEDATE",
    ),
    "jsmx/2016": terms("CJBH MMBZ", "ZQDM1 SL JG1 QSJE YHS JSF GHF ZGF SXF SJSF JSRQ"),
    "sjsmx1/2016": SHENZHEN_DETAILS,
    "sjsmx2/2016": SHENZHEN_DETAILS,
    "nqhb/2016": terms("HBCJHM HBYWLB", "HBZQDM HBCJSL HBCJJG"),
    "zqye/2016": terms("ZQZH ZQDM XWH", "YE1 YE2"),
    "sjsdz/2016": terms("DZZQZH DZZQDM DZTGDY", "DZZYGS"),
    "sjstj/2016": terms("TJJSZH TJHBDH TJZQLB TJJSRQ", "TJCJSL TJQSBJ TJSFJE"),
}
"""By profile: trades of the exchanges, trades and money of the depository, and its balances."""


class Difference(NamedTuple):
    """A record that is not told alike: what names it, its class, and, of one that is different, the
    first field that is, as it is here and there."""

    key: str
    what: str
    field: str = ""
    here: str = ""
    there: str = ""


class Matching(NamedTuple):
    """How many records match, and those that do not: missing here, missing there, or different."""

    matched: int
    amiss: list[Difference]


def match(own: Columns, told: Columns, terms: Terms) -> Matching:
    """Return how the records of our own and those that have come fit.

    A record that comes twice is missing here the second time.
    """
    ours, theirs = keys_of(own, told, terms.keys)
    _, here, there = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
    is_same = np.ones(len(here), bool)
    amiss = []
    for name in terms.compared:
        left, right = column(own, name)[here], column(told, name)[there]
        for place in np.flatnonzero(is_same & (left != right)).tolist():
            key = key_text(own, terms.keys, int(here[place]))
            values = spelled(left[place]), spelled(right[place])
            amiss.append(Difference(key, "different", name, *values))
        is_same &= left == right
    alone = (("missing there", own, ours, here), ("missing here", told, theirs, there))
    for what, columns, keys, found in alone:
        for row in np.setdiff1d(np.arange(len(keys)), found).tolist():
            amiss.append(Difference(key_text(columns, terms.keys, row), what))
    return Matching(int(is_same.sum()), sorted(amiss))


def column(columns: Columns, name: str) -> np.ndarray:
    return np.broadcast_to(columns[name], row_count(columns))


def keys_of(own: Columns, told: Columns, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return one number for each record, alike here and there; records of the same key are told
    apart by which of them comes first."""
    split = row_count(own)
    keys = np.zeros(split + row_count(told), np.int64)
    for name in names:
        values = np.concatenate([column(own, name), column(told, name)])
        _, numbers = np.unique(values, return_inverse=True)
        _, keys = np.unique(keys * (numbers.max(initial=0) + 1) + numbers, return_inverse=True)
    return tuple(part * len(keys) + turn_of(part) for part in np.split(keys, [split]))


def turn_of(keys: np.ndarray) -> np.ndarray:
    """Return of each key how often it has come before."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1) != 0)
    sizes = np.diff(starts, append=len(keys))
    turns = np.empty(len(keys), np.int64)
    turns[order] = np.arange(len(keys)) - np.repeat(starts, sizes)
    return turns


def key_text(columns: Columns, names: Sequence[str], row: int) -> str:
    return " ".join(spelled(column(columns, name)[row]) for name in names)


def spelled(value: np.generic) -> str:
    """Return a value as text: numbers are in units of the last decimal of their field."""
    return value.decode("gbk") if isinstance(value, bytes) else str(value)

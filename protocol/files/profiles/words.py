"""How rows are spelled in the files: numbers of securities accounts, dates, amounts, codes."""

from enum import IntEnum

import numpy as np

from protocol.files.fault import FileFault
from protocol.files.layouts import Columns, Layout
from protocol.files.numerals import zero_padded
from protocol.units import UNITS_PER_CENT, format_units
from protocol.vocabulary import NONE, Currency, Permission, Side

SIDE_LETTERS = np.array([b"B", b"S"])
MONEY_CODES = np.array([b"RMB", b"USD", b"HKD"])
"""By Currency."""

HUNDREDTHS = 100
"""Quantities in Shenzhen's files have two decimals."""


def by_product(usual: bytes, others: dict[Permission, bytes]) -> np.ndarray:
    return np.array([others.get(product, usual) for product in Permission])


SHANGHAI_CLASSES = by_product(
    b"PT", {Permission.FUNDS: b"JJ", Permission.REITS: b"JJ", Permission.CONVERTIBLES: b"GZ"}
)
"""ZQLB by product: shares, funds, bonds."""

SHENZHEN_CLASSES = by_product(
    b"00", {Permission.FUNDS: b"EF", Permission.REITS: b"EF", Permission.CONVERTIBLES: b""}
)
"""MXZQLB and its like by product; that of bonds is not known."""


def names_of(enumeration: type[IntEnum]) -> np.ndarray:
    """Return the names of members, each at its own number."""
    names = {member.value: member.name.encode() for member in enumeration}
    return np.array([names.get(number, b"") for number in range(max(names) + 1)])


def numbers_of(words: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return the place of each value in `words`, NONE where it is not among them."""
    numbers = np.full(len(column), NONE, np.int64)
    for number, word in enumerate(words.tolist()):
        if word:
            numbers[column == word] = number
    return numbers


def turnover_of(price: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Return price x quantity in 1/10000 yuan, rounded half up to whole cents, as int64."""
    return in_cents(price.astype(np.int64) * quantity) * UNITS_PER_CENT


def in_cents(amount: np.ndarray) -> np.ndarray:
    """Return amounts in 1/10000 yuan, rounded half up to whole cents, in cents."""
    return (amount + UNITS_PER_CENT // 2) // UNITS_PER_CENT


def in_mills(layout: Layout, name: str, fills: np.ndarray) -> np.ndarray:
    """Return the fills' prices in 1/1000; raise FileFault where one is finer than that."""
    prices = fills["price"]
    mills = prices // 10
    fine = np.flatnonzero(mills * 10 != prices)
    if fine.size:
        fill = fills[fine[0]]
        raise FileFault(
            f"{layout.file}: trade {fill['trade_number']}: {name}:"
            f" {format_units(int(fill['price']))} has more than three decimals; list the instrument"
            " with a tick of at least 0.001"
        )
    return mills


def shanghai_account(rows: np.ndarray) -> np.ndarray:
    """Return the securities accounts in Shanghai: A, or C for B shares, and nine digits."""
    digits = zero_padded(rows["account"], 9)
    foreign = rows["currency"] != Currency.CNY
    if not foreign.any():
        return np.strings.add(b"A", digits)
    return np.strings.add(np.where(foreign, b"C", b"A"), digits)


def ten_digit_account(rows: np.ndarray) -> np.ndarray:
    """Return the securities accounts in Shenzhen and Beijing: ten digits."""
    return zero_padded(rows["account"], 10)


def date_text(dates: np.ndarray) -> np.ndarray:
    """Return dates as text YYYYMMDD, blank where there is none; one value where all have it."""
    if not len(dates):
        return np.empty(0, "S8")
    if (dates == dates[0]).all():
        return np.array(b"%08d" % dates[0] if dates[0] else b"")
    return np.where(dates > 0, zero_padded(dates, 8), b"")


def signs(fills: np.ndarray) -> np.ndarray:
    """Return 1 for what was bought and -1 for what was sold."""
    return 1 - 2 * (fills["side"] == Side.SELL).astype(np.int64)


def whole(layout: Layout, told: Columns) -> Columns:
    """Return `told` with the fields that it leaves out: blank text, and zeros."""
    silent = {True: np.array(0), False: np.array(b"")}
    return {field.name: told.get(field.name, silent[field.is_number]) for field in layout.fields}

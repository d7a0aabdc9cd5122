"""Accounts that can bear what orders need, or a part of it, and what they have when all is over."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from bench.child import ACCOUNTS_EACH
from engine.kernels import State
from protocol.units import format_units
from protocol.vocabulary import Currency, Depository, Permission, Side

FEES_PERCENT = 1
FEES_LEAST = 100_000
"""More than the fees of an order ever are: 1 % of its value, and 10 yuan."""

TERMS = {
    "depositories": " ".join(Depository.__members__),
    "permissions": " ".join(Permission.__members__),
    "commission_rate": "0.00025",
    "commission_min": "5.00",
}


def write_accounts(
    folder: Path,
    orders: np.ndarray,
    prices: np.ndarray,
    symbols: Sequence[str],
    numbers: np.ndarray,
    percent: int | np.ndarray,
) -> Path:
    """Write the files of the accounts with these numbers, in ascending order; return the folder.

    Each has so many percent of what all its orders, at these prices, need if none ever gives any
    back.
    """
    place = np.searchsorted(numbers, orders["account"])
    is_buy = orders["side"] == Side.BUY
    value = prices.astype(np.int64) * orders["quantity"]
    value += value * FEES_PERCENT // 100 + FEES_LEAST
    money = np.zeros(len(numbers), np.int64)
    np.add.at(money, place[is_buy], value[is_buy])
    shares = np.zeros((len(numbers), len(symbols)), np.int64)
    np.add.at(shares, (place[~is_buy], orders["instrument"][~is_buy]), orders["quantity"][~is_buy])
    of_each = np.broadcast_to(percent, len(numbers))
    folder.mkdir(exist_ok=True)
    write(
        folder / "accounts.csv",
        ["account", "branch", *TERMS],
        ([number, number // ACCOUNTS_EACH, *TERMS.values()] for number in numbers),
    )
    write(
        folder / "funds.csv",
        ["account", "currency", "balance"],
        (
            [number, Currency.CNY.name, format_units(balance)]
            for number, balance in zip(numbers, money * of_each // 100, strict=True)
            if balance > 0
        ),
    )
    write(
        folder / "holdings.csv",
        ["account", "symbol", "total"],
        (
            [number, symbol, total]
            for number, totals in zip(numbers, shares * of_each[:, None] // 100, strict=True)
            for symbol, total in zip(symbols, totals, strict=True)
            if total > 0
        ),
    )
    return folder


def write(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *lines])


def conserved_in(state: State) -> str:
    """Say where all money and shares are after the close."""
    outside, fees = (
        format_units(int(state.tallies[Currency.CNY][name])) for name in ("outside", "fees")
    )
    return (
        f"conserved: of {outside} yuan {fees} went in fees and the accounts have the others, as "
        f"they have all {state.instruments['issued'].sum()} shares; no order holds any"
    )

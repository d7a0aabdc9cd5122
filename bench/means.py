"""Accounts that can bear a recording, or a part of it, and whether nothing gets lost in them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.recording import ACCOUNT_FIRST, ACCOUNTS
from engine.kernels import State
from protocol.units import format_units
from protocol.vocabulary import CommandKind, Currency, Depository, Permission, Side

FEES_PERCENT = 1
FEES_LEAST = 100_000
"""More than the fees of an order ever are: 1 % of its value, and 10 yuan."""

TERMS = {
    "branch": 1,
    "depositories": " ".join(Depository.__members__),
    "permissions": Permission.ORDINARY.name,
    "commission_rate": "0.00025",
    "commission_min": "5.00",
}


def write_accounts(folder: Path, rows: np.ndarray, symbols: Sequence[str], percent: int) -> Path:
    """Write the accounts' files: `percent` of what all orders need if none ever gives any back."""
    orders = rows[rows["kind"] == CommandKind.ENTER_ORDER]
    account = orders["account"] - ACCOUNT_FIRST
    is_buy = orders["side"] == Side.BUY
    value = orders["price"].astype(np.int64) * orders["quantity"]
    value += value * FEES_PERCENT // 100 + FEES_LEAST
    money = np.zeros(ACCOUNTS, np.int64)
    np.add.at(money, account[is_buy], value[is_buy])
    shares = np.zeros((ACCOUNTS, len(symbols)), np.int64)
    np.add.at(
        shares, (account[~is_buy], orders["instrument"][~is_buy]), orders["quantity"][~is_buy]
    )
    numbers = range(ACCOUNT_FIRST, ACCOUNT_FIRST + ACCOUNTS)
    folder.mkdir()
    write(folder / "accounts.csv", ["account", *TERMS], ([n, *TERMS.values()] for n in numbers))
    write(
        folder / "funds.csv",
        ["account", "currency", "balance"],
        (
            [number, Currency.CNY.name, format_units(balance)]
            for number, balance in zip(numbers, money * percent // 100, strict=True)
            if balance > 0
        ),
    )
    write(
        folder / "holdings.csv",
        ["account", "symbol", "total"],
        (
            [number, symbol, total]
            for number, totals in zip(numbers, shares * percent // 100, strict=True)
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


def amiss_in(state: State) -> Iterator[str]:
    """Yield what got lost until the close, or is still held then."""
    yield from amiss_of_money(state)
    yield from amiss_of_shares(state)


def amiss_of_money(state: State) -> Iterator[str]:
    for currency in Currency:
        funds = state.funds[currency :: len(Currency)]
        tally = state.tallies[currency]
        lost = tally["outside"] - tally["fees"] - funds["balance"].sum()
        if lost:
            yield f"not conserved: {format_units(lost)} {currency.name} are lost"
        if funds["held"].any():
            yield f"not conserved: orders that are gone hold {currency.name}"


def amiss_of_shares(state: State) -> Iterator[str]:
    venue = state.venue[0]
    holdings = state.holdings[: venue["holdings"]]
    issued = state.instruments["issued"][: venue["instruments"]].copy()
    np.subtract.at(issued, holdings["instrument"], holdings["total"])
    for instrument in np.flatnonzero(issued):
        yield f"not conserved: {issued[instrument]} shares of instrument {instrument} are lost"
    if holdings["held"].any() or state.accounts["open_orders"].any():
        yield "not conserved: orders that are gone hold shares"

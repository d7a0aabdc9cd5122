"""The folder of accounts with which the next day begins: what this one leaves, as CSV.

engine/accounts.py reads the same files; every value comes back as it is written here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum

import numpy as np

from engine.fees import spelled
from engine.kernels import State
from protocol.mistake import Mistake
from protocol.units import UNITS_PER_CENT, format_units
from protocol.vocabulary import (
    AccountKind,
    AccountStatus,
    Channel,
    Currency,
    Depository,
    ListMode,
    Permission,
    RateAction,
)

Spell = Callable[[int], str]
Files = dict[str, bytes]
"""The bytes of each file, by its name."""


class MorningRefused(Mistake):
    """The next day cannot begin with what this one leaves; the text says why and what to do."""


def word(words: type[IntEnum]) -> Spell:
    return lambda number: words(number).name


def bits(words: type[IntEnum]) -> Spell:
    return lambda number: " ".join(one.name for one in words if number >> one & 1)


def cents_times_days(number: int) -> str:
    """Return an accumulated product in yuan-days, which is in cents times days."""
    return format_units(number * UNITS_PER_CENT, 2)


ACCOUNT: dict[str, Spell] = {
    "account": str,
    "branch": str,
    "depositories": bits(Depository),
    "permissions": bits(Permission),
    "commission_rate": spelled,
    "commission_min": format_units,
    "commission_min_foreign": format_units,
    "commission_includes": str,
    "account_kind": word(AccountKind),
    "channels": bits(Channel),
    "status": word(AccountStatus),
    "order_value_max": format_units,
    "open_orders_max": str,
    "rate_max": str,
    "requests_max": str,
    "rate_action": word(RateAction),
    "list_mode": word(ListMode),
    "collar_bp": str,
    "duplicate_ms": str,
}
FUNDS: dict[str, Spell] = {
    "account": str,
    "currency": word(Currency),
    "balance": format_units,
    "credit": format_units,
    "frozen_long": format_units,
    "spending_max": format_units,
    "product": cents_times_days,
    "accrued": str,
    "rest": str,
}


def morning_files(state: State, symbols: Sequence[str]) -> Files:
    """Return the files of accounts of a day whose last state this is.

    `symbols` are its instruments by number, spelled like "600519.SH".  Raises MorningRefused where
    an account owes money.
    """
    shares: dict[str, Spell] = {
        "account": str,
        "symbol": lambda number: symbols[number],
        "total": str,
        "cost": format_units,
        "frozen_long": str,
        "pledged": str,
    }
    return {
        "accounts.csv": written(ACCOUNT, accounts(state)),
        "funds.csv": written(FUNDS, funds(state)),
        "holdings.csv": written(shares, holdings(state)),
        "lists.csv": written({"account": str, "symbol": shares["symbol"]}, lists(state)),
    }


def written(columns: dict[str, Spell], rows: Iterable[Sequence[int]]) -> bytes:
    lines = [",".join(columns)]
    spells = list(columns.values())
    for row in rows:
        lines.append(",".join(spell(value) for spell, value in zip(spells, row, strict=True)))
    return "".join(line + "\n" for line in lines).encode()


def is_kept(state: State) -> np.ndarray:
    """Return of each number whether an account of it goes on."""
    status = state.accounts["status"]
    return (status != AccountStatus.NONE) & (status != AccountStatus.CLOSED)


def accounts(state: State) -> Iterator[Sequence[int]]:
    """Yield the terms and limits of each account, by number."""
    for number in np.flatnonzero(is_kept(state)).tolist():
        row, owner = state.accounts[number], state.owners[number]
        named = ACCOUNT.keys() - {"account"}
        told = {name: int((row if name in row.dtype.names else owner)[name]) for name in named}
        yield [number if name == "account" else told[name] for name in ACCOUNT]


def funds(state: State) -> Iterator[Sequence[int]]:
    """Yield the money of each account in each currency of which there is something to tell."""
    kept = np.repeat(is_kept(state), len(Currency))
    parts = [state.funds[name] for name in ("balance", "credit", "frozen_long", "spending_max")]
    parts += [state.accruals[name] for name in ("product", "accrued", "rest")]
    told = np.any([part != 0 for part in parts], axis=0) & kept
    for place in np.flatnonzero(told).tolist():
        number, currency = divmod(place, len(Currency))
        balance, *others = (int(part[place]) for part in parts)
        if balance < 0:
            raise MorningRefused(
                f"account {number} owes {format_units(-balance)} {Currency(currency).name}, with "
                "which no day begins; have it paid in before the day ends"
            )
        yield [number, currency, balance, *others]


def holdings(state: State) -> Iterator[Sequence[int]]:
    """Yield the holdings that are not empty, by account and instrument."""
    held = state.holdings[: state.venue[0]["holdings"]]
    held = held[held["total"] > 0]
    names = ["account", "instrument", "total", "cost", "frozen_long", "pledged"]
    yield from held[np.lexsort((held["instrument"], held["account"]))][names].tolist()


def lists(state: State) -> Iterator[Sequence[int]]:
    """Yield the instruments on the lists of accounts, by account and instrument."""
    lines = state.lists[: state.venue[0]["lists"]]
    lines = lines[lines["is_listed"] == 1]
    for row in lines[np.lexsort((lines["instrument"], lines["account"]))].tolist():
        yield row[:2]

"""What corporate actions entitle accounts to: reckoned at the record date, booked when due.

Whole shares are dealt out as the registrar does it: each account has what its shares come to
without the fraction, and the shares that are left go to the largest fractions, one each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.accounts import NUMBER_MAX, whole, word
from engine.clearing.actions import EVENT, MILLION, Action, Kind
from engine.clearing.calendars import day
from engine.columns import Column, ColumnError, load_columns, refuse_first
from protocol.bounds import FUNDS_MAX, SHARES_MAX
from protocol.calendar import to_date
from protocol.units import SCALE, UNITS_PER_CENT, format_units, parse_units
from protocol.vocabulary import Currency

COLUMNS = "what,event,account,symbol,due,shares,money,currency"


class What(IntEnum):
    """What is booked; TRANSFER_OUT is the money that rights are paid with."""

    DIVIDEND = 1
    BONUS = 2
    RIGHTS = 3
    TRANSFER_OUT = 4
    DIVIDEND_TAX = 5


class Entitlement(NamedTuple):
    """Shares or money, in 1/10000 of the currency, that an account gets or pays on a day; the money
    beside shares is what they cost."""

    what: What
    event: int
    account: int
    symbol: str
    due: int
    shares: int
    money: int
    currency: Currency

    def __str__(self) -> str:
        """Spell it as a line of entitlements.csv."""
        what, number, account, symbol, due, shares, money, currency = self
        date = to_date(due).isoformat()
        return (
            f"{what.name},{number},{account},{symbol},{date},{shares},{format_units(money)},"
            f"{currency.name}"
        )


def entitled(
    action: Action,
    held: Mapping[int, int],
    subscribed: Mapping[int, int],
    currency: Currency,
) -> Iterator[Entitlement]:
    """Yield what accounts with so many shares each are entitled to.

    Of rights these have `subscribed` to some; raises ColumnError where one has to too many, and
    where one would get more than can be booked.
    """

    def one(what: What, account: int, shares: int = 0, money: int = 0) -> Entitlement:
        if shares > SHARES_MAX or money > FUNDS_MAX:
            raise ColumnError(
                f"actions.csv: event {action.event}: of account {account} it comes to {shares}"
                f" shares and {format_units(money)}, more than can be booked; correct the line"
            )
        return Entitlement(
            what, action.event, account, action.symbol, action.due, shares, money, currency
        )

    if action.kind is Kind.DIVIDEND:
        for account, shares in held.items():
            money = cash_of(shares, action.cash)
            if money:
                yield one(What.DIVIDEND, account, money=money)
    elif action.kind is Kind.BONUS:
        for account, shares in dealt_out(held, action.ratio).items():
            yield one(What.BONUS, account, shares)
    elif action.kind is Kind.RIGHTS:
        rights = dealt_out(held, action.ratio)
        for account, shares in subscribed.items():
            if shares > rights.get(account, 0):
                raise ColumnError(
                    f"subscriptions.csv: event {action.event}: account {account} subscribes to"
                    f" {shares} shares, but has rights to {rights.get(account, 0)}; correct it"
                )
            cost = shares * action.price
            yield one(What.TRANSFER_OUT, account, money=cost)
            yield one(What.RIGHTS, account, shares, cost)


def cash_of(shares: int, cash: int) -> int:
    """Return a dividend in 1/10000, rounded half up to the cent."""
    cent = MILLION // SCALE * UNITS_PER_CENT
    return (2 * shares * cash + cent) // (2 * cent) * UNITS_PER_CENT


def dealt_out(held: Mapping[int, int], ratio: int) -> dict[int, int]:
    """Return how many whole shares each account gets, of all that the holdings come to.

    Of equal fractions the one of the lower account comes first.
    """
    got = {account: shares * ratio // MILLION for account, shares in held.items()}
    left = sum(held.values()) * ratio // MILLION - sum(got.values())
    by_fraction = sorted(held, key=lambda account: (-(held[account] * ratio % MILLION), account))
    for account in by_fraction[:left]:
        got[account] += 1
    return {account: shares for account, shares in got.items() if shares}


def load_entitlements(folder: Path) -> list[Entitlement]:
    """Return what entitlements.csv of a folder carries over, nothing where there is none.

    Raises ColumnError, naming the line.
    """
    path = folder / "entitlements.csv"
    if not path.exists():
        return []
    symbols: list[str] = []
    columns = (
        Column("what", word(What)),
        Column("event", whole(NUMBER_MAX)),
        Column("account", whole(NUMBER_MAX)),
        Column("symbol", remembered(symbols)),
        Column("due", day),
        Column("shares", whole(SHARES_MAX)),
        Column("money", amount),
        Column("currency", word(Currency)),
    )
    table = load_columns(path, columns)
    rows = zip(*(table[column.name].tolist() for column in columns), strict=True)
    return [
        Entitlement(What(what), number, account, symbols[symbol], *rest, Currency(currency))
        for what, number, account, symbol, *rest, currency in rows
    ]


def load_subscriptions(folder: Path, actions: Iterable[Action]) -> dict[int, dict[int, int]]:
    """Return by event how many shares accounts subscribe to, as subscriptions.csv says it.

    Raises ColumnError, naming the line, also where the event is not among the RIGHTS of `actions`.
    """
    path = folder / "subscriptions.csv"
    if not path.exists():
        return {}
    columns = (
        Column("event", EVENT),
        Column("account", whole(NUMBER_MAX)),
        Column("shares", whole(SHARES_MAX, least=1)),
    )
    table = load_columns(path, columns)
    rights = [action.event for action in actions if action.kind is Kind.RIGHTS]
    refuse_first(
        path,
        ~np.isin(table["event"], rights),
        lambda at: f"event: {table['event'][at]} is no RIGHTS in actions.csv; correct either",
    )
    found: dict[int, dict[int, int]] = {}
    for number, account, shares in zip(*(table[one.name].tolist() for one in columns), strict=True):
        of_event = found.setdefault(number, {})
        of_event[account] = of_event.get(account, 0) + shares
    return found


def remembered(texts: list[str]) -> Callable[[str], int]:
    """Return what gives each text its number in a list."""

    def parse(text: str) -> int:
        texts.append(text)
        return len(texts) - 1

    return parse


def amount(text: str) -> int:
    units = parse_units(text)
    if not 0 <= units <= FUNDS_MAX:
        raise ValueError(f"{text} is not from 0 to {format_units(FUNDS_MAX)}")
    return units


def spelled(entitlements: Iterable[Entitlement]) -> bytes:
    """Return the bytes of entitlements.csv, or of entries.csv of the day on which they are due."""
    lines = [COLUMNS, *map(str, entitlements)]
    return "".join(f"{line}\n" for line in lines).encode()


def holders(balances: np.ndarray, symbols: Sequence[str], symbol: str) -> dict[int, int]:
    """Return the shares that accounts have by BALANCE rows, whose symbols come beside them."""
    return {
        int(row["account"]): int(row["total"])
        for row, one in zip(balances, symbols, strict=True)
        if one == symbol and row["total"] > 0
    }

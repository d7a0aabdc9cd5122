"""The statement of an account: what it began the day with, what changed that, and what it has now.

What shares have cost changes with every trade by its turnover and its fees, so a holding tells its
fees; and the money that an account has lost or gained must be what its trades and their fees say.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from engine.entries import FUNDS_RULES, SHARES_RULES
from protocol.questions import Fill, Funds, Holding, Movement
from protocol.units import format_units
from protocol.vocabulary import Currency, FundsEntry, SharesEntry, Side

Thing = TypeVar("Thing")

BROUGHT_FORWARD = (FundsEntry.BROUGHT_FORWARD, SharesEntry.BROUGHT_FORWARD)


class Line(NamedTuple):
    """One change, and the number of the trade or movement that made it, 0 where it sums up many."""

    what: str
    number: int
    shares: int
    money: int


class Part(NamedTuple):
    """The statement of a currency or of an instrument; the money of shares is what they cost.

    It `is_sound` where what can be checked besides the sums is right.
    """

    title: str
    lines: list[Line]
    shares: int
    money: int
    is_sound: bool
    fees: int = 0

    @property
    def is_used(self) -> bool:
        """Whether there is or was anything."""
        return bool(self.money or any(line.money for line in self.lines))

    @property
    def ties(self) -> bool:
        """Whether the changes add up to what is there."""
        return (
            self.is_sound
            and sum(line.shares for line in self.lines) == self.shares
            and sum(line.money for line in self.lines) == self.money
        )


def make_statement(
    funds: Sequence[Funds],
    holdings: Sequence[Holding],
    movements: Sequence[Movement],
    fills: Sequence[Fill],
) -> list[Part]:
    """Return the parts of the statement: each currency that was used, then each instrument.

    All rows are of one account and one moment.
    """
    moved = grouped(movements, lambda movement: movement.instrument)
    filled = grouped(fills, lambda fill: fill.instrument)
    of_currency = grouped(moved[""], lambda movement: movement.currency)
    of_shares = [
        part_of_shares(held, moved[held.instrument], filled[held.instrument]) for held in holdings
    ]
    of_money = []
    for currency, now in zip(Currency, funds, strict=True):
        traded = {held.instrument for held in holdings if held.currency == currency}
        own = [fill for fill in fills if fill.instrument in traded]
        fees = [(part.title, part.fees) for part in of_shares if part.title in traded and part.fees]
        of_money.append(part_of_money(currency, now, of_currency[currency], own, fees))
    return [part for part in of_money if part.is_used] + of_shares


def part_of_shares(holding: Holding, movements: Iterable[Movement], fills: Sequence[Fill]) -> Part:
    """Return the statement of an instrument: without trades there are no fees."""
    changes = [*opened(movements, shares_moved), *map(shares_traded, fills)]
    fees = holding.cost - sum(line.money for line in changes)
    is_sound = fees >= 0 if fills else fees == 0
    charged = [Line("fees", 0, 0, fees)] if fees else []
    return Part(holding.instrument, changes + charged, holding.total, holding.cost, is_sound, fees)


def part_of_money(
    currency: Currency,
    funds: Funds,
    movements: Iterable[Movement],
    fills: Iterable[Fill],
    fees: Iterable[tuple[str, int]],
) -> Part:
    """Return the statement of a currency: what its trades and their fees took is what was spent."""
    trades = [money_traded(fill) for fill in fills]
    trades += [Line(f"fees of {symbol}", 0, 0, -amount) for symbol, amount in fees]
    is_sound = funds.spent == -sum(line.money for line in trades)
    changes = opened(movements, money_moved) + trades
    return Part(currency.name, changes, 0, funds.balance, is_sound)


def opened(movements: Iterable[Movement], moved: Callable[[Movement], Line]) -> list[Line]:
    """Return what was there in the morning as one line, then the movements that changed anything.

    What is brought forward was there, whenever it was booked.
    """
    began, later = Line("opening", 0, 0, 0), []
    for movement in movements:
        line = moved(movement)
        if movement.reason in BROUGHT_FORWARD:
            shares, money = began.shares + line.shares, began.money + line.money
            began = began._replace(shares=shares, money=money)
        elif line.shares or line.money:
            later.append(line)
    return [began, *later]


def money_moved(movement: Movement) -> Line:
    """Return what a movement of money did to the balance."""
    sign = FUNDS_RULES[movement.entry].balance * sign_of(movement)
    return Line(told(movement), movement.sequence, 0, sign * movement.amount)


def shares_moved(movement: Movement) -> Line:
    """Return what a movement of shares did to their number and their cost."""
    sign = SHARES_RULES[movement.entry].total * sign_of(movement)
    return Line(told(movement), movement.sequence, sign * movement.amount, sign * movement.cost)


def sign_of(movement: Movement) -> int:
    return -1 if movement.is_reversal else 1


def told(movement: Movement) -> str:
    return movement.reason.name + " taken back" * movement.is_reversal


def money_traded(fill: Fill) -> Line:
    """Return what a fill did to the balance, fees aside."""
    sign = -1 if fill.side == Side.BUY else 1
    what = f"{fill.side.name} {fill.quantity} {fill.instrument} at {format_units(fill.price)}"
    return Line(what, fill.trade_number, 0, sign * fill.price * fill.quantity)


def shares_traded(fill: Fill) -> Line:
    """Return what a fill did to the number of shares and their cost, fees aside."""
    sign = 1 if fill.side == Side.BUY else -1
    what = f"{fill.side.name} at {format_units(fill.price)}"
    quantity = sign * fill.quantity
    return Line(what, fill.trade_number, quantity, quantity * fill.price)


def grouped(things: Iterable[Thing], key: Callable[[Thing], object]) -> dict[object, list[Thing]]:
    """Return things by their keys, in order; nothing for a key that none has."""
    groups: dict[object, list[Thing]] = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return groups

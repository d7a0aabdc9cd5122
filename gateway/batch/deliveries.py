"""What persons have delivered of a day: a line of JSON for each act, in deliveries.jsonl.

A trade of a branch that delivers by hand takes two persons: the first proposes what is to be
booked, the second asks for the very same.
"""

from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from engine.clearing.delivery import Booking, Deliveries, Mode, Modes, amounts_of
from gateway.batch.lines import Lines
from protocol.mistake import Mistake
from protocol.units import format_units
from protocol.vocabulary import Side


class DeliveryRefused(Mistake):
    """Nothing was booked; the text says why and what to do."""


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person books, or proposes to book, a trade of an account, or with trade 0 all of them.

    `money` is in 1/10000 of the security's currency; it and the shares are signed, and 0 where the
    close reckons them.
    """

    what: Literal["booked", "proposed"]
    account: int
    trade: int
    side: str
    money: int
    shares: int
    by: str
    reason: str = ""

    @property
    def booking(self) -> Booking:
        """What it speaks of."""
        return Booking(self.account, self.trade, Side[self.side] if self.side else 0)


class Wanted(NamedTuple):
    """A trade that somebody wants to be booked, and what he says it moves."""

    account: int
    trade: int
    side: Side
    money: int
    shares: int


class Desk:
    """Books the fills of a day's folder as persons ask for it."""

    def __init__(self, path: Path, fills: np.ndarray, modes: Modes) -> None:
        self.lines = Lines(path, Act)
        self.fills = fills
        self.modes = modes

    @property
    def deliveries(self) -> Deliveries:
        """What is delivered by now."""
        booked = (act.booking for act in self.lines.read() if act.what == "booked")
        return Deliveries(self.fills, self.modes, booked)

    def book_account(self, account: int, by: str) -> int:
        """Book all that an account has traded; return how many trades that are.

        Raises DeliveryRefused.
        """
        deliveries = self.deliveries
        meant = deliveries.meant_by(Booking(account))
        if not meant.any():
            raise DeliveryRefused(f"account {account}: has traded nothing; look at --list")
        check_mode(f"account {account}", deliveries.modes[meant][0], Mode.SEMI_AUTOMATIC)
        if deliveries.is_booked[meant].all():
            raise DeliveryRefused(f"account {account}: is delivered already; nothing is left to do")
        self.lines.add(Act("booked", account, 0, "", 0, 0, by))
        return int(meant.sum())

    def book_trade(self, wanted: Wanted, by: str, reason: str) -> bool:
        """Book a trade if another person has proposed the very same, else propose it.

        Return whether it is booked.  Raises DeliveryRefused, also where the amounts are not what
        clearing says.
        """
        deliveries = self.deliveries
        booking = Booking(wanted.account, wanted.trade, wanted.side)
        meant = deliveries.meant_by(booking)
        name = f"account {wanted.account}, trade {wanted.trade} {wanted.side.name}"
        if not meant.any():
            raise DeliveryRefused(f"{name}: there is no such trade; look at --list")
        check_mode(name, deliveries.modes[meant][0], Mode.MANUAL)
        if deliveries.is_booked[meant].all():
            raise DeliveryRefused(f"{name}: is delivered already; nothing is left to do")
        check_amounts(name, wanted, self.fills[meant])
        act = Act(
            "proposed",
            wanted.account,
            wanted.trade,
            wanted.side.name,
            wanted.money,
            wanted.shares,
            by,
            reason,
        )
        others = {other.by for other in self.proposals(act)}
        if by in others:
            raise DeliveryRefused(f"{name}: {by} has proposed it; another person must ask for it")
        self.lines.add(msgspec.structs.replace(act, what="booked") if others else act)
        return bool(others)

    def proposals(self, act: Act) -> list[Act]:
        """Return the proposals of the very same booking, whoever made them and for what reason."""
        alike = msgspec.structs.replace(act, by="", reason="")
        return [
            other
            for other in self.lines.read()
            if msgspec.structs.replace(other, by="", reason="") == alike
        ]


def check_mode(name: str, found: int, needed: Mode) -> None:
    if found != needed:
        raise DeliveryRefused(
            f"{name}: the branch delivers {Mode(found).name}, not {needed.name}; correct"
            " reference/delivery.csv if that is wrong"
        )


def check_amounts(name: str, wanted: Wanted, fills: np.ndarray) -> None:
    money, shares = (int(column.sum()) for column in amounts_of(fills))
    if (wanted.money, wanted.shares) != (money, shares):
        raise DeliveryRefused(
            f"{name}: {format_units(wanted.money)} and {wanted.shares} shares are to be booked,"
            f" but clearing says {format_units(money)} and {shares}; book that, or have the trade"
            " looked into"
        )

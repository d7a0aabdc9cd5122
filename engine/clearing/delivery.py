"""Which trades of a day have been delivered: booked for good in money and shares, each once.

A branch delivers in one of four modes.  The venue has booked with each report what a branch in real
time has traded; the close books what one in the automatic mode has; and of the others a person says
which accounts, or which trades.  Whoever books, it comes to the same.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.accounts import NUMBER_MAX, whole, word
from engine.clearing.dealings import value_of
from engine.columns import Column, load_columns, refuse_first, repeated
from protocol.vocabulary import Side


class Mode(IntEnum):
    """Who delivers the trades of a branch: the venue, the close, or a person in one of two ways."""

    REAL_TIME = 0
    AUTOMATIC = 1
    SEMI_AUTOMATIC = 2
    MANUAL = 3


BY_HAND = (Mode.SEMI_AUTOMATIC, Mode.MANUAL)

Modes = Mapping[int, Mode]
"""The mode of each branch that is not REAL_TIME."""


class Booking(NamedTuple):
    """A side of a trade that a person has booked, or with trade 0 all that an account traded."""

    account: int
    trade_number: int = 0
    side: int = 0

    @property
    def is_of_account(self) -> bool:
        """Whether it is of all that the account has traded."""
        return self.trade_number == 0


COLUMNS = (Column("branch", whole(NUMBER_MAX, least=1)), Column("mode", word(Mode)))


def load_modes(folder: Path) -> Modes:
    """Return what delivery.csv of a folder says; without one every branch delivers in real time.

    Raises ColumnError, naming the line.
    """
    path = folder / "delivery.csv"
    if not path.exists():
        return {}
    table = load_columns(path, COLUMNS)
    branches, modes = (table[column.name] for column in COLUMNS)
    refuse_first(
        path,
        repeated(branches),
        lambda place: f"branch: {branches[place]} stands there twice; name each branch once",
    )
    return {int(number): Mode(value) for number, value in zip(branches, modes, strict=True)}


def branches_by_hand(modes: Modes) -> str:
    """Return the branches whose trades persons deliver, with a comma between two."""
    return ", ".join(str(number) for number, value in sorted(modes.items()) if value in BY_HAND)


class Deliveries:
    """Looks up of FILL rows by which mode they are delivered, and whether they are."""

    def __init__(self, fills: np.ndarray, modes: Modes, bookings: Iterable[Booking]) -> None:
        self.fills = fills
        self.modes = np.zeros(len(fills), np.int8)
        for number, value in modes.items():
            self.modes[fills["branch"] == number] = value
        self.is_booked = ~np.isin(self.modes, BY_HAND)
        for booking in bookings:
            self.is_booked |= self.meant_by(booking)

    def meant_by(self, booking: Booking) -> np.ndarray:
        """Return of which fills a booking speaks."""
        meant = self.fills["account"] == booking.account
        if booking.is_of_account:
            return meant
        is_trade = self.fills["trade_number"] == booking.trade_number
        return meant & is_trade & (self.fills["side"] == booking.side)

    @property
    def open(self) -> np.ndarray:
        """The FILL rows that are not delivered yet."""
        return self.fills[~self.is_booked]

    def count(self, by: Mode) -> int:
        """Return how many fills have been delivered in a mode."""
        return int(np.count_nonzero(self.is_booked & (self.modes == by)))


def amounts_of(fills: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the money, in 1/10000, and the shares that delivering FILL rows moves, both signed."""
    bought = np.where(fills["side"] == Side.BUY, 1, -1)
    return -bought * value_of(fills) - fills["fees"], bought * fills["quantity"]

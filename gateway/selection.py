"""Which commands of a journal are meant: all that fit every filter that is given.

A command fits an account, an order or an instrument that it names, and one that a report on it is
about: so the order of somebody else fits, too, where it has traded with one that is meant.
"""

from typing import NamedTuple

import numpy as np

from engine.venue import Venue
from protocol.calendar import DAY, SHANGHAI_OFFSET
from protocol.records import KINDS
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    EVERY_INSTRUMENT,
    NONE,
    CommandKind,
    ReportKind,
)

ABOUT_ORDERS = (
    *(ReportKind.ACCEPTED, ReportKind.TRADED, ReportKind.CANCELED, ReportKind.EXPIRED),
    *(ReportKind.REPLACED, ReportKind.RELEASED, ReportKind.ORDER_DELAYED),
)
ABOUT_ACCOUNTS = (
    *ABOUT_ORDERS,
    *(ReportKind.ACCOUNT_CHANGED, ReportKind.FUNDS_MOVED, ReportKind.SHARES_MOVED),
    ReportKind.RATE_EXCEEDED,
)
NAMING_ORDERS = (*(CommandKind.CANCEL_ORDER, CommandKind.REPLACE_ORDER, CommandKind.RELEASE_ORDER),)


def kinds_with(field: str) -> list[int]:
    """Return the kinds of commands that have a field."""
    return [kind for kind in CommandKind if any(name == field for name, _ in KINDS[kind.name])]


WITH_ACCOUNT = kinds_with("account")
WITH_INSTRUMENT = kinds_with("instrument")


class Wanted(NamedTuple):
    """The filters; what is None fits all.  Times are nanoseconds since midnight in Shanghai."""

    account: int | None = None
    order: int | None = None
    instrument: int | None = None
    session: int | None = None
    client_seq: int | None = None
    sequence: int | None = None
    kind: int | None = None
    since: int | None = None
    until: int | None = None


class Selection:
    """Finds the commands that are wanted; hears all of the day, batch by batch, in order.

    It notes whose each order is, since a cancel that was refused names no more than the order.
    """

    def __init__(self, wanted: Wanted, venue: Venue) -> None:
        self.wanted = wanted
        self.venue = venue
        room = len(venue.state.slots)
        self.accounts = np.full(room, NONE, np.int32)
        self.instruments = np.full(room, NONE, np.int32)

    def fitting(self, commands: np.ndarray, reports: np.ndarray) -> np.ndarray:
        """Return which COMMAND rows fit; the venue has just made these REPORT rows of them."""
        accepted = reports[reports["kind"] == ReportKind.ACCEPTED]
        self.accounts[accepted["order_number"]] = accepted["account"]
        self.instruments[accepted["order_number"]] = accepted["instrument"]
        fits = self.fitting_heads(commands)
        if self.wanted[:3] != (None, None, None) and fits.any():
            fits &= self.fitting_subjects(commands, reports)
        return fits

    def fitting_subjects(self, commands: np.ndarray, reports: np.ndarray) -> np.ndarray:
        """Return which rows fit by the account, order and instrument that they are about."""
        wanted, named = self.wanted, self.orders_named(commands)
        fits = np.ones(len(commands), bool)
        if wanted.account is not None:
            told = told_of(commands, reports, "account", wanted.account, ABOUT_ACCOUNTS)
            is_named = (named > 0) & (self.accounts[named] == wanted.account)
            fits &= told | is_named | naming_account(commands, wanted.account)
        if wanted.order is not None:
            told = told_of(commands, reports, "order_number", wanted.order, ABOUT_ORDERS)
            fits &= told | (named == wanted.order)
        if wanted.instrument is not None:
            told = told_of(commands, reports, "instrument", wanted.instrument, tuple(ReportKind))
            is_named = (named > 0) & (self.instruments[named] == wanted.instrument)
            fits &= told | is_named | naming_instrument(commands, wanted.instrument)
        return fits

    def fitting_heads(self, commands: np.ndarray) -> np.ndarray:
        """Return which rows fit by what all kinds have."""
        wanted = self.wanted
        fits = np.ones(len(commands), bool)
        for name in ("session", "client_seq", "sequence", "kind"):
            value = getattr(wanted, name)
            if value is not None:
                fits &= commands[name] == value
        times = (commands["time"] + SHANGHAI_OFFSET) % DAY
        if wanted.since is not None:
            fits &= times >= wanted.since
        if wanted.until is not None:
            fits &= times < wanted.until
        return fits

    def orders_named(self, commands: np.ndarray) -> np.ndarray:
        """Return the number of the order that each row names, 0 where it names none."""
        is_naming = np.isin(commands["kind"], NAMING_ORDERS)
        numbers = np.where(is_naming, commands["order_number"], 0)
        is_by_client_seq = (commands["kind"] == CommandKind.CANCEL_ORDER) & (numbers == 0)
        for place in np.flatnonzero(is_by_client_seq):
            row = commands[place]
            numbers[place] = self.venue.order_entered(
                int(row["session"]), int(row["of_client_seq"])
            )
        return np.where((numbers > 0) & (numbers < len(self.accounts)), numbers, 0)


def told_of(
    commands: np.ndarray, reports: np.ndarray, field: str, value: int, kinds: tuple[ReportKind, ...]
) -> np.ndarray:
    """Return which commands have a report of one of these kinds that holds a value."""
    about = reports[(reports[field] == value) & np.isin(reports["kind"], kinds)]
    return np.isin(commands["sequence"], about["sequence"])


def naming_account(commands: np.ndarray, account: int) -> np.ndarray:
    """Return which commands name an account, or capitalise the interest of all."""
    is_for_all = commands["kind"] == CommandKind.CAPITALISE
    is_for_all &= commands["account"] == EVERY_ACCOUNT
    is_named = np.isin(commands["kind"], WITH_ACCOUNT) & (commands["account"] == account)
    return is_named | is_for_all


def naming_instrument(commands: np.ndarray, instrument: int) -> np.ndarray:
    """Return which commands name an instrument, or are about all of them."""
    named = commands["instrument"]
    is_named = np.isin(commands["kind"], WITH_INSTRUMENT)
    is_named &= (named == instrument) | (named == EVERY_INSTRUMENT)
    is_new_code = commands["kind"] == CommandKind.CHANGE_CODE
    return is_named | (is_new_code & (commands["to_instrument"] == instrument))

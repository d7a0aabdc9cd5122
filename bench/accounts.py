"""A million synthetic accounts for a flow: who holds what, and the rows that bring it to them.

Every account holds ten instruments.  Accounts are in groups that hold the same ones, and a group is
as large as its instruments are traded, so that every account comes up as often as any other: what
an order needs of its account is hardly ever near.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np

from bench.dice import Dice
from engine.fees import define_fees, fees_in_force, load_fee_rules
from protocol.records import COMMAND
from protocol.vocabulary import Channel, CommandKind, Depository, FundsEntry, SharesEntry

HOLDINGS = 10
FEES = "SSE_A"
COMMISSION_RATE = 25_000
COMMISSION_MIN = 50_000
MONEY = 10**12
SHARES = 10**8
PORTION = 10_000
"""Accounts that are opened at a time."""


class Groups:
    """Who holds which instruments, given how often each instrument is traded."""

    def __init__(self, accounts: int, weights: np.ndarray) -> None:
        symbols = len(weights)
        self.accounts = accounts
        self.each = min(HOLDINGS, symbols)
        self.count = -(-symbols // self.each)
        of_group = np.bincount(np.arange(symbols) % self.count, weights).astype(np.int64)
        shares = np.concatenate([[0], np.cumsum(of_group)])
        self.first = accounts * shares // shares[-1]
        assert (np.diff(self.first) > 0).all(), "every instrument needs an account that holds it"
        self.symbols = symbols

    def pick(self, dice: Dice, instruments: np.ndarray) -> np.ndarray:
        """Return for each instrument an account that holds it."""
        group = instruments % self.count
        return self.first[group] + dice.below(np.diff(self.first)[group], len(group))

    def held_by(self, accounts: np.ndarray) -> np.ndarray:
        """Return the instruments of each account, a row of them for each."""
        group = np.searchsorted(self.first, accounts, side="right") - 1
        return (group[:, None] + self.count * np.arange(self.each)) % self.symbols

    def opening(self) -> Iterator[np.ndarray]:
        """Yield the rows that open all accounts, still without sequence."""
        for begin in range(0, self.accounts, PORTION):
            accounts = np.arange(begin, min(begin + PORTION, self.accounts))
            yield opened(accounts)
            yield funded(accounts)
            yield supplied(np.repeat(accounts, self.each), self.held_by(accounts).ravel())


def opened(accounts: np.ndarray) -> np.ndarray:
    """Return the rows that open accounts which may trade all that a flow lists."""
    rows = np.zeros(len(accounts), COMMAND)
    rows["kind"] = CommandKind.OPEN_ACCOUNT
    rows["account"] = accounts
    rows["channels"] = 1 << Channel.COUNTER
    rows["depositories"] = 1 << Depository.SHANGHAI_A
    rows["permissions"] = 1
    rows["commission_rate"] = COMMISSION_RATE
    rows["commission_min"] = COMMISSION_MIN
    rows["commission_includes"] = 1
    return rows


def funded(accounts: np.ndarray) -> np.ndarray:
    rows = np.zeros(len(accounts), COMMAND)
    rows["kind"] = CommandKind.MOVE_FUNDS
    rows["entry"] = FundsEntry.BROUGHT_FORWARD
    rows["account"] = accounts
    rows["amount"] = MONEY
    return rows


def supplied(accounts: np.ndarray, instruments: np.ndarray) -> np.ndarray:
    rows = np.zeros(len(accounts), COMMAND)
    rows["kind"] = CommandKind.MOVE_SHARES
    rows["entry"] = SharesEntry.BROUGHT_FORWARD
    rows["account"] = accounts
    rows["instrument"] = instruments
    rows["amount"] = SHARES
    return rows


def fees_on(day: date) -> np.ndarray:
    """Return the row that defines the fees of Shanghai's shares on a day."""
    rule = fees_in_force(load_fee_rules(), FEES, day)
    assert rule is not None, f"{FEES} is in force on {day}"
    row = np.zeros(1, COMMAND)
    define_fees(row[0], rule, 0)
    return row

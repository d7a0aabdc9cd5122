"""What moves an account's money and shares besides trading, as data: which part gains or loses."""

from typing import NamedTuple

import numpy as np

from protocol.vocabulary import FundsEntry, SharesEntry

FUNDS_ENTRY = np.dtype(
    [
        ("balance", "i1"),
        ("frozen_day", "i1"),
        ("frozen_long", "i1"),
        ("credit", "i1"),
        ("unsettled", "i1"),
        ("withdraws", "i1"),
    ]
)
SHARES_ENTRY = np.dtype(
    [("total", "i1"), ("frozen_day", "i1"), ("frozen_long", "i1"), ("pledged", "i1")]
)


class FundsRule(NamedTuple):
    """One row: signs of the amount; what withdraws needs a normal account and settled money."""

    entry: FundsEntry
    balance: int = 0
    frozen_day: int = 0
    frozen_long: int = 0
    credit: int = 0
    unsettled: int = 0
    withdraws: bool = False


class SharesRule(NamedTuple):
    """One row: signs of the number of shares."""

    entry: SharesEntry
    total: int = 0
    frozen_day: int = 0
    frozen_long: int = 0
    pledged: int = 0


FUNDS_RULES = (
    FundsRule(FundsEntry.BROUGHT_FORWARD, balance=1),
    FundsRule(FundsEntry.DEPOSIT, balance=1),
    FundsRule(FundsEntry.WITHDRAW, balance=-1, withdraws=True),
    FundsRule(FundsEntry.TRANSFER_IN, balance=1, unsettled=1),
    FundsRule(FundsEntry.TRANSFER_OUT, balance=-1, withdraws=True),
    FundsRule(FundsEntry.REMIT_IN, balance=1, unsettled=1),
    FundsRule(FundsEntry.REMIT_OUT, balance=-1, withdraws=True),
    FundsRule(FundsEntry.FREEZE_DAY, frozen_day=1),
    FundsRule(FundsEntry.RELEASE_DAY, frozen_day=-1),
    FundsRule(FundsEntry.FREEZE_LONG, frozen_long=1),
    FundsRule(FundsEntry.RELEASE_LONG, frozen_long=-1),
    FundsRule(FundsEntry.GRANT_CREDIT, credit=1),
    FundsRule(FundsEntry.REVOKE_CREDIT, credit=-1),
    FundsRule(FundsEntry.DIVIDEND, balance=1),
    FundsRule(FundsEntry.DIVIDEND_TAX, balance=-1),
    FundsRule(FundsEntry.INTEREST, balance=1),
    FundsRule(FundsEntry.INTEREST_TAX, balance=-1),
)
"""What was transferred or remitted in today may be used, but not withdrawn."""

SHARES_RULES = (
    SharesRule(SharesEntry.BROUGHT_FORWARD, total=1),
    SharesRule(SharesEntry.SHARES_IN, total=1),
    SharesRule(SharesEntry.SHARES_OUT, total=-1),
    SharesRule(SharesEntry.CUSTODY_IN, total=1),
    SharesRule(SharesEntry.CUSTODY_OUT, total=-1),
    SharesRule(SharesEntry.FREEZE_DAY, frozen_day=1),
    SharesRule(SharesEntry.RELEASE_DAY, frozen_day=-1),
    SharesRule(SharesEntry.FREEZE_LONG, frozen_long=1),
    SharesRule(SharesEntry.RELEASE_LONG, frozen_long=-1),
    SharesRule(SharesEntry.PLEDGE, pledged=1),
    SharesRule(SharesEntry.RELEASE_PLEDGE, pledged=-1),
    SharesRule(SharesEntry.BONUS, total=1),
    SharesRule(SharesEntry.RIGHTS, total=1),
    SharesRule(SharesEntry.CODE_CHANGE_OUT, total=-1),
    SharesRule(SharesEntry.CODE_CHANGE_IN, total=1),
)


def funds_entry_table() -> np.ndarray:
    """Return FUNDS_ENTRY rows indexed by FundsEntry, for the kernels."""
    table = np.zeros(len(FundsEntry), FUNDS_ENTRY)
    for rule in FUNDS_RULES:
        table[rule.entry] = rule[1:]
    return table


def shares_entry_table() -> np.ndarray:
    """Return SHARES_ENTRY rows indexed by SharesEntry, for the kernels."""
    table = np.zeros(len(SharesEntry), SHARES_ENTRY)
    for rule in SHARES_RULES:
        table[rule.entry] = rule[1:]
    return table

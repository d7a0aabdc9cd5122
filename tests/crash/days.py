"""A small day in groups: every kind of command, accounts, trades, and its end.

It is cleared, so the prices on it must be ones that the clearing files can hold.
"""

from functools import cache
from random import Random

import numpy as np

from engine.venue import Limits
from protocol.vocabulary import CommandKind
from tests.engine.service_flow import random_account_day

LIMITS = Limits(
    orders_open=400,
    orders_day=2_000,
    instruments=8,
    sessions=10,
    rules=8,
    blocks=16,
    ticks=2_000,
    reports=512,
    fees=8,
    accounts=128,
    holdings=512,
    movements=1_024,
    lists=64,
)
"""So little room that a state is allocated, restored and digested in a millisecond."""

SEED = 34
"""Of a day that has every kind of command, and that the clearing files can hold."""


@cache
def rows_of_day(count: int, seed: int = SEED) -> np.ndarray:
    """Return the stamped COMMAND rows of a day of about `count` commands."""
    return random_account_day(seed, LIMITS, count).commands


def in_groups(rows: np.ndarray, dice: Random, rows_max: int = 16) -> list[np.ndarray]:
    """Return the rows in groups of 1 to `rows_max`, which the dice cut."""
    groups, start = [], 0
    while start < len(rows):
        size = dice.randint(1, rows_max)
        groups.append(rows[start : start + size])
        start += size
    return groups


def has_every_kind(rows: np.ndarray) -> bool:
    return set(rows["kind"].tolist()) >= set(CommandKind)

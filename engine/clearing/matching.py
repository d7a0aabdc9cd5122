"""Own executions held to those that a market's file tells: do they match, and if not, how."""

from typing import NamedTuple

import numpy as np

from protocol.files.profiles import FACT

COMPARED = ("price", "quantity", "turnover")


class Matching(NamedTuple):
    """How many sides of trades fall into each of the four classes.

    `amiss` are rows of those that do not match: trade_number, side, and the class by name.
    """

    matched: int
    missing_here: int
    missing_there: int
    different: int
    amiss: list[tuple[int, int, str]]

    @property
    def is_well(self) -> bool:
        """Whether every execution is told by both alike."""
        return not self.amiss


def match(own: np.ndarray, told: np.ndarray) -> Matching:
    """Return how FACT rows of our own and those of a file fit, by trade number and side."""
    ours, theirs = sorted_facts(own), sorted_facts(told)
    here, there = key_of(ours), key_of(theirs)
    both, at_ours, at_theirs = np.intersect1d(here, there, return_indices=True)
    same = np.ones(len(both), bool)
    for name in COMPARED:
        same &= ours[name][at_ours] == theirs[name][at_theirs]
    missing_here, missing_there = np.setdiff1d(there, here), np.setdiff1d(here, there)
    amiss = [
        *((key, "missing here") for key in missing_here.tolist()),
        *((key, "missing there") for key in missing_there.tolist()),
        *((key, "different") for key in both[~same].tolist()),
    ]
    return Matching(
        int(same.sum()),
        len(missing_here),
        len(missing_there),
        int((~same).sum()),
        [(key // 2, key % 2, what) for key, what in sorted(amiss)],
    )


def sorted_facts(facts: np.ndarray) -> np.ndarray:
    assert facts.dtype == FACT
    return facts[np.argsort(key_of(facts), kind="stable")]


def key_of(facts: np.ndarray) -> np.ndarray:
    """Return one number for trade and side together; each trade has two sides."""
    return facts["trade_number"] * 2 + facts["side"]

"""What the venue has been told of its instruments: each listing joined with the rules it names."""

import numpy as np

from engine.rulebook import SUFFIXES
from protocol.records import LISTING, RULES
from protocol.vocabulary import CommandKind

LISTED = np.dtype(
    [
        (name, form if name == "code" else "<i8")
        for name, form in LISTING + RULES
        if name not in ("", "rules", "defined")
    ]
)
"""The fields of a listing and of its rules; numbers are wide, so that products of them fit."""


def listed(commands: np.ndarray) -> np.ndarray:
    """Return a LISTED row for each LIST_INSTRUMENT row, in order.

    `commands` are COMMAND rows with the DEFINE_RULES rows of the listings among them, all of them
    granted, so that the n-th defines the rules n.
    """
    listings = commands[commands["kind"] == CommandKind.LIST_INSTRUMENT]
    rules = commands[commands["kind"] == CommandKind.DEFINE_RULES]
    assert np.array_equal(rules["defined"], np.arange(len(rules))), "the rules are all there"
    rows = np.zeros(len(listings), LISTED)
    for name in LISTED.names or ():
        is_of_listing = any(name == field for field, _ in LISTING)
        rows[name] = listings[name] if is_of_listing else rules[name][listings["rules"]]
    return rows


def symbols_of(commands: np.ndarray) -> list[str]:
    """Return the instruments that COMMAND rows list, by number, spelled like "600519.SH"."""
    suffixes = {market: suffix for suffix, market in SUFFIXES.items()}
    is_listing = (commands["kind"] == CommandKind.LIST_INSTRUMENT) & (commands["session"] == 0)
    symbols: list[str] = []
    for row in commands[is_listing]:
        if row["instrument"] == len(symbols):
            symbols.append(f"{row['code'].decode()}.{suffixes[row['market']]}")
    return symbols

"""Money and shares are neither made nor lost: what entries brought in is there, or was charged."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from engine.kernels import State
from protocol.units import format_units
from protocol.vocabulary import Currency


class Sums(NamedTuple):
    """What all accounts of a venue have together, and what they must have.

    By currency entries brought in `outside`, of which `fees` were charged and `balances` are left;
    by instrument entries brought in `issued`, and `totals` are there.
    """

    outside: Sequence[int]
    fees: Sequence[int]
    balances: Sequence[int]
    issued: Sequence[int]
    totals: Sequence[int]


def sums_of(state: State) -> Sums:
    """Return the sums of the engine's state."""
    venue = state.venue[0]
    holdings = state.holdings[: venue["holdings"]]
    totals = np.zeros(venue["instruments"], np.int64)
    np.add.at(totals, holdings["instrument"], holdings["total"])
    return Sums(
        state.tallies["outside"].tolist(),
        state.tallies["fees"].tolist(),
        state.funds["balance"].reshape(-1, len(Currency)).sum(axis=0).tolist(),
        state.instruments["issued"][: len(totals)].tolist(),
        totals.tolist(),
    )


def lost(sums: Sums) -> Iterator[str]:
    """Yield what is missing, or too much."""
    for currency, outside, fees, balance in zip(Currency, *sums[:3], strict=True):
        if outside - fees != balance:
            missing = format_units(outside - fees - balance)
            yield f"not conserved: {missing} {currency.name} are lost"
    for instrument, (issued, total) in enumerate(zip(*sums[3:], strict=True)):
        if issued != total:
            yield f"not conserved: {issued - total} shares of instrument {instrument} are lost"


def held(state: State) -> Iterator[str]:
    """Yield what orders still hold, though the day has ended."""
    for currency in Currency:
        if state.funds["held"][currency :: len(Currency)].any():
            yield f"not conserved: orders that are gone hold {currency.name}"
    if state.holdings["held"].any() or state.accounts["open_orders"].any():
        yield "not conserved: orders that are gone hold shares"


def amiss_in(state: State) -> list[str]:
    """Return what got lost on a day that has ended, or is still held then."""
    return [*lost(sums_of(state)), *held(state)]

"""An account's money and shares: where they are, and how much of them is free."""

import numpy as np

from engine.kernels.kernel import kernel
from protocol.vocabulary import NONE

CURRENCIES = 3
WORD = 2**32 - 1
FIRST_SPREAD = 0x9E3779B1
SECOND_SPREAD = 0x85EBCA6B
THIRD_SPREAD = 0x2C1B3C6D
"""Odd numbers whose products scatter; all fit 63 bits."""


@kernel
def funds_at(account, currency):
    """Return the index of an account's funds in a currency."""
    return CURRENCIES * np.int64(account) + currency


@kernel
def available(funds):
    """Return the money that an order may hold."""
    return (
        funds["balance"]
        + funds["credit"]
        - funds["held"]
        - funds["frozen_day"]
        - funds["frozen_long"]
    )


@kernel
def withdrawable(funds):
    """Return the money that may leave: what came in today stays until tomorrow."""
    return max(np.int64(0), available(funds) - funds["credit"] - funds["unsettled"])


@kernel
def sellable(holding):
    """Return the shares that an order may hold: not what was bought today under T+1."""
    return (
        holding["total"]
        - holding["bought"]
        - holding["held"]
        - holding["frozen_day"]
        - holding["frozen_long"]
        - holding["pledged"]
    )


@kernel
def sellable_of(state, account, instrument):
    """Return the sellable shares of an account that may have none."""
    index = find_holding(state, account, instrument)
    return np.int64(0) if index == NONE else sellable(state.holdings[index])


@kernel
def spread_of(account, instrument):
    """Return a number of 32 bits that scatters pairs of an account and an instrument."""
    spread = (np.int64(account) * FIRST_SPREAD ^ np.int64(instrument) * SECOND_SPREAD) & WORD
    spread = (spread ^ (spread >> 15)) * THIRD_SPREAD & WORD
    return spread ^ (spread >> 12)


@kernel
def first_place(state, account, instrument):
    """Return where in the table a holding is, unless another one is there."""
    return spread_of(account, instrument) & (len(state.holding_table) - 1)


@kernel
def place_of(state, account, instrument):
    """Return where in the table a holding is, or would be."""
    last = len(state.holding_table) - 1
    place = first_place(state, account, instrument)
    while state.holding_table[place] != NONE:
        holding = state.holdings[state.holding_table[place]]
        if holding["account"] == account and holding["instrument"] == instrument:
            break
        place = (place + 1) & last
    return place


@kernel
def find_holding(state, account, instrument):
    """Return the index of an account's holding of an instrument, NONE where there is none."""
    return np.int64(state.holding_table[place_of(state, account, instrument)])


@kernel
def has_holding_or_room(state, account, instrument):
    if state.venue[0]["holdings"] < state.venue[0]["holdings_max"]:
        return True
    return find_holding(state, account, instrument) != NONE


@kernel
def get_holding(state, account, instrument):
    """Return the index of an account's holding, a new one at its first use; ask for room before."""
    place = place_of(state, account, instrument)
    if state.holding_table[place] != NONE:
        return np.int64(state.holding_table[place])
    venue = state.venue[0]
    index = np.int64(venue["holdings"])
    venue["holdings"] += 1
    state.holding_table[place] = index
    holding = state.holdings[index]
    holding["account"] = account
    holding["instrument"] = instrument
    owner = state.owners[account]
    if owner["first_holding"] == NONE:
        owner["first_holding"] = index
    else:
        state.following[owner["last_holding"]] = index
    owner["last_holding"] = index
    return index

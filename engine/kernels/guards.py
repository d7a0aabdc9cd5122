"""What keeps an account from a slip of the hand: a collar around the price, and no order twice."""

import numpy as np

from engine.kernels.kernel import kernel, rare
from engine.kernels.terms import BASIS_POINTS, is_beyond
from protocol.vocabulary import Reject, Side

MILLISECOND = 1_000_000


@kernel
def has_guards(state, number):
    return state.accounts[number]["has_guards"] != 0


@rare
def check_guards(state, command, price):
    """Return why an order at this price looks like a mistake, or NOTHING."""
    number = command["account"]
    if is_outside_collar(state, number, command["instrument"], command["side"], price):
        return Reject.PRICE_OUTSIDE_COLLAR
    return Reject.DUPLICATE_ORDER if is_repeated(state, command) else Reject.NOTHING


@rare
def is_outside_collar(state, number, index, side, price):
    """Say whether a price is much worse than the last one, or than the previous close."""
    width = state.owners[number]["collar_bp"]
    if width == 0:
        return False
    instrument = state.instruments[index]
    reference = np.int64(instrument["last"])
    if reference == 0:
        reference = np.int64(instrument["previous_close"])
    ratio = BASIS_POINTS + width if side == Side.BUY else BASIS_POINTS - width
    return is_beyond(side, np.int64(price) * BASIS_POINTS, reference * ratio)


@kernel
def is_repeated(state, command):
    """Say whether an order repeats the one before it of its account, too soon."""
    owner = state.owners[command["account"]]
    if owner["duplicate_ms"] == 0 or not owner["is_noted"]:
        return False
    since = command["time"] - owner["noted_time"]
    return (
        0 <= since < np.int64(owner["duplicate_ms"]) * MILLISECOND
        and owner["noted_instrument"] == command["instrument"]
        and owner["noted_side"] == command["side"]
        and owner["noted_type"] == command["order_type"]
        and owner["noted_price"] == command["price"]
        and owner["noted_quantity"] == command["quantity"]
    )


@rare
def note_order(state, command):
    """Remember an accepted order, where the next one must not repeat it."""
    owner = state.owners[command["account"]]
    if owner["duplicate_ms"] == 0:
        return
    owner["is_noted"] = 1
    owner["noted_time"] = command["time"]
    owner["noted_instrument"] = command["instrument"]
    owner["noted_side"] = command["side"]
    owner["noted_type"] = command["order_type"]
    owner["noted_price"] = command["price"]
    owner["noted_quantity"] = command["quantity"]

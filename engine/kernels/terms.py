"""The quantity and the price of an order against the rules of its instrument."""

import numpy as np

from engine.kernels.kernel import kernel
from engine.kernels.ladder import best_price
from protocol.vocabulary import Handling, Reject, Side

BASIS_POINTS = 10_000

PARTS_MAX = 100
"""Parts in which an order may show itself at most: one order may meet them all, each a trade."""


@kernel
def check_quantity(quantity, most):
    """Return why nobody may ask for so many shares, or NOTHING."""
    if quantity <= 0:
        return Reject.QUANTITY_NOT_POSITIVE
    if quantity > most:
        return Reject.QUANTITY_TOO_LARGE
    return Reject.NOTHING


@kernel
def is_in_lots(instrument, quantity):
    """SSE 2023 rules 3.3.8, STAR special rules 20, SZSE 3.3.10: a least quantity, then steps."""
    least = instrument["quantity_min"]
    return quantity >= least and (quantity - least) % instrument["quantity_step"] == 0


@kernel
def shows_enough(display, quantity):
    """Say whether an order that shows so much at a time is done after so many parts."""
    return np.int64(display) * PARTS_MAX >= quantity


@kernel
def check_price(instrument, price):
    """Return why the instrument cannot have this price today, or NOTHING."""
    if price % instrument["tick"] != 0:
        return Reject.PRICE_NOT_ON_TICK
    if not instrument["lower_limit"] <= price <= instrument["upper_limit"]:
        return Reject.PRICE_OUTSIDE_LIMITS
    return Reject.NOTHING


@kernel
def is_outside_cage(state, index, side, price):
    """Say whether a price is too aggressive for continuous trading (SSE 2023 3.3.12, SZSE 3.3.13).

    A buy may be some basis points, or some ticks if that is more, above its reference; a sell so
    much below.
    """
    instrument = state.instruments[index]
    phase = state.phases[instrument["phase"]]
    if instrument["cage_bp"] == 0 or phase["handling"] != Handling.MATCHES:
        return False
    reference = np.int64(cage_reference(state, index, side))
    if not is_beyond(side, price, reference):
        return False
    return is_beyond(side, price, cage_bound(instrument, side, reference))


@kernel
def cage_bound(instrument, side, reference):
    """Return the most aggressive price that the cage allows behind a reference."""
    tick = np.int64(instrument["tick"])
    sign = 1 if side == Side.BUY else -1
    ratio = BASIS_POINTS + sign * instrument["cage_bp"]
    step = BASIS_POINTS * tick
    bound = (2 * reference * ratio + step) // (2 * step) * tick
    floor = reference + sign * instrument["cage_ticks"] * tick
    return floor if is_beyond(side, floor, bound) else bound


@kernel
def cage_reference(state, index, side):
    """Return the best opposite price, else the best own, the last, or the previous close."""
    instrument = state.instruments[index]
    opposite = best_price(state, index, 1 - side)
    if opposite > 0:
        return opposite
    own = best_price(state, index, side)
    if own > 0:
        return own
    return instrument["last"] if instrument["last"] > 0 else instrument["previous_close"]


@kernel
def is_beyond(side, price, bound):
    """Say whether a price is worse for an order of this side than a bound."""
    return price > bound if side == Side.BUY else price < bound


@kernel
def worst_price(instrument, side, protection):
    """Return the protection price, the day's limit where there is none."""
    if protection > 0:
        return protection
    return instrument["upper_limit"] if side == Side.BUY else instrument["lower_limit"]

"""Orders that show only a part of themselves in continuous trading.

A level counts their whole quantity, so that auctions and orders that must fill see all of it.
"""

from engine.kernels.kernel import kernel, rare
from engine.kernels.ladder import append, lift
from engine.kernels.seldom import seldom
from engine.kernels.state import ICEBERG


@kernel
def shown_of(state, slot):
    """Return how much of a resting order an incoming one can trade with before it queues anew."""
    order = state.orders[slot]
    if seldom(order["traits"] & ICEBERG != 0):
        return state.displays[slot]["shown"]
    return order["leaves"]


@rare
def use_up(state, slot, quantity):
    """Count a trade against what an iceberg shows; used up, it shows more behind all others."""
    part = state.displays[slot]
    part["shown"] -= quantity
    if part["shown"] == 0:
        lift(state, slot)
        append(state, slot)
        show(state, slot)


@kernel
def show(state, slot):
    """Let an order that comes to its place show as much as it may."""
    part = state.displays[slot]
    part["shown"] = min(part["display"], state.orders[slot]["leaves"])


@kernel
def clip(state, slot):
    """Let an order show no more than is left of it; what is hidden goes first."""
    order = state.orders[slot]
    if seldom(order["traits"] & ICEBERG != 0):
        part = state.displays[slot]
        part["shown"] = min(part["shown"], order["leaves"])

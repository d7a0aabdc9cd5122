"""What a command that ends many orders would end now; nothing here changes the state."""

import numpy as np

from engine.kernels.kernel import entrance, kernel
from engine.kernels.mass_cancel import means
from protocol.vocabulary import CommandKind


@entrance
def add_affected(state, commands, sums):
    """Add up the open orders that the first of `commands` (n, COMMAND) would end now.

    `sums` has a row for each Currency: how many orders, their open shares, and what these are
    worth at the orders' prices.
    """
    command = commands[0]
    for slot in range(state.venue[0]["slots_touched"]):
        order = state.orders[slot]
        if state.slots[order["order_number"]] == slot and ends(state, command, order):
            total = sums[state.instruments[order["instrument"]]["currency"]]
            total[0] += 1
            total[1] += order["leaves"]
            total[2] += np.int64(order["leaves"]) * order["price"]


@kernel
def ends(state, command, order):
    """Say whether a command would end the order; the close ends all of them."""
    return command["kind"] == CommandKind.CLOSE_DAY or means(state, command, order)

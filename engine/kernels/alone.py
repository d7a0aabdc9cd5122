"""The books alone: rows that are known to be right, nothing checked and nothing reported.

Benchmarks compare the engine with it, to tell what checks and reports cost.
"""

from engine.kernels.ahead import look_ahead
from engine.kernels.kernel import entrance, kernel
from engine.kernels.ladder import append, half_of, rank_of, reduce
from engine.kernels.pool import find, give_back, take
from protocol.vocabulary import NONE, CommandKind, TimeInForce


@entrance
def alone(state, commands):
    """Carry out ENTER_ORDER and CANCEL_ORDER rows of continuous trading; return their count."""
    for index in range(len(commands)):
        look_ahead(state, commands, index)
        command = commands[index]
        if command["kind"] == CommandKind.ENTER_ORDER:
            enter(state, command)
        else:
            cancel(state, command)
    return len(commands)


@kernel
def enter(state, command):
    slot = place(state, command)
    order = state.orders[slot]
    match(state, order)
    if order["leaves"] > 0 and command["time_in_force"] == TimeInForce.DAY:
        append(state, slot)
    else:
        give_back(state, slot)


@kernel
def place(state, command):
    venue = state.venue[0]
    venue["orders"] += 1
    slot = take(state)
    state.slots[venue["orders"]] = slot
    instrument = state.instruments[command["instrument"]]
    order = state.orders[slot]
    order["order_number"] = venue["orders"]
    order["leaves"] = command["quantity"]
    order["rank"] = rank_of(instrument, command["side"], command["price"])
    order["price"] = command["price"]
    order["instrument"] = command["instrument"]
    order["account"] = command["account"]
    order["session"] = command["session"]
    order["client_seq"] = command["client_seq"]
    order["side"] = command["side"]
    return slot


@kernel
def match(state, incoming):
    half = state.halves[half_of(incoming["instrument"], 1 - incoming["side"])]
    limit = half["ticks"] - 1 - incoming["rank"]
    while incoming["leaves"] > 0 and half["best"] <= limit:
        oldest = state.levels[half["levels"] + half["best"]]["oldest"]
        resting = state.orders[oldest]
        quantity = min(incoming["leaves"], resting["leaves"])
        incoming["leaves"] -= quantity
        reduce(state, oldest, quantity)
        if resting["leaves"] == 0:
            give_back(state, oldest)


@kernel
def cancel(state, command):
    slot = find(state, command["order_number"])
    if slot != NONE:
        reduce(state, slot, state.orders[slot]["leaves"])
        give_back(state, slot)

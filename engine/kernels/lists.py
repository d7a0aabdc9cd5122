"""Lists of instruments that an account may not trade, or may trade alone."""

import numpy as np

from engine.kernels import reporting
from engine.kernels.accounts import check_account, tell_account
from engine.kernels.holdings import spread_of
from engine.kernels.kernel import kernel, rare
from protocol.vocabulary import NONE, ListMode, Reject


@rare
def is_forbidden(state, number, instrument):
    """Say whether the list of an account keeps it from an instrument."""
    line = find_line(state, number, instrument)
    is_listed = line != NONE and state.lists[line]["is_listed"] != 0
    forbids = state.accounts[number]["list_mode"] == ListMode.FORBIDS
    return is_listed if forbids else not is_listed


@kernel
def find_line(state, number, instrument):
    """Return the index of a line, NONE where there is none."""
    return np.int64(state.list_table[place_of_line(state, number, instrument)])


@kernel
def place_of_line(state, number, instrument):
    """Return where in the table a line is, or would be."""
    last = len(state.list_table) - 1
    place = spread_of(number, instrument) & last
    while state.list_table[place] != NONE:
        line = state.lists[state.list_table[place]]
        if line["account"] == number and line["instrument"] == instrument:
            break
        place = (place + 1) & last
    return place


@kernel
def change_list(state, command, reports):
    """Put an instrument on the list of an account, or take it off."""
    reason = check_line(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    place = place_of_line(state, command["account"], command["instrument"])
    if state.list_table[place] != NONE:
        state.lists[state.list_table[place]]["is_listed"] = command["is_listed"]
    elif command["is_listed"]:
        add_line(state, command, place)
    return tell_account(state, command, reports)


@kernel
def check_line(state, command):
    """Return why the list cannot be changed so, or NOTHING."""
    if not 0 <= command["instrument"] < state.venue[0]["instruments"]:
        return Reject.UNKNOWN_INSTRUMENT
    reason = check_account(state, command)
    if reason != Reject.NOTHING or not command["is_listed"]:
        return reason
    is_full = state.venue[0]["lists"] >= state.venue[0]["lists_max"]
    if is_full and find_line(state, command["account"], command["instrument"]) == NONE:
        return Reject.LISTS_EXHAUSTED
    return Reject.NOTHING


@kernel
def add_line(state, command, place):
    venue = state.venue[0]
    state.list_table[place] = venue["lists"]
    line = state.lists[venue["lists"]]
    venue["lists"] += 1
    line["account"] = command["account"]
    line["instrument"] = command["instrument"]
    line["is_listed"] = 1

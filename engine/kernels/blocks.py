"""Filters of orders, and the blocks that remember them."""

from engine.kernels.kernel import kernel, rare
from protocol.vocabulary import EVERY_INSTRUMENT, NONE, Side

BUY = int(Side.BUY)


@kernel
def fits_order(state, filters, order):
    """Say whether filters, of a command or a block, mean an open order."""
    return fits(
        state, filters, order["instrument"], order["account"], order["session"], order["side"]
    )


@kernel
def fits(state, filters, instrument, account, session, side):
    branch = state.sessions[session]["branch"]
    return (
        (filters["instrument"] == EVERY_INSTRUMENT or filters["instrument"] == instrument)
        and (filters["account"] == NONE or filters["account"] == account)
        and (filters["of_session"] == NONE or filters["of_session"] == session)
        and (filters["of_branch"] == NONE or filters["of_branch"] == branch)
        and (filters["any_side"] == 1 or filters["of_side"] == side)
    )


@rare
def is_blocked(state, instrument, account, session, side):
    """Say whether a block refuses such orders."""
    for place in range(state.venue[0]["blocks"]):
        if fits(state, state.blocks[place], instrument, account, session, side):
            return True
    return False


@kernel
def find_block(state, command):
    """Return the place of the block with the filters of a command, NONE where there is none."""
    for place in range(state.venue[0]["blocks"]):
        block = state.blocks[place]
        if (
            block["instrument"] == command["instrument"]
            and block["account"] == command["account"]
            and block["of_session"] == command["of_session"]
            and block["of_branch"] == command["of_branch"]
            and block["any_side"] == command["any_side"]
            and block["of_side"] == side_of(command)
        ):
            return place
    return NONE


@kernel
def side_of(command):
    """Return the side that filters mean; it is BUY where they mean both."""
    return BUY if command["any_side"] else command["of_side"]


@kernel
def add_block(state, command):
    venue = state.venue[0]
    block = state.blocks[venue["blocks"]]
    venue["blocks"] += 1
    block["instrument"] = command["instrument"]
    block["account"] = command["account"]
    block["of_session"] = command["of_session"]
    block["of_branch"] = command["of_branch"]
    block["any_side"] = command["any_side"]
    block["of_side"] = side_of(command)


@kernel
def drop_block(state, place):
    """Forget a block; the last one takes its place."""
    venue = state.venue[0]
    venue["blocks"] -= 1
    state.blocks[place] = state.blocks[venue["blocks"]]

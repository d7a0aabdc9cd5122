"""Writing REPORT rows.  Callers make sure that there is room: see `has_room_for`."""

from engine.kernels.kernel import kernel
from protocol.vocabulary import EVERYONE, NONE, CommandKind, Liquidity, ReportKind


@kernel
def has_room_for(state, reports, count):
    """Say whether `count` more reports fit into the buffer."""
    return state.venue[0]["reports"] + count <= len(reports)


@kernel
def blank(state, reports, kind, session):
    """Begin the next report; return its index."""
    venue = state.venue[0]
    index = venue["reports"]
    venue["reports"] += 1
    row = reports[index]
    row["sequence"] = venue["sequence"]
    row["time"] = venue["time"]
    row["order_number"] = 0
    row["trade_number"] = 0
    row["price"] = 0
    row["quantity"] = 0
    row["leaves"] = 0
    row["client_seq"] = 0
    row["request_seq"] = 0
    row["session"] = session
    row["account"] = 0
    row["instrument"] = NONE
    row["kind"] = kind
    row["side"] = 0
    row["reason"] = 0
    row["liquidity"] = Liquidity.NONE
    return index


@kernel
def about(state, reports, kind, order, quantity):
    """Begin a report about `quantity` shares of an order, to its session; return its index."""
    index = blank(state, reports, kind, order["session"])
    row = reports[index]
    row["order_number"] = order["order_number"]
    row["price"] = order["price"]
    row["quantity"] = quantity
    row["leaves"] = order["leaves"]
    row["client_seq"] = order["client_seq"]
    row["account"] = order["account"]
    row["instrument"] = order["instrument"]
    row["side"] = order["side"]
    return index


@kernel
def reject(state, reports, command, session, reason):
    """Report to `session` that its command was refused, and which order it named."""
    row = reports[blank(state, reports, ReportKind.REJECTED, session)]
    kind = command["kind"]
    if kind == CommandKind.CANCEL_ORDER or kind == CommandKind.REPLACE_ORDER:
        row["order_number"] = command["order_number"]
    row["client_seq"] = command["client_seq"]
    row["request_seq"] = command["client_seq"]
    row["reason"] = reason


@kernel
def refuse(state, reports, command, reason):
    """Reject a command; return whether there was room to say so."""
    if not has_room_for(state, reports, 1):
        return False
    reject(state, reports, command, command["session"], reason)
    return True


@kernel
def announce(state, reports, kind, instrument):
    """Begin a report to every session; return its index."""
    index = blank(state, reports, kind, EVERYONE)
    reports[index]["instrument"] = instrument
    return index

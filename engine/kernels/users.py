"""What operators make of the users of a day: whether one is locked, and how much it may send."""

from engine.kernels import reporting
from engine.kernels.kernel import kernel
from engine.kernels.sessions import is_admitted
from protocol.vocabulary import Reject, ReportKind


@kernel
def change_user(state, command, reports):
    """Lock a user or let it in again, and limit its requests; nobody does that to itself."""
    if not is_admitted(state, command):
        return reporting.refuse(state, reports, command, Reject.UNKNOWN_SESSION)
    if command["admitted"] == command["session"]:
        return reporting.refuse(state, reports, command, Reject.COMMAND_NOT_PERMITTED)
    if not reporting.has_room_for(state, reports, 1):
        return False
    session = state.sessions[command["admitted"]]
    session["is_locked"] = command["is_locked"]
    session["rate_max"] = command["rate_max"]
    session["in_flight_max"] = command["in_flight_max"]
    row = reports[reporting.blank(state, reports, ReportKind.USER_CHANGED, command["session"])]
    row["order_number"] = command["admitted"]
    row["reason"] = command["is_locked"]
    row["quantity"] = command["in_flight_max"]
    row["leaves"] = command["rate_max"]
    row["client_seq"] = command["client_seq"]
    row["request_seq"] = command["client_seq"]
    return True

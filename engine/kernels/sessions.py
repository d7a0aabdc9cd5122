"""Sessions that come and go, and the orders that one leaves behind."""

from engine.kernels import reporting
from engine.kernels.kernel import kernel
from engine.kernels.mass_cancel import begin_sweep, take_back
from protocol.vocabulary import CancelReason, Reject


@kernel
def open_session(state, command, reports):
    """Let a session be there, and say what becomes of its open orders when it is gone."""
    if not is_admitted(state, command):
        return reporting.refuse(state, reports, command, Reject.UNKNOWN_SESSION)
    session = state.sessions[command["admitted"]]
    session["is_connected"] = 1
    session["cancels_on_disconnect"] = command["cancels_on_disconnect"]
    return True


@kernel
def close_session(state, command, reports):
    """Let a session be gone, and cancel its open orders where it has asked for that.

    They go in the order of their numbers; return whether done.  One that is not there stays away.
    """
    venue = state.venue[0]
    if not venue["has_begun"]:
        if not is_admitted(state, command):
            return reporting.refuse(state, reports, command, Reject.UNKNOWN_SESSION)
        session = state.sessions[command["admitted"]]
        leaves_orders = not session["cancels_on_disconnect"]
        session["is_connected"] = 0
        session["cancels_on_disconnect"] = 0
        if leaves_orders:
            return True
        begin_sweep(state)
    done = take_back(state, command, CancelReason.DISCONNECTED, reports)
    venue["has_begun"] = not done
    return done


@kernel
def is_admitted(state, command):
    """Say whether a command names a session that may come; the venue itself is always there."""
    return 0 < command["admitted"] < state.venue[0]["sessions"]

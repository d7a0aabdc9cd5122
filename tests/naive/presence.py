"""Sessions that come and go, and the orders that some of them leave behind.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import CancelReason, Reject
from tests.naive.changes import cancel_all, takes_cancel


def refuse_presence(venue, command: dict) -> Reject:
    """Return why a session neither comes nor goes: there is none such, or it is the venue."""
    is_known = command["admitted"] in venue.sessions and command["admitted"] != 0
    return Reject.NOTHING if is_known else Reject.UNKNOWN_SESSION


def open_session(venue, command: dict) -> None:
    """Let a session be there, and note whether its orders are to go with it."""
    session = venue.sessions[command["admitted"]]
    session.is_connected = True
    session.cancels_on_disconnect = command["cancels_on_disconnect"] == 1


def close_session(venue, command: dict) -> None:
    """Let a session be gone, and its orders too where it wanted that."""
    session = venue.sessions[command["admitted"]]
    if session.is_connected and session.cancels_on_disconnect:
        left_behind = [
            order
            for _, order in sorted(venue.orders.items())
            if order.session == command["admitted"] and takes_cancel(venue, order)
        ]
        cancel_all(venue, command, left_behind, CancelReason.DISCONNECTED)
    session.is_connected = session.cancels_on_disconnect = False

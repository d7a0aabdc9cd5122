"""Users that operators lock, and whose requests they limit.

The venue only remembers the limits; the gateway, which is not here, holds users to them.
"""

from protocol.vocabulary import NONE, Reject, ReportKind
from tests.naive.presence import refuse_presence


def refuse_change(venue, command: dict) -> Reject:
    """Return why a user is not changed: there is none such, or it is the sender."""
    if command["admitted"] == command["session"] != 0:
        return Reject.COMMAND_NOT_PERMITTED
    return refuse_presence(venue, command)


def change_user(venue, command: dict) -> None:
    """Lock a user, or let it in again, and tell who asked for it."""
    venue.sessions[command["admitted"]].is_locked = command["is_locked"] == 1
    venue.report(
        ReportKind.USER_CHANGED,
        session=command["session"],
        instrument=NONE,
        order_number=command["admitted"],
        reason=command["is_locked"],
        quantity=command["in_flight_max"],
        leaves=command["rate_max"],
        client_seq=command["client_seq"],
        request_seq=command["client_seq"],
    )

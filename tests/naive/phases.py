"""What each phase of the day admits, and what it does with an order."""

from typing import NamedTuple

from protocol.vocabulary import Handling, Phase


class Admission(NamedTuple):
    """Whether a phase takes orders and cancels, and what it does with orders."""

    takes_orders: bool
    takes_cancels: bool
    handling: Handling


PHASES = {
    Phase.CLOSED: Admission(False, False, Handling.NOTHING),
    Phase.OPENING_CALL: Admission(True, True, Handling.RESTS),
    Phase.OPENING_CALL_LOCKED: Admission(True, False, Handling.RESTS),
    Phase.PRE_CONTINUOUS: Admission(False, False, Handling.NOTHING),
    Phase.CONTINUOUS: Admission(True, True, Handling.MATCHES),
    Phase.BREAK: Admission(False, False, Handling.NOTHING),
    Phase.CLOSING_CALL: Admission(True, False, Handling.RESTS),
    Phase.POST_CLOSE: Admission(False, False, Handling.NOTHING),
}

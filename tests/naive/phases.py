"""What each phase of the day admits, and what it does with an order."""

from typing import NamedTuple

from protocol.vocabulary import Handling, Hold, Market, Phase

NOBODY = 0
SZSE = 1 << Market.SZSE
BOTH = 1 << Market.SSE | SZSE
"""Markets, as bits."""


class Admission(NamedTuple):
    """Whether a phase takes orders and cancels, and what it does with orders.

    `takes_fixed` are the markets whose fixed-price orders it takes, as bits; `cancels_fixed` is
    whether these may be canceled.
    """

    takes_orders: bool
    takes_cancels: bool
    handling: Handling
    takes_fixed: int
    cancels_fixed: bool


PHASES = {
    Phase.CLOSED: Admission(False, False, Handling.NOTHING, NOBODY, False),
    Phase.OPENING_CALL: Admission(True, True, Handling.RESTS, SZSE, True),
    Phase.OPENING_CALL_LOCKED: Admission(True, False, Handling.RESTS, SZSE, False),
    Phase.PRE_CONTINUOUS: Admission(True, False, Handling.QUEUES, SZSE, False),
    Phase.CONTINUOUS: Admission(True, True, Handling.MATCHES, BOTH, True),
    Phase.BREAK: Admission(False, False, Handling.NOTHING, NOBODY, False),
    Phase.CLOSING_CALL: Admission(True, False, Handling.RESTS, BOTH, False),
    Phase.POST_CLOSE: Admission(False, False, Handling.NOTHING, BOTH, False),
    Phase.FIXED_PRICE: Admission(False, False, Handling.FIXED, BOTH, True),
    Phase.HALTED: Admission(True, True, Handling.RESTS, NOBODY, False),
    Phase.SUSPENDED: Admission(False, True, Handling.NOTHING, NOBODY, True),
}


def handling_of(phase: int) -> Handling:
    """Return what a phase does with orders."""
    return PHASES[phase].handling


def phase_under(hold: int, scheduled: int) -> int:
    """Return the phase in which an instrument is by its schedule and its hold."""
    if hold == Hold.SUSPENDED:
        return Phase.SUSPENDED
    if hold == Hold.HALTED and handling_of(scheduled) == Handling.MATCHES:
        return Phase.HALTED
    return scheduled

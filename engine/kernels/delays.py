"""Orders that wait because their account has sent too many, until the venue releases them."""

from engine.kernels import reporting
from engine.kernels.checks import phase_takes_plain, phase_takes_simple
from engine.kernels.kernel import kernel
from engine.kernels.ladder import lift
from engine.kernels.pool import find
from engine.kernels.state import IMMEDIATE
from engine.kernels.waiting import FIRST_RANK, conclude, dismiss, release, wait
from protocol.vocabulary import (
    NONE,
    CancelReason,
    Handling,
    OrderType,
    Place,
    ReportKind,
    TimeInForce,
)


@kernel
def delay(state, slot, milliseconds, reports):
    """Let an accepted order wait for so long."""
    order = state.orders[slot]
    index = reporting.about(state, reports, ReportKind.ORDER_DELAYED, order, order["leaves"])
    reports[index]["trade_number"] = milliseconds
    reports[index]["request_seq"] = order["client_seq"]
    wait(state, slot, Place.DELAYED, FIRST_RANK)


@kernel
def release_order(state, command, reports):
    """Let a delayed order arrive, if it still waits; return whether done."""
    venue = state.venue[0]
    if not venue["has_begun"]:
        slot = find(state, command["order_number"])
        if slot == NONE or state.orders[slot]["place"] != Place.DELAYED:
            return True
        if not reporting.has_room_for(state, reports, 2):
            return False
        venue["cursor"] = state.orders[slot]["instrument"]
        let_go(state, slot, reports)
    done = conclude(state, venue["cursor"], reports)
    venue["has_begun"] = not done
    return done


@kernel
def let_go(state, slot, reports):
    """Let an order arrive, or wait for continuous trading; cancel it if its phase is over."""
    order = state.orders[slot]
    instrument = state.instruments[order["instrument"]]
    if not phase_takes(state, instrument, order):
        lift(state, slot)
        dismiss(state, slot, CancelReason.PHASE_ENDED, reports)
    elif state.phases[instrument["phase"]]["handling"] == Handling.QUEUES:
        lift(state, slot)
        wait(state, slot, Place.GAP, FIRST_RANK)
    else:
        release(state, slot, reports)


@kernel
def phase_takes(state, instrument, order):
    """Say whether the phase takes an open order as if it were entered now."""
    is_immediate = order["traits"] & IMMEDIATE
    if order["order_type"] == OrderType.LIMIT:
        force = TimeInForce.IMMEDIATE_OR_CANCEL if is_immediate else TimeInForce.DAY
        return phase_takes_plain(state, instrument, force)
    return phase_takes_simple(state, instrument)

"""Phases and holds: what begins, what ends, and what that sets free."""

from engine.kernels import reporting
from engine.kernels.arrival import arrive
from engine.kernels.auction import uncross
from engine.kernels.checks import check_instrument
from engine.kernels.fixed_price import begin_fixed, trades_at_close
from engine.kernels.holds import announce_hold, hold_of, is_matching, phase_under_hold
from engine.kernels.kernel import kernel, rare
from engine.kernels.waiting import release_all
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    Feature,
    Handling,
    Hold,
    Phase,
    Place,
    Reject,
    ReportKind,
)


@kernel
def change_phase(state, command, reports):
    """Begin a phase of an instrument, of all, or of those that follow some of the schedules."""
    if not state.venue[0]["has_begun"]:
        reason = check_instrument(state, command)
        if reason != Reject.NOTHING:
            return reporting.refuse(state, reports, command, reason)
        if not reporting.has_room_for(state, reports, 1):
            return False
        row = reporting.announce(state, reports, ReportKind.PHASE_CHANGED, command["instrument"])
        reports[row]["reason"] = command["phase"]
        reports[row]["quantity"] = command["schedules"]
        schedule(state, command)
    return turn_all(state, command["instrument"], reports)


@kernel
def change_hold(state, command, reports):
    """Halt, suspend or resume an instrument or the whole venue."""
    venue = state.venue[0]
    if not venue["has_begun"]:
        reason = check_instrument(state, command)
        if reason != Reject.NOTHING:
            return reporting.refuse(state, reports, command, reason)
        if not reporting.has_room_for(state, reports, 1):
            return False
        number = command["instrument"]
        announce_hold(state, reports, number, command["hold"], command["cause"])
        if number == EVERY_INSTRUMENT:
            venue["hold"] = command["hold"]
        else:
            state.instruments[number]["hold"] = command["hold"]
    return turn_all(state, command["instrument"], reports)


@kernel
def schedule(state, command):
    """Let the instruments that a phase change means remember their phase."""
    schedules = command["schedules"]
    for number in range(max(command["instrument"], 0), end_of(state, command["instrument"])):
        instrument = state.instruments[number]
        if schedules == 0 or schedules >> instrument["schedule"] & 1:
            instrument["scheduled"] = command["phase"]


@kernel
def end_of(state, instrument):
    """Return the number behind the last instrument that is meant."""
    return state.venue[0]["instruments"] if instrument == EVERY_INSTRUMENT else instrument + 1


@kernel
def turn_all(state, instrument, reports):
    """Take each instrument that is meant into the phase now due; return whether done.

    One that stays in its phase turns as well, and nothing comes of it.
    """
    venue = state.venue[0]
    if not venue["has_begun"]:
        venue["has_begun"] = 1
        venue["cursor"] = max(instrument, 0)
    while venue["cursor"] < end_of(state, instrument):
        if not turn(state, venue["cursor"], reports):
            return False
        venue["cursor"] += 1
    venue["has_begun"] = 0
    return True


@rare
def turn(state, index, reports):
    """Take an instrument into the phase that is now due; return whether done.

    Called again after a full report buffer, it finds the earlier steps done and goes on.
    """
    if state.venue[0]["working"] != NONE and not arrive(state, reports):
        return False
    instrument = state.instruments[index]
    following = phase_under_hold(state, instrument)
    if uncrosses(state, instrument, following) and not uncross(state, index, reports):
        return False
    instrument["phase"] = following
    if trades_at_close(state, instrument):
        return begin_fixed(state, index, reports)
    if not is_matching(state, instrument):
        return True
    if not release_all(state, index, Place.GAP, reports):
        return False
    if instrument["features"] & Feature.STOP == 0:
        return True
    return release_all(state, index, Place.STOPS, reports)


@kernel
def uncrosses(state, instrument, following):
    """Say whether the book uncrosses on the way to the following phase.

    It does before it matches, and where its orders rest no longer, unless a hold goes on.
    """
    earlier = state.phases[instrument["phase"]]["handling"]
    later = state.phases[following]["handling"]
    if later == Handling.MATCHES:
        return earlier != Handling.MATCHES
    hold = hold_of(state, instrument)
    goes_on = hold == Hold.SUSPENDED or (
        hold == Hold.HALTED and instrument["phase"] == Phase.HALTED
    )
    return earlier == Handling.RESTS and later != Handling.RESTS and not goes_on

"""What keeps an instrument from trading: an operator's hold, the venue's, or a volatile price."""

import numpy as np

from engine.kernels import reporting
from engine.kernels.kernel import kernel, rare
from engine.kernels.seldom import seldom
from engine.kernels.terms import BASIS_POINTS
from protocol.vocabulary import EVERYONE, HaltRule, Handling, Hold, HoldCause, Phase, ReportKind

SUSPENDED = int(Phase.SUSPENDED)
HALTED = int(Phase.HALTED)
ON_HALT = int(Hold.HALTED)


@kernel
def is_matching(state, instrument):
    """Say whether orders trade on arrival now."""
    return state.phases[instrument["phase"]]["handling"] == Handling.MATCHES


@kernel
def hold_of(state, instrument):
    """Return the stronger one of an instrument's own hold and the venue's."""
    return max(instrument["hold"], state.venue[0]["hold"])


@kernel
def phase_under_hold(state, instrument):
    """Return what a hold makes of the scheduled phase; a halt stops only what would match."""
    hold = hold_of(state, instrument)
    scheduled = instrument["scheduled"]
    if hold == Hold.SUSPENDED:
        return SUSPENDED
    if hold == Hold.HALTED and state.phases[scheduled]["handling"] == Handling.MATCHES:
        return HALTED
    return scheduled


@kernel
def announce_hold(state, reports, instrument, hold, cause):
    """Tell everyone of a hold."""
    row = reports[reporting.blank(state, reports, ReportKind.HOLD_CHANGED, EVERYONE)]
    row["instrument"] = instrument
    row["reason"] = hold
    row["quantity"] = cause


@kernel
def halt_if_volatile(state, index, reports):
    """Halt an instrument whose last trade has moved too far, once for each stage and direction.

    Returns whether it is halted.
    """
    instrument = state.instruments[index]
    if seldom(instrument["halts"] != HaltRule.NONE):
        return halt(state, instrument, index, reports)
    return False


@rare
def halt(state, instrument, index, reports):
    stage_up = stage_of(state, instrument, 1)
    stage_down = stage_of(state, instrument, -1)
    if stage_up <= instrument["halts_up"] and stage_down <= instrument["halts_down"]:
        return False
    instrument["halts_up"] = max(instrument["halts_up"], stage_up)
    instrument["halts_down"] = max(instrument["halts_down"], stage_down)
    instrument["hold"] = max(instrument["hold"], ON_HALT)
    instrument["phase"] = phase_under_hold(state, instrument)
    first = max(stage_up, stage_down) == 1
    cause = HoldCause.VOLATILITY_FIRST if first else HoldCause.VOLATILITY_SECOND
    announce_hold(state, reports, index, Hold.HALTED, cause)
    return True


@kernel
def stage_of(state, instrument, sign):
    """Return how many stages of volatility the last price has reached upwards or downwards."""
    rule = state.halts[instrument["halts"]]
    reference = np.int64(instrument["previous_close"])
    if rule["from_open"]:
        reference = np.int64(instrument["open"])
    move = (instrument["last"] - reference) * sign * BASIS_POINTS
    if move >= reference * rule["second_bp"]:
        return 2
    return 1 if move >= reference * rule["first_bp"] else 0

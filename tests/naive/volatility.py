"""Moves of the price, in continuous trading, that halt an instrument for a while."""

from typing import NamedTuple

from protocol.vocabulary import EVERYONE, HaltRule, Hold, HoldCause, ReportKind
from tests.naive.phases import phase_under


class Moves(NamedTuple):
    """The moves, in basis points, that halt an instrument a first and a second time a day."""

    first: int
    second: int
    from_open: bool
    """Whether they are measured from the first price of the day, or else the previous close."""


MOVES = {
    HaltRule.NO_BAND_STOCK: Moves(3_000, 6_000, from_open=True),
    HaltRule.FIRST_DAY_BOND: Moves(2_000, 3_000, from_open=False),
}


def halt_if_volatile(venue, instrument) -> None:
    """Halt an instrument whose last price has reached a stage that it had not reached before."""
    listing = instrument.listing
    if listing["halts"] == HaltRule.NONE:
        return
    moves = MOVES[listing["halts"]]
    reference = instrument.opening if moves.from_open else listing["previous_close"]
    move = instrument.last - reference
    reached = {
        (cause, move > 0)
        for cause, bp in (
            (HoldCause.VOLATILITY_FIRST, moves.first),
            (HoldCause.VOLATILITY_SECOND, moves.second),
        )
        if abs(move) * 10_000 >= bp * reference
    }
    if reached <= instrument.stages:
        return
    instrument.stages |= reached
    instrument.hold = max(instrument.hold, Hold.HALTED)
    venue.report(
        ReportKind.HOLD_CHANGED,
        session=EVERYONE,
        instrument=listing["instrument"],
        reason=Hold.HALTED,
        quantity=max(cause for cause, _ in reached),
    )
    instrument.phase = phase_under(max(instrument.hold, venue.hold), instrument.scheduled)

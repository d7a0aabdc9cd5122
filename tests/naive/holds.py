"""Changes of phase, and of what keeps instruments from the phase that is scheduled for them.

The functions take the venue, and report through it what happens.
"""

from collections.abc import Iterator

from protocol.vocabulary import EVERY_INSTRUMENT, EVERYONE, Handling, Hold, Phase, ReportKind
from tests.naive import fixed_price
from tests.naive.phases import handling_of, phase_under
from tests.naive.waiting import release_gap, release_stops


def change_phase(venue, command: dict) -> None:
    """Begin a phase."""
    venue.report(
        ReportKind.PHASE_CHANGED,
        session=EVERYONE,
        instrument=command["instrument"],
        reason=command["phase"],
        quantity=command["schedules"],
    )
    for instrument in concerned(venue, command["instrument"]):
        if command["schedules"] == 0 or follows(instrument, command["schedules"]):
            instrument.scheduled = command["phase"]
            adjust(venue, instrument)


def change_hold(venue, command: dict) -> None:
    """Hold an instrument or the whole venue, or let it go on."""
    number, hold = command["instrument"], command["hold"]
    venue.report(
        ReportKind.HOLD_CHANGED,
        session=EVERYONE,
        instrument=number,
        reason=hold,
        quantity=command["cause"],
    )
    if number == EVERY_INSTRUMENT:
        venue.hold = hold
    else:
        venue.instruments[number].hold = hold
    for instrument in concerned(venue, number):
        adjust(venue, instrument)


def concerned(venue, number: int) -> Iterator:
    """Yield the instrument of that number, or every one."""
    yield from venue.instruments if number == EVERY_INSTRUMENT else [venue.instruments[number]]


def follows(instrument, schedules: int) -> bool:
    """Whether the schedule of an instrument is among these."""
    return schedules & 1 << instrument.listing["schedule"] != 0


def adjust(venue, instrument) -> None:
    """Bring an instrument into the phase that its schedule and its hold make."""
    hold = max(instrument.hold, venue.hold)
    old, new = instrument.phase, phase_under(hold, instrument.scheduled)
    if has_auction(old, new, hold):
        venue.uncross(instrument)
    instrument.phase = new
    if handling_of(new) == handling_of(old):
        return
    if handling_of(new) == Handling.MATCHES:
        release_gap(venue, instrument)
        release_stops(venue, instrument)
    if handling_of(new) == Handling.FIXED:
        fixed_price.begin(venue, instrument)


def has_auction(old: int, new: int, hold: int) -> bool:
    """Whether the book is uncrossed between two phases: at the end of a call that is not broken
    off, and before trading goes on, whatever was before."""
    if handling_of(new) == Handling.MATCHES:
        return handling_of(old) != Handling.MATCHES
    is_broken_off = hold == Hold.SUSPENDED or (hold == Hold.HALTED and old == Phase.HALTED)
    ends_call = handling_of(old) == Handling.RESTS and handling_of(new) != Handling.RESTS
    return ends_call and not is_broken_off

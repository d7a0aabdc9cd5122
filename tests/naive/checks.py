"""Why a command is refused: every check is one line, and the first that fails gives the reason.

The functions take the venue and the command, a dict of the fields of a COMMAND row, and change
neither.
"""

from protocol.calendar import to_date
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    Candidates,
    CommandKind,
    Handling,
    Market,
    OrderType,
    Phase,
    Reject,
    Role,
    Side,
    TieBreak,
    TimeInForce,
)
from tests.naive.phases import PHASES

TICKS_MAX = 262_144
"""The most prices that an instrument may have between its limits."""


def refuse_sender(venue, command) -> Reject:
    """Return why the command may not be heard at all, NOTHING where it may."""
    if is_malformed(command):
        return Reject.MALFORMED
    if command["session"] not in venue.sessions:
        return Reject.UNKNOWN_SESSION
    session = venue.sessions[command["session"]]
    if command["kind"] >= 32 and session.role != Role.VENUE:
        return Reject.COMMAND_NOT_PERMITTED
    if command["kind"] >= 16 and session.role not in (Role.OPERATOR, Role.VENUE):
        return Reject.COMMAND_NOT_PERMITTED
    if command["session"] > 0 and command["client_seq"] <= session.client_seq:
        return Reject.CLIENT_SEQ_NOT_INCREASING
    return Reject.NOTHING


def is_malformed(command) -> bool:
    """Whether a field has a value that has no meaning."""
    if command["kind"] not in list(CommandKind):
        return True
    if command["kind"] in (CommandKind.ENTER_ORDER, CommandKind.CANCEL_ORDER):
        return (
            command["side"] not in list(Side)
            or command["order_type"] not in list(OrderType)
            or command["time_in_force"] not in list(TimeInForce)
            or command["reserved"] != 0
        )
    if command["kind"] == CommandKind.CHANGE_PHASE:
        return command["phase"] not in list(Phase)
    if command["kind"] == CommandKind.OPEN_DAY:
        return not is_date(command["business_date"])
    if command["kind"] == CommandKind.ADMIT_SESSION:
        return command["role"] not in list(Role)
    if command["kind"] == CommandKind.LIST_INSTRUMENT:
        return (
            command["market"] not in list(Market)
            or command["tie_break"] not in list(TieBreak)
            or command["candidates"] not in list(Candidates)
        )
    return False


def is_date(number: int) -> bool:
    """Whether the calendar has the day of a number like 20261120."""
    try:
        to_date(number)
    except ValueError:
        return False
    return True


def refuse_hour(venue, command) -> Reject:
    """Return why this is not the time for the command.  One log holds one day."""
    if command["kind"] == CommandKind.OPEN_DAY:
        was_opened = venue.business_date is not None
        return Reject.DAY_ALREADY_OPEN if was_opened else Reject.NOTHING
    return Reject.NOTHING if venue.day_is_open else Reject.DAY_NOT_OPEN


def refuse_content(venue, command) -> Reject:
    """Return why what the command asks for cannot be done."""
    checks = {
        CommandKind.ENTER_ORDER: refuse_order,
        CommandKind.CANCEL_ORDER: refuse_cancel,
        CommandKind.CHANGE_PHASE: refuse_phase,
        CommandKind.ADMIT_SESSION: refuse_session,
        CommandKind.LIST_INSTRUMENT: refuse_listing,
    }
    refuse = checks.get(command["kind"])
    return refuse(venue, command) if refuse else Reject.NOTHING


def refuse_order(venue, command) -> Reject:
    """Return why the venue does not take an order."""
    if not is_listed(venue, command["instrument"]):
        return Reject.UNKNOWN_INSTRUMENT
    instrument = venue.instruments[command["instrument"]]
    listing, phase = instrument.listing, PHASES[instrument.phase]
    is_immediate = command["time_in_force"] == TimeInForce.IMMEDIATE_OR_CANCEL
    quantity, price = command["quantity"], command["price"]

    if not may_act_for(venue, command["session"], command["account"]):
        return Reject.ACCOUNT_NOT_ADMITTED
    if not phase.takes_orders or (is_immediate and phase.handling != Handling.MATCHES):
        return Reject.PHASE_REFUSES_ORDER
    if quantity <= 0:
        return Reject.QUANTITY_NOT_POSITIVE
    if quantity > listing["quantity_max"]:
        return Reject.QUANTITY_TOO_LARGE
    if command["side"] == Side.BUY and not is_in_lots(quantity, listing):
        return Reject.QUANTITY_NOT_IN_LOTS
    if price <= 0:
        return Reject.PRICE_NOT_POSITIVE
    if price % listing["tick"] != 0:
        return Reject.PRICE_NOT_ON_TICK
    if not listing["lower_limit"] <= price <= listing["upper_limit"]:
        return Reject.PRICE_OUTSIDE_LIMITS
    if len(venue.orders) >= venue.room.orders_open:
        return Reject.ORDERS_EXHAUSTED
    if venue.orders_count >= venue.room.orders_day:
        return Reject.ORDERS_EXHAUSTED
    return Reject.NOTHING


def refuse_cancel(venue, command) -> Reject:
    """Return why the venue does not take an order back."""
    if command["quantity"] < 0:
        return Reject.QUANTITY_NOT_POSITIVE
    if command["order_number"] not in venue.orders:
        return Reject.UNKNOWN_ORDER
    order = venue.orders[command["order_number"]]
    if not may_act_for(venue, command["session"], order.account):
        return Reject.ORDER_NOT_YOURS
    if not PHASES[venue.instruments[order.instrument].phase].takes_cancels:
        return Reject.PHASE_REFUSES_CANCEL
    return Reject.NOTHING


def refuse_phase(venue, command) -> Reject:
    """Return why a phase does not begin."""
    if command["instrument"] == EVERY_INSTRUMENT or is_listed(venue, command["instrument"]):
        return Reject.NOTHING
    return Reject.UNKNOWN_INSTRUMENT


def refuse_session(venue, command) -> Reject:
    """Return why a session is not admitted: it is not the next one, or there is no room."""
    number = command["admitted"]
    if number != len(venue.sessions) or number >= venue.room.sessions:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def refuse_listing(venue, command) -> Reject:
    """Return why an instrument is not listed."""
    number = command["instrument"]
    if number != len(venue.instruments) or number >= venue.room.instruments:
        return Reject.LISTING_OUT_OF_BOUNDS
    if not limits_make_sense(command):
        return Reject.LISTING_OUT_OF_BOUNDS
    listed = [instrument.listing for instrument in venue.instruments]
    if sum(ticks_of(listing) for listing in [*listed, command]) > venue.room.ticks:
        return Reject.LISTING_OUT_OF_BOUNDS
    amounts = ("previous_close", "quantity_min", "quantity_step", "quantity_max")
    if min(command[name] for name in amounts) <= 0:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def limits_make_sense(listing) -> bool:
    """Whether both limits are prices on the tick, in order, and not too many prices apart."""
    tick, lower, upper = (listing[name] for name in ("tick", "lower_limit", "upper_limit"))
    if tick <= 0 or lower <= 0 or lower > upper:
        return False
    if lower % tick != 0 or upper % tick != 0:
        return False
    return ticks_of(listing) <= TICKS_MAX


def ticks_of(listing) -> int:
    """Return how many prices lie from the lower to the upper limit, both included."""
    return (listing["upper_limit"] - listing["lower_limit"]) // listing["tick"] + 1


def is_listed(venue, instrument: int) -> bool:
    """Whether `instrument` is the number of an instrument."""
    return 0 <= instrument < len(venue.instruments)


def may_act_for(venue, session: int, account: int) -> bool:
    """Whether the session may act for the account; the venue itself may for any."""
    owner = venue.sessions[session]
    return session == 0 or owner.account_first <= account <= owner.account_last


def is_in_lots(quantity: int, listing) -> bool:
    """Whether a buyer may ask for this many shares."""
    above = quantity - listing["quantity_min"]
    return above >= 0 and above % listing["quantity_step"] == 0

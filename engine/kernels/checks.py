"""What a command must satisfy, as ladders of guards.

The first guard that fails gives the reason; their order is part of the contract with clients
(docs/protocol/order-entry.md) and follows the order of the enumeration Reject.
"""

from engine.kernels.kernel import kernel
from engine.kernels.pool import find, has_room
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
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

PHASES = len(Phase)
FEBRUARY = 2


@kernel
def check_command(state, command):
    """Return why the sender may not ask for this at all, or NOTHING."""
    venue = state.venue[0]
    if not is_well_formed(command):
        return Reject.MALFORMED
    if not 0 <= command["session"] < venue["sessions"]:
        return Reject.UNKNOWN_SESSION
    session = state.sessions[command["session"]]
    if command["kind"] >= CommandKind.OPEN_DAY and session["role"] != Role.VENUE:
        return Reject.COMMAND_NOT_PERMITTED
    if command["kind"] >= CommandKind.CHANGE_PHASE and session["role"] == Role.TERMINAL:
        return Reject.COMMAND_NOT_PERMITTED
    if command["session"] > 0 and command["client_seq"] <= session["client_seq"]:
        return Reject.CLIENT_SEQ_NOT_INCREASING
    session["client_seq"] = command["client_seq"]
    if command["kind"] == CommandKind.OPEN_DAY:
        return Reject.DAY_ALREADY_OPEN if venue["business_date"] > 0 else Reject.NOTHING
    return Reject.NOTHING if venue["is_open"] else Reject.DAY_NOT_OPEN


@kernel
def is_well_formed(command):
    kind = command["kind"]
    if kind == CommandKind.ENTER_ORDER or kind == CommandKind.CANCEL_ORDER:
        return (
            (command["side"] == Side.BUY or command["side"] == Side.SELL)
            and command["order_type"] == OrderType.LIMIT
            and TimeInForce.DAY <= command["time_in_force"] <= TimeInForce.IMMEDIATE_OR_CANCEL
            and command["reserved"] == 0
        )
    if kind == CommandKind.CHANGE_PHASE:
        return 0 <= command["phase"] < PHASES
    if kind == CommandKind.OPEN_DAY:
        return is_date(command["business_date"])
    if kind == CommandKind.ADMIT_SESSION:
        return Role.TERMINAL <= command["role"] <= Role.VENUE
    if kind == CommandKind.LIST_INSTRUMENT:
        return (
            Market.SSE <= command["market"] <= Market.SZSE
            and TieBreak.MIDDLE <= command["tie_break"] <= TieBreak.NEAREST_REFERENCE
            and Candidates.ORDER_PRICES <= command["candidates"] <= Candidates.ALL_TICKS
        )
    return kind == CommandKind.CLOSE_DAY


@kernel
def is_date(number):
    """Say whether a number like 20261120 names a day."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    return 1 <= year <= 9_999 and 1 <= month <= 12 and 1 <= day <= days_in(year, month)


@kernel
def days_in(year, month):
    if month == FEBRUARY:
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if is_leap else 28
    return 30 + (month + month // 8) % 2


@kernel
def check_order(state, command):
    """Return why the order cannot be accepted, or NOTHING."""
    if not is_listed(state, command["instrument"]):
        return Reject.UNKNOWN_INSTRUMENT
    if not may_act_for(state, command["session"], command["account"]):
        return Reject.ACCOUNT_NOT_ADMITTED
    instrument = state.instruments[command["instrument"]]
    if not phase_takes(state, instrument, command["time_in_force"]):
        return Reject.PHASE_REFUSES_ORDER
    if command["quantity"] <= 0:
        return Reject.QUANTITY_NOT_POSITIVE
    if command["quantity"] > instrument["quantity_max"]:
        return Reject.QUANTITY_TOO_LARGE
    if command["side"] == Side.BUY and not is_in_lots(instrument, command["quantity"]):
        return Reject.QUANTITY_NOT_IN_LOTS
    if command["price"] <= 0:
        return Reject.PRICE_NOT_POSITIVE
    if command["price"] % instrument["tick"] != 0:
        return Reject.PRICE_NOT_ON_TICK
    if not instrument["lower_limit"] <= command["price"] <= instrument["upper_limit"]:
        return Reject.PRICE_OUTSIDE_LIMITS
    if not has_room(state):
        return Reject.ORDERS_EXHAUSTED
    return Reject.NOTHING


@kernel
def check_cancel(state, command):
    """Return why the order cannot be canceled, or NOTHING."""
    if command["quantity"] < 0:
        return Reject.QUANTITY_NOT_POSITIVE
    slot = find(state, command["order_number"])
    if slot == NONE:
        return Reject.UNKNOWN_ORDER
    order = state.orders[slot]
    if not may_act_for(state, command["session"], order["account"]):
        return Reject.ORDER_NOT_YOURS
    phase = state.phases[state.instruments[order["instrument"]]["phase"]]
    if not phase["takes_cancels"]:
        return Reject.PHASE_REFUSES_CANCEL
    return Reject.NOTHING


@kernel
def check_phase_change(state, command):
    """Return why the phase cannot be changed, or NOTHING."""
    if command["instrument"] == EVERY_INSTRUMENT or is_listed(state, command["instrument"]):
        return Reject.NOTHING
    return Reject.UNKNOWN_INSTRUMENT


@kernel
def is_listed(state, instrument):
    return 0 <= instrument < state.venue[0]["instruments"]


@kernel
def may_act_for(state, session, account):
    """Say whether the session may trade for the account; the venue itself may for any."""
    row = state.sessions[session]
    return session == 0 or row["account_first"] <= account <= row["account_last"]


@kernel
def phase_takes(state, instrument, time_in_force):
    phase = state.phases[instrument["phase"]]
    if time_in_force == TimeInForce.IMMEDIATE_OR_CANCEL:
        return phase["takes_orders"] == 1 and phase["handling"] == Handling.MATCHES
    return phase["takes_orders"] == 1


@kernel
def is_in_lots(instrument, quantity):
    """SSE 2023 rules 3.3.8, STAR special rules 20, SZSE 3.3.10: a least quantity, then steps."""
    least = instrument["quantity_min"]
    return quantity >= least and (quantity - least) % instrument["quantity_step"] == 0

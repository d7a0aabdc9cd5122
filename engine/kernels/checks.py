"""What a command must satisfy, as ladders of guards.

The first guard that fails gives the reason; their order is part of the contract with clients
(docs/protocol/order-entry.md) and follows the order of the enumeration Reject.
"""

from engine.kernels.kernel import kernel
from engine.kernels.ladder import best_price
from engine.kernels.pool import find, has_room
from engine.kernels.terms import (
    check_price,
    check_quantity,
    is_beyond,
    is_in_lots,
    is_outside_cage,
)
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    Candidates,
    CommandKind,
    Feature,
    Handling,
    Market,
    OrderType,
    Phase,
    Reject,
    Role,
    SelfTrade,
    Side,
    TieBreak,
    TimeInForce,
)

PHASES = len(Phase)
MARKETS = len(Market)
ORDER_TYPES = len(OrderType)
ALL_FEATURES = sum(Feature)
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
    """Say whether every field holds something that its kind knows."""
    kind = command["kind"]
    if kind == CommandKind.ENTER_ORDER:
        return (
            (command["side"] == Side.BUY or command["side"] == Side.SELL)
            and 0 <= command["order_type"] < ORDER_TYPES
            and TimeInForce.DAY <= command["time_in_force"] <= TimeInForce.IMMEDIATE_OR_CANCEL
            and 0 <= command["post_only"] <= 1
            and command["reserved"] == 0
        )
    if kind == CommandKind.CANCEL_ORDER:
        return command["reserved"] == 0
    if kind == CommandKind.REPLACE_ORDER:
        return 0 <= command["gives_up_place"] <= 1 and command["reserved"] == 0
    if kind == CommandKind.CANCEL_ORDERS:
        return are_filters(command)
    if kind == CommandKind.CHANGE_PHASE:
        return 0 <= command["phase"] < PHASES
    if kind == CommandKind.OPEN_DAY:
        return is_date(command["business_date"])
    if kind == CommandKind.ADMIT_SESSION:
        return (
            Role.TERMINAL <= command["role"] <= Role.VENUE
            and SelfTrade.ALLOWED <= command["self_trade"] <= SelfTrade.CANCELS_BOTH
        )
    if kind == CommandKind.DEFINE_RULES:
        return are_rules(command)
    if kind == CommandKind.LIST_INSTRUMENT:
        return 0 <= command["market"] < MARKETS
    return kind == CommandKind.CLOSE_DAY


@kernel
def are_filters(command):
    return (
        0 <= command["any_side"] <= 1
        and (command["of_side"] == Side.BUY or command["of_side"] == Side.SELL)
        and command["account"] >= NONE
        and command["of_session"] >= NONE
        and command["of_branch"] >= NONE
        and command["reserved"] == 0
    )


@kernel
def are_rules(command):
    return (
        TieBreak.MIDDLE <= command["tie_break"] <= TieBreak.NEAREST_REFERENCE
        and Candidates.ORDER_PRICES <= command["candidates"] <= Candidates.ALL_TICKS
        and 0 < command["order_types"] < 1 << ORDER_TYPES
        and command["order_types"] & 1 == 1
        and 0 <= command["features"] <= ALL_FEATURES
    )


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
    if not phase_takes(state, instrument, command):
        return Reject.PHASE_REFUSES_ORDER
    if instrument["order_types"] >> command["order_type"] & 1 == 0:
        return Reject.ORDER_TYPE_NOT_ALLOWED
    if not is_plain(command) and not has_features(instrument, command):
        return Reject.FEATURE_NOT_ALLOWED
    reason = check_terms(state, instrument, command)
    if reason != Reject.NOTHING:
        return reason
    if command["post_only"] and would_trade(state, command):
        return Reject.WOULD_TRADE
    if not has_room(state):
        return Reject.ORDERS_EXHAUSTED
    return Reject.NOTHING


@kernel
def phase_takes(state, instrument, command):
    """Say whether the phase takes the order; a call auction takes only plain limit orders."""
    phase = state.phases[instrument["phase"]]
    return phase["takes_orders"] == 1 and (
        phase["handling"] == Handling.MATCHES
        or (is_plain(command) and command["time_in_force"] == TimeInForce.DAY)
    )


@kernel
def is_plain(command):
    return (
        command["order_type"] == OrderType.LIMIT
        and command["minimum_quantity"] == 0
        and not command["post_only"]
    )


@kernel
def has_features(instrument, command):
    """Say whether the rules allow what the order asks for beyond its type, and it makes sense."""
    is_limit = command["order_type"] == OrderType.LIMIT
    if command["minimum_quantity"] != 0:
        if not is_limit or instrument["features"] & Feature.MINIMUM_QUANTITY == 0:
            return False
    if command["post_only"]:
        rests = is_limit and command["time_in_force"] == TimeInForce.DAY
        return rests and instrument["features"] & Feature.POST_ONLY != 0
    return True


@kernel
def check_terms(state, instrument, command):
    """Return why the order may not have its quantity and price, or NOTHING."""
    is_limit = command["order_type"] == OrderType.LIMIT
    most = instrument["quantity_max"] if is_limit else instrument["quantity_max_market"]
    reason = check_quantity(command["quantity"], most)
    if reason != Reject.NOTHING:
        return reason
    if command["side"] == Side.BUY and not is_in_lots(instrument, command["quantity"]):
        return Reject.QUANTITY_NOT_IN_LOTS
    if not 0 <= command["minimum_quantity"] <= command["quantity"]:
        return Reject.MINIMUM_OUT_OF_RANGE
    if not is_limit and command["price"] == 0:
        return Reject.NOTHING
    if command["price"] <= 0:
        return Reject.PRICE_NOT_POSITIVE
    reason = check_price(instrument, command["price"])
    if reason != Reject.NOTHING or not is_limit:
        return reason
    if is_outside_cage(state, command["instrument"], command["side"], command["price"]):
        return Reject.PRICE_OUTSIDE_CAGE
    return Reject.NOTHING


@kernel
def would_trade(state, command):
    best = best_price(state, command["instrument"], 1 - command["side"])
    return best > 0 and not is_beyond(command["side"], best, command["price"])


@kernel
def check_cancel(state, command):
    """Return why the order cannot be canceled, or NOTHING."""
    if command["quantity"] < 0:
        return Reject.QUANTITY_NOT_POSITIVE
    return check_target(state, command)


@kernel
def check_target(state, command):
    """Return why the open order that a command names may not be touched, or NOTHING."""
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
def check_replace(state, command):
    """Return why the open order cannot have this price and open quantity, or NOTHING."""
    reason = check_target(state, command)
    if reason != Reject.NOTHING:
        return reason
    order = state.orders[find(state, command["order_number"])]
    instrument = state.instruments[order["instrument"]]
    if not state.phases[instrument["phase"]]["takes_orders"]:
        return Reject.PHASE_REFUSES_ORDER
    reason = check_quantity(command["quantity"], instrument["quantity_max"])
    if reason != Reject.NOTHING:
        return reason
    grows = command["quantity"] > order["leaves"]
    if grows and order["side"] == Side.BUY and not is_in_lots(instrument, command["quantity"]):
        return Reject.QUANTITY_NOT_IN_LOTS
    if command["price"] <= 0:
        return Reject.PRICE_NOT_POSITIVE
    reason = check_price(instrument, command["price"])
    if reason != Reject.NOTHING:
        return reason
    if is_outside_cage(state, order["instrument"], order["side"], command["price"]):
        return Reject.PRICE_OUTSIDE_CAGE
    return Reject.NOTHING


@kernel
def check_instrument(state, command):
    """Return why a command cannot be meant for its instrument, or NOTHING."""
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

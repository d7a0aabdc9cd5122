"""Why a command is refused: every check is one line, and the first that fails gives the reason.

The functions take the venue and the command, a dict of the fields of a COMMAND row, and change
neither.
"""

from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    CommandKind,
    Feature,
    Handling,
    OrderType,
    Reject,
    Role,
    Side,
    TimeInForce,
)
from tests.naive.book import may_trade
from tests.naive.cage import is_outside_cage
from tests.naive.malformed import is_malformed
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


def refuse_hour(venue, command) -> Reject:
    """Return why this is not the time for the command.  One log holds one day."""
    if command["kind"] == CommandKind.OPEN_DAY:
        was_opened = venue.business_date is not None
        return Reject.DAY_ALREADY_OPEN if was_opened else Reject.NOTHING
    return Reject.NOTHING if venue.day_is_open else Reject.DAY_NOT_OPEN


def refuse_content(venue, command) -> Reject:
    """Return why what the command asks for cannot be done."""
    refuse = CHECKS.get(command["kind"])
    return refuse(venue, command) if refuse else Reject.NOTHING


def refuse_order(venue, command) -> Reject:
    """Return why the venue does not take an order."""
    if not is_listed(venue, command["instrument"]):
        return Reject.UNKNOWN_INSTRUMENT
    instrument = venue.instruments[command["instrument"]]
    if not may_act_for(venue, command["session"], command["account"]):
        return Reject.ACCOUNT_NOT_ADMITTED
    return (
        refuse_terms(instrument, command)
        or refuse_quantity(instrument, command)
        or refuse_price(instrument, command)
        or refuse_room(venue)
    )


def refuse_terms(instrument, command) -> Reject:
    """Return why an instrument does not take this kind of order, now or at all."""
    phase, rules = PHASES[instrument.phase], instrument.rules
    if not phase.takes_orders or (phase.handling != Handling.MATCHES and not is_plain(command)):
        return Reject.PHASE_REFUSES_ORDER
    if not rules["order_types"] & 1 << command["order_type"]:
        return Reject.ORDER_TYPE_NOT_ALLOWED

    is_limit = command["order_type"] == OrderType.LIMIT
    is_immediate = command["time_in_force"] == TimeInForce.IMMEDIATE_OR_CANCEL
    has_minimum = command["minimum_quantity"] != 0
    if has_minimum and not (is_limit and rules["features"] & Feature.MINIMUM_QUANTITY):
        return Reject.FEATURE_NOT_ALLOWED
    if command["post_only"] and not (is_limit and rules["features"] & Feature.POST_ONLY):
        return Reject.FEATURE_NOT_ALLOWED
    if command["post_only"] and is_immediate:
        return Reject.FEATURE_NOT_ALLOWED
    return Reject.NOTHING


def is_plain(command) -> bool:
    """Whether an order has a price, a day, and no conditions."""
    return (
        command["order_type"] == OrderType.LIMIT
        and command["time_in_force"] == TimeInForce.DAY
        and command["minimum_quantity"] == 0
        and command["post_only"] == 0
    )


def refuse_quantity(instrument, command) -> Reject:
    """Return why an instrument does not take an order of this quantity."""
    rules, quantity, minimum = instrument.rules, command["quantity"], command["minimum_quantity"]
    is_limit = command["order_type"] == OrderType.LIMIT
    if quantity <= 0:
        return Reject.QUANTITY_NOT_POSITIVE
    if quantity > rules["quantity_max" if is_limit else "quantity_max_market"]:
        return Reject.QUANTITY_TOO_LARGE
    if command["side"] == Side.BUY and not is_in_lots(quantity, rules):
        return Reject.QUANTITY_NOT_IN_LOTS
    if minimum < 0 or minimum > quantity:
        return Reject.MINIMUM_OUT_OF_RANGE
    return Reject.NOTHING


def refuse_price(instrument, command) -> Reject:
    """Return why an instrument does not take an order of this price, or protection price."""
    side, price = command["side"], command["price"]
    if command["order_type"] != OrderType.LIMIT:
        if price < 0:
            return Reject.PRICE_NOT_POSITIVE
        return refuse_place(instrument, price) if price > 0 else Reject.NOTHING

    reason = refuse_limit(instrument, side, price)
    best = instrument.book.best_opposite(side)
    if reason == Reject.NOTHING and command["post_only"] and best is not None:
        return Reject.WOULD_TRADE if may_trade(side, price, best) else Reject.NOTHING
    return reason


def refuse_limit(instrument, side: int, price: int) -> Reject:
    """Return why a limit order of `side` may not have this price now."""
    if price <= 0:
        return Reject.PRICE_NOT_POSITIVE
    reason = refuse_place(instrument, price)
    is_matched = PHASES[instrument.phase].handling == Handling.MATCHES
    if reason == Reject.NOTHING and is_matched and is_outside_cage(side, price, instrument):
        return Reject.PRICE_OUTSIDE_CAGE
    return reason


def refuse_place(instrument, price: int) -> Reject:
    """Return why an instrument has no such price today."""
    listing = instrument.listing
    if price % instrument.rules["tick"] != 0:
        return Reject.PRICE_NOT_ON_TICK
    if not listing["lower_limit"] <= price <= listing["upper_limit"]:
        return Reject.PRICE_OUTSIDE_LIMITS
    return Reject.NOTHING


def refuse_room(venue) -> Reject:
    """Return why there is no room for one more order."""
    if len(venue.orders) >= venue.room.orders_open:
        return Reject.ORDERS_EXHAUSTED
    if venue.orders_count >= venue.room.orders_day:
        return Reject.ORDERS_EXHAUSTED
    return Reject.NOTHING


def refuse_cancel(venue, command) -> Reject:
    """Return why the venue does not take an order back."""
    if command["quantity"] < 0:
        return Reject.QUANTITY_NOT_POSITIVE
    return refuse_touch(venue, command)


def refuse_touch(venue, command) -> Reject:
    """Return why the sender may not change or take back an order now."""
    if command["order_number"] not in venue.orders:
        return Reject.UNKNOWN_ORDER
    order = venue.orders[command["order_number"]]
    if not may_act_for(venue, command["session"], order.account):
        return Reject.ORDER_NOT_YOURS
    if not PHASES[venue.instruments[order.instrument].phase].takes_cancels:
        return Reject.PHASE_REFUSES_CANCEL
    return Reject.NOTHING


def refuse_replace(venue, command) -> Reject:
    """Return why an order does not get another price and quantity."""
    reason = refuse_touch(venue, command)
    if reason != Reject.NOTHING:
        return reason
    order, quantity = venue.orders[command["order_number"]], command["quantity"]
    instrument = venue.instruments[order.instrument]
    is_more = quantity > order.leaves
    if not PHASES[instrument.phase].takes_orders:
        return Reject.PHASE_REFUSES_ORDER
    if quantity <= 0:
        return Reject.QUANTITY_NOT_POSITIVE
    if quantity > instrument.rules["quantity_max"]:
        return Reject.QUANTITY_TOO_LARGE
    if order.side == Side.BUY and is_more and not is_in_lots(quantity, instrument.rules):
        return Reject.QUANTITY_NOT_IN_LOTS
    return refuse_limit(instrument, order.side, command["price"])


def refuse_instrument(venue, command) -> Reject:
    """Return why neither an instrument nor all of them are meant."""
    if command["instrument"] == EVERY_INSTRUMENT or is_listed(venue, command["instrument"]):
        return Reject.NOTHING
    return Reject.UNKNOWN_INSTRUMENT


def refuse_session(venue, command) -> Reject:
    """Return why a session is not admitted: it is not the next one, or there is no room."""
    number = command["admitted"]
    if number != len(venue.sessions) or number >= venue.room.sessions:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def refuse_rules(venue, command) -> Reject:
    """Return why rules are not kept: not the next ones, no room, or they make no sense."""
    positive = ("tick", "quantity_min", "quantity_step", "quantity_max", "quantity_max_market")
    if command["defined"] != len(venue.rules) or command["defined"] >= venue.room.rules:
        return Reject.LISTING_OUT_OF_BOUNDS
    if min(command[name] for name in positive) <= 0:
        return Reject.LISTING_OUT_OF_BOUNDS
    if not 0 <= command["cage_bp"] <= 10_000 or command["cage_ticks"] < 0:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def refuse_listing(venue, command) -> Reject:
    """Return why an instrument is not listed."""
    number = command["instrument"]
    if number != len(venue.instruments) or number >= venue.room.instruments:
        return Reject.LISTING_OUT_OF_BOUNDS
    if not 0 <= command["rules"] < len(venue.rules):
        return Reject.LISTING_OUT_OF_BOUNDS
    tick = venue.rules[command["rules"]]["tick"]
    if command["previous_close"] <= 0 or not limits_make_sense(command, tick):
        return Reject.LISTING_OUT_OF_BOUNDS
    ticks = sum(ticks_of(one.listing, one.rules["tick"]) for one in venue.instruments)
    if ticks + ticks_of(command, tick) > venue.room.ticks:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def limits_make_sense(listing, tick: int) -> bool:
    """Whether both limits are prices on the tick, in order, and not too many prices apart."""
    lower, upper = listing["lower_limit"], listing["upper_limit"]
    if lower <= 0 or lower > upper:
        return False
    if lower % tick != 0 or upper % tick != 0:
        return False
    return ticks_of(listing, tick) <= TICKS_MAX


def ticks_of(listing, tick: int) -> int:
    """Return how many prices lie from the lower to the upper limit, both included."""
    return (listing["upper_limit"] - listing["lower_limit"]) // tick + 1


def is_listed(venue, instrument: int) -> bool:
    """Whether `instrument` is the number of an instrument."""
    return 0 <= instrument < len(venue.instruments)


def may_act_for(venue, session: int, account: int) -> bool:
    """Whether the session may act for the account; the venue itself may for any."""
    owner = venue.sessions[session]
    return session == 0 or owner.account_first <= account <= owner.account_last


def is_in_lots(quantity: int, rules) -> bool:
    """Whether a buyer may ask for this many shares."""
    above = quantity - rules["quantity_min"]
    return above >= 0 and above % rules["quantity_step"] == 0


CHECKS = {
    CommandKind.ENTER_ORDER: refuse_order,
    CommandKind.CANCEL_ORDER: refuse_cancel,
    CommandKind.REPLACE_ORDER: refuse_replace,
    CommandKind.CANCEL_ORDERS: refuse_instrument,
    CommandKind.CHANGE_PHASE: refuse_instrument,
    CommandKind.ADMIT_SESSION: refuse_session,
    CommandKind.LIST_INSTRUMENT: refuse_listing,
    CommandKind.DEFINE_RULES: refuse_rules,
}
"""What speaks against each kind of command; nothing speaks against the others."""

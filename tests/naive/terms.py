"""Why an order is not taken: what it asks for may not be had, now or at all.

The functions take the command, a dict of the fields of a COMMAND row, and change nothing but how
many requests its account has sent.
"""

from protocol.vocabulary import Feature, Handling, OrderType, Reject, Side, TimeInForce
from tests.naive.book import may_trade
from tests.naive.cage import is_outside_cage
from tests.naive.cover import may_sell_odd, refuse_cover
from tests.naive.filters import is_blocked
from tests.naive.permissions import may_act_for
from tests.naive.phases import PHASES
from tests.naive.rights import refuse_account

PRICED = (OrderType.LIMIT, OrderType.FIXED_PRICE)
"""The types of orders whose price is their own; that of the others protects them."""

MOST = {OrderType.LIMIT: "quantity_max", OrderType.FIXED_PRICE: "quantity_max_fixed"}
"""Which rule gives the greatest quantity; quantity_max_market for the other types."""

FEATURES = {
    "minimum_quantity": Feature.MINIMUM_QUANTITY,
    "post_only": Feature.POST_ONLY,
    "display_quantity": Feature.ICEBERG,
    "trigger_price": Feature.STOP,
}
"""The conditions that an order may set, and what the rules must have for each."""


def refuse_order(venue, command) -> Reject:
    """Return why the venue does not take an order."""
    if not is_listed(venue, command["instrument"]):
        return Reject.UNKNOWN_INSTRUMENT
    instrument = venue.instruments[command["instrument"]]
    session, account = command["session"], command["account"]
    if not may_act_for(venue, command, account):
        return Reject.ACCOUNT_NOT_ADMITTED
    reason = refuse_account(venue, command) if venue.with_accounts else Reject.NOTHING
    if reason != Reject.NOTHING:
        return reason
    if is_blocked(venue, command["instrument"], account, session, command["side"]):
        return Reject.TRADING_BLOCKED
    if not is_taken_now(instrument, command):
        return Reject.PHASE_REFUSES_ORDER
    return (
        refuse_features(instrument, command)
        or refuse_quantity(venue, instrument, command)
        or refuse_price(instrument, command)
        or refuse_trigger(instrument, command)
        or refuse_trade(instrument, command)
        or (refuse_cover(venue, command) if venue.with_accounts else Reject.NOTHING)
        or refuse_room(venue)
    )


def is_taken_now(instrument, command) -> bool:
    """Whether the phase of an instrument takes an order like this."""
    phase = PHASES[instrument.phase]
    if command["order_type"] == OrderType.FIXED_PRICE:
        return phase.takes_fixed & 1 << instrument.listing["market"] != 0
    if not phase.takes_orders:
        return False
    if phase.handling == Handling.QUEUES:
        queues = instrument.rules["features"] & Feature.QUEUES_IN_GAP
        return queues != 0 and conditions_of(command) == set()
    return phase.handling == Handling.MATCHES or is_plain(command)


def is_plain(command) -> bool:
    """Whether an order has a price, a day, and no conditions."""
    return (
        command["order_type"] == OrderType.LIMIT
        and command["time_in_force"] == TimeInForce.DAY
        and conditions_of(command) == set()
    )


def conditions_of(command) -> set[str]:
    """Return which conditions an order sets."""
    return {name for name in FEATURES if command[name] != 0}


def refuse_features(instrument, command) -> Reject:
    """Return why the rules of an instrument do not know orders of this type or these conditions."""
    rules, order_type = instrument.rules, command["order_type"]
    if not rules["order_types"] & 1 << order_type:
        return Reject.ORDER_TYPE_NOT_ALLOWED
    is_day = command["time_in_force"] == TimeInForce.DAY
    if order_type == OrderType.FIXED_PRICE and not is_day:
        return Reject.FEATURE_NOT_ALLOWED

    conditions = conditions_of(command)
    for name in conditions:
        if not rules["features"] & FEATURES[name] or not may_set(name, conditions, command):
            return Reject.FEATURE_NOT_ALLOWED
    return Reject.NOTHING


def may_set(name: str, conditions: set[str], command) -> bool:
    """Whether an order of this type and time in force may set the condition beside the others."""
    if name == "trigger_price":
        return command["order_type"] != OrderType.FIXED_PRICE and conditions == {name}
    if command["order_type"] != OrderType.LIMIT:
        return False
    if name == "minimum_quantity":
        return True
    return command["time_in_force"] == TimeInForce.DAY and (
        name == "post_only" or conditions == {name}
    )


def refuse_quantity(venue, instrument, command) -> Reject:
    """Return why an instrument does not take an order of this quantity."""
    rules, quantity = instrument.rules, command["quantity"]
    minimum, display = command["minimum_quantity"], command["display_quantity"]
    if quantity <= 0:
        return Reject.QUANTITY_NOT_POSITIVE
    if quantity > rules[MOST.get(command["order_type"], "quantity_max_market")]:
        return Reject.QUANTITY_TOO_LARGE
    if not is_in_lots(quantity, rules) and not may_be_odd(venue, command):
        return Reject.QUANTITY_NOT_IN_LOTS
    if minimum < 0 or minimum > quantity:
        return Reject.MINIMUM_OUT_OF_RANGE
    if display != 0 and (display > quantity or not is_in_lots(display, rules)):
        return Reject.DISPLAY_OUT_OF_RANGE
    if display != 0 and quantity > 100 * display:
        return Reject.DISPLAY_OUT_OF_RANGE
    return Reject.NOTHING


def may_be_odd(venue, command) -> bool:
    """Whether an order need not be in lots: a sell, but not of any number of shares."""
    if command["side"] == Side.BUY:
        return False
    return not venue.with_accounts or may_sell_odd(venue, command)


def refuse_price(instrument, command) -> Reject:
    """Return why an instrument does not take an order of this price, or protection price."""
    side, price, close = command["side"], command["price"], instrument.close
    if command["order_type"] not in PRICED:
        if price < 0:
            return Reject.PRICE_NOT_POSITIVE
        return refuse_place(instrument, price) if price > 0 else Reject.NOTHING
    if command["order_type"] == OrderType.LIMIT:
        return refuse_limit(instrument, side, price, is_caged=command["trigger_price"] == 0)

    reason = refuse_limit(instrument, side, price, is_caged=False)
    if reason == Reject.NOTHING and close > 0 and not may_trade(side, price, close):
        return Reject.PRICE_WORSE_THAN_CLOSE
    return reason


def refuse_limit(instrument, side: int, price: int, is_caged: bool) -> Reject:
    """Return why an order of `side` that is limited may not have this price now."""
    if price <= 0:
        return Reject.PRICE_NOT_POSITIVE
    reason = refuse_place(instrument, price)
    is_caged = is_caged and PHASES[instrument.phase].handling == Handling.MATCHES
    if reason == Reject.NOTHING and is_caged and is_outside_cage(side, price, instrument):
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


def refuse_trigger(instrument, command) -> Reject:
    """Return why no order of an instrument may wait for this price."""
    trigger = command["trigger_price"]
    is_price = trigger >= 0 and refuse_place(instrument, trigger) == Reject.NOTHING
    return Reject.NOTHING if trigger == 0 or is_price else Reject.TRIGGER_OUT_OF_RANGE


def refuse_trade(instrument, command) -> Reject:
    """Return why an order may not enter that is not to trade at once."""
    best = instrument.book.best_opposite(command["side"])
    would_trade = best is not None and may_trade(command["side"], command["price"], best)
    return Reject.WOULD_TRADE if command["post_only"] and would_trade else Reject.NOTHING


def refuse_room(venue) -> Reject:
    """Return why there is no room for one more order."""
    if len(venue.orders) >= venue.room.orders_open:
        return Reject.ORDERS_EXHAUSTED
    if venue.orders_count >= venue.room.orders_day:
        return Reject.ORDERS_EXHAUSTED
    return Reject.NOTHING


def is_listed(venue, instrument: int) -> bool:
    """Whether `instrument` is the number of an instrument."""
    return 0 <= instrument < len(venue.instruments)


def is_in_lots(quantity: int, rules) -> bool:
    """Whether a buyer may ask for this many shares."""
    above = quantity - rules["quantity_min"]
    return above >= 0 and above % rules["quantity_step"] == 0

"""What is looked at to see whether an order may have its type, quantity and price.

Each function tells the inputs of one check, nothing where the check is not made.
"""

from gateway.evidence.moment import Moment
from gateway.readable import joined, plain, word, words
from protocol.units import format_units
from protocol.vocabulary import Handling, OrderType, Side


def order_type(moment: Moment) -> str:
    if moment.order["order_type"] == OrderType.LIMIT and not moment.asked:
        return ""
    allowed = words(OrderType, moment.instrument["order_types"])
    return f"{word(OrderType, moment.order['order_type'])}; allowed are {allowed}"


def features(moment: Moment) -> str:
    if not moment.asked:
        return ""
    allowed = plain("features", int(moment.instrument["features"]))
    return f"asks for {joined(moment.asked)}; allowed are {allowed}"


def quantity(moment: Moment) -> str:
    row = moment.instrument
    largest = {
        OrderType.LIMIT: row["quantity_max"],
        OrderType.FIXED_PRICE: row["quantity_max_fixed"],
    }.get(moment.order["order_type"], row["quantity_max_market"])
    return f"{moment.order['quantity']}, at most {largest}"


def lots(moment: Moment) -> str:
    row = moment.instrument
    told = f"from {row['quantity_min']} on in steps of {row['quantity_step']}"
    if moment.is_buy:
        return told
    if not moment.venue.with_accounts:
        return ""
    free = moment.venue.most_to_sell(moment.order["account"], moment.index)
    return f"{told}; a rest of {free} may be sold whole"


def minimum(moment: Moment) -> str:
    least = moment.order["minimum_quantity"]
    return f"{least} of {moment.order['quantity']}" if least else ""


def display(moment: Moment) -> str:
    shown = moment.order["display_quantity"]
    return f"{shown} at a time of {moment.order['quantity']}" if shown else ""


def price(moment: Moment) -> str:
    is_given = moment.order["order_type"] in (OrderType.LIMIT, OrderType.FIXED_PRICE)
    if not is_given and moment.order["price"] == 0:
        return ""
    return f"{format_units(moment.order['price'])}{bounds(moment)}"


def bounds(moment: Moment) -> str:
    """Return which prices the instrument may have."""
    low, high = map(format_units, moment.venue.limits_of(moment.index))
    return f" on ticks of {format_units(int(moment.instrument['tick']))}, {low} to {high}"


def cage(moment: Moment) -> str:
    is_caged = moment.order["order_type"] == OrderType.LIMIT and not moment.order["trigger_price"]
    matches = moment.phase["handling"] == Handling.MATCHES
    if not (is_caged and matches and moment.instrument["cage_bp"]):
        return ""
    side = Side(moment.order["side"])
    reference, bound = map(format_units, moment.venue.cage(moment.index, side))
    return f"reference {reference}, at {'most' if moment.is_buy else 'least'} {bound}"


def close(moment: Moment) -> str:
    fixed = int(moment.instrument["close"])
    if moment.order["order_type"] != OrderType.FIXED_PRICE or not fixed:
        return ""
    return f"{format_units(fixed)} was fixed"


def trigger(moment: Moment) -> str:
    at = moment.order["trigger_price"]
    return f"{format_units(at)}{bounds(moment)}" if at else ""


def post_only(moment: Moment) -> str:
    if not moment.order["post_only"]:
        return ""
    best = moment.venue.depth(moment.index, Side(1 - moment.order["side"]), 1)
    return f"best opposite price {format_units(best[0].price) if best else 'none'}"

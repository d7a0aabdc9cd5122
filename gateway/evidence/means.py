"""What is looked at to see whether an account can bear an order, and the venue has room for it.

Each function tells the inputs of one check, nothing where the check is not made.
"""

from collections.abc import Callable

from gateway.commands.table import money
from gateway.evidence.moment import Moment
from gateway.evidence.rights import within
from gateway.readable import word
from protocol.units import NANOSECONDS, format_units
from protocol.vocabulary import NONE, Currency, Side


def open_orders(moment: Moment) -> str:
    if not moment.venue.with_accounts:
        return ""
    row = moment.account
    return f"{within(row['open_orders'], row['open_orders_max'])} open before it"


def order_value(moment: Moment) -> str:
    if not moment.venue.with_accounts or not moment.account["order_value_max"]:
        return ""
    value = moment.worst_price * moment.order["quantity"]
    return f"{money(value)}, at most {money(int(moment.account['order_value_max']))}"


def collar(moment: Moment) -> str:
    if not moment.venue.with_accounts or not moment.owner["collar_bp"]:
        return ""
    last, before = int(moment.instrument["last"]), int(moment.instrument["previous_close"])
    reference = f"last {format_units(last)}" if last else f"previous close {format_units(before)}"
    width = format_units(int(moment.owner["collar_bp"]) * 100, 2)
    side = "above" if moment.is_buy else "below"
    return f"{format_units(moment.worst_price)}; at most {width} % {side} {reference}"


def duplicate(moment: Moment) -> str:
    if not moment.venue.with_accounts or not moment.owner["duplicate_ms"]:
        return ""
    row = moment.owner
    window = f"not again within {row['duplicate_ms']} ms"
    if not row["is_noted"]:
        return f"{window}; its first order"
    before = (moment.order["time"] - int(row["noted_time"])) // (NANOSECONDS // 1_000)
    what = f"{word(Side, row['noted_side'])} {row['noted_quantity']}"
    symbol = moment.readable.symbol(int(row["noted_instrument"]))
    at = format_units(int(row["noted_price"]))
    return f"{window}; {before} ms before it: {what} {symbol} at {at}"


def spending(moment: Moment) -> str:
    if not (moment.venue.with_accounts and moment.is_buy):
        return ""
    funds = moment.venue.funds(moment.order["account"], moment.venue.currency_of(moment.index))
    if not funds.spending_max:
        return ""
    told = f"{money(need(moment))}, after {money(funds.spent)} spent and {money(funds.held)} held"
    return f"{told}; at most {money(funds.spending_max)}"


def shares(moment: Moment) -> str:
    if not moment.venue.with_accounts or moment.is_buy:
        return ""
    holdings = moment.venue.holdings(moment.order["account"])
    rows = [row for row in holdings if row.instrument == moment.index]
    if not rows:
        return f"needs {need(moment)}, has none"
    row = rows[0]
    frozen = row.frozen_day + row.frozen_long
    taken = told_parts(bought=row.bought, held=row.held, frozen=frozen, pledged=row.pledged)
    return f"needs {need(moment)}, free {row.sellable} = total {row.total}{taken}"


def funds(moment: Moment) -> str:
    if not (moment.venue.with_accounts and moment.is_buy):
        return ""
    currency = moment.venue.currency_of(moment.index)
    row = moment.venue.funds(moment.order["account"], currency)
    frozen = row.frozen_day + row.frozen_long
    taken = told_parts(money, credit=-row.credit, held=row.held, frozen=frozen)
    has = f"free {money(row.available)} = balance {money(row.balance)}{taken}"
    return f"needs {money(need(moment))} {Currency(currency).name}, {has}"


def holdings_room(moment: Moment) -> str:
    if not (moment.venue.with_accounts and moment.is_buy):
        return ""
    row = moment.state.venue[0]
    return f"{row['holdings']} of {row['holdings_max']} in use"


def orders_room(moment: Moment) -> str:
    row = moment.state.venue[0]
    is_open = moment.state.slots[1 : row["orders"] + 1] != NONE
    today = f"{row['orders']} of {row['orders_day_max']} today"
    return f"{today}, {is_open.sum()} of {row['orders_open_max']} open"


def need(moment: Moment) -> int:
    """Return what the order would hold: money, or shares."""
    order = moment.order
    side = Side(order["side"])
    return moment.venue.need(
        order["account"], moment.index, side, moment.worst_price, order["quantity"]
    )


def told_parts(spell: Callable[[int], str] = str, **parts: int) -> str:
    """Return what is taken off a sum, without what is nothing."""
    return "".join(
        f" {'-' if part > 0 else '+'} {name} {spell(abs(part))}"
        for name, part in parts.items()
        if part
    )

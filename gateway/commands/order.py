"""Enter, replace or cancel orders and wait for the reports."""

import argparse

import msgspec

from gateway.commands import door
from protocol.client import BlockingClient
from protocol.messages import (
    Accepted,
    Canceled,
    Expired,
    Message,
    OrdersCanceled,
    Rejected,
    Replaced,
    Traded,
)
from protocol.mistake import Mistake
from protocol.units import format_units, parse_units
from protocol.vocabulary import NONE, CancelReason, OrderType, Side, TimeInForce

SETTLING_SECONDS = 0.3
TYPES = {form.name.lower().replace("_", "-"): form for form in OrderType}
SIDES = {side.name.lower(): side for side in Side}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(
        dest="action", metavar="buy|sell|replace|cancel|cancel-all", required=True
    )
    for side in SIDES:
        action = actions.add_parser(side, help=f"{side} at a price, or as the type says")
        add_order(action)
        door.add_arguments(action)
    action = actions.add_parser("replace", help="give an open order another price and quantity")
    action.add_argument("order_number", type=int)
    action.add_argument("price", help='yuan, like "1845.00"')
    action.add_argument("quantity", type=int, help="shares that shall be open")
    door.add_arguments(action)
    action = actions.add_parser("cancel", help="take back an open order")
    action.add_argument("order_number", type=int)
    action.add_argument("--quantity", type=int, default=0, help="shares; all where it is left out")
    door.add_arguments(action)
    action = actions.add_parser("cancel-all", help="take back all open orders, or those that fit")
    action.add_argument("--instrument", default="", help='like "600519.SH"')
    action.add_argument("--account", type=int, default=NONE)
    action.add_argument("--side", choices=SIDES)
    door.add_arguments(action)


def add_order(action: argparse.ArgumentParser) -> None:
    """Add what an order consists of."""
    action.add_argument("symbol", help='like "600519.SH"')
    action.add_argument("quantity", type=int, help="shares")
    action.add_argument(
        "price", nargs="?", help='yuan, like "1845.00"; only a protection unless the type is limit'
    )
    action.add_argument("--account", type=int, required=True)
    action.add_argument("--type", choices=TYPES, default="limit")
    action.add_argument("--ioc", action="store_true", help="cancel what does not trade at once")
    action.add_argument("--minimum", type=int, default=0, help="shares to trade at once, or none")
    action.add_argument("--post-only", action="store_true", help="refuse it if it would trade")


def run(arguments: argparse.Namespace) -> int:
    """Send the request and print its reports; return 1 where it was rejected."""
    price = price_of(arguments)
    with door.log_in(arguments) as client:
        return follow(client, send(client, arguments, price))


def price_of(arguments: argparse.Namespace) -> int:
    """Return the price that was given, 0 where none is needed; raises Mistake."""
    text = getattr(arguments, "price", None)
    if text is None:
        if getattr(arguments, "type", "") == "limit":
            raise Mistake('price: a limit order needs one, like "1845.00"')
        return 0
    try:
        return parse_units(text)
    except ValueError as error:
        raise Mistake(f"price: {error}") from None


def send(client: BlockingClient, arguments: argparse.Namespace, price: int) -> int:
    """Send what was asked for; return its client_seq."""
    match arguments.action:
        case "replace":
            return client.replace(arguments.order_number, price, arguments.quantity)
        case "cancel":
            return client.cancel(arguments.order_number, arguments.quantity)
        case "cancel-all":
            side = SIDES.get(arguments.side)
            return client.cancel_orders(arguments.instrument, account=arguments.account, side=side)
    return client.enter(
        arguments.account,
        arguments.symbol,
        SIDES[arguments.action],
        price,
        arguments.quantity,
        order_type=TYPES[arguments.type],
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL if arguments.ioc else TimeInForce.DAY,
        minimum_quantity=arguments.minimum,
        post_only=arguments.post_only,
    )


def follow(client: BlockingClient, client_seq: int) -> int:
    """Print the reports on a request until no more is open, or none comes for a moment."""
    replaced = 0
    report = answer(client, client_seq, replaced, client.timeout)
    while True:
        print(describe(report))
        match report:
            case Rejected():
                return 1
            case Replaced():
                replaced = report.order_number
            case Canceled(reason=CancelReason.MASS_CANCEL):
                pass
            case Canceled() | Expired() | Traded(leaves=0) | OrdersCanceled():
                return 0
        try:
            report = answer(client, client_seq, replaced, SETTLING_SECONDS)
        except TimeoutError:
            return 0


def answer(client: BlockingClient, client_seq: int, replaced: int, timeout: float) -> Message:
    """Return the next report on a request, or on the order that it has replaced.

    Raises TimeoutError where none comes in time.
    """
    while True:
        report = client.receive(timeout)
        named = (getattr(report, "client_seq", 0), getattr(report, "request_seq", 0))
        if client_seq in named or (replaced and getattr(report, "order_number", 0) == replaced):
            return report


def describe(report: Message) -> str:
    """Return a report as a line for people."""
    match report:
        case Accepted():
            return f"accepted as order {report.order_number}"
        case Rejected():
            return f"rejected: {report.reason.name}"
        case Traded():
            price = format_units(report.price)
            return f"traded {report.quantity} at {price}, {report.leaves} still open"
        case Replaced():
            price = format_units(report.price)
            return f"order {report.order_number}: {report.quantity} open at {price}"
        case Canceled():
            why = "" if report.reason == CancelReason.REQUESTED else f": {report.reason.name}"
            return f"canceled {report.quantity} of order {report.order_number}{why}"
        case OrdersCanceled():
            return f"canceled orders: {report.quantity}"
    return msgspec.json.encode(report).decode()

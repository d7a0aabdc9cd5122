"""Enter, replace or cancel orders and print what comes of it at once.

It leaves when its request has been carried out, and so hears no later trade.
"""

import argparse
from collections.abc import Iterator, Sequence

from gateway.commands import door, filters
from gateway.commands.arguments import account, count, price, symbol, yuan
from gateway.commands.filters import SIDES
from gateway.readable import rejection
from protocol.client import BlockingClient
from protocol.messages import (
    Accepted,
    Canceled,
    Message,
    OrdersCanceled,
    Refused,
    Rejected,
    Released,
    Replaced,
    Traded,
)
from protocol.mistake import Mistake
from protocol.units import format_units
from protocol.vocabulary import CancelReason, Channel, OrderType, TimeInForce

TYPES = {form.name.lower().replace("_", "-"): form for form in OrderType}
PRICED = ("limit", "fixed-price")
"""Types whose price is more than a protection, and so must be given."""


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
    action.add_argument("price", type=yuan, help='yuan, like "1845.00"')
    action.add_argument("quantity", type=count, help="shares that shall be open")
    door.add_arguments(action)
    action = actions.add_parser("cancel", help="take back an open order")
    named = action.add_mutually_exclusive_group(required=True)
    named.add_argument("order_number", type=int, nargs="?", default=0)
    named.add_argument(
        "--client-seq", type=count, default=0, help="of the request that entered the order"
    )
    action.add_argument(
        "--quantity", type=count, default=0, help="shares; all where it is left out"
    )
    door.add_arguments(action)
    action = actions.add_parser("cancel-all", help="take back all open orders, or those that fit")
    filters.add_arguments(action)
    door.add_arguments(action)


def add_order(action: argparse.ArgumentParser) -> None:
    """Add what an order consists of."""
    action.add_argument("symbol", type=symbol, help='like "600519.SH"')
    action.add_argument("quantity", type=count, help="shares")
    action.add_argument(
        "price",
        type=yuan,
        nargs="?",
        help='yuan, like "1845.00"; only a protection unless the type is limit or fixed-price',
    )
    action.add_argument("--account", type=account, required=True)
    action.add_argument("--type", choices=TYPES, default="limit")
    action.add_argument("--ioc", action="store_true", help="cancel what does not trade at once")
    action.add_argument("--minimum", type=count, default=0, help="shares to trade at once, or none")
    action.add_argument("--post-only", action="store_true", help="refuse it if it would trade")
    action.add_argument("--display", type=count, default=0, help="shares to show at a time, or all")
    action.add_argument(
        "--trigger", type=price, default=0, help="yuan; it waits until a trade reaches this price"
    )
    action.add_argument(
        "--channel",
        choices=Channel.__members__,
        default=Channel.COUNTER.name,
        help="by which it reached the branch",
    )


def run(arguments: argparse.Namespace) -> int:
    """Send the request and print its reports; return 1 where it was rejected."""
    if arguments.action in SIDES and arguments.type in PRICED and arguments.price is None:
        raise Mistake(f'price: a {arguments.type} order needs one, like "1845.00"')
    with door.log_in(arguments) as client:
        client_seq = send(client, arguments)
        reports = list(those_about(client.log_out(), client_seq))
    for report in reports:
        print(describe(report))
    return int(any(isinstance(report, Rejected | Refused) for report in reports))


def send(client: BlockingClient, arguments: argparse.Namespace) -> int:
    """Send what was asked for; return its client_seq."""
    match arguments.action:
        case "replace":
            return client.replace(arguments.order_number, arguments.price, arguments.quantity)
        case "cancel":
            return client.cancel(
                arguments.order_number, arguments.quantity, of_client_seq=arguments.client_seq
            )
        case "cancel-all":
            return client.cancel_orders(**filters.chosen(arguments))
    return client.enter(
        arguments.account,
        arguments.symbol,
        SIDES[arguments.action],
        arguments.price or 0,
        arguments.quantity,
        order_type=TYPES[arguments.type],
        time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL if arguments.ioc else TimeInForce.DAY,
        minimum_quantity=arguments.minimum,
        post_only=arguments.post_only,
        display_quantity=arguments.display,
        trigger_price=arguments.trigger,
        channel=Channel[arguments.channel],
    )


def those_about(reports: Sequence[Message], client_seq: int) -> Iterator[Message]:
    """Yield the answers to a request, and what became of the order that it entered or replaced."""
    replaced = 0
    for report in reports:
        named = (getattr(report, "client_seq", 0), getattr(report, "request_seq", 0))
        if client_seq in named or (replaced and getattr(report, "order_number", 0) == replaced):
            yield report
            if isinstance(report, Replaced):
                replaced = report.order_number


def describe(report: Message) -> str:
    """Return a report as a line for people."""
    match report:
        case Accepted():
            return f"accepted as order {report.order_number}"
        case Rejected() | Refused():
            return rejection(report)
        case Traded():
            price = format_units(report.price)
            return f"traded {report.quantity} at {price}, {report.leaves} still open"
        case Replaced():
            price = format_units(report.price)
            return f"order {report.order_number}: {report.quantity} open at {price}"
        case Released():
            price = format_units(report.price)
            return f"released: {report.quantity} at {price}"
        case Canceled():
            why = "" if report.reason == CancelReason.REQUESTED else f": {report.reason.name}"
            return f"canceled {report.quantity} of order {report.order_number}{why}"
        case OrdersCanceled():
            return f"canceled orders: {report.quantity}"
        case _:
            return str(report)

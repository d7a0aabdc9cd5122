"""Enter or cancel one order and wait for its reports."""

import argparse

import msgspec

from gateway.commands import door
from protocol.client import BlockingClient
from protocol.messages import Accepted, Canceled, Expired, Message, Rejected, Traded
from protocol.mistake import Mistake
from protocol.units import format_units, parse_units
from protocol.vocabulary import Side, TimeInForce

SETTLING_SECONDS = 0.3


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="buy|sell|cancel", required=True)
    for side in ("buy", "sell"):
        action = actions.add_parser(side, help=f"{side} at a limit price")
        action.add_argument("symbol", help='like "600519.SH"')
        action.add_argument("quantity", type=int, help="shares")
        action.add_argument("price", help='yuan, like "1845.00"')
        action.add_argument("--account", type=int, required=True)
        action.add_argument("--ioc", action="store_true", help="cancel what does not trade at once")
        door.add_arguments(action)
    action = actions.add_parser("cancel", help="take back an open order")
    action.add_argument("order_number", type=int)
    action.add_argument("--quantity", type=int, default=0, help="shares; all where it is left out")
    door.add_arguments(action)


def run(arguments: argparse.Namespace) -> int:
    """Send the request and print its reports; return 1 where it was rejected."""
    try:
        price = parse_units(arguments.price) if arguments.action != "cancel" else 0
    except ValueError as error:
        raise Mistake(f"price: {error}") from None
    with door.log_in(arguments) as client:
        if arguments.action == "cancel":
            client_seq = client.cancel(arguments.order_number, arguments.quantity)
        else:
            client_seq = client.enter(
                arguments.account,
                arguments.symbol,
                Side[arguments.action.upper()],
                price,
                arguments.quantity,
                TimeInForce.IMMEDIATE_OR_CANCEL if arguments.ioc else TimeInForce.DAY,
            )
        return follow(client, client_seq)


def follow(client: BlockingClient, client_seq: int) -> int:
    """Print the reports on a request until no more is open, or none comes for a moment."""
    report = answer(client, client_seq, client.timeout)
    while True:
        print(describe(report))
        match report:
            case Rejected():
                return 1
            case Canceled() | Expired() | Traded(leaves=0):
                return 0
        try:
            report = answer(client, client_seq, SETTLING_SECONDS)
        except TimeoutError:
            return 0


def answer(client: BlockingClient, client_seq: int, timeout: float) -> Message:
    """Return the next report on a request; raises TimeoutError where none comes in time."""
    while True:
        report = client.receive(timeout)
        named = (getattr(report, "client_seq", 0), getattr(report, "request_seq", 0))
        if client_seq in named:
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
        case Canceled():
            return f"canceled {report.quantity} of order {report.order_number}"
    return msgspec.json.encode(report).decode()

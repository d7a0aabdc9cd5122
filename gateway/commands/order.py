"""Enter or cancel one order and print what comes of it at once.

It leaves when its request has been carried out, and so hears no later trade.
"""

import argparse

from gateway.commands import door
from gateway.commands.arguments import count, yuan
from protocol.messages import Accepted, Canceled, Message, Rejected, Traded
from protocol.units import format_units
from protocol.vocabulary import Side, TimeInForce


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="buy|sell|cancel", required=True)
    for side in ("buy", "sell"):
        action = actions.add_parser(side, help=f"{side} at a limit price")
        action.add_argument("symbol", help='like "600519.SH"')
        action.add_argument("quantity", type=count, help="shares")
        action.add_argument("price", type=yuan, help='yuan, like "1845.00"')
        action.add_argument("--account", type=int, required=True)
        action.add_argument("--ioc", action="store_true", help="cancel what does not trade at once")
        door.add_arguments(action)
    action = actions.add_parser("cancel", help="take back an open order")
    action.add_argument("order_number", type=int)
    action.add_argument(
        "--quantity", type=count, default=0, help="shares; all where it is left out"
    )
    door.add_arguments(action)


def run(arguments: argparse.Namespace) -> int:
    """Send the request and print its reports; return 1 where it was rejected."""
    with door.log_in(arguments) as client:
        if arguments.action == "cancel":
            client_seq = client.cancel(arguments.order_number, arguments.quantity)
        else:
            client_seq = client.enter(
                arguments.account,
                arguments.symbol,
                Side[arguments.action.upper()],
                arguments.price,
                arguments.quantity,
                TimeInForce.IMMEDIATE_OR_CANCEL if arguments.ioc else TimeInForce.DAY,
            )
        reports = [report for report in client.log_out() if is_about(report, client_seq)]
    for report in reports:
        print(describe(report))
    return int(any(isinstance(report, Rejected) for report in reports))


def is_about(report: Message, client_seq: int) -> bool:
    """Whether a report is an answer to the request, or about the order that it entered."""
    return client_seq in (getattr(report, "client_seq", 0), getattr(report, "request_seq", 0))


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
        case _:
            return str(report)

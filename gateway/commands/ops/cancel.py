"""Take back many open orders at once."""

import argparse

from gateway.commands import door, filters
from gateway.commands.ops import action, dry_run
from protocol.messages import OrdersCanceled
from protocol.vocabulary import CommandKind


def add_action(actions: action.Actions) -> None:
    """Add `cancel`."""
    summary = "take back open orders, those that fit all filters"
    parser = action.add_action(actions, "cancel", summary, cancel_orders)
    filters.add_arguments(parser)
    parser.add_argument("--everything", action="store_true", help="all orders of the venue")
    dry_run.add_argument(parser)


def cancel_orders(arguments: argparse.Namespace) -> int:
    """Cancel, and say how many orders; return 1 where it was rejected."""
    what, chosen = filters.meant(arguments, "cancel"), filters.chosen(arguments)
    if arguments.dry_run:
        return dry_run.tell(arguments, CommandKind.CANCEL_ORDERS, what, **chosen)
    with door.log_in(arguments) as client:
        answers = door.answers(client, client.cancel_orders(**chosen))
    if door.is_refused(answers):
        return 1
    (canceled,) = (answer for answer in answers if isinstance(answer, OrdersCanceled))
    print(f"{what}: canceled orders: {canceled.quantity}")
    return 0

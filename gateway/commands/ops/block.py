"""The kill switch: cancels open orders and refuses new ones until it is lifted."""

import argparse

from gateway.commands import door, filters
from gateway.commands.ops import action, dry_run
from protocol.messages import BlockChanged
from protocol.mistake import Mistake
from protocol.vocabulary import CommandKind


def add_action(actions: action.Actions) -> None:
    """Add `block`."""
    summary = "the kill switch: cancel open orders and refuse new ones until it is lifted"
    parser = action.add_action(actions, "block", summary, block_trading)
    filters.add_arguments(parser)
    parser.add_argument("--everything", action="store_true", help="all orders of the venue")
    parser.add_argument(
        "--lift", action="store_true", help="take orders again; name what was blocked"
    )
    dry_run.add_argument(parser)


def block_trading(arguments: argparse.Namespace) -> int:
    """Block or lift, and say how many orders were canceled; return 1 where it was rejected."""
    what, chosen = filters.meant(arguments, "block"), filters.chosen(arguments)
    if arguments.dry_run and arguments.lift:
        raise Mistake("--lift ends no orders; leave --dry-run out")
    if arguments.dry_run:
        return dry_run.tell(arguments, CommandKind.BLOCK_TRADING, what, **chosen)
    with door.log_in(arguments) as client:
        client_seq = client.block_trading(**chosen, lifts=arguments.lift)
        answers = door.answers(client, client_seq)
    if door.is_refused(answers):
        return 1
    (changed,) = (answer for answer in answers if isinstance(answer, BlockChanged))
    is_now = "free" if changed.lifts else f"blocked, canceled orders: {changed.quantity}"
    print(f"{what}: {is_now}")
    return 0

"""The kill switch: cancels open orders and refuses new ones until it is lifted."""

import argparse

from gateway.commands import door, filters
from protocol.messages import BlockChanged
from protocol.mistake import Mistake


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    filters.add_arguments(parser)
    parser.add_argument("--everything", action="store_true", help="all orders of the venue")
    parser.add_argument(
        "--lift", action="store_true", help="take orders again; name what was blocked"
    )
    door.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Send the command and wait until it is done; return 1 where it was rejected."""
    what = blocked(arguments)
    with door.log_in(arguments) as client:
        client_seq = client.block_trading(**filters.chosen(arguments), lifts=arguments.lift)
        answers = door.answers(client, client_seq)
    if door.is_refused(answers):
        return 1
    (changed,) = (answer for answer in answers if isinstance(answer, BlockChanged))
    is_now = "free" if changed.lifts else f"blocked, canceled orders: {changed.quantity}"
    print(f"{what}: {is_now}")
    return 0


def blocked(arguments: argparse.Namespace) -> str:
    """Return what is blocked, for people; raises Mistake unless it is clear that it is meant."""
    what = filters.told(arguments)
    if arguments.everything and what:
        raise Mistake(f"--everything is more than {what}; leave one of them out")
    if not (arguments.everything or what):
        raise Mistake("say what to block, or --everything for all orders of the venue")
    return what or "everything"

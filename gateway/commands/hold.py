"""Halt or suspend an instrument or the whole venue, or let it go on, as an operator."""

import argparse

from gateway.commands import door
from protocol.vocabulary import Hold, HoldCause


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "hold",
        choices=Hold.__members__,
        help="HALTED: orders rest and do not match; SUSPENDED: none is taken; NONE: it goes on",
    )
    parser.add_argument(
        "--instrument", default="", help='like "600519.SH"; the whole venue if left out'
    )
    parser.add_argument("--cause", choices=HoldCause.__members__, default=HoldCause.OPERATOR.name)
    door.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Send the command and wait until it is done; return 1 where it was rejected."""
    with door.log_in(arguments) as client:
        client_seq = client.change_hold(
            Hold[arguments.hold], arguments.instrument, HoldCause[arguments.cause]
        )
        if door.is_refused(door.answers(client, client_seq)):
            return 1
    print(f"hold of {arguments.instrument or 'the whole venue'}: {arguments.hold}")
    return 0

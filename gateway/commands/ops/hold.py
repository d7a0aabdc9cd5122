"""Halt or suspend an instrument or the whole venue, or let it go on."""

import argparse

from gateway.commands import door
from gateway.commands.arguments import symbol
from gateway.commands.ops import action
from protocol.vocabulary import Hold, HoldCause

OF_PRICES = (HoldCause.VOLATILITY_FIRST, HoldCause.VOLATILITY_SECOND)
CAUSES = [cause.name for cause in HoldCause if cause not in OF_PRICES]


def add_action(actions: action.Actions) -> None:
    """Add `hold`."""
    summary = "halt or suspend an instrument or the whole venue, or let it go on"
    parser = action.add_action(actions, "hold", summary, change_hold)
    parser.add_argument(
        "hold",
        choices=Hold.__members__,
        help="HALTED: orders rest and do not match; SUSPENDED: none is taken; NONE: it goes on",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--instrument", type=symbol, help='like "600519.SH"')
    what.add_argument("--everything", action="store_true", help="the whole venue")
    parser.add_argument("--cause", choices=CAUSES, default=HoldCause.OPERATOR.name)


def change_hold(arguments: argparse.Namespace) -> int:
    """Change a hold and say of what; return 1 where it was rejected."""
    with door.log_in(arguments) as client:
        client_seq = client.change_hold(
            Hold[arguments.hold], arguments.instrument or "", HoldCause[arguments.cause]
        )
        if door.is_refused(door.answers(client, client_seq)):
            return 1
    print(f"hold of {arguments.instrument or 'the whole venue'}: {arguments.hold}")
    return 0

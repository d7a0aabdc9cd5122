"""End the day."""

import argparse

from gateway.commands import door
from gateway.commands.ops import action, dry_run
from protocol.vocabulary import CommandKind


def add_action(actions: action.Actions) -> None:
    """Add `close-day`."""
    summary = "expire what is open and end the day"
    dry_run.add_argument(action.add_action(actions, "close-day", summary, close_day))


def close_day(arguments: argparse.Namespace) -> int:
    """End the day; return 1 where it was rejected."""
    if arguments.dry_run:
        return dry_run.tell(arguments, CommandKind.CLOSE_DAY, "everything")
    with door.log_in(arguments) as client:
        business_date = client.session.business_date
        if door.is_refused(door.answers(client, client.close_day())):
            return 1
    print(f"the day {business_date} has ended")
    return 0

"""Phases, holds, the kill switch, mass cancels, users and the end of the day, and how the venue
stands."""

import argparse

from gateway.commands import door
from gateway.commands.ops import (
    block,
    cancel,
    close_day,
    hold,
    limit,
    lock,
    open_day,
    phase,
    status,
    users,
)

ACTIONS = (status, phase, hold, block, cancel, users, lock, limit, close_day, open_day)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", required=True)
    for module in ACTIONS:
        module.add_action(actions)
    actions.metavar = "|".join(actions.choices)
    for action in actions.choices.values():
        door.add_arguments(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked for and wait until it is done; return 1 where it was rejected."""
    return int(arguments.act(arguments))

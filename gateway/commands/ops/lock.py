"""Keep a user out, or let it in again."""

import argparse
from functools import partial

from gateway.commands import door
from gateway.commands.ops import action, users
from protocol.terminal import AskRefused


def add_action(actions: action.Actions) -> None:
    """Add `lock` and `unlock`."""
    for name, is_locked, summary in (
        ("lock", True, "send a user away and keep it out; its cancels are still taken"),
        ("unlock", False, "let a user in again"),
    ):
        parser = action.add_action(actions, name, summary, partial(lock, is_locked))
        parser.add_argument("name", metavar="NAME", help="of the user, as in the configuration")


def lock(is_locked: bool, arguments: argparse.Namespace) -> int:
    """Lock a user or let it in again; return 1 where it was rejected."""
    try:
        with door.log_in(arguments) as client:
            user = users.named(client, arguments.name)
            client_seq = client.change_user(
                user.session,
                is_locked=is_locked,
                in_flight_max=user.in_flight_max,
                rate_max=user.rate_max,
            )
            if door.is_refused(door.answers(client, client_seq)):
                return 1
    except AskRefused as refusal:
        print(f"rejected: {refusal.reason.name}")
        return 1
    print(f"{user.name}: {'locked' if is_locked else 'may come in'}")
    return 0

"""Limit how much a user may send."""

import argparse

from gateway.commands import door
from gateway.commands.arguments import count
from gateway.commands.ops import action, users
from protocol.terminal import AskRefused


def add_action(actions: action.Actions) -> None:
    """Add `limit`."""
    summary = "limit a user's requests; what is left out is as for all"
    parser = action.add_action(actions, "limit", summary, limit)
    parser.add_argument("name", metavar="NAME", help="of the user, as in the configuration")
    parser.add_argument("--in-flight", type=count, default=0, help="requests without an answer")
    parser.add_argument("--rate", type=count, default=0, help="requests in any second")


def limit(arguments: argparse.Namespace) -> int:
    """Limit a user from now on; return 1 where it was rejected."""
    try:
        with door.log_in(arguments) as client:
            user = users.named(client, arguments.name)
            client_seq = client.change_user(
                user.session,
                is_locked=user.is_locked,
                in_flight_max=arguments.in_flight,
                rate_max=arguments.rate,
            )
            if door.is_refused(door.answers(client, client_seq)):
                return 1
    except AskRefused as refusal:
        print(f"rejected: {refusal.reason.name}")
        return 1
    told = [
        f"{limit or 'as many as all'} {what}"
        for limit, what in ((arguments.in_flight, "in flight"), (arguments.rate, "a second"))
    ]
    print(f"{user.name}: {', '.join(told)}")
    return 0

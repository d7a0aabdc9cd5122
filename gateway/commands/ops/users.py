"""Who may log in today, who is there, who is locked, and how much each may send."""

import argparse

from gateway.commands import door
from gateway.commands.ops import action
from gateway.commands.table import lines_of
from protocol.client import BlockingClient
from protocol.mistake import Mistake
from protocol.questions import AskUsers, User
from protocol.terminal import AskRefused

HEADER = ("user", "session", "branch", "role", "here", "locked", "in flight", "a second")


def add_action(actions: action.Actions) -> None:
    """Add `users`."""
    summary = "tell who may log in, who is there, who is locked, and the limits of each"
    action.add_action(actions, "users", summary, tell_users)


def tell_users(arguments: argparse.Namespace) -> int:
    """Print a line for each user; return 1 where that is refused."""
    try:
        with door.log_in(arguments) as client:
            users = ask(client)
    except AskRefused as refusal:
        print(f"rejected: {refusal.reason.name}")
        return 1
    for line in lines_of([HEADER, *map(cells, users)]):
        print(line)
    return 0


def ask(client: BlockingClient) -> list[User]:
    """Return the users by their session numbers; raises AskRefused."""
    asked = client.terminal.ask(AskUsers)
    client.wait_for([asked])
    return asked.rows


def named(client: BlockingClient, name: str) -> User:
    """Return the user of a name; raises Mistake where there is none, and AskRefused."""
    users = {user.name: user for user in ask(client)}
    if name not in users:
        raise Mistake(f"{name!r} is no user of this venue; its users are {', '.join(users)}")
    return users[name]


def cells(user: User) -> tuple[str, ...]:
    limits = [str(limit) if limit else "usual" for limit in (user.in_flight_max, user.rate_max)]
    return (
        *(user.name, str(user.session), str(user.branch), user.role.name),
        *("yes" if is_so else "no" for is_so in (user.is_connected, user.is_locked)),
        *limits,
    )

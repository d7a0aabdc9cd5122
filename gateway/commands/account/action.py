"""What all actions of `cuohe account` have in common.

An action sets `ask` among the arguments: it sends what is asked for, and returns of each client_seq
what it is about, for people.
"""

import argparse
from collections.abc import Callable
from typing import TypeAlias

from gateway.commands.arguments import account
from protocol.client import BlockingClient
from protocol.vocabulary import Currency

Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Send: TypeAlias = Callable[[BlockingClient, argparse.Namespace], int]
Asked: TypeAlias = dict[int, str]


def add_action(actions: Actions, name: str, summary: str, send: Send) -> argparse.ArgumentParser:
    """Add an action that sends one request about one account."""

    def ask(client: BlockingClient, arguments: argparse.Namespace) -> Asked:
        return {send(client, arguments): f"account {arguments.account}"}

    action = actions.add_parser(name, help=summary)
    action.add_argument("account", type=account)
    action.set_defaults(ask=ask)
    return action


def add_currency(action: argparse.ArgumentParser) -> None:
    """Add the currency of an amount, yuan where it is left out."""
    action.add_argument("--currency", choices=Currency.__members__, default=Currency.CNY.name)

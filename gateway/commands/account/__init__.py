"""Open an account, change or limit it, and book its money and shares, where the role permits."""

import argparse

from gateway.commands import door
from gateway.commands.account import custody, limits, movements, terms
from protocol.messages import AccountChanged, FundsMoved, Message, Refused, Rejected, SharesMoved
from protocol.units import format_units
from protocol.vocabulary import EVERY_ACCOUNT


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", required=True)
    for module in (terms, limits, movements, custody):
        module.add_actions(actions)
    actions.metavar = "|".join(actions.choices)
    for action in actions.choices.values():
        door.add_arguments(action)


def run(arguments: argparse.Namespace) -> int:
    """Send what is asked for and wait until it is done; return 1 where any of it was rejected."""
    with door.log_in(arguments) as client:
        asked = arguments.ask(client, arguments)
        heard = client.log_out()
    for client_seq, what in asked.items():
        outcomes = [describe(answer) for answer in door.naming(client_seq, heard)]
        for outcome in outcomes or ["done"]:
            print(f"{what}: {outcome}")
    return int(any(isinstance(report, Rejected | Refused) for report in heard))


def describe(answer: Message) -> str:
    """Return what has come of it, for people."""
    match answer:
        case Rejected() | Refused():
            return f"rejected: {answer.reason.name}"
        case AccountChanged():
            return answer.status.name
        case FundsMoved(account=account) if account == EVERY_ACCOUNT:
            money = f"{format_units(answer.balance)} {answer.currency.name}"
            return (
                f"{money} to {answer.accounts}, {answer.entry.name} is movement {answer.sequence}"
            )
        case FundsMoved():
            balance = f"{format_units(answer.balance)} {answer.currency.name}"
            return f"{balance}, {answer.entry.name} is movement {answer.sequence}"
        case SharesMoved():
            total = f"{answer.total} of {answer.instrument}"
            return f"{total}, {answer.entry.name} is movement {answer.sequence}"
        case _:
            return str(answer)

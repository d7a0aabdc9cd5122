"""Booking money and shares: in cash, for any other reason, and interest."""

import argparse

from gateway.commands.account.action import Actions, Asked, add_action, add_currency
from gateway.commands.arguments import checked, count, yuan
from protocol.client import BlockingClient
from protocol.vocabulary import EVERY_ACCOUNT, Currency, FundsEntry, Grounds, SharesEntry

ALL = "all"


def add_actions(actions: Actions) -> None:
    """Add the actions `deposit`, `withdraw`, `move`, `shares` and `interest`."""
    for entry in (FundsEntry.DEPOSIT, FundsEntry.WITHDRAW):
        action = add_action(actions, entry.name.lower(), "book money in cash", move_funds)
        action.set_defaults(entry=entry.name)
        add_funds(action)
    action = add_action(actions, "move", "book money for any other reason", move_funds)
    action.add_argument("entry", choices=FundsEntry.__members__, metavar="ENTRY")
    add_funds(action)
    action = add_action(actions, "shares", "book shares", move_shares)
    action.add_argument("instrument", help='like "600519.SH"')
    action.add_argument("entry", choices=SharesEntry.__members__, metavar="ENTRY")
    action.add_argument("quantity", type=count, help="shares")
    action.add_argument("--cost", type=yuan, default=0, help="yuan, of all these shares together")
    add_reasons(action)
    action = actions.add_parser("interest", help="pay out the interest that money has borne")
    action.add_argument("account", help=f'number of an account, or "{ALL}"', type=account_or_all)
    add_currency(action)
    action.set_defaults(ask=pay_interest)


def add_funds(action: argparse.ArgumentParser) -> None:
    """Add an amount of money."""
    action.add_argument("amount", type=yuan, help='like "500.00"')
    add_currency(action)
    add_reasons(action)


def add_reasons(action: argparse.ArgumentParser) -> None:
    """Add what a movement takes back, and on what grounds it is made."""
    action.add_argument(
        "--grounds",
        choices=Grounds.__members__,
        default=Grounds.NONE.name,
        metavar="GROUNDS",
        help="on which it is done, like COURT_ORDER",
    )
    action.add_argument(
        "--reverses", type=count, default=0, help="number of a movement of today to take back"
    )


@checked
def account_or_all(text: str) -> int:
    """Return the number of an account, or EVERY_ACCOUNT."""
    if text == ALL:
        return EVERY_ACCOUNT
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is neither the number of an account nor {ALL!r}")
    return int(text)


def move_funds(client: BlockingClient, arguments: argparse.Namespace) -> int:
    return client.move_funds(
        arguments.account,
        FundsEntry[arguments.entry],
        arguments.amount,
        Currency[arguments.currency],
        reverses=arguments.reverses,
        grounds=Grounds[arguments.grounds],
    )


def move_shares(client: BlockingClient, arguments: argparse.Namespace) -> int:
    return client.move_shares(
        arguments.account,
        arguments.instrument,
        SharesEntry[arguments.entry],
        arguments.quantity,
        cost=arguments.cost,
        reverses=arguments.reverses,
        grounds=Grounds[arguments.grounds],
    )


def pay_interest(client: BlockingClient, arguments: argparse.Namespace) -> Asked:
    account = arguments.account
    what = "all accounts" if account == EVERY_ACCOUNT else f"account {account}"
    return {client.capitalise(account, Currency[arguments.currency]): what}

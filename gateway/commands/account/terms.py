"""What an account may use and what it pays: opening it, editing it, and its status."""

import argparse
from collections.abc import Iterable
from enum import IntEnum

from engine.fees import parse_rate
from gateway.commands.account.action import Actions, add_action
from gateway.commands.arguments import checked, count, yuan
from protocol.bounds import COMMISSION_RATE_MAX
from protocol.client import BlockingClient
from protocol.messages import AccountTerms
from protocol.vocabulary import AccountKind, AccountStatus, Channel, Depository, Permission

STATUSES = [status.name for status in AccountStatus if status != AccountStatus.NONE]

TERMS = {
    "account_kind": AccountKind.CUSTOMER.name,
    "channels": [channel.name for channel in Channel],
    "depositories": [Depository.SHANGHAI_A.name, Depository.SHENZHEN_A.name],
    "permissions": [Permission.ORDINARY.name, Permission.FUNDS.name],
    "commission_rate": "0.00025",
    "commission_min": "5.00",
    "commission_min_foreign": "1.00",
    "exchange_fees": "included",
}
"""What a new account has where nothing else is said."""


def add_actions(actions: Actions) -> None:
    """Add the actions `open`, `edit` and `status`."""
    opening = add_action(actions, "open", "open an account", open_account)
    add_terms(opening)
    opening.set_defaults(**TERMS)
    summary = "give an account other terms, all of them at once"
    for option in add_terms(add_action(actions, "edit", summary, edit_account)):
        option.required = True
    summary = "say what an account may do, or close it"
    action = add_action(actions, "status", summary, change_status)
    action.add_argument("status", choices=STATUSES)


def add_terms(action: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add what an account may use and what it pays; return the options with a default."""
    action.add_argument("--branch", type=count, required=True)
    return [
        action.add_argument("--account-kind", choices=AccountKind.__members__),
        action.add_argument("--channels", nargs="*", choices=Channel.__members__),
        action.add_argument("--depositories", nargs="*", choices=Depository.__members__),
        action.add_argument("--permissions", nargs="*", choices=Permission.__members__),
        action.add_argument("--commission-rate", type=rate, help='of the turnover, like "0.00025"'),
        action.add_argument("--commission-min", type=yuan, help="yuan, of an order"),
        action.add_argument("--commission-min-foreign", type=yuan, help="dollars, of an order"),
        action.add_argument(
            "--exchange-fees", choices=("included", "extra"), help="in the commission, or beside it"
        ),
    ]


@checked
def rate(text: str) -> int:
    """Return a rate like "0.00025" in 1e-8."""
    return parse_rate(text, COMMISSION_RATE_MAX)


def open_account(client: BlockingClient, arguments: argparse.Namespace) -> int:
    return client.open_account(arguments.account, terms_of(arguments))


def edit_account(client: BlockingClient, arguments: argparse.Namespace) -> int:
    return client.edit_account(arguments.account, terms_of(arguments))


def change_status(client: BlockingClient, arguments: argparse.Namespace) -> int:
    return client.change_status(arguments.account, AccountStatus[arguments.status])


def terms_of(arguments: argparse.Namespace) -> AccountTerms:
    """Return the terms as the client library takes them."""
    return AccountTerms(
        branch=arguments.branch,
        account_kind=AccountKind[arguments.account_kind],
        channels=bits_of(Channel[name] for name in arguments.channels),
        depositories=bits_of(Depository[name] for name in arguments.depositories),
        permissions=bits_of(Permission[name] for name in arguments.permissions),
        commission_rate=arguments.commission_rate,
        commission_min=arguments.commission_min,
        commission_min_foreign=arguments.commission_min_foreign,
        commission_includes=arguments.exchange_fees == "included",
    )


def bits_of(words: Iterable[IntEnum]) -> int:
    return sum(1 << word for word in set(words))

"""Open an account, change it, and book its money and shares, as an operator."""

import argparse
from collections.abc import Iterable
from enum import IntEnum

from engine.accounts import COMMISSION_RATE_MAX
from engine.fees import parse_rate
from gateway.commands import door
from gateway.commands.arguments import count, yuan
from protocol.client import BlockingClient
from protocol.messages import AccountChanged, AccountTerms, FundsMoved, Message, SharesMoved
from protocol.units import format_units
from protocol.vocabulary import (
    AccountKind,
    AccountStatus,
    Channel,
    Currency,
    Depository,
    FundsEntry,
    Permission,
    SharesEntry,
)

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


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(
        dest="action", metavar="open|edit|status|limit|deposit|withdraw|move|shares", required=True
    )
    opening = add_action(actions, "open", "open an account")
    add_terms(opening)
    opening.set_defaults(**TERMS)
    editing = add_action(actions, "edit", "give an account other terms, all of them at once")
    for option in add_terms(editing):
        option.required = True
    action = add_action(actions, "status", "say what an account may do, or close it")
    action.add_argument("status", choices=STATUSES)
    action = add_action(actions, "limit", "limit an account's orders; what is left out is free")
    action.add_argument("--order-value", type=yuan, default=0, help="of one order, in yuan")
    action.add_argument("--open-orders", type=count, default=0, help="at once")
    for entry in (FundsEntry.DEPOSIT, FundsEntry.WITHDRAW):
        action = add_action(actions, entry.name.lower(), "book money in cash")
        action.set_defaults(entry=entry.name)
        add_funds(action)
    action = add_action(actions, "move", "book money for any other reason")
    action.add_argument("entry", choices=FundsEntry.__members__, metavar="ENTRY")
    add_funds(action)
    action = add_action(actions, "shares", "book shares")
    action.add_argument("instrument", help='like "600519.SH"')
    action.add_argument("entry", choices=SharesEntry.__members__, metavar="ENTRY")
    action.add_argument("quantity", type=count, help="shares")
    action.add_argument("--cost", type=yuan, default=0, help="yuan, of all these shares together")
    add_reversal(action)
    for action in actions.choices.values():
        door.add_arguments(action)


def add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=summary)
    action.add_argument("account", type=int)
    return action


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


def add_funds(action: argparse.ArgumentParser) -> None:
    """Add an amount of money."""
    action.add_argument("amount", type=yuan, help='like "500.00"')
    action.add_argument("--currency", choices=Currency.__members__, default=Currency.CNY.name)
    add_reversal(action)


def add_reversal(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--reverses", type=count, default=0, help="number of a movement of today to take back"
    )


def rate(text: str) -> int:
    """Return a rate like "0.00025" in 1e-8."""
    try:
        return parse_rate(text, COMMISSION_RATE_MAX)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(arguments: argparse.Namespace) -> int:
    """Send the command and wait until it is done; return 1 where it was rejected."""
    with door.log_in(arguments) as client:
        answers = door.answers(client, send(client, arguments))
    if door.is_refused(answers):
        return 1
    for answer in answers:
        print(f"account {arguments.account}: {describe(answer)}")
    return 0


def send(client: BlockingClient, arguments: argparse.Namespace) -> int:
    """Send what was asked for; return its client_seq."""
    account = arguments.account
    match arguments.action:
        case "open":
            return client.open_account(account, terms_of(arguments))
        case "edit":
            return client.edit_account(account, terms_of(arguments))
        case "status":
            return client.change_status(account, AccountStatus[arguments.status])
        case "limit":
            return client.limit_account(
                account,
                order_value_max=arguments.order_value,
                open_orders_max=arguments.open_orders,
            )
        case "shares":
            return client.move_shares(
                account,
                arguments.instrument,
                SharesEntry[arguments.entry],
                arguments.quantity,
                cost=arguments.cost,
                reverses=arguments.reverses,
            )
    return client.move_funds(
        account,
        FundsEntry[arguments.entry],
        arguments.amount,
        Currency[arguments.currency],
        reverses=arguments.reverses,
    )


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


def describe(answer: Message) -> str:
    """Return what has come of it, for people."""
    match answer:
        case AccountChanged():
            return answer.status.name
        case FundsMoved():
            balance = f"{format_units(answer.balance)} {answer.currency.name}"
            return f"{balance}, {answer.entry.name} is movement {answer.sequence}"
        case SharesMoved():
            total = f"{answer.total} of {answer.instrument}"
            return f"{total}, {answer.entry.name} is movement {answer.sequence}"
        case _:
            return str(answer)

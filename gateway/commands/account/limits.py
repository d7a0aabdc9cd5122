"""What keeps an account's orders within bounds: its limits, its spending, its list."""

import argparse

from engine.accounts import LIMITS, money
from gateway.commands.account.action import Actions, add_action, add_currency
from gateway.commands.arguments import checked, symbol
from protocol.bounds import FUNDS_MAX
from protocol.client import BlockingClient
from protocol.messages import AccountLimits
from protocol.vocabulary import Currency

OPTIONS = {
    "order_value_max": ("--order-value", "of one order, in yuan"),
    "open_orders_max": ("--open-orders", "orders at once"),
    "rate_max": ("--rate", "requests in a second"),
    "requests_max": ("--requests", "requests in the day"),
    "rate_action": ("--rate-action", "where it sends more: ALARM, DELAY or REFUSE"),
    "list_mode": ("--list", "what its list is for: NONE, FORBIDS or PERMITS"),
    "collar_bp": ("--collar-bp", "of an order from the last price, in 1/100 of 1 %%"),
    "duplicate_ms": ("--duplicate-ms", "milliseconds between two orders that are the same"),
}
"""How each of the limits is named here; what it may be is said with the columns of accounts.csv."""


def add_actions(actions: Actions) -> None:
    """Add the actions `limit`, `limit-funds` and `list`."""
    summary = "limit an account, by all of these at once; 0 is no limit"
    action = add_action(actions, "limit", summary, limit_account)
    for name, parse, default in LIMITS:
        option, meaning = OPTIONS[name]
        meaning += f" (default {default})"
        action.add_argument(option, dest=name, type=checked(parse), default=default, help=meaning)
    summary = "limit what an account spends in a day; 0 is no limit"
    action = add_action(actions, "limit-funds", summary, limit_funds)
    action.add_argument(
        "spending_max", type=checked(money(FUNDS_MAX)), help='like "500000.00"; sales are taken off'
    )
    add_currency(action)
    summary = "put an instrument on the list of an account, or take it off"
    action = add_action(actions, "list", summary, change_list)
    action.add_argument("change", choices=("add", "remove"))
    action.add_argument("instrument", type=symbol, help='like "600519.SH"')


def limit_account(client: BlockingClient, arguments: argparse.Namespace) -> int:
    limits = AccountLimits(*(getattr(arguments, name) for name in AccountLimits._fields))
    return client.limit_account(arguments.account, limits)


def limit_funds(client: BlockingClient, arguments: argparse.Namespace) -> int:
    currency = Currency[arguments.currency]
    return client.limit_funds(arguments.account, arguments.spending_max, currency)


def change_list(client: BlockingClient, arguments: argparse.Namespace) -> int:
    is_listed = arguments.change == "add"
    return client.change_list(arguments.account, arguments.instrument, is_listed)

"""Find a customer by account, name or identity; masked, unless all is to be revealed."""

import argparse
import sys
from pathlib import Path

from gateway.config import DEFAULTS, load_config
from gateway.customers import FILE, Customer, check_private, load_customers
from protocol.mistake import Mistake


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="find", required=True)
    action = actions.add_parser("find", help="tell who has an account")
    wanted = action.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--account", type=int)
    wanted.add_argument("--name", help="the whole name")
    wanted.add_argument("--identity", metavar="NUMBER", help="of the identity card, or of another")
    action.add_argument("--config", type=Path, default=DEFAULTS / "venue.toml", metavar="TOML")
    action.add_argument(
        "--reveal", action="store_true", help=f"all of it, where only its owner may open {FILE}"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each customer that is found; return 1 where there is none."""
    folder = load_config(arguments.config).venue.accounts
    if not folder:
        raise Mistake(f"{arguments.config}: names no folder of accounts; set venue.accounts")
    if arguments.reveal:
        check_private(Path(folder) / FILE)
    customers = load_customers(Path(folder))
    found = [customer for customer in customers if is_wanted(customer, arguments)]
    for customer in found:
        print(described(customer if arguments.reveal else customer.masked()))
    if not found:
        print("no such customer", file=sys.stderr)
    return 0 if found else 1


def is_wanted(customer: Customer, arguments: argparse.Namespace) -> bool:
    """Whether a customer is the one that was asked for."""
    if arguments.account is not None:
        return customer.account == arguments.account
    if arguments.name is not None:
        return customer.name == str(arguments.name)
    return customer.identity_number == str(arguments.identity)


def described(customer: Customer) -> str:
    """Return what is known of a customer in one line."""
    parts = [
        f"account {customer.account}: {customer.name}",
        f"{customer.identity_kind} {customer.identity_number}",
    ]
    parts += [f"telephone {customer.telephone}"] * bool(customer.telephone)
    parts += [f"address {customer.address}"] * bool(customer.address)
    return ", ".join(parts)

"""Shares that leave for another firm, and shares whose code changes."""

import argparse

from gateway.commands.account.action import Actions, Asked
from gateway.commands.arguments import checked, count, symbol
from protocol.client import BlockingClient


def add_actions(actions: Actions) -> None:
    """Add the actions `custody` and `code`."""
    action = actions.add_parser("custody", help="move shares to another firm's unit")
    action.add_argument("account", type=int)
    action.add_argument("unit", type=unit, help="who gets them, at most 6 letters and digits")
    which = action.add_mutually_exclusive_group(required=True)
    which.add_argument("instruments", nargs="*", default=[], type=symbol, metavar="INSTRUMENT")
    which.add_argument("--everything", action="store_true", help="of all instruments")
    action.add_argument(
        "--quantity", type=count, default=0, help="shares of each; all that may go if left out"
    )
    action.set_defaults(ask=transfer_custody)
    action = actions.add_parser("code", help="let what is held of a code be held of another")
    action.add_argument("instrument", type=symbol, help="the old one")
    action.add_argument("to_instrument", type=symbol, help="the new one")
    action.set_defaults(ask=change_code)


@checked
def unit(text: str) -> str:
    """Return the unit of another firm."""
    if not (text.isascii() and text.isalnum() and len(text) <= 6):
        raise ValueError(f"{text!r} is not 1 to 6 letters and digits")
    return text


def transfer_custody(client: BlockingClient, arguments: argparse.Namespace) -> Asked:
    """Ask for each of the instruments by itself."""
    account, quantity = arguments.account, arguments.quantity
    asked = {}
    for instrument in arguments.instruments or [""]:
        client_seq = client.transfer_custody(account, arguments.unit, instrument, quantity)
        asked[client_seq] = f"account {account}" + (f", {instrument}" if instrument else "")
    return asked


def change_code(client: BlockingClient, arguments: argparse.Namespace) -> Asked:
    old, new = arguments.instrument, arguments.to_instrument
    return {client.change_code(old, new): f"{old} to {new}"}

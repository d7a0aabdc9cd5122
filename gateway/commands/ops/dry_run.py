"""What an action would end, told instead of done."""

import argparse
from typing import Any

from gateway.commands import door
from protocol.questions import AskAffected
from protocol.terminal import AskRefused
from protocol.units import format_units
from protocol.vocabulary import CommandKind, Currency


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Add the wish to be told only."""
    parser.add_argument(
        "--dry-run", action="store_true", help="do nothing, and say which open orders it would end"
    )


def tell(arguments: argparse.Namespace, kind: CommandKind, what: str, **filters: Any) -> int:
    """Say what a command with these filters would end now; return 1 where that is refused."""
    try:
        with door.log_in(arguments) as client:
            affected = client.ask(AskAffected, kind, **filters)
    except AskRefused as refusal:
        print(f"rejected: {refusal.reason.name}")
        return 1
    orders = sum(row.orders for row in affected)
    quantity = sum(row.quantity for row in affected)
    worth = [
        f"{format_units(row.value)} {currency.name}"
        for currency, row in zip(Currency, affected, strict=True)
        if row.orders
    ]
    told = " and ".join(worth) or "nothing"
    print(f"{what}: would end open orders: {orders}, shares: {quantity}, worth: {told}")
    return 0

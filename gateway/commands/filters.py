"""Arguments that say which orders are meant; what is left out fits all."""

import argparse
from typing import Any

from gateway.commands.arguments import symbol
from protocol.vocabulary import NONE, Side

SIDES = {side.name.lower(): side for side in Side}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what orders may be chosen by."""
    parser.add_argument("--instrument", type=symbol, help='like "600519.SH"')
    parser.add_argument("--account", type=int, default=NONE)
    parser.add_argument("--session", type=int, default=NONE, help="number of the user who entered")
    parser.add_argument("--branch", type=int, default=NONE, help="number of that user's branch")
    parser.add_argument("--side", choices=SIDES)


def chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the filters as the client library takes them."""
    return {
        "instrument": arguments.instrument or "",
        "account": arguments.account,
        "session": arguments.session,
        "branch": arguments.branch,
        "side": SIDES.get(arguments.side),
    }


def told(arguments: argparse.Namespace) -> str:
    """Return the filters for people, nothing where all orders are meant."""
    words = [arguments.instrument] if arguments.instrument else []
    for name in ("account", "session", "branch"):
        number = getattr(arguments, name)
        if number != NONE:
            words.append(f"{name} {number}")
    return " ".join(words + [f"{arguments.side}s"] * (arguments.side is not None))

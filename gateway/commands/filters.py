"""Arguments that say which orders are meant; what is left out fits all."""

import argparse
from typing import Any

from gateway.commands.arguments import symbol
from protocol.mistake import Mistake
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


def told(instrument: str, account: int, session: int, branch: int, side: Side | None) -> str:
    """Return filters for people, nothing where all orders are meant."""
    words = [instrument] if instrument else []
    for name, number in (("account", account), ("session", session), ("branch", branch)):
        if number != NONE:
            words.append(f"{name} {number}")
    if side is not None:
        words.append(f"{side.name.lower()}s")
    return " ".join(words)


def meant(arguments: argparse.Namespace, act: str) -> str:
    """Return what is meant, for people, where all orders are only if `everything` says so.

    Raises Mistake unless it is clear.
    """
    what = told(**chosen(arguments))
    if arguments.everything and what:
        raise Mistake(f"--everything is more than {what}; leave one of them out")
    if not (arguments.everything or what):
        raise Mistake(f"say what to {act}, or --everything for all orders of the venue")
    return what or "everything"

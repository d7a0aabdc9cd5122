"""Deliver the trades of a day by hand: an account's, or one trade by two persons.

Only branches that reference/delivery.csv says to deliver so need it; cuohe close waits for them.
"""

import argparse
from pathlib import Path

from engine.clearing.delivery import Deliveries, Mode, amounts_of
from engine.storage.daybook import Daybook
from gateway.batch.close import Asked, Close
from gateway.batch.deliveries import DeliveryRefused, Desk, Wanted
from gateway.commands.arguments import checked
from gateway.commands.table import lines_of, money
from protocol.units import parse_units
from protocol.vocabulary import Side

HEADINGS = ["account", "branch", "mode", "trade", "side", "code", "money", "shares"]
OF_TRADE = ("trade", "side", "money", "shares", "reason")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--list", action="store_true", help="tell which trades are not delivered")
    parser.add_argument("--account", type=int, metavar="N", help="whose trades")
    parser.add_argument("--by", metavar="NAME", help="who books")
    parser.add_argument("--trade", type=int, metavar="T", help="only the trade with this number")
    parser.add_argument("--side", choices=list(Side.__members__), help="its side")
    parser.add_argument("--money", type=checked(parse_units), help="what the account gets, signed")
    parser.add_argument("--shares", type=int, help="the shares that it gets, signed")
    parser.add_argument("--reason", help="why it is booked by hand")


def run(arguments: argparse.Namespace) -> int:
    """List what is open, or book."""
    close = Close(Daybook(arguments.day), Asked())
    desk = Desk(close.daybook.deliveries, close.tables.fills.rows, close.modes)
    if arguments.list:
        print(*told(desk.deliveries), sep="\n")
        return 0
    if arguments.account is None or not arguments.by:
        raise DeliveryRefused("name --account and --by, or ask for --list")
    named = [name for name in OF_TRADE if getattr(arguments, name) is not None]
    if not named:
        count = desk.book_account(arguments.account, arguments.by)
        print(f"account {arguments.account}: {count} trades are delivered")
        return 0
    if missing := [f"--{name}" for name in OF_TRADE if name not in named]:
        raise DeliveryRefused(f"a trade is booked with {' '.join(missing)} too; add them")
    wanted = Wanted(
        arguments.account,
        arguments.trade,
        Side[arguments.side],
        arguments.money,
        arguments.shares,
    )
    is_booked = desk.book_trade(wanted, arguments.by, arguments.reason)
    print("the trade is delivered" if is_booked else "proposed; another person must ask for it")
    return 0


def told(deliveries: Deliveries) -> list[str]:
    """Return the lines that tell what is not delivered."""
    fills = deliveries.open
    if not len(fills):
        return ["every trade is delivered"]
    modes = deliveries.modes[~deliveries.is_booked].tolist()
    amounts, shares = (column.tolist() for column in amounts_of(fills))
    rows = [
        [
            str(fill["account"]),
            str(fill["branch"]),
            Mode(mode).name,
            str(fill["trade_number"]),
            Side(fill["side"]).name,
            fill["code"].decode(),
            money(amount),
            str(number),
        ]
        for fill, mode, amount, number in zip(fills, modes, amounts, shares, strict=True)
    ]
    return list(lines_of([HEADINGS, *rows]))

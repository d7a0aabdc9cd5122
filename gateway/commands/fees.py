"""Print what a day's trading cost: the customers' ledger of fees, and the participant's.

Exit status 0 says that they tie with what the accounts have, 1 that they do not.
"""

import argparse
import csv
import sys
from pathlib import Path

from engine.clearing.charges import ITEMS, charge
from engine.clearing.ledgers import Line, ledgers, settlements
from engine.storage.daybook import Daybook
from gateway.commands.table import lines_of
from gateway.replayed import replayed
from protocol.mistake import Mistake
from protocol.units import format_units

HEADER = ("level", "market", "product", "currency", "fills", "bought", "sold", *ITEMS, "total")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--csv", action="store_true", help="as CSV, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Print both ledgers of a day, which need not have ended; return 0 only if they tie."""
    day = replayed(Daybook(arguments.day))
    if not day.venue.sequence:
        raise Mistake(f"{arguments.day}: its journal holds no command yet; serve the day first")
    if not day.venue.state.venue[0]["with_accounts"]:
        raise Mistake(
            f"{arguments.day} is a day without accounts, which charges nobody; name a folder of"
            " accounts in venue.accounts before the day begins"
        )
    lines = list(ledgers(day.commands, day.reports, charge(day.commands, day.reports)))
    rows = [cells(line) for line in lines]
    if arguments.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([HEADER, *rows])
    else:
        print(*lines_of([HEADER, *rows]), sep="\n")
    found = list(settlements(lines, day.venue.state))
    for settlement in found:
        print(settlement, file=sys.stderr if arguments.csv else sys.stdout)
    return 0 if all(settlement.ties for settlement in found) else 1


def cells(line: Line) -> list[str]:
    """Return a line as it is printed, blank where a level has no such item."""
    words = [line.level, *(word.name for word in (line.market, line.product, line.currency))]
    amounts = [line.bought, line.sold, *map(line.items.get, ITEMS), line.total]
    spelled = ["" if amount is None else format_units(amount, 2) for amount in amounts]
    return [*words, str(line.fills), *spelled]

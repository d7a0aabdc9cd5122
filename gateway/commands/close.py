"""Replay the journal of a closed day and write its reports and clearing files anew."""

import argparse
import sys
from functools import partial
from pathlib import Path

import numpy as np

from engine.clearing.close import CloseRefused, clear
from engine.daybook import BATCH_ROWS, Daybook, replay
from engine.disk import replace_file
from engine.journal import read_journal
from engine.venue import Limits, Venue, warm_up
from gateway.commands.arguments import count
from protocol.mistake import Mistake
from protocol.records import REPORT
from protocol.vocabulary import CommandKind, Feature


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--out", type=Path, help="write there; into DAY if left out")
    parser.add_argument("--batch-rows", type=count, default=BATCH_ROWS, help="commands per call")
    parser.add_argument("--replace", action="store_true", help="replace files that are different")


def run(arguments: argparse.Namespace) -> int:
    """Write reports.bin and clearing/ under the target folder and print the state's digest."""
    journal = Daybook(arguments.day).journal
    if not journal.is_file():
        raise Mistake(f"{journal}: cannot be read: No such file or directory")
    warm_up(partial(print, file=sys.stderr))
    commands = read_journal(journal)
    venue = Venue(room_for(commands))
    reports = bytearray()
    for part in replay(venue, commands, arguments.batch_rows):
        reports += part.tobytes()
    target = Daybook(arguments.out or arguments.day)
    if not arguments.replace:
        check_same(target.reports, reports)
    manifest = clear(
        commands, np.frombuffer(reports, REPORT), target.clearing, replace=arguments.replace
    )
    replace_file(target.reports, reports)
    for entry in manifest.files:
        print(f"{target.clearing / entry.name}: {entry.records} records")
    print(f"state digest {venue.digest()}")
    return 0


def check_same(path: Path, reports: bytearray) -> None:
    """Raise CloseRefused where a file holds other reports; one that broke off early may stay."""
    if path.exists() and not reports.startswith(path.read_bytes()):
        raise CloseRefused(
            f"{path} holds other reports than this journal gives; name another folder with --out, "
            "or replace what is there with --replace"
        )


def room_for(commands: np.ndarray) -> Limits:
    """Return the room that the COMMAND rows of a whole journal need at most.

    Only the venue's own commands count: what sessions ask for beside their rights is refused.
    """
    own = commands[commands["session"] == 0]
    listings = own[own["kind"] == CommandKind.LIST_INSTRUMENT]
    rules = own[own["kind"] == CommandKind.DEFINE_RULES]
    coarse_to_fine = np.argsort(-rules["tick"].astype(np.int64))
    finest = {int(row["defined"]): max(int(row["tick"]), 1) for row in rules[coarse_to_fine]}
    tick = np.array([finest.get(int(number), 1) for number in listings["rules"]], np.int64)
    ticks = (listings["upper_limit"].astype(np.int64) - listings["lower_limit"]) // tick + 1
    ladders = 2 if (rules["features"] & Feature.STOP).any() else 1
    opening = own[own["kind"] == CommandKind.OPEN_DAY][:1]
    orders = int((commands["kind"] == CommandKind.ENTER_ORDER).sum()) + 1
    return Limits(
        orders_open=granted(opening, "orders_open_max") or orders,
        orders_day=granted(opening, "orders_day_max") or orders,
        instruments=len(listings) + 1,
        sessions=int((own["kind"] == CommandKind.ADMIT_SESSION).sum()) + 1,
        ticks=ladders * int(ticks.clip(0).sum()) + 1,
        accounts=granted(opening, "accounts_max"),
        holdings=granted(opening, "holdings_max"),
        movements=granted(opening, "movements_max"),
    )


def granted(opening: np.ndarray, name: str) -> int:
    """Return the room that the day began with, 0 where it does not say."""
    return max(0, int(opening[name].max(initial=0)))

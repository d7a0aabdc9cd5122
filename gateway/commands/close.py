"""Replay the journal of a closed day and write its reports and clearing files anew."""

import argparse
from pathlib import Path

import numpy as np

from engine.clearing.close import clear
from engine.daybook import BATCH_ROWS, Daybook, replay
from engine.journal import read_journal
from engine.venue import Limits, Venue, warm_up
from protocol.records import REPORT
from protocol.vocabulary import CommandKind


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--out", type=Path, help="write there; into DAY if left out")
    parser.add_argument("--batch-rows", type=int, default=BATCH_ROWS, help="commands per call")


def run(arguments: argparse.Namespace) -> int:
    """Write reports.bin and clearing/ under the target folder and print the state's digest."""
    warm_up(print)
    commands = read_journal(Daybook(arguments.day).journal)
    target = Daybook(arguments.out or arguments.day)
    target.folder.mkdir(parents=True, exist_ok=True)
    venue = Venue(room_for(commands))
    with target.reports.open("wb") as file:
        for reports in replay(venue, commands, max(1, arguments.batch_rows)):
            file.write(reports.tobytes())
    manifest = clear(commands, np.fromfile(target.reports, REPORT), target.clearing)
    for entry in manifest.files:
        print(f"{target.clearing / entry.name}: {entry.records} records")
    print(f"state digest {venue.digest()}")
    return 0


def room_for(commands: np.ndarray) -> Limits:
    """Return the room that the COMMAND rows of a whole journal need at most."""
    listings = commands[commands["kind"] == CommandKind.LIST_INSTRUMENT]
    ticks = (listings["upper_limit"] - listings["lower_limit"]) // np.maximum(listings["tick"], 1)
    opening = commands[commands["kind"] == CommandKind.OPEN_DAY]
    return Limits(
        orders_open=int(opening["orders_open_max"].max(initial=1)),
        orders_day=int(opening["orders_day_max"].max(initial=1)),
        instruments=len(listings) + 1,
        sessions=int((commands["kind"] == CommandKind.ADMIT_SESSION).sum()) + 1,
        ticks=int(ticks.clip(0).sum()) + len(listings) + 1,
    )

"""Copy a day, ended or under way, into a backup that is checked and replayed before it counts."""

import argparse
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

from engine.storage.backup import back_up
from engine.storage.daybook import Daybook
from engine.storage.inventory import Kind
from engine.venue import warm_up
from gateway.room import room_for


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--to", type=Path, required=True, help="the folder of all backups")
    parser.add_argument("--kind", choices=list(map(str, Kind)), required=True, help="what for")


def run(arguments: argparse.Namespace) -> int:
    """Make the backup and print where it is and what it holds."""
    tell = partial(print, file=sys.stderr)
    warm_up(tell)
    daybook, kind, release = Daybook(arguments.day), Kind(arguments.kind), version("cuohe")
    place, made = back_up(daybook, arguments.to, kind, release, room_for, tell)
    size = sum(entry.bytes for entry in made.files)
    print(f"{place}: {len(made.files)} files, {size} bytes, up to the sequence {made.sequence}")
    print(f"state digest {made.state_digest}")
    return 0

"""Close a day that has ended: replay its journal, and go through the steps of the close.

With --out the reports and clearing files are only made anew elsewhere.
"""

import argparse
from pathlib import Path

import numpy as np

from engine.clearing.close import CloseRefused, clear
from engine.clearing.succession import previous_manifest
from engine.storage.daybook import BATCH_ROWS, Daybook
from engine.storage.disk import replace_file
from gateway.batch.close import Asked, Close
from gateway.batch.run import carry_out
from gateway.batch.steps import NAMES
from gateway.commands.arguments import count


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--out", type=Path, help="only write reports and clearing files, there")
    parser.add_argument("--from", dest="first", choices=NAMES, help="do all anew from this step on")
    parser.add_argument("--until", dest="last", choices=NAMES, help="stop behind this step")
    parser.add_argument("--incoming", type=Path, help="a folder of files of the exchanges")
    parser.add_argument("--backups", type=Path, help="the folder of all backups")
    parser.add_argument("--tables", type=Path, help="a folder for the tables as Parquet")
    parser.add_argument("--next", type=Path, help="a folder for what the next day begins with")
    parser.add_argument("--instruments", type=Path, help="the day's, for those of the next day")
    parser.add_argument("--batch-rows", type=count, default=BATCH_ROWS, help="commands per call")
    parser.add_argument("--replace", action="store_true", help="replace files that are different")


def run(arguments: argparse.Namespace) -> int:
    """Close the day, print a line for each step, and the state's digest."""
    asked = Asked(
        arguments.incoming,
        arguments.backups,
        arguments.next,
        arguments.tables,
        arguments.instruments,
        arguments.replace,
    )
    close = Close(Daybook(arguments.day), asked, arguments.batch_rows)
    target = Daybook(arguments.out or arguments.day)
    reports = close.day.reports.view(np.uint8).data
    if not arguments.replace:
        check_same(target.reports, reports)
    if arguments.out:
        write_elsewhere(close, target)
        replace_file(target.reports, reports)
    else:
        carry_out(close, arguments.first, arguments.last, print)
    print(f"state digest {close.day.venue.digest()}")
    return 0


def write_elsewhere(close: Close, target: Daybook) -> None:
    """Write the clearing files into another day's folder."""
    manifest = clear(
        close.day.commands,
        close.day.reports,
        target.clearing,
        replace=close.asked.replace,
        previous=previous_manifest(close.daybook.folder),
        state=close.day.venue.state,
        reference=close.reference,
        is_alone=True,
    )
    for entry in manifest.files:
        print(f"{target.clearing / entry.name}: {entry.records} records")


def check_same(path: Path, reports: memoryview) -> None:
    """Raise CloseRefused where a file holds other reports; one that broke off early may stay."""
    kept = path.read_bytes() if path.exists() else b""
    if reports[: len(kept)] != kept:
        raise CloseRefused(
            f"{path} holds other reports than this journal gives; name another folder with --out, "
            "or replace what is there with --replace"
        )

"""Replay the journal of a closed day and write its reports and clearing files anew."""

import argparse
from pathlib import Path

import numpy as np

from engine.clearing.close import CloseRefused, clear
from engine.clearing.succession import previous_manifest
from engine.storage.daybook import BATCH_ROWS, Daybook
from engine.storage.disk import replace_file
from gateway.commands.arguments import count
from gateway.replayed import replayed


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--out", type=Path, help="write there; into DAY if left out")
    parser.add_argument("--batch-rows", type=count, default=BATCH_ROWS, help="commands per call")
    parser.add_argument("--replace", action="store_true", help="replace files that are different")


def run(arguments: argparse.Namespace) -> int:
    """Write reports.bin and clearing/ under the target folder and print the state's digest."""
    day = replayed(Daybook(arguments.day), arguments.batch_rows)
    target = Daybook(arguments.out or arguments.day)
    reports = day.reports.view(np.uint8).data
    if not arguments.replace:
        check_same(target.reports, reports)
    manifest = clear(
        day.commands,
        day.reports,
        target.clearing,
        replace=arguments.replace,
        previous=previous_manifest(arguments.day),
        state=day.venue.state,
    )
    replace_file(target.reports, reports)
    for entry in manifest.files:
        print(f"{target.clearing / entry.name}: {entry.records} records")
    print(f"state digest {day.venue.digest()}")
    return 0


def check_same(path: Path, reports: memoryview) -> None:
    """Raise CloseRefused where a file holds other reports; one that broke off early may stay."""
    kept = path.read_bytes() if path.exists() else b""
    if reports[: len(kept)] != kept:
        raise CloseRefused(
            f"{path} holds other reports than this journal gives; name another folder with --out, "
            "or replace what is there with --replace"
        )

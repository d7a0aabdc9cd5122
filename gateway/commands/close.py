"""Replay the journal of a closed day and write its reports and clearing files anew, and, if asked
for, the accounts with which the next day begins."""

import argparse
from pathlib import Path

import numpy as np

from engine.clearing.close import CloseRefused, clear
from engine.clearing.closed_day import load_reference
from engine.clearing.morning import morning_files
from engine.clearing.succession import previous_manifest
from engine.listings import symbols_of
from engine.storage.daybook import BATCH_ROWS, Daybook
from engine.storage.disk import replace_file
from gateway.commands.arguments import count
from gateway.replayed import Replayed, replayed


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--out", type=Path, help="write there; into DAY if left out")
    parser.add_argument("--batch-rows", type=count, default=BATCH_ROWS, help="commands per call")
    parser.add_argument("--next", type=Path, help="a folder for the accounts of the next day")
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
        reference=load_reference(Daybook(arguments.day).reference),
    )
    replace_file(target.reports, reports)
    for entry in manifest.files:
        print(f"{target.clearing / entry.name}: {entry.records} records")
    if arguments.next:
        write_morning(day, arguments.next)
    print(f"state digest {day.venue.digest()}")
    return 0


def write_morning(day: Replayed, folder: Path) -> None:
    """Write the accounts with which the next day begins; raises MorningRefused."""
    if not day.venue.with_accounts:
        raise CloseRefused(f"{folder}: the day has no accounts to leave; leave --next out")
    files = morning_files(day.venue.state, symbols_of(day.commands))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        replace_file(folder / name, content)
        print(f"{folder / name}: {len(content.splitlines()) - 1} lines")


def check_same(path: Path, reports: memoryview) -> None:
    """Raise CloseRefused where a file holds other reports; one that broke off early may stay."""
    kept = path.read_bytes() if path.exists() else b""
    if reports[: len(kept)] != kept:
        raise CloseRefused(
            f"{path} holds other reports than this journal gives; name another folder with --out, "
            "or replace what is there with --replace"
        )

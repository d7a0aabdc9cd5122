"""Check all that days have on the disk: journal, snapshots, reports and clearing files.

Exit status 0 says that all is well, 1 that something is wrong.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from engine.storage.daybook import Daybook
from engine.storage.verification import Verification
from engine.venue import warm_up
from gateway.room import room_for
from protocol.files.load import Finding
from protocol.mistake import Mistake

BUSINESS_DATE = re.compile(r"[0-9]{8}").fullmatch


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "days",
        type=Path,
        nargs="+",
        metavar="DAY",
        help="like data/20261120, or a folder of days, like data",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each thing that is found; return 0 only if all of them are well."""
    daybooks = [Daybook(day) for folder in arguments.days for day in days_in(folder)]
    warm_up(partial(print, file=sys.stderr))
    verdicts = [show(finding) for daybook in daybooks for finding in found(daybook)]
    return 0 if all(verdicts) else 1


def days_in(folder: Path) -> list[Path]:
    """Return the folder of a day itself, or of all days in a folder, in order."""
    if BUSINESS_DATE(folder.name) or (folder / "journal").exists():
        return [folder]
    days = [path for path in sorted(folder.glob("*")) if BUSINESS_DATE(path.name)]
    if not days:
        raise Mistake(f"{folder}: is no day, and has none; name one like data/20261120")
    return days


def found(daybook: Daybook) -> Iterator[Finding]:
    """Yield what is found of a day."""
    return Verification(daybook, room_for).findings()


def show(finding: Finding) -> bool:
    """Print a finding; return whether it is well."""
    print(f"{'ok   ' if finding.is_well else 'WRONG'} {finding.name}: {finding.text}")
    return finding.is_well

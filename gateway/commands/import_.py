"""Check a day's clearing files and print what each holds, or what is wrong with it.

Exit status 0 says that every file may be booked, 1 that one may not.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from protocol.files.load import load


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "directory", type=Path, help="the folder that holds the day's manifest.json"
    )


def run(arguments: Namespace) -> int:
    """Print a line for each file; return the exit status."""
    loaded = load(arguments.directory)
    for finding in loaded.findings:
        print(f"{'ok   ' if finding.is_well else 'WRONG'} {finding.name}: {finding.text}")
    return 0 if loaded.is_well else 1

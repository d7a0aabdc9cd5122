"""Check a day's clearing files, and load them into a database if nothing is wrong with them.

Prints what each file holds and what became of it.  Exit status 0 says that every file is well and
booked, 1 that one is not; then nothing is booked, and a file of rejects tells every fault.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from engine.clearing import reader, scribe
from gateway.importing import rejects
from gateway.importing.booking import Booking
from gateway.importing.master import held_to_master
from protocol.files.load import Loaded, load
from protocol.files.sink import NOWHERE, Sink
from protocol.mistake import Mistake

OWN_FOLDER = "clearing"
"""The venue's own folder of clearing files lies in that of the day."""


def configure(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "directory", type=Path, metavar="DIR", help="the folder that holds the day's manifest.json"
    )
    parser.add_argument("--check", action="store_true", help="check only, load nothing")
    parser.add_argument(
        "--into",
        metavar="DATABASE",
        help="a file for SQLite, or postgresql://...; clearing.sqlite beside the day if left out",
    )
    parser.add_argument(
        "--profile", action="append", default=[], help="only files of this profile, like gh/2016"
    )
    parser.add_argument(
        "--replace", action="store_true", help="replace what is booked of the same generation"
    )
    parser.add_argument("--instruments", type=Path, help="hold codes, prices and fees to this file")
    parser.add_argument("--accounts", type=Path, help="hold accounts to those of this folder")
    parser.add_argument(
        "--rejects", type=Path, help="where every fault is told; beside the day if left out"
    )


def run(arguments: Namespace) -> int:
    """Check, print a line for each file, and load; return the exit status."""
    if arguments.check:
        return 0 if is_well(arguments, NOWHERE) else 1
    target = arguments.into or str(home_of(arguments.directory) / "clearing.sqlite")
    with Booking(target, arguments.replace) as booking:
        if not is_well(arguments, booking):
            return 1
        for name, text in booking.end():
            print(f"      {name}: {text}")
    return 0


def is_well(arguments: Namespace, sink: Sink) -> bool:
    """Check the files, with what is well so far going into the sink; print a line for each."""
    directory = arguments.directory
    loaded = load(directory, arguments.profile, sink, scribe.records, reader.column)
    loaded = held_to_master(loaded, directory, arguments.instruments, arguments.accounts)
    for finding in loaded.findings:
        print(f"{'ok   ' if finding.is_well else 'WRONG'} {finding.name}: {finding.text}")
    if not loaded.is_well:
        reject(arguments.rejects, directory, loaded)
    return loaded.is_well


def home_of(directory: Path) -> Path:
    """Return the folder in which the days lie."""
    directory = directory.resolve()
    return directory.parent.parent if directory.name == OWN_FOLDER else directory.parent


def reject(path: Path | None, directory: Path, loaded: Loaded) -> None:
    day = loaded.promised.date if loaded.promised else directory.resolve().name
    path = path or home_of(directory) / f"rejects-{day}.csv"
    try:
        rejects.write(path, loaded.faults)
    except OSError as error:
        raise Mistake(f"{path}: the faults cannot be told there ({error.strerror})") from None
    print(f"faults: {len(loaded.faults)}, told in {path}; nothing was loaded")

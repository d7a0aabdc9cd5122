"""Print what came in on a day, and what came of it: all of it, what fits, or one order in full."""

import argparse
import csv
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from engine.storage.daybook import Daybook
from engine.venue import Venue
from gateway.commands.arguments import account, count, moment, session, symbol
from gateway.evidence import screen
from gateway.evidence.order import check_is_order, gather, sequence_of, trace_order
from gateway.readable import HEAD_NAMES, Readable, fields_of, kind_of, letters
from gateway.replayed import commands_of, stepwise
from gateway.room import room_for
from gateway.selection import Selection, Wanted
from protocol.calendar import moment_of_day
from protocol.mistake import Mistake
from protocol.records import COMMAND
from protocol.vocabulary import CommandKind, Reject, ReportKind

Told = tuple[np.void, np.ndarray]
"""A COMMAND row, and its REPORT rows."""

OWN_FIELDS = [name for name in COMMAND.names or () if name not in (*HEAD_NAMES, "checksum")]
CSV_HEADER = (*HEAD_NAMES, "symbol", *OWN_FIELDS, "accepted", "rejected", "reports", "outcome")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("day", type=Path, metavar="DAY", help="like data/20261120")
    parser.add_argument("--account", type=account, help="what names it, or is reported on it")
    parser.add_argument("--order", type=count, help="its number: what became of it")
    parser.add_argument("--instrument", type=symbol, help='like "600519.SH"')
    parser.add_argument("--session", type=session, help="who asked; 0 is the venue itself")
    parser.add_argument("--client-seq", type=count, help="the session's own number of a request")
    parser.add_argument("--sequence", type=count, help="the place in the journal")
    parser.add_argument(
        "--kind", choices=CommandKind.__members__, metavar="KIND", help="ENTER_ORDER, ..."
    )
    parser.add_argument("--from", type=moment, dest="since", help="09:30:00, or 09:30:00.125")
    parser.add_argument("--to", type=moment, dest="until", help="likewise, and not from then on")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--csv", action="store_true", help="for programs: numbers as in the journal")
    shape.add_argument(
        "--evidence",
        action="store_true",
        help="all about one order: name it by --order, --sequence, or --session and --client-seq",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the commands that fit all filters; `head` and `less` may stop listening at any time."""
    try:
        tell(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def tell(arguments: argparse.Namespace) -> None:
    """Print what is asked for; raises Mistake where there is no such thing."""
    commands = commands_of(Daybook(arguments.day))
    if not len(commands):
        raise Mistake(f"{arguments.day}: its journal holds no command yet; serve the day first")
    readable = Readable(commands)
    if arguments.evidence:
        for line in evidence_of(commands, arguments, readable):
            print(line)
        return
    venue = Venue(room_for(commands))
    fitting = choose(commands, venue, wanted_of(arguments, readable))
    if arguments.csv:
        shown = write_csv(fitting, readable)
    else:
        shown = write_lines(fitting, len(commands), readable)
    if not shown:
        check_order(venue, arguments.order)
        print(f"none of {len(commands)} commands fits", file=sys.stderr)


def evidence_of(
    commands: np.ndarray, arguments: argparse.Namespace, readable: Readable
) -> Iterator[str]:
    """Yield the lines about the one order that is named."""
    sequence = arguments.sequence
    if arguments.order:
        trace = trace_order(commands, order=arguments.order)
    else:
        if arguments.session is not None and arguments.client_seq:
            sequence = sequence_of(commands, arguments.session, arguments.client_seq)
        if not sequence:
            raise Mistake(
                "--evidence is of one order: name it by --order, --sequence, or --session and "
                "--client-seq"
            )
        check_is_order(commands, sequence)
        trace = trace_order(commands, sequence=sequence)
    row = commands[trace.sequence - 1]
    return screen.lines(gather(commands, trace, readable), row, readable)


def wanted_of(arguments: argparse.Namespace, readable: Readable) -> Wanted:
    """Return the filters; raises Mistake where the day does not list the instrument."""
    instrument = None
    if arguments.instrument:
        if arguments.instrument not in readable.symbols:
            raise Mistake(
                f"{arguments.instrument}: is not listed on this day; its {len(readable.symbols)} "
                f"instruments are {some(readable.symbols)}"
            )
        instrument = readable.symbols.index(arguments.instrument)
    return Wanted(
        arguments.account,
        arguments.order,
        instrument,
        arguments.session,
        arguments.client_seq,
        arguments.sequence,
        CommandKind[arguments.kind] if arguments.kind else None,
        arguments.since,
        arguments.until,
    )


def some(symbols: Sequence[str], most: int = 5) -> str:
    """Return the first few of many."""
    return ", ".join([*symbols[:most], *["..."] * (len(symbols) > most)]) or "none"


def choose(commands: np.ndarray, venue: Venue, wanted: Wanted) -> Iterator[Told]:
    """Yield the commands that fit, each with its reports, as the day is replayed."""
    selection = Selection(wanted, venue)
    for batch, reports in stepwise(venue, commands):
        places = np.flatnonzero(selection.fitting(batch, reports))
        begins = np.searchsorted(reports["sequence"], batch["sequence"][places])
        ends = np.searchsorted(reports["sequence"], batch["sequence"][places], "right")
        for place, begin, end in zip(places, begins, ends, strict=True):
            yield batch[place], reports[begin:end]


def check_order(venue: Venue, order: int | None) -> None:
    """Raise Mistake where an order is asked for that the day does not have."""
    last = int(venue.state.venue[0]["orders"])
    if order is not None and order > last:
        raise Mistake(f"order {order}: there is none; the orders of the day so far are 1 to {last}")


def write_lines(fitting: Iterable[Told], commands: int, readable: Readable) -> int:
    """Print a line for each command; return how many."""
    shown, width = 0, len(str(commands))
    for row, reports in fitting:
        shown += 1
        at = f"{row['sequence']:>{width}}  {moment_of_day(int(row['time']))}"
        what = f"{kind_of(row)} {readable.fields(row)}".rstrip()
        who = readable.sender(int(row["session"]))
        print(f"{at}  {who}: {what} -> {readable.outcome(reports)}")
    return shown


def write_csv(fitting: Iterable[Told], readable: Readable) -> int:
    """Print a CSV line for each command, blank where its kind has no such field."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    shown = 0
    for row, reports in fitting:
        shown += 1
        own = fields_of(row)
        symbol = readable.symbol(own["instrument"]) if "instrument" in own else ""
        writer.writerow(
            [
                *(own[name] for name in HEAD_NAMES),
                symbol,
                *(cell(own.get(name, "")) for name in OWN_FIELDS),
                *answer(reports),
                len(reports),
                readable.outcome(reports),
            ]
        )
    return shown


def cell(value: object) -> object:
    """Return a field as CSV has it."""
    return letters(value) if isinstance(value, bytes) else value


def answer(reports: np.ndarray) -> tuple[object, str]:
    """Return the number that an order was given and why it was refused, blank where it was not."""
    accepted = reports["order_number"][reports["kind"] == ReportKind.ACCEPTED].tolist()
    rejected = reports["reason"][reports["kind"] == ReportKind.REJECTED].tolist()
    return (accepted or [""])[0], Reject(rejected[0]).name if rejected else ""

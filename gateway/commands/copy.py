"""Print the reports to one's branch, or to everyone, with their numbers: a drop copy."""

import argparse
from collections.abc import Iterator

import numpy as np

from gateway.commands import door
from gateway.commands.arguments import count
from gateway.readable import sentence
from protocol.calendar import moment_of_day
from protocol.client import BlockingClient
from protocol.messages import ReportBatch
from protocol.terminal import rows_of
from protocol.translate import Translator
from protocol.vocabulary import EVERYONE, Copies, ReportKind


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--everyone", action="store_true", help="those to all branches")
    parser.add_argument(
        "--from", type=count, dest="first", default=1, metavar="NUMBER", help="the first wanted"
    )
    parser.add_argument("--follow", action="store_true", help="go on until the day has ended")
    door.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print a line for each report that there is, and for new ones where that is asked for."""
    copies = Copies.EVERYONE if arguments.everyone else Copies.BRANCH
    with door.log_in(arguments, copies=copies, next_report=arguments.first) as client:
        translator = Translator(client.session.instruments)
        for number, row in copied(client, arguments.first, arguments.follow):
            told = sentence(translator.to_message(row, number))
            print(f"{number}  {moment_of_day(int(row['time']))}  {hearer(row)}: {told}", flush=True)
    return 0


def copied(client: BlockingClient, first: int, follows: bool) -> Iterator[tuple[int, np.void]]:
    """Yield number and row of the reports from the first up to the last that there was at the
    login; whoever follows hears them up to the end of the day."""
    next_report = first
    while follows or next_report < client.session.next_report:
        try:
            batch = client.receive()
        except TimeoutError:
            if follows:
                continue
            raise
        assert isinstance(batch, ReportBatch)
        for row in rows_of(batch):
            yield next_report, row
            next_report += 1
            follows = follows and row["kind"] != ReportKind.DAY_ENDED


def hearer(row: np.void) -> str:
    """Return whom a report is for."""
    return "everyone" if row["session"] == EVERYONE else f"session {row['session']}"

"""Play a recorded stock-day and compare every trade with the exchange's own."""

import argparse
import asyncio
import csv
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import uvloop

from bench.child import OPERATOR, PASSWORD, ChildGateway, write_config
from bench.comparison import compare, summary
from bench.events import read_events, read_trades
from bench.recording import TERMINALS, Recording
from engine.daybook import replay
from engine.instruments import Instrument
from engine.venue import Venue, warm_up
from gateway.commands.arguments import yuan
from gateway.config import load_config
from gateway.opening import Opening
from protocol.calendar import midnight
from protocol.client import Client
from protocol.messages import ReportBatch
from protocol.records import join
from protocol.terminal import rows_of
from protocol.units import format_units
from protocol.vocabulary import CommandKind, Phase, ReportKind

UNDATED = 19901219


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("events", type=Path, metavar="EVENTS.csv[.gz]")
    parser.add_argument("--expect", type=Path, metavar="TRADES.csv[.gz]")
    parser.add_argument("--format", choices=["sse", "lobster"], default="sse")
    parser.add_argument("--through-gateway", action="store_true", help="send the events over TCP")
    parser.add_argument(
        "--previous-close",
        type=yuan,
        default=0,
        help="yuan; the middle of the prices if left out",
    )


def run(arguments: argparse.Namespace) -> int:
    """Play the events; return 0 only if all trades are the expected ones and none is left over."""
    events = read_events(arguments.events, arguments.format)
    name = arguments.events.name.split(".")[0]
    recording = Recording(events, name, arguments.previous_close)
    expected = recording.executions
    if arguments.expect is not None:
        expected = read_trades(arguments.expect)
    dated = re.search(r"(?:19|20)\d{6}", name)
    warm_up(print)
    with tempfile.TemporaryDirectory(prefix="cuohe-replay-") as folder:
        config = write_config(
            Path(folder),
            business_date=int(dated[0]) if dated else UNDATED,
            instruments=write_instruments(Path(folder), recording.instruments),
            branches=[1],
            terminals=[1] * TERMINALS,
            orders=len(recording.rows),
        )
        play = play_through_gateway if arguments.through_gateway else play_in_process
        first_sequence, reports = play(recording, config)
    for line in summary(recording, reports, first_sequence):
        print(line)
    trades = recording.trades(reports, first_sequence)
    if arguments.expect is None and arguments.format == "sse":
        print(f"{len(trades)} trades")
        return 0
    return compare(trades, expected)


def write_instruments(folder: Path, instruments: Sequence[Instrument]) -> Path:
    path = folder / "instruments.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Instrument._fields)
        for instrument in instruments:
            price = format_units(instrument.previous_close)
            writer.writerow(instrument._replace(previous_close=price))  # type: ignore[arg-type]
    return path


def play_in_process(recording: Recording, config_path: Path) -> tuple[int, np.ndarray]:
    """Apply the rows to a venue; return the first row's sequence and the REPORT rows."""
    config = load_config(config_path)
    opening = Opening(config, config.venue.business_date)
    commands = join([opening.commands(), recording.rows])
    commands["sequence"] = np.arange(1, len(commands) + 1)
    first = len(commands) - len(recording.rows)
    times = [event.time for event in recording.events]
    day = midnight(config.venue.business_date)
    commands["time"][first:] = [day + times[step.event] for step in recording.steps]
    venue = Venue(opening.limits)
    parts = [part.copy() for part in replay(venue, commands)]
    return first + 1, np.concatenate(parts)


def play_through_gateway(recording: Recording, config_path: Path) -> tuple[int, np.ndarray]:
    """Send the rows over TCP, in order; return the first row's sequence and the REPORT rows."""
    config = load_config(config_path)
    first = len(Opening(config, config.venue.business_date).commands()) + 1
    with ChildGateway(config_path) as gateway:
        return first, uvloop.run(send_in_turns(recording, gateway, first))


async def send_in_turns(recording: Recording, gateway: ChildGateway, first: int) -> np.ndarray:
    """Let each session send its run of rows when the run before has been answered.

    Nobody else sends any, so the rows get the sequences from `first` on, but for one that the
    venue itself takes to fix the closing price behind each POST_CLOSE.  The reports returned have
    the sequences that there would be without it.
    """
    users = [*(f"terminal{number}" for number in range(1, TERMINALS + 1)), OPERATOR]
    clients = [
        await Client.connect(gateway.host, gateway.port, user, PASSWORD, packed=True)
        for user in users
    ]
    parts: list[np.ndarray] = []
    rows = recording.rows
    closes = (rows["kind"] == CommandKind.CHANGE_PHASE) & (rows["phase"] == Phase.POST_CLOSE)
    sequences = first + np.arange(len(rows)) + np.cumsum(closes) - closes
    edges = np.flatnonzero(np.diff(rows["session"])) + 1
    for places in np.split(np.arange(len(rows)), edges):
        client = clients[rows["session"][places[0]] - 1]
        await client.send(rows[places[0] : places[-1] + 1])
        await answers(client, sequences[places[-1]], parts)
    await clients[-1].close_day()
    for client in clients:
        await day_end(client, parts)
        await client.close()
    reports = np.concatenate(parts)
    reports = reports[np.isin(reports["sequence"], sequences)]
    reports["sequence"] = first + np.searchsorted(sequences, reports["sequence"])
    return reports[np.argsort(reports["sequence"], kind="stable")]


async def answers(client: Client, sequence: int, parts: list[np.ndarray]) -> None:
    """Collect a client's reports until the first about the command of that sequence."""
    while (await more(client, parts))["sequence"][-1] < sequence:
        continue


async def day_end(client: Client, parts: list[np.ndarray]) -> None:
    """Collect a client's reports until the day's end."""
    while (await more(client, parts))["kind"][-1] != ReportKind.DAY_ENDED:
        continue


async def more(client: Client, parts: list[np.ndarray]) -> np.ndarray:
    """Collect a client's next batch of reports, and return it."""
    message = await asyncio.wait_for(client.receive(), 30)
    assert isinstance(message, ReportBatch)
    parts.append(rows_of(message))
    return parts[-1]

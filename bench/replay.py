"""Play a recorded stock-day and compare every trade with the exchange's own."""

import argparse
import asyncio
import csv
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import uvloop

from bench.child import OPERATOR, PASSWORD, ChildGateway, write_config
from bench.comparison import compare, summary
from bench.events import read_events, read_trades
from bench.means import conserved_in, write_accounts
from bench.recording import ACCOUNTS, BRANCH, TERMINALS, Recording
from engine.conservation import amiss_in
from engine.fees import fees_in_force, load_fee_rules
from engine.instruments import COLUMNS, Instrument
from engine.kernels import State
from engine.phases import day_command
from engine.storage.daybook import Daybook, replay
from engine.storage.segments import read_journal
from engine.venue import Venue, warm_up
from gateway.commands.arguments import count, yuan
from gateway.config import load_config
from gateway.opening import Opening
from protocol.calendar import midnight, to_date
from protocol.client import Client
from protocol.messages import ReportBatch
from protocol.records import join
from protocol.terminal import rows_of
from protocol.units import format_units
from protocol.vocabulary import CommandKind, Phase, ReportKind

UNDATED = 19901219
SUFFICIENT = 100


class Played(NamedTuple):
    """What playing gave: the sequence of the first row, the REPORT rows, the state at the end."""

    first_sequence: int
    reports: np.ndarray
    state: State


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("events", type=Path, metavar="EVENTS.csv[.gz]")
    parser.add_argument("--expect", type=Path, metavar="TRADES.csv[.gz]")
    parser.add_argument("--format", choices=["sse", "lobster"], default="sse")
    parser.add_argument("--through-gateway", action="store_true", help="send the events over TCP")
    parser.add_argument("--accounts", action="store_true", help="with synthetic accounts")
    parser.add_argument(
        "--means-percent",
        type=count,
        default=SUFFICIENT,
        help="how much of what all orders need the accounts have; 100 if left out",
    )
    parser.add_argument(
        "--previous-close",
        type=yuan,
        default=0,
        help="yuan; the middle of the prices if left out",
    )


def run(arguments: argparse.Namespace) -> int:
    """Play the events; return 0 only if all trades are the expected ones and none is left over.

    Where accounts cannot bear all orders, no trades are expected, but that nothing gets lost.
    """
    events = read_events(arguments.events, arguments.format)
    name = arguments.events.name.split(".")[0]
    recording = Recording(events, name, arguments.previous_close, turns=not arguments.accounts)
    expected = recording.executions
    if arguments.expect is not None:
        expected = read_trades(arguments.expect)
    warm_up(print)
    with tempfile.TemporaryDirectory(prefix="cuohe-replay-") as folder:
        config = configured(Path(folder), recording, name, arguments)
        play = play_through_gateway if arguments.through_gateway else play_in_process
        first_sequence, reports, state = play(recording, config)
    for line in summary(recording, reports, first_sequence):
        print(line)
    if arguments.accounts:
        amiss = amiss_in(state)
        print(*(amiss or [conserved_in(state)]), sep="\n")
        if amiss:
            return 1
    is_borne = not arguments.accounts or arguments.means_percent >= SUFFICIENT
    if not is_borne or (arguments.expect is None and arguments.format == "sse"):
        print(f"{np.count_nonzero(reports['kind'] == ReportKind.TRADED) // 2} trades")
        return 0
    return compare(recording.trades(reports, first_sequence), expected)


def configured(
    folder: Path, recording: Recording, name: str, arguments: argparse.Namespace
) -> Path:
    """Write a configuration in which the recording can be played; return its path."""
    dated = re.search(r"(?:19|20)\d{6}", name)
    business_date = int(dated[0]) if dated else UNDATED
    instruments = recording.instruments
    accounts = None
    if arguments.accounts:
        symbols = [instrument.symbol for instrument in instruments]
        accounts = folder / "accounts"
        orders = recording.rows[recording.rows["kind"] == CommandKind.ENTER_ORDER]
        numbers, percent = np.array(ACCOUNTS), arguments.means_percent
        write_accounts(accounts, orders, orders["price"], symbols, numbers, percent)
        instruments = [with_fees(instrument, business_date) for instrument in instruments]
    return write_config(
        folder,
        business_date=business_date,
        instruments=write_instruments(folder, instruments),
        branches=[BRANCH],
        terminals=[BRANCH] * TERMINALS,
        orders=len(recording.rows),
        accounts=accounts,
    )


def with_fees(instrument: Instrument, business_date: int) -> Instrument:
    """Return an instrument with the fees of shares of its market, where they are known."""
    fees = f"{instrument.market.name}_A"
    is_known = fees_in_force(load_fee_rules(), fees, to_date(business_date)) is not None
    return instrument._replace(fees=fees) if is_known else instrument


def write_instruments(folder: Path, instruments: Sequence[Instrument]) -> Path:
    path = folder / "instruments.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, "fees"])
        for instrument in instruments:
            price = format_units(instrument.previous_close)
            writer.writerow([*instrument[:3], price, instrument.fees])
    return path


def play_in_process(recording: Recording, config_path: Path) -> Played:
    """Apply the rows to a venue and close its day."""
    config = load_config(config_path)
    opening = Opening(config, config.venue.business_date)
    commands = join([opening.commands(), recording.rows, day_command(CommandKind.CLOSE_DAY)])
    commands["sequence"] = np.arange(1, len(commands) + 1)
    first = len(opening)
    times = [event.time for event in recording.events]
    day = midnight(config.venue.business_date)
    commands["time"][first:-1] = [day + times[step.event] for step in recording.steps]
    commands["time"][-1] = commands["time"][-2]
    venue = Venue(opening.limits)
    parts = [part.copy() for part in replay(venue, commands)]
    return Played(first + 1, np.concatenate(parts), venue.state)


def play_through_gateway(recording: Recording, config_path: Path) -> Played:
    """Send the rows over TCP, in order; the journal that they leave gives the state."""
    config = load_config(config_path)
    opening = Opening(config, config.venue.business_date)
    first = len(opening) + 1
    with ChildGateway(config_path) as gateway:
        reports = uvloop.run(send_in_turns(recording, gateway, first))
    folder = Path(config.venue.data) / str(config.venue.business_date)
    venue = Venue(opening.limits)
    for _ in replay(venue, read_journal(Daybook(folder).journal)):
        pass
    return Played(first, reports, venue.state)


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

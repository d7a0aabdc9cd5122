"""Play a whole trading day, close it, import its clearing files, and show what came of it.

The customers' accounts have what their orders need; but for some, which have less, so that some
orders are refused.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import uvloop

from bench.child import OPERATOR, PASSWORD, ChildGateway, accounts_of, write_config
from bench.dice import Dice
from bench.evening import with_evening
from bench.means import write_accounts
from bench.numbers import Numbers
from bench.player import WAITING_SECONDS, Player
from bench.summary import tell
from bench.workload import Flow, workload
from engine.clearing.close import clear
from engine.clearing.prices import fix_closes
from engine.clearing.succession import previous_manifest
from engine.instruments import Instrument, load_listings
from engine.kernels import State
from engine.listings import listed
from engine.phases import Step, day_command, day_steps
from engine.sequencer import Sequencer
from engine.storage.daybook import Daybook
from engine.storage.journal import Journal, Mode, Told
from engine.storage.segments import read_journal
from engine.venue import Venue, warm_up
from gateway.commands.arguments import count, factor, seed
from gateway.config import DEFAULTS, load_config
from gateway.opening import Opening
from gateway.replayed import replayed
from protocol.calendar import midnight, to_date
from protocol.client import Client
from protocol.messages import Message, PhaseChanged
from protocol.mistake import Mistake
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind, Phase, Reject

BUSINESS_DATE = 20261120
INSTRUMENTS = DEFAULTS / "instruments.csv"
BRANCHES = (1, 2, 3, 4)
SPEED = 1_200.0
BATCH_ROWS = 256

FIXED_ORDERS = 50
"""One order at the closing price comes to so many others."""

SHORT = 100
SHORT_PERCENT = 40
"""Out of 1,000 accounts so many have so much of what their orders need; the others have all."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--seed", type=seed, default=1, help="of the order flow (default 1)")
    parser.add_argument("--terminals", type=count, default=8, help="sessions (default 8)")
    parser.add_argument("--orders", type=count, default=40_000, help="default 40000")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the day there")
    parser.add_argument("--speed", type=factor, default=SPEED, help=f"default {SPEED:.0f}")
    parser.add_argument(
        "--in-process", action="store_true", help="no sockets: the same bytes again"
    )


def run(arguments: argparse.Namespace) -> int:
    """Play the day; return 0 only if every total of it ties."""
    if arguments.data is not None:
        arguments.data.mkdir(parents=True, exist_ok=True)
        return play(arguments, arguments.data)
    with tempfile.TemporaryDirectory(prefix="cuohe-day-") as folder:
        return play(arguments, Path(folder))


def play(arguments: argparse.Namespace, folder: Path) -> int:
    """Play the day with its files under `folder`; return 0 only if every total ties."""
    daybook = Daybook(folder / str(BUSINESS_DATE))
    if daybook.journal.exists():
        raise Mistake(f"{daybook.folder} holds a day already; name another --data or remove it")
    warm_up(print)
    began = time.monotonic()
    terminals = [BRANCHES[n % len(BRANCHES)] for n in range(arguments.terminals)]
    instruments, commands = load_listings(INSTRUMENTS, to_date(BUSINESS_DATE))
    listings = listed(commands)
    flow = flow_of(arguments, listings, terminals)
    config_path = write_config(
        folder,
        business_date=BUSINESS_DATE,
        instruments=INSTRUMENTS,
        branches=BRANCHES,
        terminals=terminals,
        speed=arguments.speed,
        orders=int((flow.rows["kind"] == CommandKind.ENTER_ORDER).sum()),
        accounts=write_means(folder / "accounts", flow, listings, instruments, arguments.seed),
    )
    opening = Opening(load_config(config_path), BUSINESS_DATE)
    print(
        f"{len(flow.rows)} requests of seed {arguments.seed} for {len(opening.symbols)} "
        f"instruments, from {arguments.terminals} terminals"
    )
    if arguments.in_process:
        state = play_in_process(flow, opening, daybook)
        received = None
    else:
        with ChildGateway(config_path) as gateway:
            print(f"the gateway listens on {gateway.host}:{gateway.port}")
            steps = day_steps(opening.schedules)
            received = uvloop.run(play_over_tcp(flow, steps, gateway, arguments))
            wait_for(daybook.clearing / "manifest.json")
        state = replayed(daybook).venue.state
    ties = tell(daybook, opening, state, received)
    print(f"{time.monotonic() - began:.1f} seconds")
    return 0 if ties else 1


def flow_of(arguments: argparse.Namespace, listings: np.ndarray, branches: Sequence[int]) -> Flow:
    """Return the requests of the day and of its evening; `branches` are those of the terminals."""
    orders, seed = arguments.orders, arguments.seed
    accounts = np.array([(accounts_of(one)[0], accounts_of(one)[-1]) for one in branches])
    flow = workload(listings, len(branches), orders, seed, accounts)
    return with_evening(flow, listings, accounts, orders // FIXED_ORDERS, seed)


def write_means(
    folder: Path,
    flow: Flow,
    listings: np.ndarray,
    instruments: Sequence[Instrument],
    seed: int,
) -> Path:
    """Write the files of all accounts; an order without a price needs the worst that there is."""
    is_order = (flow.rows["kind"] == CommandKind.ENTER_ORDER) & (flow.reasons == Reject.NOTHING)
    orders = flow.rows.take(np.flatnonzero(is_order))
    worst = listings["upper_limit"][orders["instrument"]]
    prices = np.where(orders["price"] > 0, orders["price"], worst)
    symbols = [instrument.symbol for instrument in instruments]
    numbers = np.concatenate([accounts_of(branch) for branch in BRANCHES])
    percent = np.where(Dice(seed).happens(SHORT, len(numbers)), SHORT_PERCENT, 100)
    return write_accounts(folder, orders, prices, symbols, numbers, percent)


def play_in_process(flow: Flow, opening: Opening, daybook: Daybook) -> State:
    """Play without sockets: the flow's own times, in batches of one phase at most."""
    daybook.folder.mkdir(parents=True)
    now = midnight(BUSINESS_DATE)
    sequencer = Sequencer(lambda: now)
    journal = Journal(daybook.journal, BUSINESS_DATE, Mode.BUFFERED)
    journal.begin()
    journal.told = Told()
    venue = Venue(opening.limits)
    numbers = Numbers(flow)
    with daybook.reports.open("wb", buffering=0) as file:
        for commands in batches(flow, opening, numbers, daybook.read_reports):
            now = midnight(BUSINESS_DATE) + int(commands["time"][0])
            sequencer.stamp(commands)
            journal.append(commands)
            for reports in venue.applied(commands):
                numbers.learn(reports)
                journal.tell([reports])
                file.write(reports.tobytes())
    journal.close()
    print(f"state digest {venue.digest()}")
    previous = previous_manifest(daybook.folder)
    commands, reports = read_journal(daybook.journal), daybook.read_reports()
    clear(commands, reports, daybook.clearing, previous=previous, state=venue.state)
    return venue.state


def batches(
    flow: Flow, opening: Opening, numbers: Numbers, told: Callable[[], np.ndarray]
) -> Iterator[np.ndarray]:
    """Yield the commands of the day in order, their time in ns since midnight.

    Before the next batch is asked for, `numbers` must have learnt from the last one, and its
    reports be among those that are `told`.
    """
    yield opening.commands()
    listings = listed(opening.listings)
    admitting, parts = {phase for phase, _ in flow.phases}, iter(flow.phases)
    for second, phase, schedules in day_steps(opening.schedules):
        yield at(second, day_command(CommandKind.CHANGE_PHASE, phase, schedules))
        if phase is Phase.POST_CLOSE:
            yield at(second, fix_closes(listings, told(), np.arange(len(listings))))
        if phase in admitting:
            _, part = next(parts)
            for places in cut(flow.targets, part):
                yield numbers.rows(places)
    yield at(second + 1, day_command(CommandKind.CLOSE_DAY))


def cut(targets: np.ndarray, part: slice) -> Iterator[np.ndarray]:
    """Yield the places of rows that are applied together: no cancel with its own order."""
    start = part.start
    for end in range(part.start + 1, part.stop + 1):
        if end == part.stop or end - start == BATCH_ROWS or targets[end] >= start:
            yield np.arange(start, end)
            start = end


def at(second: int, commands: np.ndarray) -> np.ndarray:
    """Return commands with their time, so many seconds after midnight."""
    commands["time"] = second * NANOSECONDS
    return commands


async def play_over_tcp(
    flow: Flow, steps: Sequence[Step], gateway: ChildGateway, arguments: argparse.Namespace
) -> dict[int, int]:
    """Play through the gateway; return how many reports each session received."""
    players = []
    numbers = Numbers(flow)
    for number in range(1, arguments.terminals + 1):
        client = await Client.connect(
            gateway.host, gateway.port, f"terminal{number}", PASSWORD, packed=True
        )
        players.append(Player(client, numbers, number, arguments.speed))
    operator = await Client.connect(gateway.host, gateway.port, OPERATOR, PASSWORD)
    admitting, parts = {phase for phase, _ in flow.phases}, iter(flow.phases)
    for second, phase, schedules in steps:
        await operator.change_phase(phase, schedules=schedules)
        await until_begun(operator, phase)
        if phase in admitting:
            _, part = next(parts)
            await asyncio.gather(*(player.play(part, second) for player in players))
            print(f"{phase.name}: {part.stop} of {len(flow.rows)} requests", flush=True)
        else:
            print(phase.name, flush=True)
    await operator.close_day()
    received = {}
    for player in players:
        await player.until_day_end()
        received[player.number] = player.client.terminal.next_report - 1
        await player.client.close()
    await operator.close()
    return received


async def until_begun(operator: Client, phase: Phase) -> None:
    """Receive until the phase has begun."""
    message: Message | None = None
    while not (isinstance(message, PhaseChanged) and message.phase == phase):
        message = await asyncio.wait_for(operator.receive(), WAITING_SECONDS)


def wait_for(path: Path) -> None:
    """Wait until a file that another process publishes is there; raises Mistake if it never is."""
    deadline = time.monotonic() + WAITING_SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise Mistake(f"{path} has not appeared; see gateway.log beside the configuration")
        time.sleep(0.02)

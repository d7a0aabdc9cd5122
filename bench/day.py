"""Play a whole trading day, close it, import its clearing files, and show what came of it."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import uvloop

from bench.child import OPERATOR, PASSWORD, ChildGateway, write_config
from bench.numbers import Numbers
from bench.player import WAITING_SECONDS, Player
from bench.summary import tell
from bench.workload import Flow, workload
from engine.clearing.close import clear
from engine.daybook import Daybook
from engine.journal import Journal, Mode, read_journal
from engine.listings import listed
from engine.phases import RULES, TIMETABLE, day_command
from engine.sequencer import Sequencer
from engine.venue import Venue, warm_up
from gateway.commands.arguments import count, factor, seed
from gateway.config import DEFAULTS, load_config
from gateway.opening import Opening
from protocol.calendar import midnight
from protocol.client import Client
from protocol.messages import Message, PhaseChanged
from protocol.mistake import Mistake
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind, Phase

ADMITTING = {rule.phase for rule in RULES if rule.takes_orders}

BUSINESS_DATE = 20261120
BRANCHES = (1, 2, 3, 4)
SPEED = 1_200.0
BATCH_ROWS = 256


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
    config_path = write_config(
        folder,
        business_date=BUSINESS_DATE,
        instruments=DEFAULTS / "instruments.csv",
        branches=BRANCHES,
        terminals=[BRANCHES[n % len(BRANCHES)] for n in range(arguments.terminals)],
        speed=arguments.speed,
        orders=arguments.orders,
    )
    config = load_config(config_path)
    opening = Opening(config, BUSINESS_DATE)
    accounts = [
        (branch.account_first, branch.account_last)
        for branch in map(config.branch_of, config.users[: arguments.terminals])
    ]
    flow = workload(
        listed(opening.listings),
        arguments.terminals,
        arguments.orders,
        arguments.seed,
        np.array(accounts),
    )
    print(
        f"{len(flow.rows)} requests of seed {arguments.seed} for {len(opening.symbols)} "
        f"instruments, from {arguments.terminals} terminals"
    )
    if arguments.in_process:
        play_in_process(flow, opening, daybook)
        received = None
    else:
        with ChildGateway(config_path) as gateway:
            print(f"the gateway listens on {gateway.host}:{gateway.port}")
            received = uvloop.run(play_over_tcp(flow, gateway, arguments))
            wait_for(daybook.clearing / "manifest.json")
    ties = tell(daybook, opening, received)
    print(f"{time.monotonic() - began:.1f} seconds")
    return 0 if ties else 1


def play_in_process(flow: Flow, opening: Opening, daybook: Daybook) -> None:
    """Play without sockets: the flow's own times, in batches of one phase at most."""
    daybook.folder.mkdir(parents=True)
    now = midnight(BUSINESS_DATE)
    sequencer = Sequencer(lambda: now)
    journal = Journal(daybook.journal, BUSINESS_DATE, Mode.BUFFERED)
    venue = Venue(opening.limits)
    numbers = Numbers(flow)
    with daybook.reports.open("wb") as file:
        for commands in batches(flow, opening, numbers):
            now = midnight(BUSINESS_DATE) + int(commands["time"][0])
            sequencer.stamp(commands)
            journal.append(commands)
            for reports in venue.applied(commands):
                numbers.learn(reports)
                file.write(reports.tobytes())
    journal.close()
    print(f"state digest {venue.digest()}")
    clear(read_journal(daybook.journal), daybook.read_reports(), daybook.clearing)


def batches(flow: Flow, opening: Opening, numbers: Numbers) -> Iterator[np.ndarray]:
    """Yield the commands of the day in order, their time in ns since midnight.

    `numbers` must have learnt from each batch before the next one is asked for.
    """
    yield opening.commands()
    parts = iter(flow.phases)
    for begin in TIMETABLE:
        yield at(begin.second, day_command(CommandKind.CHANGE_PHASE, begin.phase))
        if begin.phase in ADMITTING:
            phase, part = next(parts)
            assert phase == begin.phase
            for places in cut(flow.targets, part):
                yield numbers.rows(places)
    yield at(TIMETABLE[-1].second + 1, day_command(CommandKind.CLOSE_DAY))


def cut(targets: np.ndarray, part: slice) -> Iterator[np.ndarray]:
    """Yield the places of rows that are applied together: no cancel with its own order."""
    start = part.start
    for end in range(part.start + 1, part.stop + 1):
        if end == part.stop or end - start == BATCH_ROWS or targets[end] >= start:
            yield np.arange(start, end)
            start = end


def at(second: int, command: np.ndarray) -> np.ndarray:
    """Return a command with its time, so many seconds after midnight."""
    command["time"] = second * NANOSECONDS
    return command


async def play_over_tcp(
    flow: Flow, gateway: ChildGateway, arguments: argparse.Namespace
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
    parts = iter(flow.phases)
    for begin in TIMETABLE:
        await operator.change_phase(begin.phase)
        await until_begun(operator, begin.phase)
        if begin.phase in ADMITTING:
            _, part = next(parts)
            await asyncio.gather(*(player.play(part, begin.second) for player in players))
            print(f"{begin.phase.name}: {part.stop} of {len(flow.rows)} requests", flush=True)
        else:
            print(begin.phase.name, flush=True)
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

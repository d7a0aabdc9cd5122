"""Send orders at a venue at a given pace, check every answer, and tell how long each took.

Orders are sent when they are due, whatever comes back, and their latency counts from then.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import uvloop

from bench.load.course import Course
from bench.load.hdr import check_hdr, write_hdr
from bench.load.intervals import Intervals
from bench.load.outcome import Outcome, outcome_of
from bench.load.phases import begin_first, begin_others
from bench.load.plot import check_plot, draw
from bench.load.progress import tell_progress
from bench.load.shape import Burst, Ramp
from bench.load.table import lines_of, title_of
from bench.load.users import Login, logins_of
from bench.load.work import work_of
from gateway.cli import told
from gateway.commands.arguments import address, count, factor, percent, ramp, seconds, seed
from gateway.config import DEFAULTS
from protocol.client import Client
from protocol.mistake import Mistake

BATCH_MAX = 16_000
FAILED = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("venue", type=address, metavar="HOST:PORT")
    parser.add_argument(
        "--users",
        nargs="+",
        required=True,
        metavar="USER",
        help="names, patterns like terminal{1..64}, or @FILE with a line for each",
    )
    shapes = parser.add_mutually_exclusive_group(required=True)
    shapes.add_argument("--rate", type=factor, metavar="N", help="requests a second")
    shapes.add_argument("--ramp", type=ramp, metavar="FROM:TO", help="requests a second, rising")
    shapes.add_argument("--burst", type=count, metavar="N", help="requests, all at one instant")
    shapes.add_argument("--replay", type=Path, metavar="EVENTS.csv[.gz]", help="a recorded day")
    parser.add_argument("--seconds", type=seconds, default=10.0, help="of a rate or ramp: 10")
    parser.add_argument("--speed", type=factor, default=1.0, help="of a replay: 1")
    parser.add_argument("--format", choices=["sse", "lobster"], default="sse", help="of a replay")
    parser.add_argument(
        "--batch", type=count, default=1, help="requests in a frame; 1 for readable messages"
    )
    parser.add_argument("--cancels", type=percent, default=20, help="percent of requests: 20")
    parser.add_argument("--seed", type=seed, default=1, help="of the order flow: 1")
    parser.add_argument("--instruments", type=Path, default=DEFAULTS / "instruments.csv")
    parser.add_argument("--operator", metavar="USER", help="who begins the phase, if it must be")
    parser.add_argument("--patience", type=seconds, default=10.0, help="seconds without an answer")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--hdr", type=Path, metavar="FILE", help="write an HdrHistogram log there")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw a picture there")


def run(arguments: argparse.Namespace) -> int:
    """Run the load; return 0 where every request has its answer, 1 where not, 2 where it failed."""
    try:
        check(arguments)
        logins = logins_of(arguments.users)
        operator = logins_of([arguments.operator])[0] if arguments.operator else None
        outcome = uvloop.run(play(arguments, logins, operator))
    except (Mistake, OSError, MemoryError) as error:
        print(f"cuohe load: {told(error)}", file=sys.stderr)
        return FAILED
    return outcome.status


def check(arguments: argparse.Namespace) -> None:
    """Raise Mistake where the arguments ask for what there is not."""
    if arguments.batch > BATCH_MAX:
        raise Mistake(f"--batch {arguments.batch}: a frame holds at most {BATCH_MAX} requests")
    if arguments.rate:
        arguments.ramp = (arguments.rate, arguments.rate)
    if arguments.ramp:
        arguments.shape = Ramp(*arguments.ramp, arguments.seconds)
    if arguments.burst:
        arguments.shape = Burst(arguments.burst)
    if arguments.hdr:
        check_hdr()
    if arguments.plot:
        check_plot()


async def play(
    arguments: argparse.Namespace, logins: list[Login], operator: Login | None
) -> Outcome:
    """Run the load from the logins to the last page."""
    course = Course(*arguments.venue)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(course.log_out)
        sessions = await course.log_in(logins)
        in_background(stack, course.beat(min(one.heartbeat_seconds for one in sessions)))
        work = work_of(arguments, sessions)
        ledger = work.ledger()
        intervals = Intervals(ledger)
        course.hand_out(work.reels)
        if operator is not None:
            conductor = await stack.enter_async_context(await connect(arguments.venue, operator))
            await begin_first(conductor, work.phases)
            in_background(stack, begin_others(conductor, work.phases, course.clock))
        print(f"{ledger.requests.sum():,} requests from {len(sessions)} sessions", flush=True)
        in_background(stack, tell_progress(course, intervals, partial(print, flush=True)))
        began = time.time()
        await course.run(ledger, arguments.patience)
    intervals.cut(course.clock())
    outcome = outcome_of(course, ledger)
    print(*lines_of(outcome), sep="\n")
    write_files(arguments, outcome, intervals, began)
    return outcome


def in_background(stack: AsyncExitStack, coroutine: Coroutine[None, None, None]) -> None:
    """Run a coroutine until the stack is left."""
    stack.callback(asyncio.create_task(coroutine).cancel)


async def connect(venue: tuple[str, int], login: Login) -> Client:
    """Log in as the operator; raises Mistake."""
    try:
        return await Client.connect(*venue, login.user, login.password, next_report=0)
    except Mistake as mistake:
        raise Mistake(f"{login.user}: {mistake}") from None


def write_files(
    arguments: argparse.Namespace, outcome: Outcome, intervals: Intervals, began: float
) -> None:
    """Write the files that the arguments name; `began` is the start in seconds since 1970."""
    if arguments.json:
        text = json.dumps(outcome.as_json(), indent=1)
        arguments.json.write_text(f"{text}\n", encoding="utf-8")
    if arguments.hdr:
        write_hdr(arguments.hdr, began, intervals.all)
    if arguments.plot:
        draw(arguments.plot, intervals.ledger, title_of(outcome))

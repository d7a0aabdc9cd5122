"""The terminals of docs/examples, which use nothing of the venue's own code, trade at a real one.

One is in Python, with the package msgpack, and one in Ruby; both print the same for the same input,
over a line that holds and over one that is cut again and again.
"""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from bench.child import OPERATOR, PASSWORD, ChildGateway
from protocol.client import BlockingClient
from protocol.vocabulary import Phase
from tests.chaos.proxy import End, Fate, Proxy
from tests.gateway.conftest import configure

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
LINES_MAX = 150
SECONDS = 120

MORE = 40
"""Orders that are entered and canceled at the end."""

INPUT = [
    "enter 1001 600519.SH buy 100 1450.00",
    "enter 1002 600519.SH sell 300 1450.00",
    "cancel 2",
    "cancel 1",
    "enter 1001 600519.SH buy 100 1450.005",
    "enter 2001 600519.SH buy 100 1450.00",
    *(
        line
        for number in range(MORE)
        for line in (
            f"enter 1001 000001.SZ buy {100 + 100 * number} 11.80",
            f"cancel {7 + 2 * number}",
        )
    ),
]

OUTPUT = [
    "1 PHASE_CHANGED 4  0",
    "2 ACCEPTED 1 1 1001 600519.SH 0 14500000 100",
    "3 ACCEPTED 2 2 1002 600519.SH 1 14500000 300",
    "4 TRADED 2 2 1 1002 600519.SH 1 14500000 100 200 1",
    "5 TRADED 1 1 1 1001 600519.SH 0 14500000 100 0 2",
    "6 CANCELED 2 3 2 1002 600519.SH 1 200 0 1",
    "7 REJECTED 4 47 0 0",
    "8 REJECTED 5 26 0 0",
    "9 REJECTED 6 9 0 0",
    *(
        line
        for number in range(MORE)
        for line in (
            f"{10 + 2 * number} ACCEPTED {7 + 2 * number} {3 + number} 1001 000001.SZ 0 118000 "
            f"{100 + 100 * number}",
            f"{11 + 2 * number} CANCELED {7 + 2 * number} {8 + 2 * number} {3 + number} 1001 "
            f"000001.SZ 0 {100 + 100 * number} 0 1",
        )
    ),
]


def has_ruby() -> bool:
    """Say whether there is a Ruby that knows MessagePack."""
    return (
        shutil.which("ruby") is not None
        and not subprocess.run(["ruby", "-e", "require 'msgpack'"], capture_output=True).returncode
    )


needs_ruby = pytest.mark.skipif(not has_ruby(), reason="there is no ruby with its msgpack here")

a_terminal = pytest.mark.parametrize(
    "program",
    [
        pytest.param([sys.executable, str(EXAMPLES / "terminal.py")], id="python"),
        pytest.param(["ruby", str(EXAMPLES / "terminal.rb")], id="ruby", marks=needs_ruby),
    ],
)


def soon_cut(random: Random) -> Fate:
    """Draw the fate of a connection that is cut behind a login and some requests."""
    end = random.choice((End.RESET, End.CLOSED, End.HALF_CLOSED))
    return Fate(random.randrange(1_200), end, random.choice((0, 1, 5)), 0.0)


async def play(program: Sequence[str], port: int) -> str:
    """Run a terminal with its input; return what it prints."""
    process = await asyncio.create_subprocess_exec(
        *program,
        *("127.0.0.1", str(port), "terminal1"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        text = "".join(f"{line}\n" for line in [PASSWORD, *INPUT])
        told, complaint = await asyncio.wait_for(process.communicate(text.encode()), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, complaint) == (0, b"")
    return told.decode()


@pytest.fixture
def gateway(tmp_path):
    with ChildGateway(configure(tmp_path)) as gateway:
        with BlockingClient(gateway.host, gateway.port, OPERATOR, PASSWORD) as operator:
            operator.change_phase(Phase.CONTINUOUS)
            operator.receive()
        yield gateway


@a_terminal
def test_a_terminal_trades_and_prints_its_reports(gateway, program):
    told = asyncio.run(play(program, gateway.port))
    assert told.splitlines() == OUTPUT


@a_terminal
def test_a_terminal_whose_line_is_cut_prints_the_same(gateway, program):
    proxy = Proxy(gateway.port, seed=1, draw=soon_cut)

    async def play_through_cuts() -> str:
        async with proxy:
            return await play(program, proxy.port)

    assert asyncio.run(play_through_cuts()).splitlines() == OUTPUT
    assert len(proxy.ends) > 5


@pytest.mark.parametrize("name", ["terminal.py", "terminal.rb"])
def test_a_terminal_is_short(name):
    assert len((EXAMPLES / name).read_text("utf-8").splitlines()) <= LINES_MAX


def test_the_terminals_know_nothing_of_the_venue_but_the_document():
    text = (EXAMPLES / "terminal.py").read_text("utf-8")
    named = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert named - sys.stdlib_module_names == {"msgpack"}

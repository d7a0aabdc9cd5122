"""The kill switch under full load: from its report on, no order comes in, and none stays open."""

import asyncio

import numpy as np
import pytest

from bench.child import OPERATOR, ChildGateway
from bench.loads import make_loads
from engine.instruments import load_listings
from engine.listings import listed
from gateway.config import DEFAULTS
from protocol.calendar import to_date
from protocol.records import REPORT
from protocol.vocabulary import Phase, Reject, ReportKind
from tests.gateway.conftest import BUSINESS_DATE, configure, daybook_of
from tests.reliability.crowd import Crowd, Guest, among

SESSIONS = 8
ORDERS = 160_000
BATCH = 500
BEFORE = 0.2
"""What part of all orders is answered when the switch is thrown."""


@pytest.fixture
def gateway(tmp_path):
    with ChildGateway(configure(tmp_path, terminals=[1] * SESSIONS, orders=ORDERS)) as gateway:
        yield gateway


def pieces_of_sessions() -> list[list[bytes]]:
    """Return what each session sends."""
    instruments, commands = load_listings(DEFAULTS / "instruments.csv", to_date(BUSINESS_DATE))
    symbols = [instrument.symbol for instrument in instruments]
    return [load.pieces for load in make_loads(listed(commands), symbols, SESSIONS, ORDERS, BATCH)]


class Tally:
    """How many orders of all sessions have been answered, and when these are enough."""

    def __init__(self) -> None:
        self.answers = 0
        self.is_under_way = asyncio.Event()

    def take(self, rows: bytes) -> None:
        kinds = np.frombuffer(rows, REPORT)["kind"]
        self.answers += int(np.isin(kinds, (ReportKind.ACCEPTED, ReportKind.REJECTED)).sum())
        if self.answers > BEFORE * ORDERS:
            self.is_under_way.set()


async def send_all(guest: Guest, pieces: list[bytes]) -> None:
    for piece in pieces:
        guest.writer.write(piece)
        await guest.writer.drain()
        await asyncio.sleep(0)


async def hear_all(guest: Guest, tally: Tally) -> None:
    while tally.answers < ORDERS:
        tally.take((await guest.receive()).rows)


def test_from_the_kill_switch_on_no_order_comes_in_and_none_stays_open(gateway):
    async def play(crowd: Crowd) -> None:
        operator, *traders = await crowd.come(1 + SESSIONS)
        await operator.log_in(OPERATOR, next_report=0)
        operator.writer.write(operator.terminal.change_phase(Phase.CONTINUOUS))
        for number, trader in enumerate(traders, 1):
            await trader.log_in(f"terminal{number}", next_report=0, packed=True)
        tally = Tally()
        sending = [
            asyncio.create_task(send_all(trader, pieces))
            for trader, pieces in zip(traders, pieces_of_sessions(), strict=True)
        ]
        hearing = [asyncio.create_task(hear_all(trader, tally)) for trader in traders]
        await tally.is_under_way.wait()
        operator.writer.write(operator.terminal.block_trading())
        await asyncio.gather(*sending)
        while tally.answers < ORDERS:
            await asyncio.sleep(0.01)
        for task in hearing:
            task.cancel()

    among(gateway, play)
    assert gateway.stop() == 0
    reports = daybook_of(gateway.config).read_reports()
    (switch,) = reports["sequence"][reports["kind"] == ReportKind.BLOCK_CHANGED].tolist()
    before, behind = reports[reports["sequence"] < switch], reports[reports["sequence"] > switch]
    assert set(behind["kind"].tolist()) == {ReportKind.REJECTED}
    assert set(behind["reason"].tolist()) == {Reject.TRADING_BLOCKED}
    taken_back = reports[reports["kind"] == ReportKind.CANCELED]
    assert set(taken_back["sequence"].tolist()) == {switch}
    assert set(taken_back["order_number"].tolist()) == open_orders(before) != set()


def open_orders(reports: np.ndarray) -> set[int]:
    """Return the numbers of the orders that are open behind these REPORT rows."""
    leaves = {}
    for report in reports[np.isin(reports["kind"], (ReportKind.ACCEPTED, ReportKind.TRADED))]:
        leaves[int(report["order_number"])] = int(report["leaves"])
    return {number for number, left in leaves.items() if left}

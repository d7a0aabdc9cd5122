"""The machine's clock jumps: the sequence decides, times never fall, and each phase begins once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
import uvloop

from bench.child import PASSWORD
from engine.storage.segments import read_journal
from gateway.clock import AcceleratedClock, OperatorClock
from gateway.config import load_config
from gateway.replayed import replayed
from gateway.server import Gateway
from protocol.calendar import DAY, midnight, seconds_in
from protocol.client import Client
from protocol.messages import Accepted, Refused, Rejected
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind, Phase, Side
from tests.gateway.conftest import BUSINESS_DATE, configure, daybook_of, edit
from tests.gateway.orders import MOUTAI, PRICE

HOUR = 3600 * NANOSECONDS
SECOND = NANOSECONDS
WAITING_SECONDS = 20

TO_CONTINUOUS = ["OPENING_CALL", "OPENING_CALL_LOCKED", "PRE_CONTINUOUS", "CONTINUOUS"]
FROM_BREAK = ["BREAK", "CONTINUOUS", "CLOSING_CALL", "POST_CLOSE", "FIXED_PRICE", "CLOSED"]

Life = Callable[[Client], Awaitable[None]]


class Machine:
    """The time of the machine, as a test sets it; stands for the module `time`."""

    monotonic_ns = staticmethod(time.monotonic_ns)

    def __init__(self) -> None:
        self.now = 0

    def time_ns(self) -> int:
        return self.now

    def show(self, clock: str, days: int = 0) -> None:
        """Show a time of the business day, or of so many days behind it."""
        self.now = midnight(BUSINESS_DATE) + seconds_in(clock) * SECOND + days * DAY


@pytest.fixture
def machine(monkeypatch) -> Machine:
    """The machine whose clock the venue looks at."""
    machine = Machine()
    monkeypatch.setattr("gateway.clock.time", machine)
    return machine


@pytest.fixture
def config(tmp_path) -> Path:
    """A day that follows the machine's clock."""
    config = configure(tmp_path)
    edit(config, 'kind = "operator"\nspeed = 100.0', 'kind = "shanghai"')
    return config


async def answer(client: Client) -> str:
    """Ask for an order; return what becomes of it."""
    asked = await client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    while True:
        heard = await asyncio.wait_for(client.receive(), WAITING_SECONDS)
        if isinstance(heard, Accepted) and heard.client_seq == asked:
            return "accepted"
        if isinstance(heard, Rejected) and heard.request_seq == asked:
            return heard.reason.name
        if isinstance(heard, Refused) and heard.client_seq == asked:
            return heard.reason.name


def live(config: Path, life: Life) -> None:
    """Start the venue, live through this as its client, stop it, and hold it to its journal."""

    async def run() -> None:
        port = await gateway.start()
        serving = asyncio.create_task(gateway.serve())
        try:
            async with await Client.connect("127.0.0.1", port, "terminal1", PASSWORD) as client:
                await life(client)
        finally:
            gateway.stopped.set()
            await serving

    gateway = Gateway(load_config(config))
    uvloop.run(run())
    assert not gateway.failure
    day, again = replayed(daybook_of(config)), replayed(daybook_of(config), batch_rows=1)
    assert day.venue.digest() == again.venue.digest() == gateway.venue.digest()
    assert daybook_of(config).read_reports().tobytes() == day.reports.tobytes()
    assert day.commands["sequence"].tolist() == list(range(1, len(day.commands) + 1))
    assert (np.diff(day.commands["time"]) >= 0).all()
    assert (np.diff(day.reports["time"]) >= 0).all()


def phases_of(config: Path) -> list[str]:
    """Return the phases that the venue has begun by itself."""
    commands = read_journal(daybook_of(config).journal)
    began = commands[(commands["session"] == 0) & (commands["kind"] == CommandKind.CHANGE_PHASE)]
    return [Phase(phase).name for phase in began["phase"]]


def times_of_orders(config: Path) -> list[int]:
    """Return when the orders came, in nanoseconds since midnight."""
    commands = read_journal(daybook_of(config).journal)
    times = commands["time"][commands["kind"] == CommandKind.ENTER_ORDER]
    return (times - midnight(BUSINESS_DATE)).tolist()


def at(clock: str) -> int:
    """Return nanoseconds since midnight."""
    return seconds_in(clock) * SECOND


def test_a_day_forward_brings_all_that_is_due_and_a_day_back_nothing_more(config, machine):
    async def life(client: Client) -> None:
        assert await answer(client) == "accepted"
        machine.now += DAY
        assert await answer(client) == "DAY_ENDED"
        machine.now -= DAY
        assert await answer(client) == "DAY_ENDED"

    machine.show("10:00:00")
    live(config, life)
    assert phases_of(config) == TO_CONTINUOUS + FROM_BREAK
    assert times_of_orders(config) == [at("10:00:00")]


def test_a_day_back_stops_the_time_and_trading_goes_on(config, machine):
    async def life(client: Client) -> None:
        assert await answer(client) == "accepted"
        machine.now -= DAY
        assert await answer(client) == "accepted"
        machine.show("11:29:59")
        assert await answer(client) == "accepted"
        machine.show("11:30:00")
        assert await answer(client) == "PHASE_REFUSES_ORDER"

    machine.show("10:00:00")
    live(config, life)
    assert phases_of(config) == [*TO_CONTINUOUS, "BREAK"]
    clocks = ("10:00:00", "10:00:00", "11:29:59", "11:30:00")
    assert times_of_orders(config) == [at(clock) for clock in clocks]


def test_an_hour_that_comes_twice_begins_no_phase_twice(config, machine):
    """As where a machine keeps summer time, and by mistake keeps it in its UTC, too."""

    async def life(client: Client) -> None:
        assert await answer(client) == "accepted"
        machine.show("11:30:01")
        assert await answer(client) == "PHASE_REFUSES_ORDER"
        machine.now -= HOUR
        assert await answer(client) == "PHASE_REFUSES_ORDER"
        machine.show("11:30:00")
        assert await answer(client) == "PHASE_REFUSES_ORDER"
        machine.show("13:00:00")
        assert await answer(client) == "accepted"

    machine.show("11:29:59")
    live(config, life)
    assert phases_of(config) == [*TO_CONTINUOUS, "BREAK", "CONTINUOUS"]
    clocks = ("11:29:59", "11:30:01", "11:30:01", "11:30:01", "13:00:00")
    assert times_of_orders(config) == [at(clock) for clock in clocks]


@pytest.mark.parametrize("back", [SECOND, SECOND // 2, 1], ids=["leap second", "half", "least"])
def test_a_second_that_is_shown_twice_does_not_take_the_time_back(config, machine, back):
    async def life(client: Client) -> None:
        machine.now += SECOND - 1
        assert await answer(client) == "accepted"
        machine.now -= back
        assert await answer(client) == "accepted"
        machine.now += back + 1
        assert await answer(client) == "accepted"

    machine.show("10:00:00")
    live(config, life)
    late = at("10:00:01")
    assert times_of_orders(config) == [late - 1, late - 1, late]


def test_a_step_back_over_the_beginning_of_a_phase_leaves_it_begun(config, machine):
    async def life(client: Client) -> None:
        machine.show("14:57:00")
        assert await answer(client) == "accepted"
        machine.now -= SECOND
        await client.cancel(of_client_seq=1)
        refused = await asyncio.wait_for(client.receive(), WAITING_SECONDS)
        assert refused.reason.name == "PHASE_REFUSES_CANCEL"
        machine.now += SECOND
        assert await answer(client) == "accepted"

    machine.show("14:56:59")
    live(config, life)
    assert phases_of(config) == [*TO_CONTINUOUS, *FROM_BREAK[:3]]
    assert times_of_orders(config) == [at("14:57:00")] * 2


def test_midnight_passes_and_the_day_keeps_its_date(config, machine):
    edit(config, 'kind = "shanghai"', 'kind = "shanghai"\nclose = "23:59:59"')

    async def life(client: Client) -> None:
        assert await answer(client) == "PHASE_REFUSES_ORDER"
        machine.show("00:00:01", days=1)
        assert await answer(client) == "DAY_ENDED"

    machine.show("23:59:58")
    live(config, life)
    assert phases_of(config) == TO_CONTINUOUS + FROM_BREAK
    assert times_of_orders(config) == [at("23:59:58")]
    assert replayed(daybook_of(config)).venue.state.venue[0]["business_date"] == BUSINESS_DATE


def test_a_restart_with_a_clock_behind_the_journal_goes_on_at_its_time(config, machine):
    async def trade(client: Client) -> None:
        assert await answer(client) == "accepted"

    async def trade_until_the_break(client: Client) -> None:
        assert await answer(client) == "accepted"
        machine.show("11:30:00")
        assert await answer(client) == "PHASE_REFUSES_ORDER"

    machine.show("10:00:00")
    live(config, trade)
    machine.show("09:00:00")
    live(config, trade)
    machine.show("09:00:00", days=-400)
    live(config, trade_until_the_break)
    assert phases_of(config) == [*TO_CONTINUOUS, "BREAK"]
    assert times_of_orders(config) == [*[at("10:00:00")] * 3, at("11:30:00")]


def test_a_restart_with_a_clock_far_ahead_catches_up_on_each_phase_once(config, machine):
    async def trade(client: Client) -> None:
        assert await answer(client) == "accepted"

    async def come_too_late(client: Client) -> None:
        assert await answer(client) == "DAY_ENDED"

    machine.show("10:00:00")
    live(config, trade)
    machine.show("10:00:00", days=400)
    live(config, come_too_late)
    machine.show("10:00:00")
    live(config, come_too_late)
    assert phases_of(config) == TO_CONTINUOUS + FROM_BREAK
    assert times_of_orders(config) == [at("10:00:00")]


def test_the_other_clocks_do_not_look_at_the_machine_s_time(machine):
    clocks = (AcceleratedClock(5, 1e-9), OperatorClock(BUSINESS_DATE, 1e-9))
    before = [clock.now() for clock in clocks]
    machine.now += DAY
    assert [clock.now() for clock in clocks] == before

"""What the venue does by itself, by a clock that a test sets: in which order, in which batches."""

import asyncio
from collections.abc import Iterable

import numpy as np

from engine.listings import LISTED
from gateway.agenda import Agenda
from gateway.backlog import Backlog
from gateway.closing import Closing
from gateway.delays import Delays
from gateway.intake import Intake
from gateway.pipeline import Pipeline
from gateway.streams import Streams
from gateway.throttle import Throttle
from gateway.timetable import Halts, Timetable
from gateway.vetting import Vetting
from protocol.calendar import midnight, seconds_in
from protocol.records import COMMAND, REPORT
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    EVERYONE,
    CommandKind,
    HaltRule,
    Hold,
    HoldCause,
    Liquidity,
    Phase,
    Refusal,
    ReportKind,
    Schedule,
    Side,
)
from tests.gateway.conftest import BUSINESS_DATE

OPERATOR, TERMINAL = 2, 1


class SetClock:
    """Shows what it was set to."""

    def __init__(self) -> None:
        self.time = 0

    def set(self, clock: str) -> None:
        self.time = midnight(BUSINESS_DATE) + seconds_in(clock) * NANOSECONDS

    def now(self) -> int:
        return self.time

    def seconds_until(self, moment: int) -> float:
        return (moment - self.time) / NANOSECONDS


class Day:
    """An agenda of two instruments, and the reports that it learns from."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.streams = Streams(3)
        listings = np.zeros(2, LISTED)
        listings["instrument"], listings["tick"] = [0, 1], 100
        listings["schedule"] = [Schedule.CLOSING_CALL, Schedule.TRADES_TO_CLOSE]
        listings["previous_close"] = [100_000, 200_000]
        close = seconds_in("15:30:00")
        self.agenda = Agenda(
            self.clock,
            Timetable(BUSINESS_DATE, frozenset(Schedule), close),
            Halts(BUSINESS_DATE, [HaltRule.NO_BAND_STOCK] * 2),
            Delays(),
            Closing(listings, self.streams),
            {OPERATOR},
        )
        self.sequence = 0

    def report(self, kind: ReportKind, session: int = EVERYONE, **fields: int) -> None:
        self.sequence += 1
        row = np.zeros(1, REPORT)
        row["sequence"], row["time"], row["kind"] = self.sequence, self.clock.time, kind
        row["session"] = session
        for name, value in fields.items():
            row[name] = value
        self.streams.append(row)
        self.agenda.learn(row, 1 << kind)

    def begin(self, phase: Phase, instrument: int = EVERY_INSTRUMENT, schedules: int = 0) -> None:
        self.report(
            ReportKind.PHASE_CHANGED, instrument=instrument, reason=phase, quantity=schedules
        )

    def halt(self, instrument: int) -> None:
        cause = HoldCause.VOLATILITY_FIRST
        self.report(
            ReportKind.HOLD_CHANGED, instrument=instrument, reason=Hold.HALTED, quantity=cause
        )

    def trade(self, instrument: int, price: int, quantity: int = 100) -> None:
        for session, side in ((1, Side.SELL), (2, Side.BUY)):
            self.report(
                ReportKind.TRADED,
                session,
                instrument=instrument,
                price=price,
                quantity=quantity,
                side=side,
                liquidity=Liquidity.AUCTION,
            )

    def delay(self, order: int, wait_ms: int) -> None:
        self.report(ReportKind.ORDER_DELAYED, TERMINAL, order_number=order, trade_number=wait_ms)

    def taken(self, clock: str) -> list[str]:
        """Return what the venue does when the clock shows this, as one batch."""
        self.clock.set(clock)
        return [spelled(row) for row in self.agenda.take()]

    def taken_behind(self, clock: str) -> list[str]:
        """Return what the venue does a nanosecond later."""
        self.clock.set(clock)
        self.clock.time += 1
        return [spelled(row) for row in self.agenda.take()]


def spelled(row: np.void) -> str:
    match row["kind"]:
        case CommandKind.CHANGE_PHASE:
            return Phase(row["phase"]).name + (f" {row['schedules']}" if row["schedules"] else "")
        case CommandKind.FIX_CLOSE:
            return f"{row['instrument']} closes at {row['price']}"
        case CommandKind.CHANGE_HOLD:
            return f"{row['instrument']} goes on"
        case CommandKind.RELEASE_ORDER:
            return f"{row['order_number']} arrives"
    return CommandKind(row["kind"]).name


def test_phases_that_are_overdue_make_one_batch():
    day = Day()
    assert day.taken("09:14:59") == []
    assert day.taken("09:26:00") == ["OPENING_CALL", "OPENING_CALL_LOCKED", "PRE_CONTINUOUS"]
    assert day.taken("09:26:00") == []


def test_nothing_comes_between_the_close_and_its_prices_however_late_it_is():
    day = Day()
    assert day.taken("15:40:00")[-2:] == ["CLOSING_CALL 1", "POST_CLOSE"]
    day.begin(Phase.CLOSING_CALL, schedules=1)
    day.trade(0, 101_000)
    day.begin(Phase.POST_CLOSE)
    assert day.agenda.is_due
    assert day.taken("15:40:00") == ["0 closes at 101000", "1 closes at 200000"]
    assert day.taken("15:40:00") == ["FIXED_PRICE", "CLOSED", "CLOSE_DAY"]
    assert not day.agenda.is_due


def test_closing_prices_are_those_of_the_streams():
    day = Day()
    day.trade(1, 210_000)
    day.begin(Phase.CLOSING_CALL, schedules=1)
    day.begin(Phase.POST_CLOSE)
    day.trade(0, 101_000)
    assert [spelled(row) for row in day.agenda.take()] == [
        "0 closes at 101000",
        "1 closes at 210000",
    ]


def test_only_those_that_enter_post_close_get_their_price():
    day = Day()
    for begin, closes in (
        ({"instrument": 1}, ["1 closes at 200000"]),
        ({"schedules": 1 << Schedule.CLOSING_CALL}, ["0 closes at 100000"]),
        ({"schedules": 1 << Schedule.TRADES_TO_CLOSE}, ["1 closes at 200000"]),
        ({}, ["0 closes at 100000", "1 closes at 200000"]),
    ):
        day.begin(Phase.POST_CLOSE, **begin)
        assert [spelled(row) for row in day.agenda.take()] == closes


def test_a_price_that_the_day_has_already_is_not_fixed_again():
    """As after a restart: all reports of the day are learnt before anything is taken."""
    day = Day()
    day.begin(Phase.POST_CLOSE)
    day.report(ReportKind.CLOSE_FIXED, instrument=0, price=100_000)
    assert [spelled(row) for row in day.agenda.take()] == ["1 closes at 200000"]
    day.begin(Phase.POST_CLOSE)
    day.begin(Phase.FIXED_PRICE, schedules=1)
    assert [spelled(row) for row in day.agenda.take()] == ["1 closes at 200000"]


def test_a_halt_ends_at_its_time_and_at_the_closing_call_behind_it():
    day = Day()
    day.taken("14:00:00")
    day.halt(0)
    assert day.taken("14:09:59") == []
    assert day.taken("14:10:00") == ["0 goes on"]
    day.clock.set("14:50:00")
    day.halt(1)
    assert day.taken("14:57:00") == ["CLOSING_CALL 1", "1 goes on"]


def test_delayed_orders_arrive_when_their_steps_begin():
    day = Day()
    day.taken("14:00:00")
    day.clock.time += 900_000_001
    day.delay(7, wait_ms=2_100)
    day.delay(8, wait_ms=100)
    assert day.taken("14:00:01") == []
    assert day.taken_behind("14:00:01") == ["8 arrives"]
    assert day.taken_behind("14:00:03") == ["7 arrives"]
    assert not day.agenda.is_due


def test_of_what_is_due_at_once_phases_come_first_then_halts_and_orders_behind_them():
    day = Day()
    day.clock.set("14:50:00")
    day.agenda.take()
    day.halt(0)
    day.clock.set("14:56:59")
    day.delay(8, wait_ms=1_000)
    assert day.taken("14:57:00") == ["CLOSING_CALL 1", "0 goes on"]
    assert day.taken_behind("14:57:00") == ["8 arrives"]


def test_the_end_of_the_day_ends_everything():
    day = Day()
    day.taken("14:00:00")
    day.halt(0)
    day.delay(7, wait_ms=1_000)
    day.begin(Phase.POST_CLOSE)
    day.report(ReportKind.DAY_ENDED)
    assert not day.agenda.is_due
    assert day.taken("15:30:00") == []


def cut(*rows: tuple[int, CommandKind, Phase]) -> int:
    commands = np.zeros(len(rows), COMMAND)
    for row, (session, kind, phase) in zip(commands, rows, strict=True):
        row["session"], row["kind"], row["phase"] = session, kind, phase
    return Day().agenda.cut(commands)


def test_a_batch_ends_behind_an_operator_s_close():
    begin, enter = CommandKind.CHANGE_PHASE, CommandKind.ENTER_ORDER
    closes = (OPERATOR, begin, Phase.POST_CLOSE)
    order = (TERMINAL, enter, Phase(0))
    assert cut() == 0
    assert cut(order, order) == 2
    assert cut(order, closes, (OPERATOR, begin, Phase.FIXED_PRICE), closes) == 2
    assert cut(order, closes) == 2
    assert cut((OPERATOR, begin, Phase.FIXED_PRICE), order) == 2
    assert cut((TERMINAL, begin, Phase.POST_CLOSE), order) == 2
    assert cut((OPERATOR, enter, Phase.POST_CLOSE), order) == 2


def test_a_batch_ends_behind_the_end_of_the_day():
    ends = (OPERATOR, CommandKind.CLOSE_DAY, Phase(0))
    order = (TERMINAL, CommandKind.ENTER_ORDER, Phase(0))
    assert cut(order, ends, order, order) == 2
    assert cut(ends, ends) == 1
    assert cut((TERMINAL, CommandKind.CLOSE_DAY, Phase(0)), order) == 2


def test_nothing_is_done_behind_the_end_of_the_day():
    day = Day()
    timetable, *_ = day.agenda.plans
    timetable.steps = timetable.steps[-1:]
    day.clock.set("15:29:59")
    day.delay(7, wait_ms=10_000)
    assert day.taken("23:59:59") == ["CLOSE_DAY"]


def test_what_came_behind_an_operator_s_close_waits_in_its_order():
    day, intake = Day(), Intake()
    throttle = Throttle(3, in_flight_max=10, rate_max=0)
    vetting = Vetting(day.streams, intake, throttle, Backlog(busy_after_ms=0))
    pipeline = Pipeline(
        *(None, None, None, None, intake, None, vetting, day.agenda, None, None, None)
    )
    rows = np.zeros(7, COMMAND)
    rows["client_seq"] = np.arange(1, 8)
    rows["kind"], rows["phase"] = CommandKind.CHANGE_PHASE, Phase.POST_CLOSE
    for session, part in (
        (TERMINAL, slice(0, 2)),
        (OPERATOR, slice(2, 4)),
        (TERMINAL, slice(4, 6)),
        (OPERATOR, slice(6, 7)),
    ):
        intake.put(session, rows[part].tobytes())
    batches = []
    while len(batch := pipeline.take()):
        batches.append(list(zip(batch["session"], batch["client_seq"], strict=True)))
        assert intake.waiting == 7 - sum(map(len, batches))
    assert batches == [
        [(TERMINAL, 1), (TERMINAL, 2), (OPERATOR, 3)],
        [(OPERATOR, 4)],
        [(TERMINAL, 5), (TERMINAL, 6), (OPERATOR, 7)],
    ]


def test_requests_behind_the_end_of_the_day_are_answered_and_wait_for_nothing():
    day, intake = Day(), Intake()
    throttle = Throttle(3, in_flight_max=10, rate_max=0)
    vetting = Vetting(day.streams, intake, throttle, Backlog(busy_after_ms=0))
    pipeline = Pipeline(
        *(None, None, None, None, intake, day.streams, vetting, day.agenda, None, None, None)
    )
    day.report(ReportKind.DAY_ENDED)
    intake.put(TERMINAL, np.ones(3, COMMAND).tobytes())
    pipeline.meters.arrive()
    pipeline.tick()
    assert vetting.refused == {Refusal.DAY_ENDED: 3}
    assert (pipeline.meters.waiting_since, intake.waiting, pipeline.has_failed) == (0, 0, False)


def rung(clocks: Iterable[str]) -> list[str]:
    """Start an agenda, let the clock go on whenever it looks, and return what it takes."""
    day = Day()
    times = iter(clocks)
    taken: list[str] = []

    async def run() -> None:
        is_over = asyncio.Event()

        def wake() -> None:
            taken.extend(spelled(row) for row in day.agenda.take())
            is_over.set()

        def seconds_until(moment: int) -> float:
            if (clock := next(times, None)) is not None:
                day.clock.set(clock)
            return min(SetClock.seconds_until(day.clock, moment), 0.001)

        day.clock.seconds_until = seconds_until
        day.agenda.start(wake)
        await asyncio.wait_for(is_over.wait(), 5)

    asyncio.run(run())
    return taken


def test_an_alarm_that_rings_early_is_set_again():
    assert rung(["09:14:59", "09:14:59", "09:14:59", "09:15:00"]) == ["OPENING_CALL"]


def test_a_halt_that_begins_while_nothing_else_happens_sets_the_alarm():
    day = Day()
    day.taken("14:00:00")

    async def run() -> None:
        day.agenda.start(lambda: None)
        day.halt(0)
        assert day.agenda.alarm_time == midnight(BUSINESS_DATE) + seconds_in("14:10:00") * (
            NANOSECONDS
        )

    asyncio.run(run())

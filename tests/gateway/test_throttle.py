"""How many requests a session may send: the second slides, and cancels are never in the way."""

from random import Random

import numpy as np
import pytest

from gateway.backlog import Backlog
from gateway.intake import Intake
from gateway.streams import Streams
from gateway.throttle import Throttle
from gateway.vetting import Vetting
from protocol.records import COMMAND, join
from protocol.units import MILLISECOND, NANOSECONDS
from protocol.vocabulary import CommandKind, Refusal
from tests.gateway.orders import rows_to_enter

ALICE, BOB = 1, 2
RATE = 5


class Sender:
    """A session that notes what it is told."""

    def __init__(self) -> None:
        self.declined: list[tuple[int, Refusal, int]] = []

    def decline(self, client_seqs: list[int], reason: Refusal, retry_after_ms: int) -> None:
        self.declined += [(client_seq, reason, retry_after_ms) for client_seq in client_seqs]


class Door:
    """What two sessions send, at times that a test sets."""

    def __init__(
        self, in_flight_max: int = 1_000, rate_max: int = RATE, busy_after_ms: int = 0
    ) -> None:
        self.now = 7 * NANOSECONDS
        self.streams = Streams(3)
        self.senders = {ALICE: Sender(), BOB: Sender()}
        self.streams.listeners |= self.senders
        throttle = Throttle(3, in_flight_max, rate_max)
        self.backlog = Backlog(busy_after_ms, lambda: self.now)
        self.vetting = Vetting(self.streams, Intake(), throttle, self.backlog, lambda: self.now)
        self.sent = {ALICE: 0, BOB: 0}

    def send(self, session: int, count: int, kind: CommandKind = CommandKind.ENTER_ORDER) -> int:
        """Send so many requests at once; return how many pass."""
        return len(self.vetting.passed(self.rows(session, count, kind)))

    def rows(self, session: int, count: int, kind: CommandKind) -> np.ndarray:
        rows = rows_to_enter(self.sent[session] + 1, count)
        rows["session"], rows["kind"] = session, kind
        self.sent[session] += count
        return rows


def test_so_many_pass_in_a_second_and_the_others_are_told_when_to_come_again():
    door = Door()
    assert door.send(ALICE, 3) == 3
    door.now += 400 * MILLISECOND
    assert door.send(ALICE, 3) == 2
    assert door.senders[ALICE].declined == [(6, Refusal.RATE_EXCEEDED, 600)]
    door.now += 600 * MILLISECOND - 1
    assert door.send(ALICE, 1) == 0
    assert door.senders[ALICE].declined[-1] == (7, Refusal.RATE_EXCEEDED, 1)
    door.now += 1
    assert door.send(ALICE, 4) == 3
    assert door.senders[BOB].declined == []


def test_who_comes_again_when_told_is_let_in():
    door = Door()
    door.send(ALICE, RATE)
    door.now += 123_456_789
    door.send(ALICE, 1)
    (_, _, retry_after_ms) = door.senders[ALICE].declined[-1]
    door.now += retry_after_ms * MILLISECOND
    assert door.send(ALICE, 1) == 1


def test_the_second_slides_and_is_none_of_the_clock():
    door = Door()
    door.now = 8 * NANOSECONDS - 1
    assert door.send(ALICE, RATE) == RATE
    door.now += 2
    assert door.send(ALICE, RATE) == 0


def test_in_no_second_are_there_more_whatever_comes():
    random, door = Random(1), Door()
    passed: list[int] = []
    for _ in range(2_000):
        door.now += random.choice([0, 1, MILLISECOND, 30 * MILLISECOND, 400 * MILLISECOND])
        count = random.randint(1, 4)
        free = RATE - sum(time > door.now - NANOSECONDS for time in passed)
        through = door.send(ALICE, count)
        assert through == min(count, free)
        passed += [door.now] * through
    assert len(passed) > 500 and door.senders[ALICE].declined


@pytest.mark.parametrize("kind", [CommandKind.CANCEL_ORDER, CommandKind.CANCEL_ORDERS])
def test_cancels_are_neither_refused_nor_counted(kind):
    door = Door()
    assert door.send(ALICE, 100, kind) == 100
    assert door.send(ALICE, RATE + 1) == RATE
    assert door.send(ALICE, 100, kind) == 100


def test_one_session_does_not_use_up_the_room_of_another():
    door = Door()
    rows = join(
        [
            door.rows(ALICE, 3, CommandKind.ENTER_ORDER),
            door.rows(BOB, RATE + 1, CommandKind.ENTER_ORDER),
            door.rows(ALICE, 3, CommandKind.ENTER_ORDER),
        ]
    )
    passed = door.vetting.passed(rows)
    assert passed["session"].tolist() == [ALICE] * 3 + [BOB] * RATE + [ALICE] * 2
    assert [len(sender.declined) for sender in door.senders.values()] == [1, 1]


def test_what_is_in_flight_is_limited_without_a_time_to_wait_for():
    door = Door(in_flight_max=2, rate_max=0)
    assert door.send(ALICE, 3) == 2
    assert door.senders[ALICE].declined == [(3, Refusal.TOO_MANY_IN_FLIGHT, 0)]
    assert door.send(ALICE, 2) == 2


def test_without_limits_everything_passes_untouched():
    door = Door(in_flight_max=10_000, rate_max=0)
    rows = door.rows(ALICE, 5_000, CommandKind.ENTER_ORDER)
    assert door.vetting.passed(rows) is rows
    assert rows.dtype == COMMAND

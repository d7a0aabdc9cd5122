"""A venue that is behind for too long says so, lets cancels through, and recovers."""

import numpy as np
import pytest

from gateway.throttle import MILLISECOND
from protocol.records import join
from protocol.vocabulary import CommandKind, Refusal
from tests.gateway.test_throttle import ALICE, BOB, Door

AFTER_MS = 200


@pytest.fixture
def door() -> Door:
    """Two sessions in front of a venue that is behind since now."""
    door = Door(rate_max=0, busy_after_ms=AFTER_MS)
    door.backlog.note(is_behind=True)
    return door


def behind_for(door: Door, milliseconds: int) -> None:
    """Let time pass in which each tick begins with as much as may wait."""
    for _ in range(milliseconds // 10):
        door.now += 10 * MILLISECOND
        door.backlog.note(is_behind=True)


def test_a_short_backlog_refuses_nobody(door):
    behind_for(door, AFTER_MS - 10)
    assert door.send(ALICE, 5) == 5
    assert door.senders[ALICE].declined == []


def test_behind_for_too_long_all_sessions_are_told_when_to_come_again(door):
    behind_for(door, AFTER_MS)
    assert door.send(ALICE, 2) == door.send(BOB, 1) == 0
    assert door.senders[ALICE].declined == [(seq, Refusal.BUSY, AFTER_MS) for seq in (1, 2)]
    assert door.senders[BOB].declined == [(1, Refusal.BUSY, AFTER_MS)]
    assert door.vetting.refused == {Refusal.BUSY: 3}


def test_the_first_tick_that_catches_up_ends_it(door):
    behind_for(door, 2 * AFTER_MS)
    assert door.send(ALICE, 1) == 0
    door.backlog.note(is_behind=False)
    assert door.send(ALICE, 1) == 1
    door.backlog.note(is_behind=True)
    behind_for(door, AFTER_MS - 10)
    assert door.send(ALICE, 1) == 1


@pytest.mark.parametrize("kind", [CommandKind.CANCEL_ORDER, CommandKind.CANCEL_ORDERS])
def test_cancels_are_carried_out_all_the_same_and_in_their_order(door, kind):
    behind_for(door, AFTER_MS)
    rows = join(
        [
            door.rows(ALICE, 2, CommandKind.ENTER_ORDER),
            door.rows(ALICE, 2, kind),
            door.rows(ALICE, 1, CommandKind.ENTER_ORDER),
            door.rows(ALICE, 1, kind),
        ]
    )
    assert door.vetting.passed(rows)["client_seq"].tolist() == [3, 4, 6]
    assert [seq for seq, *_ in door.senders[ALICE].declined] == [1, 2, 5]


def test_the_venue_s_own_commands_pass(door):
    behind_for(door, AFTER_MS)
    rows = np.zeros(1, door.rows(ALICE, 1, CommandKind.ENTER_ORDER).dtype)
    rows["kind"] = CommandKind.CHANGE_PHASE
    assert len(door.vetting.passed(rows)) == 1


def test_what_was_refused_does_not_count_against_the_rate():
    door = Door(rate_max=3, busy_after_ms=AFTER_MS)
    door.backlog.note(is_behind=True)
    behind_for(door, AFTER_MS)
    assert door.send(ALICE, 10) == 0
    door.backlog.note(is_behind=False)
    assert door.send(ALICE, 3) == 3


def test_where_the_setting_is_none_the_venue_is_never_busy():
    door = Door(rate_max=0)
    door.backlog.note(is_behind=True)
    behind_for(door, 60_000)
    assert door.send(ALICE, 100) == 100

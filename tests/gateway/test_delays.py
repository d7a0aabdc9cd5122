"""Orders that wait for their time are released once, in the order of their times."""

import numpy as np

from gateway.delays import Delays
from gateway.timetable import NEVER
from protocol.calendar import midnight, seconds_in, time_of_day
from protocol.records import REPORT
from protocol.units import MILLISECOND, NANOSECONDS, RATE_STEP
from protocol.vocabulary import CommandKind, ReportKind
from tests.gateway.conftest import BUSINESS_DATE


def about(kind: ReportKind, order: int, *, wait_ms: int = 0, leaves: int = 0) -> np.ndarray:
    """Return a report about an order, a little behind 10:00:00."""
    row = np.zeros(1, REPORT)
    row["time"] = midnight(BUSINESS_DATE) + seconds_in("10:00:00") * NANOSECONDS + 123_456_789
    row["kind"], row["order_number"], row["leaves"] = kind, order, leaves
    row["trade_number"] = wait_ms
    return row


def delayed(order: int, wait_ms: int) -> np.ndarray:
    return about(ReportKind.ORDER_DELAYED, order, wait_ms=wait_ms, leaves=100)


def delays(*reports: np.ndarray) -> Delays:
    """Return what has learnt of these reports at once."""
    learnt = Delays()
    learnt.learn(np.concatenate(reports))
    return learnt


def left(learnt: Delays) -> list[int]:
    """Release what is left, and return the orders."""
    orders = []
    while learnt.next_time != NEVER:
        (row,) = learnt.pop()
        assert row["kind"] == CommandKind.RELEASE_ORDER
        orders.append(int(row["order_number"]))
    return orders


def test_an_order_is_released_at_the_beginning_of_its_step():
    """The report rounds up the time until then, 1036.543211 ms."""
    due = delays(delayed(1, 1_037)).next_time
    assert due == delayed(1, 0)["time"][0] + 1_036_543_211 + 1
    assert due % RATE_STEP == 1


def test_orders_of_one_step_are_released_in_turn_whenever_they_came():
    earlier, later = delayed(1, 37), delayed(2, 36)
    later["time"] += MILLISECOND - 400_000
    assert left(delays(later, earlier)) == [1, 2]


def test_nothing_is_released_before_anything_is_delayed():
    assert Delays().next_time == NEVER
    assert delays(about(ReportKind.RELEASED, 1, leaves=100)).next_time == NEVER


def test_orders_are_released_in_the_order_of_their_times_and_then_of_their_numbers():
    assert left(delays(delayed(9, 77), delayed(3, 77), delayed(7, 37), delayed(12, 77))) == [
        7,
        3,
        9,
        12,
    ]


def test_orders_that_are_gone_or_have_arrived_are_forgotten():
    """As after a restart: the reports of a whole day are learnt before anything is taken."""
    learnt = delays(
        *(delayed(order, 1) for order in range(1, 6)),
        about(ReportKind.RELEASED, 1, leaves=100),
        about(ReportKind.CANCELED, 2),
        about(ReportKind.CANCELED, 4, leaves=60),
        about(ReportKind.CANCELED, 99),
    )
    assert left(learnt) == [3, 4, 5]


def test_an_order_that_is_canceled_in_another_batch_is_forgotten_too():
    learnt = delays(delayed(1, 37), delayed(2, 2_037))
    learnt.learn(about(ReportKind.CANCELED, 1))
    assert time_of_day(learnt.next_time) == "10:00:02"
    learnt.learn(about(ReportKind.CANCELED, 2))
    assert learnt.next_time == NEVER


def test_an_order_that_was_released_is_not_missed_when_it_arrives():
    learnt = delays(delayed(1, 1), delayed(2, 1))
    learnt.pop()
    learnt.learn(about(ReportKind.RELEASED, 1, leaves=100))
    assert left(learnt) == [2]


def test_after_the_end_of_the_day_nothing_is_released():
    learnt = delays(delayed(1, 1), delayed(2, 1))
    learnt.clear()
    assert left(learnt) == []
    learnt.learn(delayed(3, 1))
    assert left(learnt) == [3]

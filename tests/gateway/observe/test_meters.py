"""What the meters count is what a naive count of the same rows gives, however they were cut."""

from collections import Counter

import numpy as np
import pytest

from gateway.observe.meters import ACTS_MAX, ROWS_MAX, Act, Meters
from protocol.records import COMMAND, REPORT
from protocol.vocabulary import CancelReason, CommandKind, ReportKind


def commands(count: int, first: int = 1, **fields) -> np.ndarray:
    rows = np.zeros(count, COMMAND)
    rows["sequence"] = np.arange(first, first + count)
    rows["kind"] = CommandKind.ENTER_ORDER
    for name, value in fields.items():
        rows[name] = value
    return rows


def reports(count: int, **fields) -> np.ndarray:
    rows = np.zeros(count, REPORT)
    for name, value in fields.items():
        rows[name] = value
    return rows


def counted(values: np.ndarray) -> dict[int, int]:
    return {value: count for value, count in enumerate(values.tolist()) if count}


@pytest.mark.parametrize("most", [1, 5, 100, 9_000])
def test_every_row_is_counted_once(most):
    random = np.random.default_rng(most)
    meters, naive, told, refused = Meters(), Counter(), Counter(), Counter()
    sizes = [*random.integers(1, most + 1, 30).tolist(), most]
    for size in sizes:
        rows = commands(size, kind=random.integers(-128, 128, size))
        answers = reports(size, kind=random.integers(1, 6, size), reason=random.integers(0, 50))
        meters.take(rows)
        meters.release(answers)
        naive.update(rows["kind"].view(np.uint8).tolist())
        told.update(answers["kind"].tolist())
        refused.update(answers["reason"][answers["kind"] == ReportKind.REJECTED].tolist())
    meters.fold()
    assert counted(meters.commands) == naive
    assert counted(meters.reports) == told
    assert counted(meters.rejects) == refused
    assert meters.batches.counts.sum() == len(sizes)
    assert meters.latency.counts.sum() == meters.batches.sum == sum(sizes)


def test_accounts_are_counted_by_orders_and_requested_cancels():
    meters = Meters()
    meters.take(commands(4, account=[1001, 1001, 2001, 0], session=[1, 1, 2, 2]))
    meters.take(commands(2, first=5, account=1001, kind=CommandKind.MOVE_FUNDS, session=3))
    asked, blocked = CancelReason.REQUESTED, CancelReason.TRADING_BLOCKED
    meters.release(reports(2, kind=ReportKind.CANCELED, account=1001, reason=asked))
    meters.release(reports(2, kind=ReportKind.CANCELED, account=2001, reason=blocked))
    meters.fold()
    assert meters.requests_by_account.over(1) == [(1001, 2)]
    assert meters.requests_by_session.over(1) == [(1, 2), (2, 2), (3, 2)]
    assert meters.cancels_by_account.over(1) == [(1001, 2)]


def test_what_only_operators_may_ask_for_is_kept_with_its_sequence():
    meters = Meters()
    meters.take(commands(100, first=41, session=1))
    meters.take(commands(1, first=141, kind=CommandKind.CHANGE_PHASE, session=0))
    meters.take(commands(1, first=142, kind=CommandKind.CHANGE_PHASE, session=4))
    mixed = commands(100, first=143, session=4)
    mixed["kind"][70] = CommandKind.BLOCK_TRADING
    mixed["kind"][80:82] = CommandKind.OPEN_DAY, -5
    meters.take(mixed)
    meters.fold()
    assert meters.acts == [
        Act(142, 4, CommandKind.CHANGE_PHASE),
        Act(213, 4, CommandKind.BLOCK_TRADING),
    ]


def test_a_flood_of_acts_is_kept_in_bounds():
    meters = Meters()
    meters.take(commands(500, kind=CommandKind.MOVE_FUNDS, session=4))
    meters.fold()
    assert (len(meters.acts), meters.acts_untold) == (ACTS_MAX, 500 - ACTS_MAX)


def test_what_waits_to_be_counted_is_bounded_though_nobody_looks():
    meters = Meters()
    for _ in range(10):
        meters.take(commands(ROWS_MAX // 2))
        meters.release(reports(ROWS_MAX // 2, kind=ReportKind.ACCEPTED))
        assert meters.asked.waiting <= ROWS_MAX and meters.told.waiting <= ROWS_MAX
    meters.fold()
    assert meters.commands[CommandKind.ENTER_ORDER] == 5 * ROWS_MAX


def test_the_time_of_a_tick_begins_with_what_came_first():
    meters = Meters()
    assert meters.waiting_since == 0
    meters.arrive()
    first = meters.waiting_since
    meters.arrive()
    assert meters.waiting_since == first > 0
    meters.take(commands(1))
    assert (meters.since, meters.waiting_since) == (first, 0)
    assert meters.journal.timed(lambda: meters.waiting_since) > 0


def test_the_last_count_of_an_account_that_sends_too_much_is_kept():
    meters = Meters()
    too_much = ReportKind.RATE_EXCEEDED
    rows = reports(3, kind=[too_much, ReportKind.ACCEPTED, too_much])
    rows["account"], rows["quantity"], rows["order_number"] = 1001, [301, 100, 12], [950, 1, 951]
    meters.release(rows)
    assert meters.exceeded == {1001: (12, 951)}


def test_no_report_is_no_time():
    meters = Meters()
    meters.release(reports(0))
    meters.fold()
    assert meters.latency.counts.sum() == 0

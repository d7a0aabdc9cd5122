"""A load finds whatever is amiss with the answers, and counts time from when a request was due."""

import asyncio

import numpy as np
import pytest

from bench.load.course import Course
from bench.load.findings import broken
from bench.load.shape import Burst, Ramp
from protocol.terminal import SessionEnded
from tests.bench.false_venue import MILLISECOND, Load

STEADY = Ramp(1_000, 1_000, 2.0)
"""A request each millisecond."""


def renumbered(batches):
    """Return batches numbered on without gaps from the first."""
    return [(batches[0][0] + place, rows) for place, (_, rows) in enumerate(batches)]


def swapped(batches):
    first, second, third, *others = batches
    return [first, third, second, *others]


def hurried(batches):
    """Return the batches with the third before the second, each under the number that is due."""
    return renumbered(swapped(batches))


def of_a_stranger(batches):
    batches[-1][1]["request_seq"] = 4_711
    return batches


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (lambda batches: batches, []),
        (lambda batches: renumbered(batches[:2] + batches[4:]), ["no answer to client_seq 3 to 4"]),
        (
            lambda batches: renumbered(batches[:4] + batches[3:]),
            ["more than one answer to client_seq 4"],
        ),
        (hurried, ["answered out of order: client_seq 2"]),
        (
            lambda batches: batches[:2] + batches[4:],
            ["no answer to client_seq 3 to 4", "missing reports 3 to 4"],
        ),
        (
            lambda batches: [*batches, batches[4]],
            ["more than one answer to client_seq 5", "doubled reports 5"],
        ),
        (swapped, ["answered out of order: client_seq 2", "reports out of order: 2"]),
        (
            of_a_stranger,
            ["no answer to client_seq 10", "answers to requests that were not sent: 1"],
        ),
    ],
    ids=["honest", "lost", "doubled", "reordered", "gap", "repeated", "late", "stray"],
)
@pytest.mark.parametrize("batch", [1, 5])
def test_what_is_amiss_is_found_and_named(script, told, batch):
    load = Load(Burst(10), script=script, batch=batch)
    assert load.run() == [f"terminal1: {finding}" for finding in told]


def test_requests_are_named_by_their_client_seq_whatever_came_before():
    load = Load(Burst(4), before=1_000, script=lambda batches: batches[:-1])
    assert load.run() == ["terminal1: no answer to client_seq 1004"]


def test_each_session_has_its_own_numbers():
    load = Load(Burst(30), sessions=3)
    load.step(answers=False)
    assert [line.asked for line in load.lines] == [list(range(1, 11))] * 3
    del load.lines[1].asked[4]
    load.answer()
    assert load.findings() == ["terminal2: no answer to client_seq 5"]


def test_an_answer_that_comes_much_later_is_out_of_order_too():
    kept = []

    def keep_the_second_until_the_fifth(batches):
        for batch in batches:
            if batch[1]["request_seq"] == 2:
                kept.append(batch)
                continue
            if batch[1]["request_seq"] == 5:
                yield kept.pop()
            yield batch

    load = Load(Ramp(1_000, 1_000, 0.01), script=keep_the_second_until_the_fifth)
    assert load.run() == [
        "terminal1: answered out of order: client_seq 2",
        "terminal1: reports out of order: 2",
    ]


def test_an_answer_to_a_request_that_is_still_to_be_sent_is_none_to_it():
    def foretell(batches):
        for _, rows in batches:
            rows["request_seq"] += rows["request_seq"] == 1
        return batches

    load = Load(Ramp(1_000, 1_000, 0.01), script=foretell)
    assert load.run() == [
        "terminal1: no answer to client_seq 1",
        "terminal1: answers to requests that were not sent: 1",
    ]


def test_answers_to_requests_of_earlier_loads_are_not_ours():
    def with_an_old_one(batches):
        batches[0][1]["request_seq"] = 99
        return batches

    load = Load(Burst(2), before=100, script=with_an_old_one)
    assert load.run() == ["terminal1: no answer to client_seq 101"]


def test_a_lost_session_tells_what_is_unanswered_and_the_others_go_on():
    load = Load(STEADY, sessions=2)
    for _ in range(1_000):
        load.step()
    for _ in range(6):
        load.step(answers=False)
    load.lines[0].asked.clear()
    load.senders[0].end(SessionEnded("the connection was closed"))
    load.answer()
    assert load.run() == []
    assert load.ledger.asked.tolist() == [503, 1_000]
    assert list(broken(load.senders, load.ledger)) == [
        "terminal1: the session was lost: the connection was closed; "
        "3 of its requests have no answer"
    ]


def test_answers_take_from_when_their_request_was_due():
    load = Load(STEADY)
    assert load.run() == []
    assert load.ledger.latency.total == 2_000
    assert load.ledger.latency.longest == load.ledger.service.longest == 0


def test_a_stall_of_the_venue_is_in_the_latency_of_all_that_was_due_in_it():
    load = Load(STEADY)
    waited = []
    for millisecond in range(1, 2_001):
        stalls = 1_000 <= millisecond < 1_500
        load.step(answers=not stalls)
        waited.append((1_500 - millisecond) * MILLISECOND if stalls else 0)
    assert load.findings() == []
    assert load.ledger.latency.longest == 500 * MILLISECOND
    assert load.ledger.sent.tolist() == load.ledger.due.tolist()
    assert_recorded(load.ledger.latency, waited)
    assert_recorded(load.ledger.service, waited)


def test_a_stall_of_the_sender_is_in_the_latency_but_not_in_the_service_time():
    load = Load(STEADY)
    late = []
    for millisecond in range(1, 2_001):
        stalls = 1_000 <= millisecond < 1_500
        load.step(sends=not stalls)
        late.append((1_500 - millisecond) * MILLISECOND if stalls else 0)
    assert load.findings() == []
    assert_recorded(load.ledger.latency, late)
    assert_recorded(load.ledger.delay, late)
    assert_recorded(load.ledger.service, [0] * 2_000)


def assert_recorded(histogram, durations):
    """Assert that exactly these durations were counted, each within its bucket."""
    expected = type(histogram)()
    expected.record(np.array(durations))
    assert histogram.counts.tolist() == expected.counts.tolist()


def test_what_the_venue_does_not_read_is_not_sent_but_stays_due():
    load = Load(STEADY)
    load.step()
    load.senders[0].pause_writing()
    was_held_up = set()
    for _ in range(50):
        load.step()
        was_held_up.add(load.pacer.is_held_up)
    assert True in was_held_up
    assert load.ledger.asked.tolist() == [1]
    load.senders[0].resume_writing()
    for _ in range(10):
        load.step()
    assert load.ledger.asked.tolist() == [61]
    assert load.ledger.latency.longest >= 49 * MILLISECOND
    assert load.run() == []


@pytest.mark.parametrize("is_read", [True, False])
def test_a_venue_that_reads_or_says_nothing_more_is_not_waited_for_for_ever(is_read):
    load = Load(Burst(10))
    if not is_read:
        load.senders[0].pause_writing()
    course = Course("nowhere", 1)
    course.senders = load.senders
    asyncio.run(course.run(load.ledger, patience=0.05))
    assert load.ledger.asked.tolist() == [10 if is_read else 0]
    assert len(load.findings()) == is_read

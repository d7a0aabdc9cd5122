"""The end of the day is the last report of every stream, and still everyone is answered."""

import numpy as np
import pytest

from protocol.messages import DayEnded, Refused
from protocol.questions import AskOrders
from protocol.records import REPORT
from protocol.terminal import rows_of
from protocol.vocabulary import Copies, Phase, Refusal, ReportKind, Side
from tests.gateway.exchange import Exchange
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter

ALICE = 1


@pytest.fixture
def exchange() -> Exchange:
    """An exchange on which alice has an order and bob has asked for nothing; then the day ended."""
    exchange = Exchange()
    operator, line = exchange.log_in("olivia")
    exchange.ask(line, operator.change_phase(Phase.CONTINUOUS))
    alice, a = exchange.log_in("alice", cancels_on_disconnect=True)
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    exchange.ask(line, operator.close_day() + operator.logout())
    a.session.end()
    exchange.tick()
    return exchange


def last_kinds(exchange: Exchange) -> set[int]:
    """Return the kind of the last report of every stream, and of the day's file."""
    streams = exchange.streams
    sessions = range(len(streams.places))
    last = [streams.since(session, streams.next_report(session) - 1, 9) for session in sessions]
    return {int(rows["kind"][-1]) for rows in (*last, streams.reports.rows())}


def test_the_end_of_the_day_is_the_last_report_whoever_comes_and_goes(exchange):
    assert last_kinds(exchange) == {ReportKind.DAY_ENDED}
    for user in ("alice", "bob", "olivia"):
        terminal, line = exchange.log_in(user, cancels_on_disconnect=True)
        exchange.ask(line, terminal.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
        line.session.end()
        exchange.tick()
    assert last_kinds(exchange) == {ReportKind.DAY_ENDED}


def test_requests_and_cancels_are_refused_and_not_journaled(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    sequence = exchange.venue.sequence
    frames = [
        alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100),
        alice.cancel(1),
        alice.cancel_orders(),
        alice.close_day(),
    ]
    told = [answer for frame in frames for answer in exchange.ask(line, frame)]
    assert told == [Refused(seq, Refusal.DAY_ENDED) for seq in range(2, 6)]
    assert exchange.venue.sequence == sequence
    assert exchange.vetting.refused[Refusal.DAY_ENDED] == 4


def test_a_refused_request_that_is_sent_again_is_refused_for_the_same_reason(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    frame = alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    assert exchange.ask(line, frame) == exchange.ask(line, frame) != []


def test_a_request_from_before_the_end_still_gets_its_first_answer(exchange):
    alice, line = exchange.log_in("alice", packed=True)
    first, *_ = [message for message in alice.receive(line.hear()) if hasattr(message, "rows")]
    alice.client_seq = 0
    again = exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    (repeated,) = [rows_of(batch) for batch in again]
    entered = rows_of(first)[rows_of(first)["request_seq"] == 1]
    assert repeated.tobytes() == entered.tobytes()


def test_questions_are_still_answered(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    asked = alice.ask(AskOrders, 1001, False)
    line.session.receive(asked.frame)
    exchange.tick()
    assert list(alice.receive(line.hear())) == []
    assert [row.order_number for row in asked.rows] == [1]


def test_a_copy_of_everyone_ends_with_the_end_of_the_day(exchange):
    terminal, line = exchange.log_in("olivia", copies=Copies.EVERYONE)
    rows = np.concatenate([rows_of(m) for m in terminal.receive(line.hear()) if hasattr(m, "rows")])
    assert rows["kind"][-1] == ReportKind.DAY_ENDED
    assert rows.tobytes() == exchange.streams.reports.rows().tobytes()


def test_a_batch_behind_the_end_is_refused_to_its_last_row(exchange):
    bob, line = exchange.log_in("bob", next_report=0)
    line.hear()
    told = exchange.ask(line, bob.send(rows_to_enter(1, 1_000)))
    assert [message.client_seq for message in told] == list(range(1, 1_001))
    assert {message.reason for message in told} == {Refusal.DAY_ENDED}


def test_who_logs_in_behind_the_end_hears_that_the_day_has_ended(exchange):
    _, line = exchange.log_in("bob")
    assert isinstance(line.messages()[-1], DayEnded)
    assert REPORT.itemsize * exchange.streams.indexed == exchange.streams.reports.rows().nbytes

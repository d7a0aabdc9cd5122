"""A session that outlives its connections, at a venue without sockets."""

from ssl import SSLCertVerificationError

import numpy as np
import pytest

from protocol.batches import make_rows
from protocol.framing import ProtocolViolation
from protocol.messages import Refused
from protocol.mistake import Mistake
from protocol.questions import AskOrders
from protocol.recovery import GaveUp, Lifeline, Recovery, TakenOver, verdict
from protocol.terminal import LoginRefused, SessionEnded, rows_of
from protocol.vocabulary import CommandKind, LoginReject, Phase, ProtocolFault, Refusal
from tests.gateway.exchange import Exchange
from tests.gateway.orders import rows_to_enter
from tests.protocol.lifelines import Caller


@pytest.fixture
def exchange() -> Exchange:
    return Exchange.trading()


@pytest.fixture
def alice(exchange) -> Caller:
    alice = Caller(exchange, next_report=0)
    alice.log_in()
    return alice


def numbers_carried_out(exchange: Exchange) -> list[int]:
    """Return the client_seq of alice's orders that are open or were."""
    reports = exchange.streams.reports.rows()
    return reports["client_seq"][reports["order_number"] > 0].tolist()


def test_a_request_that_the_venue_never_had_is_sent_again(exchange, alice):
    alice.enter()
    alice.line.session.end()
    exchange.intake.take()
    alice.cut()
    alice.log_in()
    alice.exchange_all()
    assert alice.said() == ["Accepted 1"]
    assert numbers_carried_out(exchange) == [1]


def test_a_request_whose_report_was_lost_is_carried_out_once(exchange, alice):
    alice.enter()
    exchange.tick()
    alice.cut()
    alice.log_in()
    alice.exchange_all()
    assert alice.said() == ["Accepted 1"]
    assert numbers_carried_out(exchange) == [1]
    assert not alice.lifeline.outbox.items


def test_a_request_whose_report_comes_while_the_line_is_down_is_not_sent_again(exchange, alice):
    alice.enter()
    alice.cut()
    exchange.tick()
    alice.log_in()
    assert not alice.lifeline.outbox.items
    alice.exchange_all()
    assert alice.said() == ["Accepted 1"]


def test_requests_made_without_a_line_wait_for_the_next_behind_those_sent_before(exchange, alice):
    alice.enter(100)
    alice.line.session.end()
    exchange.intake.take()
    alice.cut()
    alice.enter(200)
    alice.enter(300)
    alice.log_in()
    alice.exchange_all()
    assert alice.said() == ["Accepted 1", "Accepted 2", "Accepted 3"]
    assert [message.quantity for message in alice.heard] == [100, 200, 300]


def test_a_session_is_cut_and_comes_back_and_says_so(exchange, alice):
    alice.enter()
    exchange.tick()
    alice.cut()
    alice.log_in()
    assert alice.told == ["cut: reset", "back at 3"]


def test_of_a_batch_only_what_has_no_answer_is_sent_again(exchange, alice):
    alice.lifeline.keep_rows(rows_to_enter(1, 5))
    alice.pump()
    exchange.intake.put_back(exchange.intake.take()[:2])
    alice.exchange_all()
    alice.cut()
    assert [
        item.count for item in alice.lifeline.outbox.unsent or alice.lifeline.outbox.batches
    ] == [3]
    alice.log_in()
    alice.exchange_all()
    assert alice.said() == [f"Accepted {n}" for n in range(1, 6)]
    assert numbers_carried_out(exchange) == [1, 2, 3, 4, 5]


def test_packed_reports_answer_single_requests_and_batches(exchange):
    alice = Caller(exchange, packed=True, next_report=0)
    alice.log_in()
    alice.enter()
    alice.lifeline.keep_rows(rows_to_enter(2, 3))
    alice.enter()
    alice.pump()
    alice.exchange_all()
    assert not alice.lifeline.outbox.items
    assert alice.lifeline.outbox.in_flight == 0
    rows = np.concatenate([rows_of(batch) for batch in alice.heard])
    assert rows["request_seq"].tolist() == [1, 2, 3, 4, 5]


def test_no_more_is_in_flight_than_the_venue_allows(exchange):
    alice = Caller(exchange, in_flight_max=10, next_report=0)
    alice.log_in()
    alice.lifeline.keep_rows(rows_to_enter(1, 25))
    alice.pump()
    assert exchange.intake.waiting == 10
    alice.exchange_all()
    assert alice.said() == [f"Accepted {n}" for n in range(1, 26)]


def test_rows_must_be_numbered_upwards(alice):
    alice.lifeline.keep_rows(rows_to_enter(3, 2))
    with pytest.raises(Mistake, match="from above 4 on"):
        alice.lifeline.keep_rows(rows_to_enter(4, 2))
    with pytest.raises(Mistake, match="must increase"):
        alice.lifeline.keep_rows(rows_to_enter(5, 2)[::-1])


def test_a_batch_has_no_requests_that_everyone_is_told_of(alice):
    rows = alice.terminal.numbered(make_rows(CommandKind.CHANGE_PHASE, phase=Phase.BREAK))
    with pytest.raises(Mistake, match="do not go in batches"):
        alice.lifeline.keep_rows(rows)


@pytest.mark.parametrize("packed", [False, True])
def test_what_everyone_is_told_answers_who_asked_for_it(exchange, packed):
    olivia = Caller(exchange, "olivia", packed=packed, next_report=0)
    olivia.log_in()
    for phase in (Phase.BREAK, Phase.CONTINUOUS):
        olivia.lifeline.keep(olivia.terminal.change_phase(phase))
    olivia.pump()
    exchange.tick()
    olivia.cut()
    assert len(olivia.lifeline.outbox.items) == 2
    olivia.log_in()
    olivia.exchange_all()
    assert not olivia.lifeline.outbox.items
    assert not olivia.lifeline.outbox.wishes
    assert not [message for message in olivia.heard if isinstance(message, Refused)]


def test_a_refused_request_is_told_and_not_sent_again(exchange, alice):
    exchange.vetting.throttle.in_flight_max[:] = 1
    alice.enter()
    alice.enter()
    alice.exchange_all()
    assert alice.said() == ["Refused 2", "Accepted 1"]
    assert not alice.lifeline.outbox.items


def test_a_refusal_that_was_lost_is_told_when_the_request_comes_again(exchange, alice):
    exchange.vetting.throttle.in_flight_max[:] = 1
    alice.enter()
    alice.enter()
    exchange.tick()
    alice.cut()
    alice.log_in()
    alice.exchange_all()
    assert alice.said() == ["Accepted 1", "Refused 2"]
    assert alice.heard[1].reason == Refusal.NOT_ANSWERED
    assert numbers_carried_out(exchange) == [1]


def test_a_request_that_a_report_has_answered_is_not_refused_as_well(exchange, alice):
    alice.enter()
    alice.exchange_all()
    alice.line.session.say(Refused(1, Refusal.NOT_ANSWERED))
    alice.hear()
    assert alice.said() == ["Accepted 1"]


def test_a_refused_row_of_a_batch_is_settled(exchange, alice):
    exchange.vetting.throttle.in_flight_max[:] = 2
    alice.lifeline.keep_rows(rows_to_enter(1, 3))
    alice.pump()
    alice.exchange_all()
    assert alice.said() == ["Refused 3", "Accepted 1", "Accepted 2"]
    assert not alice.lifeline.outbox.batches


def test_a_question_whose_answer_was_cut_off_is_asked_anew(exchange, alice):
    asked = alice.terminal.ask(AskOrders, 1001)
    alice.lifeline.outbox.put_question(asked)
    alice.pump()
    alice.cut()
    alice.log_in()
    alice.exchange_all()
    assert asked.rows == []
    alice.lifeline.outbox.drop_question(asked)
    assert not alice.lifeline.outbox.items


def test_a_logout_waits_for_what_was_asked_before_also_over_a_cut(exchange, alice):
    alice.enter()
    alice.line.session.end()
    exchange.intake.take()
    alice.cut()
    alice.lifeline.is_leaving = True
    alice.log_in()
    alice.exchange_all()
    assert alice.said() == ["Accepted 1", "Logout"]
    assert alice.lifeline.is_over


def test_who_is_taken_over_does_not_fight(exchange, alice):
    exchange.log_in("alice")
    with pytest.raises(SessionEnded) as ended:
        alice.hear()
    with pytest.raises(TakenOver, match="elsewhere"):
        alice.cut(ended.value)
    assert alice.lifeline.is_over


def test_requests_of_somebody_else_are_noticed_at_the_next_login(exchange, alice):
    alice.cut()
    terminal, line = exchange.log_in("alice")
    exchange.ask(line, terminal.send(rows_to_enter(1, 1)))
    with pytest.raises(TakenOver, match="request 1 of alice came from somewhere else"):
        alice.log_in()


def test_a_venue_that_has_lost_reports_is_not_asked_again(exchange, alice):
    alice.terminal.next_report = 50
    alice.cut()
    with pytest.raises(LoginRefused) as refused:
        alice.log_in()
    with pytest.raises(LoginRefused, match="next_report=1 and compare"):
        alice.lifeline.cut(refused.value, 0.0)


def rejected(reason: LoginReject, retry_after_ms: int = 0) -> LoginRefused:
    return LoginRefused(reason.name, reason, retry_after_ms)


@pytest.mark.parametrize(
    ("error", "is_mended"),
    [
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (SSLCertVerificationError(), False),
        (rejected(LoginReject.BUSY, 1_000), True),
        (rejected(LoginReject.LOCKED, 1_000), True),
        (rejected(LoginReject.UNKNOWN_USER_OR_PASSWORD), False),
        (rejected(LoginReject.VERSION_NOT_SUPPORTED), False),
        (rejected(LoginReject.WRONG_BUSINESS_DATE), False),
        (LoginRefused("the venue does not know the password"), False),
        (SessionEnded("the venue shuts down"), True),
        (SessionEnded("TOO_SLOW", ProtocolFault.TOO_SLOW), True),
        (SessionEnded("FRAME_TRUNCATED", ProtocolFault.FRAME_TRUNCATED), True),
        (SessionEnded("MESSAGE_UNEXPECTED", ProtocolFault.MESSAGE_UNEXPECTED), False),
        (SessionEnded("ROWS_MALFORMED", ProtocolFault.ROWS_MALFORMED), False),
        (ProtocolViolation(ProtocolFault.MESSAGE_UNEXPECTED, "a report is missing"), True),
        (ProtocolViolation(ProtocolFault.MESSAGE_MALFORMED, "no venue"), False),
    ],
    ids=lambda value: f"{type(value).__name__}-{value}",
)
def test_only_what_another_try_may_mend_is_tried_again(error, is_mended):
    assert (verdict(error) is None) == is_mended


def lifeline(**options) -> Lifeline:
    return Lifeline("alice", "secret", {}, Recovery(**options), lambda: 1.0)


def test_tries_are_twice_as_far_apart_each_time_up_to_a_bound():
    line, now, waits = lifeline(wait_seconds=0.1, wait_seconds_max=1.0), 0.0, []
    for _ in range(6):
        line.cut(ConnectionRefusedError("nobody listens"), now)
        waits.append(line.seconds_to_wait(now))
        now += waits[-1]
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])


def test_chance_spreads_the_tries():
    line = Lifeline("alice", "secret", {}, Recovery(wait_seconds=0.1), lambda: 0.0)
    line.cut(ConnectionRefusedError(), 0.0)
    assert line.seconds_to_wait(0.0) == pytest.approx(0.05)


def test_a_busy_venue_is_left_alone_for_as_long_as_it_says():
    line = lifeline(wait_seconds=0.1)
    line.cut(rejected(LoginReject.BUSY, 1_500), 10.0)
    assert line.seconds_to_wait(10.0) == pytest.approx(1.6)


def test_after_a_time_without_success_it_is_given_up():
    line = lifeline(wait_seconds=0.5, give_up_seconds=60)
    line.cut(ConnectionRefusedError("nobody listens"), 100.0)
    line.cut(ConnectionRefusedError("nobody listens"), 150.0)
    with pytest.raises(GaveUp, match="in 60 seconds: nobody listens"):
        line.cut(ConnectionRefusedError("nobody listens"), 160.0)


def test_the_time_begins_anew_when_something_was_heard(alice):
    alice.now = 0.0
    alice.cut()
    alice.now = 50.0
    alice.log_in()
    alice.enter()
    alice.exchange_all()
    alice.cut()
    alice.now = 109.0
    alice.cut()
    assert alice.lifeline.is_apart


def test_silence_wears_out_patience_whoever_waits_for_how_long(alice):
    heartbeat = alice.lifeline.session.heartbeat_seconds
    assert alice.lifeline.patience_seconds == 3 * heartbeat
    alice.lifeline.silent_seconds += 2 * heartbeat
    assert alice.lifeline.patience_seconds == heartbeat
    alice.enter()
    alice.exchange_all()
    assert alice.lifeline.patience_seconds == 3 * heartbeat


def test_a_heartbeat_is_due_when_nothing_was_sent_for_an_interval(alice):
    heartbeat = alice.lifeline.session.heartbeat_seconds
    alice.lifeline.sent_at = 0.0
    assert not alice.lifeline.heartbeat(heartbeat - 0.1)
    assert alice.lifeline.heartbeat(heartbeat)
    assert not alice.lifeline.heartbeat(heartbeat + 1)
    alice.cut()
    assert not alice.lifeline.heartbeat(heartbeat * 5)


def test_too_much_to_answer_again_is_had_by_another_login(alice):
    refused = Refused(1, Refusal.TOO_MANY_RESENT)
    alice.enter()
    alice.line.session.say(refused)
    with pytest.raises(SessionEnded, match="too many requests to answer again"):
        alice.hear()
    assert alice.lifeline.outbox.items

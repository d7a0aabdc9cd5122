"""Drop copies, without sockets: who hears whose reports, in which order, under which numbers."""

import numpy as np
import pytest

from gateway import copies, reading
from gateway.session import PAUSED_BEATS_MAX
from protocol.codec import encode
from protocol.messages import (
    CommandBatch,
    EnterOrder,
    LoginAccepted,
    LoginRejected,
    Logout,
    ProtocolError,
)
from protocol.questions import AskFunds
from protocol.records import REPORT
from protocol.terminal import Terminal, rows_of
from protocol.vocabulary import (
    EVERYONE,
    Copies,
    LoginReject,
    Phase,
    ProtocolFault,
    Side,
)
from tests.gateway.exchange import PASSWORDS, Exchange, Line, known_keys
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter

ALICE, BOB, OLIVIA = 1, 2, 3


@pytest.fixture
def exchange() -> Exchange:
    """An exchange on which alice and bob have traded, alice of branch 1, bob of branch 2."""
    exchange = Exchange()
    operator, line = exchange.log_in("olivia")
    exchange.ask(line, operator.change_phase(Phase.CONTINUOUS))
    trade(exchange, "alice", "bob")
    return exchange


def trade(exchange: Exchange, *users: str) -> None:
    """Let users enter some orders that trade with each other, and leave."""
    for user in users:
        terminal, line = exchange.log_in(user, next_report=0)
        account = 1001 if user == "alice" else 2001
        for side in (Side.BUY, Side.SELL):
            exchange.ask(line, terminal.enter(account, MOUTAI, side, PRICE, 200))
        line.session.end()


def copied(exchange: Exchange, user: str, **options) -> tuple[Terminal, Line]:
    """Return both halves of a user's copy, just logged in."""
    terminal, line = Terminal(known_keys), exchange.connect()
    exchange.prove(terminal, line, user, PASSWORDS[user], **options)
    return terminal, line


def heard(terminal: Terminal, line: Line) -> np.ndarray:
    """Return the REPORT rows that have come since the last time, held to their numbers."""
    batches = [rows_of(batch) for batch in terminal.receive(line.hear()) if hasattr(batch, "rows")]
    return np.concatenate(batches) if batches else np.zeros(0, REPORT)


def of_day(exchange: Exchange, *sessions: int) -> bytes:
    """Return all reports of the day, or those of some sessions and those for everyone."""
    rows = exchange.streams.reports.rows()
    return (rows[np.isin(rows["session"], [*sessions, EVERYONE])] if sessions else rows).tobytes()


def test_a_copy_of_everyone_is_the_day_s_file_and_goes_on_live(exchange):
    terminal, line = copied(exchange, "olivia", copies=Copies.EVERYONE)
    first = heard(terminal, line)
    assert first.tobytes() == of_day(exchange)
    trade(exchange, "bob", "alice")
    live = heard(terminal, line)
    assert len(live) and first.tobytes() + live.tobytes() == of_day(exchange)
    assert terminal.next_report == exchange.streams.indexed + 1


def test_a_copy_of_a_branch_has_its_sessions_reports_and_those_for_everyone_once(exchange):
    terminal, line = copied(exchange, "bob", copies=Copies.BRANCH)
    first = heard(terminal, line)
    trade(exchange, "bob", "alice")
    both = first.tobytes() + heard(terminal, line).tobytes()
    assert both == of_day(exchange, BOB) != of_day(exchange)


def test_a_copy_of_a_branch_is_the_merge_of_its_sessions_streams(exchange):
    terminal, line = copied(exchange, "alice", copies=Copies.BRANCH)
    trade(exchange, "alice", "bob")
    branch = exchange.desk.reception.colleagues_of(terminal.asked_for)
    assert set(branch) == {ALICE, OLIVIA}
    streams = [exchange.streams.since(session, 1, 1_000) for session in branch]
    lines = {(row["sequence"], row.tobytes()): row for rows in streams for row in rows}
    got = heard(terminal, line)
    assert sorted(row.tobytes() for row in got) == sorted(text for _, text in lines)
    assert (np.diff(got["sequence"]) >= 0).all()
    assert got.tobytes() == of_day(exchange, *branch)


def test_a_copy_begins_at_any_number(exchange):
    for kind, user, sessions in (
        (Copies.BRANCH, "bob", (BOB,)),
        (Copies.EVERYONE, "olivia", ()),
    ):
        whole = np.frombuffer(of_day(exchange, *sessions), REPORT)
        for first in range(1, len(whole) + 2):
            terminal, line = copied(exchange, user, copies=kind, next_report=first)
            assert heard(terminal, line).tobytes() == whole[first - 1 :].tobytes()
            assert terminal.accepted.next_report == len(whole) + 1
        _, line = copied(exchange, user, copies=kind, next_report=len(whole) + 2)
        (rejected,) = line.messages()
        assert rejected.reason is LoginReject.NO_SUCH_REPORT


def test_a_copy_of_new_reports_only_begins_with_the_next(exchange):
    terminal, line = copied(exchange, "bob", copies=Copies.BRANCH, next_report=0)
    assert len(heard(terminal, line)) == 0
    before = len(of_day(exchange, BOB))
    trade(exchange, "bob")
    assert heard(terminal, line).tobytes() == of_day(exchange, BOB)[before:]


def test_reports_of_a_branch_without_trades_leave_no_gap(exchange):
    terminal, line = copied(exchange, "bob", copies=Copies.BRANCH)
    heard(terminal, line)
    alice, a = exchange.log_in("alice", next_report=0)
    exchange.ask(a, alice.send(rows_to_enter(10, 50)))
    assert line.messages() == []
    trade(exchange, "bob")
    assert len(heard(terminal, line))


def test_a_copy_and_the_user_s_trading_session_do_not_touch_each_other(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    _, line = copied(exchange, "alice", copies=Copies.BRANCH)
    assert a.is_open and line.is_open
    line.session.end()
    a.hear()
    (accepted,) = exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    assert accepted.client_seq == alice.client_seq
    exchange.log_in("alice", next_report=0)
    assert not a.is_open


def test_the_second_copy_of_a_kind_ends_the_first_and_no_other(exchange):
    _, first = copied(exchange, "olivia", copies=Copies.EVERYONE)
    _, branch = copied(exchange, "olivia", copies=Copies.BRANCH)
    first.hear()
    terminal, second = copied(exchange, "olivia", copies=Copies.EVERYONE)
    assert first.messages() == [Logout("the user has logged in anew")]
    assert (first.is_open, branch.is_open, second.is_open) == (False, True, True)
    heard(terminal, second)
    trade(exchange, "alice")
    assert len(heard(terminal, second))
    assert first.messages() == []


@pytest.mark.parametrize(
    "request_frame",
    [
        encode(EnterOrder(900, 1001, MOUTAI, Side.BUY, PRICE, 100)),
        encode(CommandBatch(rows_to_enter(900, 2).tobytes())),
        encode(AskFunds(1, 1001)),
    ],
    ids=["order", "batch", "question"],
)
def test_who_hears_a_copy_asks_for_nothing(exchange, request_frame):
    terminal, line = copied(exchange, "alice", copies=Copies.BRANCH)
    line.session.receive(terminal.heartbeat())
    line.hear()
    told = exchange.streams.indexed
    (error,) = exchange.ask(line, request_frame)
    assert isinstance(error, ProtocolError) and error.fault is ProtocolFault.MESSAGE_UNEXPECTED
    assert "log in without copies" in error.text
    assert not line.is_open and exchange.streams.indexed == told


def test_a_copy_takes_no_orders_along_when_it_ends(exchange):
    alice, a = exchange.log_in("alice", next_report=0)
    exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE - 1_000, 100))
    options = {"copies": Copies.BRANCH, "cancels_on_disconnect": True, "in_flight_max": 1}
    _, line = copied(exchange, "alice", **options)
    line.session.end()
    assert not exchange.intake.waiting
    exchange.tick()
    assert a.messages() == []
    batch = exchange.ask(a, alice.send(rows_to_enter(alice.client_seq + 1, 5)))
    assert len(batch) == 5


def test_a_copy_says_goodbye_when_it_is_asked_to(exchange):
    terminal, line = copied(exchange, "bob", copies=Copies.BRANCH)
    heard(terminal, line)
    assert exchange.ask(line, terminal.logout()) == [Logout()]
    assert exchange.streams.copiers == {}


def test_a_copy_is_packed_whatever_its_login_says(exchange):
    for packed in (False, True):
        _, line = copied(exchange, "bob", copies=Copies.BRANCH, packed=packed)
        assert {type(message).__name__ for message in line.messages()} == {
            "LoginAccepted",
            "ReportBatch",
        }


def test_the_answer_to_a_copy_s_login_tells_of_the_copy(exchange):
    _, line = copied(exchange, "bob", copies=Copies.BRANCH, next_report=0)
    (accepted,) = line.messages()
    assert isinstance(accepted, LoginAccepted)
    count = len(of_day(exchange, BOB)) // REPORT.itemsize
    assert (accepted.session, accepted.client_seq, accepted.next_report) == (BOB, 0, count + 1)


def test_a_terminal_may_copy_its_branch_and_not_everyone(exchange):
    _, line = copied(exchange, "alice", copies=Copies.EVERYONE)
    (rejected,) = line.messages()
    assert isinstance(rejected, LoginRejected) and rejected.reason is LoginReject.NOT_PERMITTED
    assert rejected.text == (
        "this needs COPY_REPORTS for EVERY, and the role TERMINAL has it for OWN; "
        "use a user of another role"
    )
    assert not line.is_open and exchange.streams.copiers == {}


def test_a_long_day_is_looked_through_by_turns_and_others_trade_meanwhile(exchange, monkeypatch):
    monkeypatch.setattr(copies, "SCANNED_ROWS", 4)
    trade(exchange, *["alice", "bob"] * 4)
    terminal, line = copied(exchange, "bob", copies=Copies.BRANCH)
    alice, a = exchange.log_in("alice", next_report=0)
    a.hear()
    first = heard(terminal, line)
    assert len(first) < 4
    parts = [first]
    while exchange.intake.turns:
        answers = exchange.ask(a, alice.enter(1001, MOUTAI, Side.BUY, PRICE - 1_000, 100))
        assert len(answers) == 1
        exchange.tick()
        parts.append(heard(terminal, line))
    assert np.concatenate(parts).tobytes() == of_day(exchange, BOB)
    assert len(parts) > 3
    trade(exchange, "bob")
    parts.append(heard(terminal, line))
    assert np.concatenate(parts).tobytes() == of_day(exchange, BOB)


def test_who_does_not_read_its_copy_has_the_rest_from_the_file(exchange, monkeypatch):
    for module in (reading, copies):
        monkeypatch.setattr(module, "BATCH_REPORTS_MAX", 3)
    terminal, line = copied(exchange, "olivia", copies=Copies.EVERYONE)
    parts = [heard(terminal, line)]
    line.session.pause()
    trade(exchange, "alice", "bob")
    assert line.messages() == []
    line.session.resume()
    parts.append(heard(terminal, line))
    trade(exchange, "bob")
    parts.append(heard(terminal, line))
    assert np.concatenate(parts).tobytes() == of_day(exchange)


def test_a_copy_s_peer_that_stops_reading_amid_a_batch_gets_the_rest_later(exchange, monkeypatch):
    monkeypatch.setattr(copies, "BATCH_REPORTS_MAX", 3)
    terminal, line = copied(exchange, "olivia", copies=Copies.EVERYONE)
    parts = [heard(terminal, line)]

    def transmit_and_pause(data: bytes) -> None:
        line.transmit(data)
        line.session.pause()

    line.session.transmit = transmit_and_pause
    alice, a = exchange.log_in("alice", next_report=0)
    exchange.ask(a, alice.send(rows_to_enter(alice.client_seq + 1, 10)))
    parts.append(heard(terminal, line))
    assert len(parts[-1]) == 3
    line.session.transmit = line.transmit
    line.session.resume()
    parts.append(heard(terminal, line))
    assert np.concatenate(parts).tobytes() == of_day(exchange)


def test_who_leaves_a_copy_unread_for_long_is_cut_and_comes_back_for_the_rest(exchange):
    terminal, line = copied(exchange, "bob", copies=Copies.BRANCH)
    first = heard(terminal, line)
    line.session.pause()
    trade(exchange, "bob", "alice")
    for _ in range(PAUSED_BEATS_MAX + 1):
        line.session.receive(terminal.heartbeat())
        line.session.beat()
    *_, error = line.messages()
    assert isinstance(error, ProtocolError) and error.fault is ProtocolFault.TOO_SLOW
    assert not line.is_open and exchange.streams.copiers == {}
    terminal, line = copied(exchange, "bob", copies=Copies.BRANCH, next_report=len(first) + 1)
    assert first.tobytes() + heard(terminal, line).tobytes() == of_day(exchange, BOB)

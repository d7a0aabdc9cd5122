"""One user, two connections: who comes anew has the session, whatever becomes of the other one."""

import pytest

from protocol.codec import encode
from protocol.messages import (
    Accepted,
    Canceled,
    Logout,
    Proof,
    ProtocolError,
    Rejected,
    ReportBatch,
    Traded,
)
from protocol.terminal import Terminal
from protocol.vocabulary import LoginReject, ProtocolFault, Side
from tests.gateway.exchange import PASSWORDS, Exchange, Line, known_keys
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter

FENCED = Logout("the user has logged in anew")


@pytest.fixture
def exchange() -> Exchange:
    return Exchange.trading()


def begin(exchange: Exchange, **options) -> tuple[Terminal, Line]:
    """Log alice in, with nothing heard yet."""
    alice, line = exchange.log_in("alice", next_report=0, **options)
    line.hear()
    return alice, line


def enter(alice: Terminal, quantity: int) -> bytes:
    return alice.enter(1001, MOUTAI, Side.BUY, PRICE, quantity)


def quantities(messages: list, form: type) -> list[int]:
    return [message.quantity for message in messages if isinstance(message, form)]


def test_what_the_old_connection_asked_before_is_answered_to_the_new_one(exchange):
    alice, old = begin(exchange)
    old.session.receive(enter(alice, 100) + enter(alice, 200))
    again, new = begin(exchange)
    assert old.messages() == [FENCED] and not old.is_open
    exchange.tick()
    assert quantities(new.messages(), Accepted) == [100, 200]
    assert again.client_seq == 2 and exchange.ask(new, enter(again, 300))
    assert old.hear() == b""


def test_what_the_old_connection_still_writes_is_not_read(exchange):
    alice, old = begin(exchange)
    half = enter(alice, 100)
    old.session.receive(half[:9])
    _, new = begin(exchange)
    old.session.receive(half[9:] + enter(alice, 200) + alice.send(rows_to_enter(5, 3)))
    old.session.receive_end()
    exchange.tick()
    assert exchange.venue.sequence == exchange.sequencer.sequence
    assert new.messages() == [] and new.is_open
    assert old.messages() == [FENCED]


@pytest.mark.parametrize("tries", [1, 5])
def test_who_does_not_know_the_password_takes_nothing_over(exchange, tries):
    alice, line = begin(exchange)
    for _ in range(tries):
        thief = exchange.connect()
        exchange.prove(Terminal(known_keys), thief, "alice", "a guess that is wrong")
        (refused,) = thief.messages()
        assert refused.reason is LoginReject.UNKNOWN_USER_OR_PASSWORD and not thief.is_open
    assert line.is_open and line.hear() == b""
    assert quantities(exchange.ask(line, enter(alice, 100)), Accepted) == [100]


def test_a_proof_that_was_stolen_on_its_way_fits_no_other_connection(exchange):
    alice = Terminal(known_keys)
    line, thief = exchange.connect(), exchange.connect()
    login = alice.login("alice", PASSWORDS["alice"])
    line.session.receive(login)
    thief.session.receive(login)
    (challenge,) = line.messages()
    proof = alice.prove(challenge)
    line.session.receive(proof)
    thief.hear()
    thief.session.receive(proof)
    (refused,) = thief.messages()
    assert refused.reason is LoginReject.UNKNOWN_USER_OR_PASSWORD
    assert line.is_open and line.session.number and not thief.is_open


def test_a_peer_that_is_half_open_keeps_nobody_out(exchange):
    """Nothing tells that its machine is gone: it neither reads nor writes, nor closes."""
    alice, gone = begin(exchange)
    exchange.ask(gone, enter(alice, 100))
    gone.hear()
    gone.session.pause()
    _, bob = exchange.log_in("bob", next_report=0)
    bob.hear()
    bob.session.receive(Terminal(known_keys).enter(2001, MOUTAI, Side.SELL, PRICE, 40))
    exchange.tick()
    again, new = exchange.log_in("alice", next_report=1)
    heard = new.messages()
    assert (quantities(heard, Accepted), quantities(heard, Traded)) == ([100], [40])
    assert not gone.is_open and new.is_open
    assert quantities(exchange.ask(new, again.cancel(of_client_seq=1)), Canceled) == [60]


def test_reports_go_on_without_a_seam_from_one_connection_to_the_next(exchange):
    alice, old = begin(exchange, packed=True)
    exchange.ask(old, alice.send(rows_to_enter(1, 5)))
    exchange.ask(old, alice.send(rows_to_enter(6, 4)))
    _, new = exchange.log_in("alice", next_report=6, packed=True)
    batches = [message for message in new.messages() if isinstance(message, ReportBatch)]
    assert [batch.first_report for batch in batches] == [6]
    new.session.receive(alice.send(rows_to_enter(10, 2)))
    exchange.tick()
    (live,) = new.messages()
    assert live.first_report == 11 and old.messages() == [FENCED]


def test_the_orders_of_the_old_connection_are_gone_before_the_new_one_acts(exchange):
    alice, old = begin(exchange, cancels_on_disconnect=True)
    exchange.ask(old, enter(alice, 100))
    again, new = begin(exchange, cancels_on_disconnect=True)
    heard = exchange.ask(new, enter(again, 200) + again.cancel(of_client_seq=1))
    assert [type(message) for message in heard] == [Canceled, Accepted, Rejected]
    new.session.receive_end()
    exchange.tick()
    _, last = exchange.log_in("alice", next_report=1)
    assert quantities(last.messages(), Canceled) == [100, 200]


def test_of_two_that_log_in_at_once_the_later_proof_has_the_session(exchange):
    first, second = Terminal(known_keys), Terminal(known_keys)
    one, other = exchange.connect(), exchange.connect()
    for terminal, line in ((first, one), (second, other)):
        line.session.receive(terminal.login("alice", PASSWORDS["alice"], next_report=0))
    (later,), (earlier,) = one.messages(), other.messages()
    other.session.receive(second.prove(earlier))
    one.session.receive(first.prove(later))
    assert other.messages()[-1] == FENCED and not other.is_open
    assert one.is_open and exchange.ask(one, enter(first, 100))


def test_a_connection_that_waits_for_its_challenge_is_no_session_to_take(exchange):
    alice, line = begin(exchange)
    waiting = exchange.connect()
    waiting.session.receive(Terminal(known_keys).login("alice", PASSWORDS["alice"]))
    waiting.hear()
    waiting.session.receive(enter(alice, 100))
    (error,) = waiting.messages()
    assert isinstance(error, ProtocolError)
    assert error.fault is ProtocolFault.MESSAGE_UNEXPECTED
    assert line.is_open and not exchange.intake.waiting
    late = exchange.connect()
    late.session.receive(encode(Proof(bytes(32))))
    (error,) = late.messages()
    assert error.fault is ProtocolFault.MESSAGE_UNEXPECTED and line.is_open

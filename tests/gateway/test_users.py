"""Users that operators lock and limit while the venue runs."""

from gateway.streams import Streams
from gateway.throttle import Throttle
from gateway.users import Users
from protocol.messages import Accepted, LoginRejected, Logout, Refused, Rejected, UserChanged
from protocol.questions import AskUsers
from protocol.terminal import Terminal
from protocol.vocabulary import (
    Copies,
    LoginReject,
    Refusal,
    Reject,
    Role,
    Side,
)
from tests.gateway.exchange import PASSWORDS, Exchange, Line, known_keys
from tests.gateway.orders import MOUTAI, PRICE

ALICE, BOB, OSCAR = 1, 2, 4


def locking(exchange: Exchange, number: int = ALICE, **change) -> list:
    """Have olivia change a user; return what she hears."""
    olivia, line = exchange.log_in("olivia", next_report=0)
    line.hear()
    told = exchange.ask(line, olivia.change_user(number, **change))
    exchange.ask(line, olivia.logout())
    return told


def last_words(line: Line) -> str:
    """Return why a session was ended."""
    *_, farewell = line.messages()
    assert isinstance(farewell, Logout) and not line.is_open
    return farewell.reason


def test_a_locked_user_is_sent_away_and_its_orders_stay():
    exchange = Exchange.trading()
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    (accepted,) = exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    assert isinstance(accepted, Accepted)
    (told,) = locking(exchange, is_locked=True)
    assert isinstance(told, UserChanged) and told.is_locked and told.number == ALICE
    assert "locked" in last_words(line)
    assert exchange.venue.count_open_orders() == 1


def test_a_locked_user_comes_neither_to_trade_nor_to_hear_copies():
    exchange = Exchange.trading()
    locking(exchange, is_locked=True)
    for copies in (Copies.NOTHING, Copies.BRANCH):
        line = exchange.connect()
        exchange.prove(Terminal(known_keys), line, "alice", PASSWORDS["alice"], copies=copies)
        (refused,) = line.messages()
        assert isinstance(refused, LoginRejected)
        assert refused.reason is LoginReject.USER_LOCKED


def test_a_user_that_is_let_in_again_comes_in():
    exchange = Exchange.trading()
    locking(exchange, is_locked=True)
    locking(exchange, is_locked=False)
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    (accepted,) = exchange.ask(line, alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    assert isinstance(accepted, Accepted)


def test_who_hears_copies_is_sent_away_too():
    exchange = Exchange.trading()
    _, line = exchange.log_in("oscar", copies=Copies.EVERYONE, next_report=0)
    locking(exchange, OSCAR, is_locked=True)
    assert "locked" in last_words(line)


def test_a_request_behind_the_lock_is_rejected():
    exchange = Exchange.trading()
    alice, line = exchange.log_in("alice", next_report=0)
    olivia, operator = exchange.log_in("olivia", next_report=0)
    line.hear()
    operator.session.receive(olivia.change_user(ALICE, is_locked=True))
    line.session.receive(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100))
    exchange.tick()
    kinds = [type(message) for message in line.messages()]
    assert kinds[-1] is Logout
    assert exchange.venue.count_open_orders() == 0


def test_a_limit_in_flight_holds_at_once_and_at_the_next_login():
    exchange = Exchange.trading()
    alice, line = exchange.log_in("alice", next_report=0)
    locking(exchange, is_locked=False, in_flight_max=2)
    line.hear()
    orders = b"".join(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100) for _ in range(3))
    told = exchange.ask(line, orders)
    assert [type(message) for message in told] == [Refused, Accepted, Accepted]
    assert told[0].reason is Refusal.TOO_MANY_IN_FLIGHT
    again = exchange.connect()
    exchange.prove(Terminal(known_keys), again, "alice", PASSWORDS["alice"], next_report=0)
    (accepted,) = again.messages()
    assert accepted.in_flight_max == 2


def test_a_limit_that_is_lifted_leaves_what_was_agreed_upon():
    exchange = Exchange.trading()
    exchange.log_in("alice", next_report=0, in_flight_max=7)
    locking(exchange, is_locked=False, in_flight_max=2)
    locking(exchange, is_locked=False)
    assert exchange.vetting.throttle.in_flight_max[ALICE] == 7


def test_a_rate_holds_one_user_and_no_other():
    exchange = Exchange.trading()
    alice, a = exchange.log_in("alice", next_report=0)
    bob, b = exchange.log_in("bob", next_report=0)
    locking(exchange, is_locked=False, rate_max=2)
    a.hear()
    b.hear()
    told = exchange.ask(
        a, b"".join(alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100) for _ in range(4))
    )
    assert [type(one) for one in told].count(Refused) == 2
    assert {one.reason for one in told if isinstance(one, Refused)} == {Refusal.RATE_EXCEEDED}
    others = exchange.ask(
        b, b"".join(bob.enter(2001, MOUTAI, Side.BUY, PRICE, 100) for _ in range(4))
    )
    assert [type(one) for one in others] == [Accepted] * 4


def test_locks_and_limits_hold_when_the_venue_is_back():
    exchange = Exchange.trading()
    locking(exchange, is_locked=True, rate_max=2, in_flight_max=3)
    throttle = Throttle(5, 100, 0)
    users = Users(exchange.venue, Streams(5), throttle)
    users.resume()
    assert users.is_locked(ALICE) and not users.is_locked(BOB)
    assert throttle.in_flight_max.tolist() == [100, 3, 100, 100, 100]
    assert throttle.rate_max.tolist() == [0, 2, 0, 0, 0]


def test_operators_are_told_who_is_there_and_who_is_locked():
    exchange = Exchange.trading()
    exchange.log_in("bob", next_report=0)
    locking(exchange, is_locked=True, rate_max=2)
    olivia, line = exchange.log_in("olivia", next_report=0)
    line.hear()
    asked = olivia.ask(AskUsers)
    (answer,) = exchange.ask(line, asked.frame)
    users = [(user.name, user.role, user.is_connected, user.is_locked) for user in answer.rows]
    assert users == [
        ("alice", Role.TERMINAL, False, True),
        ("bob", Role.TERMINAL, True, False),
        ("olivia", Role.OPERATOR, True, False),
        ("oscar", Role.OPERATOR, False, False),
    ]
    assert answer.rows[0].rate_max == 2


def test_a_terminal_neither_locks_nor_asks_who_is_there():
    exchange = Exchange.trading()
    bob, line = exchange.log_in("bob", next_report=0)
    line.hear()
    (refused,) = exchange.ask(line, bob.change_user(ALICE, is_locked=True))
    assert isinstance(refused, Rejected) and refused.reason is Reject.COMMAND_NOT_PERMITTED

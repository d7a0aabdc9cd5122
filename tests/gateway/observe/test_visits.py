"""Who came, from where, and how they left: in the log, and counted."""

import logging

import pytest

from gateway.observe.visits import Visit, Visits, address_of
from protocol.messages import LoginRejected, Logout
from protocol.vocabulary import Copies, LoginReject, ProtocolFault
from tests.gateway.exchange import Exchange

REFUSED = LoginRejected(LoginReject.UNKNOWN_USER_OR_PASSWORD, "check user name and password")


@pytest.fixture
def told(caplog):
    """What is written from now on: the event and its fields."""
    caplog.set_level(logging.INFO, "cuohe")
    own = {"user", "session", "address", "reason", "fault", "text"}

    def told() -> list[tuple[str, dict]]:
        return [
            (record.getMessage(), {name: record.__dict__[name] for name in own & {*vars(record)}})
            for record in caplog.records
        ]

    return told


def test_a_visit_is_told_from_login_to_end(told):
    exchange = Exchange()
    _, line = exchange.log_in("alice")
    line.session.visit.address = "127.0.0.1:50000"
    line.session.receive(b"\0\0\0\0")
    alice = {"user": "alice", "session": 1}
    here = alice | {"address": "127.0.0.1:50000"}
    *_, accepted, cut, ended = told()
    assert accepted == ("login accepted", alice | {"address": "-"})
    assert cut[0] == "session cut"
    assert cut[1] == here | {"fault": "FRAME_EMPTY", "text": cut[1]["text"]}
    assert ended == ("session ended", here | {"text": ""})
    visits = exchange.desk.visits
    assert (visits.logins, visits.faults) == ({"ACCEPTED": 1}, {"FRAME_EMPTY": 1})
    assert visits.by_session == {}


def test_a_name_that_nobody_has_is_not_written_down(told):
    visits = Visits({"alice"})
    for user in ("alice", "open sesame"):
        Visit(visits).log_in(user, REFUSED)
    (_, known), (_, unknown) = told()
    assert (known["user"], unknown["user"]) == ("alice", "-")
    assert known["reason"] == unknown["reason"] == "UNKNOWN_USER_OR_PASSWORD"
    assert visits.logins == {"UNKNOWN_USER_OR_PASSWORD": 2}


def test_who_never_logged_in_leaves_without_a_word(told):
    Visit(Visits({})).end(Logout("the venue has no room for more connections; try later"))
    assert told() == []


def test_a_farewell_is_told(told):
    exchange = Exchange()
    _, line = exchange.log_in("bob")
    line.session.end(Logout("the venue shuts down"))
    assert told()[-1][1]["text"] == "the venue shuts down"


def test_an_old_visit_does_not_end_the_new_one_of_its_session():
    exchange = Exchange()
    _, line = exchange.log_in("alice")
    old = line.session.visit
    new = Visit(exchange.desk.visits)
    new.session, exchange.desk.visits.by_session[1] = 1, new
    old.end(None)
    assert exchange.desk.visits.by_session == {1: new}


def test_a_copy_is_a_visit_beside_the_one_that_trades(told):
    exchange = Exchange()
    _, trading = exchange.log_in("alice")
    _, copy = exchange.log_in("alice", copies=Copies.BRANCH)
    assert copy.session.visit.fields["copies"] == "BRANCH"
    copy.session.end(Logout("the venue shuts down"))
    visits = exchange.desk.visits
    assert visits.by_session == {1: trading.session.visit} and visits.copying == set()
    assert told()[-1] == (
        "session ended",
        {"user": "alice", "session": 1, "address": "-", "text": "the venue shuts down"},
    )


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("127.0.0.1", 50_000), "127.0.0.1:50000"),
        (("::1", 50_000, 0, 0), "[::1]:50000"),
        (None, "-"),
        ("", "-"),
    ],
)
def test_an_address_is_written_as_people_do(peer, address):
    assert address_of(peer) == address


def test_every_fault_has_a_name_to_be_counted_by():
    visits = Visits({})
    for fault in ProtocolFault:
        Visit(visits).break_rule(fault, "")
    assert visits.faults == {fault.name: 1 for fault in ProtocolFault}

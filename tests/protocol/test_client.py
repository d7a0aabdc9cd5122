"""The blocking client, against the other end of a pair of sockets."""

import socket
import time

import pytest

from protocol.client import BlockingClient, Requests
from protocol.codec import encode
from protocol.messages import Heartbeat, LoginAccepted, PhaseChanged
from protocol.vocabulary import Phase, Role

WELCOME = LoginAccepted(
    *(1, 1, 1000, 1999, 20261120, 1, 0, 10, "sync", []), *(Role.TERMINAL, 1, b"")
)


@pytest.fixture
def ends():
    """A client whose session is open, and the venue's end of its line."""
    client = object.__new__(BlockingClient)
    Requests.__init__(client)
    client.timeout = 5.0
    client.socket, venue = socket.socketpair()
    client.terminal.accepted = WELCOME
    venue.settimeout(0.2)
    with client.socket, venue:
        yield client, venue


def report(number: int) -> bytes:
    return encode(PhaseChanged(number, 0, Phase.CONTINUOUS, ""))


def test_who_only_listens_shows_life_however_much_there_is_to_hear(ends):
    client, venue = ends
    client.sent_at = time.monotonic() - WELCOME.heartbeat_seconds
    venue.sendall(report(1) + encode(Heartbeat()))
    assert client.receive().report_number == 1
    assert venue.recv(64) == encode(Heartbeat())
    venue.sendall(report(2))
    assert client.receive().report_number == 2
    with pytest.raises(TimeoutError):
        venue.recv(64)

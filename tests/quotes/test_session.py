"""Sessions of market data, byte by byte: who gets in, what is taken, and what ends one."""

import pytest

from gateway.quotes.session import QuotesSession
from gateway.session import SILENT_BEATS_MAX
from protocol.codec import decode_market_outbound, encode
from protocol.framing import Frames
from protocol.market import Snapshot
from protocol.messages import (
    CancelOrder,
    Heartbeat,
    Logout,
    ProtocolError,
)
from protocol.quotes import Viewer
from protocol.terminal import SessionEnded
from protocol.vocabulary import LoginReject, ProtocolFault, Side
from tests.quotes.porter import PASSWORD, WELCOME, OpenLobby
from tests.quotes.watching import SHARE


class Line:
    """A connection to a publisher; alice may log in."""

    def __init__(self, publisher) -> None:
        self.sent = bytearray()
        self.is_open = True
        lobby = OpenLobby()
        self.left = lobby.left
        self.session = QuotesSession(lobby, publisher, self.transmit, self.hang_up)

    def log_in(self) -> None:
        """Open the session of alice."""
        viewer = Viewer()
        (challenge,) = self.says(viewer.login("alice", PASSWORD))
        (accepted,) = self.says(viewer.prove(challenge))
        assert accepted.session == WELCOME.session

    def transmit(self, data: bytes) -> None:
        self.sent += data

    def hang_up(self) -> None:
        self.is_open = False

    def says(self, *frames: bytes) -> list:
        """Send frames, and return the messages that come."""
        self.sent.clear()
        self.session.receive(b"".join(frames))
        return [decode_market_outbound(body) for body in Frames().feed(self.sent)]


@pytest.fixture
def line(shown, market) -> Line:
    return Line(shown.publisher)


@pytest.fixture
def open_line(line) -> Line:
    line.log_in()
    return line


def test_a_login_and_a_subscription_bring_a_snapshot(open_line):
    (snapshot,) = open_line.says(Viewer().subscribe(SHARE))
    assert isinstance(snapshot, Snapshot)


def test_who_may_not_log_in_is_told_so_and_cut(line):
    (refused,) = line.says(Viewer().login("mallory", "..."))
    assert refused.reason is LoginReject.UNKNOWN_USER_OR_PASSWORD
    assert not line.is_open and line.left == []


def test_nothing_comes_before_the_login(line):
    (error,) = line.says(Viewer().subscribe(SHARE))
    assert error.fault is ProtocolFault.MESSAGE_UNEXPECTED
    assert not line.is_open


@pytest.mark.parametrize(
    "frame",
    [
        Viewer().enter(1001, SHARE, Side.BUY, 100_000, 100),
        encode(CancelOrder(1, 1)),
        Viewer().login("alice", "..."),
    ],
    ids=["enter", "cancel", "login"],
)
def test_orders_and_a_second_login_end_the_session(open_line, shown, frame):
    before = shown.venue.sequence
    (error,) = open_line.says(frame, Viewer().subscribe(SHARE))
    assert isinstance(error, ProtocolError)
    assert error.fault is ProtocolFault.MESSAGE_UNEXPECTED
    assert not open_line.is_open and open_line.left == [7]
    assert shown.venue.sequence == before and shown.publisher.feeds == {}


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (bytes(4), ProtocolFault.FRAME_EMPTY),
        (b"\x02\0\0\0\x91\x7f", ProtocolFault.MESSAGE_UNKNOWN),
        (b"\x03\0\0\0\x92\x19\x05", ProtocolFault.MESSAGE_MALFORMED),
    ],
)
def test_who_breaks_the_protocol_is_told_how(open_line, frame, fault):
    (error,) = open_line.says(frame)
    assert error.fault is fault
    assert not open_line.is_open


def test_a_logout_is_answered_and_ends_the_subscriptions(open_line, shown):
    viewer = Viewer()
    assert open_line.says(viewer.subscribe(SHARE), viewer.logout())[-1] == Logout()
    assert not open_line.is_open and open_line.left == [7]
    assert shown.publisher.feeds == {}


def test_the_venue_shows_life_and_ends_who_shows_none(open_line):
    for _ in range(SILENT_BEATS_MAX):
        open_line.session.beat()
    assert not open_line.session.is_over
    open_line.says(encode(Heartbeat()))
    for _ in range(SILENT_BEATS_MAX + 1):
        open_line.session.beat()
    *beats, logout = [decode_market_outbound(body) for body in Frames().feed(open_line.sent)]
    assert beats == [Heartbeat()] * SILENT_BEATS_MAX
    assert "three heartbeats" in logout.reason


def test_who_is_cut_is_told_that_it_was_too_slow(open_line, market, shown, monkeypatch):
    monkeypatch.setattr("gateway.quotes.viewing.KEPT_MAX", 5)
    open_line.says(Viewer().subscribe(SHARE, orders=True))
    open_line.session.viewing.pause()
    for _ in range(6):
        market.alice.sells(100, at="10.00")
    assert open_line.session.is_over and open_line.left == [7]
    viewer = Viewer()
    with pytest.raises(SessionEnded, match="TOO_SLOW"):
        list(viewer.receive(bytes(open_line.sent)))
    open_line.session.end()
    assert open_line.left == [7]

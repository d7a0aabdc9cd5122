"""Frames that are as long as may be, longer, endless, cut anywhere, or very many at once."""

import random

import pytest

from engine.venue import Venue
from gateway.quotes.publisher import Publisher
from gateway.session import SILENT_BEATS_MAX
from protocol.codec import encode
from protocol.framing import FRAME_BYTES_MAX, LENGTH, LOGIN_BYTES_MAX
from protocol.messages import Heartbeat, Logout, ProtocolError
from protocol.records import ROW_BYTES
from protocol.terminal import Terminal
from protocol.vocabulary import ProtocolFault, Side
from tests.commands import BUSINESS_DATE
from tests.engine.conftest import SMALL
from tests.gateway.exchange import Exchange, Line, known_keys
from tests.gateway.fuzzing import frames_of, mutated
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter
from tests.quotes.test_session import Line as QuotesLine
from tests.quotes.watching import SHARE

MESSAGES = 65_535
SPLIT_FRAMES = 100

TOO_LONG = ProtocolFault.FRAME_TOO_LONG

LENGTHS = {
    "0": (0, ProtocolFault.FRAME_EMPTY),
    "one above the longest": (FRAME_BYTES_MAX + 1, TOO_LONG),
    "the least that some read as negative": (2**31, TOO_LONG),
    "-1": (2**32 - 1, TOO_LONG),
}


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def padded_heartbeat(length: int) -> bytes:
    """Return a frame of a Heartbeat with a field of a later version, its body of this length."""
    head = encode(Heartbeat())[LENGTH.size + 1 :]
    filling = length - 1 - len(head) - 5
    body = b"\x92" + head + b"\xc6" + filling.to_bytes(4, "big") + bytes(filling)
    assert len(body) == length
    return LENGTH.pack(length) + body


@pytest.mark.parametrize("is_open", [False, True], ids=["of a stranger", "of a user"])
@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_that_cannot_be_is_refused_before_a_byte_behind_it(exchange, name, is_open):
    length, fault = LENGTHS[name]
    line = exchange.log_in("alice", next_report=0)[1] if is_open else exchange.connect()
    line.hear()
    line.session.receive(LENGTH.pack(length))
    (error,) = line.messages()
    assert isinstance(error, ProtocolError) and error.fault is fault
    assert not line.is_open and not line.session.rest


def test_a_user_may_send_the_longest_frame_and_a_stranger_only_a_short_one(exchange):
    _, line = exchange.log_in("alice", next_report=0)
    line.hear()
    line.session.receive(padded_heartbeat(FRAME_BYTES_MAX) + encode(Heartbeat()))
    assert line.is_open and line.hear() == b""
    stranger = exchange.connect()
    stranger.session.receive(padded_heartbeat(LOGIN_BYTES_MAX))
    assert stranger.is_open
    stranger.session.receive(padded_heartbeat(LOGIN_BYTES_MAX + 1)[: LENGTH.size])
    (error,) = stranger.messages()
    assert error.fault is TOO_LONG and "4096 are allowed before a login" in error.text


def test_market_data_is_as_strict_with_strangers():
    publisher = Publisher(Venue(SMALL), [SHARE], BUSINESS_DATE)
    stranger, user = QuotesLine(publisher), QuotesLine(publisher)
    assert stranger.says(padded_heartbeat(LOGIN_BYTES_MAX)) == [] and stranger.is_open
    (error,) = stranger.says(LENGTH.pack(LOGIN_BYTES_MAX + 1))
    assert error.fault is TOO_LONG and not stranger.is_open
    user.log_in()
    assert user.says(padded_heartbeat(LOGIN_BYTES_MAX + 1)) == [] and user.is_open


def test_a_frame_without_end_takes_no_more_than_its_length(exchange):
    _, line = exchange.log_in("alice", next_report=0)
    line.session.receive(LENGTH.pack(FRAME_BYTES_MAX))
    for _ in range(FRAME_BYTES_MAX // 4_096 + 1):
        line.session.receive(b"\xc4" * 4_096)
        assert len(line.session.rest) <= LENGTH.size + FRAME_BYTES_MAX
    assert not line.is_open


def test_a_stranger_who_sends_a_byte_now_and_then_has_as_long_as_one_who_is_silent(exchange):
    line = exchange.connect()
    login = Terminal(known_keys).login("alice", "no hurry")
    for place in range(SILENT_BEATS_MAX):
        line.session.receive(login[place : place + 1])
        line.session.beat()
        assert line.is_open
    line.session.receive(login[SILENT_BEATS_MAX : SILENT_BEATS_MAX + 1])
    line.session.beat()
    assert line.messages() == [Logout("nothing was heard for three heartbeats")]
    assert not line.is_open


def test_65_535_messages_in_one_piece_are_all_carried_out(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    line.hear()
    piece = b"".join(alice.cancel(number) for number in range(1, MESSAGES + 1))
    line.session.receive(piece)
    assert exchange.intake.rows["client_seq"].tolist() == list(range(1, MESSAGES + 1))
    exchange.tick()
    answers = line.messages()
    assert [answer.request_seq for answer in answers] == list(range(1, MESSAGES + 1))


def frames_to_split() -> list[bytes]:
    """Return frames of every sort, as they should be and amiss, and a batch of rows."""
    dice = random.Random(20261120)
    alice = Terminal(known_keys)
    whole = [*frames_of(alice), alice.send(rows_to_enter(alice.client_seq + 1, 3))]
    wrong = [mutated(dice.choice(whole), dice) for _ in range(SPLIT_FRAMES - len(whole))]
    return whole + wrong


def outcome(exchange: Exchange, pieces: list[bytes], is_open: bool) -> tuple:
    """Return what a session makes of a stream: rows, what it says, whether it goes on."""
    line = opened(exchange) if is_open else exchange.connect()
    for piece in pieces:
        line.session.receive(piece)
    rows = exchange.intake.take().tobytes()
    exchange.intake.take_errands()
    exchange.intake.turns.clear()
    said = [m for m in line.messages() if isinstance(m, ProtocolError | Logout)]
    rest = bytes(line.session.rest) if line.session.is_hearing else b""
    found = rows, said, line.is_open, rest
    line.session.end()
    return found


def opened(exchange: Exchange) -> Line:
    _, line = exchange.log_in("alice", next_report=0)
    line.hear()
    return line


@pytest.mark.parametrize("is_open", [False, True], ids=["of strangers", "of users"])
def test_frames_that_are_cut_in_two_anywhere_mean_what_they_mean_whole(exchange, is_open):
    frames = frames_to_split()
    assert len(frames) == SPLIT_FRAMES
    behind = encode(Heartbeat())
    for frame in frames:
        stream = frame + behind
        whole = outcome(exchange, [stream], is_open)
        for place in range(1, len(stream)):
            cut = [stream[:place], stream[place:]]
            assert outcome(exchange, cut, is_open) == whole


def test_an_order_byte_by_byte_is_an_order(exchange):
    alice, line = exchange.log_in("alice", next_report=0)
    frame = alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    for place in range(len(frame)):
        assert exchange.intake.waiting == 0
        line.session.receive(frame[place : place + 1])
    assert exchange.intake.waiting == 1 and exchange.intake.rows.nbytes == ROW_BYTES

"""Whoever breaks the protocol is told how and is cut; nobody else notices."""

import random
import socket

import msgspec
import pytest

from bench.child import PASSWORD
from engine.storage.segments import read_journal
from protocol.codec import decode_outbound, encode
from protocol.framing import FRAME_BYTES_MAX, LENGTH, Frames
from protocol.messages import Login, ProtocolError
from protocol.terminal import Terminal
from protocol.vocabulary import (
    ProtocolFault,
    Side,
)
from tests.gateway.conftest import daybook_of
from tests.gateway.exchange import PASSWORDS, Exchange, known_keys
from tests.gateway.fuzzing import frames_of, mutated
from tests.gateway.orders import MOUTAI, PRICE

LOGIN = Login("terminal2", bytes(16), next_report=0)


def framed(*fields, body: bytes = b"") -> bytes:
    """Return a frame around any bytes, or around an array of any fields."""
    body = body or msgspec.msgpack.encode(list(fields))
    return LENGTH.pack(len(body)) + body


ENTER = (4, 1, 1001, MOUTAI, 0, PRICE, 100)
"""The fields of an EnterOrder, behind its tag."""

BROKEN = {
    "an empty frame": (LENGTH.pack(0), ProtocolFault.FRAME_EMPTY, "length 0"),
    "an oversized frame": (
        LENGTH.pack(FRAME_BYTES_MAX + 1),
        ProtocolFault.FRAME_TOO_LONG,
        "1048577 bytes",
    ),
    "a web browser": (b"GET / HTTP/1.1\r\n\r\n", ProtocolFault.FRAME_TOO_LONG, "542393671 bytes"),
    "a message that breaks off": (
        framed(body=msgspec.msgpack.encode(ENTER)[:-2]),
        ProtocolFault.FRAME_TRUNCATED,
        "breaks off",
    ),
    "a stream that ends within a frame": (
        framed(*ENTER)[:-3],
        ProtocolFault.FRAME_TRUNCATED,
        "bytes into a frame",
    ),
    "a stream that ends within a length": (
        b"\x05\x00",
        ProtocolFault.FRAME_TRUNCATED,
        "2 bytes into a frame",
    ),
    "an unknown tag": (framed(99), ProtocolFault.MESSAGE_UNKNOWN, "99"),
    "a message for clients": (framed(48, 1), ProtocolFault.MESSAGE_UNKNOWN, "48"),
    "no array": (framed(body=b"\xa3abc"), ProtocolFault.MESSAGE_MALFORMED, "`array`"),
    "a price in words": (
        framed(*ENTER[:5], "1451.00", 100),
        ProtocolFault.MESSAGE_MALFORMED,
        "`$[5]`",
    ),
    "a fraction of a share": (
        framed(*ENTER[:6], 0.5),
        ProtocolFault.MESSAGE_MALFORMED,
        "`$[6]`",
    ),
    "a number that is too big": (
        framed(*ENTER[:6], 2**31),
        ProtocolFault.MESSAGE_MALFORMED,
        "`$[6]`",
    ),
    "no such side": (
        framed(*ENTER[:4], 2, PRICE, 100),
        ProtocolFault.MESSAGE_MALFORMED,
        "`$[4]`",
    ),
    "a field that is missing": (
        framed(*ENTER[:6]),
        ProtocolFault.MESSAGE_MALFORMED,
        "at least length 7",
    ),
    "arrays within arrays within arrays": (
        framed(body=b"\x92\x03" + b"\x91" * 500_000),
        ProtocolFault.MESSAGE_MALFORMED,
        "",
    ),
    "half a row": (framed(6, bytes(96)), ProtocolFault.ROWS_MALFORMED, "96 bytes"),
    "no row": (framed(6, b""), ProtocolFault.ROWS_MALFORMED, "0 bytes"),
    "rows as text": (framed(6, "x" * 64), ProtocolFault.MESSAGE_MALFORMED, "`bytes`"),
    "a second login": (encode(LOGIN), ProtocolFault.MESSAGE_UNEXPECTED, "open already"),
    "a second proof": (framed(24, bytes(32)), ProtocolFault.MESSAGE_UNEXPECTED, "open already"),
}


def answer_to(gateway, frame: bytes, user: str = "") -> list:
    """Return what a connection hears that sends these bytes and no more, as a user or nobody."""
    with socket.create_connection((gateway.host, gateway.port), timeout=20) as line:
        if user:
            log_in(line, user)
        line.sendall(frame)
        line.shutdown(socket.SHUT_WR)
        heard = b""
        while data := line.recv(1 << 16):
            heard += data
    return [decode_outbound(body) for body in Frames().feed(heard)]


def log_in(line: socket.socket, user: str) -> None:
    terminal = Terminal(known_keys)
    line.sendall(terminal.login(user, PASSWORD, next_report=0))
    (challenge,) = terminal.receive(line.recv(1 << 16))
    line.sendall(terminal.prove(challenge))
    (_,) = terminal.receive(line.recv(1 << 16))


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_is_named_and_costs_only_its_own_session(shared_gateway, dial, name):
    frame, fault, text = BROKEN[name]
    journal = daybook_of(shared_gateway.config).journal
    before = read_journal(journal)
    with_alice = dial(shared_gateway, "terminal1", next_report=0)
    (error,) = answer_to(shared_gateway, frame, "terminal2")
    assert isinstance(error, ProtocolError)
    assert error.fault is fault and text in error.text
    seq = with_alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    assert with_alice.receive().request_seq == seq
    after = read_journal(journal)
    assert len(after) == len(before) + 1
    assert after[: len(before)].tobytes() == before.tobytes()
    assert after["session"][-1] == with_alice.session.session


@pytest.mark.parametrize(
    "frame",
    [framed(*ENTER), framed(6, bytes(64)), framed(8, 1), framed(43, 1, 1001)],
    ids=["an order", "rows", "the end of the day", "a question"],
)
def test_the_first_message_must_be_a_login(shared_gateway, frame):
    (error,) = answer_to(shared_gateway, frame)
    assert error == ProtocolError(
        ProtocolFault.MESSAGE_UNEXPECTED, "the first message must be Login"
    )


def test_every_fault_of_a_frame_is_tested():
    tested = {fault for _, fault, _ in BROKEN.values()}
    assert tested == set(ProtocolFault) - {ProtocolFault.NOTHING, ProtocolFault.TOO_SLOW}


def test_20_000_mutations_of_valid_frames_are_answered_or_refused():
    exchange, dice, alice = Exchange(), random.Random(20261120), Terminal(known_keys)
    frames = frames_of(alice)
    faults = set()
    asked = 0
    for _ in range(20_000):
        line = exchange.connect()
        if dice.random() < 0.8:
            exchange.prove(alice, line, "alice", PASSWORDS["alice"], next_report=0)
        line.session.receive(mutated(dice.choice(frames), dice))
        asked += exchange.intake.waiting
        exchange.tick()
        line.session.receive_end()
        heard = line.messages()
        faults |= {message.fault for message in heard if isinstance(message, ProtocolError)}
        assert not line.is_open
        assert sum(isinstance(message, ProtocolError) for message in heard) <= 1
    assert asked > 400
    assert faults == set(ProtocolFault) - {ProtocolFault.NOTHING, ProtocolFault.TOO_SLOW}
    assert exchange.venue.sequence == exchange.sequencer.sequence

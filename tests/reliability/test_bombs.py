"""Fifty bodies made to break a decoder: each is refused cleanly, and nothing has come of it."""

import logging
import os
import struct

import msgspec
import pytest

from bench.idle import resident_bytes
from protocol.framing import FRAME_BYTES_MAX, LENGTH, LOGIN_BYTES_MAX
from protocol.messages import ProtocolError
from protocol.vocabulary import ProtocolFault
from tests.gateway.exchange import Exchange
from tests.gateway.orders import MOUTAI, PRICE

NAME = msgspec.msgpack.encode(MOUTAI)
HEAD = b"\x97\x04\x01\xcd\x03\xe9" + NAME
"""An EnterOrder up to its instrument, with side, price and quantity to come."""

BUY, AT, LOT = b"\x00", b"\xce" + struct.pack(">I", PRICE), b"\x64"
ORDER = HEAD + BUY + AT + LOT

MOST = 0xFFFF_FFFF
HUGE = struct.pack(">I", MOST)

DEEP = {
    "arrays to the end of the frame": b"\x91" * 4_000,
    "arrays of two to the end of the frame": b"\x92\x01" * 2_000,
    "maps within maps": b"\x81\x01" * 2_000,
    "maps whose keys are maps": b"\x81" * 4_000,
    "arrays in the place of an instrument": b"\x97\x04\x01\x01" + b"\x91" * 3_900,
    "arrays in the place of a price": HEAD + BUY + b"\x91" * 3_900,
    "arrays in a field of a later version": b"\x98" + ORDER[1:] + b"\x91" * 3_900,
    "maps in a field of a later version": b"\x98" + ORDER[1:] + b"\x81\x00" * 1_900,
    "arrays of 16 bits within one another": b"\xdc\x00\x01" * 1_300,
    "arrays of 32 bits within one another": b"\xdd\x00\x00\x00\x01" * 800,
}

HEADERS = {
    "an array of 4,294,967,295": b"\xdd" + HUGE,
    "an array of 65,535": b"\xdc\xff\xff",
    "a map of 4,294,967,295": b"\xdf" + HUGE,
    "a map of 65,535": b"\xde\xff\xff",
    "a message of 4,294,967,295 fields": b"\xdd" + HUGE + ORDER[1:],
    "text of 4,294,967,295 bytes": b"\x92\x01\xdb" + HUGE,
    "text of 65,535 bytes": b"\x92\x01\xda\xff\xff",
    "rows of 4,294,967,295 bytes": b"\x92\x06\xc6" + HUGE,
    "rows of 65,535 bytes": b"\x92\x06\xc5\xff\xff",
    "rows of 255 bytes": b"\x92\x06\xc4\xff",
    "an extension of 4,294,967,295 bytes": b"\x92\x06\xc9" + HUGE + b"\x01",
    "an extension of 65,535 bytes": b"\x92\x06\xc8\xff\xff\x01",
    "an extension of 255 bytes": b"\x92\x06\xc7\xff\x01",
    "an instrument of 4,294,967,295 bytes": b"\x97\x04\x01\x01\xdb" + HUGE,
    "an array of 4,294,967,295 in a later version's field": b"\x98" + ORDER[1:] + b"\xdd" + HUGE,
}

NUMBERS = {
    "no number": HEAD + BUY + b"\xcb" + struct.pack(">d", float("nan")) + LOT,
    "infinity": HEAD + BUY + b"\xcb" + struct.pack(">d", float("inf")) + LOT,
    "less than infinity": HEAD + BUY + b"\xcb" + struct.pack(">d", float("-inf")) + LOT,
    "no number of 32 bits": HEAD + BUY + b"\xca" + struct.pack(">f", float("nan")) + LOT,
    "a whole number as a fraction": HEAD + BUY + b"\xcb" + struct.pack(">d", 100.5) + LOT,
    "2^64 - 1 shares": HEAD + BUY + AT + b"\xcf" + b"\xff" * 8,
    "2^63 shares": HEAD + BUY + AT + b"\xcf\x80" + bytes(7),
    "-2^63 shares": HEAD + BUY + AT + b"\xd3\x80" + bytes(7),
    "2^31 shares": HEAD + BUY + AT + b"\xce\x80" + bytes(3),
    "a tag of 2^64 - 1": b"\x91\xcf" + b"\xff" * 8,
    "a tag below 0": b"\x91\xff",
    "a tag of 1.0": b"\x91\xcb" + struct.pack(">d", 1.0),
    "a side of 255": HEAD + b"\xcc\xff" + AT + LOT,
}

SHAPES = {
    "nothing but nil": b"\xc0",
    "a byte that is no MessagePack": b"\xc1",
    "true": b"\xc3",
    "no array but a map": b"\x83\x00\x04\x01\x01\x02\x02",
    "a map with the same key twice": b"\x82\xa1a\x01\xa1a\x02",
    "a message without a tag": b"\x90",
    "a tag that is text": b"\x91\xa1\x04",
    "two messages in a frame": b"\x91\x03\x91\x03",
    "an instrument that is no UTF-8": b"\x97\x04\x01\x01\xa2\xff\xfe" + BUY + AT + LOT,
    "half a surrogate": b"\x97\x04\x01\x01\xa3\xed\xa0\x80" + BUY + AT + LOT,
    "an overlong zero": b"\x97\x04\x01\x01\xa2\xc0\x80" + BUY + AT + LOT,
    "an instrument of 4,000 letters": b"\x97\x04\x01\x01\xda\x0f\xa0"
    + b"A" * 4_000
    + b"\x00\x01\x01",
    "a moment in the place of a price": HEAD + BUY + b"\xd6\xff" + bytes(4) + LOT,
    "an extension in the place of rows": b"\x92\x06\xd8\x01" + bytes(16),
}

BOMBS = DEEP | HEADERS | NUMBERS | SHAPES
REFUSALS = {
    ProtocolFault.FRAME_TRUNCATED,
    ProtocolFault.MESSAGE_MALFORMED,
    ProtocolFault.MESSAGE_UNKNOWN,
}
GROWTH_MAX = 4 << 20


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    return Exchange()


def test_there_are_fifty_and_strangers_may_send_them_all():
    assert len(BOMBS) >= 50
    assert max(map(len, BOMBS.values())) <= LOGIN_BYTES_MAX


@pytest.mark.parametrize("is_open", [False, True], ids=["of a stranger", "of a user"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(exchange, name, is_open):
    body = BOMBS[name]
    _, bob = exchange.log_in("bob", next_report=0)
    line = exchange.log_in("alice", next_report=0)[1] if is_open else exchange.connect()
    line.hear()
    before = exchange.venue.digest()
    line.session.receive(LENGTH.pack(len(body)) + body)
    (error,) = line.messages()
    assert isinstance(error, ProtocolError) and error.fault in REFUSALS
    assert not line.is_open and bob.is_open
    assert not exchange.intake.waiting and exchange.venue.digest() == before


def test_bombs_as_long_as_a_frame_may_be_take_no_memory_for_good(exchange, caplog):
    caplog.set_level(logging.CRITICAL, "cuohe")
    longest = [b"\x91" * FRAME_BYTES_MAX, b"\x81\x00" * (FRAME_BYTES_MAX // 2)]
    settled = 0
    for turn in range(60):
        _, line = exchange.log_in("alice", next_report=0)
        line.hear()
        body = longest[turn % 2]
        line.session.receive(LENGTH.pack(len(body)) + body)
        (error,) = line.messages()
        assert error.fault in REFUSALS
        if turn == 20:
            settled = resident_bytes(os.getpid())
    assert resident_bytes(os.getpid()) - settled < GROWTH_MAX

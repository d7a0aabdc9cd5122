"""Whatever a body holds, it is a message or a named fault, and never anything else."""

import random
import struct
from typing import get_args

import msgspec
import pytest

from protocol.codec import decode_inbound, decode_outbound, encode
from protocol.framing import LENGTH, ProtocolViolation
from protocol.messages import CancelOrder, Inbound
from protocol.mistake import Mistake
from protocol.vocabulary import ProtocolFault
from tests.protocol.examples import golden

FLOAT = b"\xcb"
NAN = FLOAT + struct.pack(">d", float("nan"))
INFINITY = FLOAT + struct.pack(">d", float("inf"))
ONE_POINT_ZERO = FLOAT + struct.pack(">d", 1.0)
U64_MAX = b"\xcf" + b"\xff" * 8
I32_OVER = b"\xce\x80\x00\x00\x00"
TIMESTAMP = b"\xd6\xff" + bytes(4)
ARRAY_32, MAP_32, BIN_32, STR_32, EXT_32 = (
    bytes([form]) + b"\xff" * 4 for form in (0xDD, 0xDF, 0xC6, 0xDB, 0xC9)
)

BREAKS_OFF = {
    "nothing at all": b"",
    "an array of two has one": b"\x92\x02",
    "the last field is missing half its bytes": b"\x93\x05\x01\xce\x00",
    "a batch claims 4 GiB": b"\x92\x06" + BIN_32,
    "a text claims 4 GiB": b"\x92\x02" + STR_32,
    "the message claims 4 G fields": ARRAY_32 + b"\x03",
    "an unknown field claims 4 G elements": b"\x92\x03" + ARRAY_32,
    "an unknown field claims 4 G entries": b"\x92\x03" + MAP_32,
    "an unknown field claims an extension of 4 GiB": b"\x92\x03" + EXT_32 + b"\x01",
}
UNKNOWN = {
    "a tag that no message has": b"\x91\x63",
    "a negative tag": b"\x91\xff",
    "a tag of 64 bits": b"\x91" + U64_MAX,
    "a tag that only the venue sends": b"\x93\x22\x01\xa0",
    "a tag of an answer": b"\x93\x57\x01\x01",
}
MALFORMED = {
    "nil": b"\xc0",
    "a number": b"\x01",
    "a map": b"\x81\x00\x03",
    "an array without a tag": b"\x90",
    "a tag of text": b"\x91\xa13",
    "a tag of floating point": b"\x91" + FLOAT + struct.pack(">d", 3.0),
    "a tag that is no number": b"\x91" + NAN,
    "a byte behind the message": b"\x91\x03\x00",
    "a byte that MessagePack never uses": b"\xc1",
    "a field too few": b"\x92\x05\x01",
    "text for an integer": b"\x93\x05\xa11\x01",
    "true for an integer": b"\x93\x05\xc3\x01",
    "floating point for an integer": b"\x93\x05" + ONE_POINT_ZERO + b"\x01",
    "not a number for an integer": b"\x93\x05" + NAN + b"\x01",
    "infinity for an integer": b"\x93\x05" + INFINITY + b"\x01",
    "one above 32 bits": b"\x93\x05" + I32_OVER + b"\x01",
    "one above 63 bits": b"\x93\x05\x01" + U64_MAX,
    "text for bytes": b"\x92\x06\xa1a",
    "bytes for text": b"\x92\x02\xc4\x01a",
    "a timestamp for text": b"\x92\x02" + TIMESTAMP,
    "text that is not UTF-8": b"\x92\x02\xa1\xff",
    "a text of 257 characters": b"\x92\x02\xda\x01\x01" + b"a" * 257,
    "a name of 33 characters": b"\x93\x01\xd9\x21" + b"a" * 33 + b"\xa0",
    "a side that is none": b"\x97\x04\x01\x01\xa0\x02\x01\x01",
    "an order type that is none": b"\x98\x04\x01\x01\xa0\x00\x01\x01\x08",
    "a number for which orders": b"\x94\x2b\x01\x01\x01",
    "a side to ask for that is none": b"\x95\x2e\x01\x01\xa0\x02",
    "a number for post-only": b"\x9b\x04\x01\x01\xa0\x00\x01\x01\x00\x00\x00\x01",
    "a side to cancel that is none": b"\x97\x0a\x01\xa0\xff\xff\xff\x02",
    "schedules of more than 8 bits": b"\x95\x07\x01\x04\xa0\xcc\x80",
    "a number for what lifts a block": b"\x98\x0b\x01\xa0\xff\xff\xff\xc0\x01",
    "a hold that is none": b"\x93\x0c\x01\x03",
    "a cause of a hold that is none": b"\x95\x0c\x01\x01\xa0\x06",
    "a channel that is none": b"\x9e\x04\x01\x01\xa0\x00\x01\x01\x00\x00\x00\xc2\x00\x00\x04",
    "channels of more than 8 bits": b"\x9c\x0d\x01\x01\x01\x00\xcc\x80\x01\x01\x01\x01\x01\xc3",
    "a status that is none": b"\x94\x0f\x01\x01\x05",
    "a currency that is none": b"\x96\x10\x01\x01\x03\x01\x01",
    "an entry of funds that is none": b"\x96\x10\x01\x01\x00\x11\x01",
    "an entry of shares that is none": b"\x96\x11\x01\x01\xa0\x0f\x01",
    "an action on too many requests that is none": b"\x99\x12\x01\x01\x00\x00\x00\x00\x03\x00",
    "a use of a list that is none": b"\x99\x12\x01\x01\x00\x00\x00\x00\x00\x03",
    "a number for what is listed": b"\x95\x14\x01\x01\xa0\x01",
    "a unit of seven characters": b"\x94\x16\x01\x01\xa73942100",
    "a unit that is not in ASCII": b"\x94\x16\x01\x01\xa2\xc3\xa9",
    "a unit with a blank": b"\x94\x16\x01\x01\xa3a b",
    "arrays nested in a field": b"\x93\x05" + b"\x91" * 100_000,
    "arrays nested behind the message": b"\x92\x03" + b"\x91" * 100_000 + b"\xc0",
    "maps nested behind the message": b"\x92\x03" + b"\x81\x00" * 100_000 + b"\xc0",
}


def fault_of(body: bytes, decode=decode_inbound) -> ProtocolFault:
    """Return the fault that a body has; it has one."""
    with pytest.raises(ProtocolViolation) as raised:
        decode(body)
    assert isinstance(raised.value, Mistake)
    assert "\n" not in str(raised.value)
    return raised.value.fault


@pytest.mark.parametrize("body", BREAKS_OFF.values(), ids=BREAKS_OFF)
def test_a_message_that_goes_on_behind_its_frame_is_truncated(body):
    assert fault_of(body) is ProtocolFault.FRAME_TRUNCATED


@pytest.mark.parametrize("body", UNKNOWN.values(), ids=UNKNOWN)
def test_a_tag_that_clients_do_not_have_is_unknown(body):
    assert fault_of(body) is ProtocolFault.MESSAGE_UNKNOWN


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_does_not_fit_its_table_is_malformed(body):
    assert fault_of(body) is ProtocolFault.MESSAGE_MALFORMED


def test_a_client_is_as_strict_with_the_venue():
    accepted = golden("messages.txt")["LoginAccepted"][LENGTH.size :]
    faults = [
        fault_of(accepted[:-1], decode_outbound),
        fault_of(b"\x93\x05\x01\x01", decode_outbound),
        fault_of(accepted + b"\x00", decode_outbound),
    ]
    assert faults == [
        ProtocolFault.FRAME_TRUNCATED,
        ProtocolFault.MESSAGE_UNKNOWN,
        ProtocolFault.MESSAGE_MALFORMED,
    ]


def test_a_number_beyond_64_bits_is_refused_before_it_is_sent():
    with pytest.raises(ProtocolViolation, match=r"^CancelOrder holds a number beyond 64 bits$"):
        encode(CancelOrder(1, 10**30))


def test_every_message_broken_off_anywhere_is_truncated():
    inbound = {form.__struct_config__.tag for form in get_args(Inbound)}
    for frame in (golden("messages.txt") | golden("questions.txt")).values():
        body = frame[LENGTH.size :]
        decode = decode_inbound if body[1] in inbound else decode_outbound
        for end in range(len(body)):
            assert fault_of(body[:end], decode) is ProtocolFault.FRAME_TRUNCATED


def test_text_that_says_truncated_does_not_make_it_so():
    body = msgspec.msgpack.encode([5, "truncated", 1])
    assert fault_of(body) is ProtocolFault.MESSAGE_MALFORMED


def garbled(chance: random.Random, bodies: list[bytes]) -> bytes:
    """Return random bytes, or a message with a few of its bytes changed."""
    if chance.random() < 0.3:
        return chance.randbytes(chance.randrange(40))
    body = bytearray(chance.choice(bodies))
    for _ in range(chance.randint(1, 4)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


@pytest.mark.parametrize("decode", [decode_inbound, decode_outbound])
def test_random_bodies_are_messages_or_violations(decode):
    chance = random.Random(20261120)
    frames = golden("messages.txt") | golden("questions.txt")
    bodies = [frame[LENGTH.size :] for frame in frames.values()]
    outcomes = {"message": 0} | {fault.name: 0 for fault in ProtocolFault}
    for _ in range(100_000):
        try:
            decode(garbled(chance, bodies))
        except ProtocolViolation as violation:
            outcomes[violation.fault.name] += 1
        else:
            outcomes["message"] += 1
    assert sorted(outcome for outcome, count in outcomes.items() if count) == [
        "FRAME_TRUNCATED",
        "MESSAGE_MALFORMED",
        "MESSAGE_UNKNOWN",
        "message",
    ]

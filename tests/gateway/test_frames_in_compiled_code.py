"""What is read and written in compiled code is what the one codec and the one translator say."""

from random import Random

import msgspec
import numpy as np
import pytest

from gateway.inlet import CHUNK_BYTES, Inlet
from gateway.intake import ROWS_ROOM, Intake
from gateway.outlet import ROWS_AT_ONCE, Outlet
from protocol import messages
from protocol.codec import decode_inbound, encode
from protocol.framing import Frames
from protocol.message import Message
from protocol.messages import CommandBatch, Heartbeat, ReportBatch
from protocol.plain import PLAIN
from protocol.records import COMMAND, REPORT
from protocol.translate import REPORTS, Translator
from protocol.vocabulary import NONE, OrderType, ReportKind, Side, TimeInForce

SYMBOLS = [f"{600_000 + number}.SH" for number in range(300)] + ["000001.SZ", "430047.BJ"]
SESSION = 7
EDGES = (0, 1, 127, 128, 255, 256, 32_767, 65_535, 65_536, 2**31 - 1, -1, -32, -33, -128, -129)


def whole(random: Random, bits: int) -> int:
    """Return an integer of so many bits: at an edge of its forms, or anywhere."""
    edge = random.choice(EDGES)
    anywhere = random.randint(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return random.choice([edge, anywhere, anywhere >> random.randrange(bits)])


def some_request(random: Random) -> Message:
    """Return one of the requests that are read in compiled code."""
    symbol = random.choice(SYMBOLS)
    return random.choice(
        [
            messages.EnterOrder(
                whole(random, 32),
                whole(random, 32),
                symbol,
                random.choice(list(Side)),
                whole(random, 32),
                whole(random, 32),
                random.choice(list(OrderType)),
                random.choice(list(TimeInForce)),
                whole(random, 32),
                random.random() < 0.5,
                whole(random, 32),
            ),
            messages.CancelOrder(whole(random, 32), whole(random, 64), whole(random, 32)),
            messages.ReplaceOrder(
                whole(random, 32),
                whole(random, 64),
                whole(random, 32),
                whole(random, 32),
                random.random() < 0.5,
            ),
        ]
    )


def cut_short(request: Message, random: Random) -> bytes:
    """Return the frame of a request without some of the fields that have a default."""
    fields = list(msgspec.to_builtins(request))
    needed = 1 + sum(field.required for field in msgspec.inspect.type_info(type(request)).fields)
    kept = fields[: random.randint(needed, len(fields))]
    body = msgspec.msgpack.encode(kept)
    return len(body).to_bytes(4, "little") + body


def read(data: bytes) -> tuple[np.ndarray, int]:
    """Return the rows that are read out of some bytes in compiled code, and how far it came."""
    intake = Intake()
    inlet = Inlet(SYMBOLS, intake)
    inlet.room_behind(b"")[: len(data)] = data
    inlet.begin(len(data))
    inlet.read_plain(SESSION)
    return intake.rows.copy(), inlet.at


def meant(frame: bytes) -> bytes:
    """Return the row that a frame means, by the codec and the translator."""
    (body,) = Frames().feed(frame)
    return Translator(SYMBOLS).to_row(decode_inbound(body), SESSION)


def test_plain_requests_are_read_as_the_codec_reads_them():
    random = Random(1)
    frames = [cut_short(some_request(random), random) for _ in range(5_000)]
    data = b"".join(frames)
    rows, end = read(data)
    assert end == len(data)
    assert rows.tobytes() == b"".join(map(meant, frames))


def test_all_forms_of_an_integer_are_read():
    for number in (*EDGES, -(2**31)):
        for form in ("B", "H", "I", "Q", "b", "h", "i", "q"):
            head = {"B": 0xCC, "H": 0xCD, "I": 0xCE, "Q": 0xCF, "b": 0xD0, "h": 0xD1}
            head |= {"i": 0xD2, "q": 0xD3}
            size = {"b": 1, "h": 2, "i": 4, "q": 8}[form.lower()]
            try:
                spelled = number.to_bytes(size, "big", signed=form.islower())
            except OverflowError:
                continue
            body = bytes([0x93, 5, 9, head[form]]) + spelled
            frame = len(body).to_bytes(4, "little") + body
            rows, end = read(frame)
            assert end == len(frame) and rows.tobytes() == meant(frame)


def test_batches_go_to_their_rows_under_the_session_that_sent_them():
    random = np.random.default_rng(1)
    for count in (1, 3, 4, 5, 1_000, 1_023, 1_024, 4_000):
        rows = np.frombuffer(random.bytes(64 * count), COMMAND).copy()
        taken, _ = read(encode(CommandBatch(rows.tobytes())))
        rows["session"] = SESSION
        assert taken.tobytes() == rows.tobytes()


@pytest.mark.parametrize(
    "odd",
    [
        encode(Heartbeat()),
        encode(messages.EnterOrder(1, 1, "nowhere", Side.BUY, 1, 1)),
        encode(messages.EnterOrder(1, 1, "600999.SH", Side.BUY, 1, 1)),
        encode(messages.EnterOrder(1, 1, "", Side.BUY, 1, 1)),
        encode(messages.EnterOrder(1, 1, "600001.SH", Side.BUY, 2**31, 1)),
        encode(messages.EnterOrder(1, 1, "600001.SH", 2, 1, 1)),
        encode(messages.CancelOrder(1, True)),
        encode(messages.CloseDay(1)),
        encode(CommandBatch(b"")),
        encode(CommandBatch(bytes(63))),
        b"\x00\x00\x00\x00",
        b"\x02\x00\x00\x00\x91\x05",
        b"\x01\x00\x00\x00\x91",
        b"\xff\xff\xff\xff\x91\x03",
    ],
)
def test_anything_else_is_left_to_the_codec(odd):
    plain = encode(messages.CancelOrder(1, 2))
    rows, end = read(plain + odd + plain)
    assert len(rows) == 1 and end == len(plain)


def test_a_frame_cut_anywhere_waits_for_its_rest():
    random = Random(2)
    for request in [some_request(random) for _ in range(50)]:
        frame = encode(request)
        for end in range(len(frame)):
            rows, at = read(frame + frame[:end])
            assert len(rows) == 1 and at == len(frame)


def test_a_byte_that_is_not_as_it_should_be_is_never_read_otherwise_than_by_the_codec():
    """What compiled code takes, the codec takes to be the same."""
    random = Random(3)
    taken = 0
    for _ in range(8_000):
        frame = bytearray(cut_short(some_request(random), random))
        for _ in range(random.randint(1, 3)):
            frame[random.randrange(4, len(frame))] = random.randrange(256)
        rows, at = read(bytes(frame))
        if at:
            assert rows.tobytes() == meant(bytes(frame))
            taken += 1
    assert 400 < taken < 7_600


def test_every_plain_message_is_a_request_that_anybody_may_send():
    assert {message.__struct_config__.tag for message in PLAIN} == {4, 5, 9}


def some_reports(count: int) -> np.ndarray:
    random, dice = np.random.default_rng(4), Random(4)
    reports = np.frombuffer(random.bytes(REPORT.itemsize * count), REPORT).copy()
    for name in ("order_number", "price", "quantity", "request_seq", "time"):
        bits = 8 * REPORT[name].itemsize
        reports[name] = [whole(dice, bits) for _ in range(count)]
    reports["kind"] = random.choice(list(REPORTS), count)
    reports["instrument"] = random.integers(NONE, len(SYMBOLS), count)
    reports["side"], reports["reason"], reports["liquidity"] = random.integers(0, 2, (3, count))
    is_change = reports["kind"] == ReportKind.CODE_CHANGED
    reports["order_number"][is_change] = random.integers(0, len(SYMBOLS), is_change.sum())
    return reports


def test_readable_reports_are_written_as_the_codec_writes_them():
    reports = some_reports(2 * ROWS_AT_ONCE + 5)
    translator = Translator(SYMBOLS)
    for first in (1, 100, 40_000, 2**33):
        expected = (
            encode(translator.to_message(row, number)) for number, row in enumerate(reports, first)
        )
        assert Outlet(SYMBOLS).readable(first, reports) == b"".join(expected)


def test_packed_reports_are_written_as_the_codec_writes_them():
    for count in (1, 3, 4, 1_023, 1_024, 16_000):
        reports = some_reports(count)
        expected = encode(ReportBatch(77, reports.tobytes()))
        assert Outlet(SYMBOLS).packed(77, reports) == expected


def test_a_read_never_overruns_the_room_for_rows():
    intake = Intake()
    inlet = Inlet(SYMBOLS, intake)
    shortest = encode(messages.CancelOrder(1, 2))
    data = shortest * (CHUNK_BYTES // len(shortest))
    assert intake.is_full is False
    inlet.room_behind(b"")[: len(data)] = data
    inlet.begin(len(data))
    inlet.read_plain(SESSION)
    assert inlet.at == len(data) and intake.waiting == len(data) // len(shortest)


def test_whatever_waits_already_there_is_room_for_what_is_read():
    """Many connections are read before the first of them is held back."""
    intake = Intake()
    inlet = Inlet(SYMBOLS, intake)
    plain = encode(messages.CancelOrder(1, 2)) * 400
    reads = 0
    while intake.waiting < 3 * ROWS_ROOM:
        room = inlet.room_behind(b"")
        data = plain[: len(room)]
        room[: len(data)] = data
        inlet.begin(len(data))
        inlet.read_plain(SESSION)
        reads += 1
    assert reads * 400 >= intake.waiting > 3 * ROWS_ROOM - 400
    assert (intake.rows["session"] == SESSION).all() and (intake.rows["order_number"] == 2).all()
    assert len(intake.take()) > 2 * ROWS_ROOM and intake.waiting == 0

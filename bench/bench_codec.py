"""The readable path, message by message, and the packed one, row by row."""

import numpy as np

from protocol.codec import decode_inbound, encode
from protocol.framing import LENGTH, Frames
from protocol.messages import CommandBatch, EnterOrder
from protocol.records import COMMAND, ROW_BYTES
from protocol.translate import Translator
from protocol.vocabulary import Side

ROWS = 1_000
ORDER = EnterOrder(1, 1, "600000.SH", Side.BUY, 100_000, 100)
FRAME = encode(ORDER)
BODY = FRAME[LENGTH.size :]
FRAMES = FRAME * ROWS
BATCH = encode(CommandBatch(bytes(ROWS * ROW_BYTES)))[LENGTH.size :]
TRANSLATOR = Translator(["600000.SH"])


def bench_encode(benchmark):
    assert benchmark(encode, ORDER) == FRAME


def bench_decode(benchmark):
    assert benchmark(decode_inbound, BODY) == ORDER


def bench_translate(benchmark):
    assert len(benchmark(TRANSLATOR.to_row, ORDER, 1)) == ROW_BYTES


def bench_cut_frames(benchmark):
    benchmark.extra_info["operations"] = ROWS
    assert len(benchmark(lambda: list(Frames().feed(FRAMES)))) == ROWS


def bench_packed_rows(benchmark):
    benchmark.extra_info["operations"] = ROWS
    rows = benchmark(lambda: np.frombuffer(decode_inbound(BATCH).rows, COMMAND))
    assert len(rows) == ROWS

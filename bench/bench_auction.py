"""A call auction: resting the orders, and uncrossing them at one price."""

import numpy as np
import pytest

from bench.dice import Dice
from bench.flow import CONTENDERS, TICK, Course, Flow, Maker, Shape, opening
from protocol.records import COMMAND
from protocol.vocabulary import EVERY_INSTRUMENT, CommandKind, Phase

STEP = CONTENDERS["apply"]


def call(orders: int) -> Flow:
    """Return crossing orders that fill the books of a call, and the row that ends it."""
    shape = Shape(symbols=1, depth=orders, distance=100, taker=1)
    rows = Maker(shape, orders, Dice(seed=1)).adds(orders)
    rows["price"] += np.where(rows["side"] == 0, 50, -50) * TICK
    first = opening(shape, Phase.OPENING_CALL)
    rows["sequence"] = rows["client_seq"] = len(first) + 1 + np.arange(orders)
    end = np.zeros(1, COMMAND)
    end["kind"] = CommandKind.CHANGE_PHASE
    end["phase"] = Phase.CONTINUOUS
    end["instrument"] = EVERY_INSTRUMENT
    end["sequence"] = rows["sequence"][-1] + 1
    return Flow(shape, first, rows, end)


@pytest.mark.parametrize("orders", [1_000, 10_000, 100_000])
def bench_uncross(benchmark, orders):
    course = Course(call(orders))
    benchmark.extra_info["operations"] = orders
    benchmark.pedantic(course.play, (STEP,), setup=course.reset, rounds=9, warmup_rounds=1)


@pytest.mark.parametrize("orders", [1_000, 10_000, 100_000])
def bench_rest(benchmark, orders):
    flow = call(orders)
    course = Course(flow._replace(filling=flow.filling[:0], rows=flow.filling))
    benchmark.extra_info["operations"] = orders
    benchmark.pedantic(course.play, (STEP,), setup=course.reset, rounds=9, warmup_rounds=1)

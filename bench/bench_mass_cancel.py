"""A mass cancel of all open orders of an instrument: one command, as many reports as orders."""

import numpy as np
import pytest

from bench.dice import Dice
from bench.flow import CONTENDERS, ROOM, Course, Flow, Maker, Shape, opening
from protocol.records import COMMAND
from protocol.vocabulary import EVERY_INSTRUMENT, NONE, CommandKind

STEP = CONTENDERS["apply"]


def full_books(orders: int) -> Flow:
    """Return orders that rest, and the row that takes them all back."""
    shape = Shape(symbols=1, depth=orders // ROOM, distance=300, taker=1)
    rows = Maker(shape, orders, Dice(seed=1)).adds(orders)
    first = opening(shape)
    rows["sequence"] = rows["client_seq"] = len(first) + 1 + np.arange(orders)
    cancel = np.zeros(1, COMMAND)
    cancel["kind"] = CommandKind.CANCEL_ORDERS
    cancel["any_side"] = 1
    cancel["instrument"] = EVERY_INSTRUMENT
    cancel["account"] = cancel["of_session"] = cancel["of_branch"] = NONE
    cancel["sequence"] = rows["sequence"][-1] + 1
    return Flow(shape, first, rows, cancel)


@pytest.mark.parametrize("orders", [10_000, 100_000, 1_000_000])
def bench_mass_cancel(benchmark, orders):
    course = Course(full_books(orders))
    benchmark.extra_info["operations"] = orders
    benchmark.pedantic(course.play, (STEP,), setup=course.reset, rounds=9, warmup_rounds=1)
    benchmark.extra_info["orders_per_second"] = round(orders / benchmark.stats.stats.median)
    counts = course.reports["quantity"][: course.state.venue[0]["reports"]]
    assert counts[-1] == orders

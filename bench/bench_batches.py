"""What handing over a batch costs: flow A in batches of one row and more."""

import pytest

from bench.flow import CONTENDERS, SHAPES, Course, make_flow

OPERATIONS = 20_000
FLOW = make_flow(SHAPES["A"], OPERATIONS)


@pytest.mark.parametrize("batch", [1, 10, 100, 1_000, 10_000])
def bench_batch(benchmark, batch):
    course = Course(FLOW, batch)
    step = CONTENDERS["apply"]
    benchmark.extra_info["operations"] = OPERATIONS
    benchmark.pedantic(course.play, (step,), setup=course.reset, rounds=9, warmup_rounds=1)

"""The floor, the books alone and the whole engine, on the three flows of bench.flow."""

from functools import cache

import pytest

from bench.flow import CONTENDERS, SHAPES, Course, make_flow

OPERATIONS = 100_000


@cache
def course_of(name: str) -> Course:
    return Course(make_flow(SHAPES[name], OPERATIONS))


@pytest.mark.parametrize("contender", CONTENDERS)
@pytest.mark.parametrize("name", SHAPES)
def bench_flow(benchmark, name, contender):
    course = course_of(name)
    step = CONTENDERS[contender]
    benchmark.extra_info["operations"] = OPERATIONS
    benchmark.pedantic(course.play, (step,), setup=course.reset, rounds=15, warmup_rounds=1)

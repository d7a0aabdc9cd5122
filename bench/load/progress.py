"""How a load is getting on: a line a second."""

import asyncio
from collections.abc import Callable

from bench.load.course import Course
from bench.load.intervals import Interval, Intervals
from protocol.units import NANOSECONDS

SECOND = 1.0
MILLISECOND = 1_000_000


async def tell_progress(course: Course, intervals: Intervals, tell: Callable[[str], None]) -> None:
    """Tell each second what has been sent and answered in it, for ever."""
    while True:
        await asyncio.sleep(SECOND)
        course.settle()
        tell(line_of(intervals.cut(course.clock()), intervals))


def line_of(interval: Interval, intervals: Intervals) -> str:
    """Return what there was in an interval, and how many answers are owed at its end."""
    median, late = (value / MILLISECOND for value in interval.latencies((50.0, 99.0)))
    return (
        f"{interval.end / NANOSECONDS:6.1f} s: {interval.sent:,} sent, {interval.answered:,} "
        f"answered, {intervals.sent - intervals.answered:,} owed; latency {median:.3f} ms, "
        f"p99 {late:.3f} ms"
    )

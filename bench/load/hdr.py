"""An HdrHistogram log of a load: a line for each interval of the latency and of the service time.

Values are in nanoseconds; the package hdrhistogram encodes them.
"""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.load.histogram import LONGEST, highest_in
from bench.load.intervals import Counted, Interval
from protocol.mistake import Mistake
from protocol.units import NANOSECONDS

DIGITS = 3
MILLISECOND = 1_000_000
HEADER = """\
#[Histogram log format version 1.2]
#[StartTime: {began:.3f} (seconds since epoch)]
#[BaseTime: {began:.3f} (seconds since epoch)]
"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
"""


def check_hdr() -> None:
    """Raise Mistake where the package is not there."""
    if find_spec("hdrh") is None:
        raise Mistake("--hdr needs the package hdrhistogram; install it, or cuohe[bench]")


def write_hdr(path: Path, began: float, intervals: Iterable[Interval]) -> None:
    """Write a log of intervals; `began` is the start in seconds since 1970."""
    lines = [HEADER.format(began=began)]
    for interval in intervals:
        for tag, counted in (("latency", interval.latency), ("service", interval.service)):
            lines.append(line_of(tag, interval, counted))
    path.write_text("".join(lines), encoding="ascii")


def line_of(tag: str, interval: Interval, counted: Counted) -> str:
    """Return the line of what was counted in an interval; its maximum is in milliseconds."""
    from hdrh.histogram import HdrHistogram

    histogram = HdrHistogram(1, LONGEST, DIGITS)
    values = highest_in(counted.buckets)
    for value, count in zip(values.tolist(), counted.counts.tolist(), strict=True):
        histogram.record_value(min(value, LONGEST), count)
    begin, length = interval.begin / NANOSECONDS, (interval.end - interval.begin) / NANOSECONDS
    most = np.max(values, initial=0) / MILLISECOND
    payload = histogram.encode().decode("ascii")
    return f"Tag={tag},{begin:.3f},{length:.3f},{most:.3f},{payload}\n"

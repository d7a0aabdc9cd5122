"""A load as a picture: latency by percentile, and throughput over time."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.load.histogram import Histogram, highest_in
from bench.load.ledger import Ledger
from bench.load.seconds import TENTHS
from protocol.mistake import Mistake
from protocol.units import NANOSECONDS

MILLISECOND = 1_000_000
PERCENTILES = (
    (1, "0"),
    (2, "50"),
    (10, "90"),
    (100, "99"),
    (1_000, "99.9"),
    (10_000, "99.99"),
    (100_000, "99.999"),
    (1_000_000, "99.9999"),
)
"""On the axis: out of so many durations one is longer."""

LATENCY, SERVICE, SENT = "#b5179e", "#3a6ea5", "#d0d4d9"


def check_plot() -> None:
    """Raise Mistake where the package is not there."""
    if find_spec("matplotlib") is None:
        raise Mistake("--plot needs the package matplotlib; install it, or cuohe[bench]")


def draw(path: Path, ledger: Ledger, title: str) -> None:
    """Write the picture as a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained", dpi=120)
    figure.suptitle(title)
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 2))
    draw_percentiles(upper, ledger.latency, ledger.service)
    draw_throughput(lower, ledger)
    figure.savefig(path, format="png")


def draw_percentiles(axes, latency: Histogram, service: Histogram) -> None:
    """Draw both durations over the percentile; each nine is as wide as the one before."""
    for histogram, name, color in (
        (service, "service time, from the actual sending", SERVICE),
        (latency, "latency, from the intended sending", LATENCY),
    ):
        rarity, durations = curve(histogram)
        axes.plot(rarity, durations, color=color, label=name, linewidth=1.8)
    most = max(latency.total, 10)
    ticks = [(rarity, f"{percent} %") for rarity, percent in PERCENTILES if rarity <= most]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1, most)
    axes.set_xticks(*zip(*ticks, strict=True))
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("percentile")
    axes.set_ylabel("milliseconds")
    axes.grid(alpha=0.3, which="both")
    axes.legend(loc="lower right", frameon=False)


def curve(histogram: Histogram) -> tuple[np.ndarray, np.ndarray]:
    """Return how rare the durations are that are longer, one out of so many, and the durations."""
    buckets = np.flatnonzero(histogram.counts)
    longer = histogram.total - np.cumsum(histogram.counts[buckets])
    rarity = histogram.total / np.maximum(longer, 1)
    durations = np.minimum(highest_in(buckets), histogram.longest) / MILLISECOND
    return rarity, durations


def draw_throughput(axes, ledger: Ledger) -> None:
    """Draw how fast requests were sent and answered, by tenth of a second."""
    seconds = int(max(ledger.sent.max(initial=0), ledger.answered_at) // NANOSECONDS) + 1
    edges = np.arange(seconds * TENTHS + 1) / TENTHS
    sent, answered = (
        counts.by_tenth(seconds) * TENTHS
        for counts in (ledger.sent_by_second, ledger.answered_by_second)
    )
    axes.stairs(sent, edges, color=SENT, label="sent", fill=True)
    axes.stairs(answered, edges, color=LATENCY, label="answered", linewidth=1.8)
    last = max(np.flatnonzero(sent + answered), default=0)
    axes.set_xlim(0, edges[last + 1])
    axes.set_ylim(0, 1.2 * max(sent.max(), answered.max(), 1))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("seconds after the start")
    axes.set_ylabel("requests a second")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper right", frameon=False, ncols=2)

"""A load on one page: what was sent, what was answered, and how long it took."""

from collections.abc import Iterator, Mapping
from statistics import median

from bench.load.outcome import PERCENTS, Outcome

MILLISECOND = 1_000_000


def lines_of(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of the page; the last ones are the verdict."""
    yield from counts(outcome)
    yield ""
    yield f"{'milliseconds':16}" + "".join(f"{name:>11}" for name in (*PERCENTS, "max"))
    yield durations("latency", outcome.latency)
    yield durations("service time", outcome.service)
    yield durations("delay of sending", outcome.delay)
    yield ""
    yield from verdict(outcome)


def title_of(outcome: Outcome) -> str:
    """Return the load in a line."""
    median, late = (outcome.latency[name] / MILLISECOND for name in ("p50", "p99"))
    return (
        f"{outcome.sent:,} requests from {outcome.sessions} sessions: "
        f"latency p50 {median:,.3f} ms, p99 {late:,.3f} ms"
    )


def counts(outcome: Outcome) -> Iterator[str]:
    """Yield how much was sent and answered, how fast, and with what."""
    for name, count, seconds, by_second in (
        ("sent", outcome.sent, outcome.sent_within, outcome.sent_by_second),
        ("answered", outcome.answered, outcome.answered_within, outcome.answered_by_second),
    ):
        whole = by_second[: outcome.whole_seconds]
        yield (
            f"{name:10}{count:14,} in {seconds:.3f} s: {rate(count, seconds):,} a second; "
            f"by second least {min(whole):,}, median {median(whole):,.0f}, most {max(whole):,}"
        )
    yield f"{'accepted':10}{outcome.accepted:14,}"
    yield f"{'canceled':10}{outcome.canceled:14,}"
    yield f"{'rejected':10}{sum(outcome.rejected.values()):14,}"
    for reason, count in sorted(outcome.rejected.items(), key=lambda pair: -pair[1]):
        yield f"  {reason:30}{count:14,}"
    yield f"{'traded':10}{outcome.trades:14,} times, {outcome.shares:,} shares"


def rate(count: int, seconds: float) -> int:
    """Return how many there were a second."""
    return round(count / seconds) if seconds else count


def durations(name: str, found: Mapping[str, int]) -> str:
    return f"{name:16}" + "".join(f"{value / MILLISECOND:11,.3f}" for value in found.values())


def verdict(outcome: Outcome) -> Iterator[str]:
    """Yield whether every request has its answer, or what is amiss."""
    if outcome.is_interrupted:
        yield f"interrupted after {outcome.sent:,} requests"
    for finding in (*outcome.broken, *outcome.findings):
        yield f"NO  {finding}"
    if outcome.status == 0:
        yield "yes every request has its answer, once and in order; no report is missing"

"""What came of a load: figures and findings, for the table, the JSON file and the plot."""

from typing import Any, NamedTuple

import numpy as np

from bench.load.course import Course
from bench.load.findings import broken, findings
from bench.load.histogram import Histogram
from bench.load.ledger import Ledger
from bench.load.sender import REFUSALS
from protocol.units import NANOSECONDS
from protocol.vocabulary import Refusal, Reject, ReportKind

PERCENTS = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9, "p99.99": 99.99}


class Outcome(NamedTuple):
    """Seconds are after the start, durations in nanoseconds."""

    sessions: int
    sent: int
    answered: int
    sent_within: float
    answered_within: float
    sent_by_second: list[int]
    answered_by_second: list[int]
    latency: dict[str, int]
    service: dict[str, int]
    delay: dict[str, int]
    accepted: int
    canceled: int
    rejected: dict[str, int]
    trades: int
    shares: int
    broken: list[str]
    findings: list[str]
    is_interrupted: bool

    @property
    def status(self) -> int:
        """The exit status: 0 where every request has its answer, 2 where a session was lost."""
        return 2 if self.broken else int(bool(self.findings))

    @property
    def whole_seconds(self) -> int:
        """How many seconds the sending lasted, one at least."""
        return max(1, round(self.sent_within))

    def as_json(self) -> dict[str, Any]:
        """Return all of it, and the verdict."""
        return self._asdict() | {"is_answered": self.status == 0}


def outcome_of(course: Course, ledger: Ledger) -> Outcome:
    """Return what came of a load that is over."""
    sent, answered = int(ledger.asked.sum()), int(ledger.answered.sum())
    sent_within = float(ledger.sent.max(initial=0)) / NANOSECONDS
    answered_within = ledger.answered_at / NANOSECONDS
    seconds = int(max(sent_within, answered_within)) + 1
    return Outcome(
        len(course.senders),
        sent,
        answered,
        sent_within,
        answered_within,
        ledger.sent_by_second.by_second(seconds),
        ledger.answered_by_second.by_second(seconds),
        told(ledger.latency),
        told(ledger.service),
        told(ledger.delay),
        int(ledger.kinds[ReportKind.ACCEPTED]),
        ledger.canceled,
        {reason_of(n): int(ledger.rejects[n]) for n in np.flatnonzero(ledger.rejects).tolist()},
        int(ledger.kinds[ReportKind.TRADED]),
        ledger.shares,
        list(broken(course.senders, ledger)),
        list(findings(course.senders, ledger)),
        course.is_interrupted,
    )


def told(histogram: Histogram) -> dict[str, int]:
    """Return percentiles and the maximum of durations."""
    found = histogram.percentiles(list(PERCENTS.values()))
    return dict(zip(PERCENTS, found, strict=True)) | {"max": histogram.longest}


def reason_of(number: int) -> str:
    """Return the name of a reason for which requests were rejected or refused."""
    return Refusal(number - REFUSALS).name if number > REFUSALS else Reject(number).name

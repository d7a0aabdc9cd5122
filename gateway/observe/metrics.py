"""What is measured, as data: each metric with its name, what it tells, and where it is read.

All of it is read from another thread than the loop's, so nothing here may change anything.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gateway.observe.histogram import Histogram
from gateway.session import Standing
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind, Phase, Reject, ReportKind

if TYPE_CHECKING:
    from gateway.server import Gateway

ONE = 1.0


class Kind(StrEnum):
    """How a metric behaves: a counter only grows, a gauge goes up and down."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """A number, numbers by a label, or a histogram of values that are so many of its unit."""

    name: str
    kind: Kind
    label: str
    tells: str
    read: Callable[[], float | Mapping[str, float] | Histogram]
    unit: float = ONE


def metrics_of(gateway: "Gateway") -> list[Metric]:
    """Return all that is measured of a gateway."""
    return [*flow_of(gateway), *times_of(gateway), *sessions_of(gateway), *works_of(gateway)]


def flow_of(gateway: "Gateway") -> Iterable[Metric]:
    """Yield what is counted of commands and reports."""
    meters, counter = gateway.pipeline.meters, Kind.COUNTER
    yield Metric(
        *("cuohe_commands_total", counter, "kind", "commands carried out, the venue's own too"),
        lambda: by_name(meters.commands, CommandKind),
    )
    yield Metric(
        *("cuohe_reports_total", counter, "kind", "reports released"),
        lambda: by_name(meters.reports, ReportKind),
    )
    yield Metric(
        *("cuohe_rejects_total", counter, "reason", "commands refused"),
        lambda: by_name(meters.rejects, Reject),
    )
    yield Metric(
        *("cuohe_refused_total", counter, "reason", "requests not carried out, and not journaled"),
        lambda: {reason.name: count for reason, count in dict(gateway.vetting.refused).items()},
    )
    yield Metric(
        *("cuohe_batch_commands", Kind.HISTOGRAM, "", "commands of a tick; its count is the ticks"),
        lambda: meters.batches,
    )
    yield Metric(
        *("cuohe_intake_waiting", Kind.GAUGE, "", "commands that wait for the next tick"),
        lambda: gateway.intake.waiting,
    )


def times_of(gateway: "Gateway") -> Iterable[Metric]:
    """Yield how long things take."""
    meters = gateway.pipeline.meters
    stopwatches = {
        "cuohe_latency_seconds": (
            meters.latency,
            "from the first frame of a tick to its reports' release, by report",
        ),
        "cuohe_engine_seconds": (meters.engine, "the engine, by tick"),
        "cuohe_journal_seconds": (meters.journal, "write and sync of the journal, by tick"),
        "cuohe_loop_lag_seconds": (
            gateway.watch.lag,
            "how late the loop turns, ten times a second",
        ),
    }
    for name, (stopwatch, tells) in stopwatches.items():
        yield Metric(name, Kind.HISTOGRAM, "", tells, lambda it=stopwatch: it, NANOSECONDS)  # type: ignore[misc]


def sessions_of(gateway: "Gateway") -> Iterable[Metric]:
    """Yield who is there, and how they came and went."""
    visits, pipeline, gauge = gateway.desk.visits, gateway.pipeline, Kind.GAUGE
    yield Metric(
        *("cuohe_sessions", gauge, "state", "sessions by where they stand"),
        lambda: sessions_by_state(gateway),
    )
    yield Metric(
        *("cuohe_connections", gauge, "", "open connections"), lambda: len(gateway.connections)
    )
    yield Metric(
        *("cuohe_connections_held_back", gauge, "", "connections not read until the next tick"),
        lambda: len(pipeline.held_back),
    )
    yield Metric(
        *("cuohe_logins_total", Kind.COUNTER, "result", "logins, accepted or refused for a reason"),
        lambda: dict(visits.logins),
    )
    yield Metric(
        *("cuohe_sessions_cut_total", Kind.COUNTER, "fault", "sessions that broke the protocol"),
        lambda: dict(visits.faults),
    )
    yield Metric(
        *("cuohe_unsent_bytes", gauge, "", "bytes that peers have not read yet, of all sessions"),
        lambda: sum(
            connection.transport.get_write_buffer_size()
            for connection in tuple(gateway.connections)
        ),
    )


def works_of(gateway: "Gateway") -> Iterable[Metric]:
    """Yield how journal, snapshots, day and alarms stand."""
    alarms, pipeline, gauge = gateway.watch.alarms, gateway.pipeline, Kind.GAUGE
    yield Metric(
        *("cuohe_journal_lag_commands", gauge, "", "commands carried out, not yet in the journal"),
        lambda: journal_lag(gateway),
    )
    yield Metric(
        *("cuohe_reports_untold", gauge, "", "reports of which the journal does not know yet"),
        lambda: sum(len(reports) for reports in tuple(pipeline.untold)),
    )
    yield Metric(
        *("cuohe_snapshots_total", Kind.COUNTER, "result", "snapshots, taken or failed"),
        lambda: snapshots_by_result(gateway),
    )
    yield Metric(
        *("cuohe_snapshot_age_seconds", gauge, "", "since the last snapshot; NaN before the first"),
        lambda: snapshot_age(gateway),
    )
    yield Metric(
        *("cuohe_disk_free_bytes", gauge, "", "what may still be written where the days are"),
        gateway.watch.works.free_bytes,
    )
    yield Metric(
        *("cuohe_day", gauge, "business_date", "1 while the day is open, 0 before and after"),
        lambda: {str(gateway.business_date): float(gateway.venue.is_open)},
    )
    yield Metric(
        *("cuohe_instruments", gauge, "phase", "instruments by their phase"),
        lambda: instruments_by_phase(gateway),
    )
    yield Metric(*("cuohe_alarms_active", gauge, "alarm", "alarms that are active"), alarms.count)
    yield Metric(
        *("cuohe_alarms_total", Kind.COUNTER, "alarm", "alarms that were raised"),
        lambda: {name: alarms.raised[name] for name in alarms.count()},
    )


def by_name(counts: np.ndarray, words: type[IntEnum]) -> Mapping[str, float]:
    """Return counts by the names of their numbers; what has none is UNKNOWN."""
    known = {word.name: int(counts[word]) for word in words if counts[word]}
    return known | {"UNKNOWN": int(counts.sum()) - sum(known.values())}


def sessions_by_state(gateway: "Gateway") -> Mapping[str, float]:
    """Return how many sessions stand where; all states are there."""
    found = Counter(connection.session.standing for connection in tuple(gateway.connections))
    return {standing.name: found[standing] for standing in Standing}


def journal_lag(gateway: "Gateway") -> float:
    """Return how many commands are carried out, but not written as the mode promises."""
    journal = gateway.journal
    match journal.mode:
        case "sync":
            return max(0, gateway.venue.sequence - journal.durable)
        case "buffered":
            return max(0, gateway.venue.sequence - journal.sequence + 1)
        case _:
            return 0


def snapshots_by_result(gateway: "Gateway") -> Mapping[str, float]:
    snapshots = gateway.pipeline.snapshots
    if snapshots is None:
        return {}
    return {"taken": snapshots.taken, "failed": snapshots.failed}


def snapshot_age(gateway: "Gateway") -> float:
    snapshots = gateway.pipeline.snapshots
    if snapshots is None or not snapshots.taken:
        return float("nan")
    return time.monotonic() - snapshots.taken_at


def instruments_by_phase(gateway: "Gateway") -> Mapping[str, float]:
    phases = gateway.venue.state.instruments["phase"][: len(gateway.desk.reception.symbols)]
    found = Counter(phases.tolist())
    return {phase.name: found[phase] for phase in Phase}

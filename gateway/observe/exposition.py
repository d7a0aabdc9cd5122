"""The metrics as Prometheus reads them."""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from gateway.observe.histogram import Histogram
from gateway.observe.metrics import Kind, Metric

FAMILIES = {Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}


class Reader(Collector):
    """Reads metrics whenever somebody asks."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self.metrics = list(metrics)

    def describe(self) -> list[Family]:
        """Name nothing beforehand, so that nothing is read before somebody asks."""
        return []

    def collect(self) -> Iterator[Family]:
        """Yield what each metric has now."""
        for metric in self.metrics:
            yield family_of(metric)


def family_of(metric: Metric) -> Family:
    """Return a metric with what it has now."""
    value = metric.read()
    if isinstance(value, Histogram):
        buckets = [(le_of(most / metric.unit), float(count)) for most, count in value.buckets()]
        return HistogramMetricFamily(
            metric.name, metric.tells, buckets=buckets, sum_value=value.sum / metric.unit
        )
    samples = value if isinstance(value, Mapping) else {"": value}
    labels = [metric.label] if metric.label else []
    family = FAMILIES[metric.kind](metric.name, metric.tells, labels=labels)
    for label, number in samples.items():
        family.add_metric([label] if metric.label else [], number)
    return family


def le_of(most: float) -> str:
    return "+Inf" if most == float("inf") else repr(most)


class Exposition:
    """The metrics of a gateway and of its process."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(Reader(metrics))
        ProcessCollector(registry=self.registry)

    def text(self) -> bytes:
        """Return all of them as they are now."""
        return generate_latest(self.registry)

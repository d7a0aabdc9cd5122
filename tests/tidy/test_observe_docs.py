"""What is said of metrics, alarms and the dashboard is what the gateway has."""

import json
import re

import pytest

from gateway.config import load_config
from gateway.observe.alarms import ACTIVE_MAX, ALARMS
from gateway.observe.door import PLACES
from gateway.observe.log import EVENTS_MAX
from gateway.observe.meters import ROWS_MAX
from gateway.observe.metrics import Metric, metrics_of
from gateway.observe.recent import NUMBERS_MAX, WORST_MAX
from gateway.server import Gateway
from tests.gateway.conftest import configure
from tests.tidy.test_docs import ROOT, table_of

OPERATING = ROOT / "docs/operating.md"
DASHBOARD = ROOT / "docs/grafana/cuohe.json"
OF_THE_PROCESS = {
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
}


@pytest.fixture(scope="module")
def metrics(tmp_path_factory) -> list[Metric]:
    """The metrics of a gateway that does not listen."""
    gateway = Gateway(load_config(configure(tmp_path_factory.mktemp("venue"), journal="none")))
    gateway.socket.close()
    return metrics_of(gateway)


def test_table_of_metrics_is_what_is_measured(metrics):
    assert table_of(OPERATING, "metric", "label") == [
        [f"`{metric.name}`", metric.label, metric.tells] for metric in metrics
    ]


def test_table_of_alarms_is_all_of_them():
    rows = table_of(OPERATING, "alarm", "is raised where")
    assert {name.strip("`"): told for name, told in rows} == ALARMS


def test_every_alarm_can_be_raised():
    code = "".join(path.read_text("utf-8") for path in (ROOT / "gateway/observe").glob("*.py"))
    assert set(re.findall(r'Finding\(\s*"(\w+)"', code)) == set(ALARMS)


def test_limits_of_watching_are_those_of_the_code():
    stated = dict(row[:2] for row in table_of(ROOT / "ARCHITECTURE.md", "what", "limit"))
    assert stated["rows that wait to be counted"] == f"{ROWS_MAX:,}"
    assert stated["alarms that are active"] == str(ACTIVE_MAX)
    assert stated["requests for metrics and health at once"] == str(PLACES)
    text = OPERATING.read_text("utf-8")
    assert f"where {EVENTS_MAX:,}\nevents wait" in text
    assert f"At most {ACTIVE_MAX} are active at once" in text
    assert f"the {WORST_MAX} worst" in text and f"from {NUMBERS_MAX:,} on" in text


def test_the_dashboard_draws_what_is_measured_and_nothing_else(metrics):
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    drawn = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    names = set(re.findall(r"\b(?:cuohe|process)_\w+", drawn))
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in names} == OF_THE_PROCESS | {
        metric.name for metric in metrics
    }


def test_the_dashboard_groups_by_labels_that_there_are(metrics):
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    labels = {metric.name: metric.label for metric in metrics}
    for target in (target for panel in panels for target in panel["targets"]):
        used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        measured = set(re.findall(r"cuohe_\w+", target["expr"])) & set(labels)
        assert used <= {labels[name] for name in measured}, target["expr"]

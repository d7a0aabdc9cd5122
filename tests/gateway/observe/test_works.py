"""What is wrong with journal, disk and clock is found."""

from types import SimpleNamespace

import pytest

from engine.sequencer import Sequencer
from gateway.config import AlarmSettings
from gateway.observe import works as works_module
from gateway.observe.meters import Meters
from gateway.observe.works import Works
from protocol.units import NANOSECONDS

NOW = 1_000 * NANOSECONDS


@pytest.fixture
def pipeline(monkeypatch):
    """A pipeline at rest, at a time that stands still."""
    monkeypatch.setattr(works_module, "perf_counter_ns", lambda: NOW)
    return SimpleNamespace(meters=Meters(), sequencer=Sequencer(lambda: NOW))


def found(pipeline, folder, **settings) -> list[tuple[str, str]]:
    settings = {"disk_free_mb": 0} | settings
    findings = Works(AlarmSettings(**settings), pipeline, folder).find()
    return [(finding.name, finding.text) for finding in findings]


def test_all_is_well(pipeline, tmp_path):
    assert found(pipeline, tmp_path) == []


def test_a_request_that_waits_too_long(pipeline, tmp_path):
    pipeline.meters.arrived = NOW - NANOSECONDS
    assert found(pipeline, tmp_path) == []
    pipeline.meters.arrived -= NANOSECONDS // 2
    told = "a request has waited for its answer for 1.5 seconds"
    assert found(pipeline, tmp_path) == [("unanswered", told)]
    assert found(pipeline, tmp_path, unanswered_seconds=2) == []
    assert found(pipeline, tmp_path, unanswered_seconds=0) == []


def test_a_journal_that_takes_too_long(pipeline, tmp_path):
    pipeline.meters.journal.since = NOW - 3 * NANOSECONDS
    assert found(pipeline, tmp_path, unanswered_seconds=0) == [
        ("journal_slow", "a write to the journal has taken 3.0 seconds so far")
    ]


def test_a_disk_that_is_nearly_full_or_gone(pipeline, tmp_path):
    ((name, text),) = found(pipeline, tmp_path, disk_free_mb=2**31 - 1)
    assert name == "disk_low" and text.startswith(f"{tmp_path}: only ")
    gone = tmp_path / "gone"
    told = f"{gone}: only 0 MB are free; make room before the venue must stop"
    assert found(pipeline, gone, disk_free_mb=1) == [("disk_low", told)]


def test_a_clock_that_goes_back(pipeline, tmp_path):
    pipeline.sequencer.time = NOW + 2 * NANOSECONDS
    told = "the clock is 2.0 seconds behind the last command; set it right"
    assert found(pipeline, tmp_path) == [("clock_back", told)]
    assert found(pipeline, tmp_path, clock_back_seconds=2) == []

"""The log: a line for people or an object for machines, and never a secret."""

import json
import logging
import re
import sys
import threading

import pytest

from gateway.config import ConfigError, LogForm
from gateway.observe import log as log_module
from gateway.observe.log import SECRETS, written

log = logging.getLogger("cuohe.test")


@pytest.fixture(autouse=True)
def logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_for_people_has_the_event_and_its_fields(capsys):
    with written(LogForm.CONSOLE):
        log.info("login accepted", extra={"user": "alice", "session": 1})
        log.warning("session cut", extra={"text": 'not "read"\nyet', "fault": ""})
        log.error("%d orders", 7)
    assert capsys.readouterr().err.splitlines() == [
        "login accepted user=alice session=1",
        'session cut text="not \\"read\\"\\nyet" fault=""',
        "7 orders",
    ]


def test_a_line_for_machines_is_an_object_with_time_level_event_and_fields(capsys):
    with written(LogForm.JSON):
        log.warning("%d orders of %s", 7, "alice", extra={"session": 1})
    told = json.loads(capsys.readouterr().err)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", told.pop("time"))
    assert told == {"event": "7 orders of alice", "level": "warning", "session": 1}


@pytest.mark.parametrize("form", LogForm)
def test_an_error_brings_its_traceback(form, capsys):
    with written(form):
        try:
            raise ValueError("a bug")
        except ValueError as error:
            log.error("the venue stops", exc_info=error, extra={"session": 1})
    told = capsys.readouterr().err
    assert "ValueError: a bug" in told and told.startswith(("the venue stops session=1\n", "{"))


@pytest.mark.parametrize("form", LogForm)
def test_fields_that_may_hold_a_secret_are_dropped_by_name(form, capsys):
    with written(form):
        log.info("login accepted", extra=dict.fromkeys(SECRETS, "open sesame") | {"user": "alice"})
    told = capsys.readouterr().err
    assert "alice" in told and "sesame" not in told


def test_json_without_structlog_is_a_mistake_in_the_configuration(monkeypatch):
    monkeypatch.setitem(sys.modules, "structlog", None)
    missing = r'"json" needs structlog; install cuohe\[serve\]'
    with pytest.raises(ConfigError, match=missing), written(LogForm.JSON):
        pass
    with written(LogForm.CONSOLE):
        pass


def test_a_reader_who_does_not_read_makes_nobody_wait(capsys, monkeypatch):
    monkeypatch.setattr(log_module, "EVENTS_MAX", 3)
    gate, is_writing = threading.Event(), threading.Event()

    def emit(handler, record) -> None:
        is_writing.set()
        gate.wait(20)
        told.append(handler.format(record))

    told: list[str] = []
    monkeypatch.setattr(logging.StreamHandler, "emit", emit)
    with written(LogForm.CONSOLE):
        log.info("event 1")
        assert is_writing.wait(20)
        for number in range(2, 8):
            log.info("event %d", number)
        gate.set()
    assert told == ["event 1", "event 2", "event 3", "event 4", "events were lost count=3"]


def test_what_msgspec_does_not_know_is_told_as_a_string():
    assert json.loads(log_module.to_json({"path": log_module})) == {"path": str(log_module)}

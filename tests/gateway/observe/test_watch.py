"""A look counts what has come, tells what operators asked for, and raises and clears alarms."""

import logging
from types import SimpleNamespace

import pytest

from engine.sequencer import Sequencer
from engine.venue import Venue
from gateway.config import AlarmSettings
from gateway.observe.breaker import Breaker
from gateway.observe.meters import ACTS_MAX, Meters
from gateway.observe.recent import STEPS
from gateway.observe.visits import Visit, Visits
from gateway.observe.watch import Watch
from protocol.vocabulary import CommandKind
from tests.gateway.orders import rows_to_enter

USERS = ["alice", "bob", "olivia"]


@pytest.fixture
def watch(tmp_path, caplog) -> Watch:
    """A watch of a pipeline that a test feeds, by a clock that a test moves."""
    caplog.set_level(logging.INFO, "cuohe")
    pipeline = SimpleNamespace(meters=Meters(), sequencer=Sequencer(lambda: 0), agenda=None)
    settings = AlarmSettings(order_rate=10, disk_free_mb=0)
    watch = Watch(settings, USERS, pipeline, Visits(USERS), Breaker(Venue()), tmp_path)
    watch.now = 0.0
    watch.alarms.monotonic = lambda: watch.now
    return watch


def feed(watch: Watch, count: int, session: int, **fields) -> None:
    rows = rows_to_enter(1, count)
    rows["sequence"] = range(41, 41 + count)
    rows["session"] = session
    for name, value in fields.items():
        rows[name] = value
    watch.meters.take(rows)


def test_an_alarm_is_there_while_its_cause_is_and_some_seconds_longer(watch, caplog):
    feed(watch, 11, session=1)
    actives = []
    for _ in range(3 * STEPS):
        watch.look()
        actives.append(watch.alarms.count()["order_rate"])
        watch.now += 1.0
    seen, lingers = STEPS, int(AlarmSettings().clear_seconds)
    assert actives == [1] * (seen + lingers) + [0] * (3 * STEPS - seen - lingers)
    assert [record.getMessage() for record in caplog.records] == [
        "account 1001 sends many requests: 11 in a second",
        "alarm cleared",
    ]


def test_what_operators_ask_for_is_told_with_who_and_from_where(watch, caplog):
    visit = Visit(watch.visits)
    visit.address = "127.0.0.1:50000"
    watch.visits.by_session[3] = visit
    feed(watch, 1, session=3, kind=CommandKind.BLOCK_TRADING)
    watch.look()
    watch.look()
    (record,) = caplog.records
    assert (record.getMessage(), record.command, record.sequence) == (
        *("operator asks", "BLOCK_TRADING"),
        41,
    )
    assert (record.user, record.session, record.address) == ("olivia", 3, "127.0.0.1:50000")


def test_of_a_flood_of_acts_the_rest_is_told_as_a_number(watch, caplog):
    feed(watch, 500, session=2, kind=CommandKind.CHANGE_USER)
    watch.look()
    *told, more = caplog.records
    about = {(record.command, record.user, record.address) for record in told}
    assert about == {("CHANGE_USER", "bob", "-")}
    assert (len(told), more.getMessage(), more.commands) == (
        *(ACTS_MAX, "operators ask more"),
        500 - ACTS_MAX,
    )

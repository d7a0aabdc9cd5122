"""Alarms are raised once, renewed while they last, and clear by themselves."""

import logging

import pytest

from gateway.observe.alarms import ACTIVE_MAX, ALARMS, Alarms, Finding

BUSY = Finding("order_rate", "account 1001", "account 1001 sends many requests")


class FixedClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def alarms(clock) -> Alarms:
    return Alarms(10.0, clock)


def test_an_alarm_is_told_once_and_counted_while_it_lasts(alarms, clock, caplog):
    with caplog.at_level(logging.INFO, "cuohe"):
        for _ in range(5):
            alarms.see(BUSY)
            clock.now += 9
            alarms.clear()
    assert [record.getMessage() for record in caplog.records] == [BUSY.text]
    assert (caplog.records[0].alarm, caplog.records[0].of) == ("order_rate", "account 1001")
    (told,) = alarms.told()
    assert (told["name"], told["of"], told["count"]) == ("order_rate", "account 1001", 5)
    assert told["since"] <= told["last"]
    assert alarms.raised == {"order_rate": 1}


def test_an_alarm_whose_cause_is_gone_clears_and_may_come_again(alarms, clock, caplog):
    with caplog.at_level(logging.INFO, "cuohe"):
        alarms.see(BUSY)
        clock.now += 10.1
        alarms.clear()
        alarms.see(BUSY)
    assert [record.getMessage() for record in caplog.records] == [
        BUSY.text,
        "alarm cleared",
        BUSY.text,
    ]
    assert alarms.raised == {"order_rate": 2}
    assert alarms.count() == dict.fromkeys(ALARMS, 0) | {"order_rate": 1}


def test_more_than_there_is_room_for_are_only_counted(alarms):
    for account in range(ACTIVE_MAX + 5):
        alarms.see(BUSY._replace(of=f"account {account}"))
    assert len(alarms.told()) == ACTIVE_MAX
    assert alarms.raised == {"order_rate": ACTIVE_MAX + 5}


def test_what_is_no_alarm_cannot_be_raised(alarms):
    with pytest.raises(AssertionError, match="earthquake is no alarm"):
        alarms.see(Finding("earthquake", "venue", "it shakes"))

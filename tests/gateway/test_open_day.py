"""One venue serves one day after another, as its operators say."""

from pathlib import Path

import pytest

from bench.child import PASSWORD, ChildGateway
from gateway.cli import main
from protocol.messages import Accepted, DayEnded, Refused
from protocol.terminal import SessionEnded
from protocol.vocabulary import Phase, Refusal, Side
from tests.gateway.conftest import BUSINESS_DATE, edit
from tests.gateway.observe.test_observed import wait_until
from tests.gateway.orders import MOUTAI, PRICE

MONDAY = 20261123
"""The business day after BUSINESS_DATE, a Friday."""


def refusal(client, client_seq: int) -> Refusal:
    """Return why a request is refused."""
    while not isinstance(answer := client.receive(), Refused):
        pass
    assert answer.client_seq == client_seq
    return answer.reason


def ended(client) -> str:
    """Return with which words a session ends."""
    with pytest.raises(SessionEnded) as end:
        while True:
            client.receive()
    return str(end.value)


def end_day(client) -> None:
    client.close_day()
    while not isinstance(client.receive(), DayEnded):
        pass


def trade(client) -> None:
    """Enter an order that the venue takes."""
    client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    while not isinstance(client.receive(), Accepted):
        pass


def test_the_next_day_begins_when_the_last_one_is_over(config, dial):
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator", next_report=0)
        terminal = dial(gateway, "terminal1", next_report=0)
        operator.change_phase(Phase.CONTINUOUS)
        trade(terminal)
        end_day(operator)
        operator.open_day()
        assert f"the day {MONDAY} begins" in ended(operator)
        assert f"the day {MONDAY} begins" in ended(terminal)
        gateway.wait_until_it_listens()
        operator = dial(gateway, "operator", next_report=0)
        assert operator.session.business_date == MONDAY
        terminal = dial(gateway, "terminal1", next_report=1)
        assert terminal.session.next_report == 1, "the streams of the day begin anew"
        operator.change_phase(Phase.CONTINUOUS)
        trade(terminal)
        assert gateway.stop() == 0
    for date in (BUSINESS_DATE, MONDAY):
        assert (config.parent / str(date) / "journal").is_dir()
    assert (config.parent / str(BUSINESS_DATE) / "clearing" / "manifest.ok").exists()


def test_no_day_begins_before_the_last_one_is_over_or_for_who_may_not_end_one(config, dial):
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator", next_report=0)
        terminal = dial(gateway, "terminal1", next_report=0)
        assert refusal(operator, operator.open_day()) is Refusal.DAY_NOT_ENDED
        assert refusal(terminal, terminal.open_day()) is Refusal.NOT_PERMITTED
        end_day(operator)
        assert refusal(terminal, terminal.open_day()) is Refusal.NOT_PERMITTED
        for date in (BUSINESS_DATE, 20261119, 20261131):
            assert refusal(operator, operator.open_day(date)) is Refusal.DAY_CANNOT_OPEN


def test_a_day_that_could_not_begin_leaves_the_last_one_as_it_is(config, dial, tmp_path: Path):
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator", next_report=0)
        end_day(operator)
        edit(config, "[venue]", "[venue]\nnonsense = 1")
        assert refusal(operator, operator.open_day()) is Refusal.DAY_CANNOT_OPEN
        wait_until(lambda: "nonsense" in gateway.log.read_text(encoding="utf-8"), "the log says it")
        edit(config, "[venue]\nnonsense = 1", "[venue]")
        operator.open_day(20261124)
        assert "the day 20261124 begins" in ended(operator)


def test_operators_open_the_day_from_the_shell(config, dial, monkeypatch, capsys):
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)
    with ChildGateway(config) as gateway:

        def say(*words: str) -> tuple[int, str]:
            where = ["--user", "operator", "--port", str(gateway.port)]
            return main(["ops", *words, *where]), capsys.readouterr().out

        assert say("open-day") == (1, "rejected: DAY_NOT_ENDED\n")
        assert say("close-day")[0] == 0
        status, told = say("open-day")
        assert status == 0 and f"the day {MONDAY} begins" in told
        gateway.wait_until_it_listens()
        assert say("status")[0] == 0

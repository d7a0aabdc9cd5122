"""`cuohe copy`: a branch's reports, or all of them, as lines."""

import re
from threading import Thread

import pytest

from bench.child import PASSWORD, ChildGateway
from gateway.cli import main
from protocol.messages import DayEnded
from protocol.vocabulary import Phase, Side
from tests.gateway.orders import MOUTAI, PRICE
from tests.gateway.test_serve import begin

TIME = r"\d\d:\d\d:\d\d\.\d{9}"


@pytest.fixture
def say(config, dial, monkeypatch, capsys):
    """Run `cuohe copy` at a gateway where terminal1 and terminal3 have traded."""
    monkeypatch.setenv("CUOHE_PASSWORD", PASSWORD)
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        for user, account, side in (
            ("terminal1", 1001, Side.SELL),
            ("terminal3", 2001, Side.BUY),
        ):
            client = dial(gateway, user, next_report=0)
            client.enter(account, MOUTAI, side, PRICE, 100)
            client.log_out()

        def say(user: str, *words: str) -> tuple[int, list[str], str]:
            status = main(["copy", *words, "--user", user, "--port", str(gateway.port)])
            heard = capsys.readouterr()
            return status, [re.sub(TIME, "at", line) for line in heard.out.splitlines()], heard.err

        say.gateway = gateway
        yield say


SOLD = "traded 100 at 1451.0000"


def test_a_branch_s_reports_are_told_line_by_line(say):
    assert say("terminal3") == (
        0,
        [
            "1  at  everyone: CONTINUOUS begins",
            "2  at  session 3: accepted as order 2",
            f"3  at  session 3: {SOLD}",
        ],
        "",
    )


def test_everyone_s_reports_from_a_number_on(say):
    status, lines, _ = say("operator", "--everyone", "--from", "2")
    assert status == 0
    assert [re.sub(r"session \d", "session", line) for line in lines] == [
        "2  at  session: accepted as order 1",
        "3  at  session: accepted as order 2",
        f"4  at  session: {SOLD}",
        f"5  at  session: {SOLD}",
    ]


def test_who_may_not_hear_everyone_is_told_so_in_one_line(say):
    status, lines, error = say("terminal1", "--everyone")
    assert (status, lines) == (1, [])
    assert error.startswith("cuohe copy: NOT_PERMITTED: this needs COPY_REPORTS for EVERY")
    assert len(error.splitlines()) == 1


def test_who_follows_hears_the_day_to_its_end(say, dial):
    def end_the_day() -> None:
        operator = dial(say.gateway, "operator", next_report=0)
        operator.close_day()
        while not isinstance(operator.receive(), DayEnded):
            pass

    ending = Thread(target=end_the_day)
    ending.start()
    status, lines, _ = say("terminal1", "--follow", "--timeout", "0.5")
    ending.join()
    assert status == 0
    assert lines[-1].endswith("everyone: the day 20261120 has ended")

"""`cuohe rules` tells what holds for a security on a day, and where that is from."""

import argparse

import pytest

from engine.phases import TIMETABLE
from gateway.commands import rules
from protocol.mistake import Mistake


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    rules.configure(parser)
    return rules.run(parser.parse_args(words))


@pytest.fixture
def told(capsys):
    """Return a function that runs the command and returns what it printed, line by line."""

    def tell(*words: str) -> list[str]:
        assert run(*words) == 0
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    return tell


@pytest.mark.parametrize("symbol", ["600519.SH", "000001.SZ", "430047.BJ", "510300.SH"])
def test_a_code_that_tells_its_exchange_needs_no_suffix(told, symbol):
    day = ("--date", "2026-11-20")
    assert told(symbol[:6], *day) == told(symbol, *day)


def test_a_share_of_the_main_board_after_2026(told):
    sse = "SSE 2026 ([2026] 41) (verified)"
    types = "SSE 2023 (verified)"
    assert told("600519.SH", "--date", "2026-07-06", "--previous-close", "10.05") == [
        "600519.SH on 2026-07-06, normal: SSE_MAIN, by rules from 2026-07-06 on",
        f"price limit 10 %, 1 tick at least: 9.05 to 11.06 {sse}",
        f"free days the first 5 after listing {sse}",
        f"tick 0.01 {sse}",
        f"lots buys of 100, then steps of 100 {sse}",
        f"most 1,000,000, in a market order 1,000,000 {sse}",
        f"cage 2 %, 10 ticks at least {sse}",
        f"order types LIMIT {types}",
        f"order types COUNTERPARTY_BEST {types}",
        f"order types OWN_SIDE_BEST {types}",
        f"order types BEST_FIVE_THEN_CANCEL {types}",
        f"order types BEST_FIVE_THEN_LIMIT {types}",
        "auction ORDER_PRICES, then MIDDLE SSE 2026 3.6.2 (verified)",
        "09:15 OPENING_CALL takes orders and cancels; they rest",
        "09:20 OPENING_CALL_LOCKED takes orders; they rest",
        "09:25 PRE_CONTINUOUS takes nothing",
        "09:30 CONTINUOUS takes orders and cancels; they match on arrival",
        "11:30 BREAK takes nothing",
        "13:00 CONTINUOUS takes orders and cancels; they match on arrival",
        "14:57 CLOSING_CALL takes orders; they rest",
        "15:00 POST_CLOSE takes nothing",
    ]


@pytest.mark.parametrize(
    ("day", "limit"),
    [
        ("2023-02-01", "price limit 5 %: 4.05 to 4.47 SSE rules of 2018 (recalled)"),
        ("2026-07-05", "price limit 5 %, 1 tick at least: 4.05 to 4.47 SSE 2023 3.3.13 (verified)"),
        (
            "2026-07-06",
            "price limit 10 %, 1 tick at least: 3.83 to 4.69 SSE 2026 ([2026] 41) (verified)",
        ),
    ],
)
def test_special_treatment_has_the_limit_of_its_day(told, day, limit):
    lines = told("600165.SH", "--date", day, "--status", "st", "--previous-close", "4.26")
    assert lines[1] == limit


def test_a_free_day_has_no_limit_but_the_widest_band(told):
    lines = told("688981.SH", "--date", "2026-07-06", "--status", "free")
    assert lines[1] == "price limit none SSE 2023 3.3.13 (verified)"
    lines = told(
        "688981.SH", "--date", "2026-07-06", "--status", "free", "--previous-close", "10.00"
    )
    assert lines[1] == "price limit none: 0.01 to 2621.44 SSE 2023 3.3.13 (verified)"
    assert "cage 2 % STAR special rules 2019 (own choice)" in lines


def test_a_bond_is_limited_to_limit_orders_on_a_fine_tick(told):
    lines = told("123001.SZ", "--date", "2022-08-01", "--previous-close", "101.5")
    assert "tick 0.001 SZSE convertible bond rules 2022 (verified)" in lines
    assert [line for line in lines if line.startswith("order types")] == [
        "order types LIMIT SZSE convertible bond rules 2022 (recalled)"
    ]
    assert "20 %, 1 tick at least: 81.20 to 121.80" in lines[1]


def test_a_board_that_is_named_goes_before_the_code(told):
    lines = told("159915.SZ", "--date", "2026-07-06")
    assert "SZSE_FUND, " in lines[0] and "10 %" in lines[1]
    lines = told("159915.SZ", "--date", "2026-07-06", "--board", "SZSE_FUND_20")
    assert "SZSE_FUND_20, " in lines[0] and "20 %" in lines[1]
    lines = told("600519.SH", "--board", "SSE_OPEN")
    assert "order types POST_ONLY" in " ".join(lines)


def test_without_a_date_the_rules_are_those_of_today(told):
    assert len(told("600519.SH")) == 13 + len(TIMETABLE)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("999999",), "the code alone tells no exchange; write it like 600519.SH"),
        (("777777.SH",), "777777.SH: no board of SSE has codes like 777777; name the board"),
        (("600519.SH", "--board", "MAIN"), "600519.SH: board 'MAIN' is unknown; known are BSE,"),
        (
            ("600519.SH", "--date", "2018-08-19"),
            "600519.SH: board SSE_MAIN has no rules on 2018-08-19; its first are of 2018-08-20",
        ),
        (("600519.SH", "--date", "2023-02-30"), "--date '2023-02-30' is no date like 2023-02-01"),
        (("600519.SH", "--previous-close", "1.001"), "600519.SH: previous_close is not a multiple"),
        (("600519.SH", "--previous-close", "dear"), "'dear' is not a decimal number"),
        (("600519.SH", "--previous-close", "0"), "previous_close 0 is not above 0"),
    ],
)
def test_what_there_is_not_is_a_clear_mistake(words, reason):
    with pytest.raises(Mistake) as refused:
        run(*words)
    assert reason in str(refused.value)

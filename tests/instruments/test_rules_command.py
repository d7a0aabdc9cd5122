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
    halts = "SSE 2026 ([2026] 41) (secondary)"
    types = "SSE 2023 (verified)"
    tariffs = "tariffs of CSDC, exchange and CSRC"
    assert told("600519.SH", "--date", "2026-07-06", "--previous-close", "10.05") == [
        "600519.SH on 2026-07-06, normal: SSE_MAIN, by rules from 2026-07-06 on",
        f"price limit 10 %, 1 tick at least: 9.05 to 11.06 {sse}",
        f"free days the first 5 after listing {sse}",
        f"halts free days: 30 % from the opening price, 10 minutes {halts}",
        f"halts free days: 60 % from the opening price, 10 minutes {halts}",
        f"tick 0.01 {sse}",
        f"lots buys of 100, then steps of 100 {sse}",
        f"most 1,000,000, in a market order 1,000,000 {sse}",
        f"fixed price after the close, up to 1,000,000 {sse}",
        f"cage 2 %, 10 ticks at least {sse}",
        f"order types LIMIT {types}",
        f"order types COUNTERPARTY_BEST {types}",
        f"order types OWN_SIDE_BEST {types}",
        f"order types BEST_FIVE_THEN_CANCEL {types}",
        f"order types BEST_FIVE_THEN_LIMIT {types}",
        "gap 9:25-9:30: orders are refused SSE 2026 3.4.1 (recalled)",
        "auction ORDER_PRICES, then MIDDLE SSE 2026 3.6.2 (verified)",
        "schedule closes by call auction 14:57-15:00 SSE 2026 3.4.1 (verified)",
        f"account ORDINARY, SHANGHAI_A, in CNY {sse}",
        f"sale from the next trading day on {sse}",
        "fees SSE_A, by rules from 2023-08-28 on",
        "stamp duty 0.05 % of sells the tax office (verified)",
        f"transfer fee 0.001 % {tariffs} (verified)",
        f"handling fee 0.00341 % {tariffs} (secondary)",
        f"regulatory fee 0.002 % {tariffs} (secondary)",
        f"settlement fee none {tariffs} (verified)",
        "09:15 OPENING_CALL takes orders and cancels; they rest",
        "09:20 OPENING_CALL_LOCKED takes orders; they rest",
        "09:25 PRE_CONTINUOUS takes nothing",
        "09:30 CONTINUOUS takes orders and cancels; they match on arrival; fixed-price orders wait",
        "11:30 BREAK takes nothing",
        "13:00 CONTINUOUS takes orders and cancels; they match on arrival; fixed-price orders wait",
        "14:57 CLOSING_CALL takes orders; they rest; fixed-price orders wait",
        "15:00 POST_CLOSE fixed-price orders wait",
        "15:05 FIXED_PRICE fixed-price orders trade at the closing price",
        "15:30 CLOSED takes nothing",
    ]


def test_before_2026_the_main_board_knows_no_trading_after_the_close(told):
    lines = told("600519.SH", "--date", "2026-07-05")
    assert "fixed price none SSE 2023 3.3.8 3.3.9 (verified)" in lines
    assert "15:00 POST_CLOSE takes nothing" in lines


def test_a_fund_of_shanghai_trades_on_to_the_close_before_2026(told):
    lines = told("510300.SH", "--date", "2026-07-05")
    average = "trades to 15:00; closes at the last minute's average"
    assert f"schedule {average} SSE 2023, funds (verified)" in lines
    assert not any(line.startswith("14:57") for line in lines)
    lines = told("510300.SH", "--date", "2026-07-06")
    assert "schedule closes by call auction 14:57-15:00 SSE 2026, funds (verified)" in lines
    assert "fixed price after the close, up to 1,000,000 SSE 2026, funds (verified)" in lines
    assert "14:57 CLOSING_CALL takes orders; they rest; fixed-price orders wait" in lines


def test_in_shenzhen_orders_wait_for_continuous_trading(told):
    lines = told("000001.SZ", "--date", "2026-07-06")
    assert "gap 9:25-9:30: orders wait SZSE rules since 2006 (secondary)" in lines
    assert "09:25 PRE_CONTINUOUS takes orders; they wait; fixed-price orders wait" in lines


def test_a_first_day_has_a_band_of_its_own(told):
    issued = ("--status", "first", "--previous-close", "100")
    lines = told("118000.SH", "--date", "2026-07-06", *issued)
    bonds = "SSE convertible bond rules 2022"
    assert lines[1] == (
        f"first day 57.3 % up, 43.3 % down, 1 tick at least: 56.70 to 157.30 {bonds} (verified)"
    )
    assert lines[3:5] == [
        f"halts first day: 20 % from the previous close, 30 minutes {bonds} (secondary)",
        f"halts first day: 30 % from the previous close, until 14:57 {bonds} (secondary)",
    ]
    (reit, *_) = told("508000.SH", "--date", "2026-07-06", *issued)[1:]
    assert reit == "first day 30 %, 1 tick at least: 70.00 to 130.00 SSE 2026, REITs (verified)"


def test_an_own_board_has_everything(told):
    lines = " ".join(told("600519.SH", "--board", "SSE_FULL"))
    for said in ("ALL_OR_CANCEL", "ICEBERG", "STOP", "after the close, up to 2,000,000,000"):
        assert said in lines
    assert "9:25-9:30: orders wait" in lines


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


def test_a_b_share_is_in_another_currency_and_has_a_settlement_fee(told):
    lines = told("200002.SZ", "--date", "2026-07-06")
    assert "account B_SHARES, SHENZHEN_B, in HKD SZSE 2026, B shares, in HKD (verified)" in lines
    tariffs = "tariffs of CSDC, exchange and CSRC"
    assert f"settlement fee 0.05 %, 500.00 at most {tariffs} (recalled)" in lines


def test_a_share_under_special_treatment_needs_a_permission_of_its_own(told):
    lines = told("600165.SH", "--date", "2026-07-06", "--status", "st")
    assert any(line.startswith("account RISK_WARNING, SHANGHAI_A, in CNY ") for line in lines)


def test_fees_that_are_named_go_before_those_of_the_board(told):
    lines = told("511880.SH", "--date", "2026-07-06", "--fees", "SSE_FUND_WAIVED")
    assert "fees SSE_FUND_WAIVED, by rules from 2026-01-01 on" in lines
    assert "handling fee none SSE tariff of 2026-01 (verified)" in lines


def test_a_board_that_is_named_goes_before_the_code(told):
    lines = told("159915.SZ", "--date", "2026-07-06")
    assert "SZSE_FUND, " in lines[0] and "10 %" in lines[1]
    lines = told("159915.SZ", "--date", "2026-07-06", "--board", "SZSE_FUND_20")
    assert "SZSE_FUND_20, " in lines[0] and "20 %" in lines[1]
    lines = told("600519.SH", "--board", "SSE_OPEN")
    assert "order types POST_ONLY" in " ".join(lines)


def test_without_a_date_the_rules_are_those_of_today(told):
    assert len(told("600519.SH")) == 26 + len(TIMETABLE)


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
        (
            ("600519.SH", "--date", "2026-07-06", "--status", "first"),
            "600519.SH: board SSE_MAIN has no status first by its rules from 2026-07-06 on; use",
        ),
        (("600519.SH", "--fees", "SSE"), "600519.SH: fees 'SSE' are unknown; known are BSE_A,"),
        (
            ("600519.SH", "--board", "SSE_OPEN", "--date", "2021-11-14", "--fees", "BSE_A"),
            "600519.SH: fees BSE_A have no rules on 2021-11-14",
        ),
        (("508000.SH", "--status", "free"), "use one of normal, st, delisting, first"),
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

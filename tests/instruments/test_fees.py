"""The fees of each product have their rates on each day."""

from datetime import date, timedelta

import pytest

from engine.fees import (
    FEES,
    SUBJECTS,
    FeeRule,
    fees_in_force,
    load_fee_rules,
    parse_rate,
)
from engine.kernels import Limits
from engine.rulebook import load_board_rules, said_of
from protocol.bounds import FEE_RATE_MAX

CHANGES = [
    # schedule, first day of the change, field, before, from then on
    ("SSE_A", "2008-09-19", "stamp_buy_rate", 100_000, 0),
    ("SSE_A", "2012-01-01", "regulatory_rate", 4_000, 2_000),
    ("SSE_A", "2012-06-01", "handling_rate", 11_000, 8_700),
    ("SSE_A", "2012-09-01", "handling_rate", 8_700, 6_960),
    ("SSE_A", "2015-08-01", "handling_rate", 6_960, 4_870),
    ("SSE_A", "2015-08-01", "transfer_rate", 0, 2_000),
    ("SSE_A", "2022-04-29", "transfer_rate", 2_000, 1_000),
    ("SSE_A", "2023-08-28", "stamp_sell_rate", 100_000, 50_000),
    ("SSE_A", "2023-08-28", "handling_rate", 4_870, 3_410),
    ("SZSE_A", "2008-09-19", "stamp_buy_rate", 100_000, 0),
    ("SZSE_A", "2012-01-01", "regulatory_rate", 4_000, 2_000),
    ("SZSE_A", "2012-06-01", "handling_rate", 12_200, 8_700),
    ("SZSE_A", "2012-09-01", "handling_rate", 8_700, 6_960),
    ("SZSE_A", "2015-08-01", "handling_rate", 6_960, 4_870),
    ("SZSE_A", "2015-08-01", "transfer_rate", 2_550, 2_000),
    ("SZSE_A", "2022-04-29", "transfer_rate", 2_000, 1_000),
    ("SZSE_A", "2023-08-28", "stamp_sell_rate", 100_000, 50_000),
    ("SZSE_A", "2023-08-28", "handling_rate", 4_870, 3_410),
    ("BSE_A", "2022-04-29", "transfer_rate", 2_500, 1_000),
    ("BSE_A", "2022-12-01", "handling_rate", 50_000, 25_000),
    ("BSE_A", "2023-08-28", "stamp_sell_rate", 100_000, 50_000),
    ("BSE_A", "2023-08-28", "handling_rate", 25_000, 12_500),
    ("SSE_B", "2023-08-28", "stamp_sell_rate", 100_000, 50_000),
    ("SZSE_B", "2023-08-28", "stamp_sell_rate", 100_000, 50_000),
]
SPOKEN = ("effective_from", "source", "confidence")


def fees_on(fees: str, day: str | date) -> FeeRule:
    day = date.fromisoformat(day) if isinstance(day, str) else day
    rule = fees_in_force(load_fee_rules(), fees, day)
    assert rule is not None, f"{fees} has no rules on {day}"
    return rule


@pytest.mark.parametrize(("fees", "day", "field", "before", "after"), CHANGES)
def test_a_rate_changes_on_its_day_and_not_before(fees, day, field, before, after):
    the_day_before = date.fromisoformat(day) - timedelta(days=1)
    assert getattr(fees_on(fees, the_day_before), field) == before
    assert getattr(fees_on(fees, day), field) == after


def test_no_other_rate_has_ever_changed():
    found = []
    newest: dict[str, FeeRule] = {}
    for rule in load_fee_rules():
        before = newest.get(rule.fees, rule)
        assert before.effective_from <= rule.effective_from
        found += [
            (rule.fees, rule.effective_from.isoformat(), field, old, new)
            for field, old, new in zip(rule._fields, before, rule, strict=True)
            if old != new and field not in SPOKEN
        ]
        newest[rule.fees] = rule
    assert sorted(found) == sorted(CHANGES)


@pytest.mark.parametrize(
    ("schedules", "rates"),
    [
        # stamp duty of buys, of sells, transfer, handling, regulatory, settlement fee, its cap
        ("SSE_A SZSE_A", (0, 50_000, 1_000, 3_410, 2_000, 0, 0)),
        ("BSE_A", (0, 50_000, 1_000, 12_500, 2_000, 0, 0)),
        ("SSE_B", (0, 50_000, 0, 26_000, 2_000, 50_000, 0)),
        ("SZSE_B", (0, 50_000, 0, 30_100, 2_000, 50_000, 5_000_000)),
        ("SSE_FUND SZSE_FUND SSE_REIT SZSE_REIT", (0, 0, 0, 4_000, 0, 0, 0)),
        ("SSE_CONVERTIBLE SZSE_CONVERTIBLE", (0, 0, 0, 4_000, 0, 0, 0)),
        ("SSE_FUND_WAIVED SZSE_FUND_WAIVED NO_FEES", (0, 0, 0, 0, 0, 0, 0)),
    ],
)
def test_rates_of_today(schedules, rates):
    for fees in schedules.split():
        assert fees_on(fees, "2026-11-20")[2:9] == rates


def test_every_board_has_fees_from_its_first_day_on():
    rules = load_fee_rules()
    for board in load_board_rules():
        assert fees_in_force(rules, board.fees, board.effective_from) is not None


def test_before_its_first_day_a_schedule_has_no_rules():
    assert fees_in_force(load_fee_rules(), "BSE_A", date(2021, 11, 14)) is None
    assert fees_in_force(load_fee_rules(), "BSE", date(2026, 11, 20)) is None


def test_there_is_room_for_all_schedules_of_a_day():
    assert len({rule.fees for rule in load_fee_rules()}) <= Limits().fees


def test_source_and_confidence_may_speak_of_one_fee_by_itself():
    for rule in load_fee_rules():
        assert {said_of(subject, rule.confidence) for subject in SUBJECTS} <= {
            "verified",
            "secondary",
            "recalled",
            "own choice",
        }
        for text in (rule.source, rule.confidence):
            _, *of_some = text.split("; ")
            assert {part.partition(": ")[0] for part in of_some} <= set(SUBJECTS)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("0.0000341", 3_410), ("0.00025", 25_000), ("0.00000001", 1), ("0.01", 1_000_000), ("0", 0)],
)
def test_a_rate_is_exact(text, rate):
    assert parse_rate(text, FEE_RATE_MAX) == rate


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.000000001", "is not a number of at most 8 decimals"),
        ("0.010000001", "is not a number of at most 8 decimals"),
        ("0.01000001", "is not a rate from 0 to 0.01"),
        ("-0.0001", "is not a rate from 0 to 0.01"),
        ("5e-4", "is not a decimal number"),
        ("", "is not a decimal number"),
    ],
)
def test_what_is_no_rate_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_rate(text, FEE_RATE_MAX)


def test_a_file_with_a_rate_that_is_none_is_refused(tmp_path):
    path = tmp_path / "fees.csv"
    path.write_text(FEES.read_text("utf-8").replace("0.0000341", "0.000034125"), "utf-8")
    with pytest.raises(ValueError, match=r"'0\.000034125' is not a number of at most 8 decimals"):
        load_fee_rules(path)

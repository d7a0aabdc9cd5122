"""Money bears interest at the rate of the day, up to the next business day; quarters pay it."""

from datetime import date, timedelta

import numpy as np
import pytest

from engine.interest import (
    INTEREST,
    interest_in_force,
    interest_of,
    load_interest_rules,
)
from engine.rulebook import said_of
from engine.venue import Limits, Venue
from protocol.bounds import INTEREST_DAYS_MAX, INTEREST_RATE_MAX
from protocol.records import COMMAND
from protocol.vocabulary import EVERY_ACCOUNT, CommandKind, Currency
from tests.commands import journal, open_day

NO_HOLIDAYS: frozenset[date] = frozenset()
NATIONAL_DAY = frozenset(date(2026, 10, day) for day in range(1, 9))
SMALL = Limits(orders_open=1, orders_day=1, instruments=1, ticks=1)
NOBODY = np.zeros(0, COMMAND)


def accruals(*accrued: int, currency: Currency = Currency.CNY) -> np.ndarray:
    """Return rows that bring so much interest, each to an account of its own."""
    rows = np.zeros(len(accrued), COMMAND)
    rows["kind"], rows["currency"] = CommandKind.BRING_INTEREST, currency
    rows["account"], rows["accrued"] = range(1001, 1001 + len(accrued)), accrued
    return rows


def on(day: str, accounts: np.ndarray = NOBODY, holidays=NO_HOLIDAYS):
    return interest_of(date.fromisoformat(day), holidays, accounts)


def test_the_rate_of_yuan_is_known_from_its_day_on():
    (rule,) = interest_in_force(load_interest_rules(), date(2025, 5, 20))
    assert (rule.currency, rule.rate) == (Currency.CNY, 50_000)
    assert interest_in_force(load_interest_rules(), date(2025, 5, 19)) == []


def test_the_newest_rate_of_each_currency_is_in_force():
    (known,) = load_interest_rules()
    other = known._replace(currency=Currency.USD, effective_from=date(2026, 1, 1))
    newer = known._replace(rate=25_000, effective_from=date(2026, 2, 1))
    assert interest_in_force([newer, other, known], date(2026, 1, 31)) == [known, other]
    assert interest_in_force([newer, other, known], date(2026, 2, 1)) == [newer, other]


def test_every_rate_has_a_source_and_a_confidence_that_is_known():
    for rule in load_interest_rules():
        assert rule.source
        assert said_of("rate", rule.confidence) in {"verified", "secondary", "recalled"}


def test_a_file_with_a_rate_that_is_none_is_refused(tmp_path):
    path = tmp_path / "interest.csv"
    path.write_text(INTEREST.read_text("utf-8").replace("0.0005", "0.5"), "utf-8")
    with pytest.raises(ValueError, match=r"0\.5 is not a rate from 0 to 0\.1"):
        load_interest_rules(path)


@pytest.mark.parametrize(
    ("day", "holidays", "days"),
    [
        ("2026-11-19", NO_HOLIDAYS, 1),
        ("2026-11-20", NO_HOLIDAYS, 3),
        ("2026-11-21", NO_HOLIDAYS, 2),
        ("2026-09-30", NO_HOLIDAYS, 1),
        ("2026-09-30", NATIONAL_DAY, 9),
        ("2026-10-08", NATIONAL_DAY, 1),
    ],
)
def test_interest_runs_to_the_next_business_day(day, holidays, days):
    (row,) = on(day, holidays=holidays).definitions
    assert row["kind"] == CommandKind.DEFINE_INTEREST
    assert (row["currency"], row["interest_rate"], row["days"]) == (Currency.CNY, 50_000, days)


def test_where_no_rate_is_known_nothing_is_defined_or_paid():
    interest = on("2024-12-23", accruals(5_000))
    assert [len(part) for part in interest[:2]] == [0, 0]
    assert interest.movements == 0


def paid(day: str, accounts: np.ndarray, holidays=NO_HOLIDAYS) -> list[tuple]:
    """Return whose interest is paid on a day, in which currency."""
    rows = on(day, accounts, holidays).payments
    assert set(rows["kind"].tolist()) <= {CommandKind.CAPITALISE}
    return [(int(row["account"]), int(row["currency"])) for row in rows]


@pytest.mark.parametrize(
    ("day", "holidays", "is_paid"),
    [
        ("2026-09-18", NO_HOLIDAYS, False),
        ("2026-09-21", NO_HOLIDAYS, True),
        ("2026-09-22", NO_HOLIDAYS, False),
        ("2026-03-20", NO_HOLIDAYS, False),
        ("2026-03-23", NO_HOLIDAYS, True),
        ("2026-03-24", NO_HOLIDAYS, False),
        ("2026-10-21", NO_HOLIDAYS, False),
        ("2026-12-21", NO_HOLIDAYS, True),
        ("2026-12-22", frozenset([date(2026, 12, 21)]), True),
        ("2026-12-22", NO_HOLIDAYS, False),
    ],
)
def test_interest_is_paid_on_the_first_business_day_from_the_21st_on(day, holidays, is_paid):
    expected = [(EVERY_ACCOUNT, Currency.CNY)] if is_paid else []
    assert paid(day, accruals(5_000), holidays) == expected


def test_every_quarter_pays_once():
    day, times = date(2026, 1, 1), 0
    while day.year == 2026:
        times += day.weekday() < 5 and len(interest_of(day, NO_HOLIDAYS, accruals(50)).payments)
        day += timedelta(1)
    assert times == 4


def test_only_interest_of_half_a_cent_or_more_is_paid():
    assert paid("2026-09-21", accruals(0, 49)) == []
    assert paid("2026-09-21", accruals(0, 50)) == [(EVERY_ACCOUNT, Currency.CNY)]
    assert on("2026-09-21", accruals(0, 49, 50, 5_000)).movements == 2


def test_interest_in_a_currency_without_a_rate_stays():
    interest = on("2026-09-21", accruals(5_000, currency=Currency.HKD))
    assert (len(interest.payments), interest.movements) == (0, 0)


@pytest.mark.parametrize(
    ("rate", "days", "reports"),
    [
        (INTEREST_RATE_MAX, INTEREST_DAYS_MAX, 0),
        (INTEREST_RATE_MAX + 1, INTEREST_DAYS_MAX, 1),
        (INTEREST_RATE_MAX, INTEREST_DAYS_MAX + 1, 1),
    ],
)
def test_the_bounds_are_those_of_the_venue(rate, days, reports):
    defined = {"kind": CommandKind.DEFINE_INTEREST, "interest_rate": rate, "days": days}
    assert len(Venue(SMALL).apply(journal([open_day(), defined]))) == reports

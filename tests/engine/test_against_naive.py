"""The compiled engine against the naive venue: whole days of random commands, every row equal.

`make test` plays a million commands, `make test-long SEEDS=100` that many long days more.
"""

import os
from random import Random

import numba
import numpy as np
import pytest

from engine.venue import Limits, Venue
from protocol.vocabulary import (
    CancelReason,
    Hold,
    HoldCause,
    Liquidity,
    Phase,
    Reject,
    ReportKind,
    Schedule,
)
from tests.engine.agreement import assert_same, engine_reports, naive_venue
from tests.engine.conservation import open_quantities
from tests.engine.flow import Day, random_day

COMMANDS = 8_000
ROOMY = Limits(
    orders_open=5_000,
    orders_day=100_000,
    instruments=16,
    sessions=16,
    rules=8,
    ticks=2_000,
    reports=64,
    blocks=4,
)
CRAMPED = Limits(
    orders_open=40,
    orders_day=1_500,
    instruments=5,
    sessions=7,
    rules=5,
    ticks=300,
    reports=3,
    blocks=1,
)
IS_SLOW = bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK)
SEEDS = range(4 if numba.config.DISABLE_JIT else 16)
LONG_DAYS, LONG_DAY = 10, 100_000
FIRST_LONG_SEED = 1_000
SHORT_DAYS, SHORT_DAY = (40 if numba.config.DISABLE_JIT else 200), 600
FIRST_SHORT_SEED = 100


def limits_of(seed: int) -> Limits:
    """Return the limits of a seed's day: every fourth day is short of room."""
    return CRAMPED if seed % 4 == 3 else ROOMY


def day_of(seed: int) -> Day:
    """Return a seed's day."""
    return random_day(seed, limits_of(seed), COMMANDS)


def random_cuts(seed: int, count: int) -> list[int]:
    """Return ascending indices that cut `count` rows into batches of 0 to some 200 rows."""
    random = Random(seed)
    return sorted(random.randint(0, count) for _ in range(count // 60))


def assert_agreed(day: Day, limits: Limits, seed: int) -> None:
    """Assert that the engine reports what the naive venue does, and that nothing gets lost."""
    actual, _ = engine_reports(day.commands, limits, random_cuts(seed, len(day.commands)))
    assert_same(day.reports, actual, day.commands)
    assert open_quantities(day.reports) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_random_day_gives_the_same_reports(seed):
    assert_agreed(day_of(seed), limits_of(seed), seed)


@pytest.mark.parametrize("first", range(FIRST_SHORT_SEED, FIRST_SHORT_SEED + SHORT_DAYS, 20))
def test_short_random_days_give_the_same_reports(first):
    for seed in range(first, first + 20):
        limits = limits_of(seed)
        assert_agreed(random_day(seed, limits, SHORT_DAY), limits, seed)


@pytest.mark.skipif(IS_SLOW, reason="a million commands are for the engine as it is shipped")
@pytest.mark.parametrize("seed", range(FIRST_LONG_SEED, FIRST_LONG_SEED + LONG_DAYS))
def test_long_random_day_gives_the_same_reports(seed):
    limits = ROOMY._replace(reports=3 + seed % 7)
    assert_agreed(random_day(seed, limits, LONG_DAY), limits, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(int(os.environ.get("SEEDS", "100"))))
def test_many_long_random_days_give_the_same_reports(seed):
    seed += FIRST_LONG_SEED + LONG_DAYS
    limits = ROOMY._replace(reports=3 + seed % 7)
    assert_agreed(random_day(seed, limits, LONG_DAY), limits, seed)


def test_random_days_show_everything_that_can_happen():
    reports = np.concatenate([day_of(seed).reports for seed in range(8)])
    assert set(reports["kind"].tolist()) == set(ReportKind)
    assert values(reports, ReportKind.REJECTED, "reason") == set(Reject) - {Reject.NOTHING}
    reasons = set(CancelReason) - {CancelReason.NOTHING}
    assert values(reports, ReportKind.CANCELED, "reason") == reasons
    assert values(reports, ReportKind.TRADED, "liquidity") == set(Liquidity) - {Liquidity.NONE}
    assert values(reports, ReportKind.HOLD_CHANGED, "reason") == set(Hold)
    assert values(reports, ReportKind.HOLD_CHANGED, "quantity") == set(HoldCause)
    assert values(reports, ReportKind.BLOCK_CHANGED, "reason") == {0, 1}
    assert values(reports, ReportKind.PHASE_CHANGED, "reason") == set(Phase) - {
        Phase.HALTED,
        Phase.SUSPENDED,
    }
    masks = {0, *(1 << schedule for schedule in Schedule)}
    assert values(reports, ReportKind.PHASE_CHANGED, "quantity") == masks


def values(reports: np.ndarray, kind: ReportKind, name: str) -> set[int]:
    """Return the values that a field has in the reports of a kind."""
    return set(reports[name][reports["kind"] == kind].tolist())


def test_trades_of_released_orders_release_others():
    chains = 0
    for seed in range(4):
        reports = day_of(seed).reports
        released = reports[reports["kind"] == ReportKind.RELEASED]["order_number"]
        is_of_released = np.isin(reports["order_number"], released)
        is_trade = is_of_released & (reports["liquidity"] == Liquidity.INCOMING)
        is_followed = np.zeros(len(reports), bool)
        is_followed[:-2] = reports["kind"][2:] == ReportKind.RELEASED
        chains += int((is_trade & is_followed).sum())
    assert chains > 50


@pytest.mark.parametrize("seed", (2, 3))
def test_indicative_is_what_the_naive_venue_finds(seed):
    limits = limits_of(seed)
    commands = random_day(seed, limits, 3_000).commands
    naive, engine = naive_venue(limits), Venue(limits)
    found = set()
    for batch in np.split(commands, random_cuts(seed, len(commands))):
        naive.apply(batch)
        engine.apply(batch)
        for number in range(len(naive.instruments)):
            expected = naive.indicative(number)
            assert engine.indicative(number) == expected
            found.add(expected)
    assert len(found) > 10


@pytest.mark.parametrize("seed", (1, 3))
def test_neither_batches_nor_the_report_buffer_change_anything(seed):
    commands, limits = day_of(seed).commands, limits_of(seed)
    whole, digest = engine_reports(commands, limits)
    one_by_one = list(range(1, len(commands)))
    ways = [
        engine_reports(commands, limits._replace(reports=4), one_by_one),
        engine_reports(commands, limits._replace(reports=4_096), random_cuts(seed, len(commands))),
        engine_reports(commands, limits._replace(reports=8), one_by_one),
        engine_reports(commands, limits._replace(reports=3)),
    ]
    for reports, digest_of_way in ways:
        assert_same(whole, reports, commands)
        assert digest_of_way == digest


def test_digest_tells_days_apart():
    commands = day_of(1).commands
    _, digest = engine_reports(commands, ROOMY)
    _, shorter = engine_reports(commands[:-1], ROOMY)
    assert digest != shorter

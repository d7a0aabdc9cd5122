"""The compiled engine against the naive venue: whole days of random commands, every row equal."""

from random import Random

import numba
import numpy as np
import pytest

from engine.venue import Limits
from protocol.vocabulary import Reject, ReportKind
from tests.engine.agreement import assert_same, engine_reports, naive_reports
from tests.engine.conservation import open_quantities
from tests.engine.flow import random_day

COMMANDS = 8_000
ROOMY = Limits(
    orders_open=5_000, orders_day=20_000, instruments=16, sessions=16, ticks=2_000, reports=64
)
CRAMPED = Limits(orders_open=40, orders_day=1_500, instruments=5, sessions=7, ticks=300, reports=64)
SEEDS = range(4 if numba.config.DISABLE_JIT else 16)


def limits_of(seed: int) -> Limits:
    """Return the limits of a seed's day: every fourth day is short of room."""
    return CRAMPED if seed % 4 == 3 else ROOMY


def day_of(seed: int) -> np.ndarray:
    """Return the COMMAND rows of a seed's day."""
    return random_day(seed, limits_of(seed), COMMANDS)


def random_cuts(seed: int, count: int) -> list[int]:
    """Return ascending indices that cut `count` rows into batches of 0 to some 200 rows."""
    random = Random(seed)
    return sorted(random.randint(0, count) for _ in range(count // 60))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_day_gives_the_same_reports(seed):
    commands, limits = day_of(seed), limits_of(seed)
    expected = naive_reports(commands, limits)
    actual, _ = engine_reports(commands, limits, random_cuts(seed, len(commands)))
    assert_same(expected, actual, commands)
    assert open_quantities(expected) == {}


def test_random_days_show_everything_that_can_happen():
    reports = np.concatenate([naive_reports(day_of(seed), limits_of(seed)) for seed in (0, 3)])
    refused = reports[reports["kind"] == ReportKind.REJECTED]
    assert set(reports["kind"].tolist()) == set(ReportKind)
    assert set(refused["reason"].tolist()) == set(Reject) - {Reject.NOTHING}


@pytest.mark.parametrize("seed", (1, 3))
def test_neither_batches_nor_the_report_buffer_change_anything(seed):
    commands, limits = day_of(seed), limits_of(seed)
    whole, digest = engine_reports(commands, limits)
    one_by_one = list(range(1, len(commands)))
    ways = [
        engine_reports(commands, limits, one_by_one),
        engine_reports(commands, limits._replace(reports=4_096), random_cuts(seed, len(commands))),
        engine_reports(commands, limits._replace(reports=8), one_by_one),
        engine_reports(commands, limits._replace(reports=8)),
    ]
    for reports, digest_of_way in ways:
        assert_same(whole, reports, commands)
        assert digest_of_way == digest


def test_digest_tells_days_apart():
    commands = day_of(1)
    _, digest = engine_reports(commands, ROOMY)
    _, shorter = engine_reports(commands[:-1], ROOMY)
    assert digest != shorter

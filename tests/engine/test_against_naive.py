"""The compiled engine against the naive venue: whole days of random commands, every row equal.

`make test` plays 1,124,000 commands with accounts, a million of them in ten long days of fifty
accounts that have too little money, and 324,000 where an account is a mere number;
`make test-long SEEDS=100` plays that many long days more of each.
"""

import os
from collections.abc import Callable, Iterable
from random import Random

import numba
import numpy as np
import pytest

from engine.venue import Limits, Venue
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    AccountStatus,
    CancelReason,
    FundsEntry,
    Hold,
    HoldCause,
    Liquidity,
    Phase,
    Reject,
    ReportKind,
    Schedule,
    SharesEntry,
)
from tests.engine.account_flow import ACCOUNTS_MAX, SCHEDULES
from tests.engine.agreement import assert_same, assert_same_wealth, engine_reports, naive_venue
from tests.engine.arenas import assert_sound
from tests.engine.conservation import assert_conserved, open_quantities
from tests.engine.flow import INSTRUMENTS, Day, random_day
from tests.engine.service_flow import random_account_day

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
    accounts=ACCOUNTS_MAX,
    holdings=ACCOUNTS_MAX * INSTRUMENTS,
    movements=40_000,
    lists=ACCOUNTS_MAX * INSTRUMENTS,
)
CRAMPED = Limits(
    orders_open=40,
    orders_day=1_500,
    instruments=5,
    sessions=10,
    rules=5,
    ticks=300,
    reports=3,
    blocks=1,
    fees=SCHEDULES,
    accounts=ACCOUNTS_MAX,
    holdings=210,
    movements=640,
    lists=12,
)
IS_SLOW = bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK)
DAYS = {"anonymous": random_day, "accounts": random_account_day}
"""Days on which an account is a mere number, and days on which it has money and shares."""

SEEDS = range(2 if numba.config.DISABLE_JIT else 8)
LONG_DAYS, LONG_DAY = {"anonymous": 2, "accounts": 10}, 100_000
FIRST_LONG_SEED = 1_000
LONG = [
    (FIRST_LONG_SEED + number, kind) for kind, days in LONG_DAYS.items() for number in range(days)
]
SHORT_DAYS, SHORT_DAY = (20 if numba.config.DISABLE_JIT else 100), 600
FIRST_SHORT_SEED = 100


def limits_of(seed: int) -> Limits:
    """Return the limits of a seed's day: every fourth day is short of room."""
    return CRAMPED if seed % 4 == 3 else ROOMY


def day_of(seed: int, make: Callable = random_day) -> Day:
    """Return a seed's day."""
    return make(seed, limits_of(seed), COMMANDS)


def random_cuts(seed: int, count: int) -> list[int]:
    """Return ascending indices that cut `count` rows into batches of 0 to some 200 rows."""
    random = Random(seed)
    return sorted(random.randint(0, count) for _ in range(count // 60))


def assert_agreed(day: Day, limits: Limits, seed: int) -> None:
    """Assert that the engine reports what the naive venue does, that all accounts have what they
    have there, and that nothing gets lost."""
    venue, reports = Venue(limits), []
    cuts = [*random_cuts(seed, len(day.commands)), *day.wealths]
    for batch in np.split(day.commands, sorted(cuts)):
        reports.append(venue.apply(batch))
        if venue.sequence in day.wealths:
            assert_same_wealth(day.wealths[venue.sequence], venue)
            assert_sound(venue)
    assert_same(day.reports, np.concatenate(reports), day.commands)
    assert open_quantities(day.reports) == {}


@pytest.mark.parametrize("kind", DAYS)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_day_gives_the_same_reports(seed, kind):
    assert_agreed(day_of(seed, DAYS[kind]), limits_of(seed), seed)


@pytest.mark.parametrize("kind", DAYS)
@pytest.mark.parametrize("first", range(FIRST_SHORT_SEED, FIRST_SHORT_SEED + SHORT_DAYS, 20))
def test_short_random_days_give_the_same_reports(first, kind):
    for seed in range(first, first + 20):
        limits = limits_of(seed)
        assert_agreed(DAYS[kind](seed, limits, SHORT_DAY), limits, seed)


@pytest.mark.skipif(IS_SLOW, reason="a million commands are for the engine as it is shipped")
@pytest.mark.parametrize(("seed", "kind"), LONG)
def test_long_random_day_gives_the_same_reports(seed, kind):
    limits = ROOMY._replace(reports=3 + seed % 7)
    assert_agreed(DAYS[kind](seed, limits, LONG_DAY), limits, seed)


@pytest.mark.long
@pytest.mark.parametrize("kind", DAYS)
@pytest.mark.parametrize("seed", range(int(os.environ.get("SEEDS", "50"))))
def test_many_long_random_days_give_the_same_reports(seed, kind):
    seed += FIRST_LONG_SEED + max(LONG_DAYS.values())
    limits = ROOMY._replace(reports=3 + seed % 7)
    assert_agreed(DAYS[kind](seed, limits, LONG_DAY), limits, seed)


@pytest.mark.parametrize("seed", (1, 3))
def test_ledgers_and_the_most_of_everything_are_the_same(seed):
    limits = limits_of(seed)
    commands = day_of(seed, random_account_day).commands[:-5]
    naive, engine = naive_venue(limits), Venue(limits)
    naive.apply(commands)
    engine.apply(commands)
    assert_conserved(naive)
    for number in naive.accounts:
        assert movements(engine.ledger(number)) == movements(naive.ledger(number))
        for instrument, listed in enumerate(naive.instruments):
            price = listed.listing["upper_limit"]
            ask = (number, instrument)
            assert engine.most_to_sell(*ask) == naive.most_to_sell(*ask)
            assert engine.most_to_buy(*ask, price) == naive.most_to_buy(*ask, price)


def movements(ledger: Iterable) -> list[tuple[int, ...]]:
    """Return what moved, when, why and how much, and whether it was reversed."""
    names = ("sequence", "client_seq", "entry", "amount", "cost", "is_reversed", "grounds")
    return [tuple(int(row[name]) for name in names) for row in ledger]


def test_random_days_show_everything_that_can_happen():
    days = [day_of(seed, make) for seed in range(8) for make in DAYS.values()]
    reports = np.concatenate([day.reports for day in days])
    assert set(reports["kind"].tolist()) == set(ReportKind)
    assert values(reports, ReportKind.REJECTED, "reason") == set(Reject) - {Reject.NOTHING}
    reasons = set(CancelReason) - {CancelReason.NOTHING}
    assert values(reports, ReportKind.CANCELED, "reason") == reasons
    assert values(reports, ReportKind.TRADED, "liquidity") == set(Liquidity) - {Liquidity.NONE}
    assert values(reports, ReportKind.HOLD_CHANGED, "reason") == set(Hold)
    assert values(reports, ReportKind.HOLD_CHANGED, "quantity") == set(HoldCause)
    assert values(reports, ReportKind.BLOCK_CHANGED, "reason") == {0, 1}
    statuses = set(AccountStatus) - {AccountStatus.NONE}
    assert values(reports, ReportKind.ACCOUNT_CHANGED, "reason") == statuses
    assert values(reports, ReportKind.FUNDS_MOVED, "reason") == set(FundsEntry)
    assert EVERY_ACCOUNT in values(reports, ReportKind.FUNDS_MOVED, "account")
    assert values(reports, ReportKind.SHARES_MOVED, "reason") == set(SharesEntry)
    waits = values(reports, ReportKind.ORDER_DELAYED, "trade_number")
    assert min(waits) <= 1_000 and max(waits) > 3_000
    assert values(reports, ReportKind.PHASE_CHANGED, "reason") == set(Phase) - {
        Phase.HALTED,
        Phase.SUSPENDED,
    }
    masks = {0, *(1 << schedule for schedule in Schedule)}
    every = range(1 << len(Schedule))
    assert masks <= values(reports, ReportKind.PHASE_CHANGED, "quantity") <= set(every)


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


@pytest.mark.parametrize("kind", DAYS)
@pytest.mark.parametrize("seed", (1, 3))
def test_neither_batches_nor_the_report_buffer_change_anything(seed, kind):
    commands, limits = day_of(seed, DAYS[kind]).commands, limits_of(seed)
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

"""Orders at the closing price: where the rules allow any, behind the flow of the day."""

import numpy as np
import pytest

from bench.evening import with_evening
from bench.workload import Flow, workload
from engine.listings import LISTED
from protocol.calendar import seconds_in
from protocol.units import NANOSECONDS
from protocol.vocabulary import CommandKind, OrderType, Phase, Side

ACCOUNTS = np.array([(100, 199), (200, 200), (1_000, 1_049)])
ORDERS = 2_000


def listings(*allowing: int) -> np.ndarray:
    """Return three instruments, of which some allow orders at the closing price."""
    rows = np.zeros(3, LISTED)
    rows["instrument"] = np.arange(3)
    rows["previous_close"] = [100_000, 50_000, 200_000]
    rows["lower_limit"], rows["upper_limit"] = [90_000, 45_000, 180_000], [110_000, 55_000, 220_000]
    rows["tick"], rows["quantity_min"], rows["quantity_step"] = 100, [100, 200, 100], 1
    rows["quantity_max"] = rows["quantity_max_market"] = 100_000
    rows["quantity_max_fixed"] = [100_000, 1_000, 100_000]
    rows["order_types"] = 1 << OrderType.LIMIT
    rows["order_types"][list(allowing)] |= 1 << OrderType.FIXED_PRICE
    return rows


def evening_of(instruments: np.ndarray, seed: int = 1) -> tuple[Flow, Flow]:
    """Return a day's flow, and the same with its evening."""
    flow = workload(instruments, len(ACCOUNTS), ORDERS, seed, ACCOUNTS)
    return flow, with_evening(flow, instruments, ACCOUNTS, 400, seed)


def test_the_day_before_it_stays_as_it_was():
    flow, whole = evening_of(listings(0, 1))
    count = len(flow.rows)
    assert whole.rows[:count].tobytes() == flow.rows.tobytes()
    assert whole.targets[:count].tolist() == flow.targets.tolist()
    assert whole.phases[: len(flow.phases)] == flow.phases
    assert len(whole.rows) == len(whole.targets) == len(whole.reasons) == count + 400


def test_orders_come_after_the_close_and_while_it_is_traded_at():
    flow, whole = evening_of(listings(0, 1))
    windows = {
        Phase.POST_CLOSE: ("15:00:00", "15:05:00"),
        Phase.FIXED_PRICE: ("15:05:00", "15:30:00"),
    }
    evening = whole.phases[len(flow.phases) :]
    assert [phase for phase, _ in evening] == list(windows)
    for phase, part in evening:
        times = whole.rows["time"][part]
        begin, end = (seconds_in(clock) * NANOSECONDS for clock in windows[phase])
        assert len(times) == 200 and (np.diff(times) >= 0).all()
        assert times[0] >= begin and times[-1] < end
    assert evening[0][1].start == len(flow.rows) and evening[1][1].stop == len(whole.rows)


def test_orders_are_such_as_the_rules_allow():
    instruments = listings(0, 1)
    flow, whole = evening_of(instruments)
    rows = whole.rows[len(flow.rows) :]
    listing = instruments[rows["instrument"]]
    assert set(rows["kind"]) == {CommandKind.ENTER_ORDER}
    assert set(rows["order_type"]) == {OrderType.FIXED_PRICE}
    assert set(rows["instrument"]) == {0, 1} and set(rows["side"]) == set(Side)
    assert (rows["price"] % listing["tick"] == 0).all()
    assert (rows["price"] >= listing["lower_limit"]).all()
    assert (rows["price"] <= listing["upper_limit"]).all()
    assert (rows["quantity"] % listing["quantity_min"] == 0).all()
    assert (rows["quantity"] <= listing["quantity_max_fixed"]).all()
    first, last = ACCOUNTS[rows["session"] - 1].T
    assert ((first <= rows["account"]) & (rows["account"] <= last)).all()


@pytest.mark.parametrize("session", [1, 2, 3])
def test_requests_go_on_being_numbered(session):
    _, whole = evening_of(listings(0))
    numbers = whole.rows["client_seq"][whole.rows["session"] == session]
    assert numbers.tolist() == list(range(1, len(numbers) + 1))


def test_where_no_rule_allows_any_there_are_none():
    flow, whole = evening_of(listings())
    assert whole.rows.tobytes() == flow.rows.tobytes()
    assert [part for _, part in whole.phases[-2:]] == [slice(len(flow.rows), len(flow.rows))] * 2


def test_the_same_seed_gives_the_same_bytes_and_another_others():
    one, again, other = (evening_of(listings(0), seed)[1].rows.tobytes() for seed in (1, 1, 2))
    assert one == again != other

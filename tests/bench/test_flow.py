"""The flow that speed is measured on: always the same, and as it says it is."""

import numpy as np
import pytest

from bench.flow import (
    CONTENDERS,
    TAKERS,
    Course,
    Shape,
    behind,
    census,
    full_venue,
    full_venue_with_accounts,
    is_stationary,
    make_flow,
    measure,
    open_orders,
)
from protocol.vocabulary import AccountStatus, CommandKind, ReportKind, TimeInForce

SHALLOW = Shape(symbols=1, depth=1_000, distance=20, taker=11)
MANY = Shape(symbols=50, depth=2_000, distance=20, taker=11)
PEOPLED = MANY._replace(accounts=1_000)
DEEP = Shape(symbols=1, depth=5_000, distance=300, taker=3)

SHAPES = pytest.mark.parametrize("shape", [SHALLOW, MANY, DEEP], ids=["shallow", "many", "deep"])


@SHAPES
def test_the_books_stay_as_deep_and_trade_as_much(shape):
    flow = make_flow(shape, 40_000)
    quarters = census(flow)
    assert open_orders(full_venue(flow)) == pytest.approx(shape.depth, rel=0.05)
    assert is_stationary(flow, quarters), quarters
    assert all(quarter.rejects <= 5 for quarter in quarters)


@SHAPES
def test_operations_come_in_the_shares_that_the_shape_states(shape):
    rows = make_flow(shape, 40_000).rows
    takers = np.count_nonzero(rows["time_in_force"] == TimeInForce.IMMEDIATE_OR_CANCEL)
    cancels = np.count_nonzero(rows["kind"] == CommandKind.CANCEL_ORDER)
    assert takers / len(rows) == pytest.approx(TAKERS / 1_000, abs=0.01)
    assert cancels / len(rows) == pytest.approx(shape.cancels / 1_000, abs=0.015)


def test_one_seed_gives_one_flow_and_another_seed_another():
    first, again, other = (make_flow(SHALLOW, 2_000, seed) for seed in (1, 1, 2))
    assert first.rows.tobytes() == again.rows.tobytes()
    assert first.rows.tobytes() != other.rows.tobytes()


def test_a_flow_that_grows_is_called_unsteady():
    flow = make_flow(SHALLOW, 8_000)
    adds = flow.rows[flow.rows["kind"] == CommandKind.ENTER_ORDER][:300].copy()
    adds["time_in_force"] = TimeInForce.DAY
    adds["sequence"] = flow.rows["sequence"][0] + np.arange(len(adds))
    grown = flow._replace(rows=adds)
    assert not is_stationary(grown, census(grown))


def test_accounts_change_nothing_but_who_orders():
    flow = make_flow(MANY, 8_000)
    peopled = make_flow(PEOPLED, 8_000)
    rows = peopled.rows.copy()
    rows["account"] = flow.rows["account"]
    assert rows.tobytes() == flow.rows.tobytes()


def test_with_accounts_the_same_orders_trade():
    flow = make_flow(PEOPLED, 8_000)
    venue, _ = full_venue_with_accounts(flow)
    without = full_venue(flow)
    reports = [each.apply(behind(each, flow.rows)) for each in (without, venue)]
    trades, same = (each[each["kind"] == ReportKind.TRADED] for each in reports)
    for name in ("order_number", "price", "quantity", "leaves"):
        assert (trades[name] == same[name]).all()
    assert (venue.state.accounts["status"] == AccountStatus.NORMAL).all()
    assert venue.state.tallies["fees"][0] > 0


def test_every_account_holds_ten_and_orders_what_it_holds():
    groups = PEOPLED.groups
    accounts = np.arange(PEOPLED.accounts)
    held = groups.held_by(accounts)
    assert all(len(set(row)) == 10 for row in held.tolist())
    rows = make_flow(PEOPLED, 8_000).rows
    orders = rows[rows["kind"] == CommandKind.ENTER_ORDER]
    assert (held[orders["account"]] == orders["instrument"][:, None]).any(axis=1).all()


def test_runs_with_accounts_begin_alike():
    flow = make_flow(PEOPLED, 2_000)
    venue, _ = full_venue_with_accounts(flow)
    full = venue.digest()
    course = Course(flow, venue=venue)
    course.run(CONTENDERS["apply"])
    assert venue.digest() != full
    course.reset()
    assert venue.digest() == full


def test_accounts_take_turns_with_the_other_contenders():
    flow = make_flow(PEOPLED, 2_000)
    venue, _ = full_venue_with_accounts(flow)
    figures = measure(flow, runs=2, venue=venue)
    assert list(figures) == [*CONTENDERS, "accounts"]
    assert all(len(values) == 2 for values in figures.values())

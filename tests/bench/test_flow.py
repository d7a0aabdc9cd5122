"""The flow that speed is measured on: always the same, and as it says it is."""

import numpy as np
import pytest

from bench.flow import TAKERS, Shape, census, full_venue, is_stationary, make_flow, open_orders
from protocol.vocabulary import CommandKind, TimeInForce

SHALLOW = Shape(symbols=1, depth=1_000, distance=20, taker=11)
MANY = Shape(symbols=50, depth=2_000, distance=20, taker=11)
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

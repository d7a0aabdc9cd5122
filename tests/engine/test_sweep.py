"""An order that meets very many others: its reports are more than any buffer holds."""

import numba
import numpy as np

from engine.venue import Limits, Venue
from protocol.vocabulary import NONE, Phase, Side
from tests.commands import change_phase, enter, journal, listing, open_day

RESTING = 2_000 if numba.config.DISABLE_JIT else 100_000


def test_a_sweep_of_very_many_resting_orders_arrives_whole_and_in_order():
    """However small the report buffer is: here it holds 64 rows."""
    count = RESTING
    venue = Venue(Limits(orders_open=count + 1, orders_day=count + 1, ticks=100, reports=64))
    rules = {"tick": 1, "quantity_min": 1, "quantity_step": 1, "quantity_max": count}
    listed = listing(0, lower_limit=1, upper_limit=100, previous_close=1, **rules)
    day = [open_day(), *listed, change_phase(Phase.CONTINUOUS)]
    resting = [enter(side=Side.SELL, price=50, quantity=1) for _ in range(count)]
    venue.apply(journal([*day, *resting]))
    reports = venue.apply(
        journal([enter(side=Side.BUY, price=50, quantity=count)], venue.sequence + 1)
    )
    assert len(reports) == 1 + 2 * count
    assert (reports["trade_number"][1:] == np.repeat(np.arange(1, count + 1), 2)).all()
    assert (reports["order_number"][2::2] == np.arange(1, count + 1)).all()
    assert (reports["leaves"][1::2] == np.arange(count - 1, -1, -1)).all()
    assert not len(venue.state.orders[venue.state.slots[1:][venue.state.slots[1:] != NONE]])

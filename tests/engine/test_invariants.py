"""What must hold whatever happens, for books and days that hypothesis thinks of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.vocabulary import (
    Candidates,
    Handling,
    Liquidity,
    Phase,
    ReportKind,
    Side,
    TieBreak,
)
from tests.commands import change_phase, enter, journal, listing, open_day
from tests.engine.agreement import naive_venue
from tests.engine.conftest import SMALL, VENUES
from tests.engine.conservation import open_quantities, traded_quantities
from tests.engine.flow import random_day
from tests.naive.phases import handling_of

TICK = 100
LOWEST = 99_500

orders = st.lists(
    st.builds(
        lambda side, step, lots: enter(side, lots * 100, LOWEST + step * TICK),
        st.sampled_from(Side),
        st.integers(0, 10),
        st.integers(1, 9),
    ),
    max_size=25,
)
rules = st.fixed_dictionaries(
    {
        "tie_break": st.sampled_from(TieBreak),
        "candidates": st.sampled_from(Candidates),
        "previous_close": st.integers(950, 1_050).map(lambda step: step * TICK),
    }
)


@pytest.mark.parametrize("venue", VENUES)
@settings(max_examples=150, deadline=None)
@given(rules=rules, orders=orders)
def test_auction_is_fair(venue, rules, orders):
    opening = [open_day(), *listing(0, **rules), change_phase(Phase.OPENING_CALL)]
    day = [*opening, *orders, change_phase(Phase.PRE_CONTINUOUS)]
    reports = VENUES[venue](SMALL).apply(journal(day))
    trades = traded_quantities(reports)
    leaves = open_quantities(reports)
    bids = {n: o["price"] for n, o in enumerate(orders, start=1) if o["side"] == Side.BUY}
    asks = {n: o["price"] for n, o in enumerate(orders, start=1) if o["side"] == Side.SELL}
    if not trades:
        assert not bids or not asks or max(bids.values()) < min(asks.values())
        return

    ((price,),) = {tuple({leg[1] for leg in legs}) for legs in trades.values()}
    filled = {int(r["order_number"]) for r in reports if r["liquidity"] == Liquidity.AUCTION}
    best_matched_bid = max(bids[number] for number in filled & bids.keys())
    best_matched_ask = min(asks[number] for number in filled & asks.keys())
    assert best_matched_ask <= price <= best_matched_bid
    assert not [number for number in bids.keys() & leaves.keys() if bids[number] > price]
    assert not [number for number in asks.keys() & leaves.keys() if asks[number] < price]

    bought = sum(o["quantity"] for o in orders if o["side"] == Side.BUY and o["price"] >= price)
    sold = sum(o["quantity"] for o in orders if o["side"] == Side.SELL and o["price"] <= price)
    for side in Side:
        traded = sum(leg[2] for legs in trades.values() for leg in legs if leg[0] == side)
        assert traded == min(bought, sold)


@pytest.mark.parametrize("venue", VENUES)
@settings(max_examples=50, deadline=None)
@given(rules=rules, orders=orders)
def test_both_sides_of_every_trade_agree(venue, rules, orders):
    opening = [open_day(), *listing(0, **rules), change_phase(Phase.CONTINUOUS)]
    reports = VENUES[venue](SMALL).apply(journal([*opening, *orders]))
    for number, legs in traded_quantities(reports).items():
        (first_side, *first), (second_side, *second) = legs
        assert first == second, f"trade {number}"
        assert {first_side, second_side} == {Side.BUY, Side.SELL}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_book_is_crossed_in_calls_and_holds_only_and_nothing_is_lost(seed):
    venue = naive_venue(SMALL)
    reports = []
    held = set()
    for row in random_day(seed, SMALL, 300).commands.reshape(-1, 1):
        reports += venue.apply(row)
        for number, instrument in enumerate(venue.instruments):
            if instrument.phase in (Phase.HALTED, Phase.SUSPENDED):
                held.add(number)
            if handling_of(instrument.phase) == Handling.MATCHES:
                held.discard(number)
            is_call = handling_of(instrument.phase) == Handling.RESTS
            assert is_call or number in held or not instrument.book.is_crossed()
            resting = instrument.book.bids + instrument.book.asks
            assert all(order.leaves >= order.shown > 0 for order in resting)
        if reports and reports[-1]["kind"] == ReportKind.TRADED:
            open_now = {number: order.leaves for number, order in venue.orders.items()}
            assert open_quantities(reports) == open_now
    assert open_quantities(reports) == {}

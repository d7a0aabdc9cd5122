"""What is told of a share, message by message, and what nobody is told."""

from typing import get_args

import pytest

from protocol.market import (
    DepthChanged,
    Indicative,
    IndicativeChanged,
    Level,
    LevelChange,
    OrderChanged,
    OrdersChanged,
    ShownOrder,
    Status,
    StatusChanged,
    Told,
    Totals,
    TotalsChanged,
    Trade,
)
from protocol.messages import DayEnded
from protocol.vocabulary import Hold, Liquidity, OrderChange, Phase, Side
from tests.quotes.watching import OTHER, SHARE, Watcher
from tests.tidy.test_protocol_docs import fields_of
from tests.trading import EVERYTHING, Market

TEN = 100_000


@pytest.fixture
def watcher(shown, market) -> Watcher:
    """Somebody who has just subscribed to all that there is of the first share."""
    watcher = Watcher(shown.publisher).subscribe(SHARE, orders=True)
    watcher.hear()
    return watcher


def told(watcher: Watcher) -> list[tuple]:
    """Return what has been told since the last time: the messages without instrument and time."""
    return [
        (type(message), *(getattr(message, name) for name in message.__struct_fields__[4:]))
        for message in watcher.hear()
    ]


def test_an_order_that_rests_is_a_change_of_orders_and_of_depth(market, watcher):
    market.alice.sells(300, at="10.00")
    assert told(watcher) == [
        (OrdersChanged, [OrderChanged(OrderChange.ADDED, 1, Side.SELL, TEN, 300, False)]),
        (DepthChanged, [LevelChange(Side.SELL, TEN, 300, 1)]),
    ]


def test_a_trade_is_told_with_the_side_that_came_in(market, watcher):
    market.alice.sells(300, at="10.00")
    watcher.hear()
    market.bob.buys(100, at="10.00")
    assert told(watcher) == [
        (Trade, 1, TEN, 100, Side.BUY, Liquidity.INCOMING),
        (OrdersChanged, [OrderChanged(OrderChange.CHANGED, 1, Side.SELL, TEN, 200, False)]),
        (DepthChanged, [LevelChange(Side.SELL, TEN, 200, 1)]),
        (TotalsChanged, TEN, TEN, TEN, TEN, 100, 100 * TEN, 1),
    ]


def test_an_order_that_trades_at_once_is_never_of_the_book(market, watcher):
    market.alice.sells(100, at="10.00")
    watcher.hear()
    market.bob.buys(100, at="10.00")
    _, orders, depth, _ = told(watcher)
    assert orders[1] == [OrderChanged(OrderChange.REMOVED, 1, Side.SELL, TEN, 100, False)]
    assert depth[1] == [LevelChange(Side.SELL, TEN, 0, 0)]


def test_a_level_comes_up_when_a_better_one_is_gone(market, shown):
    for cents in range(6):
        market.alice.sells(100, at=f"10.0{cents}")
    watcher = Watcher(shown.publisher).subscribe(SHARE, depth=5, trades=False)
    watcher.hear()
    market.bob.buys(100, at="10.00")
    assert told(watcher)[0] == (
        DepthChanged,
        [LevelChange(Side.SELL, TEN, 0, 0), LevelChange(Side.SELL, TEN + 500, 100, 1)],
    )
    market.carol.sells(100, at="10.00")
    assert told(watcher) == [
        (
            DepthChanged,
            [LevelChange(Side.SELL, TEN, 100, 1), LevelChange(Side.SELL, TEN + 500, 0, 0)],
        )
    ]


def test_what_happens_beyond_the_best_levels_is_not_told(market, shown):
    for cents in range(6):
        market.alice.sells(100, at=f"10.0{cents}")
    watcher = Watcher(shown.publisher).subscribe(SHARE, depth=5)
    watcher.hear()
    market.bob.sells(100, at="10.05")
    assert told(watcher) == []


def test_an_order_that_gives_its_place_up_is_behind_the_others(market, watcher):
    market.alice.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    market.alice.replaces(200, at="10.00")
    assert watcher.book(SHARE).orders(Side.SELL) == [
        ShownOrder(2, Side.SELL, TEN, 100),
        ShownOrder(1, Side.SELL, TEN, 200),
    ]
    assert watcher.hear()[-2].orders[0].loses_place


def test_an_iceberg_shows_its_part_and_then_the_next_behind_the_others(market, watcher):
    market.alice.sells(800, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    market.carol.buys(200, at="10.00")
    assert watcher.book(SHARE).asks == [Level(TEN, 300, 2)]
    assert watcher.book(SHARE).orders(Side.SELL) == [
        ShownOrder(2, Side.SELL, TEN, 100),
        ShownOrder(1, Side.SELL, TEN, 200),
    ]


def test_a_call_tells_what_its_auction_would_do_and_then_what_it_did(shown):
    market = Market(shown)
    watcher = Watcher(shown.publisher).subscribe(SHARE)
    market.begins(Phase.OPENING_CALL)
    market.alice.sells(300, at="10.00")
    market.bob.buys(100, at="10.00")
    assert watcher.book(SHARE).indicative == Indicative(TEN, 100, 0, 200)
    watcher.hear()
    market.begins(Phase.PRE_CONTINUOUS)
    assert told(watcher) == [
        (StatusChanged, Phase.PRE_CONTINUOUS, Hold.NONE, 0),
        (Trade, 1, TEN, 100, None, Liquidity.AUCTION),
        (
            DepthChanged,
            [LevelChange(Side.BUY, TEN, 0, 0), LevelChange(Side.SELL, TEN, 200, 1)],
        ),
        (TotalsChanged, TEN, TEN, TEN, TEN, 100, 100 * TEN, 1),
        (IndicativeChanged, 0, 0, 0, 0),
    ]


def test_holds_and_closing_prices_are_told(market, watcher):
    market.holds(Hold.HALTED)
    assert told(watcher) == [(StatusChanged, Phase.HALTED, Hold.HALTED, 0)]
    market.holds(Hold.NONE)
    market.begins(Phase.POST_CLOSE)
    watcher.hear()
    market.fixes_close(at="10.00")
    assert told(watcher) == [(StatusChanged, Phase.POST_CLOSE, Hold.NONE, TEN)]


def test_trading_at_the_close_counts_but_makes_no_high_or_low(market, watcher):
    market.alice.sells(100, at="10.10")
    market.bob.buys(100, at="10.10")
    market.alice.sells_at_close(300, at="10.00")
    market.bob.buys_at_close(300, at="10.00")
    assert len(watcher.book(SHARE).orders(Side.SELL)) == 0
    market.begins(Phase.POST_CLOSE)
    market.fixes_close(at="10.00")
    market.begins(Phase.FIXED_PRICE)
    high = TEN + 1_000
    turnover = 100 * high + 300 * TEN
    assert watcher.book(SHARE).totals == Totals(high, high, high, high, 400, turnover, 2)
    assert (None, Liquidity.FIXED_PRICE) in [message[-2:] for message in told(watcher)]


def test_the_end_of_the_day_is_told_once_also_to_who_comes_later(market, shown, watcher):
    market.closes()
    late = Watcher(shown.publisher).subscribe(SHARE)
    for one in (watcher, late):
        heard = one.hear()
        assert isinstance(heard[-1], DayEnded)
        assert sum(isinstance(message, DayEnded) for message in heard) == 1
        assert one.book(SHARE).status == Status(Phase.CLOSED, Hold.NONE, 0)


def test_updates_are_numbered_without_gaps_and_other_shares_have_their_own(market, shown):
    watcher = Watcher(shown.publisher).subscribe(orders=True)
    for number in range(10):
        market.alice.sells(100, at="10.00", instrument=number % 2)
    for symbol in (SHARE, OTHER):
        snapshot, _, *updates = [m for m in watcher.heard if m.instrument == symbol]
        assert [m.update for m in updates] == [
            snapshot.update + place for place in range(1, len(updates) + 1)
        ]
        assert len(updates) == 10


def test_what_waits_outside_the_book_is_not_shown(market, watcher):
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.00")
    watcher.hear()
    market.carol.buys_stop(100, trigger="10.50", at="10.60")
    market.carol.sells_at_close(100, at="10.00")
    assert told(watcher) == []
    market.begins(Phase.PRE_CONTINUOUS)
    watcher.hear()
    market.carol.buys(100, at="9.90")
    assert told(watcher) == []


HIDDEN, FOUND = 77_700, 1_100
"""Quantities that occur in no other number of a feed."""


def test_nothing_sent_holds_what_an_iceberg_hides(shown):
    market = Market(shown, EVERYTHING | {"quantity_max": 1_000_000})
    watcher = Watcher(shown.publisher).subscribe(SHARE, orders=True)
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(HIDDEN, at="10.00", display_quantity=FOUND)
    market.bob.buys(100, at="10.00")
    Watcher(shown.publisher).subscribe(SHARE, orders=True)
    market.alice.cancels(HIDDEN - 3 * FOUND - 100)
    numbers = numbers_in(watcher.heard)
    assert FOUND in numbers and FOUND - 100 in numbers
    assert not [number for number in numbers if FOUND < number < TEN]


def numbers_in(values: object) -> set[int]:
    """Return all numbers in messages, however deep; of times and turnover none fits a quantity."""
    if isinstance(values, int):
        return {values}
    if hasattr(values, "__struct_fields__"):
        values = [getattr(values, name) for name in values.__struct_fields__]
    if isinstance(values, list | tuple):
        return {number for value in values for number in numbers_in(value)}
    return set()


def test_no_message_has_a_field_for_who_it_was():
    private = {"account", "session", "branch", "client_seq", "request_seq", "user"}
    forms = [*get_args(Told), LevelChange, Level, OrderChanged, ShownOrder]
    assert not private & {name for form in forms for name, _ in fields_of(form)}

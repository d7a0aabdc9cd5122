"""Subscriptions: who comes late, does not read, wants less, or has missed something."""

import pytest

from gateway.quotes import viewing as viewing_module
from protocol.market import (
    DepthChanged,
    OrdersChanged,
    OrdersSnapshot,
    Snapshot,
    SubscriptionRefused,
    TotalsChanged,
    Trade,
)
from protocol.quotes import Viewer
from protocol.vocabulary import Side, SubscribeReject
from tests.quotes.watching import OTHER, SHARE, Watcher, assert_same, trade_some

MILLISECOND = 1_000_000


def forms(watcher: Watcher) -> list[type]:
    """Return the forms of the messages that have arrived since the last time."""
    return [type(message) for message in watcher.hear()]


@pytest.fixture
def early(shown, market) -> Watcher:
    """Who has subscribed before anything has happened."""
    return Watcher(shown.publisher).subscribe(orders=True)


def test_a_late_joiner_has_the_snapshot_of_now_and_goes_on_like_the_others(market, shown, early):
    trade_some(market)
    late = Watcher(shown.publisher).subscribe(SHARE, orders=True)
    assert forms(late) == [Snapshot, OrdersSnapshot]
    assert_same(late.book(SHARE), early.book(SHARE))
    trade_some(market)
    assert_same(late.book(SHARE), early.book(SHARE))
    assert Snapshot not in forms(late)


def test_all_instruments_have_a_snapshot_each(early):
    assert [message.instrument for message in early.hear()] == [SHARE, SHARE, OTHER, OTHER]


def test_a_book_of_many_orders_comes_in_pages(market, shown, monkeypatch):
    monkeypatch.setattr("gateway.quotes.feed.ORDERS_MAX", 2)
    for _ in range(5):
        market.alice.sells(100, at="10.00")
    watcher = Watcher(shown.publisher).subscribe(SHARE, orders=True)
    _, *pages = watcher.hear()
    assert [(len(page.orders), page.is_last) for page in pages] == [
        (2, False),
        (2, False),
        (1, True),
    ]
    assert [one.order_number for one in watcher.book(SHARE).orders(Side.SELL)] == [1, 2, 3, 4, 5]


def test_a_subscription_brings_what_it_asks_for_and_no_more(market, shown):
    tape = Watcher(shown.publisher).subscribe(SHARE, depth=0)
    ladder = Watcher(shown.publisher).subscribe(SHARE, depth=5, trades=False)
    queue = Watcher(shown.publisher).subscribe(SHARE, depth=0, trades=False, orders=True)
    trade_some(market)
    assert set(forms(tape)) == {Snapshot, Trade, TotalsChanged}
    assert set(forms(ladder)) == {Snapshot, DepthChanged, TotalsChanged}
    assert set(forms(queue)) == {Snapshot, OrdersSnapshot, OrdersChanged, TotalsChanged}
    assert (tape.book(SHARE).bids, tape.book(SHARE).asks) == ([], [])


def test_a_second_subscription_takes_the_place_of_the_first(market, shown):
    watcher = Watcher(shown.publisher).subscribe(SHARE, depth=0).subscribe(SHARE, trades=False)
    watcher.hear()
    market.alice.sells(100, at="10.00")
    assert forms(watcher) == [DepthChanged]
    assert len(shown.publisher.feeds) == 1


def test_who_unsubscribes_hears_nothing_more_and_leaves_no_feed(market, shown, early):
    early.ask(early.viewer.unsubscribe(SHARE))
    early.hear()
    market.alice.sells(100, at="10.00")
    market.alice.sells(100, at="10.00", instrument=1)
    assert {message.instrument for message in early.hear()} == {OTHER}
    early.ask(early.viewer.unsubscribe())
    assert shown.publisher.feeds == {}


def test_depth_comes_at_most_once_an_interval_and_is_the_newest(market, shown, early):
    slow = Watcher(shown.publisher).subscribe(SHARE, trades=False, interval_ms=100)
    slow.hear()
    shown.now = 100 * MILLISECOND
    market.alice.sells(100, at="10.00")
    assert forms(slow) == [DepthChanged]
    for now in range(101, 200):
        shown.now = now * MILLISECOND
        market.alice.sells(100, at="10.01")
        market.alice.cancels()
        market.bob.sells(100, at="10.02")
    assert forms(slow) == []
    shown.publisher.tick(200 * MILLISECOND)
    (changed,) = slow.hear()
    assert [(level.price, level.orders) for level in changed.levels] == [(100_200, 99)]
    assert slow.book(SHARE).asks == early.book(SHARE).asks
    shown.publisher.tick(400 * MILLISECOND)
    assert forms(slow) == []


def test_trades_and_orders_do_not_wait_for_the_interval(market, shown):
    watcher = Watcher(shown.publisher).subscribe(SHARE, orders=True, interval_ms=1_000)
    watcher.hear()
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.00")
    assert forms(watcher) == [OrdersChanged, Trade, OrdersChanged]


def test_who_joins_a_conflated_feed_late_sees_in_the_end_what_others_see(market, shown, early):
    Watcher(shown.publisher).subscribe(SHARE, interval_ms=100)
    shown.now = 100 * MILLISECOND
    market.alice.sells(100, at="10.00")
    shown.now = 150 * MILLISECOND
    market.alice.cancels()
    late = Watcher(shown.publisher).subscribe(SHARE, interval_ms=100)
    shown.publisher.tick(200 * MILLISECOND)
    assert late.book(SHARE).asks == early.book(SHARE).asks == []


def test_who_does_not_read_has_trades_and_orders_later_and_depth_as_it_is_then(
    market, shown, early
):
    slow = Watcher(shown.publisher).subscribe(SHARE, orders=True)
    trade_some(market)
    slow.hear()
    slow.viewing.pause()
    for _ in range(3):
        trade_some(market)
    assert slow.hear() == []
    slow.viewing.resume()
    *kept, snapshot = slow.hear()
    assert {type(message) for message in kept} == {Trade, OrdersChanged}
    assert isinstance(snapshot, Snapshot) and snapshot.is_conflated
    assert [m.update for m in kept] == list(range(kept[0].update, kept[0].update + len(kept)))
    assert_same(slow.book(SHARE), early.book(SHARE))
    trade_some(market)
    assert_same(slow.book(SHARE), early.book(SHARE))
    assert Snapshot not in forms(slow)
    assert slow.viewer.lost == []


def test_every_trade_reaches_who_stops_reading_now_and_then(market, shown, early):
    slow = Watcher(shown.publisher).subscribe(SHARE)
    for turn in range(20):
        if turn % 3 == 0:
            slow.viewing.pause()
        trade_some(market)
        if turn % 3 == 1:
            slow.viewing.resume()
    slow.viewing.resume()
    tapes = [
        [message.trade_number for message in one.hear() if isinstance(message, Trade)]
        for one in (slow, early)
    ]
    assert tapes[0] == tapes[1] == list(range(1, len(tapes[0]) + 1))


def test_who_subscribes_and_does_not_read_costs_nothing_until_it_does(market, shown, early):
    slow = Watcher(shown.publisher)
    slow.viewing.pause()
    slow.subscribe(orders=True)
    trade_some(market)
    assert slow.viewing.kept == 0 and slow.hear() == []
    slow.viewing.resume()
    assert not any(message.is_conflated for message in slow.hear() if isinstance(message, Snapshot))
    assert_same(slow.book(SHARE), early.book(SHARE))


def test_who_falls_too_far_behind_is_cut(market, shown, monkeypatch):
    monkeypatch.setattr(viewing_module, "KEPT_MAX", 20)
    slow = Watcher(shown.publisher).subscribe(SHARE, orders=True)
    ladder = Watcher(shown.publisher).subscribe(SHARE, trades=False)
    slow.viewing.pause()
    ladder.viewing.pause()
    while not slow.is_cut:
        assert slow.viewing.kept <= 20
        trade_some(market)
    for _ in range(100):
        trade_some(market)
    assert not ladder.is_cut and ladder.viewing.kept == 0
    assert [feed.form.orders for feed in shown.publisher.feeds.values()] == [False]


def test_who_reads_again_in_part_is_sent_only_so_much(market, shown):
    slow = Watcher(shown.publisher).subscribe()
    slow.viewing.pause()
    for instrument in range(2):
        market.alice.sells(100, at="10.00", instrument=instrument)
    slow.hear()
    send = slow.viewing.send
    slow.viewing.send = lambda frames: (send(frames), slow.viewing.pause())
    slow.viewing.resume()
    assert [message.instrument for message in slow.hear()] == [SHARE]
    slow.viewing.resume()
    assert [message.instrument for message in slow.hear()] == [OTHER]


def test_a_gap_is_noticed_and_mended(market, shown, early):
    viewer = Viewer()
    lossy = Watcher(shown.publisher)
    lossy.viewer = viewer
    lossy.subscribe(SHARE, orders=True)
    market.alice.sells(100, at="10.00")
    lossy.viewing.send = lambda frames: None
    market.bob.sells(100, at="10.01")
    lossy.viewing.send = lossy.arrive
    market.carol.sells(100, at="10.02")
    assert viewer.lost == [SHARE] and not lossy.book(SHARE).is_whole
    known = lossy.book(SHARE).asks
    market.carol.sells(100, at="10.03")
    assert lossy.book(SHARE).asks == known and viewer.lost == [SHARE]
    for frame in viewer.requests_anew():
        lossy.ask(frame)
    assert viewer.lost == [] and lossy.book(SHARE).is_whole
    market.carol.sells(100, at="10.04")
    assert_same(lossy.book(SHARE), early.book(SHARE))


def test_a_conflated_snapshot_mends_no_gap(market, shown, early):
    lossy = Watcher(shown.publisher).subscribe(SHARE, orders=True)
    lossy.viewing.send = lambda frames: None
    market.alice.sells(100, at="10.00")
    lossy.viewing.send = lossy.arrive
    lossy.viewing.pause()
    market.bob.sells(100, at="10.01")
    lossy.viewing.resume()
    assert isinstance(lossy.hear()[-1], Snapshot) and not lossy.book(SHARE).is_whole
    for frame in lossy.viewer.requests_anew():
        lossy.ask(frame)
    assert_same(lossy.book(SHARE), early.book(SHARE))


def test_one_session_may_have_many_forms(market, shown):
    watcher = Watcher(shown.publisher).subscribe(SHARE, depth=5).subscribe(OTHER, depth=0)
    watcher.hear()
    market.alice.sells(100, at="10.00")
    market.alice.sells(100, at="10.00", instrument=1)
    assert [(type(m), m.instrument) for m in watcher.hear()] == [(DepthChanged, SHARE)]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (Viewer().subscribe("999999.SH"), SubscribeReject.UNKNOWN_INSTRUMENT),
        (Viewer().unsubscribe("999999.SH"), SubscribeReject.UNKNOWN_INSTRUMENT),
        (Viewer().subscribe(SHARE, depth=3), SubscribeReject.DEPTH_NOT_OFFERED),
        (Viewer().subscribe(SHARE, interval_ms=-1), SubscribeReject.INTERVAL_NOT_OFFERED),
        (Viewer().subscribe(SHARE, interval_ms=50), SubscribeReject.INTERVAL_NOT_OFFERED),
        (Viewer().subscribe(SHARE, depth=0, trades=False), SubscribeReject.NOTHING_WANTED),
        (Viewer().resubscribe(SHARE), SubscribeReject.NOT_SUBSCRIBED),
    ],
)
def test_what_cannot_be_is_refused_by_name(shown, market, frame, reason):
    watcher = Watcher(shown.publisher)
    watcher.ask(frame)
    (refused,) = watcher.hear()
    assert isinstance(refused, SubscriptionRefused)
    assert refused.reason is reason and refused.text
    assert shown.publisher.feeds == {}

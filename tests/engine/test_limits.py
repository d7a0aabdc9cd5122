"""Everything has a limit: running out is a reject, and what was there before goes on."""

import pytest

from engine.venue import Venue
from protocol.vocabulary import Phase, Reject, ReportKind, Side
from tests.commands import (
    admit,
    cancel,
    change_phase,
    define_rules,
    enter,
    journal,
    list_instrument,
    listing,
    open_day,
)
from tests.engine.conftest import SMALL

SELL = enter(Side.SELL, 100, 100_000)
BUY = enter(Side.BUY, 100, 100_000)
TRADING = [open_day(), define_rules(0), list_instrument(0), change_phase(Phase.CONTINUOUS)]


def refusals(venue, *commands: dict) -> list[tuple[int, Reject]]:
    """Return which of `commands`, counted from 0, were refused, and why."""
    reports = venue.apply(journal(commands))
    return [
        (int(report["sequence"]) - 1, Reject(report["reason"]))
        for report in reports
        if report["kind"] == ReportKind.REJECTED
    ]


def test_open_orders_run_out_and_a_cancel_or_a_trade_makes_room(new_venue):
    venue = new_venue(SMALL._replace(orders_open=2))
    day = [*TRADING, SELL, SELL, SELL, cancel(1), SELL, SELL, BUY]
    assert refusals(venue, *day) == [
        (6, Reject.ORDERS_EXHAUSTED),
        (9, Reject.ORDERS_EXHAUSTED),
        (10, Reject.ORDERS_EXHAUSTED),
    ]


def test_order_numbers_of_the_day_run_out_for_good(new_venue):
    venue = new_venue(SMALL._replace(orders_day=2))
    assert refusals(venue, *TRADING, SELL, BUY, BUY, cancel(2), BUY) == [
        (6, Reject.ORDERS_EXHAUSTED),
        (7, Reject.UNKNOWN_ORDER),
        (8, Reject.ORDERS_EXHAUSTED),
    ]


@pytest.mark.parametrize(
    "granted",
    [
        {"orders_open_max": 2},
        {"orders_day_max": 2},
        {"orders_open_max": -1, "orders_day_max": 2},
        {"orders_open_max": 2, "orders_day_max": 2**31 - 1},
    ],
    ids=str,
)
def test_day_may_grant_less_room_than_there_is(new_venue, granted):
    day = [open_day(**granted), *TRADING[1:], SELL, SELL, SELL]
    assert refusals(new_venue(), *day) == [(6, Reject.ORDERS_EXHAUSTED)]


def test_day_cannot_grant_more_room_than_there_is(new_venue):
    venue = new_venue(SMALL._replace(orders_open=2, orders_day=3))
    day = [open_day(orders_open_max=5, orders_day_max=5), *TRADING[1:], *[SELL] * 3]
    assert refusals(venue, *day) == [(6, Reject.ORDERS_EXHAUSTED)]


def test_sessions_run_out(new_venue):
    venue = new_venue(SMALL._replace(sessions=3))
    day = [open_day(), *[admit(number, 1, 9) for number in (1, 2, 3)]]
    assert refusals(venue, *day) == [(3, Reject.LISTING_OUT_OF_BOUNDS)]


def test_instruments_run_out(new_venue):
    venue = new_venue(SMALL._replace(instruments=2))
    listings = [list_instrument(number, rules=0) for number in range(3)]
    day = [open_day(), define_rules(0), *listings]
    assert refusals(venue, *day) == [(4, Reject.LISTING_OUT_OF_BOUNDS)]


def test_rules_run_out(new_venue):
    venue = new_venue(SMALL._replace(rules=2))
    day = [open_day(), *[define_rules(number) for number in range(3)]]
    assert refusals(venue, *day) == [(3, Reject.LISTING_OUT_OF_BOUNDS)]


def test_ticks_run_out_and_a_smaller_instrument_still_fits(new_venue):
    venue = new_venue(SMALL._replace(ticks=201 + 100))
    narrow = {"lower_limit": 100_100}
    day = [open_day(), *listing(0), *listing(1), list_instrument(1, **narrow)]
    assert refusals(venue, *day) == [(4, Reject.LISTING_OUT_OF_BOUNDS)]


def test_numbers_are_given_in_turn(new_venue):
    wrong = [
        admit(2, 1, 9),
        admit(0, 1, 9),
        list_instrument(1, rules=0),
        list_instrument(-1, rules=0),
        define_rules(0),
        define_rules(2),
        define_rules(-1),
    ]
    day = [open_day(), define_rules(0), *wrong]
    assert refusals(new_venue(), *day) == [
        (place, Reject.LISTING_OUT_OF_BOUNDS) for place in range(2, 2 + len(wrong))
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"previous_close": 0},
        {"lower_limit": 0},
        {"lower_limit": -100},
        {"lower_limit": 90_050},
        {"upper_limit": 109_950},
        {"lower_limit": 100_100, "upper_limit": 100_000},
        {"rules": 1},
        {"rules": -1},
        {"rules": 2**31 - 1},
    ],
    ids=str,
)
def test_listing_that_makes_no_sense_is_refused(new_venue, wrong):
    day = [open_day(), define_rules(0), list_instrument(0, **wrong), list_instrument(0)]
    assert refusals(new_venue(), *day) == [(2, Reject.LISTING_OUT_OF_BOUNDS)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tick": 0},
        {"tick": -100},
        {"quantity_min": 0},
        {"quantity_step": -1},
        {"quantity_max": 0},
        {"quantity_max_market": 0},
        {"cage_bp": -1},
        {"cage_bp": 10_001},
        {"cage_ticks": -1},
    ],
    ids=str,
)
def test_rules_that_make_no_sense_are_refused(new_venue, wrong):
    day = [open_day(), define_rules(0, **wrong), define_rules(0)]
    assert refusals(new_venue(), *day) == [(1, Reject.LISTING_OUT_OF_BOUNDS)]


def test_instrument_may_have_as_many_prices_as_can_be_marked_and_no_more(new_venue):
    venue = new_venue(SMALL._replace(ticks=2**19))
    widest = {"lower_limit": 1, "upper_limit": 2**18}
    wider = widest | {"upper_limit": 2**18 + 1}
    day = [open_day(), *listing(0, tick=1, **wider), list_instrument(0, **widest)]
    day += [change_phase(Phase.CONTINUOUS), enter(Side.SELL, 1, 2**18), enter(Side.BUY, 100, 1)]
    assert refusals(venue, *day) == [(2, Reject.LISTING_OUT_OF_BOUNDS)]


def test_the_narrowest_instruments_have_room_for_their_bitmaps():
    count = 1_000
    venue = Venue(SMALL._replace(instruments=count, ticks=count))
    single = {"lower_limit": 100_000, "upper_limit": 100_000}
    listings = [list_instrument(number, rules=0, **single) for number in range(count)]
    assert refusals(venue, open_day(), define_rules(0), *listings) == []
    assert venue.state.venue[0]["words"] <= len(venue.state.words)


def test_instrument_with_a_single_price_trades(new_venue):
    single = {"lower_limit": 100_000, "upper_limit": 100_000}
    venue = new_venue()
    reports = venue.apply(journal([open_day(), *listing(0, **single), TRADING[-1], SELL, BUY]))
    assert [int(report["kind"]) for report in reports] == [
        ReportKind.PHASE_CHANGED,
        ReportKind.ACCEPTED,
        ReportKind.ACCEPTED,
        ReportKind.TRADED,
        ReportKind.TRADED,
    ]

"""Requests of an account are counted by a second that slides and by day; too many alarm, wait, or
are refused."""

from collections.abc import Iterator
from random import Random

import pytest

from engine.venue import Venue
from protocol.units import MILLISECOND, NANOSECONDS, RATE_STEP
from protocol.vocabulary import (
    NONE,
    AccountStatus,
    Feature,
    Hold,
    OrderType,
    Phase,
    RateAction,
    Reject,
    ReportKind,
    SelfTrade,
    Side,
    TimeInForce,
)
from tests.commands import EVERY_FEATURE, enter, release_order
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.test_accounts import last
from tests.trading import EVERYTHING, FundedMarket, Market, to_the_end

REFUSED = "alice is refused: RATE_EXCEEDED"
WAITS = ["alice is refused: ORDER_WAITS"]
IMMEDIATE = {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}
BEST = OrderType.COUNTERPARTY_BEST
CAGE = {"cage_bp": 200, "cage_ticks": 10}
ROOM = SMALL._replace(**FUNDED)

by_name = {"ids": lambda word: word.name}


def trading(new_venue, rules: dict | None = None, **admission) -> FundedMarket:
    """Return a market that trades continuously, by rules that allow everything."""
    market = FundedMarket(new_venue(ROOM), EVERYTHING | (rules or {}), **admission)
    market.begins(Phase.CONTINUOUS)
    return market


@pytest.fixture
def market(new_venue) -> Iterator[FundedMarket]:
    yield from to_the_end(trading(new_venue))


def limit_rate(market: FundedMarket, rate_max: int, action: RateAction, **limits: int) -> None:
    """Limit what alice sends in a second, and begin a second in which the next command is first."""
    market.dave.limits(market.alice, rate_max=rate_max, rate_action=action, **limits)
    begin_second(market)


def begin_second(market: FundedMarket) -> None:
    """Let the next command come as a second begins, after one without any."""
    come = market.journal[-1]["time"] + MILLISECOND
    market.passed += -come % NANOSECONDS + NANOSECONDS


def retry_ms(market: FundedMarket) -> int:
    """Return when whoever was refused just now may come again."""
    assert market.reports[-1]["reason"] == Reject.RATE_EXCEEDED
    return int(market.reports[-1]["trade_number"])


def alarm(in_second: int, today: int) -> str:
    """Return what the venue hears of alice."""
    return f"alice has sent {in_second} in a second, {today} today"


def delayed(market: FundedMarket, quantity: int = 100, at: str = "10.00", **fields) -> int:
    """Return the number of an order to buy that alice has sent too soon behind another one.

    The other one was not worth an answer.
    """
    limit_rate(market, 1, RateAction.DELAY)
    market.alice.buys(100, at="20.00")
    told = market.alice.buys(quantity, at=at, **fields)
    assert told[0] == alarm(2, 2)
    assert told[1].startswith("alice waits 1.039 s with ")
    market.passes(2.08)
    return market.alice.orders[-1]


def test_new_account_is_watched_for_programme_trading(market):
    account = market.alice.account
    assert (account.rate_max, account.requests_max) == (300, 20_000)
    assert (account.rate_action, account.requests) == (RateAction.ALARM, 0)


def test_three_hundred_in_a_second_are_not_too_many(market):
    begin_second(market)
    for _ in range(300):
        assert market.alice.buys(50, at="9.00") == ["alice is refused: QUANTITY_NOT_IN_LOTS"]
    assert market.alice.buys(100, at="9.00") == [alarm(301, 301)]
    assert market.alice.buys(100, at="9.00") == []
    assert market.alice.account.requests == 302


def test_alarm_is_raised_once_in_a_second(market):
    limit_rate(market, 2, RateAction.ALARM)
    told = [market.alice.buys(100, at="9.00") for _ in range(5)]
    assert told == [[], [], [alarm(3, 3)], [], []]
    market.passes(1.04)
    told = [market.alice.buys(100, at="9.00") for _ in range(4)]
    assert told == [[], [], [alarm(3, 8)], []]


def test_alarm_is_raised_again_while_it_goes_on(market):
    limit_rate(market, 2, RateAction.ALARM)
    told = []
    for _ in range(23):
        told += market.alice.buys(100, at="9.00")
        market.passes(0.099)
    assert told == [alarm(3, 3), alarm(11, 14)]


def test_alarm_is_for_the_venue_alone(market):
    limit_rate(market, 1, RateAction.REFUSE)
    market.alice.buys(100, at="9.00")
    assert market.alice.buys(100, at="9.00") == [alarm(2, 2), REFUSED]
    assert last(market, 2) == {
        "kind": ReportKind.RATE_EXCEEDED,
        "account": market.alice.number,
        "quantity": 2,
        "order_number": 2,
        "instrument": NONE,
    }


def test_alarm_comes_before_what_else_an_order_causes(market):
    limit_rate(market, 1, RateAction.ALARM)
    market.dave.sells(100, at="10.00")
    market.alice.buys(100, at="9.00")
    assert market.alice.buys(100, at="10.00") == [alarm(2, 2), "alice takes 100 from dave at 10.00"]


@pytest.mark.parametrize("action", [RateAction.ALARM, RateAction.REFUSE], **by_name)
def test_second_slides_and_is_none_of_the_clock(market, action):
    limit_rate(market, 2, action)
    market.passes(0.99)
    assert [market.alice.buys(100, at="9.00") for _ in range(2)] == [[], []]
    market.passes(0.02)
    assert market.alice.buys(100, at="9.00")[0] == alarm(3, 3)


def test_requests_of_the_second_before_count_no_more(market):
    limit_rate(market, 2, RateAction.REFUSE)
    market.alice.buys(100, at="9.00")
    market.passes(0.5)
    market.alice.buys(100, at="9.00")
    market.passes(0.537)
    assert market.alice.buys(100, at="9.00")[1:] == [REFUSED]
    assert market.alice.buys(100, at="9.00") == []
    assert market.alice.buys(100, at="9.00") == [REFUSED]


def test_in_no_second_are_more_taken_and_hardly_fewer(market):
    """Times of all kinds, against the count of what was taken, to the nanosecond."""
    random, most = Random(1), 5
    limit_rate(market, most, RateAction.REFUSE)
    taken: list[int] = []
    for _ in range(1_500):
        market.passes(random.choice([0, 0, 1e-9, 0.01, 0.039, 0.3, 1.5]))
        told = market.alice.buys(50, at="9.00")
        now = market.journal[-1]["time"]
        if told[-1] != REFUSED:
            taken.append(now)
            assert sum(time > now - NANOSECONDS for time in taken) <= most
        else:
            assert sum(time > now - NANOSECONDS - RATE_STEP for time in taken) >= most
    assert 300 < len(taken) < 1_200


def test_who_comes_again_when_told_is_taken(market):
    random = Random(2)
    limit_rate(market, 3, RateAction.REFUSE)
    for _ in range(50):
        while market.alice.buys(50, at="9.00")[-1] != REFUSED:
            market.passes(random.choice([0, 0.0001, 0.017, 0.12]))
        wait = retry_ms(market)
        market.passed += (wait - 2) * MILLISECOND
        assert market.alice.buys(50, at="9.00")[-1] == REFUSED
        assert retry_ms(market) == 1
        assert market.alice.buys(50, at="9.00") == ["alice is refused: QUANTITY_NOT_IN_LOTS"]


def test_who_tries_all_the_time_is_not_kept_out(market):
    limit_rate(market, 2, RateAction.REFUSE)
    told = [market.alice.buys(50, at="9.00")[-1] for _ in range(3_000)]
    assert [place for place, one in enumerate(told) if one != REFUSED] == [
        *(0, 1, 1_040, 1_041, 2_080, 2_081)
    ]


def test_too_many_of_a_day_raise_one_alarm(market):
    limit_rate(market, 0, RateAction.ALARM, requests_max=3)
    told = []
    for _ in range(6):
        told += market.alice.buys(100, at="9.00")
        market.passes(1.04)
    assert told == [alarm(1, 4)]


def test_too_many_of_second_and_day_are_one_alarm(market):
    limit_rate(market, 2, RateAction.ALARM, requests_max=2)
    told = [market.alice.buys(100, at="9.00") for _ in range(4)]
    assert told == [[], [], [alarm(3, 3)], []]


@pytest.mark.parametrize("action", RateAction, **by_name)
def test_without_limits_nothing_is_too_many(market, action):
    limit_rate(market, 0, action)
    assert [market.alice.buys(100, at="9.00") for _ in range(20)] == [[]] * 20
    assert market.alice.account.requests == 20


def test_requests_of_others_do_not_count(market):
    limit_rate(market, 1, RateAction.ALARM)
    market.bob.sells(100, at="10.50")
    market.carol.buys(100, at="9.00")
    assert market.alice.buys(100, at="9.00") == []
    assert market.alice.account.requests == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({}, ""),
        ({"quantity": 50}, "QUANTITY_NOT_IN_LOTS"),
        ({"price": 0}, "PRICE_NOT_POSITIVE"),
        ({"quantity": 100_000}, "INSUFFICIENT_FUNDS"),
        ({"side": Side.SELL}, "INSUFFICIENT_SHARES"),
    ],
    ids=str,
)
def test_order_counts_also_where_it_is_refused(market, wrong, reason):
    order = enter(Side.BUY, 100, 90_000, account=market.alice.number) | wrong
    assert market.alice.says(order) == ([f"alice is refused: {reason}"] if reason else [])
    assert market.alice.account.requests == 1


@pytest.mark.parametrize("status", [AccountStatus.LOSS_REPORTED, AccountStatus.FROZEN], **by_name)
def test_order_of_an_account_that_is_not_normal_counts(market, status):
    market.dave.makes(market.alice, status)
    assert market.alice.buys(100, at="9.00") == ["alice is refused: ACCOUNT_NOT_NORMAL"]
    assert market.alice.account.requests == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"side": 2}, "MALFORMED"),
        ({"instrument": 9}, "UNKNOWN_INSTRUMENT"),
        ({"account": 2}, "ACCOUNT_NOT_ADMITTED"),
    ],
    ids=str,
)
def test_order_of_nobody_does_not_count(market, wrong, reason):
    order = enter(Side.BUY, 100, 90_000, account=market.alice.number) | wrong
    assert market.alice.says(order) == [f"alice is refused: {reason}"]
    assert [trader.account.requests for trader in market.traders] == [0, 0, 0, 0]


def test_cancel_counts_where_it_is_granted(market):
    market.alice.buys(300, at="9.00")
    market.alice.cancels(100)
    market.alice.cancels()
    assert market.alice.account.requests == 3
    assert market.alice.cancels() == ["alice is refused: UNKNOWN_ORDER"]
    assert market.alice.account.requests == 3


def test_replacement_counts(market):
    market.alice.buys(300, at="9.00")
    market.alice.replaces(200, at="9.10")
    assert market.alice.replaces(200, at="20.00") == ["alice is refused: PRICE_OUTSIDE_LIMITS"]
    assert market.alice.account.requests == 3


def test_replacement_of_an_order_that_waits_does_not_count(market):
    market.alice.buys_stop(100, trigger="10.50", at="10.50")
    assert market.alice.replaces(200, at="9.10") == WAITS
    assert market.alice.account.requests == 1


def test_requests_count_for_the_account_of_the_order(market):
    market.alice.buys(300, at="9.00")
    order = market.alice.orders[-1]
    market.dave.replaces(200, at="9.10", order=order)
    market.dave.cancels(order=order)
    assert market.alice.account.requests == 3
    assert market.dave.account.requests == 0


def test_orders_of_the_venue_itself_count(market):
    limit_rate(market, 1, RateAction.REFUSE)
    order = enter(Side.BUY, 100, 90_000, account=market.alice.number)
    market.hears(order)
    assert market.hears(order) == [alarm(2, 2), "the venue is refused: RATE_EXCEEDED"]


def test_many_cancels_at_once_and_blocks_do_not_count(market):
    market.alice.buys(100, at="9.00")
    market.alice.cancels_all()
    market.alice.buys(100, at="9.00")
    market.dave.blocks(account=market.alice.number)
    market.dave.lifts(account=market.alice.number)
    assert market.alice.account.requests == 2


def test_refused_while_there_are_too_many(market):
    limit_rate(market, 2, RateAction.REFUSE)
    told = [market.alice.buys(100, at="9.00") for _ in range(4)]
    assert told == [[], [], [alarm(3, 3), REFUSED], [REFUSED]]
    assert last(market) == {
        "kind": ReportKind.REJECTED,
        "reason": Reject.RATE_EXCEEDED,
        "trade_number": 1_037,
        "client_seq": market.alice.client_seq,
        "request_seq": market.alice.client_seq,
        "session": market.alice.number,
        "instrument": NONE,
    }
    market.passes(1.036)
    assert market.alice.buys(100, at="9.00") == []


def test_step_that_is_full_takes_no_more_whatever_the_limit():
    market = trading(Venue)
    limit_rate(market, 100_000, RateAction.REFUSE)
    market.alice.buys(100, at="9.00")
    window = market.venue.state.windows[market.alice.number]
    window["counts"][window["step"] % len(window["counts"])] = window["total"] = 65_535
    market.alice.cancels()
    assert window["total"] == window["counts"].sum() == 65_535
    assert market.alice.buys(100, at="9.00") == [REFUSED]
    market.passes(retry_ms(market) / 1_000)
    assert market.alice.buys(100, at="9.00") == []


def test_refused_for_the_rest_of_the_day(market):
    limit_rate(market, 0, RateAction.REFUSE, requests_max=1)
    assert market.alice.buys(100, at="9.00") == []
    assert market.alice.buys(100, at="9.00") == [alarm(2, 2), REFUSED]
    market.passes(3_600)
    assert market.alice.buys(100, at="9.00") == [REFUSED]
    assert retry_ms(market) == 0


def test_replacement_is_refused_and_the_order_stays(market):
    limit_rate(market, 1, RateAction.REFUSE)
    market.alice.buys(300, at="9.00")
    assert market.alice.replaces(200, at="9.00") == [alarm(2, 2), REFUSED]
    assert retry_ms(market) == 1_039
    assert market.bob.sells(300, at="9.00") == ["bob sells 300 to alice at 9.00"]


def test_rate_is_looked_at_before_the_account(market):
    limit_rate(market, 1, RateAction.REFUSE)
    market.alice.buys(100, at="9.00")
    market.dave.makes(market.alice, AccountStatus.FROZEN)
    assert market.alice.buys(100, at="9.00") == [alarm(2, 2), REFUSED]
    assert market.alice.replaces(200, at="9.00") == [REFUSED]
    market.passes(1.04)
    assert market.alice.buys(100, at="9.00") == ["alice is refused: ACCOUNT_NOT_NORMAL"]


@pytest.mark.parametrize("action", RateAction, **by_name)
@pytest.mark.parametrize("limits", [{}, {"requests_max": 1}], ids=str)
def test_cancel_is_never_refused_or_delayed(market, action, limits):
    limit_rate(market, 1, action, **limits)
    market.alice.buys(300, at="9.00")
    assert market.alice.cancels(100) == [
        alarm(2, 2),
        "alice hears of 100 taken back at 9.00, 200 left",
    ]
    assert market.alice.cancels() == ["alice hears of 200 taken back at 9.00, 0 left"]


def test_lower_limit_is_for_what_has_come_already_too(market):
    begin_second(market)
    for _ in range(3):
        market.alice.buys(100, at="9.00")
    market.dave.limits(market.alice, rate_max=2, rate_action=RateAction.REFUSE)
    assert market.alice.buys(100, at="9.00") == [alarm(4, 4), REFUSED]
    market.dave.limits(market.alice, rate_max=4, rate_action=RateAction.REFUSE)
    assert market.alice.buys(100, at="9.00") == []


def test_cancels_take_the_room_of_orders(market):
    limit_rate(market, 3, RateAction.REFUSE)
    market.alice.buys(300, at="9.00")
    for _ in range(2):
        market.alice.cancels(100)
    assert market.alice.buys(100, at="9.00") == [alarm(4, 4), REFUSED]
    market.alice.cancels()
    assert market.alice.buys(100, at="9.00") == [REFUSED]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_max": -1},
        {"requests_max": -1},
        {"rate_action": -1},
        {"rate_action": len(RateAction)},
    ],
    ids=str,
)
def test_limit_of_requests_is_a_number_and_a_known_action(market, wrong):
    assert market.dave.limits(market.alice, **wrong) == ["dave is refused: MALFORMED"]


def test_limits_are_told(market):
    limits = {"rate_max": 7, "requests_max": 70, "rate_action": RateAction.DELAY}
    assert market.dave.limits(market.alice, **limits) == ["alice is NORMAL"]
    account = market.alice.account
    assert {name: getattr(account, name) for name in limits} == limits


def test_delayed_order_waits_outside_the_book(market):
    delayed(market)
    assert market.bob.sells(100, at="10.00") == []
    assert market.alice.held == "1,005.01"
    assert market.alice.account.open_orders == 1


def test_delayed_order_is_told_what_it_waits_for(market):
    order = delayed(market, quantity=200)
    assert last(market) == {
        "kind": ReportKind.ORDER_DELAYED,
        "order_number": order,
        "trade_number": 1_039,
        "price": 100_000,
        "quantity": 200,
        "leaves": 200,
        "client_seq": market.alice.client_seq,
        "request_seq": market.alice.client_seq,
        "session": market.alice.number,
        "account": market.alice.number,
    }
    accepted = market.reports[-2]
    assert (accepted["kind"], accepted["price"]) == (ReportKind.ACCEPTED, 100_000)


def test_released_order_trades_as_if_it_were_entered_now(market):
    order = delayed(market, quantity=300, at="10.10")
    market.bob.sells(100, at="10.10")
    market.bob.sells(100, at="10.00")
    assert market.releases(order) == [
        "alice is released with 300 at 10.10",
        "alice takes 100 from bob at 10.00",
        "alice takes 100 from bob at 10.10",
    ]
    assert market.carol.sells(100, at="10.10") == ["carol sells 100 to alice at 10.10"]


def test_released_order_stands_behind_those_that_came_meanwhile(market):
    order = delayed(market)
    market.carol.buys(100, at="10.00")
    market.releases(order)
    market.dave.buys(100, at="10.00")
    assert market.bob.sells(300, at="10.00") == [
        f"bob sells 100 to {name} at 10.00" for name in ("carol", "alice", "dave")
    ]


def test_delayed_sale_holds_its_shares(market):
    market.dave.limits(market.bob, rate_max=1, rate_action=RateAction.DELAY)
    begin_second(market)
    market.bob.sells(100, at="10.50")
    assert market.bob.sells(9_900, at="10.00") == [
        "bob has sent 2 in a second, 2 today",
        "bob waits 1.039 s with 9900 at 10.00",
    ]
    assert market.bob.sellable == 0
    market.carol.buys(9_900, at="10.00")
    assert market.releases(market.bob.orders[-1]) == [
        "bob is released with 9900 at 10.00",
        "bob sells 9900 to carol at 10.00",
    ]


def waits(market: FundedMarket) -> float:
    """Return for how many seconds alice's next order waits."""
    *_, told = market.alice.buys(100, at="9.00")
    who, does, seconds, *_ = told.split()
    assert (who, does) == ("alice", "waits")
    return float(seconds)


def test_orders_wait_for_the_first_step_that_has_room(market):
    limit_rate(market, 2, RateAction.DELAY)
    market.alice.buys(100, at="9.00")
    market.passes(0.6)
    market.alice.buys(100, at="9.00")
    market.passes(0.3)
    told = [market.alice.buys(100, at="9.00") for _ in range(4)]
    times = ("0.138", "0.737", "1.176", "1.775")
    waiting = [f"alice waits {seconds} s with 100 at 9.00" for seconds in times]
    assert told == [[alarm(3, 3), waiting[0]], *[[one] for one in waiting[1:]]]


def test_in_no_second_are_more_released(market):
    limit_rate(market, 3, RateAction.DELAY)
    arrivals = []
    for place in range(40):
        told = market.alice.buys(100, at="9.00")
        is_delayed = bool(told) and "waits" in told[-1]
        wait = int(market.reports[-1]["trade_number"]) if is_delayed else 0
        arrivals.append(market.journal[-1]["time"] + wait * MILLISECOND)
        market.passes((0, 0.07, 0.4)[place % 3])
    assert arrivals == sorted(arrivals)
    for first, fourth in zip(arrivals, arrivals[3:], strict=False):
        assert fourth - first >= NANOSECONDS
    assert arrivals[-1] - arrivals[0] < 40 / 3 * (NANOSECONDS + RATE_STEP)


def test_later_order_waits_behind_the_earlier_ones(market):
    limit_rate(market, 1, RateAction.DELAY)
    for _ in range(3):
        market.alice.buys(100, at="9.00")
    market.passes(1.04)
    assert market.alice.buys(100, at="9.00") == [
        alarm(2, 4),
        "alice waits 2.077 s with 100 at 9.00",
    ]
    market.passes(3.12)
    assert market.alice.buys(100, at="9.00") == []


def test_order_in_the_step_of_the_latest_delayed_one_does_not_wait(market):
    limit_rate(market, 2, RateAction.DELAY)
    for _ in range(3):
        market.alice.buys(100, at="9.00")
    assert waits(market) == 1.037
    market.passes(1.036)
    assert waits(market) == 1.040


def test_orders_that_wait_have_those_behind_them_wait_whatever_room_there_is(market):
    limit_rate(market, 2, RateAction.DELAY)
    for _ in range(3):
        market.alice.buys(100, at="9.00")
    market.dave.limits(market.alice, rate_max=0, rate_action=RateAction.DELAY)
    assert waits(market) == 1.036
    market.dave.limits(market.alice, rate_max=0, rate_action=RateAction.REFUSE)
    assert market.alice.buys(100, at="9.00") == [REFUSED]
    assert retry_ms(market) == 1_034
    market.passes(1.034)
    assert market.alice.buys(100, at="9.00") == []


def test_cancel_while_orders_wait_is_counted_with_the_last_of_them(market):
    limit_rate(market, 2, RateAction.DELAY)
    for _ in range(3):
        market.alice.buys(100, at="9.00")
    assert market.alice.cancels() == ["alice hears of 100 taken back at 9.00, 0 left"]
    assert waits(market) == 2.076


def test_order_that_is_refused_has_taken_its_place(market):
    limit_rate(market, 1, RateAction.DELAY)
    market.alice.buys(100, at="9.00")
    assert market.alice.buys(50, at="9.00") == [
        alarm(2, 2),
        "alice is refused: QUANTITY_NOT_IN_LOTS",
    ]
    assert market.alice.buys(100, at="9.00") == ["alice waits 2.078 s with 100 at 9.00"]


def test_too_many_of_a_day_are_not_delayed(market):
    limit_rate(market, 0, RateAction.DELAY, requests_max=1)
    market.alice.buys(100, at="9.00")
    assert market.alice.buys(100, at="9.00") == [alarm(2, 2), REFUSED]


PARTICULAR = [
    {"minimum_quantity": 100},
    {"post_only": 1},
    {"display_quantity": 100},
    {"trigger_price": 105_000},
    {"order_type": OrderType.FIXED_PRICE},
]


@pytest.mark.parametrize("more", PARTICULAR, ids=str)
def test_order_that_asks_for_more_than_its_type_does_not_wait(market, more):
    limit_rate(market, 1, RateAction.DELAY)
    market.alice.buys(100, at="9.00")
    assert market.alice.buys(100, at="9.00", **more) == [alarm(2, 2), REFUSED]


@pytest.mark.parametrize("more", PARTICULAR, ids=str)
def test_nor_does_it_overtake_those_that_wait(market, more):
    limit_rate(market, 2, RateAction.DELAY)
    for _ in range(3):
        market.alice.buys(100, at="9.00")
    assert market.alice.buys(100, at="9.00", **more) == [REFUSED]
    assert retry_ms(market) == 1_037
    market.alice.buys(100, at="9.00")
    assert market.alice.buys(100, at="9.00", **more) == [REFUSED]
    assert retry_ms(market) == 2_075


def test_replacement_does_not_wait(market):
    limit_rate(market, 2, RateAction.DELAY)
    market.alice.buys(200, at="9.00")
    order = market.alice.orders[-1]
    market.alice.buys(100, at="9.00")
    assert market.alice.replaces(100, at="9.00", order=order) == [alarm(3, 3), REFUSED]
    market.alice.buys(100, at="9.00")
    assert market.alice.replaces(100, at="9.00", order=order) == [REFUSED]
    market.passes(2)
    assert market.alice.replaces(100, at="9.00", order=order) == ["alice now has 100 at 9.00"]


def test_delayed_order_is_canceled(market):
    order = delayed(market)
    assert market.alice.cancels() == ["alice hears of 100 taken back at 10.00, 0 left"]
    assert market.alice.held == "0.00"
    assert market.releases(order) == []


def test_part_of_a_delayed_order_is_canceled(market):
    order = delayed(market, quantity=300)
    assert market.alice.cancels(100) == ["alice hears of 100 taken back at 10.00, 200 left"]
    assert market.alice.held == "2,005.02"
    assert market.releases(order) == ["alice is released with 200 at 10.00"]


def test_delayed_order_is_not_replaced(market):
    delayed(market)
    assert market.alice.replaces(100, at="9.00") == WAITS
    assert market.alice.account.requests == 2


def test_delayed_orders_are_canceled_with_all_others(market):
    order = delayed(market)
    assert market.alice.cancels_all() == [
        "alice hears of 100 taken back at 10.00, 0 left",
        "alice hears of 1 orders taken back",
    ]
    assert market.releases(order) == []


def test_block_takes_delayed_orders_back(market):
    order = delayed(market)
    assert market.dave.blocks(account=market.alice.number) == [
        "alice is blocked with 100 at 10.00",
        "dave blocks and takes back 1 orders",
    ]
    assert market.releases(order) == []


def test_delayed_order_expires_at_the_close(market):
    delayed(market)
    assert market.closes() == ["alice expires with 100 at 10.00", "the day 20260706 ends"]


def test_delayed_order_passes_all_checks_when_it_is_entered(market):
    limit_rate(market, 1, RateAction.DELAY)
    market.alice.buys(100, at="9.00")
    assert market.alice.sells(100, at="9.00") == [
        alarm(2, 2),
        "alice is refused: INSUFFICIENT_SHARES",
    ]
    market.begins(Phase.BREAK)
    assert market.alice.buys(100, at="9.00") == [
        "alice is refused: PHASE_REFUSES_ORDER",
    ]


def test_nothing_is_checked_again_at_release(market):
    order = delayed(market)
    market.dave.makes(market.alice, AccountStatus.FROZEN)
    market.dave.limits(market.alice, order_value_max=1, open_orders_max=1, collar_bp=1)
    market.bob.sells(100, at="10.00")
    assert market.releases(order) == [
        "alice is released with 100 at 10.00",
        "alice takes 100 from bob at 10.00",
    ]


def test_delay_that_is_over_for_new_orders_goes_on_for_those_that_wait(market):
    limit_rate(market, 1, RateAction.DELAY)
    for _ in range(2):
        market.alice.buys(100, at="10.00")
    order = market.alice.orders[-1]
    market.dave.limits(market.alice, rate_max=9, rate_action=RateAction.ALARM)
    assert market.alice.buys(100, at="9.00") == []
    assert market.releases(order) == ["alice is released with 100 at 10.00"]


@pytest.mark.parametrize("number", [-(2**63), -1, 0, 99, 2**63 - 1])
def test_release_of_what_is_no_order_does_nothing(market, number):
    assert market.releases(number) == []


def test_only_delayed_orders_are_released(market):
    market.alice.buys(100, at="9.00")
    assert market.releases(market.alice.orders[-1]) == []
    market.alice.buys_stop(100, trigger="10.50", at="10.50")
    assert market.releases(market.alice.orders[-1]) == []
    market.alice.buys_at_close(100, at="10.00")
    assert market.releases(market.alice.orders[-1]) == []
    market.begins(Phase.PRE_CONTINUOUS)
    market.alice.buys(100, at="9.00")
    assert market.releases(market.alice.orders[-1]) == []


def test_order_is_released_once(market):
    order = delayed(market)
    market.releases(order)
    assert market.releases(order) == []


def test_release_is_for_the_venue_itself(market):
    order = delayed(market)
    assert market.dave.says(release_order(order)) == ["dave is refused: COMMAND_NOT_PERMITTED"]


@pytest.mark.parametrize("phase", [Phase.BREAK, Phase.POST_CLOSE, Phase.CLOSED], **by_name)
def test_order_whose_phase_has_ended_is_canceled(market, phase):
    order = delayed(market)
    market.begins(phase)
    assert market.releases(order) == ["alice comes too late with 100 at 10.00"]
    assert market.alice.held == "0.00"


def test_order_released_into_a_suspension_is_canceled(market):
    order = delayed(market)
    market.holds(Hold.SUSPENDED)
    assert market.releases(order) == ["alice comes too late with 100 at 10.00"]


def test_order_released_into_a_halt_rests_and_is_in_its_auction(market):
    order = delayed(market)
    market.holds(Hold.HALTED)
    market.bob.sells(100, at="10.00")
    assert market.releases(order) == ["alice is released with 100 at 10.00"]
    assert market.holds(Hold.NONE)[1:] == ["alice buys 100 from bob at 10.00"]


@pytest.mark.parametrize(
    "what", [IMMEDIATE, {"order_type": BEST}, {"order_type": BEST} | IMMEDIATE], ids=str
)
@pytest.mark.parametrize("phase", [Phase.OPENING_CALL, Phase.CLOSING_CALL], **by_name)
def test_call_auction_takes_day_limits_alone(market, what, phase):
    order = delayed(market, **what)
    market.begins(phase)
    assert market.releases(order) == ["alice comes too late with 100 at 10.00"]


def test_order_released_into_an_auction_trades_in_it(market):
    order = delayed(market)
    market.begins(Phase.CLOSING_CALL)
    market.bob.sells(100, at="9.90")
    assert market.releases(order) == ["alice is released with 100 at 10.00"]
    assert market.begins(Phase.POST_CLOSE)[1:] == ["alice buys 100 from bob at 9.95"]


@pytest.mark.parametrize("what", [{}, IMMEDIATE, {"order_type": BEST}], ids=str)
def test_order_released_into_the_gap_waits_for_continuous_trading(market, what):
    order = delayed(market, **what)
    market.bob.sells(100, at="10.00")
    market.begins(Phase.PRE_CONTINUOUS)
    assert market.releases(order) == []
    assert market.releases(order) == []
    assert market.begins(Phase.CONTINUOUS)[1:] == [
        "alice is released with 100 at 10.00",
        "alice takes 100 from bob at 10.00",
    ]


def test_order_released_into_the_gap_stands_behind_those_that_wait_there(market):
    order = delayed(market)
    market.begins(Phase.PRE_CONTINUOUS)
    market.carol.buys(100, at="10.00")
    market.releases(order)
    assert market.begins(Phase.CONTINUOUS)[1:] == [
        "carol is released with 100 at 10.00",
        "alice is released with 100 at 10.00",
    ]
    assert market.bob.sells(100, at="10.00") == ["bob sells 100 to carol at 10.00"]


def test_of_the_two_sides_of_the_gap_the_one_with_the_lower_number_goes_first(market):
    order = delayed(market)
    market.begins(Phase.PRE_CONTINUOUS)
    market.bob.sells(100, at="9.90")
    market.releases(order)
    assert market.begins(Phase.CONTINUOUS)[1:] == [
        "alice is released with 100 at 10.00",
        "bob is released with 100 at 9.90",
        "bob sells 100 to alice at 10.00",
    ]


@pytest.mark.parametrize("what", [{}, {"order_type": BEST}], ids=str)
def test_gap_that_takes_no_orders_ends_the_phase_of_those_released(new_venue, what):
    rules = {"features": EVERY_FEATURE - Feature.QUEUES_IN_GAP}
    market = trading(new_venue, rules)
    order = delayed(market, **what)
    market.begins(Phase.PRE_CONTINUOUS)
    assert market.releases(order) == ["alice comes too late with 100 at 10.00"]


def test_order_entered_in_the_gap_waits_for_its_second_first(market):
    market.begins(Phase.PRE_CONTINUOUS)
    order = delayed(market)
    assert market.begins(Phase.CONTINUOUS) == ["CONTINUOUS begins"]
    assert market.releases(order) == ["alice is released with 100 at 10.00"]


def test_order_delayed_in_a_call_auction_is_not_in_it(market):
    market.begins(Phase.OPENING_CALL)
    order = delayed(market)
    market.bob.sells(100, at="10.00")
    assert market.begins(Phase.CONTINUOUS) == ["CONTINUOUS begins"]
    assert market.releases(order)[1:] == ["alice takes 100 from bob at 10.00"]


def test_released_order_meets_the_cage(new_venue):
    market = trading(new_venue, CAGE)
    order = delayed(market, at="10.20")
    market.bob.sells(100, at="9.90")
    assert market.releases(order) == [
        "alice is released with 100 at 10.20",
        "alice is outside the cage with 100 at 10.20",
    ]
    assert market.alice.held == "0.00"


def test_there_is_no_cage_in_an_auction(new_venue):
    market = trading(new_venue, CAGE)
    order = delayed(market, at="10.20")
    market.bob.sells(100, at="9.90")
    market.begins(Phase.CLOSING_CALL)
    assert market.releases(order) == ["alice is released with 100 at 10.20"]


def test_released_order_triggers_stops(market):
    market.carol.buys_stop(100, trigger="10.00", at="10.10")
    order = delayed(market)
    market.bob.sells(200, at="10.00")
    assert market.releases(order) == [
        "alice is released with 100 at 10.00",
        "alice takes 100 from bob at 10.00",
        "carol is released with 100 at 10.10",
        "carol takes 100 from bob at 10.00",
    ]


def test_delayed_market_order_holds_its_worst_price_and_finds_its_own_at_release(market):
    order = delayed(market, at="0", order_type=BEST)
    assert last(market)["price"] == 110_000
    assert market.alice.held == "1,105.01"
    market.bob.sells(200, at="10.30")
    assert market.releases(order) == [
        "alice is released with 100 at 10.30",
        "alice takes 100 from bob at 10.30",
    ]


def test_released_market_order_may_find_no_price(market):
    order = delayed(market, at="0", order_type=BEST)
    assert market.releases(order) == [
        "alice is released with 100 at 11.00",
        "alice finds no price for 100",
    ]


def test_rest_of_a_released_immediate_order_is_canceled(market):
    order = delayed(market, quantity=300, **IMMEDIATE)
    market.bob.sells(100, at="10.00")
    assert market.releases(order) == [
        "alice is released with 300 at 10.00",
        "alice takes 100 from bob at 10.00",
        "alice goes without 200 at 10.00",
    ]


def test_released_order_is_kept_from_trading_with_its_account(new_venue):
    market = trading(new_venue, self_trade=SelfTrade.CANCELS_INCOMING)
    market.alice.brings_shares(100)
    order = delayed(market)
    market.alice.sells(100, at="10.00")
    assert market.releases(order) == [
        "alice is released with 100 at 10.00",
        "alice is kept from trading 100 at 10.00 alone",
    ]


def test_delayed_orders_count_as_open(market):
    limit_rate(market, 1, RateAction.DELAY, open_orders_max=2)
    market.alice.buys(100, at="9.00")
    market.alice.buys(100, at="9.00")
    assert market.alice.buys(100, at="9.00") == ["alice is refused: TOO_MANY_OPEN_ORDERS"]
    assert [int(order["leaves"]) for order in market.venue.open_orders(1)] == [100, 100]


def test_delayed_order_is_found_by_its_client_seq(market):
    delayed(market)
    assert market.alice.cancels_own(market.alice.client_seq) == [
        "alice hears of 100 taken back at 10.00, 0 left"
    ]


def test_phase_that_takes_no_cancels_keeps_delayed_orders(market):
    delayed(market)
    market.begins(Phase.CLOSING_CALL)
    assert market.alice.cancels() == ["alice is refused: PHASE_REFUSES_CANCEL"]


def test_release_does_nothing_where_accounts_are_off(new_venue):
    market = Market(new_venue())
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.00")
    assert market.releases(1) == []

"""Blocked from trading: whom a block means, what it takes back, how it is lifted."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    CancelReason,
    Hold,
    Phase,
    ReportKind,
    Role,
    Side,
)
from tests.commands import block_trading, enter, lift_block
from tests.engine.conftest import SMALL
from tests.trading import EVERYTHING, Market, to_the_end

BLOCKED = ["alice is refused: TRADING_BLOCKED"]
NOTHING = ["dave blocks and takes back 0 orders"]


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    """Alice and bob are of branch 7, erin of branch 8, who may trade for bob's account too."""
    market = Market(new_venue(), EVERYTHING, branch=7)
    market.erin = market.admits("erin", account_first=2, branch=8)
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def enters(market: Market) -> list[str]:
    """Have everyone enter orders of many kinds; return who was refused for which."""
    asked = {
        "alice buys": market.alice.buys(100, at="9.00"),
        "alice sells": market.alice.sells(100, at="11.00"),
        "alice buys the other": market.alice.buys(100, at="9.00", instrument=1),
        "bob buys": market.bob.buys(100, at="9.00"),
        "erin sells": market.erin.sells(100, at="11.00"),
        "erin buys for bob": market.erin.buys(100, at="9.00", account=2),
        "dave sells for alice": market.dave.sells(100, at="11.00", account=1),
    }
    assert {line for told in asked.values() for line in told} <= {
        f"{name} is refused: TRADING_BLOCKED" for name in ("alice", "bob", "erin", "dave")
    }
    return [deed for deed, told in asked.items() if told]


EVERY_DEED = [
    "alice buys",
    "alice sells",
    "alice buys the other",
    "bob buys",
    "erin sells",
    "erin buys for bob",
    "dave sells for alice",
]
FILTERS = [
    ({}, [0, 1, 2, 3, 4, 5, 6]),
    ({"of_session": 1}, [0, 1, 2]),
    ({"of_session": 0}, []),
    ({"account": 1}, [0, 1, 2, 6]),
    ({"account": 2}, [3, 5]),
    ({"of_branch": 7}, [0, 1, 2, 3, 6]),
    ({"of_branch": 8}, [4, 5]),
    ({"of_branch": 0}, []),
    ({"instrument": 0}, [0, 1, 3, 4, 5, 6]),
    ({"instrument": 1}, [2]),
    ({"of_side": Side.BUY}, [0, 2, 3, 5]),
    ({"of_side": Side.SELL}, [1, 4, 6]),
    ({"of_side": Side.SELL, "any_side": 1}, [0, 1, 2, 3, 4, 5, 6]),
    ({"of_session": 5, "account": 2}, [5]),
    ({"of_branch": 7, "of_side": Side.BUY, "instrument": 0}, [0, 3]),
    ({"of_session": 1, "of_branch": 8}, []),
]


@pytest.mark.parametrize(("filters", "meant"), FILTERS, ids=str)
def test_block_refuses_whom_it_means_until_it_is_lifted(market, filters, meant):
    assert market.dave.blocks(**filters) == NOTHING
    assert enters(market) == [EVERY_DEED[number] for number in meant]
    assert market.dave.lifts(**filters) == ["dave lifts a block"]
    assert enters(market) == []


@pytest.mark.parametrize(("filters", "meant"), FILTERS, ids=str)
def test_block_takes_back_what_it_means(market, filters, meant):
    assert enters(market) == []
    *canceled, told = market.dave.blocks(**filters)
    assert told == f"dave blocks and takes back {len(meant)} orders"
    assert all(" is blocked with 100 at " in line for line in canceled)
    reports = market.reports[-len(meant) - 1 : -1]
    assert [int(report["order_number"]) for report in reports] == [n + 1 for n in meant]


def test_everybody_hears_of_his_own_and_the_operator_of_the_count(market):
    market.alice.sells(300, at="10.00")
    market.dave.sells(100, at="10.01", account=1)
    market.bob.sells(100, at="10.02")
    assert market.dave.blocks(account=1) == [
        "alice is blocked with 300 at 10.00",
        "dave is blocked with 100 at 10.01",
        "dave blocks and takes back 2 orders",
    ]
    asked = market.dave.client_seq
    names = ("kind", "session", "client_seq", "request_seq", "quantity", "leaves", "reason")
    assert [tuple(int(row[name]) for name in names) for row in market.reports[-3:]] == [
        (ReportKind.CANCELED, 1, 1, 0, 300, 0, CancelReason.TRADING_BLOCKED),
        (ReportKind.CANCELED, 4, 1, asked, 100, 0, CancelReason.TRADING_BLOCKED),
        (ReportKind.BLOCK_CHANGED, 4, asked, asked, 2, 0, 0),
    ]
    rest = ("instrument", "order_number", "price", "account", "side", "trade_number", "liquidity")
    assert [int(market.reports[-1][name]) for name in rest] == [NONE, 0, 0, 0, 0, 0, 0]


def test_lifting_is_told_to_the_operator(market):
    market.dave.blocks(account=1)
    market.dave.lifts(account=1)
    asked = market.dave.client_seq
    names = ("kind", "session", "client_seq", "request_seq", "quantity", "reason", "instrument")
    assert [int(market.reports[-1][name]) for name in names] == [
        ReportKind.BLOCK_CHANGED,
        4,
        asked,
        asked,
        0,
        1,
        NONE,
    ]


def test_cancels_are_never_blocked(market):
    market.alice.sells(300, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    market.dave.blocks()
    market.begins(Phase.CONTINUOUS)
    assert market.alice.cancels(100) == ["alice hears of 100 taken back at 10.00, 200 left"]
    assert market.alice.cancels_own(1, 100) == ["alice hears of 100 taken back at 10.00, 100 left"]
    assert market.alice.cancels_all()[1:] == ["alice hears of 1 orders taken back"]


def test_what_a_block_could_not_take_back_trades_on(market):
    market.alice.sells(200, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    assert market.dave.blocks(account=1) == NOTHING
    market.bob.buys(100, at="10.00")
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "bob buys 100 from alice at 10.00",
    ]
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]
    assert market.alice.sells(100, at="10.00") == BLOCKED


def test_orders_that_a_block_could_not_take_back_are_released(market):
    market.alice.buys_stop(100, trigger="10.00", at="10.10")
    market.begins(Phase.PRE_CONTINUOUS)
    market.alice.sells(200, at="10.00")
    market.bob.buys(100, at="10.00")
    assert market.dave.blocks(account=1) == NOTHING
    assert market.alice.sells(100, at="10.00") == BLOCKED
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "alice is released with 200 at 10.00",
        "bob is released with 100 at 10.00",
        "bob takes 100 from alice at 10.00",
        "alice is released with 100 at 10.10",
        "alice takes 100 from alice at 10.00",
    ]


def test_waiting_orders_are_taken_back_like_any(market):
    market.alice.buys_stop(100, trigger="10.00", at="10.10")
    market.alice.buys_at_close(100, at="9.00")
    market.alice.sells(500, at="10.50", display_quantity=100)
    assert market.dave.blocks(of_session=1) == [
        "alice is blocked with 100 at 10.10",
        "alice is blocked with 100 at 9.00",
        "alice is blocked with 500 at 10.50",
        "dave blocks and takes back 3 orders",
    ]
    market.bob.sells(100, at="10.00")
    assert market.erin.buys(100, at="10.00") == ["erin takes 100 from bob at 10.00"]


def test_orders_at_the_close_are_taken_back_when_they_may_be(market):
    market.alice.buys_at_close(100, at="9.00")
    market.alice.buys(100, at="9.01")
    market.begins(Phase.FIXED_PRICE)
    assert market.dave.blocks(of_session=1) == [
        "alice is blocked with 100 at 9.00",
        "dave blocks and takes back 1 orders",
    ]
    assert market.alice.buys_at_close(100, at="10.00") == BLOCKED


def test_orders_in_a_halt_are_taken_back_but_not_those_at_the_close(market):
    market.alice.buys_at_close(100, at="9.00")
    market.holds(Hold.HALTED)
    market.alice.sells(100, at="10.00")
    assert market.dave.blocks(of_session=1) == [
        "alice is blocked with 100 at 10.00",
        "dave blocks and takes back 1 orders",
    ]


def test_replacement_is_blocked_by_what_the_order_is(market):
    market.alice.sells(200, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    market.dave.blocks(of_session=4)
    market.begins(Phase.CONTINUOUS)
    (order,) = market.alice.orders
    assert market.dave.replaces(100, at="10.00", order=order)[0] == "alice now has 100 at 10.00"
    market.begins(Phase.CLOSING_CALL)
    market.dave.blocks(of_session=1, account=1, instrument=0, of_side=Side.SELL)
    market.begins(Phase.CONTINUOUS)
    assert market.dave.replaces(100, at="10.01", order=order) == [
        "dave is refused: TRADING_BLOCKED"
    ]
    assert market.alice.replaces(100, at="9.99") == BLOCKED
    market.dave.lifts(of_session=1, account=1, instrument=0, of_side=Side.SELL)
    assert market.alice.replaces(100, at="9.99") == ["alice now has 100 at 9.99"]


@pytest.mark.parametrize(
    "filters",
    [{"of_session": 2}, {"account": 2}, {"of_branch": 8}, {"instrument": 1}, {"of_side": Side.BUY}],
    ids=str,
)
def test_replacement_of_an_order_that_no_block_means_goes_on(market, filters):
    market.alice.sells(200, at="10.00")
    market.dave.blocks(**filters)
    assert market.alice.replaces(100, at="10.00") == ["alice now has 100 at 10.00"]


def test_blocked_replacement_is_refused_behind_waiting_and_before_the_phase(market):
    market.alice.buys_stop(100, trigger="10.00", at="10.10")
    market.alice.sells(100, at="10.50")
    stop, resting = market.alice.orders
    market.begins(Phase.CLOSING_CALL)
    market.dave.blocks(account=1)
    assert market.alice.replaces(100, at="10.51") == ["alice is refused: PHASE_REFUSES_CANCEL"]
    market.holds(Hold.SUSPENDED)
    assert market.alice.replaces(100, at="10.09", order=stop) == ["alice is refused: ORDER_WAITS"]
    assert market.alice.replaces(100, at="10.51", order=resting) == BLOCKED
    assert market.bob.replaces(100, at="10.51", order=resting) == [
        "bob is refused: ORDER_NOT_YOURS"
    ]


def test_blocked_order_is_refused_behind_the_account_and_before_the_phase(market):
    market.dave.blocks()
    market.begins(Phase.BREAK)
    assert market.alice.buys(0, at="9.00") == BLOCKED
    assert market.alice.buys(100, at="9.00", account=2) == [
        "alice is refused: ACCOUNT_NOT_ADMITTED"
    ]
    assert market.alice.buys(100, at="9.00", instrument=2) == [
        "alice is refused: UNKNOWN_INSTRUMENT"
    ]


def test_block_holds_through_every_phase(market):
    market.dave.blocks(account=1)
    for phase in (Phase.OPENING_CALL, Phase.CONTINUOUS, Phase.CLOSING_CALL):
        market.begins(phase)
        assert market.alice.sells(100, at="10.00") == BLOCKED


def test_equal_block_is_the_same_block_whatever_its_unused_side(market):
    assert market.dave.blocks(account=1, of_side=Side.SELL, any_side=1) == NOTHING
    assert market.dave.blocks(account=1) == NOTHING
    assert market.dave.blocks(account=1, of_side=Side.SELL) == NOTHING
    assert market.dave.lifts(account=1, of_side=Side.BUY) == ["dave is refused: UNKNOWN_BLOCK"]
    assert market.dave.lifts(account=1, of_side=Side.BUY, any_side=1) == ["dave lifts a block"]
    assert market.alice.sells(100, at="10.00") == BLOCKED
    assert market.alice.buys(100, at="9.00") == []
    assert market.dave.lifts(account=1) == ["dave is refused: UNKNOWN_BLOCK"]
    assert market.dave.lifts(account=1, of_side=Side.SELL) == ["dave lifts a block"]
    assert market.alice.sells(100, at="10.00") == []


@pytest.mark.parametrize("lifted", [0, 1, 2])
def test_any_of_several_blocks_is_lifted(market, lifted):
    blocks = [{"account": 1}, {"of_session": 1, "instrument": 0}, {"of_branch": 7}]
    for block in blocks:
        market.dave.blocks(**block)
    assert market.dave.lifts(**blocks[lifted]) == ["dave lifts a block"]
    assert market.dave.lifts(**blocks[lifted]) == ["dave is refused: UNKNOWN_BLOCK"]
    assert market.alice.sells(100, at="10.00") == BLOCKED
    for block in blocks[:lifted] + blocks[lifted + 1 :]:
        assert market.dave.lifts(**block) == ["dave lifts a block"]
    assert enters(market) == []


def test_block_that_is_there_takes_back_what_has_come_in_spite_of_it(market):
    market.alice.sells(100, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    market.dave.blocks(account=1)
    market.begins(Phase.CONTINUOUS)
    assert market.dave.blocks(account=1) == [
        "alice is blocked with 100 at 10.00",
        "dave blocks and takes back 1 orders",
    ]


def test_room_for_blocks_runs_out_and_lifting_makes_some(new_venue):
    market = Market(new_venue(SMALL._replace(blocks=2)), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    market.alice.sells(100, at="10.00")
    market.dave.blocks(account=2)
    market.dave.blocks(account=3)
    assert market.dave.blocks(account=1) == ["dave is refused: BLOCKS_EXHAUSTED"]
    assert market.alice.replaces(100, at="10.01") == ["alice now has 100 at 10.01"]
    assert market.dave.blocks(account=2) == NOTHING
    assert market.dave.lifts(account=3) == ["dave lifts a block"]
    assert market.dave.blocks(account=1) == [
        "alice is blocked with 100 at 10.01",
        "dave blocks and takes back 1 orders",
    ]


def test_operator_and_venue_may_block_all_accounts_and_a_trader_none(market):
    frank = market.admits("frank", role=Role.VENUE, account_first=6)
    grace = market.admits("grace", role=Role.OPERATOR, account_first=7)
    for trader in (frank, grace):
        market.alice.sells(100, at="10.00")
        assert trader.blocks(account=1) == [
            "alice is blocked with 100 at 10.00",
            f"{trader.name} blocks and takes back 1 orders",
        ]
        assert market.dave.lifts(account=1) == ["dave lifts a block"]
    for told in (market.alice.blocks(account=1), market.alice.lifts(account=1)):
        assert told == ["alice is refused: COMMAND_NOT_PERMITTED"]


def test_venue_itself_may_block_and_be_blocked(market):
    assert market.hears(block_trading(of_session=0)) == ["the venue blocks and takes back 0 orders"]
    refused = ["the venue is refused: TRADING_BLOCKED"]
    assert market.hears(enter(Side.BUY, 100, 90_000, account=1)) == refused
    assert market.alice.buys(100, at="9.00") == []
    assert market.hears(lift_block(of_session=0)) == ["the venue lifts a block"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"any_side": 2}, "MALFORMED"),
        ({"any_side": -1}, "MALFORMED"),
        ({"of_side": 2}, "MALFORMED"),
        ({"account": -2}, "MALFORMED"),
        ({"of_session": -2}, "MALFORMED"),
        ({"of_branch": -2}, "MALFORMED"),
        ({"lifts": 2}, "MALFORMED"),
        ({"lifts": -1}, "MALFORMED"),
        ({"reserved": 1}, "MALFORMED"),
        ({"instrument": 2}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": -2}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": 2, "lifts": 1}, "UNKNOWN_INSTRUMENT"),
        ({"lifts": 1}, "UNKNOWN_BLOCK"),
    ],
    ids=str,
)
def test_block_that_makes_no_sense_is_refused(market, wrong, reason):
    assert market.dave.says(block_trading() | wrong) == [f"dave is refused: {reason}"]
    assert enters(market) == []


def test_block_of_an_instrument_is_not_the_block_of_all(market):
    market.dave.blocks(instrument=1)
    assert market.dave.lifts(instrument=EVERY_INSTRUMENT) == ["dave is refused: UNKNOWN_BLOCK"]
    assert market.dave.lifts(instrument=0) == ["dave is refused: UNKNOWN_BLOCK"]
    assert market.dave.lifts(instrument=1) == ["dave lifts a block"]


def test_block_of_a_session_that_there_is_not_is_refused(market):
    assert market.dave.blocks(of_session=5) == NOTHING
    assert market.dave.blocks(of_session=6) == ["dave is refused: UNKNOWN_SESSION"]
    assert market.dave.blocks(of_session=6, instrument=9) == ["dave is refused: UNKNOWN_INSTRUMENT"]
    assert market.dave.lifts(of_session=6) == ["dave is refused: UNKNOWN_BLOCK"]

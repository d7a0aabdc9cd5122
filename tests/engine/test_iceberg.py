"""Orders that show a part of themselves: what trades when, and what becomes of their place."""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import Feature, OrderType, Phase, Side, TimeInForce
from tests.commands import SZSE_RULES
from tests.trading import EVERYTHING, Market, to_the_end

SCHEDULED = [phase for phase in Phase if phase < Phase.HALTED]


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    market = Market(new_venue(), SZSE_RULES | EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def takes(*trades: tuple[int, str], price: str = "10.00") -> list[str]:
    """Return how carol buys so much from each in turn."""
    return [f"carol takes {quantity} from {name} at {price}" for quantity, name in trades]


def test_what_is_shown_trades_first_and_the_rest_goes_behind_the_younger(market):
    market.alice.sells(500, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(600, at="10.00") == takes(
        (200, "alice"), (100, "bob"), (200, "alice"), (100, "alice")
    )


def test_buyer_may_hide_too(market):
    market.alice.buys(300, at="10.00", display_quantity=100)
    market.bob.buys(100, at="10.00")
    assert market.carol.sells(400, at="10.00") == [
        "carol sells 100 to alice at 10.00",
        "carol sells 100 to bob at 10.00",
        "carol sells 100 to alice at 10.00",
        "carol sells 100 to alice at 10.00",
    ]


def test_each_part_is_a_trade_of_its_own_and_reports_tell_all_that_is_open(market):
    market.alice.sells(500, at="10.00", display_quantity=200)
    accepted = market.reports[-1]
    assert (accepted["quantity"], accepted["leaves"]) == (500, 500)
    market.carol.buys(600, at="10.00")
    told = [
        [int(row[name]) for name in ("quantity", "leaves", "trade_number")]
        for row in market.reports[-6:]
    ]
    assert told == [
        [200, 400, 1],
        [200, 300, 1],
        [200, 200, 2],
        [200, 100, 2],
        [100, 100, 3],
        [100, 0, 3],
    ]


def test_part_of_what_is_shown_trades_and_its_rest_keeps_the_place(market):
    market.alice.sells(500, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(100, at="10.00") == takes((100, "alice"))
    assert market.carol.buys(300, at="10.00") == takes((100, "alice"), (100, "bob"), (100, "alice"))
    assert market.carol.buys(300, at="10.00") == takes((100, "alice"), (100, "alice"))


def test_part_used_up_exactly_loses_the_place_at_once(market):
    market.alice.sells(300, at="10.00", display_quantity=100)
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(100, at="10.00") == takes((100, "alice"))
    assert market.carol.buys(100, at="10.00") == takes((100, "bob"))


def test_next_part_is_younger_than_who_came_in_between(market):
    market.alice.sells(300, at="10.00", display_quantity=100)
    assert market.carol.buys(100, at="10.00") == takes((100, "alice"))
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(300, at="10.00") == takes((100, "alice"), (100, "bob"), (100, "alice"))


def test_two_who_hide_take_turns(market):
    market.alice.sells(300, at="10.00", display_quantity=100)
    market.bob.sells(500, at="10.00", display_quantity=200)
    assert market.carol.buys(800, at="10.00") == takes(
        (100, "alice"),
        (200, "bob"),
        (100, "alice"),
        (200, "bob"),
        (100, "alice"),
        (100, "bob"),
    )


def test_what_is_hidden_trades_before_a_worse_price(market):
    market.bob.sells(100, at="10.01")
    market.alice.sells(300, at="10.00", display_quantity=100)
    assert market.carol.buys(400, at="10.01") == [
        *takes(*[(100, "alice")] * 3),
        *takes((100, "bob"), price="10.01"),
    ]


def test_last_part_may_be_smaller(market):
    market.alice.sells(250, at="10.00", display_quantity=100)
    assert market.carol.buys(300, at="10.00") == takes(
        (100, "alice"), (100, "alice"), (50, "alice")
    )


def test_order_may_show_all_of_itself(market):
    market.alice.sells(300, at="10.00", display_quantity=300)
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(400, at="10.00") == takes((300, "alice"), (100, "bob"))


def test_arriving_order_trades_with_all_it_has_and_then_shows_a_part(market):
    market.bob.buys(300, at="10.00")
    assert market.alice.sells(600, at="10.00", display_quantity=200) == [
        "alice sells 300 to bob at 10.00"
    ]
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(400, at="10.00") == takes((200, "alice"), (100, "bob"), (100, "alice"))


def test_arriving_order_of_which_less_is_left_shows_that(market):
    market.bob.buys(300, at="10.00")
    market.alice.sells(400, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(200, at="10.00") == takes((100, "alice"), (100, "bob"))


def test_auction_trades_all_of_it_at_its_place(market):
    market.alice.sells(500, at="10.00", display_quantity=100)
    market.bob.sells(100, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    market.carol.buys(600, at="10.00")
    assert market.begins(Phase.POST_CLOSE) == [
        "POST_CLOSE begins",
        "carol buys 500 from alice at 10.00",
        "carol buys 100 from bob at 10.00",
    ]


def test_auction_knows_the_place_that_the_last_part_has_taken(market):
    market.alice.sells(500, at="10.00", display_quantity=100)
    market.bob.sells(100, at="10.00")
    market.carol.buys(100, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    market.carol.buys(500, at="10.00")
    assert market.begins(Phase.POST_CLOSE) == [
        "POST_CLOSE begins",
        "carol buys 100 from bob at 10.00",
        "carol buys 400 from alice at 10.00",
    ]


@pytest.mark.parametrize(("traded", "shown"), [(200, 200), (400, 100)])
def test_after_an_auction_it_shows_what_it_showed_or_what_is_left(market, traded, shown):
    market.alice.sells(500, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    market.carol.buys(traded, at="10.00")
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        f"carol buys {traded} from alice at 10.00",
    ]
    assert market.carol.buys(shown + 100, at="10.00") == takes((shown, "alice"), (100, "bob"))


def test_auction_takes_what_is_hidden_first(market):
    """What was left of the shown part is still all that is shown."""
    market.alice.sells(500, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    market.carol.buys(100, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    market.carol.buys(200, at="10.00")
    market.begins(Phase.CONTINUOUS)
    assert market.carol.buys(300, at="10.00") == takes((100, "alice"), (100, "bob"), (100, "alice"))


def test_partial_cancel_takes_what_is_hidden_first(market):
    market.alice.sells(600, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    market.carol.buys(100, at="10.00")
    assert market.alice.cancels(300) == ["alice hears of 300 taken back at 10.00, 200 left"]
    assert market.carol.buys(300, at="10.00") == takes((100, "alice"), (100, "bob"), (100, "alice"))


def test_partial_cancel_of_more_than_is_hidden_shortens_what_is_shown(market):
    market.alice.sells(600, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    assert market.alice.cancels(500) == ["alice hears of 500 taken back at 10.00, 100 left"]
    assert market.carol.buys(200, at="10.00") == takes((100, "alice"), (100, "bob"))


@pytest.mark.parametrize(("quantity", "shown"), [(300, 100), (100, 100), (50, 50)])
def test_order_that_shrinks_keeps_its_place_and_what_it_shows(market, quantity, shown):
    market.alice.sells(600, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    market.carol.buys(100, at="10.00")
    assert market.alice.replaces(quantity, at="10.00") == [f"alice now has {quantity} at 10.00"]
    first, second, *_ = market.carol.buys(300, at="10.00")
    assert [first, second] == takes((shown, "alice"), (100, "bob"))


@pytest.mark.parametrize(
    ("quantity", "gives_up_place", "shown"), [(400, 1, 200), (700, 0, 200), (100, 1, 100)]
)
def test_order_that_loses_its_place_shows_its_part_anew(market, quantity, gives_up_place, shown):
    market.alice.sells(600, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    market.carol.buys(100, at="10.00")
    market.alice.replaces(quantity, at="10.00", gives_up_place=gives_up_place)
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(shown + 200, at="10.00") == takes(
        (100, "bob"), (shown, "alice"), (100, "bob")
    )


def test_order_moved_to_another_price_trades_with_all_it_has_and_shows_its_part(market):
    market.alice.sells(600, at="10.01", display_quantity=200)
    market.bob.buys(300, at="10.00")
    assert market.alice.replaces(600, at="10.00") == [
        "alice now has 600 at 10.00",
        "alice sells 300 to bob at 10.00",
    ]
    market.bob.sells(100, at="10.00")
    assert market.carol.buys(400, at="10.00") == takes((200, "alice"), (100, "bob"), (100, "alice"))


def test_minimum_quantity_sees_what_is_hidden(market):
    market.alice.sells(500, at="10.00", display_quantity=200)
    assert market.carol.buys(500, at="10.00", minimum_quantity=500) == takes(
        (200, "alice"), (200, "alice"), (100, "alice")
    )


def test_all_or_cancel_sees_what_is_hidden(market):
    market.alice.sells(300, at="10.00", display_quantity=100)
    assert market.carol.buys_as(OrderType.ALL_OR_CANCEL, 300) == takes(*[(100, "alice")] * 3)


def test_cancel_takes_back_all_of_it(market):
    market.alice.sells(500, at="10.00", display_quantity=100)
    market.carol.buys(100, at="10.00")
    assert market.alice.cancels() == ["alice hears of 400 taken back at 10.00, 0 left"]
    assert market.carol.buys(100, at="10.00") == []


def test_all_of_it_expires(market):
    market.alice.sells(500, at="10.00", display_quantity=100)
    assert market.closes() == ["alice expires with 500 at 10.00", "the day 20260706 ends"]


@pytest.mark.parametrize("phase", SCHEDULED)
def test_orders_that_hide_are_taken_in_continuous_trading_only(market, phase):
    market.begins(phase)
    refused = ["alice is refused: PHASE_REFUSES_ORDER"]
    expected = [] if phase == Phase.CONTINUOUS else refused
    assert market.alice.sells(500, at="10.00", display_quantity=100) == expected


@pytest.mark.parametrize(
    "condition",
    [
        {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL},
        {"minimum_quantity": 100},
        {"post_only": 1},
        {"trigger_price": 100_500},
        {"order_type": OrderType.COUNTERPARTY_BEST},
        {"order_type": OrderType.BEST_FIVE_THEN_CANCEL},
    ],
    ids=str,
)
def test_order_that_hides_has_no_other_condition(market, condition):
    assert market.alice.sells(500, at="10.00", display_quantity=100, **condition) == [
        "alice is refused: FEATURE_NOT_ALLOWED"
    ]


@pytest.mark.parametrize("feature", [0, *Feature])
def test_rules_say_whether_orders_may_hide(new_venue, feature):
    market = Market(new_venue(), {"features": feature})
    market.begins(Phase.CONTINUOUS)
    refused = ["alice is refused: FEATURE_NOT_ALLOWED"]
    expected = [] if feature == Feature.ICEBERG else refused
    assert market.alice.sells(500, at="10.00", display_quantity=100) == expected


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("display", [-100, 1, 50, 150, 600])
def test_shown_part_is_in_lots_and_within_the_order(market, side, display):
    act = market.alice.buys if side == Side.BUY else market.alice.sells
    assert act(500, at="10.00", display_quantity=display) == [
        "alice is refused: DISPLAY_OUT_OF_RANGE"
    ]


def test_order_that_hides_is_refused_before_its_price_is_looked_at(market):
    assert market.alice.sells(500, at="0", display_quantity=50) == [
        "alice is refused: DISPLAY_OUT_OF_RANGE"
    ]


def test_order_shows_at_least_a_hundredth_of_itself(market):
    refused = ["alice is refused: DISPLAY_OUT_OF_RANGE"]
    assert market.alice.sells(10_001, at="10.00", display_quantity=100) == refused
    assert market.alice.sells(10_000, at="10.00", display_quantity=100) == []
    assert market.alice.replaces(10_001, at="10.00") == refused
    assert market.alice.replaces(10_001, at="0") == refused
    market.carol.buys(100, at="10.00")
    assert market.alice.replaces(10_000, at="10.00") == ["alice now has 10000 at 10.00"]


def test_order_that_hides_nothing_may_grow_as_it_likes(market):
    market.alice.sells(100, at="10.00")
    assert market.alice.replaces(100_000, at="10.00") == ["alice now has 100000 at 10.00"]


def test_hundredth_is_of_the_whole_range_of_quantities(new_venue):
    most = 2**31 - 1
    lots = {"quantity_min": 1, "quantity_step": 1, "quantity_max": most}
    market = Market(new_venue(), EVERYTHING | lots)
    market.begins(Phase.CONTINUOUS)
    least = most // 100 + 1
    assert market.alice.sells(most, at="10.00", display_quantity=least - 1) == [
        "alice is refused: DISPLAY_OUT_OF_RANGE"
    ]
    assert market.alice.sells(most, at="10.00", display_quantity=least) == []
    assert market.alice.replaces(most, at="10.01") == [f"alice now has {most} at 10.01"]

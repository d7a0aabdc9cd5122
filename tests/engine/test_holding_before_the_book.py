"""What an order holds of its account before the book sees it, and what it gives back at once.

A buy of 1,000 at 10.00 holds 10,005.10: 10,000.00, the least commission of 5.00 and 0.10 for the
transfer.  After every command of these stories what is held is reckoned anew from the reports.
"""

from collections.abc import Callable, Iterator

import pytest

from protocol.vocabulary import (
    AccountStatus,
    FundsEntry,
    HaltRule,
    Hold,
    OrderType,
    Phase,
    SelfTrade,
    SharesEntry,
    TimeInForce,
)
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.test_small_buffers import SCENES as SCENES_WITHOUT_ACCOUNTS
from tests.trading import EVERYTHING, FundedMarket, spelled, to_the_end

IMMEDIATE = {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}
FIVE_THEN_LIMIT = OrderType.BEST_FIVE_THEN_LIMIT
BEST = OrderType.COUNTERPARTY_BEST
POOR = ["alice is refused: INSUFFICIENT_FUNDS"]
NO_SHARES = ["bob is refused: INSUFFICIENT_SHARES"]
NO_BAND = {"halts": HaltRule.NO_BAND_STOCK, "lower_limit": 100, "upper_limit": 400_000}


def trading(venue, rules: dict | None = None, **admission) -> FundedMarket:
    """Return a funded market in continuous trading, whose rules allow everything."""
    market = FundedMarket(venue, EVERYTHING | (rules or {}), **admission)
    market.begins(Phase.CONTINUOUS)
    return market


@pytest.fixture
def venue(new_venue):
    return new_venue(SMALL._replace(**FUNDED))


@pytest.fixture
def market(venue) -> Iterator[FundedMarket]:
    yield from to_the_end(trading(venue))


def has(market: FundedMarket) -> tuple[str, str, str]:
    """Return alice's balance, what her orders hold of it, and what is left to use."""
    return market.alice.balance, market.alice.held, market.alice.available


def test_buyer_holds_price_and_fees(market):
    assert market.alice.buys(1_000, at="10.00") == []
    assert has(market) == ("100,000.00", "10,005.10", "89,994.90")


def test_seller_holds_shares_and_no_money(market):
    assert market.bob.sells(1_000, at="10.00") == []
    assert (market.bob.holding().held, market.bob.sellable) == (1_000, 9_000)
    assert (market.bob.held, market.bob.balance) == ("0.00", "0.00")


def test_last_cent_is_enough(market):
    market.bob.brings("10,005.09")
    assert market.bob.buys(1_000, at="10.00") == ["bob is refused: INSUFFICIENT_FUNDS"]
    market.bob.brings("0.01")
    assert market.bob.buys(1_000, at="10.00") == []
    assert market.bob.available == "0.00"


def test_last_share_is_enough(market):
    assert market.bob.sells(10_100, at="10.00") == NO_SHARES
    assert market.bob.sells(10_000, at="10.00") == []
    assert market.bob.sells(100, at="10.00") == NO_SHARES


def test_refused_order_holds_nothing(market):
    market.alice.buys(50_000, at="10.00")
    market.alice.buys(100, at="12.00")
    assert has(market) == ("100,000.00", "0.00", "100,000.00")


def test_orders_hold_one_after_the_other(market):
    market.alice.buys(1_000, at="10.00")
    market.alice.buys(1_000, at="9.00")
    assert market.alice.held == "19,010.19"
    assert market.alice.buys(9_000, at="9.00") == POOR
    market.alice.buys(8_900, at="9.00")
    assert market.alice.available == "868.98"


def test_held_money_pays_for_what_arrives_later(market):
    market.alice.buys(1_000, at="10.00")
    market.bob.sells(1_000, at="10.00")
    assert has(market) == ("89,994.90", "0.00", "89,994.90")


def test_fill_at_a_better_price_gives_the_difference_back(market):
    market.dave.sells(400, at="9.50")
    assert market.alice.buys(1_000, at="10.00") == ["alice takes 400 from dave at 9.50"]
    assert has(market) == ("96,194.96", "6,000.06", "90,194.90")


def test_fills_at_several_prices(market):
    for price in ("9.80", "9.90", "10.00"):
        market.dave.sells(200, at=price)
    market.alice.buys(1_000, at="10.10")
    assert has(market) == ("94,054.94", "4,040.04", "90,014.90")
    market.dave.sells(400, at="10.10")
    assert has(market) == ("90,014.90", "0.00", "90,014.90")


def test_rest_needs_no_second_least_commission(market):
    market.alice.buys(1_000, at="10.00")
    market.bob.sells(900, at="10.00")
    assert has(market) == ("90,994.91", "1,000.01", "89,994.90")


def test_seller_holds_what_is_left_to_sell(market):
    market.bob.sells(1_000, at="10.00")
    market.alice.buys(400, at="10.00")
    assert (market.bob.holding().total, market.bob.holding().held) == (9_600, 600)
    assert market.bob.sellable == 9_000


def test_cancel_gives_everything_back(market):
    market.alice.buys(1_000, at="10.00")
    market.alice.cancels()
    assert has(market) == ("100,000.00", "0.00", "100,000.00")
    market.bob.sells(1_000, at="10.00")
    market.bob.cancels()
    assert market.bob.sellable == 10_000


def test_cancel_of_a_part_gives_its_part_back(market):
    market.alice.buys(1_000, at="10.00")
    assert market.alice.cancels(400) == ["alice hears of 400 taken back at 10.00, 600 left"]
    assert market.alice.held == "6,005.06"
    market.bob.sells(1_000, at="10.10")
    market.bob.cancels(400)
    assert (market.bob.holding().held, market.bob.sellable) == (600, 9_400)


def test_cancel_after_a_fill_keeps_what_the_fill_has_cost(market):
    market.alice.buys(1_000, at="10.00")
    market.bob.sells(400, at="10.00")
    market.alice.cancels()
    assert has(market) == ("95,994.96", "0.00", "95,994.96")


def test_order_of_another_hand_gives_back_too(market):
    market.alice.buys(1_000, at="10.00")
    (order,) = market.alice.orders
    market.dave.cancels(400, order=order)
    assert market.alice.held == "6,005.06"
    market.dave.replaces(500, at="10.00", order=order)
    assert market.alice.held == "5,005.05"
    market.dave.cancels(order=order)
    assert market.alice.held == "0.00"


def test_replacement_holds_more_or_less(market):
    market.alice.buys(1_000, at="10.00")
    market.alice.replaces(2_000, at="10.00")
    assert market.alice.held == "20,005.20"
    market.alice.replaces(2_000, at="9.50")
    assert market.alice.held == "19,005.19"
    market.alice.replaces(500, at="9.50")
    assert market.alice.held == "4,755.05"


def test_replacement_of_a_sale_holds_more_or_less(market):
    market.bob.sells(1_000, at="10.00")
    market.bob.replaces(3_000, at="10.00")
    assert market.bob.sellable == 7_000
    market.bob.replaces(500, at="10.50")
    assert market.bob.sellable == 9_500


@pytest.mark.parametrize(
    ("quantity", "at", "is_taken"),
    [
        (9_900, "10.00", True),
        (10_000, "10.00", False),
        (9_000, "11.00", True),
        (9_100, "11.00", False),
    ],
)
def test_replacement_needs_the_money_for_its_growth(market, quantity, at, is_taken):
    market.alice.buys(1_000, at="10.00")
    told = market.alice.replaces(quantity, at=at)
    assert told == ([f"alice now has {quantity} at {at}"] if is_taken else POOR)


def test_replacement_that_is_refused_changes_nothing(market):
    market.alice.buys(1_000, at="10.00")
    assert market.alice.replaces(20_000, at="10.00") == POOR
    assert market.alice.held == "10,005.10"
    assert market.bob.sells(1_000, at="10.00") == ["bob sells 1000 to alice at 10.00"]


def test_replacement_counts_what_the_order_holds_already(market):
    """9,900 at 10.00 leave 974.26, not enough for one more lot, but for a price 0.09 higher."""
    market.alice.buys(9_900, at="10.00")
    assert market.alice.available == "974.26"
    assert market.alice.buys(100, at="10.00") == POOR
    assert market.alice.replaces(10_000, at="10.00") == POOR
    assert market.alice.replaces(9_900, at="10.10") == POOR
    assert market.alice.replaces(9_900, at="10.09") == ["alice now has 9900 at 10.09"]


def test_replacement_of_a_sale_needs_the_shares_for_its_growth(market):
    market.bob.sells(9_000, at="10.00")
    assert market.bob.replaces(10_100, at="10.00") == NO_SHARES
    assert market.bob.replaces(10_000, at="10.00") == ["bob now has 10000 at 10.00"]


def test_replacement_after_a_fill_goes_on_from_what_was_charged(market):
    market.alice.buys(1_000, at="10.00")
    market.bob.sells(500, at="10.00")
    market.alice.replaces(1_500, at="10.00")
    assert has(market) == ("94,994.95", "15,000.15", "79,994.80")


def test_replacement_that_trades_at_better_prices_gives_back(market):
    market.dave.sells(1_000, at="9.90")
    market.alice.buys(1_000, at="9.80")
    assert market.alice.replaces(2_000, at="10.00") == [
        "alice now has 2000 at 10.00",
        "alice takes 1000 from dave at 9.90",
    ]
    assert has(market) == ("90,094.90", "10,000.10", "80,094.80")


def test_replacement_is_looked_at_before_the_money(market):
    market.alice.buys(1_000, at="10.00")
    assert market.alice.replaces(20_000, at="12.00") == ["alice is refused: PRICE_OUTSIDE_LIMITS"]
    assert market.alice.replaces(20_050, at="10.00") == ["alice is refused: QUANTITY_NOT_IN_LOTS"]


def test_rest_at_the_last_price_holds_no_more_than_that_price(market):
    market.dave.sells(400, at="10.00")
    assert market.alice.buys_as(FIVE_THEN_LIMIT, 1_000) == [
        "alice takes 400 from dave at 10.00",
        "alice now has 600 at 10.00",
    ]
    assert has(market) == ("95,994.96", "6,000.06", "89,994.90")


@pytest.mark.parametrize(
    ("at", "amount", "is_taken"),
    [
        ("0", "1,105.00", False),
        ("0", "1,105.01", True),
        ("10.50", "1,055.00", False),
        ("10.50", "1,055.01", True),
    ],
)
@pytest.mark.parametrize(
    "order_type",
    [kind for kind in OrderType if kind not in (OrderType.LIMIT, OrderType.FIXED_PRICE)],
    ids=lambda word: word.name,
)
def test_market_order_needs_its_worst_price(market, order_type, at, amount, is_taken):
    """The upper limit is 11.00, and protection makes it 10.50, whatever the best price is."""
    market.dave.sells(100, at="9.50")
    market.dave.buys(100, at="9.40")
    market.bob.brings(amount)
    told = market.bob.buys_as(order_type, 100, at=at)
    assert (told == ["bob is refused: INSUFFICIENT_FUNDS"]) == (not is_taken)


def test_market_order_holds_the_price_that_it_has_found(market):
    market.dave.sells(400, at="9.50")
    market.alice.buys_as(BEST, 1_000)
    assert has(market) == ("96,194.96", "5,700.06", "90,494.90")


def test_market_order_that_finds_no_price_gives_everything_back(market):
    assert market.alice.buys_as(BEST, 1_000) == ["alice finds no price for 1000"]
    assert has(market) == ("100,000.00", "0.00", "100,000.00")


def test_order_that_rests_beside_the_best_of_its_side_holds_that(market):
    market.dave.buys(100, at="9.50")
    market.alice.buys_as(OrderType.OWN_SIDE_BEST, 1_000)
    assert market.alice.held == "9,505.10"


def test_immediate_order_holds_nothing_afterwards(market):
    market.dave.sells(400, at="10.00")
    market.alice.buys(1_000, at="10.00", **IMMEDIATE)
    assert has(market) == ("95,994.96", "0.00", "95,994.96")
    market.bob.sells(1_000, at="10.00", **IMMEDIATE)
    assert market.bob.sellable == 10_000


def test_order_that_finds_too_little_gives_everything_back(market):
    market.dave.sells(400, at="10.00")
    market.alice.buys(1_000, at="10.00", minimum_quantity=500, **IMMEDIATE)
    market.alice.buys_as(OrderType.ALL_OR_CANCEL, 1_000)
    assert has(market) == ("100,000.00", "0.00", "100,000.00")


def test_hidden_part_is_held_like_the_rest(market):
    market.alice.buys(1_000, at="10.00", display_quantity=100)
    assert market.alice.held == "10,005.10"
    market.bob.sells(300, at="10.00")
    assert has(market) == ("96,994.97", "7,000.07", "89,994.90")


def test_stop_holds_its_price_from_the_beginning(market):
    market.alice.buys_stop(1_000, trigger="10.50", at="10.60")
    assert market.alice.held == "10,605.11"
    market.bob.sells_stop(1_000, trigger="9.50", at="9.40")
    assert market.bob.sellable == 9_000
    market.alice.cancels()
    market.bob.cancels(400)
    assert (market.alice.held, market.bob.sellable) == ("0.00", 9_400)


def test_stop_without_a_price_holds_the_upper_limit_until_it_is_released(market):
    market.alice.buys_stop(1_000, trigger="10.00", order_type=BEST)
    assert market.alice.held == "11,005.11"
    market.dave.sells(500, at="10.00")
    market.dave.sells(400, at="10.10")
    assert market.carol.buys(500, at="10.00") == [
        "carol takes 500 from dave at 10.00",
        "alice is released with 1000 at 10.10",
        "alice takes 400 from dave at 10.10",
    ]
    assert has(market) == ("95,954.96", "6,060.06", "89,894.90")


def test_stop_that_finds_no_price_gives_everything_back(market):
    market.alice.buys_stop(1_000, trigger="10.00", order_type=BEST)
    market.dave.sells(500, at="10.00")
    market.carol.buys(500, at="10.00")
    assert has(market) == ("100,000.00", "0.00", "100,000.00")


def test_order_in_the_gap_holds_its_worst_price_until_it_is_released(market):
    market.begins(Phase.OPENING_CALL)
    market.dave.sells(400, at="9.50")
    market.begins(Phase.PRE_CONTINUOUS)
    market.alice.buys_as(BEST, 1_000)
    market.bob.sells(500, at="9.90")
    assert (market.alice.held, market.bob.sellable) == ("11,005.11", 9_500)
    assert market.begins(Phase.CONTINUOUS) == [
        "CONTINUOUS begins",
        "alice is released with 1000 at 9.50",
        "alice takes 400 from dave at 9.50",
        "bob is released with 500 at 9.90",
    ]
    assert has(market) == ("96,194.96", "5,700.06", "90,494.90")
    assert market.bob.sellable == 9_500


def test_released_order_outside_the_cage_gives_everything_back(venue):
    market = trading(venue, {"cage_bp": 200, "cage_ticks": 10})
    market.begins(Phase.PRE_CONTINUOUS)
    market.alice.buys(1_000, at="10.30")
    assert market.alice.held == "10,305.10"
    market.begins(Phase.CONTINUOUS)
    assert has(market) == ("100,000.00", "0.00", "100,000.00")
    market.closes()


def test_order_at_the_close_holds_its_limit_and_pays_the_close(market):
    market.alice.buys_at_close(1_000, at="10.50")
    market.bob.sells_at_close(400, at="9.50")
    assert (market.alice.held, market.bob.sellable) == ("10,505.11", 9_600)
    market.fixes_close("10.00")
    assert market.begins(Phase.FIXED_PRICE) == [
        "FIXED_PRICE begins",
        "alice buys 400 from bob at the close of 10.00",
    ]
    assert has(market) == ("95,994.96", "6,300.06", "89,694.90")


def test_order_worse_than_the_close_gives_everything_back(market):
    market.alice.buys_at_close(1_000, at="9.90")
    market.bob.sells_at_close(1_000, at="10.10")
    market.fixes_close("10.00")
    market.begins(Phase.FIXED_PRICE)
    assert has(market) == ("100,000.00", "0.00", "100,000.00")
    assert market.bob.sellable == 10_000


def test_expiry_gives_everything_back(market):
    market.alice.buys(1_000, at="10.00")
    market.alice.buys_stop(1_000, trigger="10.50", at="10.60")
    market.alice.buys_at_close(1_000, at="10.00")
    market.bob.sells(1_000, at="10.20")
    assert market.alice.held == "30,615.31"
    market.closes()
    assert has(market) == ("100,000.00", "0.00", "100,000.00")
    assert market.bob.sellable == 10_000


def test_auction_at_a_better_price_gives_the_difference_back(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.buys(1_000, at="10.50")
    market.bob.sells(600, at="9.50")
    market.carol.buys(600, at="10.00")
    market.dave.sells(1_000, at="10.00")
    assert (market.alice.held, market.bob.sellable) == ("10,505.11", 9_400)
    market.begins(Phase.CONTINUOUS)
    assert has(market) == ("89,994.90", "0.00", "89,994.90")
    assert market.bob.balance == "5,991.94"


def test_rest_of_an_auction_holds_its_own_price(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.buys(1_000, at="10.50")
    market.bob.sells(400, at="10.00")
    assert market.begins(Phase.CONTINUOUS)[1:] == ["alice buys 400 from bob at 10.50"]
    assert has(market) == ("95,794.96", "6,300.07", "89,494.89")


def test_auction_and_continuous_trading_charge_one_order_once(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.buys(1_000, at="10.50")
    market.bob.sells(400, at="10.50")
    market.begins(Phase.CONTINUOUS)
    market.bob.sells(600, at="10.50")
    assert has(market) == ("89,494.89", "0.00", "89,494.89")


@pytest.mark.parametrize(
    ("mode", "alice_held", "alice_sellable"),
    [
        (SelfTrade.CANCELS_RESTING, "10,005.10", 10_000),
        (SelfTrade.CANCELS_INCOMING, "0.00", 9_000),
        (SelfTrade.CANCELS_BOTH, "0.00", 10_000),
    ],
    ids=lambda word: word.name if isinstance(word, SelfTrade) else "",
)
def test_order_kept_from_trading_alone_gives_everything_back(
    venue, mode, alice_held, alice_sellable
):
    market = trading(venue, self_trade=mode)
    market.alice.brings_shares(10_000)
    market.alice.sells(1_000, at="10.00")
    market.alice.buys(1_000, at="10.00")
    assert (market.alice.held, market.alice.sellable) == (alice_held, alice_sellable)
    market.closes()


def test_trade_with_oneself_moves_no_shares_and_costs_two_fees(market):
    market.alice.brings_shares(1_000)
    market.alice.sells(1_000, at="10.00")
    market.alice.buys(1_000, at="10.00")
    assert has(market) == ("99,984.80", "0.00", "99,984.80")
    assert market.alice.holding().total == 1_000
    assert market.alice.sellable == 0


def test_mass_cancel_gives_everything_back(market):
    market.alice.buys(1_000, at="10.00")
    market.alice.buys_stop(1_000, trigger="10.50", at="10.60")
    market.alice.buys(1_000, at="9.00", instrument=1)
    assert market.alice.held == "29,615.30"
    market.alice.cancels_all(instrument=0)
    assert market.alice.held == "9,005.09"
    market.dave.cancels_all(account=market.alice.number)
    assert market.alice.held == "0.00"


def test_block_gives_everything_back(market):
    market.alice.buys(1_000, at="10.00")
    market.bob.sells(1_000, at="10.10")
    market.dave.blocks()
    assert (market.alice.held, market.bob.sellable) == ("0.00", 10_000)


def test_hold_keeps_what_is_held(market):
    market.alice.buys(1_000, at="10.00")
    market.holds(Hold.HALTED, instrument=0)
    assert market.alice.held == "10,005.10"
    market.alice.buys(1_000, at="9.90")
    market.bob.sells(500, at="9.90")
    assert (market.alice.held, market.bob.sellable) == ("19,910.20", 9_500)
    market.holds(Hold.NONE, instrument=0)
    assert has(market) == ("94,994.95", "14,905.15", "80,089.80")


def test_suspension_lets_orders_be_taken_back(market):
    market.alice.buys(1_000, at="10.00")
    market.holds(Hold.SUSPENDED)
    market.alice.cancels()
    assert market.alice.held == "0.00"


def test_trade_that_halts_its_instrument_leaves_the_rest_held(venue):
    """Once the first trade has been at 10.00, one at 13.00 halts."""
    market = trading(venue, NO_BAND)
    market.dave.sells(100, at="10.00")
    market.carol.buys(100, at="10.00")
    market.dave.sells(100, at="13.00")
    market.dave.sells(100, at="13.00")
    assert market.alice.buys(1_000, at="13.00") == [
        "alice takes 100 from dave at 13.00",
        "HALTED begins: VOLATILITY_FIRST",
    ]
    assert has(market) == ("98,694.99", "11,700.12", "86,994.87")
    market.closes()


def test_money_frozen_while_an_order_is_open_is_what_the_order_does_not_hold(market):
    market.alice.buys(1_000, at="10.00")
    assert market.dave.moves(FundsEntry.FREEZE_DAY, "89,994.91", market.alice) == [
        "dave is refused: INSUFFICIENT_FUNDS"
    ]
    market.dave.moves(FundsEntry.FREEZE_DAY, "89,994.90", market.alice)
    assert market.alice.available == "0.00"
    assert market.bob.sells(1_000, at="10.00") == ["bob sells 1000 to alice at 10.00"]


def test_frozen_account_goes_on_holding_and_its_orders_are_taken_back(market):
    market.alice.buys(1_000, at="10.00")
    market.dave.makes(market.alice, AccountStatus.FROZEN)
    assert market.alice.held == "10,005.10"
    market.dave.cancels_all()
    assert market.alice.held == "0.00"


def test_proceeds_buy_within_the_same_command(market):
    """Bob's sale pays for his next order at once."""
    market.carol.buys(1_000, at="10.00")
    assert market.bob.buys(900, at="10.00") == ["bob is refused: INSUFFICIENT_FUNDS"]
    market.bob.sells(1_000, at="10.00")
    assert market.bob.buys(900, at="10.00") == []


def busy_day(market: FundedMarket) -> None:
    """An auction, trades, parts, replacements, stops, the close, and what a block takes back."""
    for trader in market.traders:
        trader.brings("30,000,000.00")
        for instrument in range(2):
            market.dave.moves_shares(SharesEntry.SHARES_IN, 500_000, trader, instrument=instrument)
    market.begins(Phase.OPENING_CALL)
    for cents in range(6):
        market.alice.buys(700, at=f"10.{20 - cents}")
        market.bob.sells(500, at=f"10.{10 + cents}")
    market.begins(Phase.PRE_CONTINUOUS)
    market.carol.buys_as(FIVE_THEN_LIMIT, 900)
    market.dave.sells(300, at="9.90")
    market.begins(Phase.CONTINUOUS)
    for cents in range(6):
        market.carol.buys_stop(400, trigger=f"10.{10 + cents}", order_type=cents % 5)
        market.bob.sells_stop(400, trigger=f"10.{10 + cents}", at="9.50")
        market.dave.sells(300, at=f"10.{20 - cents}", display_quantity=100)
        market.alice.buys(500, at=f"10.{15 + cents}")
    market.alice.replaces(900, at="10.30")
    market.alice.buys_at_close(1_000, at="10.90")
    market.bob.sells_at_close(700, at="9.10")
    market.fixes_close("10.20")
    market.dave.blocks(of_session=market.carol.number)
    market.begins(Phase.FIXED_PRICE)


def stands(market: FundedMarket) -> list:
    """Return what all accounts have, in all that the venue can be asked."""
    venue = market.venue
    numbers = [trader.number for trader in market.traders]
    return [[*venue.funds(number, 0), *venue.holdings(number)] for number in numbers]


@pytest.mark.parametrize("rows", [3, 4, 5, 64])
def test_small_buffer_of_reports_changes_nothing(new_venue, rows):
    """A command that stops because the buffer is full goes on without booking anything twice."""
    room = SMALL._replace(**FUNDED)
    markets = []
    for limits in (room, room._replace(reports=rows)):
        market = trading(new_venue(limits))
        busy_day(market)
        before = stands(market)
        market.closes()
        markets.append((market.reports, before, stands(market)))
    assert [list(report) for report in markets[0][0]] == [list(report) for report in markets[1][0]]
    assert markets[0][1:] == markets[1][1:]


@pytest.mark.parametrize("scene", SCENES_WITHOUT_ACCOUNTS, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize("self_trade", SelfTrade, ids=lambda mode: mode.name.lower())
def test_scene_of_many_reports_holds_what_it_must(
    new_venue, scene: Callable[[FundedMarket], None], self_trade
):
    """The scenes that a small buffer interrupts, with accounts that can afford them."""
    room = SMALL._replace(**FUNDED, reports=3)
    rules = EVERYTHING | SCENES_WITHOUT_ACCOUNTS[scene] | {"settlement_days": 0}
    market = FundedMarket(new_venue(room), rules, self_trade=self_trade)
    for trader in market.traders:
        trader.brings("50,000,000.00")
        for instrument in range(2):
            trader.brings_shares(2_000_000, instrument=instrument)
    scene(market)
    assert market.reckoning.orders
    market.closes()
    assert all(spelled(trader.funds().held) == "0.00" for trader in market.traders)

"""What trades cost: the fees of an order, spread over its fills, to the cent.

The examples are those of statements that customers get.  Unless a test says otherwise an account
pays 0.025 % commission, at least 5.00, with the exchange's fees inside, and shares are A shares.
"""

from collections.abc import Iterator

import pytest

from protocol.vocabulary import Currency, OrderType, Permission, Phase, SharesEntry
from tests.commands import define_fees, list_instrument
from tests.engine.conftest import FUNDED, SMALL
from tests.trading import A_SHARES, EVERYTHING, FundedMarket, money, spelled, to_the_end

FREE = {"commission_rate": 0, "commission_min": 0, "commission_min_foreign": 0}
AT_TWELVE = {"previous_close": 120_000, "lower_limit": 108_000, "upper_limit": 132_000}
NO_BAND = {"lower_limit": 100, "upper_limit": 400_000}
OF_FUNDS = {"handling_rate": 4_000}
OF_B_SHARES = {
    "stamp_sell_rate": 50_000,
    "settlement_rate": 50_000,
    "settlement_cap": money("500.00"),
}
DOUBLED = A_SHARES | {"stamp_buy_rate": 100_000, "stamp_sell_rate": 100_000}


def trading(venue, account: dict | None = None, fees: dict | None = None, **share) -> FundedMarket:
    """Return a market whose share number 2 is listed as `share` says, with `fees` as number 1.

    Bob and dave have 10,000,000 of it.
    """
    market = FundedMarket(venue, EVERYTHING, account)
    market.hears(define_fees(1, **A_SHARES if fees is None else fees))
    market.lists(2, **EVERYTHING | {"fees": 1, "settlement_days": 1} | share)
    for trader in (market.bob, market.dave):
        trader.brings_shares(10_000_000, instrument=2)
    market.begins(Phase.CONTINUOUS)
    return market


@pytest.fixture
def venue(new_venue):
    return new_venue(SMALL._replace(**FUNDED))


@pytest.fixture
def market(venue) -> Iterator[FundedMarket]:
    yield from to_the_end(trading(venue, **AT_TWELVE))


def trade(market: FundedMarket, quantity: int, at: str) -> None:
    """Have alice buy share 2 from bob."""
    market.bob.sells(quantity, at=at, instrument=2)
    market.alice.buys(quantity, at=at, instrument=2)


def paid(market: FundedMarket, *fills: tuple[int, str]) -> list[str]:
    """Return the fees of one order of alice to buy, replaced from fill to fill."""
    leaves = sum(size for size, _ in fills)
    market.alice.buys(leaves, at=fills[0][1], instrument=2)
    fees = []
    for size, at in fills:
        before = market.alice.funds().balance
        market.alice.replaces(leaves, at=at)
        leaves -= size
        market.bob.sells(size, at=at, instrument=2)
        fees.append(spelled(before - market.alice.funds().balance - size * money(at)))
    return fees


def test_customer_buys_a_thousand_shares(market):
    trade(market, 1_000, at="12.34")
    assert market.alice.balance == "87,654.88"
    assert market.alice.holding(2).cost == money("12,345.12")


def test_customer_sells_a_thousand_shares(market):
    trade(market, 1_000, at="12.34")
    assert market.bob.balance == "12,328.71"
    assert market.bob.holding(2).cost == money("-12,328.71")


def test_firm_pays_the_fees_of_the_exchange_besides(venue):
    firm = FREE | {"commission_includes": 0}
    market = trading(venue, firm, **AT_TWELVE)
    trade(market, 1_000, at="12.34")
    assert market.alice.balance == "87,659.21"
    assert market.bob.balance == "12,333.04"


def test_buyer_and_seller_pay_by_the_rates_of_their_own_accounts(market):
    market.dave.edits(market.bob, **FREE)
    trade(market, 1_000, at="12.34")
    assert market.alice.balance == "87,654.88"
    assert market.bob.balance == "12,333.71"


def test_least_commission_is_of_the_order_and_not_of_each_fill(venue):
    account = {"commission_rate": 30_000}
    market = trading(venue, account)
    assert paid(market, (1_000, "10.00"), (1_000, "10.00"), (1_000, "10.00")) == [
        "5.10",
        "1.10",
        "3.10",
    ]
    assert market.alice.balance == "69,990.70"


def test_every_order_has_its_own_least_commission(market):
    for _ in range(3):
        trade(market, 100, at="12.00")
    assert market.alice.balance == "96,384.97"


def test_commission_is_rounded_before_it_is_compared_with_the_least(venue):
    market = trading(venue, **NO_BAND)
    assert paid(market, (1_000, "19.98"), (100, "0.20"), (100, "0.19")) == ["5.20", "0.00", "0.00"]
    assert paid(market, (1_000, "20.00"), (100, "0.20")) == ["5.20", "0.01"]


@pytest.mark.parametrize(
    ("price", "fee"), [("4.99", "0.00"), ("5.00", "0.01"), ("14.99", "0.01"), ("15.00", "0.02")]
)
def test_half_a_cent_is_rounded_up(venue, price, fee):
    """0.001 % of 499.00 is not half a cent, of 500.00 it is."""
    market = trading(venue, FREE, **NO_BAND)
    assert paid(market, (100, price)) == [fee]


def test_each_item_is_rounded_by_itself(venue):
    """Four items of half a cent are 4 cents, not 2."""
    of_each = {"stamp_buy_rate": 1_000, "transfer_rate": 1_000, "handling_rate": 1_000}
    of_each |= {"regulatory_rate": 1_000}
    market = trading(venue, FREE | {"commission_includes": 0}, of_each, **NO_BAND)
    assert paid(market, (100, "5.00")) == ["0.04"]


def test_roundings_are_of_the_order_and_not_of_each_fill(venue):
    market = trading(venue, FREE, **NO_BAND)
    assert paid(market, (100, "4.00"), (100, "4.00"), (100, "4.00")) == ["0.00", "0.01", "0.00"]


def test_fills_at_several_prices_add_up(market):
    fills = [(1_000, "12.34"), (500, "12.30"), (1_500, "12.10")]
    assert paid(market, *fills) == ["5.12", "0.06", "4.35"]
    assert market.alice.balance == "63,350.47"


@pytest.mark.parametrize(("fees", "proceeds"), [(A_SHARES, "9,989.90"), (DOUBLED, "9,984.90")])
def test_stamp_duty_of_a_sale_before_and_after_28_august_2023(venue, fees, proceeds):
    market = trading(venue, fees=fees)
    trade(market, 1_000, at="10.00")
    assert market.bob.balance == proceeds


@pytest.mark.parametrize(("fees", "cost"), [(A_SHARES, "10,005.10"), (DOUBLED, "10,015.10")])
def test_stamp_duty_of_a_purchase_is_a_rate_of_its_own(venue, fees, cost):
    market = trading(venue, fees=fees)
    trade(market, 1_000, at="10.00")
    assert market.alice.holding(2).cost == money(cost)


def test_funds_have_no_stamp_duty_and_no_transfer_fee(venue):
    market = trading(venue, fees=OF_FUNDS, permission=Permission.FUNDS)
    trade(market, 1_000, at="10.00")
    assert market.alice.balance == "89,995.00"
    assert market.bob.balance == "9,995.00"


def test_handling_fee_of_funds_is_paid_by_who_has_it_outside_the_commission(venue):
    market = trading(venue, FREE | {"commission_includes": 0}, OF_FUNDS)
    trade(market, 1_000, at="10.00")
    assert market.alice.balance == "89,999.60"


def test_shares_of_one_market_are_charged_by_the_fees_of_their_listing(market):
    market.hears(define_fees(2))
    market.lists(3, fees=2)
    market.begins(Phase.CONTINUOUS)
    market.dave.brings_shares(100, instrument=3)
    market.dave.sells(100, at="10.00", instrument=3)
    market.alice.buys(100, at="10.00", instrument=3)
    assert market.alice.balance == "98,995.00"


def test_cap_of_the_settlement_fee_in_hong_kong_dollars(venue):
    market = trading(venue, FREE, OF_B_SHARES, listed_currency=Currency.HKD)
    market.alice.brings("10,000,000.00", currency=Currency.HKD)
    steps = []
    for _ in range(3):
        before = market.alice.funds(Currency.HKD).balance
        trade(market, 50_000, at="10.00")
        steps.append(spelled(before - market.alice.funds(Currency.HKD).balance))
    assert steps == ["500,250.00"] * 3

    before = market.alice.funds(Currency.HKD).balance
    trade(market, 200_000, at="10.00")
    assert spelled(before - market.alice.funds(Currency.HKD).balance) == "2,000,500.00"
    assert market.alice.balance == "100,000.00"


def test_cap_is_of_the_order_and_not_of_each_fill(venue):
    market = trading(venue, FREE, OF_B_SHARES, listed_currency=Currency.HKD)
    market.alice.brings("3,000,000.00", currency=Currency.HKD)
    market.alice.buys(200_000, at="10.00", instrument=2)
    fees = []
    for quantity in (80_000, 80_000, 40_000):
        before = market.alice.funds(Currency.HKD).balance
        market.bob.sells(quantity, at="10.00", instrument=2)
        after = market.alice.funds(Currency.HKD).balance
        fees.append(spelled(before - after - quantity * money("10.00")))
    assert fees == ["400.00", "100.00", "0.00"]


def test_settlement_fee_without_a_cap_has_none(venue):
    uncapped = OF_B_SHARES | {"settlement_cap": 0}
    market = trading(venue, FREE, uncapped, listed_currency=Currency.HKD)
    market.alice.brings("3,000,000.00", currency=Currency.HKD)
    trade(market, 200_000, at="10.00")
    assert spelled(market.alice.funds(Currency.HKD).balance) == "999,000.00"


@pytest.mark.parametrize("currency", [Currency.USD, Currency.HKD], ids=lambda word: word.name)
def test_least_commission_of_foreign_money_is_one(venue, currency):
    market = trading(venue, fees={}, listed_currency=currency)
    market.alice.brings("5,000.00", currency=currency)
    trade(market, 100, at="10.00")
    assert spelled(market.alice.funds(currency).balance) == "3,999.00"
    trade(market, 300, at="10.00")
    assert spelled(market.alice.funds(currency).balance) == "998.00"


def test_commission_of_foreign_money_has_the_common_rate(venue):
    market = trading(venue, fees={}, listed_currency=Currency.USD)
    market.alice.brings("50,000.00", currency=Currency.USD)
    trade(market, 1_000, at="10.00")
    assert spelled(market.alice.funds(Currency.USD).balance) == "39,997.50"


def test_tiny_sale_costs_no_more_than_it_brings(venue):
    market = trading(venue, **NO_BAND)
    market.carol.buys(100, at="0.02", instrument=2)
    assert market.bob.sells(100, at="0.02", instrument=2) == ["bob sells 100 to carol at 0.02"]
    assert market.bob.balance == "0.00"
    assert market.bob.holding(2).cost == 0


def test_least_commission_that_tiny_fills_did_not_cover_is_charged_with_the_next(venue):
    market = trading(venue, **NO_BAND)
    market.bob.sells(400, at="0.02", instrument=2)
    balances = []
    for _ in range(4):
        market.alice.buys(100, at="0.02", instrument=2)
        balances.append(market.bob.balance)
    assert balances == ["0.00", "0.00", "1.00", "3.00"]


def test_fill_takes_nothing_of_what_an_earlier_one_has_brought(venue):
    """Half a cent pays nothing, not even where another half is there already."""
    tick = {"tick": 10, "quantity_min": 1, "quantity_step": 1}
    market = trading(venue, **tick, lower_limit=10, upper_limit=100_000)
    market.bob.sells(2_011, at="0.005", instrument=2)
    balances = []
    for quantity in (1, 1, 9, 2_000):
        market.alice.buys(quantity, at="0.005", instrument=2)
        balances.append(market.bob.balance)
    assert balances == ["0.0050", "0.01", "0.0150", "5.0450"]


def test_what_small_fills_left_unpaid_is_paid_by_a_large_one(venue):
    """The first three bring 1.00 each, and the least commission is 5.00."""
    market = trading(venue, **NO_BAND)
    market.bob.sells(600, at="0.01", instrument=2)
    for _ in range(3):
        market.alice.buys(100, at="0.01", instrument=2)
    assert market.bob.balance == "0.00"
    market.bob.replaces(1_000, at="10.00")
    market.alice.buys(1_000, at="10.00", instrument=2)
    assert market.bob.balance == "9,992.90"


def test_fraction_of_a_cent_is_left_to_who_sells_for_less_than_the_fees(venue):
    tick = {"tick": 10, "quantity_min": 1, "quantity_step": 1}
    market = trading(venue, **tick, lower_limit=10, upper_limit=100_000)
    market.alice.buys(7, at="0.005", instrument=2)
    market.bob.sells(7, at="0.005", instrument=2)
    assert market.bob.balance == "0.0050"
    assert market.alice.balance == "99,994.9650"


def test_auction_charges_both_sides(market):
    market.begins(Phase.OPENING_CALL)
    market.alice.buys(1_000, at="12.40", instrument=2)
    market.bob.sells(1_000, at="12.34", instrument=2)
    market.dave.sells(1_000, at="12.34", instrument=2)
    market.carol.buys(1_000, at="12.34", instrument=2)
    market.begins(Phase.CONTINUOUS)
    assert market.alice.balance == "87,654.88"
    assert market.bob.balance == "12,328.71"


def test_trade_at_the_close_charges_both_sides(market):
    market.alice.buys_at_close(1_000, at="12.40", instrument=2)
    market.bob.sells_at_close(1_000, at="12.30", instrument=2)
    market.fixes_close("12.34", instrument=2)
    market.begins(Phase.FIXED_PRICE)
    assert market.alice.balance == "87,654.88"
    assert market.bob.balance == "12,328.71"


def test_trade_with_oneself_costs_both_fees(market):
    market.dave.sells(1_000, at="12.34", instrument=2)
    assert market.dave.buys(1_000, at="12.34", instrument=2) == [
        "dave takes 1000 from dave at 12.34"
    ]
    assert market.dave.balance == "9,999,983.59"
    assert market.dave.holding(2).total == 10_000_000


def test_edited_account_pays_by_its_new_rates(market):
    trade(market, 1_000, at="12.00")
    market.dave.edits(market.alice, **FREE)
    trade(market, 1_000, at="12.00")
    assert market.alice.balance == "75,994.76"


def test_orders_that_never_trade_cost_nothing(market):
    market.alice.buys(1_000, at="12.00", instrument=2)
    market.alice.cancels()
    market.alice.buys_at_once(1_000, at="10.00")
    market.bob.sells_as(OrderType.COUNTERPARTY_BEST, 1_000, instrument=2)
    assert (market.alice.balance, market.bob.balance) == ("100,000.00", "0.00")


def test_shares_that_come_and_go_besides_trading_cost_nothing(market):
    market.dave.moves_shares(SharesEntry.CUSTODY_OUT, 1_000, market.bob)
    assert market.bob.balance == "0.00"


@pytest.mark.parametrize("name", list(A_SHARES | {"stamp_buy_rate": 0, "settlement_rate": 0}))
@pytest.mark.parametrize(
    ("rate", "is_taken"), [(-1, False), (0, True), (1_000_000, True), (1_000_001, False)]
)
def test_rate_is_from_nothing_to_one_percent(market, name, rate, is_taken):
    refused = ["the venue is refused: LISTING_OUT_OF_BOUNDS"]
    assert market.hears(define_fees(2, **{name: rate})) == ([] if is_taken else refused)


@pytest.mark.parametrize(("cap", "is_taken"), [(-1, False), (0, True), (2**31 - 1, True)])
def test_cap_is_not_negative(market, cap, is_taken):
    refused = ["the venue is refused: LISTING_OUT_OF_BOUNDS"]
    assert market.hears(define_fees(2, settlement_cap=cap)) == ([] if is_taken else refused)


@pytest.mark.parametrize("number", [-1, 0, 1, 3])
def test_fees_are_numbered_one_after_the_other(market, number):
    assert market.hears(define_fees(number)) == ["the venue is refused: LISTING_OUT_OF_BOUNDS"]
    assert market.hears(define_fees(2)) == []


def test_fees_end_with_the_room_for_them(market):
    for number in range(2, 64):
        assert market.hears(define_fees(number)) == []
    assert market.hears(define_fees(64)) == ["the venue is refused: LISTING_OUT_OF_BOUNDS"]


def test_only_the_venue_defines_fees(market):
    for trader in (market.alice, market.dave):
        assert trader.says(define_fees(2)) == [f"{trader.name} is refused: COMMAND_NOT_PERMITTED"]


@pytest.mark.parametrize(("fees", "is_taken"), [(-1, False), (0, True), (1, True), (2, False)])
def test_listing_names_fees_that_there_are(market, fees, is_taken):
    refused = ["the venue is refused: LISTING_OUT_OF_BOUNDS"]
    assert market.hears(list_instrument(3, rules=2, fees=fees)) == ([] if is_taken else refused)


@pytest.mark.parametrize(
    "wrong",
    [
        {"listed_currency": 3},
        {"listed_currency": -1},
        {"depository": 5},
        {"depository": -1},
        {"permission": 10},
        {"permission": -1},
        {"settlement_days": 2},
        {"settlement_days": -1},
    ],
    ids=str,
)
def test_listing_knows_its_words(market, wrong):
    assert market.hears(list_instrument(3, rules=2, **wrong)) == ["the venue is refused: MALFORMED"]

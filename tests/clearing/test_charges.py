"""What each fill cost, item by item, on both levels."""

from collections import defaultdict

import numpy as np
import pytest

from engine.clearing.charges import ITEMS, PARTICIPANT, charge, share_of
from engine.clearing.fills import granted
from engine.venue import Venue
from protocol.vocabulary import CommandKind, Currency, Phase, ReportKind, Side
from tests.commands import (
    change_phase,
    close_day,
    define_fees,
    edit_account,
    enter,
    journal,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
)
from tests.engine.agreement import naive_venue
from tests.engine.conftest import FUNDED, SMALL
from tests.engine.service_flow import random_account_day
from tests.engine.test_against_naive import ROOMY
from tests.naive import settlement
from tests.trading import A_SHARES, CUSTOMER, money

BUYER, SELLER = 1, 2
MEANS = [
    move_funds(BUYER, money("10,000,000.00")),
    move_shares(SELLER, 1_000_000),
    change_phase(Phase.CONTINUOUS),
]


def opening(rates: dict | None = None, **terms: int) -> list[dict]:
    """Return what opens a day on which the buyer can buy what the seller has, and anybody both."""
    return [
        open_day(with_accounts=1),
        define_fees(0, **A_SHARES if rates is None else rates),
        *listing(0, tick=25, lower_limit=25, upper_limit=250_000, quantity_min=1, quantity_step=1),
        *(open_account(number, **CUSTOMER | terms) for number in (BUYER, SELLER)),
        *MEANS,
    ]


def trade(quantity: int, price: int, whole: int = 0) -> list[dict]:
    """Return a purchase that takes so much of a sale, which may be of a larger whole."""
    orders = [enter(Side.BUY, quantity, price, account=BUYER)]
    if whole:
        return [enter(Side.SELL, whole, price, account=SELLER), *orders]
    return orders


def charged(commands: list[dict]) -> tuple[list[dict], list[dict]]:
    """Return what the sales cost on both levels, in yuan and in order; items of 0.00 left out."""
    rows = journal(commands)
    reports = Venue(SMALL._replace(**FUNDED)).apply(rows)
    traded = reports[reports["kind"] == ReportKind.TRADED]
    sales = np.flatnonzero(traded["side"] == Side.SELL)
    customer, participant = (
        [
            {item: amounts[at] / 10_000 for item, amounts in items.items() if amounts[at]}
            for at in sales
        ]
        for items in charge(rows, reports)
    )
    return customer, participant


def test_sale_of_a_customer_has_the_items_of_a_statement():
    customer, participant = charged([*opening(), *trade(1_000, 123_400, whole=1_000)])
    assert customer == [{"commission": 5.00, "transfer": 0.12, "stamp": 6.17}]
    assert participant == [{"handling": 0.42, "regulatory": 0.25, "transfer": 0.12, "stamp": 6.17}]


def test_exchange_fees_are_the_customers_where_the_commission_does_not_include_them():
    day = [*opening(commission_includes=0), *trade(1_000, 123_400, whole=1_000)]
    customer, participant = charged(day)
    assert customer == [participant[0] | {"commission": 5.00}]


def test_fill_pays_what_its_order_owes_by_now_and_has_not_paid():
    day = [*opening(), *trade(1_000, 124_000, whole=3_250), *trade(2_250, 124_000)]
    customer, participant = charged(day)
    assert customer == [
        {"commission": 5.00, "transfer": 0.12, "stamp": 6.20},
        {"commission": 5.08, "transfer": 0.28, "stamp": 13.95},
    ]
    assert participant[1] == {
        "handling": 0.95,
        "regulatory": 0.56,
        "transfer": 0.28,
        "stamp": 13.95,
    }


def test_order_is_charged_by_the_terms_of_its_time():
    dearer = edit_account(SELLER, **CUSTOMER | {"commission_min": money("7.00")})
    day = [*opening(), *trade(100, 100_000, whole=100), dearer, *trade(100, 100_000, whole=100)]
    customer, _ = charged(day)
    assert [items["commission"] for items in customer] == [5.00, 7.00]


def test_terms_that_were_refused_count_for_nothing():
    wrong = edit_account(SELLER, commission_rate=300_001)
    day = [*opening(), wrong, *trade(100, 100_000, whole=100)]
    assert charged(day)[0] == [{"commission": 5.00, "transfer": 0.01, "stamp": 0.50}]


def test_settlement_fee_of_an_order_has_its_cap():
    rates = {"settlement_rate": 50_000, "settlement_cap": money("8.00")}
    day = [*opening(rates), *trade(1_000, 100_000, whole=3_000), *trade(2_000, 100_000)]
    assert [items["settlement"] for items in charged(day)[1]] == [5.00, 3.00]


def test_what_a_small_sale_does_not_bring_is_left_out_of_the_commission():
    rates = A_SHARES | {"stamp_sell_rate": 1_000_000}
    day = [*opening(rates), *trade(1, 20_000, whole=1_000), *trade(999, 20_000)]
    customer, participant = charged(day)
    assert customer[0] == {"commission": 1.98, "stamp": 0.02}
    assert participant[0] == {"stamp": 0.02}
    assert customer[1]["commission"] == 3.02
    assert sum(items["stamp"] for items in customer) == 20.00


def test_fees_above_the_commission_are_forgone_too_where_a_sale_does_not_bring_them():
    rates = {"stamp_sell_rate": 1_000_000, "transfer_rate": 1_000_000, "handling_rate": 1_000_000}
    terms = {"commission_min": 0, "commission_rate": 0, "commission_includes": 0}
    day = [*opening(rates, **terms), *trade(50, 125, whole=50)]
    customer, participant = charged(day)
    assert customer == [{"transfer": 0.01, "stamp": 0.01, "handling": 0.01}]
    day = [*opening(rates, **terms), *trade(1, 250, whole=150), *trade(149, 250)]
    customer, participant = charged(day)
    assert sum(sum(items.values()) for items in customer) == pytest.approx(0.12)
    assert participant == customer


def test_turnovers_beyond_64_bits_of_product_are_exact():
    most = 2**31 - 1
    turnover = np.array([most * most, most * most - 1, 12_345])
    for rate in (1, 341, 1_000_000):
        expected = [(value * rate + 5 * 10**9) // 10**10 * 100 for value in turnover.tolist()]
        assert share_of(turnover, np.array([rate] * 3)).tolist() == expected


def test_day_without_trades_costs_nothing():
    rows = journal([*opening(), close_day()])
    reports = Venue(SMALL._replace(**FUNDED)).apply(rows)
    customer, participant = charge(rows, reports)
    assert [len(items) for items in (*customer.values(), *participant.values())] == [0] * 11


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_items_add_up_to_what_both_venues_charged(seed, monkeypatch):
    day = random_account_day(seed, ROOMY, 3_000)
    traded = day.reports[day.reports["kind"] == ReportKind.TRADED]
    customer, participant = charge(day.commands, day.reports)
    assert tuple(sorted(customer)) == tuple(sorted(ITEMS))
    assert tuple(sorted(participant)) == tuple(sorted(PARTICIPANT))
    of_fill = sum(customer.values())
    by_order: dict[int, int] = defaultdict(int)
    for number, fees in zip(traded["order_number"].tolist(), of_fill.tolist(), strict=True):
        by_order[number] += fees
    assert by_order == charged_by_naive(day.commands, monkeypatch)
    listings = granted(day.commands, day.reports, CommandKind.LIST_INSTRUMENT)
    currency = listings["listed_currency"][traded["instrument"]]
    venue = Venue(ROOMY)
    venue.apply(day.commands)
    assert [int(of_fill[currency == one].sum()) for one in Currency] == (
        venue.state.tallies["fees"].tolist()
    )


def charged_by_naive(commands: np.ndarray, monkeypatch) -> dict[int, int]:
    """Return what the naive venue charged each order that traded."""
    orders = {}

    def settle(venue, one) -> None:
        settlement.settle(venue, one)
        orders.update({order.number: order for order in one.orders})

    monkeypatch.setattr("tests.naive.venue.settle", settle)
    naive_venue(ROOMY).apply(commands)
    return {number: order.charged for number, order in orders.items()}

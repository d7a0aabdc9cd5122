"""Nothing gets lost: no order, no money, no share.

What was accepted has been traded, taken back, or has expired, or is open; what entries brought in
is in the accounts, or was paid for trading.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple
from typing import NamedTuple

from engine.conservation import Sums, lost
from protocol.vocabulary import Currency, ReportKind
from tests.naive.accounts import AccountNow
from tests.naive.cover import FundsNow, HoldingNow
from tests.naive.interest import WHOLE
from tests.naive.rates import in_second
from tests.naive.venue import NaiveVenue

OPENING = frozenset({ReportKind.ACCEPTED})
RESTATING = frozenset({ReportKind.RELEASED, ReportKind.ORDER_DELAYED})
REPLACING = frozenset({ReportKind.REPLACED})
LESSENING = frozenset({ReportKind.TRADED, ReportKind.CANCELED, ReportKind.EXPIRED})
"""What reports do to the quantity that an order has open."""


def open_quantities(reports: Iterable) -> dict[int, int]:
    """Return by order number what the reports leave open, in shares, where that is not 0.

    On the way the `leaves` of every report must be what is open after it.  Of a cancel or a
    replacement that somebody else asked for only the owner's report counts.
    """
    leaves: dict[int, int] = {}
    owners: dict[int, int] = {}
    for report in reports:
        number, kind = int(report["order_number"]), int(report["kind"])
        if kind in OPENING:
            assert number not in leaves
            assert report["leaves"] == report["quantity"] > 0
            leaves[number] = int(report["quantity"])
            owners[number] = int(report["session"])
        elif kind in RESTATING:
            assert report["leaves"] == report["quantity"] == leaves[number] > 0
        elif kind in REPLACING and report["session"] == owners[number]:
            assert leaves[number] > 0
            assert report["leaves"] == report["quantity"] > 0
            leaves[number] = int(report["quantity"])
        elif kind in LESSENING and report["session"] == owners[number]:
            assert report["quantity"] > 0
            leaves[number] -= int(report["quantity"])
            assert report["leaves"] == leaves[number] >= 0
    return {number: quantity for number, quantity in leaves.items() if quantity}


def traded_quantities(reports: Iterable) -> dict[int, list[tuple[int, int, int]]]:
    """Return by trade number the side, price and quantity of both of its reports."""
    trades = defaultdict(list)
    for report in reports:
        if report["kind"] == ReportKind.TRADED:
            told = (int(report["side"]), int(report["price"]), int(report["quantity"]))
            trades[int(report["trade_number"])].append(told)
    return dict(trades)


class Wealth(NamedTuple):
    """What accounts are, have, and have open, as the questions of a venue tell it.

    `funds` are by account and currency, the others by account; of an order there is its number, its
    price, and what is open of it.  No question tells `rates`, the second of the last request and
    how many there were in it, nor `accruals`, by account and currency.
    """

    accounts: dict[int, AccountNow]
    funds: dict[tuple[int, int], FundsNow]
    holdings: dict[int, list[HoldingNow]]
    orders: dict[int, list[tuple[int, int, int]]]
    rates: dict[int, tuple[int, int]]
    accruals: dict[tuple[int, int], tuple[int, int, int]]


def wealth_of(venue, numbers: Iterable[int]) -> Wealth:
    """Return what these accounts have at a venue, the naive one or the engine."""
    numbers = sorted(numbers)
    purses = [(number, int(currency)) for number in numbers for currency in Currency]
    return Wealth(
        {number: AccountNow(**venue.account(number)._asdict()) for number in numbers},
        {purse: FundsNow(**venue.funds(*purse)._asdict()) for purse in purses},
        {
            number: [HoldingNow(**one._asdict()) for one in venue.holdings(number)]
            for number in numbers
        },
        {
            number: [
                (int(order["order_number"]), int(order["price"]), int(order["leaves"]))
                for order in venue.open_orders(number)
            ]
            for number in numbers
        },
        {number: rate_of(venue, number) for number in numbers},
        {purse: accrual_of(venue, *purse) for purse in purses},
    )


def rate_of(venue, number: int) -> tuple[int, ...]:
    """Return the step of an account's last request, how many count in the second that ends with
    it, and how long there is no further alarm."""
    if isinstance(venue, NaiveVenue):
        rate = venue.accounts[number].rate
        return rate.step, in_second(venue.accounts[number], rate.step), rate.quiet_until
    row = venue.state.windows[number]
    assert row["total"] == row["counts"].sum()
    return int(row["step"]), int(row["total"]), int(venue.state.accounts[number]["quiet_until"])


def accrual_of(venue, number: int, currency: int) -> tuple[int, int, int]:
    """Return the product, and the interest that has accrued and what it lacks."""
    if isinstance(venue, NaiveVenue):
        return astuple(venue.accounts[number].accruals[currency])
    row = venue.state.accruals[len(Currency) * number + currency]
    return int(row["product"]), int(row["accrued"]), int(row["rest"])


def sums_of(naive) -> Sums:
    """Return what all accounts of the naive venue have together, and must have."""
    accounts = naive.accounts.values()
    totals = [
        sum(one.holdings[number].total for one in accounts if number in one.holdings)
        for number in range(len(naive.instruments))
    ]
    return Sums(
        [naive.outside[currency] for currency in Currency],
        [naive.fees[currency] for currency in Currency],
        [sum(one.funds[currency].balance for one in accounts) for currency in Currency],
        [instrument.issued for instrument in naive.instruments],
        totals,
    )


def assert_conserved(naive) -> None:
    """Assert that at the naive venue no money and no share has appeared or gone, that what buyers
    have spent sellers have got or the venue has charged, and that nobody has less than nothing."""
    assert not list(lost(sums_of(naive)))
    for currency in Currency:
        spent = sum(account.funds[currency].spent for account in naive.accounts.values())
        assert spent == naive.fees[currency]
    wealth = wealth_of(naive, naive.accounts)
    for place, funds in wealth.funds.items():
        told = f"account and currency {place}: {funds}"
        assert min(funds._replace(balance=0, spent=0)) >= 0, told
    for place, accrual in wealth.accruals.items():
        assert min(accrual) >= 0 and accrual[-1] < WHOLE, f"account and currency {place}: {accrual}"
    for number, holdings in wealth.holdings.items():
        for holding in holdings:
            assert min(holding._replace(cost=0)) >= 0, f"account {number}: {holding}"

"""Nothing gets lost: no order, no money, no share.

What was accepted has been traded, taken back, or has expired, or is open; what entries brought in
is in the accounts, or was paid for trading.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from protocol.vocabulary import Currency, ReportKind
from tests.naive.accounts import AccountNow

LESSENING = (ReportKind.TRADED, ReportKind.CANCELED, ReportKind.EXPIRED)


def open_quantities(reports: Iterable) -> dict[int, int]:
    """Return by order number what the reports leave open, in shares, where that is not 0.

    On the way the `leaves` of every report must be what is open after it.  Of a cancel or a
    replacement that somebody else asked for only the owner's report counts.
    """
    leaves: dict[int, int] = {}
    owners: dict[int, int] = {}
    for report in reports:
        number = int(report["order_number"])
        if report["kind"] == ReportKind.ACCEPTED:
            assert number not in leaves
            assert report["leaves"] == report["quantity"] > 0
            leaves[number] = int(report["quantity"])
            owners[number] = int(report["session"])
        elif report["kind"] == ReportKind.RELEASED:
            assert report["leaves"] == report["quantity"] == leaves[number] > 0
        elif report["kind"] == ReportKind.REPLACED and report["session"] == owners[number]:
            assert leaves[number] > 0
            assert report["leaves"] == report["quantity"] > 0
            leaves[number] = int(report["quantity"])
        elif report["kind"] in LESSENING and report["session"] == owners[number]:
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
    price, and what is open of it.
    """

    accounts: dict[int, AccountNow]
    funds: dict[tuple[int, int], tuple]
    holdings: dict[int, list[tuple]]
    orders: dict[int, list[tuple[int, int, int]]]


def wealth_of(venue, numbers: Iterable[int]) -> Wealth:
    """Return what these accounts have at a venue, the naive one or the engine."""
    numbers = sorted(numbers)
    return Wealth(
        {number: told(venue.account(number)) for number in numbers},
        {
            (number, int(currency)): tuple(map(int, venue.funds(number, currency)))
            for number in numbers
            for currency in Currency
        },
        {number: [tuple(map(int, one)) for one in venue.holdings(number)] for number in numbers},
        {
            number: [
                (int(order["order_number"]), int(order["price"]), int(order["leaves"]))
                for order in venue.open_orders(number)
            ]
            for number in numbers
        },
    )


def told(account) -> AccountNow:
    """Return what a venue tells of an account itself, as the naive one would."""
    return AccountNow(**account._asdict())


def assert_conserved(naive) -> None:
    """Assert that at the naive venue no money and no share has appeared or gone, and that nobody
    has less than nothing."""
    accounts = naive.accounts.values()
    for currency in Currency:
        balances = sum(account.funds[currency].balance for account in accounts)
        assert balances + naive.fees[currency] == naive.outside[currency]
    for number, instrument in enumerate(naive.instruments):
        holdings = [account.holdings.get(number) for account in accounts]
        assert sum(one.total for one in holdings if one) == instrument.issued
    wealth = wealth_of(naive, naive.accounts)
    for place, funds in wealth.funds.items():
        assert min(funds[1:]) >= 0, f"account and currency {place}: {funds}"
    for number, holdings in wealth.holdings.items():
        for holding in holdings:
            assert min(holding[1:7]) >= 0 <= holding[8], f"account {number}: {holding}"

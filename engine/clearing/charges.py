"""What each fill cost, item by item, on two levels: the customers' fees, and the participant's.

Customers pay what their orders are charged; engine/kernels/fees.py is the same for one order.  The
participant, who clears for all of them, pays on what tax office, depository, exchange and
supervisor get, also where a customer's commission includes it.  An item is of all that the order
has traded so far, rounded half up to the cent; a fill has what that comes to beyond the order's
earlier fills.

A sale is charged no more than it brings.  What it still owes then is left out of the commission,
and beyond that of the other items, in the order of ITEMS; the participant pays in full.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from engine.clearing.fills import granted
from engine.kernels.fees import RATES_OF_CENT
from protocol.records import join
from protocol.units import UNITS_PER_CENT
from protocol.vocabulary import CommandKind, Currency, ReportKind, Side

ITEMS = ("commission", "handling", "regulatory", "settlement", "transfer", "stamp")
PARTICIPANT = ITEMS[1:]
"""What the participant passes on; the commission is its own."""

INCLUDED = ("handling", "regulatory")
"""What is of the customer only where the commission does not include it."""

Items = dict[str, np.ndarray]
"""An amount for each fill, by item, in 1/10000 of its currency."""

Lookup = Callable[[str], np.ndarray]
"""What tells for each fill a field of the command that holds for it."""

BLOCK_ROWS = 1 << 16
"""Fills that are charged together: so few that all that is known of them stays in the cache."""


class Charges(NamedTuple):
    """The items of both levels, for each of some TRADED rows."""

    customer: Items
    participant: Items


class Orders(NamedTuple):
    """Fills sorted by their orders, columns side by side.

    `begin` is the place of the first fill of each one's order, `value` is price x quantity.
    """

    begin: np.ndarray
    side: np.ndarray
    value: np.ndarray

    def so_far(self, amounts: np.ndarray) -> np.ndarray:
        """Return for each fill the sum of its order's amounts up to it.

        The sums over all orders may overflow, which their differences do not.
        """
        sums = np.cumsum(amounts)
        return sums - (sums - amounts)[self.begin]

    def of_fill(self, sums: np.ndarray) -> np.ndarray:
        """Return for each fill what its order's sum has gained by it."""
        is_first = self.begin == np.arange(len(sums))
        return np.where(is_first, sums, np.diff(sums, prepend=0))


class Tariff(NamedTuple):
    """The commands of a day by which its fills are charged.

    `terms` are what accounts were told to pay, by account and sequence; `held` has a number for
    each that rises with both, `stride` from one account to the next.
    """

    listings: np.ndarray
    fees: np.ndarray
    terms: np.ndarray
    held: np.ndarray
    stride: int

    def term(self, traded: np.ndarray) -> Lookup:
        """Return what tells for each of the TRADED rows a field of its account's terms.

        They are those that held last: an account with open orders keeps its terms.
        """
        asked = traded["account"].astype(np.int64) * self.stride + traded["sequence"]
        return looked_up(self.terms, np.searchsorted(self.held, asked) - 1)


def charge(commands: np.ndarray, reports: np.ndarray) -> Charges:
    """Return what the fills of a day with accounts cost, in the order of their reports.

    `commands` are the day's COMMAND rows, `reports` all REPORT rows that they caused.
    """
    count = np.count_nonzero(reports["kind"] == ReportKind.TRADED)
    charges = Charges(
        *({item: np.zeros(count, np.int64) for item in items} for items in (ITEMS, PARTICIPANT))
    )
    for places, charged in charge_blocks(commands, reports):
        for level, of_level in zip(charges, charged, strict=True):
            for item, amounts in of_level.items():
                level[item][places] = amounts
    return charges


def charge_blocks(
    commands: np.ndarray, reports: np.ndarray
) -> Iterator[tuple[np.ndarray, Charges]]:
    """Yield what the fills of a day with accounts cost, some orders at a time.

    With it comes which of the fills these are, counted in the order of their reports.
    """
    tariff = tariff_of(commands, reports)
    traded = np.flatnonzero(reports["kind"] == ReportKind.TRADED)
    count = len(traded)
    by_order = reports["order_number"][traded] * count + np.arange(count)
    by_order.sort()
    start = 0
    while start < count:
        last = by_order[min(start + BLOCK_ROWS, count) - 1] // count
        stop = np.searchsorted(by_order, (last + 1) * count)
        places = by_order[start:stop] % count
        yield places, charge_orders(reports[traded[places]], tariff)
        start = stop


def tariff_of(commands: np.ndarray, reports: np.ndarray) -> Tariff:
    """Return by what the fills of a day are charged."""
    fees = granted(commands, reports, CommandKind.DEFINE_FEES)
    assert np.array_equal(fees["defined"], np.arange(len(fees)))
    told = (CommandKind.OPEN_ACCOUNT, CommandKind.EDIT_ACCOUNT)
    terms = join([granted(commands, reports, kind) for kind in told])
    terms = terms[np.lexsort((terms["sequence"], terms["account"]))]
    stride = int(commands["sequence"][-1]) + 1
    held = terms["account"].astype(np.int64) * stride + terms["sequence"]
    listings = granted(commands, reports, CommandKind.LIST_INSTRUMENT)
    return Tariff(listings, fees, terms, held, stride)


def charge_orders(traded: np.ndarray, tariff: Tariff) -> Charges:
    """Return what TRADED rows cost that are all fills of some orders, sorted by these."""
    orders = orders_of(traded)
    listing = looked_up(tariff.listings, traded["instrument"])
    rate, term = looked_up(tariff.fees, listing("fees")), tariff.term(traded)
    owed = owed_by(orders, listing("listed_currency"), rate, term)
    includes = term("commission_includes") == 1
    customer = {
        item: np.where(includes, 0, sums) if item in INCLUDED else sums
        for item, sums in owed.items()
    }
    forgo(customer, unpaid(orders, sum(customer.values())))
    return Charges(
        {item: orders.of_fill(sums) for item, sums in customer.items()},
        {item: orders.of_fill(owed[item]) for item in PARTICIPANT},
    )


def orders_of(traded: np.ndarray) -> Orders:
    """Return TRADED rows, which are sorted by order number, as Orders."""
    is_first = np.diff(traded["order_number"], prepend=0) != 0
    begin = np.maximum.accumulate(np.where(is_first, np.arange(len(traded)), 0))
    return Orders(begin, traded["side"], traded["price"].astype(np.int64) * traded["quantity"])


def owed_by(orders: Orders, currency: np.ndarray, rate: Lookup, term: Lookup) -> Items:
    """Return each item of each fill's order, of all that it has traded up to the fill."""
    turnover = orders.so_far(orders.value)
    is_domestic = currency == Currency.CNY
    least = np.where(is_domestic, term("commission_min"), term("commission_min_foreign"))
    settlement, cap = share_of(turnover, rate("settlement_rate")), rate("settlement_cap")
    is_buy = orders.side == Side.BUY
    stamp_rate = np.where(is_buy, rate("stamp_buy_rate"), rate("stamp_sell_rate"))
    return {
        "commission": np.maximum(least, share_of(turnover, term("commission_rate"))),
        "handling": share_of(turnover, rate("handling_rate")),
        "regulatory": share_of(turnover, rate("regulatory_rate")),
        "settlement": np.where(cap > 0, np.minimum(settlement, cap), settlement),
        "transfer": share_of(turnover, rate("transfer_rate")),
        "stamp": share_of(turnover, stamp_rate),
    }


def looked_up(rows: np.ndarray, places: np.ndarray) -> Lookup:
    """Return what tells a field of the rows at these places, as wide integers."""
    return lambda name: rows[name][places].astype(np.int64)


def share_of(turnover: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return rates (1e-8) of turnovers, rounded half up to the cent, without overflow."""
    whole, rest = np.divmod(turnover, RATES_OF_CENT)
    return (whole * rate + (rest * rate + RATES_OF_CENT // 2) // RATES_OF_CENT) * UNITS_PER_CENT


def unpaid(orders: Orders, owed: np.ndarray) -> np.ndarray:
    """Return how much less than it owes each order has been charged, as its fills come.

    Few orders have such a fill, so these are gone through one fill after another.
    """
    brings = orders.value // UNITS_PER_CENT * UNITS_PER_CENT
    is_short = (orders.side == Side.SELL) & (orders.of_fill(owed) > brings)
    places = np.flatnonzero(np.isin(orders.begin, orders.begin[is_short]))
    left = np.zeros(len(owed), np.int64)
    charged = 0
    for place in places.tolist():
        if orders.begin[place] == place:
            charged = 0
        charged = min(int(owed[place]), charged + int(brings[place]))
        left[place] = owed[place] - charged
    return left


def forgo(items: Items, amount: np.ndarray) -> None:
    """Take an amount off the items, in the order of ITEMS, as far as each goes."""
    for item in ITEMS:
        taken = np.minimum(items[item], amount)
        items[item] = items[item] - taken
        amount = amount - taken
    assert not amount.any(), "nobody forgoes more than there is"

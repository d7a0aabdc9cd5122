"""What may be asked of the venue between batches; the answers are read where they lie.

Money is in 1/10000 of its currency, quantities in shares.
"""

from typing import NamedTuple

import numpy as np

from engine.kernels import (
    State,
    add_affected,
    cage_of,
    free_of_funds,
    free_of_holding,
    indicative,
    need_of_buy,
    order_entered,
)
from protocol.units import UNITS_PER_CENT, round_to_cents
from protocol.vocabulary import NONE, AccountStatus, Currency, Place, Side


class Indicative(NamedTuple):
    """What a call auction would do now: price and shares; all 0 where nothing crosses."""

    price: int
    matched: int
    unmatched_bids: int
    unmatched_asks: int


class Account(NamedTuple):
    """What an account is and may do, and what it has done today; a limit of 0 is none."""

    status: int
    account_kind: int
    branch: int
    channels: int
    depositories: int
    permissions: int
    commission_rate: int
    commission_min: int
    commission_min_foreign: int
    commission_includes: int
    order_value_max: int
    open_orders_max: int
    rate_max: int
    requests_max: int
    rate_action: int
    list_mode: int
    collar_bp: int
    duplicate_ms: int
    open_orders: int
    requests: int


class Funds(NamedTuple):
    """An account's money in a currency, how much of it an order may hold, or may leave, and what
    its balances have earned: cents times days, and the interest that would be paid now."""

    balance: int
    held: int
    frozen_day: int
    frozen_long: int
    credit: int
    unsettled: int
    spent: int
    spending_max: int
    available: int
    withdrawable: int
    product: int
    interest: int


class Holding(NamedTuple):
    """An account's shares of an instrument, and how many of them may be sold now."""

    instrument: int
    total: int
    bought: int
    held: int
    frozen_day: int
    frozen_long: int
    pledged: int
    cost: int
    sellable: int


class Affected(NamedTuple):
    """Open orders of a currency: how many, their shares, and the worth of these at their prices."""

    orders: int
    quantity: int
    value: int


class Level(NamedTuple):
    """The orders in a book at one price: how many, and their shares, hidden ones among them."""

    price: int
    quantity: int
    orders: int


class Questions:
    """Reads the state; changes nothing."""

    state: State

    @property
    def with_accounts(self) -> bool:
        """Whether the day has accounts that are more than numbers."""
        return bool(self.state.venue[0]["with_accounts"])

    def currency_of(self, instrument: int) -> Currency:
        """Return the currency in which an instrument is traded."""
        assert 0 <= instrument < self.state.venue[0]["instruments"]
        return Currency(self.state.instruments[instrument]["currency"])

    def limits_of(self, instrument: int) -> tuple[int, int]:
        """Return the lowest and the highest price that an instrument may have today."""
        assert 0 <= instrument < self.state.venue[0]["instruments"]
        row = self.state.instruments[instrument]
        return int(row["lower_limit"]), int(row["upper_limit"])

    def indicative(self, instrument: int) -> Indicative:
        """Return what the call auction of an instrument would do now."""
        assert 0 <= instrument < self.state.venue[0]["instruments"]
        return Indicative(*indicative(self.state, instrument))

    def cage(self, instrument: int, side: Side) -> tuple[int, int]:
        """Return the reference of the price cage, and the most aggressive price that it allows."""
        assert 0 <= instrument < self.state.venue[0]["instruments"]
        reference, bound = cage_of(self.state, instrument, int(side))
        return int(reference), int(bound)

    def depth(self, instrument: int, side: Side, levels: int) -> list[Level]:
        """Return the best levels of a half of the book."""
        orders = self.state.orders[: self.state.venue[0]["slots_touched"]]
        is_meant = (orders["instrument"] == instrument) & (orders["side"] == side)
        places = np.flatnonzero(is_meant & (orders["place"] == Place.BOOK))
        rows = orders[places[self.state.slots[orders["order_number"][places]] == places]]
        prices, level, count = np.unique(rows["price"], return_inverse=True, return_counts=True)
        quantities = np.zeros(len(prices), np.int64)
        np.add.at(quantities, level, rows["leaves"])
        found = list(map(Level, prices.tolist(), quantities.tolist(), count.tolist()))
        return found[::-1][:levels] if side == Side.BUY else found[:levels]

    def order_entered(self, session: int, client_seq: int) -> int:
        """Return the number of the order that a session entered so, 0 where there is none."""
        if not 0 < session < self.state.venue[0]["sessions"]:
            return 0
        return int(order_entered(self.state, session, client_seq))

    def account(self, account: int) -> Account | None:
        """Return how an account stands, None where it was never opened."""
        if not 0 <= account < len(self.state.accounts):
            return None
        row = self.state.accounts[account]
        if row["status"] == AccountStatus.NONE:
            return None
        owner = self.state.owners[account]
        return Account(
            *(int((row if name in row.dtype.names else owner)[name]) for name in Account._fields)
        )

    def funds(self, account: int, currency: Currency = Currency.CNY) -> Funds:
        """Return an account's money in a currency."""
        assert 0 <= account < len(self.state.accounts)
        place = len(Currency) * account + currency
        row, accrual = self.state.funds[place], self.state.accruals[place]
        parts = (int(row[name]) for name in Funds._fields[:-4])
        interest = round_to_cents(int(accrual["accrued"])) * UNITS_PER_CENT
        free = free_of_funds(self.state, account, int(currency))
        return Funds(*parts, *free, int(accrual["product"]), interest)

    def holdings(self, account: int) -> list[Holding]:
        """Return an account's holdings in the order of their first use."""
        found: list[Holding] = []
        if self.account(account) is None:
            return found
        index = self.state.owners[account]["first_holding"]
        while index != NONE:
            row = self.state.holdings[index]
            parts = (int(row[name]) for name in Holding._fields[:-1])
            found.append(Holding(*parts, free_of_holding(self.state, index)))
            index = self.state.following[index]
        return found

    def open_orders(self, account: int) -> np.ndarray:
        """Return the ORDER rows of an account's open orders, by order number."""
        orders = self.state.orders[: self.state.venue[0]["slots_touched"]]
        places = np.flatnonzero(orders["account"] == account)
        is_open = self.state.slots[orders["order_number"][places]] == places
        rows = orders[places[is_open]]
        return rows[np.argsort(rows["order_number"])]

    def need(self, account: int, instrument: int, side: Side, price: int, quantity: int) -> int:
        """Return what an order holds at once: money with its fees, or shares."""
        assert 0 <= instrument < self.state.venue[0]["instruments"]
        if side == Side.SELL:
            return quantity
        return int(need_of_buy(self.state, account, instrument, price, quantity))

    def most_to_buy(self, account: int, instrument: int, price: int) -> int:
        """Return the largest quantity in lots that an account can order at a price, 0 if none."""
        assert 0 <= instrument < self.state.venue[0]["instruments"]
        rules = self.state.instruments[instrument]
        least, step = int(rules["quantity_min"]), int(rules["quantity_step"])
        money = self.funds(account, Currency(rules["currency"])).available
        low, high = 0, (int(rules["quantity_max"]) - least) // step + 1
        while low < high:
            middle = (low + high + 1) // 2
            quantity = least + (middle - 1) * step
            if need_of_buy(self.state, account, instrument, price, quantity) <= money:
                low = middle
            else:
                high = middle - 1
        return least + (low - 1) * step if low else 0

    def most_to_sell(self, account: int, instrument: int) -> int:
        """Return how many shares an account can order to sell."""
        held = (row for row in self.holdings(account) if row.instrument == instrument)
        return next((row.sellable for row in held), 0)

    def ledger(self, account: int) -> np.ndarray:
        """Return the MOVEMENT rows of an account, in order."""
        movements = self.state.movements[: self.state.venue[0]["movements"]]
        return movements[movements["account"] == account]

    def count_open_orders(self) -> int:
        """Return how many orders are open in the venue."""
        return int(np.count_nonzero(self.state.slots[: self.state.venue[0]["orders"] + 1] != NONE))

    def affected(self, command: np.ndarray) -> list[Affected]:
        """Return what a COMMAND row would end now if it came, for each Currency."""
        sums = np.zeros((len(Currency), len(Affected._fields)), np.int64)
        add_affected(self.state, command, sums)
        return [Affected(*row) for row in sums.tolist()]

"""What orders hold of an account's money and shares, and what of them is left for others.

What is held is not kept: it is added up from the open orders whenever someone asks.  Money is in
1/10000 of the currency unit.
"""

from bisect import bisect_right
from typing import NamedTuple

from protocol.vocabulary import Reject, Side
from tests.naive.accounts import has_room_for_holding
from tests.naive.book import Order
from tests.naive.fees import fees_at, fees_of
from tests.naive.limits import refuse_beyond, refuse_price
from tests.naive.order_types import worst_allowed


class FundsNow(NamedTuple):
    """An account's money in one currency, what of it is free, and what it has earned."""

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


class HoldingNow(NamedTuple):
    """An account's shares of one instrument, and how many of them may be sold."""

    instrument: int
    total: int
    bought: int
    held: int
    frozen_day: int
    frozen_long: int
    pledged: int
    cost: int
    sellable: int


def need_of(venue, order: Order, price: int, leaves: int) -> int:
    """Return what a buy may still cost at a price."""
    rest = price * leaves
    return rest + fees_at(venue, order, order.turnover + rest) - order.charged


def funds_now(venue, number: int, currency: int) -> FundsNow:
    """Return how an account's money stands."""
    account = venue.accounts[number]
    funds, accrual = account.funds[currency], account.accruals[currency]
    held = sum(
        need_of(venue, order, order.price, order.leaves)
        for order in venue.orders_of[number].values()
        if order.side == Side.BUY and currency_of(venue, order.instrument) == currency
    )
    bound = held + funds.frozen_day + funds.frozen_long
    return FundsNow(
        funds.balance,
        held,
        funds.frozen_day,
        funds.frozen_long,
        funds.credit,
        funds.unsettled,
        funds.spent,
        funds.spending_max,
        available=funds.balance + funds.credit - bound,
        withdrawable=max(0, funds.balance - funds.unsettled - bound),
        product=accrual.product,
        interest=accrual.payable,
    )


def currency_of(venue, instrument: int) -> int:
    """Return the currency in which an instrument is traded."""
    return venue.instruments[instrument].listing["listed_currency"]


def holding_now(venue, number: int, instrument: int) -> HoldingNow:
    """Return how an account's shares of an instrument stand."""
    holding = venue.accounts[number].holdings[instrument]
    held = sum(
        order.leaves
        for order in venue.orders_of[number].values()
        if order.side == Side.SELL and order.instrument == instrument
    )
    bound = holding.bought + held + holding.frozen_day + holding.frozen_long + holding.pledged
    return HoldingNow(
        instrument,
        holding.total,
        holding.bought,
        held,
        holding.frozen_day,
        holding.frozen_long,
        holding.pledged,
        holding.cost,
        sellable=holding.total - bound,
    )


def sellable(venue, number: int, instrument: int) -> int:
    """Return how many shares of an instrument an account may sell."""
    if instrument not in venue.accounts[number].holdings:
        return 0
    return holding_now(venue, number, instrument).sellable


def available(venue, number: int, instrument: int) -> int:
    """Return how much money an account may spend on an instrument."""
    return funds_now(venue, number, currency_of(venue, instrument)).available


def may_sell_odd(venue, command: dict) -> bool:
    """Whether a sell that is not in lots takes all there is, or exactly what is no whole lot."""
    quantity, step = command["quantity"], venue.instruments[command["instrument"]].rules
    step = step["quantity_step"]
    most = sellable(venue, command["account"], command["instrument"])
    odd = most % step
    return quantity == most or (step > 1 and odd != 0 and quantity % step == odd)


def refuse_cover(venue, command: dict) -> Reject:
    """Return why an order goes beyond the limits, the shares or the money of its account."""
    number, instrument = command["account"], command["instrument"]
    price = worst_allowed(command, venue.instruments[instrument].listing)
    reason = refuse_beyond(venue, command, price)
    if reason != Reject.NOTHING:
        return reason
    if command["side"] == Side.SELL:
        is_short = command["quantity"] > sellable(venue, number, instrument)
        return Reject.INSUFFICIENT_SHARES if is_short else Reject.NOTHING
    value = price * command["quantity"]
    need = value + fees_before(venue, number, instrument, value)
    reason = refuse_need(venue, number, instrument, need)
    if reason == Reject.NOTHING and not has_room_for_holding(venue, number, instrument):
        return Reject.HOLDINGS_EXHAUSTED
    return reason


def refuse_need(venue, number: int, instrument: int, need: int) -> Reject:
    """Return why an account may not spend so much more on an instrument, or cannot."""
    now = funds_now(venue, number, currency_of(venue, instrument))
    if need > 0 and 0 < now.spending_max < now.spent + now.held + need:
        return Reject.SPENDING_TOO_LARGE
    return Reject.INSUFFICIENT_FUNDS if need > now.available else Reject.NOTHING


def fees_before(venue, number: int, instrument: int, turnover: int) -> int:
    """Return the fees of a buy that an account might enter."""
    listed = venue.instruments[instrument]
    terms = venue.accounts[number].terms
    return fees_of(Side.BUY, turnover, terms, listed.listing, listed.fees)


def refuse_growth(venue, order: Order, price: int, quantity: int) -> Reject:
    """Return why an open order would go beyond the limits, the shares or the money."""
    number, instrument = order.account, order.instrument
    account, listed = venue.accounts[number], venue.instruments[instrument]
    reason = refuse_price(account, listed, order.side, price, quantity)
    if reason != Reject.NOTHING:
        return reason
    if order.side == Side.SELL:
        is_short = quantity - order.leaves > sellable(venue, number, instrument)
        return Reject.INSUFFICIENT_SHARES if is_short else Reject.NOTHING
    growth = need_of(venue, order, price, quantity)
    growth -= need_of(venue, order, order.price, order.leaves)
    return refuse_need(venue, number, instrument, growth)


def most_to_buy(venue, number: int, instrument: int, price: int) -> int:
    """Return the largest quantity in lots that an account can pay for, 0 where there is none."""
    rules = venue.instruments[instrument].rules
    lots = range(rules["quantity_min"], rules["quantity_max"] + 1, rules["quantity_step"])

    def need(quantity: int) -> int:
        value = price * quantity
        return value + fees_before(venue, number, instrument, value)

    paid = bisect_right(lots, available(venue, number, instrument), key=need)
    return lots[paid - 1] if paid else 0

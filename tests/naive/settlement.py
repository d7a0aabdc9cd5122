"""What a trade does to the accounts of both sides, at once."""

from protocol.vocabulary import Side
from tests.naive.accounts import Holding
from tests.naive.book import Order, Trade
from tests.naive.cover import currency_of
from tests.naive.fees import CENT, fees_at


def settle(venue, trade: Trade) -> None:
    """Book a trade, in the order in which its sides hear of it.

    That matters for what is unsettled where an account trades with itself.
    """
    for order in trade.orders:
        turnover = trade.price * trade.quantity
        order.turnover += turnover
        fees = fees_at(venue, order, order.turnover) - order.charged
        if order.side == Side.SELL:
            # A sale never costs more than it brings; the rest is owed by the next fill.
            fees = min(fees, turnover // CENT * CENT)
        order.charged += fees
        currency = currency_of(venue, order.instrument)
        venue.fees[currency] += fees
        if order.side == Side.BUY:
            pay(venue, order, currency, turnover + fees)
            receive(venue, order, trade.quantity)
        else:
            take(venue, order, currency, turnover - fees)
            deliver(venue, order, trade.quantity)


def pay(venue, order: Order, currency: int, amount: int) -> None:
    """Take the money from the buyer, the unsettled part of it first."""
    funds = venue.accounts[order.account].funds[currency]
    funds.balance -= amount
    funds.spent += amount
    funds.unsettled = max(0, funds.unsettled - amount)
    holding_of(venue, order).cost += amount


def take(venue, order: Order, currency: int, amount: int) -> None:
    """Give the money to the seller, who may use it, but not withdraw it."""
    funds = venue.accounts[order.account].funds[currency]
    funds.balance += amount
    funds.spent -= amount
    funds.unsettled = max(0, funds.unsettled + amount)
    holding_of(venue, order).cost -= amount


def receive(venue, order: Order, quantity: int) -> None:
    """Give the shares to the buyer, who may have to wait for tomorrow to sell them."""
    holding = holding_of(venue, order)
    holding.total += quantity
    if venue.instruments[order.instrument].listing["settlement_days"] > 0:
        holding.bought += quantity


def deliver(venue, order: Order, quantity: int) -> None:
    """Take the shares from the seller."""
    holding_of(venue, order).total -= quantity


def holding_of(venue, order: Order) -> Holding:
    """Return the holding of an order's account in its instrument."""
    return venue.accounts[order.account].holdings[order.instrument]

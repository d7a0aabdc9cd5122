"""The book in obvious Python: for each side a list of the resting orders, best first.

The best buy is the dearest, the best sell the cheapest; of two orders at one price the older
one, which has the lower number, comes first.  Prices are in 1/10000 yuan, quantities in shares.
"""

from bisect import insort
from dataclasses import dataclass
from typing import NamedTuple

from protocol.vocabulary import Side


@dataclass(eq=False)
class Order:
    """An accepted order; `leaves` is what of it is still open."""

    number: int
    session: int
    client_seq: int
    account: int
    instrument: int
    side: int
    price: int
    leaves: int


class Trade(NamedTuple):
    """What two orders traded, and what each of them still had open afterwards."""

    price: int
    quantity: int
    orders: tuple[Order, Order]
    leaves: tuple[int, int]


class Book:
    """The resting orders of one instrument."""

    def __init__(self) -> None:
        self.bids: list[Order] = []
        self.asks: list[Order] = []

    def half(self, side: int) -> list[Order]:
        """Return the resting orders of `side`, best first."""
        return self.bids if side == Side.BUY else self.asks

    def rest(self, order: Order) -> None:
        """Put `order` behind all orders that are better, or as good and older."""
        insort(self.half(order.side), order, key=priority)

    def reduce(self, order: Order, quantity: int) -> None:
        """Take `quantity` shares off a resting order, which leaves the book when it is empty."""
        order.leaves -= quantity
        if order.leaves == 0:
            self.half(order.side).remove(order)

    def match(self, incoming: Order) -> list[Trade]:
        """Trade `incoming` with the best orders of the other side while the prices cross."""
        opposite = self.half(Side.SELL if incoming.side == Side.BUY else Side.BUY)
        trades = []
        while incoming.leaves > 0 and opposite and crosses(incoming, opposite[0]):
            resting = opposite[0]
            quantity = min(incoming.leaves, resting.leaves)
            incoming.leaves -= quantity
            self.reduce(resting, quantity)
            leaves = (incoming.leaves, resting.leaves)
            trades.append(Trade(resting.price, quantity, (incoming, resting), leaves))
        return trades

    def uncross(self, price: int, volume: int) -> list[Trade]:
        """Trade the best buys with the best sells at one price, until `volume` shares are done."""
        trades = []
        while volume > 0:
            bid, ask = self.bids[0], self.asks[0]
            quantity = min(volume, bid.leaves, ask.leaves)
            volume -= quantity
            self.reduce(bid, quantity)
            self.reduce(ask, quantity)
            trades.append(Trade(price, quantity, (bid, ask), (bid.leaves, ask.leaves)))
        return trades

    def is_crossed(self) -> bool:
        """Whether the best buy and the best sell could trade."""
        return bool(self.bids and self.asks) and crosses(self.bids[0], self.asks[0])


def priority(order: Order) -> tuple[int, int]:
    """Return what orders of one side are sorted by: price, then time."""
    return (-order.price if order.side == Side.BUY else order.price, order.number)


def crosses(order: Order, other: Order) -> bool:
    """Whether `order` may trade at the price of `other`, an order of the other side."""
    if order.side == Side.BUY:
        return order.price >= other.price
    return order.price <= other.price

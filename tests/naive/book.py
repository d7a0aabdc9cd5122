"""The book in obvious Python: for each side a list of the resting orders, best first.

The best buy is the dearest, the best sell the cheapest; of two orders at one price that one comes
first which has been there longer.  Prices are in 1/10000 yuan, quantities in shares.
"""

from bisect import insort
from dataclasses import dataclass, field
from typing import NamedTuple

from protocol.vocabulary import Place, Side


@dataclass(eq=False)
class Order:
    """An accepted order; `leaves` is what of it is still open.

    `placed` is the sequence of the command that gave it its place among those of its price,
    `terms` are the fields of the command that entered it.  Of an order in the book no more is
    shown than `display`, where that is not 0, and than `portion`, what is left of it.  Where there
    are accounts, `turnover` is what it has traded so far and `charged` are the fees of that.
    """

    number: int
    session: int
    client_seq: int
    account: int
    instrument: int
    side: int
    price: int
    leaves: int
    placed: int
    terms: dict = field(default_factory=dict)
    place: Place = Place.BOOK
    display: int = 0
    portion: int = 0
    turnover: int = 0
    charged: int = 0

    @property
    def shown(self) -> int:
        """What an incoming order may trade with before this one has to go behind the others."""
        return min(self.portion, self.leaves) if self.display else self.leaves


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
        order.portion = order.display
        insort(self.half(order.side), order, key=priority)

    def reduce(self, order: Order, quantity: int) -> None:
        """Take `quantity` shares off a resting order, which leaves the book when it is empty."""
        order.leaves -= quantity
        if order.leaves == 0:
            self.half(order.side).remove(order)

    def opposite(self, side: int) -> list[Order]:
        """Return the resting orders that one of `side` trades with, best first."""
        return self.half(Side.SELL if side == Side.BUY else Side.BUY)

    def best(self, side: int) -> int | None:
        """Return the best price of the resting orders of `side`, None where there are none."""
        half = self.half(side)
        return half[0].price if half else None

    def best_opposite(self, side: int) -> int | None:
        """Return the best price at which an order of `side` could trade, or None."""
        opposite = self.opposite(side)
        return opposite[0].price if opposite else None

    def trade(self, incoming: Order, resting: Order) -> Trade:
        """Trade as much as the one has and the other shows, at the resting order's price."""
        quantity = min(incoming.leaves, resting.shown)
        is_used_up = quantity == resting.shown
        incoming.leaves -= quantity
        resting.portion -= quantity
        self.reduce(resting, quantity)
        if is_used_up and resting.leaves > 0:
            self.half(resting.side).remove(resting)
            resting.placed = incoming.placed
            self.rest(resting)
        leaves = (incoming.leaves, resting.leaves)
        return Trade(resting.price, quantity, (incoming, resting), leaves)

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
        return bool(self.bids and self.asks) and may_trade(
            Side.BUY, self.bids[0].price, self.asks[0].price
        )


def priority(order: Order) -> tuple[int, int]:
    """Return what orders of one side are sorted by: price, then time."""
    return (-order.price if order.side == Side.BUY else order.price, order.placed)


def may_trade(side: int, limit: int, price: int) -> bool:
    """Whether an order of `side` that is limited to `limit` may trade at `price`."""
    return price <= limit if side == Side.BUY else price >= limit


def stricter(side: int, limit: int, other: int) -> int:
    """Return the limit that lets an order of `side` trade at fewer prices."""
    return min(limit, other) if side == Side.BUY else max(limit, other)

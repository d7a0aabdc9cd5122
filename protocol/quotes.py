"""Market data from a program: books rebuilt from what subscriptions bring.

    async with await QuotesClient.connect(host, port, user, password) as quotes:
        await quotes.subscribe("600519.SH", depth=5)
        while True:
            await quotes.receive()
            print(quotes.books["600519.SH"].bids)

`MarketBook` alone needs no socket: it takes the messages of one instrument.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from protocol.client import Client
from protocol.codec import decode_market_outbound, encode
from protocol.market import (
    DepthChanged,
    Indicative,
    IndicativeChanged,
    Level,
    LevelChange,
    OrderChanged,
    OrdersChanged,
    OrdersSnapshot,
    Resubscribe,
    ShownOrder,
    Snapshot,
    Status,
    StatusChanged,
    Subscribe,
    SubscriptionRefused,
    Totals,
    TotalsChanged,
    Unsubscribe,
    Update,
)
from protocol.messages import DayEnded, Message
from protocol.terminal import Terminal
from protocol.vocabulary import OrderChange, Side

Queue = dict[int, int]
"""What the orders at one price show, by order number, the oldest first."""


class MarketBook:
    """One instrument, as far as a subscription tells of it.

    `is_whole` says that nothing is missing: until the first Snapshot, and from a gap to the next
    one, it is not, and what comes meanwhile is left out.
    """

    def __init__(self) -> None:
        self.update = 0
        self.sequence = 0
        self.is_whole = False
        self.previous_close = 0
        self.status = Status()
        self.totals = Totals()
        self.indicative = Indicative()
        self.levels: dict[Side, dict[int, Level]] = {Side.BUY: {}, Side.SELL: {}}
        self.queues: dict[Side, dict[int, Queue]] = {Side.BUY: {}, Side.SELL: {}}
        self.shown: dict[int, ShownOrder] = {}

    @property
    def bids(self) -> list[Level]:
        """The levels of the buyers that are subscribed to, the dearest first."""
        return [self.levels[Side.BUY][price] for price in sorted(self.levels[Side.BUY])[::-1]]

    @property
    def asks(self) -> list[Level]:
        """The levels of the sellers that are subscribed to, the cheapest first."""
        return [self.levels[Side.SELL][price] for price in sorted(self.levels[Side.SELL])]

    def orders(self, side: Side) -> list[ShownOrder]:
        """Return the orders of a side, each before all that come after it."""
        queues = self.queues[side]
        prices = sorted(queues, reverse=side is Side.BUY)
        return [self.shown[number] for price in prices for number in queues[price]]

    def take(self, message: Snapshot | OrdersSnapshot | Update) -> bool:
        """Take the next message; return False where one before it is missing.

        Then a new Snapshot is needed.
        """
        if isinstance(message, Snapshot):
            if self.is_whole or not message.is_conflated:
                self.begin(message)
        elif isinstance(message, OrdersSnapshot):
            self.add(message)
        elif self.is_whole:
            self.is_whole = message.update == self.update + 1
            if not self.is_whole:
                return False
            self.update, self.sequence = message.update, message.sequence
            self.follow(message)
        return True

    def begin(self, snapshot: Snapshot) -> None:
        """Begin anew; orders, of which none was left out, stay where others were conflated."""
        self.is_whole = True
        self.update, self.sequence = snapshot.update, snapshot.sequence
        self.previous_close = snapshot.previous_close
        self.status = status_of(snapshot)
        self.totals = totals_of(snapshot)
        self.indicative = Indicative(
            snapshot.indicative_price,
            snapshot.matched,
            snapshot.unmatched_bids,
            snapshot.unmatched_asks,
        )
        self.levels[Side.BUY] = {level.price: level for level in snapshot.bids}
        self.levels[Side.SELL] = {level.price: level for level in snapshot.asks}
        if not snapshot.is_conflated:
            self.shown = {}
            self.queues = {Side.BUY: {}, Side.SELL: {}}

    def add(self, page: OrdersSnapshot) -> None:
        """Add the orders of a page of a snapshot."""
        for order in page.orders:
            self.append(order)

    def follow(self, message: Update) -> None:
        """Do what an update says that has happened."""
        match message:
            case DepthChanged():
                for level in message.levels:
                    self.set_level(level)
            case OrdersChanged():
                for order in message.orders:
                    self.change(order)
            case StatusChanged():
                self.status = status_of(message)
            case TotalsChanged():
                self.totals = totals_of(message)
            case IndicativeChanged():
                self.indicative = Indicative(
                    message.price,
                    message.matched,
                    message.unmatched_bids,
                    message.unmatched_asks,
                )

    def set_level(self, change: LevelChange) -> None:
        """Let a level look as a change says."""
        levels = self.levels[change.side]
        if change.quantity:
            levels[change.price] = Level(change.price, change.quantity, change.orders)
        else:
            del levels[change.price]

    def change(self, change: OrderChanged) -> None:
        """Let an order look as a change says."""
        order = ShownOrder(change.order_number, change.side, change.price, change.quantity)
        if change.change is OrderChange.ADDED:
            self.append(order)
        elif change.change is OrderChange.REMOVED:
            self.take_off(order.order_number)
        elif change.loses_place:
            self.take_off(order.order_number)
            self.append(order)
        else:
            self.shown[order.order_number] = order
            self.queues[order.side][order.price][order.order_number] = order.quantity

    def append(self, order: ShownOrder) -> None:
        """Put an order behind all others of its price."""
        self.shown[order.order_number] = order
        self.queues[order.side].setdefault(order.price, {})[order.order_number] = order.quantity

    def take_off(self, order_number: int) -> None:
        """Take an order off its price."""
        order = self.shown.pop(order_number)
        queue = self.queues[order.side][order.price]
        del queue[order_number]
        if not queue:
            del self.queues[order.side][order.price]


def status_of(message: Snapshot | StatusChanged) -> Status:
    return Status(message.phase, message.hold, message.close)


def totals_of(message: Snapshot | TotalsChanged) -> Totals:
    return Totals(*(getattr(message, name) for name in Totals._fields))


class Viewer(Terminal):
    """The client half of a session of market data, without a socket.

    `books` are by instrument; `lost` are those in which a message is missing.
    """

    decode: Callable[[bytes], Message] = staticmethod(decode_market_outbound)

    def __init__(self) -> None:
        super().__init__()
        self.books: dict[str, MarketBook] = {}
        self.lost: list[str] = []

    def subscribe(
        self,
        instrument: str = "",
        *,
        depth: int = 10,
        trades: bool = True,
        orders: bool = False,
        interval_ms: int = 0,
    ) -> bytes:
        """Return the frame that subscribes to an instrument, to all where none is named.

        Depth is 0, 5 or 10 levels; with an interval, it comes at most so often.
        """
        return encode(Subscribe(instrument, depth, trades, orders, interval_ms))

    def unsubscribe(self, instrument: str = "") -> bytes:
        """Return the frame that ends a subscription, all of them where no instrument is named."""
        return encode(Unsubscribe(instrument))

    def resubscribe(self, instrument: str) -> bytes:
        """Return the frame that asks for a new Snapshot."""
        return encode(Resubscribe(instrument))

    def count(self, message: Any) -> bool:
        """Let the book of its instrument take a message of market data."""
        if not isinstance(message, DayEnded | SubscriptionRefused):
            book = self.books.setdefault(message.instrument, MarketBook())
            if not book.take(message):
                self.lost.append(message.instrument)
        return True

    def requests_anew(self) -> Iterator[bytes]:
        """Yield the frames that ask for what is missing, each once."""
        while self.lost:
            yield self.resubscribe(self.lost.pop())


class QuotesClient(Client):
    """A session of market data over asyncio streams; the venue takes no orders in it.

    Where a message is missing it asks for a new Snapshot by itself.
    """

    terminal: Viewer

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self.terminal = Viewer()

    @property
    def books(self) -> dict[str, MarketBook]:
        """The books of all instruments of which something has come."""
        return self.terminal.books

    async def subscribe(
        self,
        instrument: str = "",
        *,
        depth: int = 10,
        trades: bool = True,
        orders: bool = False,
        interval_ms: int = 0,
    ) -> None:
        """Subscribe to an instrument, to all where none is named: see `Viewer.subscribe`."""
        await self.write(
            self.terminal.subscribe(
                instrument, depth=depth, trades=trades, orders=orders, interval_ms=interval_ms
            )
        )

    async def unsubscribe(self, instrument: str = "") -> None:
        """Be sent nothing more of an instrument, of all where none is named."""
        await self.write(self.terminal.unsubscribe(instrument))

    async def receive(self) -> Message:
        """Return the next message, which its book has taken; SessionEnded as with Client."""
        message = await super().receive()
        for frame in self.terminal.requests_anew():
            await self.write(frame)
        return message

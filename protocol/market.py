"""Market data: what a client subscribes to, and what it is sent (docs/protocol/market-data.md).

These messages travel on a port of their own.  All that is sent of one instrument in one
subscription is numbered by `update`: a Snapshot names the update that it stands on, and every
message behind it has the next number.  `sequence` is that of the last command that had a part in
it.  Prices and turnover are in 1/10000 of the currency unit, quantities in shares, times in
nanoseconds since 1970 UTC.
"""

from typing import NamedTuple

from msgspec import Struct

from protocol.message import I8, I32, I64, Message, Name, Text
from protocol.messages import DayEnded, Inbound, Outbound
from protocol.vocabulary import Hold, Liquidity, OrderChange, Phase, Side, SubscribeReject

DEPTHS = (0, 5, 10)
"""How many levels of each side a subscription may ask for."""

INTERVALS_MS = (0, 10, 100, 500, 1_000, 3_000)
"""How far apart levels may be asked for; few, so that many subscriptions share one feed."""

ORDERS_MAX = 16_000
"""Orders in one message; more are sent in several."""


class Status(NamedTuple):
    """How an instrument stands; `close` is 0 before there is a closing price."""

    phase: Phase = Phase.CLOSED
    hold: Hold = Hold.NONE
    close: int = 0


class Totals(NamedTuple):
    """What has traded of an instrument today; all 0 before the first trade."""

    last: int = 0
    open: int = 0
    high: int = 0
    low: int = 0
    volume: int = 0
    turnover: int = 0
    trades: int = 0


class Indicative(NamedTuple):
    """What a call auction would do now; all 0 where nothing crosses, or there is none."""

    price: int = 0
    matched: int = 0
    unmatched_bids: int = 0
    unmatched_asks: int = 0


class Row(Struct, array_like=True, gc=False):
    """A part of a message that comes many times; an array of its fields."""


class Level(Row):
    """What is shown at one price: shares, and in how many orders."""

    price: I32
    quantity: I64
    orders: I32


class LevelChange(Row):
    """A level as it is now; its quantity is 0 where it is gone, or not of the best any more."""

    side: Side
    price: I32
    quantity: I64
    orders: I32


class ShownOrder(Row):
    """An order of the book with what it shows."""

    order_number: I64
    side: Side
    price: I32
    quantity: I32


class OrderChanged(Row):
    """What became of an order of the book; where it loses its place, it is behind all others of its
    price now.  REMOVED, it shows what it did at last."""

    change: OrderChange
    order_number: I64
    side: Side
    price: I32
    quantity: I32
    loses_place: bool


class Subscribe(Message, tag=25):
    """Be sent what is asked for of an instrument, of all where it is empty.

    A second one of the same instrument takes the place of the first.
    """

    instrument: Name = ""
    depth: I8 = 10
    trades: bool = True
    orders: bool = False
    interval_ms: I32 = 0


class Unsubscribe(Message, tag=26):
    """Be sent nothing more of an instrument, of all where it is empty."""

    instrument: Name = ""


class Resubscribe(Message, tag=27):
    """Have a new Snapshot of an instrument that is subscribed to."""

    instrument: Name


class Snapshot(Message, tag=96):
    """An instrument as it looks now; all updates up to `update` are in it.

    `is_conflated` where messages were left out because the client did not read: of depth, totals
    and indications, never of trades, orders and status.
    """

    instrument: Name
    update: I64
    sequence: I64
    time: I64
    is_conflated: bool
    phase: Phase
    hold: Hold
    previous_close: I32
    open: I32
    high: I32
    low: I32
    last: I32
    close: I32
    volume: I64
    turnover: I64
    trades: I32
    indicative_price: I32
    matched: I64
    unmatched_bids: I64
    unmatched_asks: I64
    bids: list[Level]
    asks: list[Level]


class OrdersSnapshot(Message, tag=97):
    """The orders of the book behind a Snapshot, in their turn; one message or more."""

    instrument: Name
    update: I64
    is_last: bool
    orders: list[ShownOrder]


class DepthChanged(Message, tag=98):
    """Levels of the book, as many of the best as are subscribed to, look different."""

    instrument: Name
    update: I64
    sequence: I64
    time: I64
    levels: list[LevelChange]


class Trade(Message, tag=99):
    """Two orders traded; `side` is that of the incoming one, nil where there was none."""

    instrument: Name
    update: I64
    sequence: I64
    time: I64
    trade_number: I32
    price: I32
    quantity: I32
    side: Side | None
    liquidity: Liquidity


class OrdersChanged(Message, tag=100):
    """Orders of the book look different, one after the other."""

    instrument: Name
    update: I64
    sequence: I64
    time: I64
    orders: list[OrderChanged]


class StatusChanged(Message, tag=101):
    """An instrument is in another phase, is held or goes on, or has its closing price."""

    instrument: Name
    update: I64
    sequence: I64
    time: I64
    phase: Phase
    hold: Hold
    close: I32


class TotalsChanged(Message, tag=102):
    """An instrument has traded: its prices, and what has traded today in all."""

    instrument: Name
    update: I64
    sequence: I64
    time: I64
    last: I32
    open: I32
    high: I32
    low: I32
    volume: I64
    turnover: I64
    trades: I32


class IndicativeChanged(Message, tag=103):
    """A call auction would do something else now; all 0 where nothing crosses, or it is over."""

    instrument: Name
    update: I64
    sequence: I64
    time: I64
    price: I32
    matched: I64
    unmatched_bids: I64
    unmatched_asks: I64


class SubscriptionRefused(Message, tag=104):
    """Nothing came of a subscription."""

    instrument: Name
    reason: SubscribeReject
    text: Text


Request = Subscribe | Unsubscribe | Resubscribe

Update = DepthChanged | Trade | OrdersChanged | StatusChanged | TotalsChanged | IndicativeChanged
"""What is numbered behind a Snapshot."""

Told = Snapshot | OrdersSnapshot | Update | DayEnded | SubscriptionRefused
"""What a subscription brings."""

MarketInbound = Inbound | Request
"""What a client may send to the port of market data; orders are refused there by name."""

MarketOutbound = Outbound | Told
"""What the venue may send there."""

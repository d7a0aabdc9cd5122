"""A feed: what is told of instruments to all who have subscribed to them in the same form.

It remembers what it has told, so that a Snapshot is what all messages up to its update would have
made, and a message is made and encoded once for all who hear it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from engine.public_book import Changes, PublicBook
from engine.questions import Indicative
from protocol.codec import encode
from protocol.market import (
    ORDERS_MAX,
    DepthChanged,
    IndicativeChanged,
    Level,
    LevelChange,
    OrderChanged,
    OrdersChanged,
    OrdersSnapshot,
    ShownOrder,
    Snapshot,
    StatusChanged,
    Totals,
    TotalsChanged,
    Trade,
    Update,
)
from protocol.vocabulary import Liquidity, OrderChange, Side

NANOSECONDS_PER_MS = 1_000_000

SIDES = tuple(Side)
CHANGES = dict(zip(map(int, OrderChange), OrderChange, strict=True))
LIQUIDITY = tuple(Liquidity)
"""Words by number: looking one up takes a tenth of the time of making one."""


class Form(NamedTuple):
    """What a subscription asks for; an interval of 0 is every update."""

    depth: int
    trades: bool
    orders: bool
    interval_ms: int


class At(NamedTuple):
    """How far the venue has come: the sequence and time of its last command."""

    sequence: int
    time: int


class Told(NamedTuple):
    """Messages about an instrument, in order, and their frames."""

    instrument: int
    messages: list[Update]
    frames: bytes


class Listener(Protocol):
    """Who hears feeds."""

    def hear(self, feed: "Feed", told: list[Told]) -> None:
        """Take what a feed tells."""

    def tell_end(self) -> None:
        """Take notice that the day has ended."""


class Feed:
    """The messages of one form; `listeners` hear them, each of so many instruments."""

    def __init__(self, form: Form, book: PublicBook, symbols: Sequence[str]) -> None:
        self.form = form
        self.book = book
        self.symbols = symbols
        self.listeners: Counter[Listener] = Counter()
        self.followers = np.zeros(len(symbols), np.int32)
        self.updates = np.zeros(len(symbols), np.int64)
        self.levels = book.no_levels(form.depth)
        self.totals: dict[int, Totals] = {}
        self.indicatives: dict[int, Indicative] = {}
        self.is_behind = np.zeros(len(symbols), bool)
        self.has_traded = np.zeros(len(symbols), bool)
        self.last_depth = 0
        self.messages: defaultdict[int, list[Update]] = defaultdict(list)

    def follow(self, listener: Listener, instrument: int) -> None:
        """Begin to tell a listener of an instrument; it needs a snapshot first."""
        if self.followers[instrument] == 0:
            self.is_behind[instrument] = self.has_traded[instrument] = False
            places = np.array([instrument], np.int32)
            self.book.level_changes(self.levels, places)
            self.totals[instrument] = self.book.totals(instrument)
            self.indicatives[instrument] = self.book.indicatives(places)[0]
        self.followers[instrument] += 1
        self.listeners[listener] += 1

    def leave(self, listener: Listener, instrument: int) -> None:
        """Tell a listener of an instrument no more."""
        self.followers[instrument] -= 1
        self.listeners[listener] -= 1
        if self.listeners[listener] == 0:
            del self.listeners[listener]

    def followed(self, instruments: np.ndarray) -> np.ndarray:
        """Return those of the instruments of which anybody is told."""
        return instruments[self.followers[instruments] > 0]

    def tell(self, changes: Changes, at: At, now: int) -> list[Told]:
        """Return what is told of changes; `now` in nanoseconds decides whether depth is due."""
        self.is_behind[self.followed(changes.instruments)] = True
        for instrument in self.followed(changes.of_status).tolist():
            self.add(StatusChanged, instrument, at, *self.book.status(instrument))
        trades = self.of_followed(changes.trades)
        self.has_traded[trades["instrument"]] = True
        if self.form.trades:
            self.tell_trades(trades)
        if self.form.orders:
            self.tell_orders(self.of_followed(changes.orders), at)
        return self.tell_depth(at, now)

    def of_followed(self, rows: np.ndarray) -> np.ndarray:
        """Return those of the rows that are of instruments of which anybody is told."""
        return rows[self.followers[rows["instrument"]] > 0]

    def tell_trades(self, trades: np.ndarray) -> None:
        for sequence, time, number, price, quantity, instrument, side, liquidity in trades.tolist():
            came_in = SIDES[side] if liquidity == Liquidity.INCOMING else None
            fields = (number, price, quantity, came_in, LIQUIDITY[liquidity])
            self.add(Trade, instrument, At(sequence, time), *fields)

    def tell_orders(self, orders: np.ndarray, at: At) -> None:
        by_instrument: defaultdict[int, list[OrderChanged]] = defaultdict(list)
        for number, price, quantity, instrument, change, side, loses, _ in orders.tolist():
            row = OrderChanged(CHANGES[change], number, SIDES[side], price, quantity, bool(loses))
            by_instrument[instrument].append(row)
        for instrument, rows in by_instrument.items():
            for start in range(0, len(rows), ORDERS_MAX):
                self.add(OrdersChanged, instrument, at, rows[start : start + ORDERS_MAX])

    def tell_depth(self, at: At, now: int) -> list[Told]:
        """Return all that is to be told, with depth, totals and indications where they are due."""
        interval = self.form.interval_ms * NANOSECONDS_PER_MS
        if now - self.last_depth >= interval and self.is_behind.any():
            self.last_depth = now
            instruments = np.flatnonzero(self.is_behind).astype(np.int32)
            self.is_behind[instruments] = False
            self.tell_levels(instruments, at)
            self.tell_totals(at)
            self.tell_indicatives(instruments, at)
        told = [
            Told(instrument, messages, b"".join(map(encode, messages)))
            for instrument, messages in self.messages.items()
        ]
        self.messages.clear()
        return told

    def tell_levels(self, instruments: np.ndarray, at: At) -> None:
        by_instrument: defaultdict[int, list[LevelChange]] = defaultdict(list)
        changes = self.book.level_changes(self.levels, instruments)
        for quantity, price, orders, instrument, side in changes.tolist():
            by_instrument[instrument].append(LevelChange(SIDES[side], price, quantity, orders))
        for instrument, rows in by_instrument.items():
            self.add(DepthChanged, instrument, at, rows)

    def tell_totals(self, at: At) -> None:
        for instrument in np.flatnonzero(self.has_traded).tolist():
            self.totals[instrument] = self.book.totals(instrument)
            self.add(TotalsChanged, instrument, at, *self.totals[instrument])
        self.has_traded[:] = False

    def tell_indicatives(self, instruments: np.ndarray, at: At) -> None:
        found = self.book.indicatives(instruments)
        for instrument, indicative in zip(instruments.tolist(), found, strict=True):
            if indicative != self.indicatives[instrument]:
                self.indicatives[instrument] = indicative
                self.add(IndicativeChanged, instrument, at, *indicative)

    def add(self, form: Callable[..., Update], instrument: int, at: At, *fields: Any) -> None:
        """Number a message about an instrument, to be told."""
        self.updates[instrument] += 1
        update = int(self.updates[instrument])
        self.messages[instrument].append(form(self.symbols[instrument], update, *at, *fields))

    def snapshot(self, instrument: int, at: At, is_conflated: bool) -> Snapshot:
        """Return what all messages about an instrument up to now have told."""
        status, totals = self.book.status(instrument), self.totals[instrument]
        return Snapshot(
            self.symbols[instrument],
            int(self.updates[instrument]),
            *at,
            is_conflated,
            status.phase,
            status.hold,
            self.book.previous_close(instrument),
            totals.open,
            totals.high,
            totals.low,
            totals.last,
            status.close,
            totals.volume,
            totals.turnover,
            totals.trades,
            *self.indicatives[instrument],
            bids=levels_of(self.levels[instrument, Side.BUY]),
            asks=levels_of(self.levels[instrument, Side.SELL]),
        )

    def order_pages(self, instrument: int) -> list[OrdersSnapshot]:
        """Return all orders of a book, in one message or more."""
        orders = self.book.orders_in_turn(instrument).tolist()
        rows = [
            ShownOrder(number, Side(side), price, quantity)
            for number, price, quantity, _, _, side, *_ in orders
        ]
        update = int(self.updates[instrument])
        return [
            OrdersSnapshot(
                self.symbols[instrument],
                update,
                start + ORDERS_MAX >= len(rows),
                rows[start : start + ORDERS_MAX],
            )
            for start in range(0, max(1, len(rows)), ORDERS_MAX)
        ]


def levels_of(rows: np.ndarray) -> list[Level]:
    """Return PRICED rows as levels, without those that are none."""
    return [Level(price, quantity, orders) for quantity, price, orders in rows.tolist() if price]

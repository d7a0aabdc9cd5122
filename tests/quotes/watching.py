"""Consumers of market data without sockets, and what the naive venue says that they must see."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from engine.venue import Limits, Venue
from gateway.quotes.publisher import Publisher
from gateway.quotes.viewing import Viewing
from protocol.codec import decode_market_inbound
from protocol.framing import LENGTH
from protocol.market import Indicative, Level, ShownOrder, Status, Totals
from protocol.messages import Message
from protocol.quotes import MarketBook, Viewer
from protocol.vocabulary import Hold, Liquidity, Phase, ReportKind, Side
from tests.commands import BUSINESS_DATE
from tests.naive.book import Order
from tests.naive.venue import NaiveVenue
from tests.trading import Market

SHARE, OTHER = "600000.SH", "600001.SH"


class Watcher:
    """A consumer and its half of a session at the venue; what is sent arrives at once."""

    def __init__(self, publisher: Publisher) -> None:
        self.viewer = Viewer()
        self.viewing = Viewing(publisher, self.arrive, self.be_cut)
        self.heard: list[Message] = []
        self.bytes = bytearray()
        self.is_cut = False

    def arrive(self, frames: bytes) -> None:
        self.bytes += frames
        self.heard += self.viewer.receive(frames)

    def be_cut(self) -> None:
        self.is_cut = True
        self.viewing.leave()

    def ask(self, frame: bytes) -> None:
        """Let the venue have a request."""
        self.viewing.take(decode_market_inbound(frame[LENGTH.size :]))

    def subscribe(self, instrument: str = "", **options) -> "Watcher":
        """Subscribe, and return this."""
        self.ask(self.viewer.subscribe(instrument, **options))
        return self

    def hear(self) -> list[Message]:
        """Return what has arrived since the last time."""
        heard, self.heard = self.heard, []
        return heard

    def book(self, symbol: str) -> MarketBook:
        """Return what is known of an instrument."""
        return self.viewer.books[symbol]


def levels_of(orders: Iterable[Order], depth: int) -> list[Level]:
    """Return the best levels of the orders of a half, as they are shown."""
    levels: dict[int, Level] = {}
    for order in orders:
        level = levels.setdefault(order.price, Level(order.price, 0, 0))
        level.quantity += order.shown
        level.orders += 1
    return list(levels.values())[:depth]


def orders_of(orders: Iterable[Order]) -> list[ShownOrder]:
    """Return the orders of a half in their turn, as they are shown."""
    return [ShownOrder(one.number, Side(one.side), one.price, one.shown) for one in orders]


def assert_sees(naive: NaiveVenue, number: int, book: MarketBook, depth: int, orders: bool) -> None:
    """Assert that a consumer knows an instrument as the naive venue does."""
    instrument = naive.instruments[number]
    assert book.is_whole
    assert book.bids == levels_of(instrument.book.bids, depth)
    assert book.asks == levels_of(instrument.book.asks, depth)
    if orders:
        assert book.orders(Side.BUY) == orders_of(instrument.book.bids)
        assert book.orders(Side.SELL) == orders_of(instrument.book.asks)
    hold = Hold(max(instrument.hold, naive.hold))
    assert book.status == Status(Phase(instrument.phase), hold, instrument.close)
    assert book.previous_close == instrument.listing["previous_close"]


def totals_of(reports: np.ndarray, last: int, first: int) -> Totals:
    """Return what the buyers' reports of an instrument's trades add up to."""
    bought = reports[(reports["kind"] == ReportKind.TRADED) & (reports["side"] == Side.BUY)]
    if not len(bought):
        return Totals()
    prices, shares = bought["price"].astype(object), bought["quantity"].astype(object)
    of_book = bought["price"][bought["liquidity"] != Liquidity.FIXED_PRICE].tolist() or [0]
    turnover = int((prices * shares).sum())
    return Totals(last, first, max(of_book), min(of_book), int(shares.sum()), turnover, len(bought))


def indicative_of(naive: NaiveVenue, number: int, in_call: bool) -> Indicative:
    """Return what the call auction of an instrument would do."""
    return Indicative(*naive.indicative(number)) if in_call else Indicative()


class Shown:
    """A venue, as far as a market cares, whose commands a publisher applies, at the time `now`."""

    def __init__(self, symbols: list[str], limits: Limits) -> None:
        self.venue = Venue(limits)
        self.publisher = Publisher(self.venue, symbols, BUSINESS_DATE)
        self.now = 0
        self.reports: list[np.ndarray] = []
        self.venue.applied = self.overheard(self.venue.applied)

    def overheard(self, applied: Callable) -> Callable:
        """Return what applies commands, with its reports kept."""

        def keeping(commands: np.ndarray) -> Iterator[np.ndarray]:
            for reports in applied(commands):
                self.reports.append(reports.copy())
                yield reports

        return keeping

    def apply(self, commands: np.ndarray) -> np.ndarray:
        """Have commands published; return what the venue reports on them."""
        self.reports = []
        self.publisher.apply(commands, self.now)
        return np.concatenate(self.reports)


def trade_some(market: Market) -> None:
    """Let orders come, stay, trade, lose their place and go."""
    market.alice.sells(500, at="10.00", display_quantity=200)
    market.bob.sells(100, at="10.00")
    market.bob.sells(100, at="10.02")
    market.carol.buys(300, at="10.00")
    market.bob.cancels()
    market.carol.buys(100, at="9.90")


def differences(one: MarketBook, other: MarketBook) -> list[str]:
    """Return what two consumers do not know alike, whatever has made them know it."""
    names = ("bids", "asks", "status", "totals", "indicative", "previous_close")
    sides = [side.name for side in Side if one.orders(side) != other.orders(side)]
    return sides + [name for name in names if getattr(one, name) != getattr(other, name)]


def assert_same(one: MarketBook, other: MarketBook) -> None:
    """Assert that two consumers know the same."""
    assert differences(one, other) == []

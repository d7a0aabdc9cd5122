"""`cuohe quotes` beside a gateway that trades, over TCP: together, one without the other, to the
end of the day."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bench.child import PASSWORD, ChildGateway, ChildQuotes, GatewayFailed
from engine.storage.segments import read_journal
from engine.venue import Venue
from gateway.room import room_for
from protocol.client import BlockingClient
from protocol.market import Level, Snapshot, Trade
from protocol.messages import DayEnded, PhaseChanged
from protocol.quotes import MarketBook, QuotesClient
from protocol.terminal import LoginRefused, SessionEnded
from protocol.vocabulary import Phase, Side
from tests.gateway.conftest import configure, daybook_of, dial, edit
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter

__all__ = ["dial"]

SECONDS = 30

Watches = Callable[[QuotesClient], Awaitable[None]]


@pytest.fixture
def config(tmp_path):
    """A configuration of terminals and an operator, whose journal is on the disk."""
    return configure(tmp_path, journal="sync")


def watched(quotes: ChildQuotes, watches: Watches, user: str = "terminal1") -> None:
    """Log in at the market data as a user, and let `watches` have the session for a while."""

    async def watch() -> None:
        async with asyncio.timeout(SECONDS):
            host, port = quotes.host, quotes.port
            async with await QuotesClient.connect(host, port, user, PASSWORD) as client:
                await watches(client)

    asyncio.run(watch())


def until(is_seen: Callable[[MarketBook], bool], **form) -> Watches:
    """Return what subscribes to the share and reads until something is seen."""

    async def watches(client: QuotesClient) -> None:
        await client.subscribe(MOUTAI, orders=True, **form)
        while MOUTAI not in client.books or not is_seen(client.books[MOUTAI]):
            await client.receive()

    return watches


def begin(gateway: ChildGateway, dial) -> BlockingClient:
    """Begin continuous trading; return a terminal."""
    operator = dial(gateway, "operator")
    operator.change_phase(Phase.CONTINUOUS)
    assert isinstance(operator.receive(), PhaseChanged)
    return dial(gateway, "terminal1")


def offers(price: int, quantity: int, orders: int = 1) -> Callable[[MarketBook], bool]:
    """Return what says whether this is all that is offered."""
    return lambda book: book.asks == [Level(price, quantity, orders)]


def bids(orders: int) -> Callable[[MarketBook], bool]:
    """Return what says whether so many lots are bid for."""
    return lambda book: book.is_whole and book.bids == [Level(PRICE, 100 * orders, orders)]


def assert_same_as_journal(config, book: MarketBook) -> None:
    """Assert that a consumer knows what the venue itself says behind its journal."""
    commands = read_journal(daybook_of(config).journal)
    venue = Venue(room_for(commands))
    venue.apply(commands)
    number = commands["instrument"][commands["kind"] == 1][0]
    for side, levels in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
        expected = venue.depth(number, side, 10)
        assert [(one.price, one.quantity, one.orders) for one in levels] == expected


async def mallory_may_not_log_in(client: QuotesClient) -> None:
    host, port = client.writer.get_extra_info("peername")
    with pytest.raises(LoginRefused, match="UNKNOWN_USER_OR_PASSWORD"):
        await QuotesClient.connect(host, port, "terminal2", "sesame?")


async def orders_are_refused(client: QuotesClient) -> None:
    await client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    with pytest.raises(SessionEnded, match="MESSAGE_UNEXPECTED: EnterOrder"):
        while True:
            await client.receive()


def test_what_is_traded_over_the_wire_is_seen(config, dial):
    with ChildGateway(config) as gateway, ChildQuotes(config) as quotes:
        terminal = begin(gateway, dial)
        terminal.enter(1001, MOUTAI, Side.SELL, PRICE, 300)

        async def watches(client: QuotesClient) -> None:
            await until(offers(PRICE, 300))(client)
            terminal.enter(1002, MOUTAI, Side.BUY, PRICE, 100)
            while not isinstance(message := await client.receive(), Trade):
                pass
            assert (message.price, message.quantity, message.side) == (PRICE, 100, Side.BUY)
            while not offers(PRICE, 200)(client.books[MOUTAI]):
                await client.receive()
            assert_same_as_journal(config, client.books[MOUTAI])
            await mallory_may_not_log_in(client)
            await orders_are_refused(client)

        watched(quotes, watches)
        edit(config, "{port=0}", f"{{port={gateway.port}}}")
        with pytest.raises(GatewayFailed, match="quotes: cannot listen"):
            ChildQuotes(config).__enter__()


def test_quotes_that_are_killed_take_up_the_day_again_and_trading_goes_on(config, dial):
    with ChildGateway(config) as gateway:
        terminal = begin(gateway, dial)
        with ChildQuotes(config) as quotes:
            terminal.send(rows_to_enter(1, 500))
            watched(quotes, until(bids(500)))
            quotes.kill()
        terminal.send(rows_to_enter(501, 500))
        assert terminal.log_out()
        with ChildQuotes(config) as quotes:
            watched(quotes, until(bids(1_000)))
            assert quotes.stop() == 0
        assert gateway.stop() == 0


def test_a_gateway_that_is_killed_and_starts_again_is_followed(config, dial):
    with ChildGateway(config) as gateway, ChildQuotes(config) as quotes:
        begin(gateway, dial).send(rows_to_enter(1, 100))
        watched(quotes, until(bids(100)))
        gateway.kill()
        with ChildGateway(config) as again:
            dial(again, "terminal1").send(rows_to_enter(101, 100))
            watched(quotes, until(bids(200)))


def test_quotes_wait_for_the_day_to_be_opened_and_stay_behind_its_end(config, dial):
    edit(config, 'journal = "sync"', 'journal = "buffered"')
    quotes = ChildQuotes(config)
    quotes.launch()
    try:
        with ChildGateway(config) as gateway:
            quotes.wait_until_it_listens()
            operator = dial(gateway, "operator")

            async def watches(client: QuotesClient) -> None:
                await client.subscribe(MOUTAI)
                assert isinstance(await client.receive(), Snapshot)
                operator.close_day()
                await hears_the_end(client)

            watched(quotes, watches)
            assert gateway.stop() == 0
        watched(quotes, joins_late)
        assert quotes.stop() == 0
    finally:
        quotes.__exit__()


async def joins_late(client: QuotesClient) -> None:
    await client.subscribe()
    await hears_the_end(client)
    assert len(client.books) == len(client.session.instruments)


async def hears_the_end(client: QuotesClient) -> None:
    while not isinstance(await client.receive(), DayEnded):
        pass


def test_without_a_journal_there_is_nothing_to_follow(tmp_path):
    config = configure(tmp_path, journal="none")
    with pytest.raises(GatewayFailed, match="no journal to follow; choose sync or"):
        ChildQuotes(config).__enter__()

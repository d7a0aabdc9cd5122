"""Clients that trade through a thousand cuts have heard exactly what the engine made."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from ssl import SSLContext

import pytest
import uvloop

from bench.child import OPERATOR, PASSWORD, ChildGateway
from protocol.client import BlockingClient
from protocol.steady import SteadyBlockingClient, SteadyClient
from protocol.vocabulary import Phase
from tests.chaos.proxy import End, Fate, Proxy, running, usual_fate
from tests.chaos.traders import Trader, hear_what_is_there
from tests.crash.seeds import seeds
from tests.gateway.conftest import configure, daybook_of
from tests.gateway.test_tls import TLS, Papers

TRADERS = 10
ORDERS = 2_000_000
PACE_SECONDS = 0.002
CUTS, BLOCKING_CUTS, LONG_CUTS = 800, 200, 10_000
TLS_CUTS = 150
CUTS_BETWEEN_KILLS, KILLS = 60, 4
WAITING_SECONDS = 240

ASKED_MIN = 10
"""What even the unluckiest trader has asked for."""


def configure_chaos(folder: Path, **options) -> Path:
    return configure(folder, terminals=[1] * TRADERS, orders=ORDERS, **options)


def traders(seed: int, count: int = TRADERS) -> list[Trader]:
    """Return traders of whom every other one takes packed reports."""
    return [Trader(number, seed, packed=number % 2 == 0) for number in range(1, count + 1)]


def begin_trading(gateway: ChildGateway, tls: SSLContext | None = None) -> None:
    with BlockingClient(gateway.host, gateway.port, OPERATOR, PASSWORD, tls=tls) as operator:
        operator.change_phase(Phase.CONTINUOUS)
        operator.receive()


async def trade(
    trader: Trader, proxy: Proxy, is_over: asyncio.Event, all_done: asyncio.Barrier
) -> None:
    """Trade until it is over; then hear what is still to come, over a line that holds.

    Nobody leaves before all have their answers, because until then each may trade with the others.
    """
    client = await SteadyClient.connect("127.0.0.1", proxy.port, **trader.login)
    trader.begin(client)
    hearing = asyncio.create_task(hear(trader, client))
    while not is_over.is_set():
        await trader.ask(client)
        await asyncio.sleep(PACE_SECONDS * trader.random.random())
    while client.lifeline.outbox.items:
        await asyncio.sleep(PACE_SECONDS)
    await all_done.wait()
    hearing.cancel()
    await asyncio.wait([hearing])
    trader.heard += await client.log_out()
    await client.close()


async def hear(trader: Trader, client: SteadyClient) -> None:
    while True:
        trader.heard.append(await client.receive())


async def cut(proxy: Proxy, cuts: int) -> None:
    """Wait until so many connections have come to their fated end."""
    async with asyncio.timeout(WAITING_SECONDS + cuts):
        while len(proxy.ends) < cuts:
            await asyncio.sleep(0.01)


async def trade_through(
    proxy: Proxy, crowd: Sequence[Trader], disturb: Callable[[], Awaitable[None]]
) -> None:
    """Let traders trade while `disturb` does what it does, and then in peace to the end."""
    is_over, all_done = asyncio.Event(), asyncio.Barrier(len(crowd))
    async with proxy, asyncio.TaskGroup() as group:
        for trader in crowd:
            group.create_task(trade(trader, proxy, is_over, all_done))
        await disturb()
        proxy.is_calm = True
        is_over.set()


def check(config: Path, crowd: Sequence[Trader]) -> None:
    for trader in crowd:
        trader.check(daybook_of(config))
        assert len(trader.asked) > ASKED_MIN


def play_through_cuts(folder: Path, seed: int, cuts: int) -> None:
    """Let traders trade through so many cuts, of every kind, and check what they heard."""
    config, crowd = configure_chaos(folder), traders(seed)
    with ChildGateway(config) as gateway:
        begin_trading(gateway)
        proxy = Proxy(gateway.port, seed)
        asyncio.run(trade_through(proxy, crowd, lambda: cut(proxy, cuts)))
    check(config, crowd)
    assert set(proxy.ends) == set(End)


@seeds(1, long=20)
def test_with_asyncio_hundreds_of_cuts_lose_nothing_and_double_nothing(tmp_path, seed):
    play_through_cuts(tmp_path, seed, CUTS)


@seeds(1, long=5)
def test_over_tls_nothing_is_lost_either(tmp_path, seed):
    config, crowd = configure_chaos(tmp_path), traders(seed)
    papers = Papers(tmp_path)
    config.write_text(config.read_text("utf-8") + TLS, "utf-8")
    for trader in crowd:
        trader.tls = papers.context("one")
    with ChildGateway(config) as gateway:
        begin_trading(gateway, papers.context("one"))
        proxy = Proxy(gateway.port, seed, draw=later_fate)
        asyncio.run(trade_through(proxy, crowd, lambda: cut(proxy, TLS_CUTS)))
    check(config, crowd)


def later_fate(random: Random) -> Fate:
    """Draw a fate that often comes only when a login over TLS is through."""
    fate = usual_fate(random)
    return fate._replace(bytes_carried=fate.bytes_carried + random.choice((0, 5_000)))


@seeds(1, long=5)
def test_across_killed_venues_nothing_is_lost_and_nothing_doubled(tmp_path, seed):
    config, crowd = configure_chaos(tmp_path, journal="sync"), traders(seed)
    with Lives(config) as lives:
        begin_trading(lives.gateway)
        proxy = Proxy(lives.gateway.port, seed)

        async def kill_again_and_again() -> None:
            for number in range(1, KILLS + 1):
                await cut(proxy, number * CUTS_BETWEEN_KILLS)
                await asyncio.to_thread(lives.begin_anew)
                proxy.venue_port = lives.gateway.port

        uvloop.run(trade_through(proxy, crowd, kill_again_and_again))
    check(config, crowd)


class Lives:
    """A gateway that is killed and started again, each time on another port."""

    def __init__(self, config: Path) -> None:
        self.config = config

    def __enter__(self) -> "Lives":
        self.gateway = ChildGateway(self.config).__enter__()
        return self

    def begin_anew(self) -> None:
        self.gateway.kill()
        self.gateway.__exit__()
        self.gateway = ChildGateway(self.config).__enter__()

    def __exit__(self, *exception: object) -> None:
        self.gateway.__exit__(*exception)


def trade_blocking(trader: Trader, proxy: Proxy, cuts: int, all_done: threading.Barrier) -> None:
    with SteadyBlockingClient("127.0.0.1", proxy.port, timeout=60, **trader.login) as client:
        trader.begin(client)
        while len(proxy.ends) < cuts:
            for _ in range(trader.random.randrange(8)):
                trader.ask(client)
            hear_what_is_there(trader, client, PACE_SECONDS)
        proxy.is_calm = True
        while client.lifeline.outbox.items:
            hear_what_is_there(trader, client, PACE_SECONDS)
        all_done.wait(WAITING_SECONDS)
        trader.heard += client.log_out()


@seeds(1, long=20)
def test_without_asyncio_hundreds_of_cuts_lose_nothing_and_double_nothing(tmp_path, seed):
    config, crowd = configure_chaos(tmp_path), traders(seed, 4)
    with ChildGateway(config) as gateway:
        begin_trading(gateway)
        proxy, all_done = Proxy(gateway.port, seed), threading.Barrier(len(crowd))
        with running(proxy), ThreadPoolExecutor(len(crowd)) as pool:
            tasks = [
                pool.submit(trade_blocking, trader, proxy, BLOCKING_CUTS, all_done)
                for trader in crowd
            ]
            for task in tasks:
                task.result()
    check(config, crowd)


@pytest.mark.long
def test_ten_thousand_cuts_lose_nothing_and_double_nothing(tmp_path):
    play_through_cuts(tmp_path, LONG_CUTS, LONG_CUTS)

"""Clients that recover by themselves, at a real gateway: what their users see."""

import asyncio
import time
from collections.abc import Iterator

import numpy as np
import pytest

from bench.child import PASSWORD, ChildGateway
from protocol.client import BlockingClient
from protocol.messages import Accepted, PhaseChanged
from protocol.questions import AskOrders
from protocol.recovery import GaveUp, Recovery, TakenOver
from protocol.steady import SteadyBlockingClient, SteadyClient
from protocol.terminal import LoginRefused, SessionEnded, rows_of
from protocol.vocabulary import LoginReject, Phase, ReportKind, Side
from tests.chaos.proxy import End, Fate, Proxy, running
from tests.gateway.conftest import configure
from tests.gateway.orders import MOUTAI, PRICE

USERS = 8
HASTY = Recovery(login_seconds=2, wait_seconds=0.01, wait_seconds_max=0.1, give_up_seconds=20)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[ChildGateway]:
    config = configure(tmp_path_factory.mktemp("venue"), terminals=[1] * USERS)
    with ChildGateway(config) as gateway:
        with BlockingClient(gateway.host, gateway.port, "operator", PASSWORD) as operator:
            operator.change_phase(Phase.CONTINUOUS)
            operator.receive()
        yield gateway


def dial(port: int, user: int, recovery: Recovery = HASTY, **options) -> SteadyBlockingClient:
    options = {"next_report": 0, "heartbeat_seconds": 1} | options
    where = ("127.0.0.1", port, f"terminal{user}", PASSWORD)
    return SteadyBlockingClient(*where, recovery=recovery, **options)


def cut_once(end: End, at: int = 900):
    """Return what draws the fate of a first connection that ends so, and of others that hold."""
    fates = [Fate(at, end, 0, 0.0)]
    return lambda random: fates.pop() if fates else None


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with asyncio.Runner() as runner:
        server = runner.run(asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0))
        port = server.sockets[0].getsockname()[1]
        server.close()
        return port


def test_it_waits_for_a_venue_that_is_not_up_yet(gateway):
    proxy = Proxy(closed_port(), seed=1, draw=lambda random: None)

    async def open_later() -> int:
        async with proxy:
            connecting = asyncio.create_task(
                SteadyClient.connect(
                    "127.0.0.1", proxy.port, "terminal1", PASSWORD, recovery=HASTY, next_report=0
                )
            )
            await asyncio.sleep(0.3)
            assert not connecting.done()
            proxy.venue_port = gateway.port
            async with await connecting as client:
                return await client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)

    assert asyncio.run(open_later()) == 1


def test_it_gives_up_a_venue_that_never_comes():
    with pytest.raises(GaveUp, match=r"in 0\.2 seconds: .*refused; look whether the venue is up"):
        dial(closed_port(), 1, HASTY._replace(give_up_seconds=0.2))


def test_a_wrong_password_is_not_tried_again(gateway):
    with pytest.raises(LoginRefused) as refused:
        SteadyBlockingClient(gateway.host, gateway.port, "terminal1", "wrong")
    assert refused.value.reason == LoginReject.UNKNOWN_USER_OR_PASSWORD


def test_its_user_is_told_of_a_cut_and_of_the_return(gateway):
    told = []
    recovery = HASTY._replace(
        on_cut=lambda why: told.append(f"cut: {why}"),
        on_return=lambda accepted: told.append(f"back, request {accepted.client_seq} is known"),
    )
    proxy = Proxy(gateway.port, seed=1, draw=cut_once(End.CLOSED))
    with running(proxy), dial(proxy.port, 2, recovery) as client:
        for number in range(1, 101):
            assert client.enter(1001, MOUTAI, Side.BUY, PRICE, 100) == number
        heard = [client.receive() for _ in range(100)]
    assert [message.client_seq for message in heard] == list(range(1, 101))
    assert [line.split()[0] for line in told] == ["cut:", "back,"]


def test_a_question_survives_a_cut(gateway):
    proxy = Proxy(gateway.port, seed=1, draw=cut_once(End.RESET, 800))
    with running(proxy), dial(proxy.port, 3) as client:
        for _ in range(30):
            rows = client.ask(AskOrders, 1003)
        assert rows == []
    assert proxy.ends == [End.RESET]


def test_who_was_idle_for_too_long_goes_on_as_if_nothing_had_been(gateway):
    with dial(gateway.port, 4) as client:
        client.enter(1004, MOUTAI, Side.BUY, PRICE, 100)
        time.sleep(5)
        client.enter(1004, MOUTAI, Side.BUY, PRICE, 100)
        assert [client.receive().client_seq for _ in range(2)] == [1, 2]
        assert client.session.next_report > 2


def test_it_does_not_fight_for_its_user(gateway):
    with dial(gateway.port, 5) as client, dial(gateway.port, 5) as other:
        with pytest.raises(TakenOver, match="give each program a user of its own"):
            client.receive()
        with pytest.raises(TakenOver):
            client.enter(1005, MOUTAI, Side.BUY, PRICE, 100)
        other.enter(1005, MOUTAI, Side.BUY, PRICE, 100)
        assert isinstance(other.receive(), Accepted)


def test_after_the_logout_it_stays_away(gateway):
    client = dial(gateway.port, 6)
    client.enter(1006, MOUTAI, Side.BUY, PRICE, 100)
    assert [type(message) for message in client.log_out()] == [Accepted]
    with pytest.raises(SessionEnded, match="log in anew"):
        client.receive()
    client.close()


def test_many_tasks_may_ask_at_once(gateway):
    async def play() -> tuple[list[int], list[int]]:
        proxy = Proxy(gateway.port, seed=3, draw=cut_once(End.RESET, 2_000))
        async with (
            proxy,
            await SteadyClient.connect(
                "127.0.0.1", proxy.port, "terminal7", PASSWORD, recovery=HASTY, next_report=0
            ) as client,
        ):
            orders = (client.enter(1007, MOUTAI, Side.BUY, PRICE, 100) for _ in range(200))
            numbers = await asyncio.gather(*orders)
            return numbers, [(await client.receive()).client_seq for _ in range(200)]

    numbers, answered = asyncio.run(play())
    assert numbers == answered == list(range(1, 201))


def test_arrays_go_out_and_arrays_come_back_over_a_line_that_breaks(gateway):
    count = 20_000
    proxy = Proxy(gateway.port, seed=4, draw=cut_once(End.RESET, 900_000))
    with running(proxy), dial(proxy.port, 8, packed=True) as client:
        prices = PRICE + 100 * (np.arange(count) % 7)
        rows = client.orders(1008, MOUTAI, Side.BUY, prices, 100)
        assert client.send(rows) == count
        parts = []
        while sum(map(len, parts)) < count:
            parts.append(rows_of(client.receive()))
        reports = np.concatenate(parts)
    assert proxy.ends == [End.RESET]
    assert set(reports["kind"].tolist()) <= {ReportKind.ACCEPTED, ReportKind.REJECTED}
    assert np.array_equal(reports["request_seq"], rows["client_seq"])


def test_a_venue_that_is_stopped_and_started_again_is_the_same_session(tmp_path):
    config = configure(tmp_path, terminals=[1])
    with ChildGateway(config) as first:
        proxy = Proxy(first.port, seed=5, draw=lambda random: None)
        with running(proxy):
            client = dial(proxy.port, 1, next_report=1)
            client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
            first.stop()
            with ChildGateway(config) as second:
                proxy.venue_port = second.port
                with BlockingClient(second.host, second.port, "operator", PASSWORD) as operator:
                    operator.change_phase(Phase.CONTINUOUS)
                client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
                heard = client.log_out()
                client.close()
    rejected, changed, accepted = heard
    assert (rejected.request_seq, accepted.client_seq) == (1, 2)
    assert isinstance(changed, PhaseChanged)

"""Questions at a real gateway: in the middle of trading, in many pages, by both clients."""

import asyncio

import numpy as np
import pytest
import uvloop

from bench.child import PASSWORD, ChildGateway
from engine.storage.segments import read_journal
from gateway.answers import PAGE_ROWS
from gateway.config import DEFAULTS
from protocol.client import Client
from protocol.messages import Accepted, PhaseChanged
from protocol.questions import (
    AskAccount,
    AskFills,
    AskFunds,
    AskHoldings,
    AskMost,
    AskMovements,
    AskOrders,
)
from protocol.terminal import AskRefused, SessionEnded, rows_of
from protocol.vocabulary import AskReject, Currency, FundsEntry, Phase, ReportKind, Side
from tests.gateway.conftest import configure, daybook_of
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter
from tests.gateway.test_serve import begin


@pytest.mark.parametrize("mode", ["sync", "buffered"])
def test_a_balance_follows_what_was_sent_before_and_rests_on_the_journal(tmp_path, dial, mode):
    config = configure(tmp_path, journal=mode, accounts=DEFAULTS / "accounts")
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        alice = dial(gateway, "terminal1", next_report=0)
        (before,) = alice.ask(AskMost, 1001, MOUTAI, Side.BUY, PRICE)
        held = []
        for number in range(1, 21):
            asked = alice.terminal.ask(AskFunds, 1001)
            order = alice.terminal.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
            alice.socket.sendall(order + asked.frame)
            assert isinstance(alice.receive(), Accepted)
            alice.wait_for([alice.terminal.ask(AskAccount, 1001)])
            held.append(asked.rows[Currency.CNY].held)
            assert len(read_journal(daybook_of(config).journal)) >= asked.sequence
            assert len(alice.ask(AskOrders, 1001)) == number
        assert held == [held[0] * number for number in range(1, 21)]
        (after,) = alice.ask(AskMost, 1001, MOUTAI, Side.BUY, PRICE)
        assert after.quantity == before.quantity - 2_000
        with pytest.raises(AskRefused, match="refused: ACCOUNT_NOT_ADMITTED") as refused:
            alice.ask(AskFunds, 2001)
        assert refused.value.reason is AskReject.ACCOUNT_NOT_ADMITTED


def test_a_long_answer_is_whole_and_reports_that_come_meanwhile_are_not_lost(tmp_path, dial):
    orders = 2 * PAGE_ROWS + 500
    with ChildGateway(configure(tmp_path, orders=20_000)) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        alice = dial(gateway, "terminal1", packed=True, next_report=0)
        alice.send(rows_to_enter(1, orders))
        told = alice.ask(AskOrders, 1001)
        assert [order.client_seq for order in told] == list(range(1, orders + 1))
        bob = dial(gateway, "terminal3", next_report=0)
        bob.enter(2001, MOUTAI, Side.SELL, PRICE, 100 * orders)
        fills = bob.ask(AskFills, 2001)
        assert [fill.order_number for fill in fills] == [orders + 1] * orders
        assert [fill.trade_number for fill in fills] == list(range(1, orders + 1))
        assert alice.ask(AskOrders, 1001) == []
        assert len(alice.ask(AskOrders, 1001, False)) == orders
        heard = np.concatenate([rows_of(batch) for batch in alice.log_out()])
        assert (heard["kind"] == ReportKind.ACCEPTED).sum() == orders
        assert (heard["kind"] == ReportKind.TRADED).sum() == orders


def test_one_task_listens_while_others_ask(tmp_path):
    config = configure(tmp_path, accounts=DEFAULTS / "accounts")

    async def listen(client: Client, orders: int) -> int:
        heard = 0
        while heard < orders:
            heard += isinstance(await client.receive(), Accepted)
        return heard

    async def ask(client: Client, operator: Client) -> None:
        """Ask while the operator trades, and while another task waits for the reports of both."""
        listening = asyncio.create_task(listen(client, 50))
        asking = [asyncio.create_task(client.ask(AskFunds, 1001)) for _ in range(5)]
        for number in range(50):
            await client.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
            await operator.move_funds(1001, FundsEntry.DEPOSIT, 10_000)
            assert len(await client.ask(AskOrders, 1001)) == number + 1
            forms = (AskFunds, AskHoldings, AskMovements, AskFills)
            funds, _, movements, _ = await client.ask_together(1001, *forms)
            deposited = [one.amount for one in movements if not one.instrument]
            assert funds[Currency.CNY].balance == sum(deposited)
        assert await asyncio.wait_for(listening, 20) == 50
        assert all(len(funds) == len(Currency) for funds in await asyncio.gather(*asking))
        with pytest.raises(AskRefused, match="UNKNOWN_ACCOUNT"):
            await client.ask(AskAccount, 1999)

    async def trade(gateway: ChildGateway) -> None:
        operator = await Client.connect(gateway.host, gateway.port, "operator", PASSWORD)
        await operator.change_phase(Phase.CONTINUOUS)
        assert isinstance(await operator.receive(), PhaseChanged)
        async with await Client.connect(
            gateway.host, gateway.port, "terminal1", PASSWORD, next_report=0
        ) as client:
            await asyncio.wait_for(ask(client, operator), 60)
        await operator.close()

    with ChildGateway(config) as gateway:
        uvloop.run(trade(gateway))


def test_whoever_asks_is_told_when_the_session_ends(config, dial):
    with ChildGateway(config) as gateway:
        alice = dial(gateway, "terminal1")
        assert alice.ask(AskFills, 1001) == []
        assert gateway.stop() == 0
        with pytest.raises(SessionEnded):
            alice.ask(AskFills, 1001)

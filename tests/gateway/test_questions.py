"""Questions about accounts: who may ask what, when the answer comes, and what it tells."""

import asyncio
import threading
from collections.abc import Callable

import numpy as np
import pytest

from engine import questions as engine_questions
from engine.storage.journal import Mode
from gateway import answers as answers_module
from gateway.backlog import Backlog
from gateway.intake import Intake
from gateway.pipeline import BESIDE_ROWS_MIN, Pipeline
from gateway.session import QUESTIONS_MAX
from gateway.streams import Streams
from protocol import questions
from protocol.codec import encode
from protocol.messages import Accepted, Logout, Message
from protocol.mistake import Mistake
from protocol.questions import (
    AskAccount,
    AskAffected,
    AskFills,
    AskFunds,
    AskHoldings,
    AskMost,
    AskMovements,
    AskOrders,
    AskStatus,
    FundsAnswer,
    OrdersAnswer,
    QuestionRefused,
)
from protocol.records import REPORT
from protocol.terminal import AskRefused, Terminal
from protocol.vocabulary import (
    AccountStatus,
    AskReject,
    CommandKind,
    Currency,
    FundsEntry,
    Liquidity,
    OrderStatus,
    ProtocolFault,
    Reach,
    Role,
    SharesEntry,
    Side,
)
from tests.gateway.exchange import Exchange
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter

PINGAN_A = "601318.SH"


@pytest.fixture
def exchange() -> Exchange:
    """The default accounts, in continuous trading."""
    return Exchange.trading(with_accounts=True)


@pytest.fixture
def nameless() -> Exchange:
    """A day without accounts, in continuous trading."""
    return Exchange.trading()


class Asker:
    """Somebody who has logged in, and hears new reports only."""

    def __init__(self, exchange: Exchange, user: str) -> None:
        self.exchange = exchange
        self.terminal, self.line = exchange.log_in(user, next_report=0)
        self.hear()

    def hear(self) -> list[Message]:
        """Return the messages that have come besides answers."""
        return list(self.terminal.receive(self.line.hear()))

    def send(self, *frames: bytes) -> None:
        self.line.session.receive(b"".join(frames))

    def asks(self, form: Callable, *fields, **named) -> list:
        """Ask, and return the rows of the answer."""
        asked = self.terminal.ask(form, *fields, **named)
        self.send(asked.frame)
        while not asked.is_answered:
            self.exchange.tick()
            self.hear()
        return asked.rows

    def refusal(self, form: Callable, *fields, **named) -> AskReject:
        """Return why a question is refused."""
        with pytest.raises(AskRefused) as refused:
            self.asks(form, *fields, **named)
        return refused.value.reason


def traded(exchange: Exchange) -> tuple[Asker, Asker]:
    """Return alice, who has bought 100 of the 200 shares that she wants, and bob."""
    alice, bob = Asker(exchange, "alice"), Asker(exchange, "bob")
    bob.send(bob.terminal.enter(2001, MOUTAI, Side.SELL, PRICE, 100))
    exchange.tick()
    alice.send(alice.terminal.enter(1001, MOUTAI, Side.BUY, PRICE, 200))
    exchange.tick()
    alice.hear()
    bob.hear()
    return alice, bob


@pytest.mark.parametrize("name", ["Account", "Funds", "Holding"])
def test_rows_have_the_fields_that_the_engine_tells(name):
    of_engine = getattr(engine_questions, name)._fields
    told = getattr(questions, name).__struct_fields__
    assert told == (*of_engine, "currency") if name == "Holding" else told == of_engine


def test_every_question_is_answered_with_what_the_venue_knows(exchange):
    alice, _ = traded(exchange)
    venue = exchange.venue
    (account,) = alice.asks(AskAccount, 1001)
    assert (account.status, account.branch, account.open_orders) == (AccountStatus.NORMAL, 1, 1)
    assert account.commission_includes is True
    funds = alice.asks(AskFunds, 1001)
    assert [one.balance for one in funds] == [venue.funds(1001, c).balance for c in Currency]
    assert funds[Currency.CNY].held == venue.funds(1001).held > 0
    holdings = alice.asks(AskHoldings, 1001)
    assert [one.total for one in holdings] == [one.total for one in venue.holdings(1001)]
    assert (holdings[0].instrument, holdings[-1].instrument) == (PINGAN_A, MOUTAI)
    assert (holdings[-1].total, holdings[-1].sellable) == (100, 0)
    assert holdings[-1].currency is Currency.CNY
    (order,) = alice.asks(AskOrders, 1001)
    assert (order.instrument, order.side, order.price) == (MOUTAI, Side.BUY, PRICE)
    assert (order.quantity, order.filled, order.leaves) == (200, 100, 100)
    assert order.status is OrderStatus.OPEN
    (fill,) = alice.asks(AskFills, 1001)
    assert (fill.trade_number, fill.order_number, fill.quantity) == (1, order.order_number, 100)
    assert fill.liquidity is Liquidity.INCOMING
    money, *shares = alice.asks(AskMovements, 1001)
    assert (money.instrument, money.reason) == ("", FundsEntry.BROUGHT_FORWARD)
    assert (shares[0].instrument, shares[0].reason) == (PINGAN_A, SharesEntry.BROUGHT_FORWARD)
    assert (shares[0].amount, shares[0].is_reversal, shares[0].is_reversed) == (
        10_000,
        False,
        False,
    )


def test_the_most_can_be_ordered_and_no_lot_more(exchange):
    alice, bob = traded(exchange)
    (most,) = alice.asks(AskMost, 1001, MOUTAI, Side.BUY, PRICE)
    for quantity, is_taken in ((most.quantity + 100, False), (most.quantity, True)):
        alice.send(alice.terminal.enter(1001, MOUTAI, Side.BUY, PRICE, quantity))
        exchange.tick()
        assert isinstance(alice.hear()[0], Accepted) == is_taken
    (most,) = alice.asks(AskMost, 1001, PINGAN_A, Side.SELL)
    assert most.quantity == 10_000
    (least,) = bob.asks(AskMost, 2001, MOUTAI, Side.BUY)
    (most,) = bob.asks(AskMost, 2001, MOUTAI, Side.BUY, PRICE)
    assert 0 < least.quantity < most.quantity


def test_orders_that_are_done_are_told_where_all_are_asked_for(exchange):
    alice, bob = traded(exchange)
    assert bob.asks(AskOrders, 2001) == []
    (sold,) = bob.asks(AskOrders, 2001, False)
    assert (sold.side, sold.filled, sold.leaves) == (Side.SELL, 100, 0)
    assert sold.status is OrderStatus.TRADED
    assert alice.asks(AskOrders, 1001) == alice.asks(AskOrders, 1001, False)


def test_a_terminal_asks_about_its_branch_and_an_operator_about_everybody(exchange):
    alice, _ = traded(exchange)
    olivia = Asker(exchange, "olivia")
    for form in (AskAccount, AskFunds, AskHoldings, AskOrders, AskFills, AskMovements):
        assert alice.refusal(form, 2001) is AskReject.ACCOUNT_NOT_ADMITTED
        assert len(olivia.asks(form, 2001)) == len(olivia.asks(form, 2001))
    assert alice.refusal(AskMost, 2001, MOUTAI, Side.BUY) is AskReject.ACCOUNT_NOT_ADMITTED
    assert olivia.asks(AskFills, 2001)[0].side is Side.SELL


@pytest.mark.parametrize("account", [1999, 0, -1, 2**31 - 1, -(2**31)])
def test_an_account_that_was_never_opened_is_unknown(exchange, account):
    olivia = Asker(exchange, "olivia")
    for form in (AskAccount, AskFunds, AskHoldings, AskOrders, AskFills, AskMovements):
        assert olivia.refusal(form, account) is AskReject.UNKNOWN_ACCOUNT


@pytest.mark.parametrize(
    ("instrument", "price", "reason"),
    [
        ("999999.SH", PRICE, AskReject.UNKNOWN_INSTRUMENT),
        ("", PRICE, AskReject.UNKNOWN_INSTRUMENT),
        (MOUTAI, -1, AskReject.PRICE_OUTSIDE_LIMITS),
        (MOUTAI, 2 * PRICE, AskReject.PRICE_OUTSIDE_LIMITS),
        (MOUTAI, 2**31 - 1, AskReject.PRICE_OUTSIDE_LIMITS),
    ],
)
def test_no_order_can_be_of_such_an_instrument_or_price(exchange, instrument, price, reason):
    alice = Asker(exchange, "alice")
    for side in Side:
        assert alice.refusal(AskMost, 1001, instrument, side, price) is reason


def test_without_accounts_orders_and_fills_are_told_all_the_same(nameless):
    alice, _ = traded(nameless)
    assert [order.leaves for order in alice.asks(AskOrders, 1001)] == [100]
    assert [fill.quantity for fill in alice.asks(AskFills, 1001)] == [100]
    assert alice.asks(AskFills, 1999) == []
    assert alice.refusal(AskFills, 2001) is AskReject.ACCOUNT_NOT_ADMITTED
    for form in (AskAccount, AskFunds, AskHoldings, AskMovements):
        assert alice.refusal(form, 1001) is AskReject.ACCOUNTS_ARE_OFF
    assert alice.refusal(AskMost, 1001, MOUTAI, Side.BUY) is AskReject.ACCOUNTS_ARE_OFF


def test_a_role_that_blocks_its_own_branch_only_is_told_what_such_a_block_would_end(
    nameless, monkeypatch
):
    alice, _ = traded(nameless)
    kind = CommandKind.BLOCK_TRADING
    assert alice.refusal(AskAffected, kind, account=1001) is AskReject.QUESTION_NOT_PERMITTED
    monkeypatch.setattr("gateway.config.reach_of", lambda role, right: Reach.OWN)
    for filters in ({}, {"instrument": MOUTAI}, {"account": 2001}, {"branch": 2}):
        assert alice.refusal(AskAffected, kind, **filters) is AskReject.ACCOUNT_NOT_ADMITTED
    nameless.venue.state.permissions[Role.TERMINAL, kind] = Reach.OWN
    for filters in ({"account": 1001}, {"branch": 1}):
        affected = alice.asks(AskAffected, kind, **filters)
        assert [one.quantity for one in affected] == [100, 0, 0]
    assert alice.refusal(AskStatus) is AskReject.QUESTION_NOT_PERMITTED


def test_a_question_behind_an_order_sees_it_and_questions_sent_together_one_state(exchange):
    alice = Asker(exchange, "alice")
    open_orders = alice.terminal.ask(AskOrders, 1001)
    funds = alice.terminal.ask(AskFunds, 1001)
    order = alice.terminal.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    alice.send(order, open_orders.frame, funds.frame)
    assert alice.line.messages() == []
    exchange.tick()
    assert [type(report) for report in alice.hear()] == [Accepted]
    assert [order.leaves for order in open_orders.rows] == [100]
    assert funds.rows[0].held > 0
    assert open_orders.sequence == funds.sequence == exchange.venue.sequence


def test_a_long_answer_comes_in_pages_that_all_tell_the_same_state(exchange, monkeypatch):
    monkeypatch.setattr(answers_module, "PAGE_ROWS", 4)
    alice, bob = Asker(exchange, "alice"), Asker(exchange, "bob")
    alice.send(alice.terminal.send(rows_to_enter(1, 6)))
    exchange.tick()
    alice.hear()
    alice.send(alice.terminal.ask(AskOrders, 1001).frame)
    told = []
    for _ in range(3):
        bob.send(bob.terminal.enter(2001, MOUTAI, Side.SELL, PRICE, 100))
        exchange.tick()
        pages = [page for page in alice.line.messages() if isinstance(page, OrdersAnswer)]
        told += [(len(page.rows), page.is_last, page.sequence) for page in pages]
    sequence = exchange.venue.sequence - 2
    assert told == [(4, False, sequence), (1, True, sequence)]
    assert len(alice.asks(AskOrders, 1001)) == 3


def test_no_rows_are_one_page_and_exactly_one_page_is_no_more(exchange, monkeypatch):
    monkeypatch.setattr(answers_module, "PAGE_ROWS", 6)
    alice = Asker(exchange, "alice")
    for orders in (0, 6, 7):
        alice.send(alice.terminal.send(rows_to_enter(alice.terminal.client_seq + 1, orders)))
        exchange.tick()
        pages = list(exchange.desk.answers.pages(AskOrders(1, 1001), 1))
        assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
        assert len(pages) == {0: 1, 6: 1, 7: 3}[orders]


def test_the_ninth_question_that_waits_is_refused_and_then_there_is_room_again(exchange):
    alice = Asker(exchange, "alice")
    asked = [alice.terminal.ask(AskFunds, 1001) for _ in range(QUESTIONS_MAX + 2)]
    alice.send(*(one.frame for one in asked))
    alice.hear()
    assert [one.is_answered for one in asked] == [False] * QUESTIONS_MAX + [True] * 2
    assert {one.refusal for one in asked[QUESTIONS_MAX:]} == {AskReject.TOO_MANY_QUESTIONS}
    exchange.tick()
    alice.hear()
    assert all(len(one.rows) == len(Currency) for one in asked[:QUESTIONS_MAX])
    assert len(alice.asks(AskFunds, 1001)) == len(Currency)


def test_behind_each_batch_one_session_has_its_turn(exchange):
    alice, bob = Asker(exchange, "alice"), Asker(exchange, "bob")
    for asker, account in ((alice, 1001), (bob, 2001), (alice, 1002)):
        asker.send(asker.terminal.ask(AskFunds, account).frame)
    heard = []
    for _ in range(3):
        exchange.tick()
        heard.append((len(alice.line.messages()), len(bob.line.messages())))
    assert heard == [(2, 0), (0, 1), (0, 0)]


def test_of_long_answers_all_begin_together_and_go_on_page_by_page(exchange, monkeypatch):
    monkeypatch.setattr(answers_module, "PAGE_ROWS", 3)
    alice = Asker(exchange, "alice")
    alice.send(*(alice.terminal.ask(AskHoldings, 1001).frame for _ in range(2)))
    told = []
    for _ in range(4):
        exchange.tick()
        told.append([(page.ask, page.is_last) for page in alice.line.messages()])
    assert told == [[(1, False), (2, False)], [(1, True)], [(2, True)], []]


def test_a_peer_that_does_not_read_gets_no_pages_and_stops_nobody(exchange, monkeypatch):
    monkeypatch.setattr(answers_module, "PAGE_ROWS", 1)
    alice, bob = Asker(exchange, "alice"), Asker(exchange, "bob")
    alice.send(alice.terminal.ask(AskHoldings, 1001).frame)
    exchange.tick()
    alice.line.session.pause()
    bob.asks(AskAccount, 2001)
    pages = len(alice.line.messages())
    exchange.tick()
    assert alice.line.messages() == [] and not exchange.intake.has_work
    alice.line.session.resume()
    while exchange.intake.has_work:
        exchange.tick()
        pages += len(alice.line.messages())
    assert pages == 5


def test_who_logs_out_has_all_its_answers_first(exchange, monkeypatch):
    monkeypatch.setattr(answers_module, "PAGE_ROWS", 2)
    alice = Asker(exchange, "alice")
    holdings = alice.terminal.ask(AskHoldings, 1001)
    order = alice.terminal.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    alice.send(order, holdings.frame, alice.terminal.logout())
    heard = []
    while alice.line.is_open:
        exchange.tick()
        heard += alice.hear()
    assert [type(message) for message in heard] == [Accepted, Logout]
    assert len(holdings.rows) == 6


def test_who_is_gone_is_not_answered(exchange):
    alice, bob = Asker(exchange, "alice"), Asker(exchange, "bob")
    alice.send(*(alice.terminal.ask(AskHoldings, 1001).frame for _ in range(3)))
    alice.line.session.end()
    assert len(bob.asks(AskFunds, 2001)) == len(Currency)
    assert alice.line.messages() == [] and not exchange.intake.has_work


def test_a_question_before_the_login_breaks_the_protocol(exchange):
    line = exchange.connect()
    line.session.receive(Terminal().ask(AskFunds, 1001).frame)
    (error,) = line.messages()
    assert error.fault is ProtocolFault.MESSAGE_UNEXPECTED


def test_the_terminal_takes_no_answer_to_what_it_has_not_asked():
    terminal = Terminal()
    for answer in (FundsAnswer(1, 9, True, []), QuestionRefused(1, AskReject.UNKNOWN_ACCOUNT)):
        with pytest.raises(Mistake, match="question 1 has no answer to come"):
            list(terminal.receive(encode(answer)))


class SlowJournal:
    """A disk that is only done when it is told so."""

    mode = Mode.SYNC

    def __init__(self) -> None:
        self.is_done = threading.Event()

    def append(self, rows: np.ndarray, reports: list[np.ndarray]) -> None:
        assert self.is_done.wait(20)


class Idle:
    """What has nothing to do and nothing to say."""

    is_due = False
    backlog = Backlog(busy_after_ms=0)

    def passed(self, rows: np.ndarray) -> np.ndarray:
        return rows

    def learn(self, reports: np.ndarray, kinds: int) -> None:
        pass

    def take(self) -> np.ndarray:
        return rows_to_enter(1, 0)

    def cut(self, rows: np.ndarray) -> int:
        return len(rows)

    def stamp(self, rows: np.ndarray) -> None:
        pass

    def apply(self, rows: np.ndarray) -> np.ndarray:
        return np.zeros(0, REPORT)


def test_nothing_is_answered_before_what_it_rests_on_is_on_the_disk():
    async def ask() -> None:
        journal, intake, idle, told = SlowJournal(), Intake(), Idle(), []
        pipeline = Pipeline(
            *(idle, idle, journal, None, intake, Streams(1), idle, idle, idle),
            *(lambda: None, told.append),
        )
        intake.put_errand(lambda: told.append("before the order"))
        pipeline.wake()
        await asyncio.sleep(0.01)
        assert told == ["before the order"]
        intake.put(1, rows_to_enter(1, BESIDE_ROWS_MIN).tobytes())
        intake.put_errand(lambda: told.append("behind the order"))
        intake.put_errand(lambda: intake.put_turn(lambda: told.append("a turn")))
        pipeline.wake()
        await asyncio.sleep(0.05)
        assert told == ["before the order"]
        journal.is_done.set()
        await asyncio.wait_for(pipeline.is_idle.wait(), 20)
        assert told == ["before the order", "behind the order", "a turn"]

    asyncio.run(ask())

"""Drop copies of a real gateway: nothing lost or doubled by cuts, restarts and slow readers."""

import socket
import struct
from collections.abc import Callable, Iterator
from random import Random
from threading import Event, Thread

import numpy as np
import pytest

from bench.child import PASSWORD, ChildGateway, user_table, verifiers
from engine.permissions import Service, permissions
from gateway.secret import load_secret
from protocol.client import BlockingClient
from protocol.messages import DayEnded, Expired, Refused
from protocol.records import REPORT
from protocol.terminal import LoginRefused, SessionEnded, rows_of
from protocol.vocabulary import EVERYONE, Copies, LoginReject, Phase, Reach, Refusal, Role, Side
from tests.gateway.conftest import configure, daybook_of
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter
from tests.gateway.test_serve import begin

TERMINALS = {"terminal1": 1001, "terminal2": 1002, "terminal3": 2001}
ORDER = 1001, MOUTAI, Side.BUY, PRICE, 100
CUTS = 20
BATCH = 25


@pytest.fixture
def trading(config, dial) -> Iterator[ChildGateway]:
    """A gateway in continuous trading."""
    with ChildGateway(config) as gateway:
        begin(dial(gateway, "operator"), Phase.CONTINUOUS)
        yield gateway


def keep_trading(gateway: ChildGateway, user: str, account: int, stop: Event) -> None:
    """Send orders to buy and to sell in turn, each batch behind the answers to the last."""
    client = BlockingClient(
        *(gateway.host, gateway.port, user, PASSWORD), packed=True, next_report=0
    )
    with client:
        sent = client.session.client_seq
        while not stop.is_set():
            rows = rows_to_enter(sent + 1, BATCH, account)
            rows["side"] = np.arange(BATCH) % 2
            client.send(rows)
            sent += BATCH
            while (rows_of(client.receive())["request_seq"] != sent).all():
                pass


class Copy:
    """Hears a copy from its beginning on, as often as it is cut."""

    def __init__(self, user: str, copies: Copies) -> None:
        self.user = user
        self.copies = copies
        self.rows = np.zeros(0, REPORT)

    def connect(self, gateway: ChildGateway) -> BlockingClient:
        """Log in for what is still to come."""
        return BlockingClient(
            *(gateway.host, gateway.port, self.user, PASSWORD),
            copies=self.copies,
            next_report=len(self.rows) + 1,
        )

    def hear(self, client: BlockingClient, count: int) -> None:
        """Hear so many reports in all, or a few more."""
        parts = [self.rows]
        while (heard := sum(map(len, parts))) < count:
            batch = client.receive()
            assert batch.first_report == heard + 1
            parts.append(rows_of(batch))
        self.rows = np.concatenate(parts)

    def catch_up(self, gateway: ChildGateway) -> None:
        """Hear all that there is, and leave."""
        with self.connect(gateway) as client:
            self.hear(client, client.session.next_report - 1)


def cut(client: BlockingClient) -> None:
    """Let the line break: the peer finds it reset."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


def of_branch(rows: np.ndarray, *sessions: int) -> bytes:
    return rows[np.isin(rows["session"], [*sessions, EVERYONE])].tobytes()


def test_copies_that_are_cut_and_come_back_have_every_report_once_in_order(config, trading):
    random, stop = Random(1), Event()
    traders = [
        Thread(target=keep_trading, args=(trading, user, account, stop))
        for user, account in TERMINALS.items()
    ]
    for trader in traders:
        trader.start()
    everyone, branch = Copy("operator", Copies.EVERYONE), Copy("terminal3", Copies.BRANCH)
    try:
        for _ in range(CUTS):
            for copy in (everyone, branch):
                client = copy.connect(trading)
                copy.hear(client, len(copy.rows) + random.randint(1, 2_000))
                cut(client)
    finally:
        stop.set()
        for trader in traders:
            trader.join()
    for copy in (everyone, branch):
        copy.catch_up(trading)
    assert trading.stop() == 0
    told = daybook_of(config).read_reports()
    assert everyone.rows.tobytes() == told.tobytes()
    assert branch.rows.tobytes() == of_branch(told, 3)
    assert set(everyone.rows["session"]) >= {EVERYONE, 1, 2, 3}


@pytest.mark.parametrize("mode", ["sync", "buffered"])
def test_a_copy_goes_on_over_a_restart_where_it_was(tmp_path, dial, mode):
    config = configure(tmp_path, journal=mode)
    everyone, branch = Copy("operator", Copies.EVERYONE), Copy("terminal1", Copies.BRANCH)
    for life in range(3):
        with ChildGateway(config) as gateway:
            if not life:
                begin(dial(gateway, "operator"), Phase.CONTINUOUS)
            seen = [copy.connect(gateway) for copy in (everyone, branch)]
            for user, account in TERMINALS.items():
                client = dial(gateway, user, packed=True, next_report=0)
                first = client.session.client_seq + 1
                client.send(rows_to_enter(first, 100, account))
                client.log_out()
            everyone.hear(seen[0], len(everyone.rows) + 150)
            branch.hear(seen[1], len(branch.rows) + 100)
            assert gateway.stop() == 0
            for client in seen:
                client.close()
    with ChildGateway(config) as gateway:
        for copy in (everyone, branch):
            copy.catch_up(gateway)
        assert gateway.stop() == 0
    told = daybook_of(config).read_reports()
    assert everyone.rows.tobytes() == told.tobytes()
    assert branch.rows.tobytes() == of_branch(told, 1, 2, 4)


def test_a_copy_that_is_not_read_holds_up_nobody_and_has_the_rest_later(config, trading, dial):
    slow = Copy("operator", Copies.EVERYONE)
    with slow.connect(trading) as client:
        alice = dial(trading, "terminal1", packed=True, next_report=0)
        for first in range(1, 10_000, 5_000):
            alice.send(rows_to_enter(first, 5_000))
        assert sum(len(rows_of(batch)) for batch in alice.log_out()) == 10_000
        slow.hear(client, 10_000)
    slow.catch_up(trading)
    assert trading.stop() == 0
    assert slow.rows.tobytes() == daybook_of(config).read_reports().tobytes()


def test_the_second_copy_of_a_user_ends_the_first_and_not_its_trading(trading, dial):
    alice = dial(trading, "terminal1", next_report=0)
    first = dial(trading, "terminal1", copies=Copies.BRANCH)
    dial(trading, "terminal1", copies=Copies.BRANCH)
    with pytest.raises(SessionEnded, match="the user has logged in anew"):
        while True:
            first.receive()
    alice.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    assert alice.receive().client_seq == alice.terminal.client_seq


def test_who_sends_an_order_on_a_copy_is_cut(trading, dial):
    copy = dial(trading, "terminal1", copies=Copies.BRANCH, next_report=0)
    copy.enter(1001, MOUTAI, Side.BUY, PRICE, 100)
    with pytest.raises(SessionEnded, match="MESSAGE_UNEXPECTED: the session hears copies"):
        copy.receive()


ROLES = [role for role in Role if role is not Role.VENUE]
LEAST = {Copies.BRANCH: Reach.OWN, Copies.EVERYONE: Reach.EVERY}


def test_each_role_may_copy_what_the_table_says(tmp_path, dial):
    config = configure(tmp_path)
    verifier = verifiers(load_secret(tmp_path / "venue.secret"))
    users = [user_table(role.name, 1, verifier, role.name.lower()) for role in ROLES]
    config.write_text(config.read_text(encoding="utf-8") + "".join(users), encoding="utf-8")
    with ChildGateway(config) as gateway:
        for role in ROLES:
            for copies, least in LEAST.items():
                may = permissions()[Service.COPY_REPORTS][role] >= least
                assert is_let_in(lambda r=role, c=copies: dial(gateway, r.name, copies=c)) == may


def is_let_in(log_in: Callable[[], BlockingClient]) -> bool:
    """Whether a login is accepted; it may be refused only for want of a right."""
    try:
        log_in()
    except LoginRefused as refused:
        assert refused.reason is LoginReject.NOT_PERMITTED
        return False
    return True


def test_the_day_s_end_is_the_last_report_of_everyone_also_over_a_restart(config, dial):
    copy = Copy("operator", Copies.EVERYONE)
    with ChildGateway(config) as gateway:
        operator = dial(gateway, "operator")
        begin(operator, Phase.CONTINUOUS)
        alice = dial(gateway, "terminal1", next_report=0, cancels_on_disconnect=True)
        alice.enter(*ORDER)
        first = alice.receive()
        end, late = operator.terminal.close_day(), operator.terminal.cancel_orders()
        operator.write(end + late)
        assert isinstance(operator.receive(), DayEnded)
        assert operator.receive() == Refused(operator.terminal.client_seq, Refusal.DAY_ENDED)
        assert [type(alice.receive()) for _ in range(2)] == [Expired, DayEnded]
        cut(alice)
        copy.catch_up(gateway)
        assert gateway.stop() == 0
    with ChildGateway(config) as gateway:
        alice = dial(gateway, "terminal1", next_report=0, cancels_on_disconnect=True)
        alice.cancel_orders()
        assert alice.receive().reason is Refusal.DAY_ENDED
        heard: list = []
        alice.terminal.on_repeat = heard.append
        alice.terminal.client_seq = 0
        alice.enter(*ORDER)
        assert (alice.log_out(), heard) == ([], [first])
        dial(gateway, "terminal1", next_report=0).close()
        copy.catch_up(gateway)
        assert gateway.stop() == 0
    assert copy.rows.tobytes() == daybook_of(config).read_reports().tobytes()
    assert copy.rows["quantity"][-1] == 20261120 and copy.rows["session"][-1] == EVERYONE

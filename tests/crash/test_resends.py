"""A request that comes twice is carried out once, and its first answer can be had again.

All requests here are answered by one report each.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest

from bench.child import PASSWORD, ChildGateway
from protocol.client import BlockingClient
from protocol.messages import Refused
from protocol.questions import AskOrders
from protocol.records import COMMAND, REPORT, join
from protocol.terminal import SessionEnded, rows_of
from protocol.vocabulary import CommandKind, Phase, Reject, ReportKind, Side
from tests.crash.seeds import seeds
from tests.crash.witness import check
from tests.gateway.conftest import configure, daybook_of
from tests.gateway.orders import MOUTAI, PRICE, rows_to_enter

STORIES = 12
GREATEST = 2**31 - 1


class Caller(BlockingClient):
    """A client that keeps the bytes of the reports that it hears."""

    def __init__(self, gateway: ChildGateway, user: str, next_report: int = 1) -> None:
        super().__init__(
            gateway.host,
            gateway.port,
            user,
            PASSWORD,
            packed=True,
            next_report=next_report,
            timeout=30,
        )
        self.heard = bytearray()
        self.repeats: list[np.ndarray] = []
        self.terminal.on_repeat = lambda batch: self.repeats.append(rows_of(batch))

    def hear(self, count: int) -> np.ndarray:
        """Return the next `count` reports, of which the last comes last in what has arrived."""
        start = len(self.heard)
        while len(self.heard) < start + count * REPORT.itemsize:
            self.heard += rows_of(self.receive()).tobytes()
        reports = np.frombuffer(bytes(self.heard[start:]), REPORT)
        assert len(reports) == count
        return reports

    def told(self, rows: np.ndarray) -> list[str]:
        """Send rows in one batch; return what is told of them: what is new, and then the others."""
        self.repeats.clear()
        self.send(rows)
        said, refused = [], []
        while len(said) + sum(map(len, self.repeats)) + len(refused) < len(rows):
            match self.next_arrived():
                case None:
                    self.read(self.timeout)
                case Refused(client_seq, reason):
                    refused.append(f"{client_seq} {reason.name}")
                case batch:
                    self.heard += rows_of(batch).tobytes()
                    said += spelled(rows_of(batch))
        again = [f"{word} again" for rows in self.repeats for word in spelled(rows)]
        return said + again + refused


def spelled(reports: np.ndarray) -> list[str]:
    """Return reports like "1 ACCEPTED", or with the reason of a rejection."""
    said = []
    for report in reports:
        is_rejected = report["kind"] == ReportKind.REJECTED
        word = Reject(report["reason"]) if is_rejected else ReportKind(report["kind"])
        said.append(f"{report['request_seq']} {word.name}")
    return said


def begin_trading(gateway: ChildGateway) -> None:
    with Caller(gateway, "operator") as operator:
        operator.change_phase(Phase.CONTINUOUS)
        operator.hear(1)


def configure_stories(folder: Path, **options) -> Path:
    """Write the configuration of a day with a terminal for each story."""
    return configure(folder, terminals=[1] * STORIES, **options)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[ChildGateway]:
    """A gateway that the stories of this module share, each with a user of its own."""
    with ChildGateway(configure_stories(tmp_path_factory.mktemp("venue"))) as gateway:
        begin_trading(gateway)
        yield gateway


@pytest.fixture
def call() -> Iterator[Callable[..., Caller]]:
    """Log in as a user; the caller hangs up when the story is over."""
    callers: list[Caller] = []

    def call(gateway: ChildGateway, user: int, **options) -> Caller:
        callers.append(Caller(gateway, f"terminal{user}", **options))
        return callers[-1]

    yield call
    for caller in callers:
        caller.close()


def orders_of(caller: Caller, account: int) -> list[tuple[int, int]]:
    """Return client_seq and open quantity of the orders that an account has had."""
    return [
        (order.client_seq, order.leaves)
        for order in caller.ask(AskOrders, account, only_open=False)
    ]


def test_in_the_same_session_the_second_gets_the_answer_of_the_first(gateway, call):
    caller = call(gateway, 1, next_report=0)
    rows = rows_to_enter(1, 3, account=1001)
    assert caller.told(rows) == ["1 ACCEPTED", "2 ACCEPTED", "3 ACCEPTED"]
    first = bytes(caller.heard)
    assert caller.told(rows) == [f"{n} ACCEPTED again" for n in (1, 2, 3)]
    assert b"".join(row.tobytes() for row in caller.repeats) == first
    assert orders_of(caller, 1001) == [(1, 100), (2, 100), (3, 100)]


def test_a_message_and_a_packed_row_of_one_number_are_one_request(gateway, call):
    caller = call(gateway, 2, next_report=0)
    caller.enter(1002, MOUTAI, Side.BUY, PRICE, 100)
    assert spelled(caller.hear(1)) == ["1 ACCEPTED"]
    assert caller.told(rows_to_enter(1, 1, account=1002)) == ["1 ACCEPTED again"]
    assert caller.told(rows_to_enter(2, 1, account=1002)) == ["2 ACCEPTED"]
    caller.terminal.client_seq = 1
    caller.enter(1002, MOUTAI, Side.BUY, PRICE, 100)
    while not caller.repeats:
        caller.read(caller.timeout)
    assert [spelled(rows) for rows in caller.repeats] == [["2 ACCEPTED"]]
    assert orders_of(caller, 1002) == [(1, 100), (2, 100)]


def test_within_a_batch_the_first_counts_whatever_the_second_asks_for(gateway, call):
    caller = call(gateway, 3, next_report=0)
    other = rows_to_enter(2, 1, account=1003)
    other["quantity"] = 700
    rows = rows_to_enter(1, 3, account=1003)
    assert caller.told(join([rows[:2], other, rows[:1], rows[2:], rows])) == [
        *["1 ACCEPTED", "2 ACCEPTED", "3 ACCEPTED"],
        *[f"{n} ACCEPTED again" for n in (1, 1, 2, 3)],
        "2 OTHER_REQUEST",
    ]
    assert orders_of(caller, 1003) == [(1, 100), (2, 100), (3, 100)]


def test_after_a_cut_line_the_first_answer_is_had_again(gateway, call):
    first = call(gateway, 4)
    rows = rows_to_enter(1, 5, account=1004)
    first.hear(1)
    first.told(rows)
    first.close()
    again = call(gateway, 4)
    assert again.session.client_seq == 5
    again.hear(6)
    assert again.heard == first.heard
    assert again.told(rows[3:]) == ["4 ACCEPTED again", "5 ACCEPTED again"]
    again.close()
    third = call(gateway, 4)
    third.hear(6)
    assert third.heard == again.heard
    assert len(orders_of(third, 1004)) == 5


def test_two_users_may_give_the_same_numbers(gateway, call):
    one, other = call(gateway, 5, next_report=0), call(gateway, 6, next_report=0)
    for account, caller in ((1005, one), (1006, other)):
        assert caller.told(rows_to_enter(1, 2, account=account)) == ["1 ACCEPTED", "2 ACCEPTED"]
    for account, caller in ((1005, one), (1006, other)):
        again = rows_to_enter(2, 2, account=account)
        assert caller.told(again) == ["3 ACCEPTED", "2 ACCEPTED again"]
    assert len(orders_of(one, 1005)) == len(orders_of(other, 1006)) == 3


def test_a_second_session_of_a_user_goes_on_where_the_first_was(gateway, call):
    first = call(gateway, 7, next_report=0)
    assert first.told(rows_to_enter(1, 1, account=1007)) == ["1 ACCEPTED"]
    second = call(gateway, 7, next_report=0)
    with pytest.raises(SessionEnded, match="logged in anew"):
        first.receive()
    assert second.told(rows_to_enter(1, 2, account=1007)) == ["2 ACCEPTED", "1 ACCEPTED again"]


def test_behind_the_greatest_number_nothing_more_is_taken(gateway, call):
    caller = call(gateway, 8, next_report=0)
    rows = rows_to_enter(GREATEST - 1, 4, account=1008)
    assert rows["client_seq"].tolist() == [GREATEST - 1, GREATEST, -GREATEST - 1, -GREATEST]
    assert caller.told(rows) == [
        f"{GREATEST - 1} ACCEPTED",
        f"{GREATEST} ACCEPTED",
        f"{-GREATEST - 1} NOT_ANSWERED",
        f"{-GREATEST} NOT_ANSWERED",
    ]
    assert caller.told(rows_to_enter(0, 2, account=1008)) == [f"{n} NOT_ANSWERED" for n in (0, 1)]
    caller.enter(1008, MOUTAI, Side.BUY, PRICE, 100)
    with pytest.raises(SessionEnded, match="MESSAGE_MALFORMED"):
        caller.receive()
    again = call(gateway, 8, next_report=0)
    assert again.session.client_seq == GREATEST
    assert [seq for seq, _ in orders_of(again, 1008)] == [GREATEST - 1, GREATEST]


def test_a_request_has_used_its_number_whatever_became_of_it(gateway, call):
    caller = call(gateway, 9, next_report=0)
    foreign, malformed, order = (rows_to_enter(seq, 1, account=1009) for seq in (1, 2, 2))
    foreign["account"] = 2001
    malformed["side"] = 9
    mended = rows_to_enter(1, 1, account=1009)
    assert caller.told(join([foreign, mended, malformed, order])) == [
        "1 ACCOUNT_NOT_ADMITTED",
        "2 MALFORMED",
        "1 ACCOUNT_NOT_ADMITTED again",
        "2 MALFORMED again",
    ]


def test_a_cancel_and_a_replacement_take_effect_once(gateway, call):
    caller = call(gateway, 10, next_report=0)
    order = rows_to_enter(1, 1, account=1010)
    order["quantity"] = 1_000
    caller.send(order)
    number = int(caller.hear(1)["order_number"][0])
    cancel, replacement = np.zeros((2, 1), COMMAND)
    cancel["kind"], cancel["client_seq"] = CommandKind.CANCEL_ORDER, 2
    cancel["order_number"], cancel["quantity"] = number, 100
    replacement["kind"], replacement["client_seq"] = CommandKind.REPLACE_ORDER, 3
    replacement["order_number"], replacement["quantity"] = number, 500
    replacement["price"] = PRICE
    assert caller.told(join([cancel, cancel, replacement, cancel, replacement])) == [
        *["2 CANCELED", "3 REPLACED"],
        *["2 CANCELED again", "2 CANCELED again", "3 REPLACED again"],
    ]
    assert orders_of(caller, 1010) == [(1, 500)]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_after_a_restart_it_is_as_if_there_had_been_none(tmp_path, call, end):
    config = configure_stories(tmp_path, journal="sync")
    rows = rows_to_enter(1, 4)
    with ChildGateway(config) as gateway:
        begin_trading(gateway)
        before = call(gateway, 1)
        before.hear(1)
        assert before.told(rows[:3])[-1] == "3 ACCEPTED"
        getattr(gateway, end)()
    with ChildGateway(config) as gateway:
        after = call(gateway, 1)
        after.hear(4)
        assert after.heard == before.heard
        assert after.told(rows) == ["4 ACCEPTED", *[f"{n} ACCEPTED again" for n in (1, 2, 3)]]
        other = call(gateway, 2, next_report=0)
        assert other.told(rows[:1]) == ["1 ACCEPTED"]
        assert len(orders_of(after, 1001)) == 5
        heard = bytes(after.heard)
        gateway.kill()
    with ChildGateway(config) as gateway:
        last = call(gateway, 1)
        last.hear(len(heard) // REPORT.itemsize)
        assert last.heard == heard
    check(daybook_of(config), [])


RESENDS = 4
"""How often each request is sent again, in the mean."""

RESTARTS = 3
BATCH_MAX = 2_000


def random_batches(random: Random, requests: int) -> Iterator[np.ndarray]:
    """Yield rows of which about one of five is new, numbered on, and the others came before."""
    sent = 0
    while sent < requests:
        rows = rows_to_enter(1, random.randint(1, BATCH_MAX))
        for place in range(len(rows)):
            is_new = not sent or (sent < requests and random.random() * (1 + RESENDS) < 1)
            sent += is_new
            rows["client_seq"][place] = sent if is_new else random.randint(1, sent)
        rows["quantity"] = lots_of(rows)
        yield rows


def lots_of(rows: np.ndarray) -> np.ndarray:
    """Return the quantity that belongs to the client_seq of each row."""
    return 100 * (1 + rows["client_seq"] % 7)


def send_twice_and_more(caller: Caller, rows: np.ndarray, last: int) -> int:
    """Send rows behind the number `last`: only those above all before may be carried out.

    The others get the first answer again.  Return how many these were.
    """
    told = caller.told(rows)
    greatest = np.maximum.accumulate(np.append(last, rows["client_seq"]))
    is_first = np.diff(greatest) > 0
    first, others = rows["client_seq"][is_first], rows["client_seq"][~is_first]
    assert told[: len(first)] == [f"{number} ACCEPTED" for number in first]
    assert told[len(first) :] == [f"{number} ACCEPTED again" for number in others]
    answers = np.frombuffer(bytes(caller.heard), REPORT)
    answers = answers[answers["request_seq"] > 0]
    assert np.array_equal(np.concatenate([answers[:0], *caller.repeats]), answers[others - 1])
    return len(others)


@pytest.mark.parametrize("resends", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
@seeds(1)
def test_each_of_random_resends_gets_its_first_answer(tmp_path, call, seed, resends):
    """Two users send the same numbers, and the venue is killed now and then."""
    requests = resends // RESENDS // 2
    config = configure_stories(tmp_path, orders=2 * requests)
    batches = {user: list(random_batches(Random(seed + user), requests)) for user in (1, 2)}
    heard = dict.fromkeys(batches, b"")
    last, done = dict.fromkeys(batches, 0), dict.fromkeys(batches, 0)
    repeated = 0
    for life in range(RESTARTS):
        with ChildGateway(config) as gateway:
            if life == 0:
                begin_trading(gateway)
            for user in batches:
                caller = call(gateway, user)
                caller.hear(max(1, len(heard[user]) // REPORT.itemsize))
                assert caller.heard.startswith(heard[user])
                count = len(batches[user]) * (life + 1) // RESTARTS
                while done[user] < count:
                    rows = batches[user][done[user]]
                    repeated += send_twice_and_more(caller, rows, last[user])
                    last[user] = max(last[user], int(rows["client_seq"].max()))
                    done[user] += 1
                heard[user] = bytes(caller.heard)
            gateway.kill()
    assert repeated >= 0.9 * resends
    day = check(daybook_of(config), [])
    accepted = day.reports[day.reports["kind"] == ReportKind.ACCEPTED]
    for user in batches:
        mine = accepted[accepted["session"] == user]
        assert mine["client_seq"].tolist() == list(range(1, requests + 1))
        assert np.array_equal(mine["quantity"], lots_of(mine))

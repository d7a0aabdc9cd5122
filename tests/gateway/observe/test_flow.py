"""Accounts and sessions that send too much are found, and blocked where that is wanted."""

import numpy as np
import pytest

from engine.phases import day_command
from engine.venue import Venue
from gateway.config import AlarmSettings
from gateway.observe.alarms import Finding
from gateway.observe.breaker import Breaker
from gateway.observe.flow import Flow
from gateway.observe.meters import Meters
from gateway.observe.recent import STEPS
from gateway.timetable import NEVER
from protocol.vocabulary import CommandKind, Phase, Reject, ReportKind
from tests.gateway.exchange import Exchange
from tests.gateway.orders import rows_to_enter


class Floor:
    """The default venue's flow of one tick after the other."""

    def __init__(self, **settings) -> None:
        self.exchange = Exchange(with_accounts=True)
        self.venue = self.exchange.venue
        self.meters = Meters()
        self.breaker = Breaker(self.venue)
        self.flow = Flow(AlarmSettings(**settings), self.meters, self.breaker)
        self.next_seq = 1
        self.apply(day_command(CommandKind.CHANGE_PHASE, Phase.CONTINUOUS))

    def apply(self, rows: np.ndarray) -> np.ndarray:
        self.exchange.sequencer.stamp(rows)
        self.meters.take(rows)
        reports = self.venue.apply(rows)
        self.meters.release(reports)
        return reports

    def send(self, count: int, account: int = 1001, session: int = 1) -> np.ndarray:
        rows = rows_to_enter(self.next_seq, count, account)
        rows["session"] = session
        self.next_seq += count
        return self.apply(rows)

    def look(self) -> list[Finding]:
        """Look as the watch does, and let the time of a look pass."""
        self.meters.fold()
        found = list(self.flow.find())
        while self.breaker.next_time != NEVER:
            self.apply(self.breaker.pop())
        self.meters.advance()
        return found


def names(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.name, finding.of) for finding in found]


def test_an_account_is_told_as_long_as_it_was_busy_in_the_last_second():
    floor = Floor(order_rate=20)
    floor.send(20)
    assert floor.look() == []
    floor.send(1)
    for _ in range(STEPS - 1):
        assert names(floor.look()) == [("order_rate", "account 1001")]
    assert floor.look() == []


def test_cancels_on_request_are_counted_by_account():
    floor = Floor(cancel_rate=2)
    numbers = floor.send(3)["order_number"]
    cancels = rows_to_enter(floor.next_seq, 3, 0)
    cancels["price"], cancels["quantity"], cancels["session"] = 0, 0, 1
    cancels["kind"] = CommandKind.CANCEL_ORDER
    cancels["order_number"] = numbers
    assert (floor.apply(cancels)["kind"] == ReportKind.CANCELED).all()
    assert names(floor.look()) == [("cancel_rate", "account 1001")]


def test_an_account_that_nears_its_limit_of_the_day_is_told():
    floor = Floor()
    floor.venue.state.accounts[1001]["requests_max"] = 10
    floor.send(8)
    assert floor.look() == []
    floor.send(1)
    (finding,) = floor.look()
    assert finding == Finding(
        "requests_today", "account 1001", "account 1001 has sent 9 of the 10 requests of a day"
    )


def test_what_the_engine_says_is_told_once():
    floor = Floor()
    floor.venue.state.accounts[1001]["rate_max"] = 5
    floor.venue.state.accounts[1001]["requests_max"] = 0
    floor.send(7)
    assert floor.look() == [
        Finding(
            "rate_exceeded",
            "account 1001",
            "account 1001 sends too much: 6 requests in this second, 6 today",
        )
    ]
    assert floor.look() == []


def test_an_account_that_has_run_away_is_told_but_not_blocked_unless_that_is_wanted():
    floor = Floor(runaway_account=50, order_rate=0)
    floor.send(51)
    (finding,) = floor.look()
    assert finding.text == "account 1001 has run away: 51 requests in a second"
    assert floor.send(1)["kind"].tolist() == [ReportKind.ACCEPTED]


@pytest.mark.parametrize("settings", [{"runaway_account": 100}, {"runaway_session": 100}])
def test_an_echo_loop_is_blocked_within_a_second(settings):
    """Each answer makes the runaway program send two orders more."""
    floor = Floor(order_rate=0, runaway_blocks=True, **settings)
    sent, looks, orders = 0, 0, 4
    while True:
        kinds = floor.send(orders)
        sent += orders
        if (kinds["reason"] == Reject.TRADING_BLOCKED).any():
            break
        floor.look()
        looks += 1
        assert looks <= STEPS, "the breaker had a second"
        orders = 2 * len(kinds)
    assert (kinds["reason"] == Reject.TRADING_BLOCKED).all()
    assert sent - orders <= 100 + orders
    assert floor.venue.state.accounts[1001]["open_orders"] == 0


def test_others_go_on_while_an_account_is_blocked():
    floor = Floor(runaway_account=10, order_rate=0, runaway_blocks=True)
    floor.send(11)
    floor.look()
    assert floor.send(1, account=1002)["kind"].tolist() == [ReportKind.ACCEPTED]


def test_a_block_is_made_once_and_again_where_it_was_lifted_too_early():
    floor = Floor(runaway_account=10, order_rate=0, runaway_blocks=True)
    floor.send(11)
    (finding,) = floor.look()
    assert finding.text.endswith("; its trading is blocked")
    (finding,) = floor.look()
    assert not finding.text.endswith("blocked")
    floor.venue.state.venue[0]["blocks"] = 0
    (finding,) = floor.look()
    assert finding.text.endswith("; its trading is blocked")


def test_nothing_is_blocked_on_a_day_that_is_not_open():
    breaker = Breaker(Venue())
    assert not breaker.trip(account=1001)
    assert breaker.next_time == NEVER


def test_a_day_that_ends_makes_no_more_blocks():
    floor = Floor()
    assert floor.breaker.trip(account=1001)
    assert not floor.breaker.trip(account=1001)
    assert floor.breaker.next_time == 0
    floor.breaker.clear()
    assert floor.breaker.next_time == NEVER

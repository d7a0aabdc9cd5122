"""Sessions that come and go: whose orders go with them, which ones, and who hears of it."""

from collections.abc import Iterator

import numpy as np
import pytest

from engine.venue import Venue
from protocol.vocabulary import CancelReason, Phase, ReportKind, Role
from tests.commands import close_session, journal, open_session
from tests.engine.conftest import SMALL
from tests.trading import EVERYTHING, FundedMarket, Market, to_the_end


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    """Continuous trading; alice has asked that her orders go when she does, bob has not."""
    market = Market(new_venue(), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    comes(market, 1, cancels=1)
    comes(market, 2)
    yield from to_the_end(market)


def comes(market: Market, session: int, cancels: int = 0) -> list[str]:
    """Let a session come; return what is told of it."""
    return market.hears(open_session(session, cancels))


def goes(market: Market, session: int) -> list[str]:
    """Let a session go; return what is told of it."""
    return market.hears(close_session(session))


def test_orders_go_with_their_session_in_the_order_in_which_they_came(market):
    market.alice.sells(300, at="10.02")
    market.bob.sells(100, at="10.00")
    market.alice.buys(200, at="9.98")
    assert goes(market, 1) == [
        "alice is gone, and 300 at 10.02 with it",
        "alice is gone, and 200 at 9.98 with it",
    ]
    assert market.carol.buys(500, at="10.05") == ["carol takes 100 from bob at 10.00"]


def test_each_hears_in_its_own_stream_and_nobody_of_a_count(market):
    market.alice.sells(300, at="10.02")
    goes(market, 1)
    report = market.reports[-1]
    names = ("kind", "session", "client_seq", "request_seq", "quantity", "leaves", "reason")
    assert [int(report[name]) for name in names] == [
        *(ReportKind.CANCELED, 1, 1, 0, 300, 0),
        CancelReason.DISCONNECTED,
    ]


def test_orders_of_a_session_that_has_not_asked_for_it_stay(market):
    market.bob.sells(100, at="10.00")
    assert goes(market, 2) == []
    assert market.alice.buys(100, at="10.00") == ["alice takes 100 from bob at 10.00"]


def test_last_login_says_what_becomes_of_the_orders(market):
    market.alice.sells(100, at="10.00")
    market.bob.sells(200, at="10.00")
    comes(market, 1)
    comes(market, 2, cancels=1)
    assert goes(market, 1) == []
    assert goes(market, 2) == ["bob is gone, and 200 at 10.00 with it"]


def test_session_that_is_gone_goes_only_once(market):
    goes(market, 1)
    market.alice.sells(100, at="10.00")
    assert goes(market, 1) == []
    assert goes(market, 3) == []
    comes(market, 1)
    assert goes(market, 1) == []
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]


def test_orders_that_wait_go_as_well_but_not_those_of_others_for_the_same_account(market):
    market.alice.buys_stop(100, trigger="10.10", at="10.20")
    market.alice.buys_at_close(200, at="9.00")
    market.alice.sells(500, at="10.50", display_quantity=100)
    market.dave.sells(100, at="10.00", account=1)
    assert goes(market, 1) == [
        "alice is gone, and 100 at 10.20 with it",
        "alice is gone, and 200 at 9.00 with it",
        "alice is gone, and 500 at 10.50 with it",
    ]
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from dave at 10.00"]


def test_phase_that_takes_no_cancels_keeps_the_orders(market):
    market.alice.sells(100, at="10.00")
    market.alice.sells(200, at="10.00", instrument=1)
    market.begins(Phase.CLOSING_CALL, instrument=0)
    assert goes(market, 1) == ["alice is gone, and 200 at 10.00 with it"]
    assert market.closes()[0] == "alice expires with 100 at 10.00"


def test_money_and_shares_are_free_again(new_venue):
    market = FundedMarket(new_venue(SMALL._replace(accounts=16, holdings=64, movements=256)))
    market.begins(Phase.CONTINUOUS)
    comes(market, 1, cancels=1)
    assert market.alice.buys(9_000, at="10.00") == []
    assert market.alice.buys(9_000, at="10.00") == ["alice is refused: INSUFFICIENT_FUNDS"]
    goes(market, 1)
    assert market.alice.buys(9_000, at="10.00") == []


@pytest.mark.parametrize("session", [0, -1, 9, 2**31 - 1])
def test_only_sessions_that_were_admitted_come_and_go(market, session):
    assert comes(market, session) == ["the venue is refused: UNKNOWN_SESSION"]
    assert goes(market, session) == ["the venue is refused: UNKNOWN_SESSION"]


def test_a_session_comes_in_one_of_two_ways(market):
    assert comes(market, 1, cancels=2) == ["the venue is refused: MALFORMED"]


def test_sessions_come_and_go_when_the_day_is_over(new_venue):
    market = Market(new_venue())
    market.closes()
    assert comes(market, 1, cancels=1) == goes(market, 1) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.VENUE])
def test_nobody_but_the_venue_says_who_comes_and_goes(market, role):
    erin = market.admits("erin", role=role)
    refused = ["erin is refused: COMMAND_NOT_PERMITTED"]
    assert erin.says(open_session(1)) == erin.says(close_session(1)) == refused


def test_what_has_no_room_in_the_buffer_goes_on_in_the_next():
    venue, orders = Venue(SMALL._replace(reports=3)), 10
    market = Market(venue, EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    comes(market, 1, cancels=1)
    for _ in range(orders):
        market.alice.sells(100, at="10.00")
    begun = len(market.journal) + 1
    parts = [part.copy() for part in venue.applied(journal([close_session(1)], first=begun))]
    assert [len(part) for part in parts] == [3, 3, 3, 1]
    reports = np.concatenate(parts)
    assert reports["order_number"].tolist() == list(range(1, orders + 1))
    assert set(reports["reason"].tolist()) == {CancelReason.DISCONNECTED}

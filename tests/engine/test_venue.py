"""The venue around its kernels: what it asks of its callers, and how a log is replayed."""

import numpy as np
import pytest

from engine.storage.daybook import replay
from engine.venue import Limits, Venue
from protocol.records import COMMAND
from protocol.vocabulary import Currency, Phase, Reject, Side
from tests.commands import change_phase, close_day, enter, journal, listing, open_day
from tests.engine.conftest import SMALL

TRADING = (*listing(0), change_phase(Phase.CONTINUOUS))
SELL = enter(Side.SELL, 100, 100_000)
BUY = enter(Side.BUY, 500, 100_000)
DAY = journal([open_day(), *TRADING, *[SELL] * 5, BUY, close_day()])


def test_reports_come_a_buffer_full_at_a_time():
    counts = [len(reports) for reports in Venue(SMALL._replace(reports=4)).applied(DAY)]
    assert sum(counts) == len(Venue(SMALL).apply(DAY)) == 18
    assert 0 < min(counts) <= max(counts) <= 4


def test_venue_left_in_the_middle_refuses_to_go_on():
    venue = Venue(SMALL._replace(reports=3))
    next(venue.applied(DAY))
    with pytest.raises(AssertionError, match="not applied to their end"):
        venue.apply(DAY[:0])


@pytest.mark.parametrize("wrong", [DAY[1:], DAY[[0, 1, 3]], DAY[::-1]], ids=["late", "gap", "back"])
def test_commands_out_of_sequence_are_not_applied(wrong):
    venue = Venue(SMALL)
    untouched = venue.digest()
    with pytest.raises(AssertionError):
        venue.apply(wrong)
    assert venue.digest() == untouched


def test_nothing_to_apply_changes_nothing():
    venue = Venue(SMALL)
    untouched = venue.digest()
    assert len(venue.apply(np.zeros(0, COMMAND))) == 0
    assert venue.digest() == untouched


def test_buffer_must_hold_all_reports_of_a_trade():
    with pytest.raises(AssertionError, match="fit the buffer"):
        Venue(SMALL._replace(reports=2))


def test_venue_tells_where_it_stands():
    venue = Venue(SMALL)
    assert (venue.sequence, venue.time, venue.is_open) == (0, 0, False)
    venue.apply(DAY[:4])
    assert (venue.sequence, venue.time, venue.is_open) == (4, DAY["time"][3], True)
    venue.apply(DAY[4:])
    assert (venue.sequence, venue.time, venue.is_open) == (11, DAY["time"][10], False)
    assert venue.last_client_seq(0) == 0


def test_venue_tells_what_it_knows_of_an_instrument():
    listed = listing(0, lower_limit=9_000, upper_limit=11_000, listed_currency=Currency.HKD)
    venue = Venue(SMALL)
    assert not venue.with_accounts
    venue.apply(journal([open_day(), *listed]))
    assert (venue.limits_of(0), venue.currency_of(0)) == ((9_000, 11_000), Currency.HKD)
    assert not venue.with_accounts
    with pytest.raises(AssertionError):
        venue.limits_of(1)
    with pytest.raises(AssertionError):
        venue.currency_of(-1)
    funded = Venue(SMALL._replace(accounts=1))
    funded.apply(journal([open_day(with_accounts=1)]))
    assert funded.with_accounts


@pytest.mark.parametrize("batch_rows", [1, 3, 4_096])
def test_replay_gives_the_reports_of_the_day(batch_rows):
    expected = Venue(SMALL)
    reports = expected.apply(DAY)
    again = Venue(SMALL._replace(reports=5))
    parts = [part.copy() for part in replay(again, DAY, batch_rows)]
    assert np.concatenate(parts).tobytes() == reports.tobytes()
    assert again.digest() == expected.digest()


def test_replay_with_more_room_refuses_what_the_day_refused():
    rows = journal([open_day(orders_open_max=2, orders_day_max=3), *TRADING, *[SELL] * 3])
    digests = set()
    for limits in (Limits(2, 3, 1, 1, 1, 1, 300, 8), Limits(9, 9, 4, 4, 4, 4, 900, 64)):
        venue = Venue(limits)
        assert venue.apply(rows)["reason"].tolist()[-1] == Reject.ORDERS_EXHAUSTED
        digests.add(venue.digest())
    assert len(digests) == 1

"""A million open orders, taken back at once."""

import numba
import numpy as np
import pytest

from engine.venue import Limits, Venue
from protocol.records import COMMAND
from protocol.vocabulary import NONE, CancelReason, CommandKind, Currency, Phase, ReportKind, Side
from tests.commands import admit, cancel_orders, change_phase, close_day, journal, listing, open_day
from tests.engine.arenas import assert_sound

MILLION = 1_000_000
SESSIONS = 8
INSTRUMENTS = 16
LIMITS = Limits(
    orders_open=MILLION,
    orders_day=MILLION,
    instruments=INSTRUMENTS,
    sessions=SESSIONS + 1,
    ticks=201 * INSTRUMENTS,
)


def orders(first: int) -> np.ndarray:
    """Return the rows of a million orders that rest, of all sessions and for all instruments."""
    numbers = np.arange(MILLION)
    rows = np.zeros(MILLION, COMMAND)
    rows["sequence"] = rows["client_seq"] = first + numbers
    rows["kind"] = CommandKind.ENTER_ORDER
    rows["session"] = rows["account"] = numbers % SESSIONS + 1
    rows["instrument"] = numbers // 3 % INSTRUMENTS
    rows["side"] = numbers // 7 % 2
    rows["price"] = np.where(rows["side"] == Side.BUY, 99_900, 100_100)
    rows["price"] += np.where(rows["side"] == Side.BUY, -100, 100) * (numbers // 11 % 90)
    rows["quantity"] = 100
    return rows


@pytest.fixture
def full() -> Venue:
    """A venue with a million open orders."""
    venue = Venue(LIMITS)
    admissions = [admit(number, number, number) for number in range(1, SESSIONS + 1)]
    listings = [command for number in range(INSTRUMENTS) for command in listing(number)]
    day = [open_day(), *admissions, *listings, change_phase(Phase.CONTINUOUS)]
    venue.apply(journal(day))
    rows = orders(len(day) + 1)
    accepted = sum(len(part) for part in venue.applied(rows))
    assert accepted == np.count_nonzero(venue.state.slots[1:] != NONE) == MILLION
    return venue


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="a million orders are for compiled code")
def test_a_million_orders_are_taken_back_by_two_commands(full):
    an_eighth = canceled(full, of_session=3)
    assert (an_eighth["order_number"] == np.arange(3, MILLION + 1, SESSIONS)).all()
    assert (an_eighth["session"] == 3).all()

    others = canceled(full)
    numbers = np.arange(1, MILLION + 1)
    assert (others["order_number"] == numbers[numbers % SESSIONS != 3]).all()
    assert not np.count_nonzero(full.state.slots[1:] != NONE)
    assert_sound(full)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="a million orders are for compiled code")
def test_a_million_orders_are_added_up_before_they_end(full):
    orders = full.state.orders
    worth = int((orders["price"].astype(np.int64) * orders["leaves"]).sum())
    told = full.affected(journal([close_day()]))
    assert told[Currency.CNY] == (MILLION, 100 * MILLION, worth)
    told = full.affected(journal([cancel_orders(of_session=3)]))
    assert told[Currency.CNY].orders == len(canceled(full, of_session=3))
    assert full.count_open_orders() == MILLION - told[Currency.CNY].orders


def canceled(venue: Venue, **filters: int) -> np.ndarray:
    """Return the reports of the orders that a mass cancel takes back, checked as far as equal."""
    command = journal([cancel_orders(**filters)], venue.sequence + 1)
    *parts, last = [part.copy() for part in venue.applied(command)]
    reports = np.concatenate([*parts, last[:-1]])
    assert (last[-1]["kind"], last[-1]["quantity"]) == (ReportKind.ORDERS_CANCELED, len(reports))
    expected = {
        "kind": ReportKind.CANCELED,
        "reason": CancelReason.MASS_CANCEL,
        "quantity": 100,
        "leaves": 0,
    }
    assert all((reports[name] == value).all() for name, value in expected.items())
    return reports

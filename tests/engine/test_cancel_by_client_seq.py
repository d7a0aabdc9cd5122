"""Orders taken back by the client_seq under which their session entered them."""

from collections.abc import Iterator
from random import Random

import numba
import numpy as np
import pytest

from engine.venue import Limits
from protocol.vocabulary import Hold, Phase, ReportKind, Side
from tests.commands import (
    admit,
    cancel,
    cancel_own,
    change_phase,
    enter,
    journal,
    listing,
    open_day,
)
from tests.trading import EVERYTHING, Market, to_the_end

UNKNOWN = ["alice is refused: UNKNOWN_ORDER"]
ORDERS = 3_000 if numba.config.DISABLE_JIT else 12_000
SESSIONS = (1, 2, 3)
OPEN = 500
"""How many orders a session has open at once, where very many come and go."""


@pytest.fixture
def market(new_venue) -> Iterator[Market]:
    market = Market(new_venue(), EVERYTHING)
    market.begins(Phase.CONTINUOUS)
    yield from to_the_end(market)


def test_order_is_taken_back_by_the_client_seq_of_its_entry(market):
    market.alice.sells(300, at="10.00")
    market.alice.sells(200, at="10.01")
    assert market.alice.cancels_own(1) == ["alice hears of 300 taken back at 10.00, 0 left"]
    assert market.bob.buys(300, at="10.01") == ["bob takes 200 from alice at 10.01"]


def test_part_of_it_is_taken_back_and_the_rest_keeps_its_place(market):
    market.alice.sells(300, at="10.00")
    market.bob.sells(100, at="10.00")
    assert market.alice.cancels_own(1, 100) == ["alice hears of 100 taken back at 10.00, 200 left"]
    canceled = market.reports[-1]
    assert (canceled["order_number"], canceled["client_seq"], canceled["request_seq"]) == (1, 1, 2)
    assert market.carol.buys(300, at="10.00") == [
        "carol takes 200 from alice at 10.00",
        "carol takes 100 from bob at 10.00",
    ]


def test_each_session_has_its_own_client_seqs(market):
    market.bob.sells(200, at="10.01")
    market.alice.sells(100, at="10.00")
    market.carol.sells(300, at="10.02")
    assert market.alice.cancels_own(1) == ["alice hears of 100 taken back at 10.00, 0 left"]
    assert market.bob.cancels_own(1) == ["bob hears of 200 taken back at 10.01, 0 left"]
    assert market.carol.cancels_own(1) == ["carol hears of 300 taken back at 10.02, 0 left"]


def test_order_of_another_session_cannot_be_named(market):
    market.bob.sells(100, at="10.00")
    market.bob.sells(100, at="10.00")
    market.alice.sells(100, at="10.00")
    market.alice.cancels()
    assert market.alice.cancels_own(1) == UNKNOWN
    assert market.alice.cancels_own(2) == UNKNOWN


def test_operator_names_what_he_entered_for_others_and_nothing_else(market):
    market.alice.sells(100, at="10.00")
    market.dave.sells(200, at="10.01", account=1)
    assert market.dave.cancels_own(1) == ["dave hears of 200 taken back at 10.01, 0 left"]
    assert market.dave.cancels_own(1) == ["dave is refused: UNKNOWN_ORDER"]
    assert market.alice.cancels_own(1) == ["alice hears of 100 taken back at 10.00, 0 left"]


def test_order_that_is_gone_is_not_known(market):
    market.alice.sells(100, at="10.00")
    market.bob.buys(100, at="10.00")
    market.alice.sells(100, at="10.00")
    market.alice.cancels()
    market.alice.sells_at_once(100, at="10.00")
    for client_seq in (1, 2, 4):
        assert market.alice.cancels_own(client_seq) == UNKNOWN
    refused = market.reports[-1]
    assert (refused["order_number"], refused["request_seq"]) == (0, market.alice.client_seq)


def test_client_seq_of_a_reject_or_of_another_request_is_not_known(market):
    assert market.alice.sells(100, at="12.00") == ["alice is refused: PRICE_OUTSIDE_LIMITS"]
    market.alice.sells(300, at="10.00")
    market.alice.replaces(200, at="10.00")
    market.alice.cancels(100)
    for client_seq in (1, 3, 4, 5, 99, 2**31 - 1):
        assert market.alice.cancels_own(client_seq) == UNKNOWN
    assert market.alice.cancels_own(2) == ["alice hears of 100 taken back at 10.00, 0 left"]


def test_rejects_in_between_shift_nothing(market):
    for price in ("10.00", "12.00", "10.01", "10.005", "10.02"):
        market.alice.sells(100, at=price)
    assert market.alice.cancels_own(3) == ["alice hears of 100 taken back at 10.01, 0 left"]
    assert market.alice.cancels_own(5) == ["alice hears of 100 taken back at 10.02, 0 left"]
    assert market.alice.cancels_own(1) == ["alice hears of 100 taken back at 10.00, 0 left"]


def test_client_seqs_may_leap(market):
    for leap in (7, 1_000_000, 2**31 - 10):
        market.alice.client_seq = leap
        market.alice.sells(100, at="10.00")
    for leap in (1_000_000, 2**31 - 10, 7):
        assert market.alice.cancels_own(leap + 1) == [
            "alice hears of 100 taken back at 10.00, 0 left"
        ]


def test_replaced_order_keeps_its_name(market):
    market.alice.sells(100, at="10.00")
    market.alice.replaces(300, at="10.01")
    market.dave.replaces(200, at="10.02", order=market.alice.orders[0])
    assert market.alice.cancels_own(1) == ["alice hears of 200 taken back at 10.02, 0 left"]


def test_waiting_orders_are_named_too(market):
    market.alice.buys_stop(100, trigger="10.00", at="10.10")
    market.alice.buys_at_close(200, at="9.00")
    market.begins(Phase.PRE_CONTINUOUS)
    market.alice.buys(300, at="9.50")
    market.holds(Hold.SUSPENDED)
    assert market.alice.cancels_own(3) == ["alice hears of 300 taken back at 9.50, 0 left"]
    assert market.alice.cancels_own(2) == ["alice hears of 200 taken back at 9.00, 0 left"]
    assert market.alice.cancels_own(1) == ["alice hears of 100 taken back at 10.10, 0 left"]


def test_phase_that_takes_no_cancels_takes_none_of_these(market):
    market.alice.sells(100, at="10.00")
    market.begins(Phase.CLOSING_CALL)
    assert market.alice.cancels_own(1) == ["alice is refused: PHASE_REFUSES_CANCEL"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"order_number": 1}, "MALFORMED"),
        ({"order_number": -1}, "MALFORMED"),
        ({"of_client_seq": -1}, "MALFORMED"),
        ({"of_client_seq": -(2**31)}, "MALFORMED"),
        ({"reserved": 1}, "MALFORMED"),
        ({"quantity": -1}, "QUANTITY_NOT_POSITIVE"),
        ({"quantity": -1, "of_client_seq": 9}, "QUANTITY_NOT_POSITIVE"),
        ({"of_client_seq": 0}, "UNKNOWN_ORDER"),
    ],
    ids=str,
)
def test_request_that_makes_no_sense_is_refused(market, wrong, reason):
    market.alice.sells(100, at="10.00")
    assert market.alice.says(cancel_own(1) | wrong) == [f"alice is refused: {reason}"]
    assert market.reports[-1]["order_number"] == wrong.get("order_number", 0)
    assert market.bob.buys(100, at="10.00") == ["bob takes 100 from alice at 10.00"]


def test_orders_of_the_venue_itself_have_no_such_name(new_venue):
    order = enter(Side.SELL, 100, 100_000, client_seq=5)
    day = [open_day(), *listing(0), change_phase(Phase.CONTINUOUS), order, cancel_own(5), cancel(1)]
    reports = new_venue().apply(journal(day))
    assert [int(report["kind"]) for report in reports][1:] == [
        ReportKind.ACCEPTED,
        ReportKind.REJECTED,
        ReportKind.CANCELED,
    ]


def test_each_of_very_many_orders_of_interleaved_sessions_is_found(new_venue):
    """Of the requests in between a tenth is refused."""
    count, chance = ORDERS, Random(1)
    venue = new_venue(
        Limits(orders_open=4 * OPEN, orders_day=count, instruments=1, sessions=4, ticks=500)
    )
    day = [open_day(), *[admit(number, number, number) for number in SESSIONS], *listing(0)]
    venue.apply(journal([*day, change_phase(Phase.CONTINUOUS)]))
    commands, expected = interleaved(count, chance)
    rows = journal(commands, first=len(day) + 2)
    reports = [
        report
        for batch in np.array_split(rows, 10)
        for report in venue.apply(batch)
        if report["kind"] in (ReportKind.CANCELED, ReportKind.REJECTED)
    ]
    names = ("kind", "session", "client_seq", "request_seq", "order_number")
    assert [tuple(int(report[name]) for name in names) for report in reports] == expected


def interleaved(count: int, chance: Random) -> tuple[list[dict], list[tuple[int, ...]]]:
    """Return entries and cancels of three sessions, and what their cancels and rejects report."""
    commands: list[dict] = []
    expected: list[tuple[int, ...]] = []
    client_seqs = dict.fromkeys(SESSIONS, 0)
    entered: dict[int, list[tuple[int, int]]] = {session: [] for session in SESSIONS}
    number = 0
    while number < count or any(entered.values()):
        session = chance.choice(SESSIONS)
        orders = entered[session]
        client_seqs[session] += 1
        client_seq = client_seqs[session]
        sender = {"session": session, "client_seq": client_seq}
        refusal = (ReportKind.REJECTED, session, client_seq, client_seq, 0)
        if chance.random() < 0.1 or (number == count and not orders):
            commands.append(enter(Side.SELL, 0, 100_000, account=session) | sender)
            expected.append(refusal)
        elif number < count and len(orders) < OPEN:
            number += 1
            commands.append(enter(Side.SELL, 100, 100_000, account=session) | sender)
            orders.append((client_seq, number))
        else:
            name, own_number = orders.pop(chance.randrange(len(orders)))
            commands.append(cancel_own(name) | sender)
            expected.append((ReportKind.CANCELED, session, name, client_seq, own_number))
    return commands, expected

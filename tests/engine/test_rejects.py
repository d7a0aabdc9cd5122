"""Rejects by descending precedence: where two rules are broken, the earlier one is named.

The scene: session 1 may trade for the accounts 1 to 9, session 2 is an operator.  Instrument 0 is
traded continuously, instruments 1 and 3 have a break, instrument 2 is in a call that takes no
cancels.  Order 1 is session 1's and rests in instrument 1, order 2 is the operator's, for account
20, and rests there too.  Order 3 is session 1's buy of 100 in instrument 0, order 4 somebody's sell
above it.  Instrument 0 is caged, and its rules know limit orders and market orders of one type, but
no conditions; those of instrument 3 know both conditions.
"""

from typing import NamedTuple

import pytest

from protocol.vocabulary import (
    NONE,
    OrderType,
    Phase,
    Reject,
    ReportKind,
    Role,
    Side,
    TimeInForce,
)
from tests.commands import (
    admit,
    bits_of,
    cancel,
    cancel_orders,
    change_phase,
    close_day,
    define_rules,
    enter,
    journal,
    list_instrument,
    listing,
    open_day,
    replace,
)
from tests.engine.conftest import SMALL

BEST = OrderType.COUNTERPARTY_BEST
FIVE = OrderType.BEST_FIVE_THEN_CANCEL
TYPES = bits_of([OrderType.LIMIT, BEST])
OPENING = [
    open_day(),
    admit(1, 1, 9),
    admit(2, 1, 20, Role.OPERATOR),
    *listing(0, order_types=TYPES, features=0, cage_bp=200, quantity_max_market=500_000),
    *listing(1),
    *listing(2),
    *listing(3, order_types=TYPES, cage_bp=200),
    change_phase(Phase.CONTINUOUS),
    enter(Side.SELL, 100, 100_000, session=1, client_seq=4, account=1, instrument=1),
    enter(Side.SELL, 100, 100_000, session=2, client_seq=5, account=20, instrument=1),
    enter(Side.BUY, 100, 99_000, session=1, client_seq=5, account=1),
    enter(Side.SELL, 100, 101_000),
]
SCENE = [
    *OPENING,
    change_phase(Phase.BREAK, 1),
    change_phase(Phase.OPENING_CALL_LOCKED, 2),
    enter(Side.SELL, 100, 101_000, instrument=3),
]
"""Order 5 is a sell in instrument 3, which trades."""

CLOSED = [*SCENE, close_day()]
FULL = [*SCENE, *[enter(Side.BUY, 100, 90_000)] * (SMALL.orders_open - 5)]

BUY = enter(Side.BUY, 100, 100_000, session=1, client_seq=6, account=1)
CANCEL = cancel(1, session=1, client_seq=6)
REPLACE = replace(3, 100, 99_000, session=1, client_seq=6)
MASS = cancel_orders(session=1, client_seq=6)
IMMEDIATE = {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}
CONDITIONAL = {"instrument": 3}


class Row(NamedTuple):
    """A command that breaks two rules, and the fields that mend the earlier breach."""

    earlier: Reject
    later: Reject
    command: dict
    mended: dict
    scene: list = SCENE


ROWS = [
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_SESSION,
        BUY | {"side": 2, "session": 3},
        {"side": Side.BUY},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_SESSION,
        BUY | {"order_type": len(OrderType), "session": -1},
        {"order_type": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.CLIENT_SEQ_NOT_INCREASING,
        BUY | {"time_in_force": 2, "client_seq": 5},
        {"time_in_force": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.CLIENT_SEQ_NOT_INCREASING,
        BUY | {"reserved": 1, "client_seq": 5},
        {"reserved": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.COMMAND_NOT_PERMITTED,
        change_phase(len(Phase), session=1, client_seq=6),
        {"phase": Phase.BREAK},
    ),
    Row(
        Reject.UNKNOWN_SESSION,
        Reject.COMMAND_NOT_PERMITTED,
        change_phase(Phase.BREAK, session=3, client_seq=6),
        {"session": 1},
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.CLIENT_SEQ_NOT_INCREASING,
        change_phase(Phase.BREAK, session=1, client_seq=5),
        {"session": 2},
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.LISTING_OUT_OF_BOUNDS,
        list_instrument(0, session=2, client_seq=6),
        {"session": 0},
    ),
    Row(
        Reject.CLIENT_SEQ_NOT_INCREASING,
        Reject.DAY_NOT_OPEN,
        BUY | {"client_seq": 5},
        {"client_seq": 6},
        CLOSED,
    ),
    Row(
        Reject.DAY_NOT_OPEN,
        Reject.UNKNOWN_INSTRUMENT,
        BUY | {"instrument": 7},
        {},
        CLOSED,
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_SESSION,
        BUY | {"post_only": 2, "session": 3},
        {"post_only": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_SESSION,
        CANCEL | {"reserved": 1, "session": 3},
        {"reserved": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_SESSION,
        REPLACE | {"gives_up_place": 2, "session": 3},
        {"gives_up_place": 1},
    ),
    Row(
        Reject.MALFORMED,
        Reject.CLIENT_SEQ_NOT_INCREASING,
        REPLACE | {"reserved": 1, "client_seq": 5},
        {"reserved": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_INSTRUMENT,
        MASS | {"any_side": 2, "instrument": 4},
        {"any_side": 1},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_INSTRUMENT,
        MASS | {"of_side": 2, "instrument": 4},
        {"of_side": 1},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_INSTRUMENT,
        MASS | {"account": -2, "instrument": 4},
        {"account": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_INSTRUMENT,
        MASS | {"of_session": -2, "instrument": 4},
        {"of_session": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_INSTRUMENT,
        MASS | {"of_branch": -2, "instrument": 4},
        {"of_branch": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_INSTRUMENT,
        MASS | {"reserved": 1, "instrument": 4},
        {"reserved": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.COMMAND_NOT_PERMITTED,
        define_rules(4, features=4, session=2, client_seq=6),
        {"features": 3},
    ),
    Row(
        Reject.MALFORMED,
        Reject.LISTING_OUT_OF_BOUNDS,
        define_rules(9, order_types=2),
        {"order_types": 3},
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.LISTING_OUT_OF_BOUNDS,
        define_rules(9, session=2, client_seq=6),
        {"session": 0},
    ),
    Row(
        Reject.CLIENT_SEQ_NOT_INCREASING,
        Reject.UNKNOWN_INSTRUMENT,
        MASS | {"client_seq": 5, "instrument": 4},
        {"client_seq": 6},
    ),
    Row(
        Reject.CLIENT_SEQ_NOT_INCREASING,
        Reject.UNKNOWN_ORDER,
        REPLACE | {"client_seq": 5, "order_number": 9},
        {"client_seq": 6},
    ),
    Row(Reject.DAY_NOT_OPEN, Reject.UNKNOWN_INSTRUMENT, MASS | {"instrument": 4}, {}, CLOSED),
    Row(Reject.DAY_NOT_OPEN, Reject.UNKNOWN_ORDER, REPLACE | {"order_number": 9}, {}, CLOSED),
    Row(Reject.DAY_NOT_OPEN, Reject.LISTING_OUT_OF_BOUNDS, define_rules(9), {}, CLOSED),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.ACCOUNT_NOT_ADMITTED,
        BUY | {"instrument": 4, "account": 10},
        {"instrument": 0},
    ),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.PHASE_REFUSES_ORDER,
        BUY | {"instrument": -1},
        {"instrument": 1},
    ),
    Row(
        Reject.ACCOUNT_NOT_ADMITTED,
        Reject.PHASE_REFUSES_ORDER,
        BUY | {"account": 0, "instrument": 1},
        {"account": 9},
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.ORDER_TYPE_NOT_ALLOWED,
        BUY | {"order_type": FIVE, "instrument": 2},
        {"instrument": 0},
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.FEATURE_NOT_ALLOWED,
        BUY | {"minimum_quantity": 100, "instrument": 2},
        {"instrument": 0},
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.FEATURE_NOT_ALLOWED,
        BUY | {"post_only": 1, "instrument": 2},
        {"instrument": 0},
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.QUANTITY_NOT_POSITIVE,
        BUY | {"instrument": 1, "quantity": 0},
        {"instrument": 0},
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.QUANTITY_TOO_LARGE,
        BUY | IMMEDIATE | {"instrument": 2, "quantity": 1_000_100},
        {"instrument": 0},
    ),
    Row(
        Reject.ORDER_TYPE_NOT_ALLOWED,
        Reject.FEATURE_NOT_ALLOWED,
        BUY | {"order_type": FIVE, "post_only": 1},
        {"order_type": BEST},
    ),
    Row(
        Reject.FEATURE_NOT_ALLOWED,
        Reject.QUANTITY_NOT_POSITIVE,
        BUY | {"post_only": 1, "quantity": 0},
        {"post_only": 0},
    ),
    Row(
        Reject.FEATURE_NOT_ALLOWED,
        Reject.QUANTITY_NOT_POSITIVE,
        BUY | CONDITIONAL | IMMEDIATE | {"post_only": 1, "quantity": 0},
        {"post_only": 0},
    ),
    Row(
        Reject.FEATURE_NOT_ALLOWED,
        Reject.MINIMUM_OUT_OF_RANGE,
        BUY | {"minimum_quantity": 200},
        CONDITIONAL,
    ),
    Row(
        Reject.FEATURE_NOT_ALLOWED,
        Reject.QUANTITY_NOT_IN_LOTS,
        BUY | CONDITIONAL | {"order_type": BEST, "minimum_quantity": 50, "quantity": 50},
        {"order_type": 0},
    ),
    Row(
        Reject.QUANTITY_NOT_POSITIVE,
        Reject.QUANTITY_NOT_IN_LOTS,
        BUY | {"quantity": -50},
        {"quantity": 50},
    ),
    Row(
        Reject.QUANTITY_NOT_POSITIVE,
        Reject.PRICE_NOT_POSITIVE,
        BUY | {"quantity": 0, "price": 0},
        {"quantity": 100},
    ),
    Row(
        Reject.QUANTITY_TOO_LARGE,
        Reject.QUANTITY_NOT_IN_LOTS,
        BUY | {"quantity": 1_000_050},
        {"quantity": 150},
    ),
    Row(
        Reject.QUANTITY_TOO_LARGE,
        Reject.QUANTITY_NOT_IN_LOTS,
        BUY | {"order_type": BEST, "quantity": 500_050},
        {"order_type": 0},
    ),
    Row(
        Reject.QUANTITY_NOT_IN_LOTS,
        Reject.MINIMUM_OUT_OF_RANGE,
        BUY | CONDITIONAL | {"quantity": 50, "minimum_quantity": -1},
        {"quantity": 100},
    ),
    Row(
        Reject.QUANTITY_NOT_IN_LOTS,
        Reject.PRICE_NOT_POSITIVE,
        BUY | {"quantity": 50, "price": -100},
        {"quantity": 100},
    ),
    Row(
        Reject.MINIMUM_OUT_OF_RANGE,
        Reject.PRICE_NOT_POSITIVE,
        BUY | CONDITIONAL | {"minimum_quantity": 101, "price": 0},
        {"minimum_quantity": 100},
    ),
    Row(Reject.PRICE_NOT_POSITIVE, Reject.PRICE_NOT_ON_TICK, BUY | {"price": -50}, {"price": 50}),
    Row(
        Reject.PRICE_NOT_POSITIVE,
        Reject.PRICE_NOT_ON_TICK,
        BUY | {"order_type": BEST, "price": -50},
        {"price": 50},
    ),
    Row(
        Reject.PRICE_NOT_ON_TICK,
        Reject.PRICE_OUTSIDE_LIMITS,
        BUY | {"price": 110_050},
        {"price": 110_100},
    ),
    Row(
        Reject.PRICE_NOT_ON_TICK,
        Reject.PRICE_OUTSIDE_LIMITS,
        BUY | {"order_type": BEST, "price": 110_050},
        {"price": 110_100},
    ),
    Row(
        Reject.PRICE_OUTSIDE_LIMITS,
        Reject.PRICE_OUTSIDE_CAGE,
        BUY | {"price": 110_100},
        {"price": 110_000},
    ),
    Row(
        Reject.PRICE_OUTSIDE_CAGE,
        Reject.WOULD_TRADE,
        BUY | CONDITIONAL | {"post_only": 1, "price": 104_000},
        {"price": 101_000},
    ),
    Row(
        Reject.PRICE_OUTSIDE_CAGE,
        Reject.ORDERS_EXHAUSTED,
        BUY | {"price": 104_000},
        {"price": 90_000},
        FULL,
    ),
    Row(
        Reject.PRICE_OUTSIDE_LIMITS,
        Reject.ORDERS_EXHAUSTED,
        BUY | {"price": 89_900},
        {"price": 90_000},
        FULL,
    ),
    Row(
        Reject.WOULD_TRADE,
        Reject.ORDERS_EXHAUSTED,
        BUY | CONDITIONAL | {"post_only": 1, "price": 101_000},
        {"price": 100_900},
        FULL,
    ),
    Row(
        Reject.QUANTITY_NOT_POSITIVE,
        Reject.UNKNOWN_ORDER,
        CANCEL | {"quantity": -1, "order_number": 9},
        {"quantity": 0},
    ),
    Row(
        Reject.QUANTITY_NOT_POSITIVE,
        Reject.ORDER_NOT_YOURS,
        CANCEL | {"quantity": -1, "order_number": 2},
        {"quantity": 0},
    ),
    Row(
        Reject.UNKNOWN_ORDER,
        Reject.ORDER_NOT_YOURS,
        CANCEL | {"order_number": 9},
        {"order_number": 2},
    ),
    Row(
        Reject.ORDER_NOT_YOURS,
        Reject.PHASE_REFUSES_CANCEL,
        CANCEL | {"order_number": 2},
        {"order_number": 1},
    ),
    Row(
        Reject.UNKNOWN_ORDER,
        Reject.ORDER_NOT_YOURS,
        REPLACE | {"order_number": 9},
        {"order_number": 2},
    ),
    Row(
        Reject.ORDER_NOT_YOURS,
        Reject.PHASE_REFUSES_CANCEL,
        REPLACE | {"order_number": 2},
        {"order_number": 1},
    ),
    Row(
        Reject.PHASE_REFUSES_CANCEL,
        Reject.QUANTITY_NOT_POSITIVE,
        REPLACE | {"order_number": 1, "quantity": 0},
        {"order_number": 3},
    ),
    Row(
        Reject.QUANTITY_NOT_POSITIVE,
        Reject.PRICE_NOT_POSITIVE,
        REPLACE | {"quantity": -1, "price": 0},
        {"quantity": 50},
    ),
    Row(
        Reject.QUANTITY_TOO_LARGE,
        Reject.QUANTITY_NOT_IN_LOTS,
        REPLACE | {"quantity": 1_000_050},
        {"quantity": 150},
    ),
    Row(
        Reject.QUANTITY_NOT_IN_LOTS,
        Reject.PRICE_NOT_POSITIVE,
        REPLACE | {"quantity": 150, "price": 0},
        {"quantity": 50},
    ),
    Row(
        Reject.PRICE_NOT_POSITIVE, Reject.PRICE_NOT_ON_TICK, REPLACE | {"price": -50}, {"price": 50}
    ),
    Row(
        Reject.PRICE_NOT_ON_TICK,
        Reject.PRICE_OUTSIDE_LIMITS,
        REPLACE | {"price": 110_050},
        {"price": 110_100},
    ),
    Row(
        Reject.PRICE_OUTSIDE_LIMITS,
        Reject.PRICE_OUTSIDE_CAGE,
        REPLACE | {"price": 110_100},
        {"price": 110_000},
    ),
    Row(
        Reject.CLIENT_SEQ_NOT_INCREASING,
        Reject.UNKNOWN_INSTRUMENT,
        change_phase(Phase.BREAK, 4, session=2, client_seq=5),
        {"client_seq": 6},
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.DAY_ALREADY_OPEN,
        open_day(session=2, client_seq=6),
        {"session": 0},
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.DAY_ALREADY_OPEN,
        open_day(session=2, client_seq=6),
        {"session": 0},
        CLOSED,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.earlier.name}-{row.later.name}")
def test_earlier_reason_wins(new_venue, row):
    if not row.mended:
        assert reasons(new_venue(), row.scene, row.command) == [row.earlier]
        assert reasons(new_venue(), SCENE, row.command) == [row.later]
        return
    assert reasons(new_venue(), row.scene, row.command) == [row.earlier]
    assert reasons(new_venue(), row.scene, row.command | row.mended) == [row.later]


def test_every_reason_is_among_the_earlier_or_the_later():
    named = {reason for row in ROWS for reason in (row.earlier, row.later)}
    assert named == set(Reject) - {Reject.NOTHING}


def reasons(venue, scene: list[dict], command: dict) -> list[Reject]:
    """Return why `command` is refused behind the scene; the scene itself goes well."""
    assert not [r for r in venue.apply(journal(scene)) if r["kind"] == ReportKind.REJECTED]
    reports = venue.apply(journal([command], first=len(scene) + 1))
    return [Reject(r["reason"]) for r in reports if r["kind"] == ReportKind.REJECTED]


def answers(venue, *commands: dict) -> list[tuple]:
    """Return kind, session, request_seq, order number and reason of the reports on commands."""
    names = ("kind", "session", "request_seq", "order_number", "reason")
    venue.apply(journal(SCENE))
    reports = venue.apply(journal(commands, first=len(SCENE) + 1))
    return [tuple(int(report[name]) for name in names) for report in reports]


def test_refused_command_uses_up_its_client_seq(new_venue):
    lots = BUY | {"quantity": 50}
    assert answers(new_venue(), lots, BUY, BUY | {"client_seq": 7}) == [
        (ReportKind.REJECTED, 1, 6, 0, Reject.QUANTITY_NOT_IN_LOTS),
        (ReportKind.REJECTED, 1, 6, 0, Reject.CLIENT_SEQ_NOT_INCREASING),
        (ReportKind.ACCEPTED, 1, 7, 6, Reject.NOTHING),
    ]


def test_malformed_command_does_not_use_up_its_client_seq(new_venue):
    assert answers(new_venue(), BUY | {"side": 2}, BUY) == [
        (ReportKind.REJECTED, 1, 6, 0, Reject.MALFORMED),
        (ReportKind.ACCEPTED, 1, 6, 6, Reject.NOTHING),
    ]


def test_stranger_is_answered_to_the_venue(new_venue):
    stranger = CANCEL | {"session": 9}
    assert answers(new_venue(), stranger, stranger | {"reserved": 2}) == [
        (ReportKind.REJECTED, 0, 6, 1, Reject.UNKNOWN_SESSION),
        (ReportKind.REJECTED, 0, 6, 1, Reject.MALFORMED),
    ]


def test_reject_says_nothing_but_who_what_and_why(new_venue):
    venue = new_venue()
    venue.apply(journal(SCENE))
    (command,) = rows = journal([CANCEL | {"order_number": 2}], first=len(SCENE) + 1)
    (report,) = venue.apply(rows)
    expected = dict.fromkeys(
        ("trade_number", "price", "quantity", "leaves", "account", "side", "liquidity"), 0
    ) | {
        "sequence": command["sequence"],
        "time": command["time"],
        "order_number": 2,
        "client_seq": 6,
        "request_seq": 6,
        "session": 1,
        "instrument": NONE,
        "kind": ReportKind.REJECTED,
        "reason": Reject.ORDER_NOT_YOURS,
    }
    assert {name: report[name] for name in expected} == expected


@pytest.mark.parametrize("kind", [0, 5, 15, 18, 31, 36, 127, -1])
def test_kind_that_does_not_exist_is_malformed(new_venue, kind):
    assert answers(new_venue(), {"kind": kind, "session": 1, "client_seq": 6}) == [
        (ReportKind.REJECTED, 1, 6, 0, Reject.MALFORMED)
    ]


def test_only_the_venue_itself_may_use_any_account(new_venue):
    venue_role = admit(3, 1, 9, Role.VENUE)
    own = BUY | {"session": 3, "client_seq": 1}
    assert answers(new_venue(), venue_role, own, own | {"client_seq": 2, "account": 10}) == [
        (ReportKind.ACCEPTED, 3, 1, 6, Reject.NOTHING),
        (ReportKind.REJECTED, 3, 2, 0, Reject.ACCOUNT_NOT_ADMITTED),
    ]
    assert answers(new_venue(), BUY | {"session": 0, "account": 10}) == [
        (ReportKind.ACCEPTED, 0, 6, 6, Reject.NOTHING)
    ]

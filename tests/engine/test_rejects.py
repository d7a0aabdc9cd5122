"""Rejects by descending precedence: where two rules are broken, the earlier one is named.

The scene: session 1 may trade for the accounts 1 to 9, session 2 is an operator.  Instrument 0 is
traded continuously, instruments 1 and 3 have a break, instrument 2 is in a call that takes no
cancels.  Order 1 is session 1's and rests in instrument 1, order 2 is the operator's, for account
20, and rests there too.  Order 3 is session 1's buy of 100 in instrument 0, order 4 somebody's sell
above it.  Instrument 0 is caged, and its rules know limit orders and market orders of one type, but
no conditions; those of instrument 3 know a minimum and post-only.

In the scenes that go on there is more: instrument 4 knows everything, is traded continuously and
its close is fixed at 10.00; 5 is in the gap, 6 is traded at its close.  Session 1's order 6 is a
stop in instrument 4, its order 7 waits in the gap, its order 8 rests in instrument 4.
"""

from typing import NamedTuple

import pytest

from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    HaltRule,
    Hold,
    HoldCause,
    OrderType,
    Phase,
    Reject,
    ReportKind,
    Role,
    Schedule,
    Side,
    TimeInForce,
)
from tests.commands import (
    EVERY_FEATURE,
    EVERY_TYPE,
    admit,
    bits_of,
    block_trading,
    cancel,
    cancel_orders,
    change_hold,
    change_phase,
    close_day,
    define_rules,
    enter,
    fix_close,
    journal,
    lift_block,
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
EVERYTHING = {"order_types": EVERY_TYPE, "features": EVERY_FEATURE}
GOING_ON = [
    *SCENE,
    *listing(4, quantity_max_fixed=500_000, **EVERYTHING),
    *listing(5, **EVERYTHING),
    *listing(6, **EVERYTHING),
    change_phase(Phase.CONTINUOUS, 4),
    change_phase(Phase.PRE_CONTINUOUS, 5),
    change_phase(Phase.FIXED_PRICE, 6),
    fix_close(100_000, 4),
    enter(Side.BUY, 100, 106_000, session=1, client_seq=6, account=1, instrument=4)
    | {"trigger_price": 105_000},
    enter(Side.BUY, 100, 99_000, session=1, client_seq=7, account=1, instrument=5),
    enter(Side.BUY, 100, 99_000, session=1, client_seq=8, account=1, instrument=4),
]
CROWDED = [*GOING_ON, *[enter(Side.BUY, 100, 90_000)] * (SMALL.orders_open - 8)]
HELD = [
    *GOING_ON,
    change_phase(Phase.BREAK, 4),
    block_trading(instrument=4),
    change_phase(Phase.CONTINUOUS, 4),
    change_hold(Hold.SUSPENDED),
]
"""The block has come too late for the orders in instrument 4, and then everything is suspended."""

BLOCKED_OUT = [*SCENE, *[block_trading(account=100 + n) for n in range(SMALL.blocks)]]

BUY = enter(Side.BUY, 100, 100_000, session=1, client_seq=6, account=1)
CANCEL = cancel(1, session=1, client_seq=6)
REPLACE = replace(3, 100, 99_000, session=1, client_seq=6)
MASS = cancel_orders(session=1, client_seq=6)
IMMEDIATE = {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}
CONDITIONAL = {"instrument": 3}
LATER = {"client_seq": 9}
ANYTHING = LATER | {"instrument": 4}
FIXED = {"order_type": OrderType.FIXED_PRICE}
HOLD = change_hold(Hold.HALTED, 4, session=2, client_seq=6)
BLOCK = block_trading(session=2, client_seq=6)
LIFT = lift_block(session=2, client_seq=6)


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
        BUY | {"order_type": -1, "client_seq": 5},
        {"order_type": OrderType.FIXED_PRICE},
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
        define_rules(4, features=EVERY_FEATURE + 1, session=2, client_seq=6),
        {"features": EVERY_FEATURE},
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
        Reject.ACCOUNT_NOT_ADMITTED,
        Reject.TRADING_BLOCKED,
        BUY | ANYTHING | {"account": 10},
        {"account": 9},
        HELD,
    ),
    Row(
        Reject.TRADING_BLOCKED,
        Reject.PHASE_REFUSES_ORDER,
        BUY | ANYTHING,
        {"instrument": 0},
        HELD,
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.ORDER_TYPE_NOT_ALLOWED,
        BUY | FIXED | {"instrument": 1},
        {"instrument": 0},
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.QUANTITY_NOT_POSITIVE,
        BUY | LATER | {"instrument": 5, "post_only": 1, "quantity": 0},
        {"post_only": 0},
        GOING_ON,
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.QUANTITY_NOT_POSITIVE,
        BUY | LATER | {"instrument": 5, "display_quantity": 100, "quantity": 0},
        {"display_quantity": 0},
        GOING_ON,
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.QUANTITY_NOT_POSITIVE,
        BUY | LATER | {"instrument": 6, "quantity": 0},
        FIXED,
        GOING_ON,
    ),
    Row(
        Reject.ORDER_TYPE_NOT_ALLOWED,
        Reject.FEATURE_NOT_ALLOWED,
        BUY | LATER | FIXED | IMMEDIATE,
        {"instrument": 4},
        GOING_ON,
    ),
    *[
        Row(
            Reject.FEATURE_NOT_ALLOWED,
            Reject.QUANTITY_NOT_POSITIVE,
            BUY | ANYTHING | {"quantity": 0} | wrong,
            mended,
            GOING_ON,
        )
        for wrong, mended in (
            (FIXED | IMMEDIATE, {"time_in_force": 0}),
            (FIXED | {"minimum_quantity": 100}, {"order_type": 0}),
            (FIXED | {"post_only": 1}, {"order_type": 0}),
            (FIXED | {"display_quantity": 100}, {"order_type": 0}),
            (FIXED | {"trigger_price": 100_000}, {"order_type": FIVE}),
            (IMMEDIATE | {"display_quantity": 100}, {"time_in_force": 0}),
            ({"display_quantity": 100, "order_type": BEST}, {"order_type": 0}),
            ({"display_quantity": 100, "post_only": 1}, {"post_only": 0}),
            ({"display_quantity": 100, "minimum_quantity": 100}, {"minimum_quantity": 0}),
            ({"display_quantity": 100, "trigger_price": 100_000}, {"trigger_price": 0}),
            ({"trigger_price": 100_000, "post_only": 1}, {"post_only": 0}),
            ({"trigger_price": 100_000, "minimum_quantity": 100}, {"minimum_quantity": 0}),
        )
    ],
    Row(
        Reject.FEATURE_NOT_ALLOWED,
        Reject.DISPLAY_OUT_OF_RANGE,
        BUY | LATER | {"instrument": 3, "display_quantity": 200},
        {"instrument": 4},
        GOING_ON,
    ),
    Row(
        Reject.FEATURE_NOT_ALLOWED,
        Reject.TRIGGER_OUT_OF_RANGE,
        BUY | LATER | {"instrument": 3, "trigger_price": -100},
        {"instrument": 4},
        GOING_ON,
    ),
    Row(
        Reject.QUANTITY_TOO_LARGE,
        Reject.QUANTITY_NOT_IN_LOTS,
        BUY | ANYTHING | FIXED | {"quantity": 500_050},
        {"order_type": 0},
        GOING_ON,
    ),
    Row(
        Reject.QUANTITY_NOT_IN_LOTS,
        Reject.DISPLAY_OUT_OF_RANGE,
        BUY | ANYTHING | {"quantity": 150, "display_quantity": 50},
        {"quantity": 200},
        GOING_ON,
    ),
    *[
        Row(
            Reject.DISPLAY_OUT_OF_RANGE,
            Reject.PRICE_NOT_POSITIVE,
            BUY | ANYTHING | {"side": side, "display_quantity": display, "price": 0},
            {"display_quantity": 100},
            GOING_ON,
        )
        for side, display in ((Side.BUY, -100), (Side.BUY, 200), (Side.SELL, 50))
    ],
    Row(
        Reject.DISPLAY_OUT_OF_RANGE,
        Reject.PRICE_NOT_POSITIVE,
        BUY | ANYTHING | {"quantity": 10_100, "display_quantity": 100, "price": 0},
        {"quantity": 10_000},
        GOING_ON,
    ),
    Row(
        Reject.PRICE_NOT_POSITIVE,
        Reject.PRICE_NOT_ON_TICK,
        BUY | ANYTHING | FIXED | {"price": -50},
        {"price": 50},
        GOING_ON,
    ),
    Row(
        Reject.PRICE_OUTSIDE_LIMITS,
        Reject.PRICE_WORSE_THAN_CLOSE,
        BUY | ANYTHING | FIXED | {"price": 89_900},
        {"price": 99_900},
        GOING_ON,
    ),
    Row(
        Reject.PRICE_WORSE_THAN_CLOSE,
        Reject.ORDERS_EXHAUSTED,
        BUY | ANYTHING | FIXED | {"side": Side.SELL, "price": 100_100},
        {"price": 100_000},
        CROWDED,
    ),
    Row(
        Reject.PRICE_OUTSIDE_LIMITS,
        Reject.TRIGGER_OUT_OF_RANGE,
        BUY | ANYTHING | {"price": 110_100, "trigger_price": 110_100},
        {"price": 110_000},
        GOING_ON,
    ),
    *[
        Row(
            Reject.TRIGGER_OUT_OF_RANGE,
            Reject.ORDERS_EXHAUSTED,
            BUY | ANYTHING | {"trigger_price": trigger},
            {"trigger_price": 100_000},
            CROWDED,
        )
        for trigger in (-100, 50, 100_050, 89_900, 110_100)
    ],
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_ORDER,
        CANCEL | {"order_number": 9, "of_client_seq": 9},
        {"order_number": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_ORDER,
        CANCEL | {"order_number": 0, "of_client_seq": -1},
        {"of_client_seq": 0},
    ),
    Row(
        Reject.QUANTITY_NOT_POSITIVE,
        Reject.PHASE_REFUSES_CANCEL,
        CANCEL | {"order_number": 0, "of_client_seq": 4, "quantity": -1},
        {"quantity": 0},
    ),
    Row(
        Reject.UNKNOWN_ORDER,
        Reject.PHASE_REFUSES_CANCEL,
        CANCEL | {"order_number": 0, "of_client_seq": 3},
        {"of_client_seq": 4},
    ),
    Row(
        Reject.PHASE_REFUSES_CANCEL,
        Reject.ORDER_WAITS,
        REPLACE | LATER | {"order_number": 7},
        {"order_number": 6},
        GOING_ON,
    ),
    Row(
        Reject.ORDER_WAITS,
        Reject.TRADING_BLOCKED,
        REPLACE | LATER | {"order_number": 6},
        {"order_number": 8},
        HELD,
    ),
    Row(
        Reject.TRADING_BLOCKED,
        Reject.PHASE_REFUSES_ORDER,
        REPLACE | LATER | {"order_number": 8},
        {"order_number": 3},
        HELD,
    ),
    Row(
        Reject.PHASE_REFUSES_ORDER,
        Reject.QUANTITY_NOT_POSITIVE,
        REPLACE | LATER | {"quantity": 0},
        {},
        HELD,
    ),
    *[
        Row(
            Reject.MALFORMED,
            Reject.UNKNOWN_INSTRUMENT,
            change_phase(Phase.BREAK, 4, session=2, client_seq=6) | {name: value},
            {name: 0},
        )
        for name, value in (
            ("phase", Phase.HALTED),
            ("phase", Phase.SUSPENDED),
            ("schedules", 1),
        )
    ],
    *[
        Row(
            Reject.MALFORMED,
            Reject.CLIENT_SEQ_NOT_INCREASING,
            change_phase(Phase.BREAK, EVERY_INSTRUMENT, session=2, client_seq=5)
            | {"schedules": schedules},
            {"schedules": 3},
        )
        for schedules in (-1, 1 << len(Schedule))
    ],
    *[
        Row(Reject.MALFORMED, Reject.UNKNOWN_INSTRUMENT, HOLD | {name: value}, {name: 0})
        for name, value in (
            ("hold", len(Hold)),
            ("hold", -1),
            ("cause", len(HoldCause)),
            ("cause", -1),
            ("cause", HoldCause.VOLATILITY_FIRST),
            ("cause", HoldCause.VOLATILITY_SECOND),
        )
    ],
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.UNKNOWN_INSTRUMENT,
        HOLD | {"session": 1},
        {"session": 2},
    ),
    Row(Reject.DAY_NOT_OPEN, Reject.UNKNOWN_INSTRUMENT, HOLD, {}, CLOSED),
    *[
        Row(
            Reject.MALFORMED,
            Reject.LISTING_OUT_OF_BOUNDS,
            list_instrument(9, **{name: value}),
            {name: 0},
        )
        for name, value in (
            ("schedule", len(Schedule)),
            ("schedule", -1),
            ("halts", len(HaltRule)),
            ("halts", -1),
        )
    ],
    *[
        Row(
            Reject.MALFORMED,
            Reject.UNKNOWN_INSTRUMENT,
            BLOCK | {"instrument": 4, name: value},
            {name: 0},
        )
        for name, value in (
            ("lifts", 2),
            ("lifts", -1),
            ("any_side", 2),
            ("of_side", 2),
            ("account", -2),
            ("of_session", -2),
            ("of_branch", -2),
            ("reserved", 1),
        )
    ],
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.UNKNOWN_BLOCK,
        LIFT | {"session": 1},
        {"session": 2},
    ),
    Row(Reject.DAY_NOT_OPEN, Reject.UNKNOWN_BLOCK, LIFT, {}, CLOSED),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.UNKNOWN_BLOCK,
        LIFT | {"instrument": 4},
        {"instrument": 0},
    ),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.UNKNOWN_SESSION,
        BLOCK | {"instrument": 4, "of_session": 99},
        {"instrument": 0},
    ),
    Row(
        Reject.UNKNOWN_SESSION,
        Reject.BLOCKS_EXHAUSTED,
        BLOCK | {"of_session": 99},
        {"of_session": 1},
        BLOCKED_OUT,
    ),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.BLOCKS_EXHAUSTED,
        BLOCK | {"instrument": 4},
        {"instrument": 0},
        BLOCKED_OUT,
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.UNKNOWN_INSTRUMENT,
        fix_close(100_000, 7, session=2, client_seq=6),
        {"session": 0},
    ),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.CLOSE_IS_FIXED,
        fix_close(100_000, EVERY_INSTRUMENT),
        {"instrument": 6},
        GOING_ON,
    ),
    Row(
        Reject.CLOSE_IS_FIXED,
        Reject.PRICE_NOT_POSITIVE,
        fix_close(0, 6),
        {"instrument": 5},
        GOING_ON,
    ),
    Row(
        Reject.PRICE_NOT_POSITIVE,
        Reject.PRICE_NOT_ON_TICK,
        fix_close(-50),
        {"price": 50},
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


@pytest.mark.parametrize("kind", [0, 5, 15, 43, 127, -1])
def test_kind_that_does_not_exist_is_malformed(new_venue, kind):
    assert answers(new_venue(), {"kind": kind, "session": 1, "client_seq": 6}) == [
        (ReportKind.REJECTED, 1, 6, 0, Reject.MALFORMED)
    ]


def test_only_the_venue_itself_may_use_any_account(new_venue):
    venue_role = admit(3, 1, 9, Role.VENUE)
    foreign = BUY | {"session": 3, "client_seq": 1, "account": 10}
    assert answers(new_venue(), venue_role, foreign) == [
        (ReportKind.ACCEPTED, 3, 1, 6, Reject.NOTHING)
    ]
    assert answers(new_venue(), BUY | {"session": 0, "account": 10}) == [
        (ReportKind.ACCEPTED, 0, 6, 6, Reject.NOTHING)
    ]
    assert answers(new_venue(), BUY | {"account": 10}) == [
        (ReportKind.REJECTED, 1, 6, 0, Reject.ACCOUNT_NOT_ADMITTED)
    ]

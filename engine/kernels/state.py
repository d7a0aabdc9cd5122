"""Everything the engine knows: one NamedTuple of arenas, allocated at the start and never grown.

Rows refer to each other by index.  A price is on a ladder by its rank: the distance in ticks from
the most aggressive price that the half of the book allows, so rank 0 is the upper limit for bids
and the lower limit for asks, the best order of either half is the one of lowest rank, and one
kernel serves both.
"""

from typing import NamedTuple

import numpy as np

from protocol.vocabulary import NONE, Role

TICKS_MAX = 64**3
"""Most prices between an instrument's limits: what three levels of 64-bit words can mark."""

WORDS_ROUNDED = 7
"""Words that an instrument may need beyond those of its ticks: each level of a half rounds up."""


class Limits(NamedTuple):
    """How much room there is; running out is a reject with a name, never a crash."""

    orders_open: int = 200_000
    orders_day: int = 2_000_000
    instruments: int = 8_192
    sessions: int = 4_096
    rules: int = 64
    ticks: int = 8_000_000
    reports: int = 16_384


VENUE = np.dtype(
    [
        ("sequence", "i8"),
        ("time", "i8"),
        ("orders", "i8"),
        ("levels", "i8"),
        ("words", "i8"),
        ("trades", "i4"),
        ("business_date", "i4"),
        ("instruments", "i4"),
        ("sessions", "i4"),
        ("rules", "i4"),
        ("slots_touched", "i4"),
        ("slots_free", "i4"),
        ("reports", "i4"),
        ("cursor", "i4"),
        ("count", "i4"),
        ("working", "i4"),
        ("working_limit", "i4"),
        ("working_rest", "i4"),
        ("working_quantity", "i4"),
        ("working_request", "i4"),
        ("auction_price", "i4"),
        ("auction_leaves", "i8"),
        ("orders_open_max", "i4"),
        ("orders_day_max", "i4"),
        ("is_open", "i4"),
        ("has_begun", "i4"),
    ]
)
"""The one row of counters.

`cursor`, `count`, `working*`, `auction_*` and `has_begun` remember where a command stopped because
the report buffer was full.  `working` is the slot of the order that arrives, with the opposite rank
up to which it trades, what becomes of its rest, the quantity that it arrived with, and the
request_seq of its trades.
"""

RULES = np.dtype(
    [
        ("tick", "i4"),
        ("quantity_min", "i4"),
        ("quantity_step", "i4"),
        ("quantity_max", "i4"),
        ("quantity_max_market", "i4"),
        ("order_types", "i4"),
        ("features", "i4"),
        ("cage_bp", "i4"),
        ("cage_ticks", "i4"),
        ("tie_break", "i4"),
        ("candidates", "i4"),
    ]
)
"""What many instruments share; each instrument has a copy."""

INSTRUMENT = np.dtype(
    [
        ("phase", "i4"),
        ("lower_limit", "i4"),
        ("upper_limit", "i4"),
        ("previous_close", "i4"),
        ("last", "i4"),
        *RULES.descr,
    ]
)

HALF = np.dtype([("levels", "i8"), ("words", "i8"), ("ticks", "i4"), ("best", "i4")])
"""The bids or the asks of an instrument: where its ladder and its bitmap begin, how many ranks it
has, and the best occupied one (`ticks` where there is none)."""

LEVEL = np.dtype([("quantity", "i8"), ("oldest", "i4"), ("newest", "i4")])
"""The orders of a half at one price, in order of time."""

ORDER = np.dtype(
    [
        ("order_number", "i8"),
        ("older", "i4"),
        ("newer", "i4"),
        ("leaves", "i4"),
        ("rank", "i4"),
        ("price", "i4"),
        ("instrument", "i4"),
        ("account", "i4"),
        ("session", "i4"),
        ("client_seq", "i4"),
        ("side", "i4"),
    ]
)
"""An open order.  In a free slot, `newer` is the next free slot."""

SESSION = np.dtype(
    [
        ("client_seq", "i4"),
        ("branch", "i4"),
        ("account_first", "i4"),
        ("account_last", "i4"),
        ("role", "i4"),
        ("self_trade", "i4"),
    ]
)

for row in (VENUE, RULES, INSTRUMENT, HALF, LEVEL, ORDER, SESSION):
    assert sum(form[0].itemsize for form in row.fields.values()) == row.itemsize


class State(NamedTuple):
    """The arenas; see the row layouts above for what each holds."""

    venue: np.ndarray
    instruments: np.ndarray
    halves: np.ndarray
    levels: np.ndarray
    words: np.ndarray
    orders: np.ndarray
    slots: np.ndarray
    sessions: np.ndarray
    rules: np.ndarray
    phases: np.ndarray
    order_types: np.ndarray


def allocate(limits: Limits, phases: np.ndarray, order_types: np.ndarray) -> State:
    """Return an empty state with room for `limits`, every page of it touched.

    `phases` and `order_types` are the tables of engine/phases.py and engine/order_types.py.
    `slots` gives the slot of an order by its number, NONE where it is not open.  Row 0 of
    `sessions` is the venue itself.
    """
    state = State(
        venue=np.zeros(1, VENUE),
        instruments=np.zeros(limits.instruments, INSTRUMENT),
        halves=np.zeros(2 * limits.instruments, HALF),
        levels=np.zeros(2 * limits.ticks, LEVEL),
        words=np.zeros(words_of(2 * limits.ticks) + WORDS_ROUNDED * limits.instruments, np.uint64),
        orders=np.zeros(limits.orders_open, ORDER),
        slots=np.full(limits.orders_day + 1, NONE, np.int32),
        sessions=np.zeros(limits.sessions, SESSION),
        rules=np.zeros(limits.rules, RULES),
        phases=phases,
        order_types=order_types,
    )
    for arena in (state.levels, state.words, state.orders):
        arena.view(np.uint8)[::4_096] = 0
    venue = state.venue[0]
    venue["sessions"] = 1
    venue["slots_free"] = NONE
    venue["working"] = NONE
    state.sessions[0]["role"] = Role.VENUE
    return state


def words_of(ticks: int) -> int:
    """Return how many 64-bit words mark `ticks` prices on three levels."""
    low = -(-ticks // 64)
    return low + -(-low // 64) + 1

"""What is kept beside the state to know what everyone has been shown of the book.

An order shows no more than its account lets it, and not at all where it waits outside the book; so
levels are counted here anew, of what is shown alone.  Nothing of a view changes the state.
"""

from typing import NamedTuple

import numpy as np

from engine.kernels.state import Limits

SEEN = np.dtype(
    [
        ("place", "i8"),
        ("price", "i4"),
        ("quantity", "i4"),
        ("instrument", "u4"),
        ("side", "i1"),
        ("is_touched", "i1"),
        ("spare", "i2"),
    ]
)
"""An order as it was last shown; `quantity` is 0 where it is not.  Of two orders at one price the
one with the lower `place` comes first.  `is_touched` says that something has become of it since."""

SHOWN = np.dtype([("quantity", "i8"), ("orders", "i8")])
"""What is shown at one price, beside the level of the state."""

TOTALS = np.dtype(
    [
        ("volume", "i8"),
        ("turnover", "i8"),
        ("trades", "i4"),
        ("high", "i4"),
        ("low", "i4"),
        ("is_touched", "i4"),
    ]
)
"""What has traded of an instrument today; trades at the closing price have no say in `high` and
`low`.  `is_touched` says that something of the instrument may look different."""

COUNTS = np.dtype(
    [
        ("place", "i8"),
        ("orders", "i8"),
        ("instruments", "i8"),
        ("may_have_turned", "i4"),
        ("day_has_ended", "i4"),
    ]
)
"""The place given last; how many are in `orders` and `instruments`; whether the status of any
instrument may be another one, and whether the day has ended."""

PRICED = np.dtype([("quantity", "i8"), ("price", "i4"), ("orders", "i4")])
"""A level as it is shown; all 0 where there is none."""

LEVEL_CHANGE = np.dtype([*PRICED.descr, ("instrument", "i4"), ("side", "i4")])
"""A level that looks different; its quantity is 0 where it is gone, or not of the best any more."""

ORDER_CHANGE = np.dtype(
    [
        ("order_number", "i8"),
        ("price", "i4"),
        ("quantity", "i4"),
        ("instrument", "i4"),
        ("change", "i1"),
        ("side", "i1"),
        ("loses_place", "i1"),
        ("spare", "i1"),
    ]
)
"""An order that looks different; where it loses its place, it is behind all others now."""

TRADE = np.dtype(
    [
        ("sequence", "i8"),
        ("time", "i8"),
        ("trade_number", "i4"),
        ("price", "i4"),
        ("quantity", "i4"),
        ("instrument", "i4"),
        ("side", "i4"),
        ("liquidity", "i4"),
    ]
)
"""A trade as everyone hears of it; `side` is of the incoming order, where there is one."""

for row in (SEEN, SHOWN, TOTALS, COUNTS, PRICED, LEVEL_CHANGE, ORDER_CHANGE, TRADE):
    assert sum(form[0].itemsize for form in row.fields.values()) == row.itemsize


class View(NamedTuple):
    """The arenas of a view; `orders` and `instruments` are those touched since the last settling.

    `seen` is by order number, `levels` beside those of the state, `totals` by instrument.
    """

    seen: np.ndarray
    levels: np.ndarray
    totals: np.ndarray
    counts: np.ndarray
    orders: np.ndarray
    instruments: np.ndarray


def allocate_view(limits: Limits, levels: int) -> View:
    """Return a view of an empty state with room for `limits` and so many levels.

    Its pages are touched as they are needed: most of them never are.
    """
    return View(
        seen=np.zeros(limits.orders_day + 1, SEEN),
        levels=np.zeros(levels, SHOWN),
        totals=np.zeros(limits.instruments, TOTALS),
        counts=np.zeros(1, COUNTS),
        orders=np.zeros(limits.orders_day + 1, np.int32),
        instruments=np.zeros(limits.instruments, np.int32),
    )

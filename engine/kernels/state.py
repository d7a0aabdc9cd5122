"""Everything the engine knows: one NamedTuple of arenas, allocated at the start and never grown.

Rows refer to each other by index.  A price is on a ladder by its rank: the distance in ticks from
the most aggressive price that the half of the book allows, so rank 0 is the upper limit for bids
and the lower limit for asks, the best order of either half is the one of lowest rank, and one
kernel serves both.
"""

from typing import NamedTuple

import numpy as np

from protocol.units import RATE_STEPS
from protocol.vocabulary import NONE, Currency, Place, Role

TICKS_MAX = 64**3
"""Most prices between an instrument's limits: what three levels of 64-bit words can mark."""

WORDS_ROUNDED = 32
"""Words that an instrument may need beyond those of its ticks: each level of a half rounds up."""

HALVES = 2 * len(Place)
"""Rows of `halves` that an instrument has: bids and asks at each Place."""

QUEUES = 6
"""Halves of an instrument that are a mere queue: what waits in the gap, for the close, and for the
time at which its account may send it."""

PAGE_LINES = 32
"""Orders of a session on one page of its index."""

WINDOW_STEPS = RATE_STEPS + 1
"""Steps that touch a second, wherever it begins."""

CACHE_LINE = 64

IMMEDIATE = 1
ICEBERG = 2
"""Traits of an order, as bits."""


class Limits(NamedTuple):
    """How much room there is; running out is a reject with a name, never a crash."""

    orders_open: int = 200_000
    orders_day: int = 2_000_000
    instruments: int = 8_192
    sessions: int = 4_096
    rules: int = 64
    blocks: int = 256
    ticks: int = 8_000_000
    reports: int = 16_384
    fees: int = 64
    accounts: int = 0
    holdings: int = 0
    movements: int = 0
    lists: int = 0
    proposals: int = 64


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
        ("blocks", "i4"),
        ("pages", "i4"),
        ("hold", "i4"),
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
        ("with_accounts", "i4"),
        ("accounts_max", "i4"),
        ("holdings_max", "i4"),
        ("movements_max", "i4"),
        ("lists_max", "i4"),
        ("lists", "i4"),
        ("fees", "i4"),
        ("holdings", "i4"),
        ("movements", "i4"),
        ("proposals", "i4"),
        ("four_eyes", "i4"),
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
        ("quantity_max_fixed", "i4"),
        ("tie_break", "i4"),
        ("candidates", "i4"),
    ]
)
"""What many instruments share; each instrument has a copy."""

INSTRUMENT = np.dtype(
    [
        ("phase", "u4"),
        ("lower_limit", "i4"),
        ("upper_limit", "i4"),
        ("last", "i4"),
        ("open", "i4"),
        ("halts", "u4"),
        *RULES.descr,
        ("previous_close", "i4"),
        ("close", "i4"),
        ("market", "i4"),
        ("schedule", "i4"),
        ("scheduled", "i4"),
        ("hold", "i4"),
        ("halts_up", "i4"),
        ("halts_down", "i4"),
        ("currency", "i4"),
        ("fees", "i4"),
        ("depository", "i4"),
        ("permission", "i4"),
        ("settlement_days", "i4"),
        ("spare", "i4"),
        ("issued", "i8"),
    ]
)
"""`phase` is the one that rules: `scheduled`, which the timetable gave, or what a hold makes of it.
`open`, `last` and `close` are 0 before there is such a price; `halts_up` and `halts_down` count the
stages of volatility that have halted it.  `issued` is what all accounts hold of it, by the entries
that brought it there."""

HALF = np.dtype([("levels", "u4"), ("words", "u4"), ("ticks", "i4"), ("best", "i4")])
"""The bids or the asks of an instrument at one Place: where its ladder and its bitmap begin, how
many ranks it has, and the best occupied one (`ticks` where there is none)."""

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
        ("instrument", "u4"),
        ("account", "i4"),
        ("session", "u4"),
        ("client_seq", "i4"),
        ("side", "u1"),
        ("place", "u1"),
        ("order_type", "u1"),
        ("traits", "u1"),
    ]
)
"""An open order.  In a free slot, `newer` is the next free slot.

What is an index and never NONE is unsigned, here and in other rows: a signed index may count from
the end, which would be asked at each use.
"""

DISPLAY = np.dtype([("display", "i4"), ("shown", "i4")])
"""Beside an order with the trait ICEBERG: how much it shows at most, and how much now."""

SESSION = np.dtype(
    [
        ("client_seq", "i4"),
        ("branch", "i4"),
        ("account_first", "i4"),
        ("account_last", "i4"),
        ("role", "u1"),
        ("self_trade", "i1"),
        ("is_connected", "i1"),
        ("cancels_on_disconnect", "i1"),
        ("page", "i4"),
        ("lines", "i4"),
        ("is_locked", "i4"),
        ("rate_max", "i4"),
        ("in_flight_max", "i4"),
    ]
)
"""`page` is the newest page of its index, with `lines` on it; `cancels_on_disconnect` says that its
open orders go when it does.  The limits of its requests are 0 where they are those of all; whoever
takes its requests holds it to them."""

PAGE = np.dtype([("first", "i4"), ("before", "i4"), ("jump", "i4"), ("depth", "i4")])
"""A page of a session's index: the client_seq of its first line, and older pages."""

LINE = np.dtype([("client_seq", "i4"), ("order_number", "i4")])

BLOCK = np.dtype(
    [
        ("instrument", "i4"),
        ("account", "i4"),
        ("of_session", "i4"),
        ("of_branch", "i4"),
        ("any_side", "i4"),
        ("of_side", "i4"),
    ]
)
"""Whose orders are refused; the filters of CANCEL_ORDERS."""

PROPOSAL = np.dtype(
    [
        ("sequence", "i8"),
        ("time", "i8"),
        ("cost", "i8"),
        ("amount", "i8"),
        ("reverses", "i8"),
        ("session", "i4"),
        ("account", "i4"),
        ("instrument", "i4"),
        ("kind", "i1"),
        ("entry", "i1"),
        ("currency", "i1"),
        ("grounds", "i1"),
    ]
)
"""A movement of money or shares that another person has to ask for, too."""

FEES = np.dtype(
    [
        ("stamp_buy_rate", "i4"),
        ("stamp_sell_rate", "i4"),
        ("transfer_rate", "i4"),
        ("handling_rate", "i4"),
        ("regulatory_rate", "i4"),
        ("settlement_rate", "i4"),
        ("settlement_cap", "i4"),
    ]
)
"""Fees of many instruments, in 1e-8 of the turnover."""

ACCOUNT = np.dtype(
    [
        ("order_value_max", "i8"),
        ("quiet_until", "i8"),
        ("rate_max", "i4"),
        ("requests", "i4"),
        ("requests_max", "i4"),
        ("open_orders", "i4"),
        ("open_orders_max", "i4"),
        ("permissions", "i4"),
        ("commission_rate", "i4"),
        ("commission_min", "i4"),
        ("commission_min_foreign", "i4"),
        ("spare", "i4"),
        ("status", "i1"),
        ("channels", "i1"),
        ("depositories", "i1"),
        ("commission_includes", "i1"),
        ("rate_action", "i1"),
        ("list_mode", "i1"),
        ("has_guards", "i2"),
    ]
)
"""What every order asks of its account, on one cache line.  Before the step `quiet_until` too many
requests raise no alarm again; `has_guards` says that a collar or a window for duplicates is set."""

WINDOW = np.dtype([("step", "i8"), ("total", "i4"), ("counts", "u2", (WINDOW_STEPS,))])
"""Beside an account: how many requests count in the second that ends with `step`.  A step has its
place in `counts` by what is left of it when divided by their number."""

OWNER = np.dtype(
    [
        ("noted_time", "i8"),
        ("noted_instrument", "i4"),
        ("noted_price", "i4"),
        ("noted_quantity", "i4"),
        ("noted_side", "i1"),
        ("noted_type", "i1"),
        ("account_kind", "i1"),
        ("is_noted", "i1"),
        ("collar_bp", "i4"),
        ("duplicate_ms", "i4"),
        ("branch", "i4"),
        ("first_holding", "i4"),
        ("last_holding", "i4"),
        ("spare", "i4"),
    ]
)
"""What is seldom asked of an account: `noted_*` is the order that the next one must not repeat."""

FUNDS = np.dtype(
    [
        ("balance", "i8"),
        ("held", "i8"),
        ("frozen_day", "i8"),
        ("frozen_long", "i8"),
        ("credit", "i8"),
        ("unsettled", "i8"),
        ("spent", "i8"),
        ("spending_max", "i8"),
    ]
)
"""An account's money in one currency: what open orders hold of it, what is frozen, how much of it
came today and cannot be withdrawn yet, and what trading has cost today, net."""

ACCRUAL = np.dtype([("product", "i8"), ("accrued", "i8"), ("rest", "i8"), ("spare", "i8")])
"""Beside an account's money: its interest so far.  `product` is its balances times days, in cents;
`accrued` what they have earned, in 1/10000, and `rest` what is less than that."""

HOLDING = np.dtype(
    [
        ("total", "i8"),
        ("bought", "i8"),
        ("held", "i8"),
        ("frozen_day", "i8"),
        ("frozen_long", "i8"),
        ("pledged", "i8"),
        ("cost", "i8"),
        ("account", "i4"),
        ("instrument", "i4"),
    ]
)
"""An account's shares of one instrument."""

STAKE = np.dtype([("held", "i8"), ("turnover", "i8"), ("charged", "i8"), ("holding", "i8")])
"""Beside an order of an account: the money or the shares that it holds, what it has traded and been
charged so far, and the holding that it adds to or takes from."""

MOVEMENT = np.dtype(
    [
        ("sequence", "i8"),
        ("amount", "i8"),
        ("cost", "i8"),
        ("account", "i4"),
        ("instrument", "i4"),
        ("currency", "i1"),
        ("entry", "i1"),
        ("is_reversal", "i1"),
        ("is_reversed", "i1"),
        ("client_seq", "i4"),
        ("grounds", "i4"),
        ("spare", "i4"),
    ]
)
"""What moved money (`instrument` NONE) or shares of an account besides trading."""

TALLY = np.dtype([("fees", "i8"), ("outside", "i8"), ("interest_rate", "i4"), ("days", "i4")])
"""Of one currency: all fees charged, all money that entries brought in, and what a balance of
tonight earns: a rate of 1e-8 a year, for so many days."""

LIST = np.dtype([("account", "i4"), ("instrument", "i4"), ("is_listed", "i4"), ("spare", "i4")])
"""A line of the list of an account's instruments."""

ROWS = (
    *(VENUE, RULES, INSTRUMENT, HALF, LEVEL, ORDER, DISPLAY, SESSION, PAGE, LINE, BLOCK, PROPOSAL),
    *(FEES, ACCOUNT, WINDOW, OWNER, FUNDS, ACCRUAL, HOLDING, STAKE, MOVEMENT, TALLY, LIST),
)
for row in ROWS:
    assert sum(form[0].itemsize for form in row.fields.values()) == row.itemsize


class State(NamedTuple):
    """The arenas; see the row layouts above for what each holds."""

    venue: np.ndarray
    instruments: np.ndarray
    halves: np.ndarray
    levels: np.ndarray
    words: np.ndarray
    orders: np.ndarray
    displays: np.ndarray
    slots: np.ndarray
    sessions: np.ndarray
    pages: np.ndarray
    lines: np.ndarray
    blocks: np.ndarray
    proposals: np.ndarray
    rules: np.ndarray
    fees: np.ndarray
    accounts: np.ndarray
    windows: np.ndarray
    owners: np.ndarray
    funds: np.ndarray
    accruals: np.ndarray
    holdings: np.ndarray
    holding_table: np.ndarray
    following: np.ndarray
    stakes: np.ndarray
    movements: np.ndarray
    tallies: np.ndarray
    lists: np.ndarray
    list_table: np.ndarray
    phases: np.ndarray
    order_types: np.ndarray
    halts: np.ndarray
    funds_entries: np.ndarray
    shares_entries: np.ndarray
    permissions: np.ndarray


class Tables(NamedTuple):
    """Data that the kernels read, from the modules of the same names in engine/."""

    phases: np.ndarray
    order_types: np.ndarray
    halts: np.ndarray
    funds_entries: np.ndarray
    shares_entries: np.ndarray
    permissions: np.ndarray


def allocate(limits: Limits, tables: Tables) -> State:
    """Return an empty state with room for `limits`, every page of it touched.

    `slots` gives the slot of an order by its number, NONE where it is not open.  Row 0 of
    `sessions` is the venue itself, which has no index.
    """
    pages = limits.orders_day // PAGE_LINES + limits.sessions + 1
    stakes = limits.orders_open if limits.accounts else 0
    state = State(
        venue=np.zeros(1, VENUE),
        instruments=np.zeros(limits.instruments, INSTRUMENT),
        halves=np.zeros(HALVES * limits.instruments, HALF),
        levels=np.zeros(2 * limits.ticks + QUEUES * limits.instruments, LEVEL),
        words=np.zeros(words_of(2 * limits.ticks) + WORDS_ROUNDED * limits.instruments, np.uint64),
        orders=np.zeros(limits.orders_open, ORDER),
        displays=np.zeros(limits.orders_open, DISPLAY),
        slots=np.full(limits.orders_day + 1, NONE, np.int32),
        sessions=np.zeros(limits.sessions, SESSION),
        pages=np.zeros(pages, PAGE),
        lines=np.zeros(pages * PAGE_LINES, LINE),
        blocks=np.zeros(limits.blocks, BLOCK),
        proposals=np.zeros(limits.proposals, PROPOSAL),
        rules=np.zeros(limits.rules, RULES),
        fees=np.zeros(limits.fees, FEES),
        accounts=on_lines(limits.accounts, ACCOUNT),
        windows=on_lines(limits.accounts, WINDOW),
        owners=on_lines(limits.accounts, OWNER),
        funds=on_lines(len(Currency) * limits.accounts, FUNDS),
        accruals=np.zeros(len(Currency) * limits.accounts, ACCRUAL),
        holdings=on_lines(limits.holdings, HOLDING),
        holding_table=np.full(table_size(limits.holdings), NONE, np.int32),
        following=np.full(limits.holdings, NONE, np.int32),
        stakes=on_lines(stakes, STAKE),
        movements=np.zeros(limits.movements, MOVEMENT),
        tallies=np.zeros(len(Currency), TALLY),
        lists=np.zeros(limits.lists, LIST),
        list_table=np.full(table_size(limits.lists), NONE, np.int32),
        **tables._asdict(),
    )
    for arena in (state.levels, state.words, state.orders, state.displays, state.lines):
        arena.view(np.uint8)[::4_096] = 0
    venue = state.venue[0]
    venue["sessions"] = 1
    venue["slots_free"] = NONE
    venue["working"] = NONE
    state.sessions[0]["role"] = Role.VENUE
    state.sessions[0]["page"] = NONE
    return state


def used(state: State) -> dict[str, np.ndarray]:
    """Return views of what is in use of each arena, by its name; all beyond is as allocated."""
    venue = state.venue[0]
    accounts, instruments = venue["accounts_max"], venue["instruments"]
    slots, pages, holdings = venue["slots_touched"], venue["pages"], venue["holdings"]
    rows = {
        "instruments": instruments,
        "halves": HALVES * instruments,
        "levels": venue["levels"],
        "words": venue["words"],
        "orders": slots,
        "displays": slots,
        "slots": venue["orders"] + 1,
        "sessions": venue["sessions"],
        "pages": pages,
        "lines": pages * PAGE_LINES,
        "blocks": venue["blocks"],
        "proposals": venue["proposals"],
        "rules": venue["rules"],
        "fees": venue["fees"],
        "accounts": accounts,
        "windows": accounts,
        "owners": accounts,
        "funds": len(Currency) * accounts,
        "accruals": len(Currency) * accounts,
        "holdings": holdings,
        "following": holdings,
        "stakes": slots,
        "movements": venue["movements"],
        "lists": venue["lists"],
    }
    arenas = {name: getattr(state, name) for name in State._fields if name not in Tables._fields}
    return {name: arena[: rows.get(name, len(arena))] for name, arena in arenas.items()}


def on_lines(count: int, row: np.dtype) -> np.ndarray:
    """Return zeroed rows that begin on a cache line, as rows of 64 bytes then all do."""
    room = np.zeros(count * row.itemsize + CACHE_LINE, np.uint8)
    begin = -room.ctypes.data % CACHE_LINE
    return room[begin : begin + count * row.itemsize].view(row)


def table_size(entries: int) -> int:
    """Return a power of two that leaves more than half of a hash table empty."""
    return 1 << (2 * entries).bit_length()


def words_of(ticks: int) -> int:
    """Return how many 64-bit words mark `ticks` prices on three levels."""
    low = -(-ticks // 64)
    return low + -(-low // 64) + 1

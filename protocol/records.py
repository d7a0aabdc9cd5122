"""Packed rows: what goes over the wire in batches, into the journal, and into the kernels.

Little-endian, 64 bytes, no padding.  A COMMAND row is a union: behind a head that all kinds
share, each kind has its own fields over the same bytes (docs/protocol/records.md).  Prices are
in 1/10000 of the currency unit, quantities in shares, times in nanoseconds since 1970 UTC.
All numbers are signed, because mixing signed and unsigned integers yields floats in compiled code.
"""

from collections.abc import Iterable

import numpy as np

ROW_BYTES = 64

Fields = tuple[tuple[str, str], ...]
"""Names and numpy forms, in order; a field without a name is spare room, which must be zero."""

HEAD = (
    ("sequence", "<i8"),
    ("time", "<i8"),
    ("session", "<i4"),
    ("client_seq", "<i4"),
    ("kind", "i1"),
)
TAIL = (("checksum", "<u4"),)

ENTER = (
    ("side", "i1"),
    ("order_type", "i1"),
    ("time_in_force", "i1"),
    ("instrument", "<i4"),
    ("minimum_quantity", "<i4"),
    ("post_only", "i1"),
    ("channel", "i1"),
    ("", "S2"),
    ("account", "<i4"),
    ("price", "<i4"),
    ("quantity", "<i4"),
    ("display_quantity", "<i4"),
    ("trigger_price", "<i4"),
)
CANCEL = (
    ("", "S7"),
    ("order_number", "<i8"),
    ("", "S8"),
    ("quantity", "<i4"),
    ("of_client_seq", "<i4"),
    ("reserved", "<i4"),
)
REPLACE = (
    ("gives_up_place", "i1"),
    ("", "S6"),
    ("order_number", "<i8"),
    ("", "S4"),
    ("price", "<i4"),
    ("quantity", "<i4"),
    ("", "S4"),
    ("reserved", "<i4"),
)
MASS_CANCEL = (
    ("any_side", "i1"),
    ("of_side", "i1"),
    ("", "S1"),
    ("instrument", "<i4"),
    ("of_session", "<i4"),
    ("of_branch", "<i4"),
    ("account", "<i4"),
    ("", "S12"),
    ("reserved", "<i4"),
)
BLOCK = (MASS_CANCEL[0], MASS_CANCEL[1], ("lifts", "i1"), *MASS_CANCEL[3:])
PHASE = (("phase", "i1"), ("schedules", "i1"), ("", "S1"), ("instrument", "<i4"), ("", "S28"))
HOLD = (("hold", "i1"), ("cause", "i1"), ("", "S1"), ("instrument", "<i4"), ("", "S28"))
CLOSE = (("", "S3"), ("instrument", "<i4"), ("", "S12"), ("price", "<i4"), ("", "S12"))
DAY = (
    ("with_accounts", "i1"),
    ("", "S2"),
    ("business_date", "<i4"),
    ("orders_open_max", "<i4"),
    ("orders_day_max", "<i4"),
    ("accounts_max", "<i4"),
    ("holdings_max", "<i4"),
    ("movements_max", "<i4"),
    ("lists_max", "<i4"),
    ("four_eyes", "<i4"),
)
ADMISSION = (
    ("role", "i1"),
    ("self_trade", "i1"),
    ("", "S1"),
    ("admitted", "<i4"),
    ("branch", "<i4"),
    ("account_first", "<i4"),
    ("account_last", "<i4"),
    ("trading_unit_sse", "S5"),
    ("trading_unit_szse", "S6"),
    ("", "S5"),
)
LISTING = (
    ("market", "i1"),
    ("schedule", "i1"),
    ("halts", "i1"),
    ("instrument", "<i4"),
    ("code", "S6"),
    ("depository", "i1"),
    ("permission", "i1"),
    ("previous_close", "<i4"),
    ("lower_limit", "<i4"),
    ("upper_limit", "<i4"),
    ("rules", "<i4"),
    ("listed_currency", "i1"),
    ("settlement_days", "i1"),
    ("fees", "<i2"),
)
RULES = (
    ("tie_break", "i1"),
    ("candidates", "i1"),
    ("", "S1"),
    ("defined", "<i2"),
    ("quantity_step", "<i2"),
    ("tick", "<i4"),
    ("quantity_min", "<i4"),
    ("quantity_max", "<i4"),
    ("quantity_max_market", "<i4"),
    ("quantity_max_fixed", "<i4"),
    ("order_types", "<i2"),
    ("features", "<i2"),
    ("cage_bp", "<i2"),
    ("cage_ticks", "<i2"),
)
FEES = (
    ("", "S3"),
    ("defined", "<i2"),
    ("", "S2"),
    ("stamp_buy_rate", "<i4"),
    ("stamp_sell_rate", "<i4"),
    ("transfer_rate", "<i4"),
    ("handling_rate", "<i4"),
    ("regulatory_rate", "<i4"),
    ("settlement_rate", "<i4"),
    ("settlement_cap", "<i4"),
)
ACCOUNT = (
    ("account_kind", "i1"),
    ("channels", "i1"),
    ("commission_includes", "i1"),
    ("commission_rate", "<i4"),
    ("branch", "<i4"),
    ("permissions", "<i4"),
    ("account", "<i4"),
    ("depositories", "i1"),
    ("", "S3"),
    ("commission_min", "<i4"),
    ("commission_min_foreign", "<i4"),
    ("", "S4"),
)
STATUS = (("status", "i1"), ("", "S14"), ("account", "<i4"), ("", "S16"))
LIMIT = (
    ("rate_action", "i1"),
    ("list_mode", "i1"),
    ("", "S1"),
    ("open_orders_max", "<i4"),
    ("rate_max", "<i4"),
    ("requests_max", "<i4"),
    ("account", "<i4"),
    ("order_value_max", "<i8"),
    ("collar_bp", "<i4"),
    ("duplicate_ms", "<i4"),
)
LIMIT_FUNDS = (
    ("", "S1"),
    ("currency", "i1"),
    ("", "S13"),
    ("account", "<i4"),
    ("spending_max", "<i8"),
    ("", "S8"),
)
LIST = (
    ("is_listed", "i1"),
    ("", "S2"),
    ("instrument", "<i4"),
    ("", "S8"),
    ("account", "<i4"),
    ("", "S16"),
)
MOVE_FUNDS = (
    ("entry", "i1"),
    ("currency", "i1"),
    ("grounds", "i1"),
    ("", "S12"),
    ("account", "<i4"),
    ("amount", "<i8"),
    ("reverses", "<i8"),
)
MOVE_SHARES = (
    ("entry", "i1"),
    ("", "S1"),
    ("grounds", "i1"),
    ("instrument", "<i4"),
    ("cost", "<i8"),
    ("account", "<i4"),
    ("amount", "<i8"),
    ("reverses", "<i8"),
)
CAPITALISE = (("", "S1"), ("currency", "i1"), ("", "S13"), ("account", "<i4"), ("", "S16"))
CUSTODY = (
    ("", "S3"),
    ("instrument", "<i4"),
    ("to_unit", "S6"),
    ("", "S2"),
    ("account", "<i4"),
    ("amount", "<i8"),
    ("", "S8"),
)
CODE = (("", "S3"), ("instrument", "<i4"), ("to_instrument", "<i4"), ("", "S24"))
USER = (
    ("is_locked", "i1"),
    ("", "S2"),
    ("admitted", "<i4"),
    ("rate_max", "<i4"),
    ("in_flight_max", "<i4"),
    ("", "S20"),
)
RELEASE = (("", "S7"), ("order_number", "<i8"), ("", "S20"))
INTEREST = (
    ("", "S1"),
    ("currency", "i1"),
    ("", "S1"),
    ("interest_rate", "<i4"),
    ("days", "<i4"),
    ("", "S24"),
)
ACCRUAL = (
    ("", "S1"),
    ("currency", "i1"),
    ("", "S1"),
    ("product", "<i8"),
    ("", "S4"),
    ("account", "<i4"),
    ("accrued", "<i8"),
    ("rest", "<i8"),
)
OPEN_SESSION = (("", "S2"), ("cancels_on_disconnect", "i1"), ("admitted", "<i4"), ("", "S28"))
CLOSE_SESSION = (("", "S3"), ("admitted", "<i4"), ("", "S28"))

KINDS = {
    "ENTER_ORDER": ENTER,
    "CANCEL_ORDER": CANCEL,
    "REPLACE_ORDER": REPLACE,
    "CANCEL_ORDERS": MASS_CANCEL,
    "CHANGE_PHASE": PHASE,
    "CLOSE_DAY": DAY,
    "BLOCK_TRADING": BLOCK,
    "CHANGE_HOLD": HOLD,
    "OPEN_ACCOUNT": ACCOUNT,
    "EDIT_ACCOUNT": ACCOUNT,
    "CHANGE_STATUS": STATUS,
    "MOVE_FUNDS": MOVE_FUNDS,
    "MOVE_SHARES": MOVE_SHARES,
    "LIMIT_ACCOUNT": LIMIT,
    "LIMIT_FUNDS": LIMIT_FUNDS,
    "CHANGE_LIST": LIST,
    "CAPITALISE": CAPITALISE,
    "TRANSFER_CUSTODY": CUSTODY,
    "CHANGE_CODE": CODE,
    "CHANGE_USER": USER,
    "OPEN_DAY": DAY,
    "ADMIT_SESSION": ADMISSION,
    "LIST_INSTRUMENT": LISTING,
    "DEFINE_RULES": RULES,
    "FIX_CLOSE": CLOSE,
    "DEFINE_FEES": FEES,
    "RELEASE_ORDER": RELEASE,
    "DEFINE_INTEREST": INTEREST,
    "BRING_INTEREST": ACCRUAL,
    "OPEN_SESSION": OPEN_SESSION,
    "CLOSE_SESSION": CLOSE_SESSION,
}
"""The fields that each kind of command has between head and tail."""


def union_of(bodies: Iterable[Fields]) -> np.dtype:
    """Return the dtype of rows that hold any of `bodies` between HEAD and TAIL."""
    places: dict[str, tuple[str, int]] = {}
    for body in bodies:
        offset = 0
        for name, form in HEAD + body + TAIL:
            if name:
                place = places.setdefault(name, (form, offset))
                assert place == (form, offset), f"{name} has moved"
            offset += np.dtype(form).itemsize
        assert offset == ROW_BYTES, f"{body} fills {offset} bytes"
    return np.dtype(
        {
            "names": list(places),
            "formats": [form for form, _ in places.values()],
            "offsets": [offset for _, offset in places.values()],
            "itemsize": ROW_BYTES,
        }
    )


COMMAND = union_of(KINDS.values())

REPORT = np.dtype(
    [
        ("sequence", "<i8"),
        ("time", "<i8"),
        ("order_number", "<i8"),
        ("trade_number", "<i4"),
        ("price", "<i4"),
        ("quantity", "<i4"),
        ("leaves", "<i4"),
        ("client_seq", "<i4"),
        ("request_seq", "<i4"),
        ("session", "<i4"),
        ("account", "<i4"),
        ("instrument", "<i4"),
        ("kind", "i1"),
        ("side", "i1"),
        ("reason", "i1"),
        ("liquidity", "i1"),
    ]
)
assert REPORT.itemsize == ROW_BYTES


MAGIC = b"CUOHEJNL"
GROUP_MAGIC = 0x50555247
VERSION = 2

HEADER = np.dtype(
    [
        ("magic", "S8"),
        ("version", "<u2"),
        ("line_bytes", "<u2"),
        ("business_date", "<i4"),
        ("segment", "<i4"),
        ("sequence", "<i8"),
        ("previous", "V32"),
        *TAIL,
    ]
)
"""The first line of a journal's segment: which one it is, the sequence of its first command, and
the SHA-256 of the whole segment before."""

GROUP = np.dtype(
    [
        ("sequence", "<i8"),
        ("durable", "<i8"),
        ("reports", "<i8"),
        ("told", "<u4"),
        ("rows", "<i4"),
        ("own", "<u4"),
        ("magic", "<u4"),
        ("spare", "S20"),
        *TAIL,
    ]
)
"""The line before the commands that were written together: the sequence of the first, how many they
are, and up to which sequence all was on the disk by then.  All commands before it have made
`reports`, whose bytes have the CRC-32C `told`; -1 where that was not known yet.  `own` is the
CRC-32C of all that, by which it can be believed where the chain of checksums is broken."""

for line in (HEADER, GROUP):
    assert line.itemsize == ROW_BYTES


def join(parts: Iterable[np.ndarray]) -> np.ndarray:
    """Return COMMAND rows one behind another.

    numpy's own concatenate would lay the fields of a union out anew, side by side.
    """
    parts = list(parts)
    assert all(part.dtype == COMMAND for part in parts), "only COMMAND rows are laid out so"
    return np.frombuffer(bytearray().join(part.tobytes() for part in parts), COMMAND)

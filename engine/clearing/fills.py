"""The day's fills: who traded what with which order, from the commands and the reports of the day.

Listings and admissions that the venue refused are in the log as well; a report tells of each.
"""

from collections.abc import Iterator

import numpy as np

from protocol.files.profiles import turnover_of
from protocol.files.rows import FILL
from protocol.vocabulary import CommandKind, Market, ReportKind

BLOCK_ROWS = 1 << 14
"""Rows of a table that are written together: so few that they stay in the cache."""


def build_fills(commands: np.ndarray, reports: np.ndarray) -> np.ndarray:
    """Return a FILL row for each TRADED row, in the order of the reports.

    `commands` are the day's COMMAND rows, `reports` all REPORT rows that they caused.
    """
    day = granted(commands, reports, CommandKind.OPEN_DAY)
    listings = granted(commands, reports, CommandKind.LIST_INSTRUMENT)
    admissions = granted(commands, reports, CommandKind.ADMIT_SESSION)
    assert np.array_equal(listings["instrument"], np.arange(len(listings)))
    times = order_times(reports)
    places = np.flatnonzero(reports["kind"] == ReportKind.TRADED)
    fills = np.zeros(len(places), FILL)
    for part in parts(len(fills)):
        rows, traded = fills[part], reports[places[part]]
        for name in TOLD:
            rows[name] = traded[name]
        rows["turnover"] = turnover_of(traded["price"], traded["quantity"])
        rows["trade_time"] = traded["time"]
        rows["order_time"] = times[traded["order_number"]]
        rows["business_date"] = day[0]["business_date"]
        rows["code"] = listings["code"][traded["instrument"]]
        rows["market"] = listings["market"][traded["instrument"]]
        name_members(rows, admissions, traded["session"])
    return fills


TOLD = (
    *("order_number", "trade_number", "account", "price", "quantity", "client_seq"),
    *("side", "liquidity"),
)
"""What a fill has from its report as it is."""


def parts(rows: int) -> Iterator[slice]:
    """Yield the parts of a table of so many rows that are written one after another."""
    return (slice(start, start + BLOCK_ROWS) for start in range(0, rows, BLOCK_ROWS))


def granted(commands: np.ndarray, reports: np.ndarray, kind: CommandKind) -> np.ndarray:
    """Return the commands of a kind that were not refused."""
    asked = commands[commands["kind"] == kind]
    refused = reports["sequence"][reports["kind"] == ReportKind.REJECTED]
    return asked[~np.isin(asked["sequence"], refused)]


def order_times(reports: np.ndarray) -> np.ndarray:
    """Return the time at which each order was accepted, by order number."""
    accepted = np.flatnonzero(reports["kind"] == ReportKind.ACCEPTED)
    numbers = reports["order_number"][accepted]
    times = np.zeros(numbers.max(initial=0) + 1, np.int64)
    times[numbers] = reports["time"][accepted]
    return times


def name_members(fills: np.ndarray, admissions: np.ndarray, session: np.ndarray) -> None:
    """Set branch and trading unit; session 0, the venue itself, has neither."""
    places = len(admissions) + 1
    assert np.array_equal(admissions["admitted"], np.arange(1, places))
    branches = np.zeros(places, np.int32)
    branches[1:] = admissions["branch"]
    fills["branch"] = branches[session]
    for market, name in ((Market.SSE, "trading_unit_sse"), (Market.SZSE, "trading_unit_szse")):
        units = np.zeros(places, "S6")
        units[1:] = admissions[name]
        rows = fills["market"] == market
        fills["trading_unit"][rows] = units[session[rows]]

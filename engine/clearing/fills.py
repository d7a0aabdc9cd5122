"""The day's fills: who traded what with which order, from the commands and the reports of the day.

Listings and admissions that the venue refused are in the log as well; a report tells of each.
"""

import numpy as np

from engine.kernels.fills import MEMBER, ORDER, SECURITY, tell_fills
from protocol.files.rows import FILL
from protocol.vocabulary import CommandKind, ReportKind


def build_fills(commands: np.ndarray, reports: np.ndarray) -> np.ndarray:
    """Return a FILL row for each TRADED row of a day without accounts, in the order of the reports.

    `commands` are the day's COMMAND rows, `reports` all REPORT rows that they caused.
    """
    day = granted(commands, reports, CommandKind.OPEN_DAY)
    securities = securities_of(granted(commands, reports, CommandKind.LIST_INSTRUMENT))
    members = members_of(granted(commands, reports, CommandKind.ADMIT_SESSION))
    fills, _, _ = fills_of(reports, securities, members, by_account=False)
    fills["business_date"] = day[0]["business_date"]
    return fills


def fills_of(
    reports: np.ndarray, securities: np.ndarray, members: np.ndarray, *, by_account: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a FILL row for each TRADED row, the instrument of each, and ORDER rows by number.

    `securities` has SECURITY rows by instrument, `members` MEMBER rows by account or by session.
    """
    kinds = np.ascontiguousarray(reports["kind"])
    count = np.count_nonzero(kinds == ReportKind.TRADED)
    fills, instruments = np.zeros(count, FILL), np.zeros(count, np.int32)
    numbers = reports["order_number"][kinds == ReportKind.ACCEPTED]
    orders = np.zeros(numbers.max(initial=0) + 1, ORDER)
    tell_fills(fills, instruments, reports, orders, securities, members, by_account)
    return fills, instruments, orders


def granted(commands: np.ndarray, reports: np.ndarray, kind: CommandKind) -> np.ndarray:
    """Return the commands of a kind that were not refused."""
    asked = commands[commands["kind"] == kind]
    refused = reports["sequence"][reports["kind"] == ReportKind.REJECTED]
    return asked[~np.isin(asked["sequence"], refused)]


def securities_of(listings: np.ndarray) -> np.ndarray:
    """Return SECURITY rows that tell code and market of LIST_INSTRUMENT rows."""
    assert np.array_equal(listings["instrument"], np.arange(len(listings)))
    rows = np.zeros(len(listings), SECURITY)
    rows["code"], rows["market"] = listings["code"], listings["market"]
    return rows


def members_of(admissions: np.ndarray) -> np.ndarray:
    """Return MEMBER rows by session; session 0, the venue itself, has neither branch nor unit."""
    places = len(admissions) + 1
    assert np.array_equal(admissions["admitted"], np.arange(1, places))
    rows = np.zeros(places, MEMBER)
    rows["branch"][1:] = admissions["branch"]
    rows["unit_sse"][1:] = admissions["trading_unit_sse"]
    rows["unit_szse"][1:] = admissions["trading_unit_szse"]
    return rows

"""The orders and the fills of an account's day, from the reports that the streams keep.

Where another session than its own asked for a change of an order, a copy of the report is told to
that one as well, and is passed over here.
"""

import numpy as np

from gateway.streams import Streams
from protocol.records import REPORT
from protocol.vocabulary import OrderStatus, ReportKind

ORDER = np.dtype(
    [
        ("order_number", "i8"),
        ("session", "i4"),
        ("client_seq", "i4"),
        ("time", "i8"),
        ("instrument", "i4"),
        ("side", "i1"),
        ("price", "i4"),
        ("quantity", "i8"),
        ("filled", "i8"),
        ("canceled", "i8"),
        ("leaves", "i8"),
        ("status", "i1"),
    ]
)
"""An order of the day, with the fields of protocol.questions.Order."""

PRICING = (ReportKind.ACCEPTED, ReportKind.REPLACED, ReportKind.RELEASED)
"""Reports that say which price an order has from then on."""

STATUS = np.full(len(ReportKind) + 1, OrderStatus.OPEN, np.int8)
STATUS[ReportKind.TRADED] = OrderStatus.TRADED
STATUS[ReportKind.CANCELED] = OrderStatus.CANCELED
STATUS[ReportKind.EXPIRED] = OrderStatus.EXPIRED
"""What has become of an order that is done, by the kind of its last report."""

ABOUT_ORDERS = (*PRICING, ReportKind.TRADED, ReportKind.CANCELED, ReportKind.EXPIRED)


class ReportsByAccount:
    """Finds what the streams hold about an account.

    The account of each report is noted down when somebody asks, so that the next one who does only
    reads these notes and what has come since.
    """

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self.accounts = bytearray()

    def about_orders(self, account: int) -> np.ndarray:
        """Return a copy of the REPORT rows about orders of an account."""
        reports = self.streams.reports.rows()
        noted = len(self.accounts) // REPORT["account"].itemsize
        self.accounts += np.ascontiguousarray(reports["account"][noted:]).data
        places = np.flatnonzero(np.frombuffer(self.accounts, REPORT["account"]) == account)
        found = reports.take(places)
        return where(found, np.isin(found["kind"], ABOUT_ORDERS))


def where(reports: np.ndarray, condition: np.ndarray) -> np.ndarray:
    """Return the rows that fulfil a condition; three times as fast as a mask would be."""
    return reports.take(np.flatnonzero(condition))


def fills_of(reports: np.ndarray) -> np.ndarray:
    """Return the TRADED rows of an account's reports, by trade number."""
    traded = where(reports, reports["kind"] == ReportKind.TRADED)
    return traded.take(np.lexsort((traded["order_number"], traded["trade_number"])))


def orders_of(reports: np.ndarray) -> np.ndarray:
    """Return the ORDER rows of an account's reports about orders, by order number."""
    accepted = where(reports, reports["kind"] == ReportKind.ACCEPTED)
    accepted = accepted.take(np.argsort(accepted["order_number"]))
    orders = np.zeros(len(accepted), ORDER)
    for name in ("order_number", "session", "client_seq", "time", "instrument", "side"):
        orders[name] = accepted[name]
    places = np.searchsorted(accepted["order_number"], reports["order_number"])
    is_own = reports["session"] == accepted["session"][places]
    fold(orders, places[is_own], where(reports, is_own))
    return orders


def fold(orders: np.ndarray, places: np.ndarray, reports: np.ndarray) -> None:
    """Tell ORDER rows what has become of them; each report is about the order at its place.

    Of several values that are assigned to one order, numpy keeps the last.
    """
    kinds = reports["kind"]
    is_trade, is_priced = kinds == ReportKind.TRADED, np.isin(kinds, PRICING)
    is_end = (kinds == ReportKind.CANCELED) | (kinds == ReportKind.EXPIRED)
    np.add.at(orders["filled"], places[is_trade], reports["quantity"][is_trade])
    np.add.at(orders["canceled"], places[is_end], reports["quantity"][is_end])
    orders["price"][places[is_priced]] = reports["price"][is_priced]
    orders["leaves"][places] = reports["leaves"]
    orders["quantity"] = orders["filled"] + orders["canceled"] + orders["leaves"]
    orders["status"][places] = STATUS[kinds]
    orders["status"][orders["leaves"] > 0] = OrderStatus.OPEN

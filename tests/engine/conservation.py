"""Nothing gets lost: what was accepted has been traded, taken back, or has expired, or is open."""

from collections import defaultdict
from collections.abc import Iterable

from protocol.vocabulary import ReportKind

LESSENING = (ReportKind.TRADED, ReportKind.CANCELED, ReportKind.EXPIRED)


def open_quantities(reports: Iterable) -> dict[int, int]:
    """Return by order number what the reports leave open, in shares, where that is not 0.

    On the way the `leaves` of every report must be what is open after it.  Of a cancel or a
    replacement that somebody else asked for only the owner's report counts.
    """
    leaves: dict[int, int] = {}
    owners: dict[int, int] = {}
    for report in reports:
        number = int(report["order_number"])
        if report["kind"] == ReportKind.ACCEPTED:
            assert number not in leaves
            assert report["leaves"] == report["quantity"] > 0
            leaves[number] = int(report["quantity"])
            owners[number] = int(report["session"])
        elif report["kind"] == ReportKind.RELEASED:
            assert report["leaves"] == report["quantity"] == leaves[number] > 0
        elif report["kind"] == ReportKind.REPLACED and report["session"] == owners[number]:
            assert leaves[number] > 0
            assert report["leaves"] == report["quantity"] > 0
            leaves[number] = int(report["quantity"])
        elif report["kind"] in LESSENING and report["session"] == owners[number]:
            assert report["quantity"] > 0
            leaves[number] -= int(report["quantity"])
            assert report["leaves"] == leaves[number] >= 0
    return {number: quantity for number, quantity in leaves.items() if quantity}


def traded_quantities(reports: Iterable) -> dict[int, list[tuple[int, int, int]]]:
    """Return by trade number the side, price and quantity of both of its reports."""
    trades = defaultdict(list)
    for report in reports:
        if report["kind"] == ReportKind.TRADED:
            told = (int(report["side"]), int(report["price"]), int(report["quantity"]))
            trades[int(report["trade_number"])].append(told)
    return dict(trades)

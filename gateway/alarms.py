"""What whoever runs the venue is told of in its log: accounts that send too many requests."""

import logging

import numpy as np

from protocol.vocabulary import ReportKind

log = logging.getLogger("cuohe")


def raise_alarms(reports: np.ndarray) -> None:
    """Log a warning for each account of a RATE_EXCEEDED among REPORT rows: its last one."""
    alarms = reports[reports["kind"] == ReportKind.RATE_EXCEEDED]
    for report in {int(alarm["account"]): alarm for alarm in alarms}.values():
        log.warning(
            "account %d sends too much: %d requests in this second, %d today",
            report["account"],
            report["quantity"],
            report["order_number"],
        )

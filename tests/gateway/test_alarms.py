"""Whoever runs the venue is told of accounts that send too much."""

import logging

import numpy as np

from gateway.alarms import raise_alarms
from protocol.records import REPORT
from protocol.vocabulary import ReportKind


def test_each_alarm_is_a_warning_with_account_and_counts(caplog):
    reports = np.zeros(3, REPORT)
    reports["kind"] = [ReportKind.RATE_EXCEEDED, ReportKind.ACCEPTED, ReportKind.RATE_EXCEEDED]
    reports["account"] = [1001, 1002, 2001]
    reports["quantity"] = [301, 100, 12]
    reports["order_number"] = [950, 1, 20_001]
    with caplog.at_level(logging.INFO, "cuohe"):
        raise_alarms(reports)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "account 1001 sends too much: 301 requests in this second, 950 today"),
        ("WARNING", "account 2001 sends too much: 12 requests in this second, 20001 today"),
    ]

"""Who reads a session's stream: old reports as fast as the peer takes them, then new ones live."""

from typing import Protocol

import numpy as np

from gateway.streams import Streams
from protocol.framing import FRAME_BYTES_MAX
from protocol.records import REPORT

BATCH_REPORTS_MAX = 16_000
assert REPORT.itemsize * BATCH_REPORTS_MAX < FRAME_BYTES_MAX

REPEATED_MAX = 1_000
"""Reports of one request that are repeated where it is sent again."""


class Peer(Protocol):
    """Whom reports are sent to."""

    @property
    def reads(self) -> bool:
        """Whether it is there, and has read what it was sent."""

    def send_reports(self, first_report: int, rows: np.ndarray) -> None:
        """Send it REPORT rows that are numbered from `first_report` on, and fit a frame."""


class Reader(Protocol):
    """What a session is sent, whatever it is a part of."""

    def catch_up(self) -> None:
        """Send what is there and was not sent yet, as fast as the peer reads."""

    def deliver(self, first_report: int, rows: np.ndarray) -> None:
        """Send REPORT rows just numbered from `first_report` on.

        Where older ones come first, or the peer does not read, they come from the file later.
        """

    def repeat(self, first_report: int, count: int) -> None:
        """Send reports once more, unless they are still to come."""


class StreamReader:
    """Reads the stream of a session from a number on."""

    def __init__(self, streams: Streams, session: int, next_report: int, peer: Peer) -> None:
        self.streams = streams
        self.session = session
        self.next_report = next_report
        self.peer = peer

    def catch_up(self) -> None:
        """Send what the stream holds and the peer has not had, as fast as it reads."""
        while self.next_report < self.streams.next_report(self.session) and self.peer.reads:
            self.send(self.streams.since(self.session, self.next_report, BATCH_REPORTS_MAX))

    def deliver(self, first_report: int, rows: np.ndarray) -> None:
        """Send REPORT rows just numbered from `first_report` on, if they are the next ones."""
        if first_report != self.next_report:
            return
        for start in range(0, len(rows), BATCH_REPORTS_MAX):
            if self.peer.reads:
                self.send(rows[start : start + BATCH_REPORTS_MAX])

    def send(self, rows: np.ndarray) -> None:
        first_report = self.next_report
        self.next_report += len(rows)
        self.peer.send_reports(first_report, rows)

    def repeat(self, first_report: int, count: int) -> None:
        """Send reports once more, unless they are still to come."""
        if first_report + count <= self.next_report:
            rows = self.streams.since(self.session, first_report, min(count, REPEATED_MAX))
            self.peer.send_reports(first_report, rows)

"""Drop copies: the reports to a branch, or to everyone, for who hears them and does not trade.

A copy is kept nowhere.  It is those reports of the day's file that are meant, numbered 1, 2, 3, ...
in the order of the file; how many stand before a place of the file follows from the places of the
sessions' streams, and what is read is picked from the file.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gateway.intake import Intake
from gateway.reading import BATCH_REPORTS_MAX, Peer
from gateway.streams import Streams, view
from protocol.vocabulary import EVERYONE

SCANNED_ROWS = 65_536
"""Reports of the day that are looked through at once; more in one go would hold up a batch."""


class Copied(Protocol):
    """Which reports of the day a copy has."""

    def count_before(self, place: int) -> int:
        """Return how many of them are before a place of the file."""

    def picked(self, rows: np.ndarray) -> np.ndarray:
        """Return those of the REPORT rows that are among them."""


class OfEveryone:
    """All reports, the venue's own among them."""

    def count_before(self, place: int) -> int:
        """Return how many reports are before a place of the file."""
        return place

    def picked(self, rows: np.ndarray) -> np.ndarray:
        """Return all of the REPORT rows."""
        return rows


class OfSessions:
    """The reports to some sessions, and those to everyone, each once."""

    def __init__(self, streams: Streams, sessions: Sequence[int]) -> None:
        self.streams = streams
        self.sessions = sessions
        self.is_meant = np.zeros(len(streams.places) + 1, bool)
        self.is_meant[[*sessions, EVERYONE]] = True

    def count_before(self, place: int) -> int:
        """Return how many of the reports are before a place of the file."""
        own = (self.streams.places[session] for session in self.sessions)
        return sum(
            int(np.searchsorted(view(places), place)) for places in (*own, self.streams.announced)
        )

    def picked(self, rows: np.ndarray) -> np.ndarray:
        """Return a copy of those of the REPORT rows that are meant."""
        return rows[self.is_meant[rows["session"]]]


class CopyReader:
    """Reads a copy from a number on: by turns what is in the file, then what is made."""

    def __init__(
        self, streams: Streams, intake: Intake, copied: Copied, next_report: int, peer: Peer
    ) -> None:
        self.streams = streams
        self.intake = intake
        self.copied = copied
        self.peer = peer
        self.next_report = next_report
        places = range(streams.indexed + 1)
        self.place = bisect_left(places, next_report - 1, key=copied.count_before)
        self.has_turn = False

    def catch_up(self) -> None:
        """Look through the next part of the file; ask for a turn where it goes on."""
        stop = min(self.place + SCANNED_ROWS, self.streams.indexed)
        if self.place < stop and self.peer.reads:
            self.take(self.streams.reports.rows()[self.place : stop])
            self.want_turn()

    def want_turn(self) -> None:
        """Ask for a turn where there is more in the file, and the peer reads."""
        if self.place < self.streams.indexed and self.peer.reads and not self.has_turn:
            self.has_turn = True
            self.intake.put_turn(self.take_turn)

    def take_turn(self) -> None:
        """Go on in the file."""
        self.has_turn = False
        self.catch_up()

    def deliver(self, first_report: int, rows: np.ndarray) -> None:
        """Send what is meant of REPORT rows just made, the first at place `first_report` - 1."""
        if first_report == self.place + 1:
            self.take(rows)

    def take(self, rows: np.ndarray) -> None:
        """Send what is meant of the next REPORT rows of the file, until the peer reads no more."""
        for start in range(0, len(rows), BATCH_REPORTS_MAX):
            if not self.peer.reads:
                return
            part = rows[start : start + BATCH_REPORTS_MAX]
            self.place += len(part)
            self.send(self.copied.picked(part))

    def send(self, rows: np.ndarray) -> None:
        first_report = self.next_report
        self.next_report += len(rows)
        if len(rows):
            self.peer.send_reports(first_report, rows)

    def repeat(self, first_report: int, count: int) -> None:
        """Do nothing: of a copy nothing was asked."""

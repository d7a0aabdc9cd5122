"""The report streams: one a session, numbered 1, 2, 3, ... without gaps.

A report for everyone stands in every stream, at its place.  A stream keeps all reports of the day,
so that a session that comes back can have any of them again, and then goes on live without a seam.
"""

from typing import Protocol

import numpy as np

from protocol.records import REPORT
from protocol.vocabulary import EVERYONE


class Listener(Protocol):
    """Who hears a stream live."""

    def deliver(self, first_report: int, rows: np.ndarray) -> None:
        """Take REPORT rows that are numbered from `first_report` on."""


class Stream:
    """The reports of one session."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.listener: Listener | None = None

    @property
    def next_report(self) -> int:
        """The number that the next report will have."""
        return len(self.kept) // REPORT.itemsize + 1

    def append(self, rows: np.ndarray) -> None:
        """Number REPORT rows, keep them, and tell the listener."""
        first_report = self.next_report
        self.kept += rows.tobytes()
        if self.listener is not None:
            self.listener.deliver(first_report, rows)

    def since(self, first_report: int, reports_max: int) -> np.ndarray:
        """Return a copy of the REPORT rows from a number on, so many at most."""
        start = (first_report - 1) * REPORT.itemsize
        kept = memoryview(self.kept)[start : start + reports_max * REPORT.itemsize]
        return np.frombuffer(bytes(kept), REPORT)


class Streams:
    """The streams of all sessions, by session number; 0 is the venue's own."""

    def __init__(self, sessions: int) -> None:
        self.streams = [Stream() for _ in range(sessions)]

    def __getitem__(self, session: int) -> Stream:
        return self.streams[session]

    def append(self, reports: np.ndarray) -> None:
        """Give each of the REPORT rows to the stream of its session, in order."""
        start = 0
        places = np.flatnonzero(reports["session"] == EVERYONE)
        runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
        for run in runs:
            self.split(reports[start : run[0]])
            start = run[-1] + 1
            for stream in self.streams:
                stream.append(reports[run[0] : start])
        self.split(reports[start:])

    def split(self, reports: np.ndarray) -> None:
        """Give rows of which none is for everyone to their streams."""
        rows = reports.take(np.argsort(reports["session"], kind="stable"))
        sessions = rows["session"]
        start = 0
        for end in (*np.flatnonzero(np.diff(sessions)) + 1, len(rows)):
            if start < end:
                self.streams[sessions[start]].append(rows[start:end])
            start = end

"""The report streams: one a session, numbered 1, 2, 3, ... without gaps.

A report for everyone stands in every stream, at its place.  All reports lie in the day's file, in
the order in which the engine made them; a stream is where in that file its reports are.  So a
session that comes back can have any of them again, and then goes on live without a seam.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from engine.kernels import find_answers, route
from engine.storage.daybook import in_batches
from engine.storage.reports import ReportFile
from protocol.records import REPORT
from protocol.vocabulary import EVERYONE, Copies, Refusal, ReportKind

PLACE = np.dtype("<i8")
SCANNED_ROWS = 65_536


class Listener(Protocol):
    """Who hears a stream live."""

    def deliver(self, first_report: int, rows: np.ndarray) -> None:
        """Take REPORT rows that are numbered from `first_report` on; they are overwritten soon."""

    def repeat(self, first_report: int, count: int) -> None:
        """Take so many reports once more."""

    def decline(self, client_seqs: Sequence[int], reason: Refusal, retry_after_ms: int) -> None:
        """Take notice that requests are not carried out."""

    def give_way(self) -> None:
        """Hear no more: another listener takes over."""

    def be_locked(self) -> None:
        """Hear no more: an operator keeps the user out."""


Copier = tuple[int, Copies]
"""The session number of a user that hears a copy, and whose reports it hears."""


class Router:
    """Sorts reports by session, in arrays that are used again and again."""

    def __init__(self, sessions: int) -> None:
        self.counts = np.zeros(sessions, np.int64)
        self.runs = np.zeros((sessions, 2), np.int64)
        self.kinds = np.zeros(1, np.int64)
        self.sorted = np.zeros(0, REPORT)
        self.places = np.zeros(0, PLACE)

    def route(self, reports: np.ndarray, place: int) -> "list[tuple[int, np.ndarray, np.ndarray]]":
        """Return session, rows and places of those reports that are before any for everyone.

        The first of `reports` is at `place` of the file.
        """
        if len(reports) > len(self.sorted):
            self.sorted = np.zeros(2 * len(reports), REPORT)
            self.places = np.zeros(2 * len(reports), PLACE)
        found = route(reports, place, self.counts, self.runs, self.sorted, self.places, self.kinds)
        rows = self.sorted if found > 1 else reports
        routed, start = [], 0
        for session, count in self.runs[:found].tolist():
            stop = start + count
            routed.append((session, rows[start:stop], self.places[start:stop]))
            start = stop
        return routed


class Streams:
    """The streams of all sessions, by session number; 0 is the venue's own."""

    def __init__(self, sessions: int) -> None:
        """Begin without any report, and with a file that is gone with the process."""
        self.reports = ReportFile.without_name()
        self.places = [bytearray() for _ in range(sessions)]
        self.announced = bytearray()
        self.listeners: dict[int, Listener] = {}
        self.copiers: dict[Copier, Listener] = {}
        self.has_ended = False
        self.router = Router(sessions)
        self.indexed = 0

    def keep_in(self, reports: ReportFile) -> None:
        """Have all reports kept in this file from now on; those that it has are to be indexed."""
        self.reports.close()
        self.reports = reports

    def next_report(self, session: int) -> int:
        """Return the number that the next report of a session will have."""
        return (len(self.places[session]) + len(self.announced)) // PLACE.itemsize + 1

    def append(self, reports: np.ndarray) -> int:
        """Keep REPORT rows, number them, and tell the listeners; return the bits of their kinds."""
        self.reports.append(reports)
        return self.index(reports)

    def index(self, reports: np.ndarray) -> int:
        """Number REPORT rows that are in the file behind those indexed so far; tell of them.

        Return the bits of their kinds.
        """
        place, start = self.indexed, 0
        self.router.kinds[0] = 0
        while start < len(reports):
            routed = self.router.route(reports[start:], self.indexed)
            for session, rows, places in routed:
                self.tell(session, rows)
                self.places[session] += places.data
                self.indexed += len(rows)
                start += len(rows)
            if start < len(reports):
                run = run_for_everyone(reports[start:])
                self.announce(reports[start : start + run])
                start += run
        for copier in list(self.copiers.values()):
            copier.deliver(place + 1, reports)
        return int(self.router.kinds[0])

    def listen(self, session: int, listener: Listener) -> None:
        """Let a listener hear the reports of a session; who has heard them until now gives way."""
        if session in self.listeners:
            self.listeners[session].give_way()
        self.listeners[session] = listener

    def copy_to(self, copier: Copier, listener: Listener) -> None:
        """Let a listener hear all reports of the day, numbered by their places in the file, from 1;
        who has heard them until now for the same gives way."""
        if copier in self.copiers:
            self.copiers[copier].give_way()
        self.copiers[copier] = listener

    def tell(self, session: int, rows: np.ndarray) -> None:
        """Let the listener of a session hear its next reports."""
        listener = self.listeners.get(session)
        if listener is not None:
            listener.deliver(self.next_report(session), rows)

    def announce(self, rows: np.ndarray) -> None:
        """Let every session have its next reports, and those who listen hear them."""
        for session, listener in list(self.listeners.items()):
            listener.deliver(self.next_report(session), rows)
        for kind in np.unique(rows["kind"]).tolist():
            self.router.kinds[0] |= 1 << kind
            self.has_ended |= kind == ReportKind.DAY_ENDED
        places = np.arange(self.indexed, self.indexed + len(rows), dtype=PLACE)
        self.announced += places.data
        self.indexed += len(rows)

    def since(self, session: int, first_report: int, reports_max: int) -> np.ndarray:
        """Return a copy of the REPORT rows of a stream from a number on, so many at most."""
        own, announced = view(self.places[session]), view(self.announced)
        ranks = np.arange(len(announced)) + np.searchsorted(own, announced)
        announced_before = int(np.searchsorted(ranks, first_report - 1))
        own_before = first_report - 1 - announced_before
        places = np.concatenate(
            [
                own[own_before : own_before + reports_max],
                announced[announced_before : announced_before + reports_max],
            ]
        )
        places.sort()
        return self.reports.rows().take(places[:reports_max])

    def answers(self, session: int, client_seq: int) -> tuple[int, int]:
        """Return the number of the first report that a session's request has caused, and how many
        there are up to the last of them; 0 and 0 where it has caused none."""
        own = view(self.places[session])
        found = np.zeros(1, np.int64)
        count = find_answers(self.reports.rows(), own, client_seq, found) if len(own) else 0
        if not count:
            return 0, 0
        first, last = own[found[0]], own[found[0] + count - 1]
        before, until = np.searchsorted(view(self.announced), [first, last]).tolist()
        return int(found[0]) + before + 1, count + until - before

    def where(self, is_meant: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return a copy of those of all REPORT rows for which `is_meant` says so, in order."""
        parts = [
            rows.take(np.flatnonzero(is_meant(rows)))
            for rows in in_batches(self.reports.rows(), SCANNED_ROWS)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, REPORT)


def view(places: bytearray) -> np.ndarray:
    """Return what is kept as places; the bytearray cannot grow as long as somebody has this."""
    return np.frombuffer(places, PLACE)


def run_for_everyone(reports: np.ndarray) -> int:
    """Return how many REPORT rows at the beginning are for everyone."""
    others = np.flatnonzero(reports["session"] != EVERYONE)
    return int(others[0]) if len(others) else len(reports)

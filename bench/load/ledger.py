"""What was sent and what came back of it, all sessions together: every answer is checked here.

Requests and frames of a session stand in one block of the arrays, behind those of the session
before it.  Times are in nanoseconds after the start.
"""

from collections.abc import Sequence

import numpy as np

from bench.load.heard import Part
from bench.load.histogram import Histogram
from bench.load.seconds import Seconds
from protocol.records import REPORT
from protocol.vocabulary import CancelReason, ReportKind

ANSWERS = np.zeros((128, 128), bool)
"""By kind and reason: the reports that are the one answer to an order or a cancel."""
ANSWERS[ReportKind.ACCEPTED] = ANSWERS[ReportKind.REJECTED] = True
ANSWERS[ReportKind.CANCELED, CancelReason.REQUESTED] = True


class Ledger:
    """Requests by session and number, and frames by session, with what became of them."""

    def __init__(self, due: Sequence[np.ndarray], requests: Sequence[int], batch: int) -> None:
        """Begin with nothing sent.

        `due` says of each session when each of its frames is to be sent, `requests` how many it
        has, of which `batch` are in each frame but the last.
        """
        self.batch = batch
        self.requests = np.array(requests)
        self.first_frame = np.cumsum([0, *map(len, due)])
        self.first_request = np.cumsum([0, *requests])
        self.due = np.concatenate(due)
        self.sent = np.zeros(len(self.due), np.int64)
        self.answers = np.zeros(self.first_request[-1], np.uint8)
        self.is_late = np.zeros(self.first_request[-1], bool)
        self.latest = self.first_request[:-1] - 1
        self.asked = np.zeros(len(due), np.int64)
        self.answered = np.zeros(len(due), np.int64)
        self.strays = np.zeros(len(due), np.int64)
        self.kinds = np.zeros(len(ANSWERS), np.int64)
        self.rejects = np.zeros(len(ANSWERS), np.int64)
        self.canceled = 0
        self.shares = 0
        self.answered_at = 0
        self.latency, self.service, self.delay = Histogram(), Histogram(), Histogram()
        self.sent_by_second, self.answered_by_second = Seconds(), Seconds()

    def send(self, session: int, frames: slice, at: int) -> None:
        """Take notice that frames of a session were sent."""
        before = self.asked[session]
        self.asked[session] = min(frames.stop * self.batch, self.requests[session])
        places = slice(
            self.first_frame[session] + frames.start, self.first_frame[session] + frames.stop
        )
        self.sent[places] = at
        self.delay.record(at - self.due[places])
        self.sent_by_second.add_many(at, self.asked[session] - before)

    def take(self, heard: Sequence[Part], before: np.ndarray) -> None:
        """Check what was heard; `before` is each session's client_seq when the load began."""
        parts = sorted(heard, key=lambda part: part.session)
        rows = np.frombuffer(b"".join(part.rows for part in parts), REPORT)
        lengths = [len(part.rows) // REPORT.itemsize for part in parts]
        self.count(rows)
        is_answer = ANSWERS[rows["kind"], rows["reason"]]
        self.canceled += int(np.count_nonzero(is_answer & (rows["kind"] == ReportKind.CANCELED)))
        session = np.repeat([part.session for part in parts], lengths)[is_answer]
        at = np.repeat([part.at for part in parts], lengths)[is_answer]
        request = rows["request_seq"][is_answer] - before[session]
        is_stray = request > self.asked[session]
        np.add.at(self.strays, session[is_stray], 1)
        is_ours = (request > 0) & ~is_stray
        self.match(session[is_ours], request[is_ours] - 1, at[is_ours])

    def count(self, rows: np.ndarray) -> None:
        """Count reports by what they say."""
        kind, room = rows["kind"], len(self.kinds)
        self.kinds += np.bincount(kind, minlength=room)
        self.rejects += np.bincount(rows["reason"][kind == ReportKind.REJECTED], minlength=room)
        self.shares += int(rows["quantity"][kind == ReportKind.TRADED].sum(dtype=np.int64))

    def match(self, session: np.ndarray, request: np.ndarray, at: np.ndarray) -> None:
        """Take answers to requests, sessions in order and requests counted from 0."""
        place = self.first_request[session] + request
        np.add.at(self.answers, place, 1)
        np.add.at(self.answered, session, 1)
        self.check_order(session, place)
        frame = self.first_frame[session] + request // self.batch
        self.latency.record(at - self.due[frame])
        self.service.record(at - self.sent[frame])
        self.answered_by_second.add(at)
        self.answered_at = max(self.answered_at, int(at.max(initial=0)))

    def check_order(self, session: np.ndarray, place: np.ndarray) -> None:
        """Mark requests whose first answer came behind that to a later one.

        The places of a session are all above those of the sessions before it, so that one running
        maximum serves all.
        """
        peak = np.maximum.accumulate(np.maximum(place, self.latest[session]))
        self.is_late[place[(place < peak) & (self.answers[place] == 1)]] = True
        np.maximum.at(self.latest, session, place)

    def waits(self, session: int) -> bool:
        """Whether a session has fewer answers than it asked for."""
        return bool(self.answered[session] < self.asked[session])

    def lost(self, session: int) -> np.ndarray:
        """Return the requests of a session that have no answer, counted from 1."""
        return 1 + np.flatnonzero(self.of(session, self.answers) == 0)

    def doubled(self, session: int) -> np.ndarray:
        """Return the requests of a session that have more than one answer, counted from 1."""
        return 1 + np.flatnonzero(self.of(session, self.answers) > 1)

    def late(self, session: int) -> np.ndarray:
        """Return the requests of a session that were answered out of order, counted from 1."""
        return 1 + np.flatnonzero(self.of(session, self.is_late))

    def of(self, session: int, marks: np.ndarray) -> np.ndarray:
        """Return the marks of the requests that a session has sent."""
        first = self.first_request[session]
        return marks[first : first + self.asked[session]]

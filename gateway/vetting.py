"""Requests held to what is asked of every one: that it comes once, not with too many others, and
before the day ends.

A request whose number has been heard before is not carried out again: its sender gets the answer
that it had, or should have had.  One too many is refused, outside the stream of reports.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import monotonic_ns

import numpy as np

from engine.kernels import REFUSED, RESENT, note_requests, vet
from engine.venue import Venue
from gateway.backlog import Backlog
from gateway.intake import Intake, lines_of
from gateway.streams import Streams
from gateway.throttle import Throttle
from protocol.records import COMMAND
from protocol.vocabulary import CommandKind, OrderType, Refusal, ReportKind

VENUE = 0
"""The session of the venue itself."""

RESENT_MAX = 16_384
"""Requests of a session that may wait to be answered again."""

RESENT_AT_ONCE = 64

ANSWERS = {
    CommandKind.ENTER_ORDER: (ReportKind.ACCEPTED, ("account", "instrument", "side", "quantity")),
    CommandKind.CANCEL_ORDER: (ReportKind.CANCELED, ("order_number",)),
    CommandKind.REPLACE_ORDER: (ReportKind.REPLACED, ("order_number", "price", "quantity")),
}
"""By what the requests that everybody sends are answered, where they are not rejected, and which of
their fields the answer repeats."""


class Vetting:
    """Knows which requests have been heard, and how many more each session may send now."""

    def __init__(
        self,
        streams: Streams,
        intake: Intake,
        throttle: Throttle,
        backlog: Backlog,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        """Begin as if nobody had sent anything yet; `clock` gives nanoseconds of real time."""
        self.streams = streams
        self.intake = intake
        self.throttle = throttle
        self.backlog = backlog
        self.clock = clock
        self.refused: Counter[Refusal] = Counter()
        self.heard = np.zeros(len(streams.places), np.int32)
        self.waiting: Counter[int] = Counter()

    def resume(self, venue: Venue) -> None:
        """Go on where a day is: with the numbers that are used up, and those that were answered."""
        for session in range(len(self.heard)):
            self.heard[session] = venue.last_client_seq(session)
        note_requests(self.streams.reports.rows(), self.heard)

    def passed(self, rows: np.ndarray) -> np.ndarray:
        """Return those of the COMMAND rows that are to be carried out; see to the others."""
        if self.streams.has_ended:
            return self.none_passed(rows)
        now, is_busy = self.clock(), self.backlog.is_busy
        room = np.zeros(len(self.heard), np.int64) if is_busy else self.throttle.room(now)
        marked = vet(rows, self.heard, room)
        if not is_busy:
            self.throttle.learn(room, now)
        if not marked:
            return rows
        marks = rows["sequence"].copy()
        for session, own in by_session(picked(rows, marks == REFUSED)):
            reason, wait_ms = self.too_much(session, now, is_busy)
            self.decline(session, own["client_seq"].tolist(), reason, wait_ms)
        self.wait(picked(rows, marks == RESENT))
        return picked(rows, marks == 0)

    def too_much(self, session: int, now: int, is_busy: bool) -> tuple[Refusal, int]:
        """Return why a session may send nothing more, and for how many milliseconds."""
        if is_busy:
            return Refusal.BUSY, self.backlog.busy_after_ms
        wait_ms = self.throttle.milliseconds_until_room(session, now)
        return Refusal.RATE_EXCEEDED if wait_ms else Refusal.TOO_MANY_IN_FLIGHT, wait_ms

    def none_passed(self, rows: np.ndarray) -> np.ndarray:
        """Refuse what is new of the COMMAND rows, since the day has ended; pass none.

        What the venue itself would do is not done either: the end of the day is its last report.
        """
        is_new = rows["client_seq"] > self.heard[rows["session"]]
        of_users = rows["session"] != VENUE
        for session, own in by_session(picked(rows, is_new & of_users)):
            self.decline(session, own["client_seq"].tolist(), Refusal.DAY_ENDED)
        self.wait(picked(rows, ~is_new & of_users))
        return rows[:0]

    def wait(self, rows: np.ndarray) -> None:
        """Have requests answered again behind what is under way."""
        for session, own in by_session(rows):
            room = RESENT_MAX - self.waiting[session]
            if len(own) > room:
                self.decline(session, own["client_seq"][room:].tolist(), Refusal.TOO_MANY_RESENT)
            if room > 0:
                self.waiting[session] += min(room, len(own))
                turn = partial(self.answer_again, session, own[:room])
                self.intake.put_errand(partial(self.intake.put_turn, turn))

    def answer_again(self, session: int, rows: np.ndarray) -> None:
        """Answer the first of a session's requests that were sent again; the others wait."""
        for row in rows[:RESENT_AT_ONCE]:
            self.repeat(row)
        self.waiting[session] -= min(RESENT_AT_ONCE, len(rows))
        if len(rows) > RESENT_AT_ONCE:
            self.intake.put_turn(partial(self.answer_again, session, rows[RESENT_AT_ONCE:]))

    def repeat(self, row: np.void) -> None:
        """Tell a request's sender what it was told the first time."""
        session = int(row["session"])
        listener = self.streams.listeners.get(session)
        client_seq = int(row["client_seq"])
        first, count = self.streams.answers(session, client_seq)
        if not count:
            self.decline(session, [client_seq], Refusal.NOT_ANSWERED)
        elif not is_answer(self.streams.since(session, first, 1)[0], row):
            self.decline(session, [client_seq], Refusal.OTHER_REQUEST)
        elif listener is not None:
            listener.repeat(first, count)

    def decline(
        self, session: int, client_seqs: Sequence[int], reason: Refusal, retry_after_ms: int = 0
    ) -> None:
        """Tell the sender of requests, if it is still there, that they are not carried out."""
        self.refused[reason] += len(client_seqs)
        listener = self.streams.listeners.get(session)
        if listener is not None:
            listener.decline(client_seqs, reason, retry_after_ms)


def by_session(rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each session that has COMMAND rows, and a copy of them."""
    for session in np.unique(rows["session"]).tolist():
        yield session, picked(rows, rows["session"] == session)


def picked(rows: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Return a copy of some COMMAND rows."""
    return lines_of(rows)[which].reshape(-1).view(COMMAND)


def is_answer(report: np.void, row: np.void) -> bool:
    """Say whether a report may be the answer to a request, by what it repeats of it."""
    kind = int(row["kind"])
    if report["kind"] == ReportKind.REJECTED or kind not in ANSWERS:
        return True
    expected, fields = ANSWERS[CommandKind(kind)]
    if kind == CommandKind.ENTER_ORDER and row["order_type"] == OrderType.LIMIT:
        fields = (*fields, "price")
    return report["kind"] == expected and all(
        row[name] == report[name] or is_left_out(name, row) for name in fields
    )


def is_left_out(name: str, row: np.void) -> bool:
    """Say whether a request names its order by the client_seq instead."""
    return name == "order_number" and row[name] == 0

"""A venue without sockets that answers as a test scripts it, and the load that it gets.

Time is a number that the test moves: a step a millisecond.
"""

from collections.abc import Callable, Iterable

import numpy as np

from bench.load.findings import findings
from bench.load.heard import Heard
from bench.load.ledger import Ledger
from bench.load.pacer import NEVER, Pacer
from bench.load.reel import packed_reel, readable_reel
from bench.load.sender import Sender
from bench.load.shape import Shape, spread
from protocol.codec import decode_inbound, encode
from protocol.framing import Frames
from protocol.messages import CommandBatch, ReportBatch
from protocol.records import COMMAND, REPORT
from protocol.vocabulary import CommandKind, ReportKind, Side

MILLISECOND = 1_000_000
SYMBOLS = ["600519.SH", "000001.SZ"]

Batch = tuple[int, np.ndarray]
"""The number of its first report, and REPORT rows."""

Script = Callable[[list[Batch]], Iterable[Batch]]
"""Makes of the batches of reports that a session should get those that it does get."""


def honest(batches: list[Batch]) -> list[Batch]:
    return batches


class Line:
    """The venue's end of a session, as the transport of the other end."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.asked: list[int] = []
        self.next_report = 1

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def write(self, data: bytes) -> None:
        """Take frames of requests."""
        for body in self.frames.feed(bytes(data)):
            message = decode_inbound(body)
            if isinstance(message, CommandBatch):
                self.asked += np.frombuffer(message.rows, COMMAND)["client_seq"].tolist()
            else:
                self.asked.append(message.client_seq)

    def answers(self) -> list[Batch]:
        """Return a batch of reports for each request since the last time: it is accepted."""
        batches = []
        for client_seq in self.asked:
            rows = np.zeros(1, REPORT)
            rows["kind"] = ReportKind.ACCEPTED
            rows["client_seq"] = rows["request_seq"] = client_seq
            batches.append((self.next_report, rows))
            self.next_report += 1
        self.asked.clear()
        return batches


class Load:
    """A load at a venue that follows a script; `before` is the client_seq at its beginning."""

    def __init__(
        self,
        shape: Shape,
        *,
        sessions: int = 1,
        batch: int = 1,
        before: int = 0,
        script: Script = honest,
    ) -> None:
        self.now = 0
        self.heard = Heard()
        self.script = script
        due = spread(shape, sessions, batch)
        self.ledger = Ledger(due, [batch * len(frames) for frames in due], batch)
        self.lines = [Line() for _ in range(sessions)]
        self.senders = [self.sender(place, before) for place in range(sessions)]
        for sender, count in zip(self.senders, self.ledger.requests.tolist(), strict=True):
            rows = orders(max(count, batch))
            packed = batch > 1
            sender.reel = packed_reel(rows, batch) if packed else readable_reel(rows, SYMBOLS)
        self.before = np.full(sessions, before)
        self.pacer = Pacer(self.senders, self.ledger, lambda: self.now)

    def sender(self, place: int, before: int) -> Sender:
        """Return a sender that is logged in."""
        sender = Sender(f"terminal{place + 1}", place, self.heard, lambda: self.now)
        sender.connection_made(self.lines[place])
        sender.before = before
        return sender

    def step(self, *, sends: bool = True, answers: bool = True) -> None:
        """Let a millisecond pass, in which each side does its part, or does not."""
        self.now += MILLISECOND
        if sends:
            self.pacer.send_due()
        if answers:
            self.answer()

    def answer(self) -> None:
        """Let the venue answer what it has heard, the last session first, and check the answers."""
        for sender, line in reversed(list(zip(self.senders, self.lines, strict=True))):
            for first, rows in self.script(line.answers()):
                sender.data_received(encode(ReportBatch(first, rows.tobytes())))
        if parts := self.heard.take():
            self.ledger.take(parts, self.before)

    def run(self) -> list[str]:
        """Send everything, answer it, and return the findings."""
        while self.pacer.next_at != NEVER:
            self.step()
        return self.findings()

    def findings(self) -> list[str]:
        return list(findings(self.senders, self.ledger))


def orders(count: int) -> np.ndarray:
    """Return COMMAND rows of so many orders, every fourth of which is canceled by the next row."""
    rows = np.zeros(count, COMMAND)
    rows["client_seq"] = np.arange(1, count + 1)
    is_cancel = rows["client_seq"] % 4 == 0
    rows["kind"] = np.where(is_cancel, CommandKind.CANCEL_ORDER, CommandKind.ENTER_ORDER)
    rows["of_client_seq"][is_cancel] = rows["client_seq"][is_cancel] - 1
    for field, value in (("side", Side.SELL), ("instrument", 1), ("account", 1001)):
        rows[field][~is_cancel] = value
    rows["price"][~is_cancel] = 105_000
    rows["quantity"][~is_cancel] = 300
    return rows

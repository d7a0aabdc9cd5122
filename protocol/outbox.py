"""What a session has asked for and has no answer to yet, in order, so that it can be asked again.

Requests are kept as the bytes that were sent: single ones as their frames, batches as packed rows
with a mark for each that is answered.  A report answers the request whose number it bears.  What
the venue announces to everyone bears none: it answers the request that asked for just that.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from protocol.codec import decode_inbound, encode
from protocol.framing import LENGTH
from protocol.messages import (
    Accepted,
    ChangeCode,
    ChangeHold,
    ChangePhase,
    CloseDay,
    CodeChanged,
    CommandBatch,
    DayEnded,
    HoldChanged,
    Message,
    PhaseChanged,
    ReportBatch,
)
from protocol.mistake import Mistake
from protocol.records import COMMAND, REPORT, ROW_BYTES
from protocol.terminal import Asked, rows_of
from protocol.translate import REPORTS, Translator
from protocol.vocabulary import CommandKind

PART_ROWS = 4_096
"""Rows of a batch that go out together: few enough that the next ones are on their way when these
are answered."""

WISHES: dict[type[Message], type[Message]] = {
    PhaseChanged: ChangePhase,
    HoldChanged: ChangeHold,
    DayEnded: CloseDay,
    CodeChanged: ChangeCode,
}
"""What is told to everyone, and the request that it answers."""

WISH_KINDS = (
    CommandKind.CHANGE_PHASE,
    CommandKind.CHANGE_HOLD,
    CommandKind.CLOSE_DAY,
    CommandKind.CHANGE_CODE,
)
WISH_TAGS = {form.__struct_config__.tag for form in WISHES.values()}
WISH_REPORTS = [kind for kind, form in REPORTS.items() if form in WISHES]

TAG_AT = LENGTH.size + 1
"""Where the tag of a request stands in its frame: no request has more than 15 fields."""


class Item:
    """Something that was asked; once it `has_left`, its sender need not wait any more."""

    def __init__(self) -> None:
        self.has_left = False
        self.is_out = False

    @property
    def count(self) -> int:
        """How many requests of it have no answer."""
        return 0

    @property
    def is_open(self) -> bool:
        """Whether it lacks an answer."""
        return True

    @property
    def frame(self) -> bytes:
        """The frame that asks for what is not answered."""
        raise NotImplementedError


class Single(Item):
    """One request, in its own frame."""

    def __init__(self, client_seq: int, frame: bytes) -> None:
        super().__init__()
        self.client_seq = client_seq
        self.first = frame

    @property
    def count(self) -> int:
        return 1

    @property
    def frame(self) -> bytes:
        return self.first


class Batch(Item):
    """Many requests, as packed COMMAND rows; it has a copy of them."""

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__()
        self.lines = np.frombuffer(rows.tobytes(), np.uint8).reshape(len(rows), ROW_BYTES)
        self.numbers = np.ascontiguousarray(rows["client_seq"])
        self.is_answered = np.zeros(len(rows), bool)
        self.left = len(rows)

    @property
    def count(self) -> int:
        return self.left

    @property
    def frame(self) -> bytes:
        lines = self.lines if self.left == len(self.lines) else self.lines[~self.is_answered]
        return encode(CommandBatch(lines.tobytes()))

    def settle(self, numbers: np.ndarray) -> int:
        """Mark those of its requests that have these numbers; return how many are new."""
        places = np.searchsorted(self.numbers, numbers)
        places[places == len(self.numbers)] = 0
        self.is_answered[places[self.numbers[places] == numbers]] = True
        before, self.left = self.left, int(np.count_nonzero(~self.is_answered))
        return before - self.left


class Inquiry(Item):
    """A question; where its answer is cut off it begins anew."""

    def __init__(self, asked: Asked[Any]) -> None:
        super().__init__()
        self.asked = asked

    @property
    def is_open(self) -> bool:
        return not self.asked.is_answered

    @property
    def frame(self) -> bytes:
        self.asked.told.clear()
        return self.asked.frame


class Outbox:
    """Requests and questions, from when they are made until they are answered."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}
        """By the first client_seq, of questions by their number, negative; in order."""

        self.unsent: deque[Item] = deque()
        self.batches: list[Batch] = []
        self.wishes: dict[int, Message] = {}
        self.greatest = 0
        self.in_flight = 0
        self.sent_up_to = 0
        self.translator = Translator([])

    def learn_symbols(self, symbols: Sequence[str]) -> None:
        """Take notice of the day's instruments, which packed reports give by number."""
        self.translator = Translator(symbols)

    def put(self, client_seq: int, frame: bytes) -> Item:
        """Keep a request until it is answered."""
        if frame[TAG_AT] in WISH_TAGS:
            self.wishes[client_seq] = decode_inbound(frame[LENGTH.size :])
        self.greatest = client_seq
        return self.keep(client_seq, Single(client_seq, frame))

    def put_rows(self, rows: np.ndarray, part_rows: int = PART_ROWS) -> Item | None:
        """Keep COMMAND rows until they are answered; return the last item of them, if any.

        Raises Mistake where their numbers do not increase, or a kind has no answer of its own.
        """
        assert rows.dtype == COMMAND
        numbers = rows["client_seq"]
        if len(rows) and (numbers[0] <= self.greatest or np.any(np.diff(numbers) <= 0)):
            raise Mistake(
                f"the numbers of the rows must increase, from above {self.greatest} on; send rows "
                "in the order in which they were made"
            )
        if np.isin(rows["kind"], WISH_KINDS).any():
            raise Mistake("phases, holds, codes and the close do not go in batches; ask singly")
        batch: Batch | None = None
        for start in range(0, len(rows), part_rows):
            batch = Batch(rows[start : start + part_rows])
            self.batches.append(batch)
            self.keep(int(batch.numbers[0]), batch)
            self.greatest = int(batch.numbers[-1])
        return batch

    def put_question(self, asked: Asked[Any]) -> Item:
        """Keep a question until `drop_question`."""
        return self.keep(-asked.number, Inquiry(asked))

    def drop_question(self, asked: Asked[Any]) -> None:
        """Forget a question, answered or not."""
        self.forget(-asked.number)

    def keep(self, key: int, item: Item) -> Item:
        self.items[key] = item
        self.unsent.append(item)
        return item

    @property
    def is_all_sent(self) -> bool:
        """Whether nothing waits to be sent."""
        return not self.unsent

    def start_anew(self) -> None:
        """Let all that has no answer be sent once more, in the same order."""
        self.unsent = deque(item for item in self.items.values() if item.is_open)
        self.in_flight = 0
        for item in self.unsent:
            item.is_out = False

    def frames(self, in_flight_max: int) -> bytes:
        """Return what is to be sent now, so that no more than so many requests are unanswered."""
        parts = []
        while self.unsent and (
            self.in_flight + self.unsent[0].count <= in_flight_max or not self.in_flight
        ):
            item = self.unsent.popleft()
            parts.append(item.frame)
            item.has_left = item.is_out = True
            self.in_flight += item.count
            self.sent_up_to = max(self.sent_up_to, last_number(item))
        return b"".join(parts)

    def learn(self, message: Message) -> None:
        """Forget what a report answers."""
        match message:
            case ReportBatch():
                self.learn_rows(rows_of(message))
            case Accepted():
                self.settle(message.client_seq)
            case _ if type(message) in WISHES:
                self.fulfil(message)
            case _:
                self.settle(getattr(message, "request_seq", 0))

    def learn_rows(self, rows: np.ndarray) -> None:
        """Forget what REPORT rows answer."""
        assert rows.dtype == REPORT
        numbers = rows["request_seq"][rows["request_seq"] > 0]
        if len(numbers):
            self.settle_all(np.unique(numbers))
        if self.wishes:
            for row in rows[np.isin(rows["kind"], WISH_REPORTS)]:
                self.fulfil(self.translator.to_message(row, 0))

    def fulfil(self, report: Message) -> None:
        """Forget the first request that asked for what everyone is told now."""
        for client_seq, wish in self.wishes.items():
            names = wish.__struct_fields__[1:]
            if type(wish) is WISHES[type(report)] and all(
                getattr(wish, name) == getattr(report, name) for name in names
            ):
                self.settle(client_seq)
                return

    def settle(self, client_seq: int) -> bool:
        """Forget a request; return whether it was kept."""
        if isinstance(self.items.get(client_seq), Single):
            self.forget_single(client_seq)
            return True
        return client_seq > 0 and self.settle_in_batches(np.array([client_seq])) > 0

    def settle_all(self, numbers: np.ndarray) -> None:
        """Forget the requests that have these numbers, which increase."""
        self.settle_in_batches(numbers)
        if len(self.items) > len(self.batches):
            for number in numbers.tolist():
                if isinstance(self.items.get(number), Single):
                    self.forget_single(number)

    def settle_in_batches(self, numbers: np.ndarray) -> int:
        """Forget the requests of batches that have these numbers; return how many were kept."""
        settled_in_all = 0
        for batch in self.batches:
            if numbers[0] <= batch.numbers[-1] and numbers[-1] >= batch.numbers[0]:
                settled = batch.settle(numbers)
                settled_in_all += settled
                self.in_flight -= settled * batch.is_out
                if not batch.left:
                    self.forget(int(batch.numbers[0]))
        if settled_in_all:
            self.batches = [batch for batch in self.batches if batch.left]
        return settled_in_all

    def forget_single(self, client_seq: int) -> None:
        self.in_flight -= self.items[client_seq].is_out
        self.wishes.pop(client_seq, None)
        self.forget(client_seq)

    def forget(self, key: int) -> None:
        """Keep something no longer; it need not be sent either."""
        item = self.items.pop(key)
        item.has_left = True
        if not item.is_out:
            self.unsent.remove(item)


def last_number(item: Item) -> int:
    """Return the greatest client_seq of an item, 0 of a question."""
    match item:
        case Single():
            return item.client_seq
        case Batch():
            return int(item.numbers[-1])
        case _:
            return 0

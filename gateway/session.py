"""The server's half of a session, without a socket: bytes in, bytes out.

It opens with a login, takes requests into the next batch, and hands out the reports of its stream.
Whoever breaks the protocol gets a ProtocolError that names the rule, and is cut; no other session
notices.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from functools import partial

import numpy as np

from gateway.desk import Desk
from gateway.entrance import Entrance
from gateway.observe.visits import Visit
from gateway.reading import Reader
from protocol.codec import decode_inbound, encode
from protocol.framing import FRAME_BYTES_MAX, LOGIN_BYTES_MAX, ProtocolViolation, truncated
from protocol.messages import (
    CommandBatch,
    Heartbeat,
    Inbound,
    Login,
    LoginAccepted,
    LoginRejected,
    Logout,
    Message,
    OpenDay,
    Proof,
    ProtocolError,
    Refused,
)
from protocol.questions import Answer, Question, QuestionFor, QuestionRefused
from protocol.records import ROW_BYTES
from protocol.vocabulary import AskReject, CommandKind, Copies, ProtocolFault, Refusal

QUESTIONS_MAX = 8
"""Questions of a session that may wait for their answers; more are refused."""

SILENT_BEATS_MAX = 3
PAUSED_BEATS_MAX = 3
"""How long a peer may leave unread what it was sent, before it is cut."""

FAULT_TEXT_MAX = 256


class Standing(Enum):
    """Where a session stands; one that leaves hears no more, but is still answered."""

    WAITING_FOR_LOGIN = auto()
    OPEN = auto()
    LEAVING = auto()
    OVER = auto()


class Session:
    """One connection, from its login to its end.

    `transmit` sends bytes to the peer; `hang_up` closes the connection behind them.  With `copies`
    it hears the reports to others, and asks for nothing.
    """

    def __init__(
        self, desk: Desk, transmit: Callable[[bytes], None], hang_up: Callable[[], None]
    ) -> None:
        self.desk = desk
        self.transmit = transmit
        self.hang_up = hang_up
        self.visit = Visit(desk.visits)
        self.rest = bytearray()
        self.lacks = 0
        self.frame_bytes_max = LOGIN_BYTES_MAX
        self.standing = Standing.WAITING_FOR_LOGIN
        self.number = 0
        self.heartbeat_seconds = desk.reception.config.venue.heartbeat_seconds
        self.entrance = Entrance(desk.reception, self)
        desk.heartbeats.put(self)
        self.copies = Copies.NOTHING
        self.is_packed = False
        self.cancels_on_disconnect = False
        self.is_paused = False
        self.questions_waiting = 0
        self.beginning: list[Iterator[Answer | QuestionRefused]] = []
        self.answers: list[Iterator[Answer | QuestionRefused]] = []
        self.has_turn = False
        self.is_carried_out = False
        self.beats_silent = 0
        self.beats_paused = 0

    @property
    def is_hearing(self) -> bool:
        """Whether what the peer sends is still read."""
        return self.standing in (Standing.WAITING_FOR_LOGIN, Standing.OPEN)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent."""
        return self.standing is Standing.OVER

    def receive(self, data: bytes) -> None:
        """Take the next bytes from the peer."""
        while data:
            room = self.room_for_bytes()
            chunk, data = data[: len(room)], data[len(room) :]
            room[: len(chunk)] = chunk
            self.receive_in_place(len(chunk))

    def room_for_bytes(self) -> memoryview:
        """Return where the next bytes from the peer may be put, for `receive_in_place`."""
        return self.desk.inlet.room_behind(b"" if self.lacks > 0 else self.rest)

    def receive_in_place(self, count: int) -> None:
        """Take so many bytes that were put there; what stands behind a Logout is not read."""
        if self.standing in (Standing.OPEN, Standing.LEAVING):
            self.beats_silent = 0
        if not self.is_hearing:
            return
        inlet = self.desk.inlet
        if self.lacks > 0:
            self.rest += inlet.view[:count]
            self.lacks -= count
            if self.lacks > 0:
                return
            inlet.room_behind(self.rest)
            count = 0
        inlet.begin(len(self.rest) + count)
        try:
            while self.is_hearing and (body := self.next_odd()) is not None:
                self.handle(decode_inbound(body))
            self.rest, self.lacks = inlet.rest(), inlet.lacks()
        except ProtocolViolation as violation:
            self.fail(violation.fault, str(violation))

    def next_odd(self) -> bytes | None:
        """Return the next body that is no plain request; those go into the next batch."""
        if self.standing is Standing.OPEN and not self.copies:
            self.desk.read_plain(self.number)
        return self.desk.inlet.next_body(self.frame_bytes_max)

    def receive_end(self) -> None:
        """Take notice that the peer sends no more."""
        if self.standing is Standing.LEAVING:
            return
        if self.rest:
            violation = truncated(self.rest)
            self.fail(violation.fault, str(violation))
        self.end()

    def handle(self, message: Inbound) -> None:
        match message:
            case Heartbeat():
                return
            case Logout() if self.standing is Standing.OPEN:
                self.standing = Standing.LEAVING
                self.desk.intake.put_errand(self.take_leave)
            case Logout():
                self.end(Logout())
            case Login() | Proof() if self.standing is Standing.WAITING_FOR_LOGIN:
                self.entrance.handle(message)
            case _ if self.standing is Standing.WAITING_FOR_LOGIN:
                unexpected("the first message must be Login")
            case Login() | Proof():
                unexpected("the session is open already; connect anew to log in again")
            case _ if self.copies:
                unexpected("the session hears copies and asks for nothing; log in without copies")
            case QuestionFor():
                self.ask(message)
            case OpenDay():
                self.desk.intake.put_errand(partial(self.open_day, message))
            case CommandBatch():
                self.desk.put(self.number, checked_rows(message.rows))
            case _:
                self.desk.submit(self.number, message)

    def say(self, message: Message) -> None:
        """Send a message to the peer."""
        self.transmit(encode(message))

    def admit(self, login: Login) -> LoginAccepted | LoginRejected:
        """Ask the desk for the session of a user that may come in."""
        return self.desk.log_in(login, self)

    def open(self, login: Login, accepted: LoginAccepted) -> None:
        """Begin as the venue has answered a login, with the reports that it asks for."""
        self.visit.log_in(login.user, accepted, login.copies)
        self.number = accepted.session
        self.copies = login.copies
        self.is_packed = login.packed or bool(login.copies)
        self.standing = Standing.OPEN
        self.frame_bytes_max = FRAME_BYTES_MAX
        self.heartbeat_seconds = accepted.heartbeat_seconds
        self.desk.heartbeats.put(self)
        if not self.copies:
            self.begin_trading(login)
        self.say(accepted)
        self.reader: Reader = self.desk.reader(login, accepted, self)
        self.reader.catch_up()

    def begin_trading(self, login: Login) -> None:
        """Have it journaled who takes its orders along."""
        self.cancels_on_disconnect = login.cancels_on_disconnect
        if self.cancels_on_disconnect:
            self.desk.put_presence(CommandKind.OPEN_SESSION, self.number)

    def refuse(self, rejected: LoginRejected) -> None:
        """Tell the peer why it may not log in, and end."""
        self.visit.log_in(self.entrance.user, rejected)
        self.say(rejected)
        self.end()

    def ask(self, question: Question) -> None:
        """Have a question answered behind all that the session has sent before it."""
        if self.questions_waiting == QUESTIONS_MAX:
            self.transmit(encode(QuestionRefused(question.ask, AskReject.TOO_MANY_QUESTIONS)))
            return
        self.questions_waiting += 1
        self.desk.intake.put_errand(partial(self.begin_answer, question))

    def begin_answer(self, question: Question) -> None:
        self.beginning.append(self.desk.answers.pages(question, self.number))
        self.want_turn()

    @property
    def has_answers(self) -> bool:
        """Whether there is something to tell still."""
        return bool(self.beginning or self.answers)

    def want_turn(self) -> None:
        """Ask for a turn to answer, where there is something to tell and the peer reads."""
        if self.has_answers and not (self.has_turn or self.is_paused or self.is_over):
            self.has_turn = True
            self.desk.intake.put_turn(self.answer)

    def answer(self) -> None:
        """Send the first page of each new answer, so that they tell the same state, or else the
        next page of the answer that has waited longest."""
        self.has_turn = False
        begun = self.beginning or self.answers[:1]
        self.answers = self.answers if self.beginning else self.answers[1:]
        self.beginning = []
        for pages in begun:
            if self.is_over:
                return
            page = next(pages)
            self.transmit(encode(page))
            if isinstance(page, QuestionRefused) or page.is_last:
                self.questions_waiting -= 1
            else:
                self.answers.append(pages)
        self.want_turn()
        if self.is_carried_out:
            self.take_leave()

    def take_leave(self) -> None:
        """End the session as its peer has asked, behind the answers that are still to come."""
        self.is_carried_out = True
        if not self.has_answers:
            self.end(Logout())

    def pause(self) -> None:
        """Send no old reports for now: the peer has not read what was sent."""
        self.is_paused = True

    def resume(self) -> None:
        """Go on sending old reports, if there are more."""
        self.is_paused = False
        if self.number:
            self.reader.catch_up()
        self.want_turn()

    @property
    def reads(self) -> bool:
        """Whether the peer is there, and has read what it was sent."""
        return not (self.is_paused or self.is_over)

    def send_reports(self, first_report: int, rows: np.ndarray) -> None:
        """Send REPORT rows that are numbered from `first_report` on, and fit a frame."""
        outlet = self.desk.outlet
        form = outlet.packed if self.is_packed else outlet.readable
        self.transmit(form(first_report, rows))

    def deliver(self, first_report: int, rows: np.ndarray) -> None:
        """Send REPORT rows just numbered from `first_report` on, or leave them for later."""
        self.reader.deliver(first_report, rows)

    def repeat(self, first_report: int, count: int) -> None:
        """Send reports once more, unless they are still to come."""
        self.reader.repeat(first_report, count)

    def decline(self, client_seqs: Sequence[int], reason: Refusal, retry_after_ms: int) -> None:
        """Say that requests are not carried out."""
        refused = (Refused(client_seq, reason, retry_after_ms) for client_seq in client_seqs)
        self.transmit(b"".join(map(encode, refused)))

    def give_way(self) -> None:
        """End because the user has logged in anew."""
        self.end(Logout("the user has logged in anew"))

    def open_day(self, message: OpenDay) -> None:
        """Have another day begin, behind all that the session has sent before it."""
        reason = self.desk.open_day(self.number, message.business_date)
        if reason is not Refusal.NOTHING:
            self.decline([message.client_seq], reason, 0)

    def be_locked(self) -> None:
        """End because an operator keeps the user out."""
        self.end(Logout("an operator has locked the user"))

    def beat(self) -> None:
        """Take notice that a heartbeat interval has passed: show life, and expect some."""
        self.beats_silent += 1
        self.beats_paused = self.beats_paused + 1 if self.is_paused else 0
        if self.beats_paused > PAUSED_BEATS_MAX:
            self.be_too_slow()
        if self.beats_silent > SILENT_BEATS_MAX:
            self.end(Logout("nothing was heard for three heartbeats"))
        elif self.standing is Standing.OPEN:
            self.transmit(encode(Heartbeat()))

    def be_too_slow(self) -> None:
        """End because the peer does not read."""
        self.fail(ProtocolFault.TOO_SLOW, "reports are not read; log in again for the rest")

    def fail(self, fault: ProtocolFault, text: str) -> None:
        """Name the broken rule to the peer and end the session."""
        if not self.is_over:
            self.visit.break_rule(fault, text)
            self.transmit(encode(ProtocolError(fault, text[:FAULT_TEXT_MAX])))
            self.end()

    def end(self, farewell: Logout | None = None) -> None:
        """End the session, with a last message if there is one."""
        if self.is_over:
            return
        if self.number:
            self.desk.leave(self.number, self.copies)
        if self.cancels_on_disconnect:
            self.desk.put_presence(CommandKind.CLOSE_SESSION, self.number)
        self.desk.heartbeats.drop(self)
        self.standing = Standing.OVER
        self.rest = bytearray()
        self.visit.end(farewell)
        if farewell is not None:
            self.transmit(encode(farewell))
        self.hang_up()


def unexpected(text: str) -> None:
    raise ProtocolViolation(ProtocolFault.MESSAGE_UNEXPECTED, text)


def checked_rows(rows: bytes) -> bytes:
    """Return packed COMMAND rows, or raise ProtocolViolation where they are not whole."""
    if not rows or len(rows) % ROW_BYTES:
        raise ProtocolViolation(
            ProtocolFault.ROWS_MALFORMED,
            f"a batch of {len(rows)} bytes is not one or more rows of {ROW_BYTES}",
        )
    return rows

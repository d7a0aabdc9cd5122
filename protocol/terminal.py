"""The client half of a session, without a socket: messages in and out as bytes.

It numbers what it sends, checks that the reports it gets are numbered without gaps, and so can
log in again and ask for exactly what it missed.  `protocol.client` puts it on a socket.
"""

from collections.abc import Callable, Iterator
from hmac import compare_digest
from secrets import token_bytes
from typing import Any, Concatenate, Generic, ParamSpec, TypedDict, Unpack

import numpy as np

from protocol.codec import decode_outbound, encode
from protocol.framing import Frames, ProtocolViolation
from protocol.login import (
    ITERATIONS_MAX,
    ITERATIONS_MIN,
    NONCE_BYTES,
    Keys,
    derive,
    mac,
    masked,
    stored,
    transcript,
)
from protocol.messages import (
    USUAL_LIMITS,
    AccountLimits,
    AccountTerms,
    BlockTrading,
    CancelOrder,
    CancelOrders,
    Capitalise,
    Challenge,
    ChangeCode,
    ChangeHold,
    ChangeList,
    ChangePhase,
    ChangeStatus,
    ChangeUser,
    CloseDay,
    CommandBatch,
    EditAccount,
    EnterOrder,
    Heartbeat,
    LimitAccount,
    LimitFunds,
    Login,
    LoginAccepted,
    LoginRejected,
    Logout,
    Message,
    MoveFunds,
    MoveShares,
    OpenAccount,
    OpenDay,
    Proof,
    Refused,
    ReplaceOrder,
    ReportBatch,
    TransferCustody,
)
from protocol.messages import ProtocolError as ProtocolErrorMessage
from protocol.mistake import Mistake
from protocol.questions import AnswerOf, QuestionFor, QuestionRefused, Told
from protocol.records import COMMAND, REPORT
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    NONE,
    AccountStatus,
    AskReject,
    Channel,
    Copies,
    Currency,
    FundsEntry,
    Grounds,
    Hold,
    HoldCause,
    LoginReject,
    OrderType,
    Phase,
    ProtocolFault,
    SharesEntry,
    Side,
    TimeInForce,
)

Fields = ParamSpec("Fields")

ROWS_MAX = 16_000
"""Most packed rows that this side puts into one frame."""


class LoginRefused(Mistake):
    """The venue refused the login, or is not the one that knows the password; the text says why.

    Where `retry_after_ms` is not 0, another try after so many milliseconds makes sense.
    """

    def __init__(
        self, text: str, reason: LoginReject = LoginReject.NOTHING, retry_after_ms: int = 0
    ) -> None:
        super().__init__(text)
        self.reason = reason
        self.retry_after_ms = retry_after_ms


class SessionEnded(Mistake):
    """The venue ended the session; the text gives its reason, `fault` the rule that was broken."""

    def __init__(self, text: str, fault: ProtocolFault = ProtocolFault.NOTHING) -> None:
        super().__init__(text)
        self.fault = fault


class AskRefused(Mistake):
    """The venue refused to answer a question, for this `reason`."""

    def __init__(self, reason: AskReject) -> None:
        super().__init__(f"the question was refused: {reason.name}")
        self.reason = reason


class Asked(Generic[Told]):
    """A question, and as much of its answer as has come."""

    def __init__(self, question: QuestionFor[Told]) -> None:
        self.number = question.ask
        self.frame = encode(question)
        self.told: list[Told] = []
        self.sequence = 0
        self.refusal = AskReject.NOTHING
        self.is_answered = False

    def take(self, page: AnswerOf[Told] | QuestionRefused) -> None:
        """Take the next page of the answer."""
        if isinstance(page, QuestionRefused):
            self.refusal = page.reason
            self.is_answered = True
        else:
            self.told += page.rows
            self.sequence = page.sequence
            self.is_answered = page.is_last

    @property
    def rows(self) -> list[Told]:
        """The whole answer; raises AskRefused."""
        assert self.is_answered
        if self.refusal != AskReject.NOTHING:
            raise AskRefused(self.refusal)
        return self.told


class LoginOptions(TypedDict, total=False):
    """What a login may ask for besides; protocol.messages.Login says what each means."""

    business_date: int
    next_report: int
    packed: bool
    heartbeat_seconds: int
    cancels_on_disconnect: bool
    in_flight_max: int
    copies: Copies


class Terminal:
    """One session as its client sees it.

    Whoever wants to hear the answers to requests that were sent again sets `on_repeat`.
    `derive` makes the keys of a password, as protocol.login does; whoever logs in often may keep
    them.
    """

    decode: Callable[[bytes], Message] = staticmethod(decode_outbound)

    def __init__(self, derive: Callable[[str, bytes, int], Keys] = derive) -> None:
        self.derive = derive
        self.server_proof: bytes | None = None
        self.frames = Frames()
        self.client_seq = 0
        self.next_report = 1
        self.asks = 0
        self.asked: dict[int, Asked[Any]] = {}
        self.accepted: LoginAccepted | None = None
        self.is_leaving = False
        self.on_repeat: Callable[[Message], None] = ignore

    def login(self, user: str, password: str, **options: Unpack[LoginOptions]) -> bytes:
        """Return the frame that asks for a session, and for reports from `next_report` on.

        Where that is 0, only new reports follow.  The venue answers with a Challenge, for `prove`.
        """
        self.password = password
        self.asked_for = Login(user, token_bytes(NONCE_BYTES), **options)
        self.next_report = self.asked_for.next_report
        return encode(self.asked_for)

    def part(self) -> None:
        """Take notice that the connection is gone, and with it what has come only in part."""
        self.frames = Frames()
        self.is_leaving = False

    def prove(self, challenge: Message) -> bytes:
        """Return the frame that answers the venue's Challenge.

        It takes a while, by the venue's choice: 40 ms for 100,000 iterations.  Raises LoginRefused
        where the venue asks for too few or too many, and ProtocolViolation at another message.
        """
        if not isinstance(challenge, Challenge):
            raise ProtocolViolation(
                ProtocolFault.MESSAGE_UNEXPECTED,
                f"{type(challenge).__name__} came where Challenge was due",
            )
        if not ITERATIONS_MIN <= challenge.iterations <= ITERATIONS_MAX:
            raise LoginRefused(
                f"the venue asks for a proof of {challenge.iterations} iterations; only from "
                f"{ITERATIONS_MIN} to {ITERATIONS_MAX} are given"
            )
        keys = self.derive(self.password, challenge.salt, challenge.iterations)
        said = transcript(self.asked_for, challenge)
        self.server_proof = mac(keys.server, said)
        return encode(Proof(masked(keys.client, said, stored(keys.client))))

    def check_venue(self, accepted: LoginAccepted) -> None:
        """Raise LoginRefused where the venue has not proved that it knows the user."""
        if self.server_proof is None or not compare_digest(
            self.server_proof, accepted.server_proof
        ):
            raise LoginRefused(
                "the venue does not know the password that it accepts; look whose it is"
            )

    def next_client_seq(self) -> int:
        """Return the number of this session's next request."""
        self.client_seq += 1
        return self.client_seq

    def enter(
        self,
        account: int,
        instrument: str,
        side: Side,
        price: int,
        quantity: int,
        *,
        order_type: OrderType = OrderType.LIMIT,
        time_in_force: TimeInForce = TimeInForce.DAY,
        minimum_quantity: int = 0,
        post_only: bool = False,
        display_quantity: int = 0,
        trigger_price: int = 0,
        channel: Channel = Channel.COUNTER,
    ) -> bytes:
        """Return the frame that enters an order; `client_seq` then names it.

        Prices are in 1/10000 yuan, quantities in shares.  For other types than LIMIT and
        FIXED_PRICE the price only protects: it is the worst that is acceptable, 0 for any.
        """
        return encode(
            EnterOrder(
                self.next_client_seq(),
                account,
                instrument,
                side,
                price,
                quantity,
                order_type,
                time_in_force,
                minimum_quantity,
                post_only,
                display_quantity,
                trigger_price,
                channel,
            )
        )

    def cancel(self, order_number: int = 0, quantity: int = 0, *, of_client_seq: int = 0) -> bytes:
        """Return the frame that takes back `quantity` of an open order, all where it is 0.

        The order is named by its number, or by the client_seq with which this user entered it.
        """
        return encode(CancelOrder(self.next_client_seq(), order_number, quantity, of_client_seq))

    def replace(
        self, order_number: int, price: int, quantity: int, *, gives_up_place: bool = False
    ) -> bytes:
        """Return the frame that gives an open order this price and open quantity."""
        return encode(
            ReplaceOrder(self.next_client_seq(), order_number, price, quantity, gives_up_place)
        )

    def cancel_orders(
        self,
        instrument: str = "",
        *,
        account: int = NONE,
        session: int = NONE,
        branch: int = NONE,
        side: Side | None = None,
    ) -> bytes:
        """Return the frame that takes back all open orders that fit; what is left out fits all."""
        return encode(
            CancelOrders(self.next_client_seq(), instrument, account, session, branch, side)
        )

    def numbered(self, rows: np.ndarray) -> np.ndarray:
        """Give COMMAND rows the numbers of this session's next requests; return them."""
        rows["client_seq"] = np.arange(len(rows)) + self.client_seq + 1
        self.client_seq += len(rows)
        return rows

    def send(self, rows: np.ndarray) -> bytes:
        """Return the frames of many packed COMMAND rows, whose `client_seq` the caller has set."""
        assert rows.dtype == COMMAND
        if len(rows):
            self.client_seq = max(self.client_seq, int(rows["client_seq"].max()))
        parts = (rows[start : start + ROWS_MAX] for start in range(0, len(rows), ROWS_MAX))
        return b"".join(encode(CommandBatch(part.tobytes())) for part in parts)

    def change_phase(self, phase: Phase, instrument: str = "", schedules: int = 0) -> bytes:
        """Return the frame that begins a phase.

        `schedules` are bits, 1 << Schedule, of the instruments that are meant; 0 is all of them.
        """
        return encode(ChangePhase(self.next_client_seq(), phase, instrument, schedules))

    def change_hold(
        self, hold: Hold, instrument: str = "", cause: HoldCause = HoldCause.OPERATOR
    ) -> bytes:
        """Return the frame that holds trading, or lets it go on."""
        return encode(ChangeHold(self.next_client_seq(), hold, instrument, cause))

    def block_trading(
        self,
        instrument: str = "",
        *,
        account: int = NONE,
        session: int = NONE,
        branch: int = NONE,
        side: Side | None = None,
        lifts: bool = False,
    ) -> bytes:
        """Return the frame that takes back and refuses all orders that fit, or lifts that block.

        What is left out fits all.
        """
        return encode(
            BlockTrading(self.next_client_seq(), instrument, account, session, branch, side, lifts)
        )

    def open_day(self, business_date: int = 0) -> bytes:
        """Return the frame that begins another day, 0 for the next one, when this one is over."""
        return encode(OpenDay(self.next_client_seq(), business_date))

    def change_user(
        self, user: int, *, is_locked: bool, in_flight_max: int = 0, rate_max: int = 0
    ) -> bytes:
        """Return the frame that locks the user of a session number, or lets it in again.

        Its limits are 0 where they are to be those of all.
        """
        seq = self.next_client_seq()
        return encode(ChangeUser(seq, user, is_locked, in_flight_max, rate_max))

    def open_account(self, account: int, terms: AccountTerms) -> bytes:
        """Return the frame that opens an account."""
        return encode(OpenAccount(self.next_client_seq(), account, *terms))

    def edit_account(self, account: int, terms: AccountTerms) -> bytes:
        """Return the frame that gives an account new terms."""
        return encode(EditAccount(self.next_client_seq(), account, *terms))

    def change_status(self, account: int, status: AccountStatus) -> bytes:
        """Return the frame that says what an account may do."""
        return encode(ChangeStatus(self.next_client_seq(), account, status))

    def limit_account(self, account: int, limits: AccountLimits = USUAL_LIMITS) -> bytes:
        """Return the frame that limits what an account may enter."""
        return encode(LimitAccount(self.next_client_seq(), account, *limits))

    def limit_funds(
        self, account: int, spending_max: int, currency: Currency = Currency.CNY
    ) -> bytes:
        """Return the frame that limits what an account spends in a day.

        It is in 1/10000 of the currency, and 0 for no limit.
        """
        return encode(LimitFunds(self.next_client_seq(), account, currency, spending_max))

    def change_list(self, account: int, instrument: str, is_listed: bool = True) -> bytes:
        """Return the frame that lists an instrument for an account, or no longer."""
        return encode(ChangeList(self.next_client_seq(), account, instrument, is_listed))

    def move_funds(
        self,
        account: int,
        entry: FundsEntry,
        amount: int,
        currency: Currency = Currency.CNY,
        *,
        reverses: int = 0,
        grounds: Grounds = Grounds.NONE,
    ) -> bytes:
        """Return the frame that books money, in 1/10000 of its currency.

        `reverses` is the sequence of the movement that is taken back, if any.
        """
        client_seq = self.next_client_seq()
        return encode(MoveFunds(client_seq, account, currency, entry, amount, reverses, grounds))

    def move_shares(
        self,
        account: int,
        instrument: str,
        entry: SharesEntry,
        amount: int,
        *,
        cost: int = 0,
        reverses: int = 0,
        grounds: Grounds = Grounds.NONE,
    ) -> bytes:
        """Return the frame that books shares.

        `cost` is what all of them have cost, `reverses` the sequence of the movement that is taken
        back, if any.
        """
        client_seq = self.next_client_seq()
        return encode(
            MoveShares(client_seq, account, instrument, entry, amount, cost, reverses, grounds)
        )

    def capitalise(self, account: int = EVERY_ACCOUNT, currency: Currency = Currency.CNY) -> bytes:
        """Return the frame that pays out the interest of an account, or of all."""
        return encode(Capitalise(self.next_client_seq(), account, currency))

    def transfer_custody(
        self, account: int, to_unit: str, instrument: str = "", amount: int = 0
    ) -> bytes:
        """Return the frame that moves shares to another firm's unit.

        Without an instrument it is of all, without an amount all that may go.
        """
        return encode(TransferCustody(self.next_client_seq(), account, to_unit, instrument, amount))

    def change_code(self, instrument: str, to_instrument: str) -> bytes:
        """Return the frame that makes one instrument another for who holds it."""
        return encode(ChangeCode(self.next_client_seq(), instrument, to_instrument))

    def close_day(self) -> bytes:
        """Return the frame that ends the day."""
        return encode(CloseDay(self.next_client_seq()))

    def ask(
        self,
        form: Callable[Concatenate[int, Fields], QuestionFor[Told]],
        *fields: Fields.args,
        **named: Fields.kwargs,
    ) -> Asked[Told]:
        """Return a question of one of the forms of protocol.questions, to be sent by its `frame`.

        `receive` lets it have its answer.
        """
        self.asks += 1
        asked = self.asked[self.asks] = Asked(form(self.asks, *fields, **named))
        return asked

    def heartbeat(self) -> bytes:
        """Return the frame that shows that this side is alive."""
        return encode(Heartbeat())

    def logout(self) -> bytes:
        """Return the frame that ends the session; what was asked before is still answered."""
        self.is_leaving = True
        return encode(Logout())

    def receive(self, data: bytes) -> Iterator[Message]:
        """Take what has arrived and yield the messages in it, without heartbeats and answers.

        The first is a Challenge, for `prove`; the last one is the answer to this side's own Logout.
        Raises LoginRefused, SessionEnded, and ProtocolViolation where a report is missing.
        """
        for body in self.frames.feed(data):
            message = self.decode(body)
            match message:
                case Heartbeat():
                    continue
                case AnswerOf() | QuestionRefused():
                    self.take_answer(message)
                    continue
                case Challenge():
                    pass
                case LoginAccepted():
                    self.check_venue(message)
                    self.accepted = message
                    self.next_report = self.next_report or message.next_report
                    self.client_seq = max(self.client_seq, message.client_seq)
                case LoginRejected():
                    raise LoginRefused(
                        f"{message.reason.name}: {message.text}",
                        message.reason,
                        message.retry_after_ms,
                    )
                case Logout() if self.is_leaving and not message.reason:
                    pass
                case Logout():
                    raise SessionEnded(message.reason or "the venue logged out")
                case ProtocolErrorMessage():
                    raise SessionEnded(f"{message.fault.name}: {message.text}", message.fault)
                case Refused():
                    pass
                case _ if not self.count(message):
                    self.on_repeat(message)
                    continue
            yield message

    def take_answer(self, page: AnswerOf[Any] | QuestionRefused) -> None:
        """Give a page to the question that it answers."""
        asked = self.asked.get(page.ask)
        if asked is None or asked.is_answered:
            raise ProtocolViolation(
                ProtocolFault.MESSAGE_UNEXPECTED, f"question {page.ask} has no answer to come"
            )
        asked.take(page)
        if asked.is_answered:
            del self.asked[page.ask]

    def count(self, message: Message) -> bool:
        """Count the reports in a message; return whether they are new.

        What has come before comes once more where a request was sent again.
        """
        first, reports = numbers_of(message)
        if first > self.next_report:
            raise ProtocolViolation(
                ProtocolFault.MESSAGE_UNEXPECTED,
                f"report {first} came where {self.next_report} was due; log in again for it",
            )
        is_new = first == self.next_report
        self.next_report += reports * is_new
        return is_new


def numbers_of(message: Any) -> tuple[int, int]:
    """Return the number of the first report in a message, and how many there are."""
    if isinstance(message, ReportBatch):
        return message.first_report, len(message.rows) // REPORT.itemsize
    return message.report_number, 1


def ignore(message: Message) -> None:
    """Do nothing about it."""


def rows_of(batch: ReportBatch) -> np.ndarray:
    """Return the REPORT rows of a batch, as a view of its bytes."""
    return np.frombuffer(batch.rows, REPORT)

"""The client half of a session, without a socket: messages in and out as bytes.

It numbers what it sends, checks that the reports it gets are numbered without gaps, and so can
log in again and ask for exactly what it missed.  `protocol.client` puts it on a socket.
"""

from collections.abc import Iterator

import numpy as np

from protocol.codec import decode_outbound, encode
from protocol.framing import Frames, ProtocolViolation
from protocol.messages import (
    AccountTerms,
    BlockTrading,
    CancelOrder,
    CancelOrders,
    ChangeHold,
    ChangePhase,
    ChangeStatus,
    CloseDay,
    CommandBatch,
    EditAccount,
    EnterOrder,
    Heartbeat,
    LimitAccount,
    Login,
    LoginAccepted,
    LoginRejected,
    Logout,
    Message,
    MoveFunds,
    MoveShares,
    OpenAccount,
    ReplaceOrder,
    ReportBatch,
)
from protocol.messages import ProtocolError as ProtocolErrorMessage
from protocol.mistake import Mistake
from protocol.records import COMMAND, REPORT
from protocol.vocabulary import (
    NONE,
    AccountStatus,
    Channel,
    Currency,
    FundsEntry,
    Hold,
    HoldCause,
    OrderType,
    Phase,
    ProtocolFault,
    SharesEntry,
    Side,
    TimeInForce,
)

ROWS_MAX = 16_000
"""Most packed rows that this side puts into one frame."""


class LoginRefused(Mistake):
    """The venue refused the login; the text gives its reason."""


class SessionEnded(Mistake):
    """The venue ended the session; the text gives its reason."""


class Terminal:
    """One session as its client sees it."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.client_seq = 0
        self.next_report = 1
        self.accepted: LoginAccepted | None = None
        self.is_leaving = False

    def login(
        self, user: str, password: str, *, packed: bool = False, next_report: int = 1
    ) -> bytes:
        """Return the frame that opens the session and asks for reports from `next_report` on.

        Where that is 0, only new reports follow.
        """
        self.next_report = next_report
        return encode(Login(user, password, next_report=next_report, packed=packed))

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

    def send(self, rows: np.ndarray) -> bytes:
        """Return the frames of many packed COMMAND rows, whose `client_seq` the caller has set."""
        assert rows.dtype == COMMAND
        if len(rows):
            self.client_seq = max(self.client_seq, int(rows["client_seq"].max()))
        parts = (rows[start : start + ROWS_MAX] for start in range(0, len(rows), ROWS_MAX))
        return b"".join(encode(CommandBatch(part.tobytes())) for part in parts)

    def change_phase(self, phase: Phase, instrument: str = "", schedules: int = 0) -> bytes:
        """Return the frame that begins a phase; for operators.

        `schedules` are bits, 1 << Schedule, of the instruments that are meant; 0 is all of them.
        """
        return encode(ChangePhase(self.next_client_seq(), phase, instrument, schedules))

    def change_hold(
        self, hold: Hold, instrument: str = "", cause: HoldCause = HoldCause.OPERATOR
    ) -> bytes:
        """Return the frame that holds trading, or lets it go on; for operators."""
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

        What is left out fits all; for operators.
        """
        return encode(
            BlockTrading(self.next_client_seq(), instrument, account, session, branch, side, lifts)
        )

    def open_account(self, account: int, terms: AccountTerms) -> bytes:
        """Return the frame that opens an account; for operators."""
        return encode(OpenAccount(self.next_client_seq(), account, *terms))

    def edit_account(self, account: int, terms: AccountTerms) -> bytes:
        """Return the frame that gives an account new terms; for operators."""
        return encode(EditAccount(self.next_client_seq(), account, *terms))

    def change_status(self, account: int, status: AccountStatus) -> bytes:
        """Return the frame that says what an account may do; for operators."""
        return encode(ChangeStatus(self.next_client_seq(), account, status))

    def limit_account(
        self, account: int, *, order_value_max: int = 0, open_orders_max: int = 0
    ) -> bytes:
        """Return the frame that limits an account's orders, 0 for no limit; for operators."""
        return encode(
            LimitAccount(self.next_client_seq(), account, order_value_max, open_orders_max)
        )

    def move_funds(
        self,
        account: int,
        entry: FundsEntry,
        amount: int,
        currency: Currency = Currency.CNY,
        *,
        reverses: int = 0,
    ) -> bytes:
        """Return the frame that books money, in 1/10000 of its currency; for operators.

        `reverses` is the sequence of the movement that is taken back, if any.
        """
        return encode(MoveFunds(self.next_client_seq(), account, currency, entry, amount, reverses))

    def move_shares(
        self,
        account: int,
        instrument: str,
        entry: SharesEntry,
        amount: int,
        *,
        cost: int = 0,
        reverses: int = 0,
    ) -> bytes:
        """Return the frame that books shares; for operators.

        `cost` is what all of them have cost, `reverses` the sequence of the movement that is taken
        back, if any.
        """
        return encode(
            MoveShares(self.next_client_seq(), account, instrument, entry, amount, cost, reverses)
        )

    def close_day(self) -> bytes:
        """Return the frame that ends the day; for operators."""
        return encode(CloseDay(self.next_client_seq()))

    def heartbeat(self) -> bytes:
        """Return the frame that shows that this side is alive."""
        return encode(Heartbeat())

    def logout(self) -> bytes:
        """Return the frame that ends the session; what was asked before is still answered."""
        self.is_leaving = True
        return encode(Logout())

    def receive(self, data: bytes) -> Iterator[Message]:
        """Take what has arrived and yield the messages in it, heartbeats left out.

        The last one is the answer to this side's own Logout.  Raises LoginRefused, SessionEnded,
        and ProtocolViolation where a report is missing.
        """
        for body in self.frames.feed(data):
            message = decode_outbound(body)
            match message:
                case Heartbeat():
                    continue
                case LoginAccepted():
                    self.accepted = message
                    self.next_report = self.next_report or message.next_report
                    self.client_seq = max(self.client_seq, message.client_seq)
                case LoginRejected():
                    raise LoginRefused(f"{message.reason.name}: {message.text}")
                case Logout() if self.is_leaving and not message.reason:
                    pass
                case Logout():
                    raise SessionEnded(message.reason or "the venue logged out")
                case ProtocolErrorMessage():
                    raise SessionEnded(f"{message.fault.name}: {message.text}")
                case ReportBatch():
                    self.count(message.first_report, len(message.rows) // REPORT.itemsize)
                case _:
                    self.count(message.report_number, 1)
            yield message

    def count(self, first_report: int, reports: int) -> None:
        if first_report != self.next_report:
            raise ProtocolViolation(
                ProtocolFault.MESSAGE_UNEXPECTED,
                f"report {first_report} came where {self.next_report} was due; log in again for it",
            )
        self.next_report += reports


def rows_of(batch: ReportBatch) -> np.ndarray:
    """Return the REPORT rows of a batch, as a view of its bytes."""
    return np.frombuffer(batch.rows, REPORT)

"""One Struct per message, in the order of docs/protocol/order-entry.md.

Questions and their answers are in protocol/questions.py.

On the wire a message is a MessagePack array: its tag, then its fields in the order given here.
Fields are only ever added at the end, with a default.  Prices and money are in 1/10000 of the
currency unit, rates in 1e-8, quantities in shares, times in nanoseconds since 1970 UTC, instruments
spelled like "600519.SH".
"""

from typing import NamedTuple

from protocol.bounds import PROGRAMME_RATE, PROGRAMME_REQUESTS
from protocol.message import I8, I32, I64, Mac, Message, Name, Nonce, Text, Unit
from protocol.questions import Answer, Question, QuestionRefused
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    NONE,
    AccountKind,
    AccountStatus,
    CancelReason,
    Channel,
    Copies,
    Currency,
    FundsEntry,
    Grounds,
    Hold,
    HoldCause,
    Liquidity,
    ListMode,
    LoginReject,
    OrderType,
    Phase,
    ProtocolFault,
    RateAction,
    Refusal,
    Reject,
    Role,
    SharesEntry,
    Side,
    TimeInForce,
)

VERSION = 2
"""The version of the protocol that this package speaks."""


class Login(Message, tag=1):
    """Ask for the session of a user; the first message of a connection, answered by Challenge.

    Reports from `next_report` on follow; from the next new one where that is 0.  Where
    `heartbeat_seconds` or `in_flight_max` is 0, it is the venue's.  With `copies` the session hears
    a copy of the reports to others, always packed, and may ask for nothing.
    """

    user: Name
    nonce: Nonce
    version: I32 = VERSION
    business_date: I32 = 0
    next_report: I64 = 1
    packed: bool = False
    heartbeat_seconds: I32 = 0
    cancels_on_disconnect: bool = False
    in_flight_max: I32 = 0
    copies: Copies = Copies.NOTHING


class Logout(Message, tag=2):
    """End the session; the peer closes the connection.  Both sides may send it."""

    reason: Text = ""


class Heartbeat(Message, tag=3):
    """Say nothing, audibly: the venue at every interval, a client after a silence."""


class EnterOrder(Message, tag=4):
    """Buy or sell; answered by Accepted or Rejected."""

    client_seq: I32
    account: I32
    instrument: Name
    side: Side
    price: I32
    quantity: I32
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.DAY
    minimum_quantity: I32 = 0
    post_only: bool = False
    display_quantity: I32 = 0
    trigger_price: I32 = 0
    channel: Channel = Channel.COUNTER


class CancelOrder(Message, tag=5):
    """Take back `quantity` shares of an open order, or all of it where that is 0.

    The order is named by its number or, where that is 0, by the client_seq that entered it.
    """

    client_seq: I32
    order_number: I64
    quantity: I32 = 0
    of_client_seq: I32 = 0


class CommandBatch(Message, tag=6):
    """Many orders and cancels at once: packed COMMAND rows, 64 bytes each."""

    rows: bytes


class ChangePhase(Message, tag=7):
    """Begin the next phase of an instrument, or of all where it is empty.

    `schedules` are bits, 1 << Schedule: of all, only those that follow one of these; 0 is any.
    """

    client_seq: I32
    phase: Phase
    instrument: Name = ""
    schedules: I8 = 0


class CloseDay(Message, tag=8):
    """Expire what is open and end the day."""

    client_seq: I32


class ReplaceOrder(Message, tag=9):
    """Give an open order another price and open quantity; answered by Replaced or Rejected."""

    client_seq: I32
    order_number: I64
    price: I32
    quantity: I32
    gives_up_place: bool = False


class CancelOrders(Message, tag=10):
    """Take back every open order that fits; what is left out fits all."""

    client_seq: I32
    instrument: Name = ""
    account: I32 = NONE
    session: I32 = NONE
    branch: I32 = NONE
    side: Side | None = None


class BlockTrading(Message, tag=11):
    """Take back every open order that fits, and refuse new ones until it is lifted.

    What is left out fits all.
    """

    client_seq: I32
    instrument: Name = ""
    account: I32 = NONE
    session: I32 = NONE
    branch: I32 = NONE
    side: Side | None = None
    lifts: bool = False


class ChangeHold(Message, tag=12):
    """Hold trading in an instrument, in all where it is empty, or let it go on."""

    client_seq: I32
    hold: Hold
    instrument: Name = ""
    cause: HoldCause = HoldCause.OPERATOR


class AccountTerms(NamedTuple):
    """What an account may use and what it pays: what is said behind its number.

    Channels, depositories and permissions are bits, 1 << Channel and so on.
    """

    branch: int
    account_kind: AccountKind
    channels: int
    depositories: int
    permissions: int
    commission_rate: int
    commission_min: int
    commission_min_foreign: int
    commission_includes: bool


class OpenAccount(Message, tag=13):
    """Open an account on these terms; answered by AccountChanged or Rejected."""

    client_seq: I32
    account: I32
    branch: I32
    account_kind: AccountKind
    channels: I8
    depositories: I8
    permissions: I32
    commission_rate: I32
    commission_min: I32
    commission_min_foreign: I32
    commission_includes: bool


class EditAccount(Message, tag=14):
    """Give an account new terms, all at once."""

    client_seq: I32
    account: I32
    branch: I32
    account_kind: AccountKind
    channels: I8
    depositories: I8
    permissions: I32
    commission_rate: I32
    commission_min: I32
    commission_min_foreign: I32
    commission_includes: bool


class ChangeStatus(Message, tag=15):
    """Say what an account may do from now on, or close it."""

    client_seq: I32
    account: I32
    status: AccountStatus


class MoveFunds(Message, tag=16):
    """Book `amount` to an account, or take back the movement that `reverses` names.

    Answered by FundsMoved or Rejected.
    """

    client_seq: I32
    account: I32
    currency: Currency
    entry: FundsEntry
    amount: I64
    reverses: I64 = 0
    grounds: Grounds = Grounds.NONE


class MoveShares(Message, tag=17):
    """Book `amount` shares to an account, or take back the movement that `reverses` names.

    `cost` is what all of them have cost.  Answered by SharesMoved or Rejected.
    """

    client_seq: I32
    account: I32
    instrument: Name
    entry: SharesEntry
    amount: I64
    cost: I64 = 0
    reverses: I64 = 0
    grounds: Grounds = Grounds.NONE


class AccountLimits(NamedTuple):
    """What an account's orders must keep to, all at once: what is said behind its number.

    0 is no limit.
    """

    order_value_max: int = 0
    open_orders_max: int = 0
    rate_max: int = PROGRAMME_RATE
    requests_max: int = PROGRAMME_REQUESTS
    rate_action: RateAction = RateAction.ALARM
    list_mode: ListMode = ListMode.NONE
    collar_bp: int = 0
    duplicate_ms: int = 0


USUAL_LIMITS = AccountLimits()
"""Those of a new account, which hold where no others are named."""


class LimitAccount(Message, tag=18):
    """Give an account these limits, all at once; 0 is no limit.

    `rate_max` and `requests_max` are of its requests in a second and in the day.
    """

    client_seq: I32
    account: I32
    order_value_max: I64
    open_orders_max: I32
    rate_max: I32 = USUAL_LIMITS.rate_max
    requests_max: I32 = USUAL_LIMITS.requests_max
    rate_action: RateAction = USUAL_LIMITS.rate_action
    list_mode: ListMode = USUAL_LIMITS.list_mode
    collar_bp: I32 = USUAL_LIMITS.collar_bp
    duplicate_ms: I32 = USUAL_LIMITS.duplicate_ms


class LimitFunds(Message, tag=19):
    """Limit what an account spends in a day, sales taken off; 0 is no limit."""

    client_seq: I32
    account: I32
    currency: Currency
    spending_max: I64


class ChangeList(Message, tag=20):
    """Put an instrument on the list of an account, or take it off.

    Whether the list forbids or permits is the account's `list_mode`.
    """

    client_seq: I32
    account: I32
    instrument: Name
    is_listed: bool = True


class Capitalise(Message, tag=21):
    """Pay out the interest of an account, or of all; answered by FundsMoved."""

    client_seq: I32
    account: I32 = EVERY_ACCOUNT
    currency: Currency = Currency.CNY


class TransferCustody(Message, tag=22):
    """Move shares to another firm's unit, those of every instrument where it is empty.

    With the amount 0 all that may go do.  Answered by a SharesMoved for each instrument, or
    Rejected.
    """

    client_seq: I32
    account: I32
    to_unit: Unit
    instrument: Name = ""
    amount: I64 = 0


class ChangeCode(Message, tag=23):
    """Let all that is held of an instrument be held of another, one for one."""

    client_seq: I32
    instrument: Name
    to_instrument: Name


class Proof(Message, tag=24):
    """Prove that one has the password; answered by LoginAccepted or LoginRejected."""

    proof: Mac


class ChangeUser(Message, tag=28):
    """Lock a user by its session number, or let it in again, and limit its requests; 0 is the
    venue's limit."""

    client_seq: I32
    number: I32
    is_locked: bool
    in_flight_max: I32 = 0
    rate_max: I32 = 0


class OpenDay(Message, tag=29):
    """End the service of a day that is over, and begin that of another, 0 for the next one."""

    client_seq: I32
    business_date: I32 = 0


class LoginAccepted(Message, tag=32):
    """The session is open; what it needs to know follows."""

    session: I32
    branch: I32
    account_first: I32
    account_last: I32
    business_date: I32
    next_report: I64
    client_seq: I32
    heartbeat_seconds: I32
    journal_mode: Name
    instruments: list[str]
    role: Role
    in_flight_max: I32
    server_proof: bytes


class LoginRejected(Message, tag=33):
    """The session stays closed; another try makes sense after so many milliseconds, if not 0."""

    reason: LoginReject
    text: Text
    retry_after_ms: I32 = 0


class ProtocolError(Message, tag=34):
    """The peer broke the protocol; the connection is closed behind this."""

    fault: ProtocolFault
    text: Text


class Refused(Message, tag=35):
    """The request was not carried out; this is no report, and has no number in the stream."""

    client_seq: I32
    reason: Refusal
    retry_after_ms: I32 = 0


class Challenge(Message, tag=37):
    """Answer a Login with what its proof is to be made of; nobody's secret."""

    salt: bytes
    iterations: I32
    nonce: bytes


class Accepted(Message, tag=48):
    """The venue has taken the order and numbered it."""

    report_number: I64
    time: I64
    client_seq: I32
    order_number: I64
    account: I32
    instrument: Name
    side: Side
    price: I32
    quantity: I32


class Rejected(Message, tag=49):
    """The venue has refused the request; nothing changed."""

    report_number: I64
    time: I64
    request_seq: I32
    reason: Reject
    order_number: I64
    retry_after_ms: I32 = 0


class Traded(Message, tag=50):
    """The order traded `quantity` shares at `price`; `leaves` are still open."""

    report_number: I64
    time: I64
    client_seq: I32
    order_number: I64
    trade_number: I32
    account: I32
    instrument: Name
    side: Side
    price: I32
    quantity: I32
    leaves: I32
    liquidity: Liquidity


class Canceled(Message, tag=51):
    """`quantity` shares of the order were taken back; `leaves` are still open."""

    report_number: I64
    time: I64
    client_seq: I32
    request_seq: I32
    order_number: I64
    account: I32
    instrument: Name
    side: Side
    quantity: I32
    leaves: I32
    reason: CancelReason


class Expired(Message, tag=52):
    """The day ended with `quantity` shares of the order open."""

    report_number: I64
    time: I64
    client_seq: I32
    order_number: I64
    account: I32
    instrument: Name
    side: Side
    quantity: I32


class PhaseChanged(Message, tag=53):
    """An instrument, or all where it is empty, began a phase."""

    report_number: I64
    time: I64
    phase: Phase
    instrument: Name
    schedules: I8 = 0


class DayEnded(Message, tag=54):
    """The day is over; only rejections can follow."""

    report_number: I64
    time: I64
    business_date: I32


class ReportBatch(Message, tag=55):
    """Packed REPORT rows, 64 bytes each, numbered from `first_report` on."""

    first_report: I64
    rows: bytes


class Replaced(Message, tag=56):
    """The order has this price now, and `quantity` shares of it are open."""

    report_number: I64
    time: I64
    client_seq: I32
    request_seq: I32
    order_number: I64
    account: I32
    instrument: Name
    side: Side
    price: I32
    quantity: I32


class OrdersCanceled(Message, tag=57):
    """All orders that fitted were taken back: `quantity` of them."""

    report_number: I64
    time: I64
    request_seq: I32
    quantity: I32


class Released(Message, tag=58):
    """The order waits no longer: it arrives at this price, and `quantity` shares of it are open."""

    report_number: I64
    time: I64
    client_seq: I32
    order_number: I64
    account: I32
    instrument: Name
    side: Side
    price: I32
    quantity: I32


class HoldChanged(Message, tag=59):
    """Trading in an instrument, or in all where it is empty, is held, or goes on."""

    report_number: I64
    time: I64
    hold: Hold
    cause: HoldCause
    instrument: Name


class BlockChanged(Message, tag=60):
    """A block holds, and `quantity` orders were taken back; or it is lifted."""

    report_number: I64
    time: I64
    request_seq: I32
    quantity: I32
    lifts: bool


class CloseFixed(Message, tag=61):
    """The closing price of an instrument is this one."""

    report_number: I64
    time: I64
    instrument: Name
    price: I32


class AccountChanged(Message, tag=62):
    """The account is open, or changed as was asked; this is its status now."""

    report_number: I64
    time: I64
    request_seq: I32
    account: I32
    status: AccountStatus


class FundsMoved(Message, tag=63):
    """Money was booked; `balance` is that of the account now, `sequence` names the movement.

    Where the interest of all accounts was paid, it tells the sum, and the number of accounts.
    """

    report_number: I64
    time: I64
    request_seq: I32
    account: I32
    currency: Currency
    entry: FundsEntry
    balance: I64
    sequence: I64
    accounts: I32 = 0


class SharesMoved(Message, tag=64):
    """Shares were booked; the account has `total` now, `sequence` names the movement."""

    report_number: I64
    time: I64
    request_seq: I32
    account: I32
    instrument: Name
    entry: SharesEntry
    total: I64
    sequence: I64


class RateExceeded(Message, tag=65):
    """An account has sent more requests than it should; for the venue itself."""

    report_number: I64
    time: I64
    account: I32
    rate: I32
    requests: I64


class OrderDelayed(Message, tag=66):
    """The order waits for so many milliseconds: its account has sent too many requests."""

    report_number: I64
    time: I64
    client_seq: I32
    order_number: I64
    account: I32
    instrument: Name
    side: Side
    price: I32
    quantity: I32
    wait_ms: I32


class CodeChanged(Message, tag=67):
    """All that was held of an instrument is held of another now, in `quantity` holdings."""

    report_number: I64
    time: I64
    instrument: Name
    to_instrument: Name
    quantity: I32


class UserChanged(Message, tag=68):
    """The user is locked, or may come in; its limits are 0 where they are those of all."""

    report_number: I64
    time: I64
    request_seq: I32
    number: I32
    is_locked: bool
    in_flight_max: I32
    rate_max: I32


Inbound = (
    Login
    | Logout
    | Heartbeat
    | EnterOrder
    | CancelOrder
    | CommandBatch
    | Question
    | ChangePhase
    | CloseDay
    | ReplaceOrder
    | CancelOrders
    | BlockTrading
    | ChangeHold
    | OpenAccount
    | EditAccount
    | ChangeStatus
    | MoveFunds
    | MoveShares
    | LimitAccount
    | LimitFunds
    | ChangeList
    | Capitalise
    | TransferCustody
    | ChangeCode
    | ChangeUser
    | OpenDay
    | Proof
)
"""What a client may send."""

Outbound = (
    Logout
    | Heartbeat
    | LoginAccepted
    | LoginRejected
    | ProtocolError
    | Challenge
    | Answer
    | QuestionRefused
    | Refused
    | Accepted
    | Rejected
    | Traded
    | Canceled
    | Expired
    | PhaseChanged
    | DayEnded
    | ReportBatch
    | Replaced
    | OrdersCanceled
    | Released
    | HoldChanged
    | BlockChanged
    | CloseFixed
    | AccountChanged
    | FundsMoved
    | SharesMoved
    | RateExceeded
    | OrderDelayed
    | CodeChanged
    | UserChanged
)
"""What the venue may send."""

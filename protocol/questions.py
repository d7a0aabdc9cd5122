"""Questions, their answers, and the rows of these: docs/protocol/questions.md.

A question names itself by `ask`, which its answer repeats.  An answer is one or more messages, its
pages, which together tell one state of the venue: that behind the command numbered `sequence`.
"""

from typing import Generic, TypeVar

from msgspec import Struct

from protocol.message import I8, I32, I64, Message, Name
from protocol.vocabulary import (
    NONE,
    AccountKind,
    AccountStatus,
    AskReject,
    CommandKind,
    Currency,
    FundsEntry,
    Grounds,
    Hold,
    Liquidity,
    ListMode,
    OrderStatus,
    Phase,
    RateAction,
    Role,
    Schedule,
    SharesEntry,
    Side,
)


class Row(Struct, array_like=True, gc=False):
    """One thing that an answer tells; an array of its fields."""


class Account(Row):
    """What an account is and may do, and what it has done today; a limit of 0 is none."""

    status: AccountStatus
    account_kind: AccountKind
    branch: I32
    channels: I8
    depositories: I8
    permissions: I32
    commission_rate: I32
    commission_min: I32
    commission_min_foreign: I32
    commission_includes: bool
    order_value_max: I64
    open_orders_max: I32
    rate_max: I32
    requests_max: I32
    rate_action: RateAction
    list_mode: ListMode
    collar_bp: I32
    duplicate_ms: I32
    open_orders: I32
    requests: I32


class Funds(Row):
    """An account's money in a currency, how much of it an order may hold, or may leave, and what
    its balances have earned: cents times days, and the interest that would be paid now."""

    balance: I64
    held: I64
    frozen_day: I64
    frozen_long: I64
    credit: I64
    unsettled: I64
    spent: I64
    spending_max: I64
    available: I64
    withdrawable: I64
    product: I64
    interest: I64


class Holding(Row):
    """An account's shares of an instrument, and how many of them may be sold now."""

    instrument: Name
    total: I64
    bought: I64
    held: I64
    frozen_day: I64
    frozen_long: I64
    pledged: I64
    cost: I64
    sellable: I64
    currency: Currency


class Order(Row):
    """An order of the day, and what has become of it: quantity = filled + canceled + leaves."""

    order_number: I64
    session: I32
    client_seq: I32
    time: I64
    instrument: Name
    side: Side
    price: I32
    quantity: I64
    filled: I64
    canceled: I64
    leaves: I64
    status: OrderStatus


class Fill(Row):
    """What an order traded at once."""

    trade_number: I32
    order_number: I64
    time: I64
    instrument: Name
    side: Side
    price: I32
    quantity: I32
    liquidity: Liquidity


class Movement(Row):
    """What moved money, where there is no instrument, or shares of an account besides trading."""

    sequence: I64
    instrument: Name
    currency: Currency
    entry: I8
    amount: I64
    cost: I64
    is_reversal: bool
    is_reversed: bool
    grounds: Grounds

    @property
    def reason(self) -> FundsEntry | SharesEntry:
        """The entry by its name."""
        return SharesEntry(self.entry) if self.instrument else FundsEntry(self.entry)


class Most(Row):
    """The largest quantity that an account could order."""

    quantity: I64


class Status(Row):
    """How the venue stands, and how much of the day it has."""

    business_date: I32
    is_open: bool
    hold: Hold
    instruments: I32
    blocks: I32
    open_orders: I64
    orders: I64
    trades: I64


class InstrumentPhase(Row):
    """The phase that rules in an instrument, the one that its schedule gave it, and its hold."""

    instrument: Name
    schedule: Schedule
    scheduled: Phase
    phase: Phase
    hold: Hold


class Block(Row):
    """Which orders are refused: those that fit all of it; what is left out fits all."""

    instrument: Name
    account: I32
    session: I32
    branch: I32
    side: Side | None


class User(Row):
    """Who may log in, whether anybody has, and how much it may send; 0 is the venue's limit."""

    name: Name
    session: I32
    branch: I32
    role: Role
    is_connected: bool
    is_locked: bool
    in_flight_max: I32
    rate_max: I32


class Affected(Row):
    """How many open orders in a currency, their open shares, and what these are worth at the
    prices of the orders."""

    orders: I64
    quantity: I64
    value: I64


Told = TypeVar("Told", bound=Row)


class QuestionFor(Message, Generic[Told]):
    """What all questions begin with; `Told` are the rows of the answer."""

    ask: I32


class QuestionAbout(QuestionFor[Told]):
    """What questions about an account begin with."""

    account: I32


class AskAccount(QuestionAbout[Account], tag=40):
    """What is the account, and what may it do?"""


class AskFunds(QuestionAbout[Funds], tag=41):
    """How much money is there of each currency?"""


class AskHoldings(QuestionAbout[Holding], tag=42):
    """How many shares are there of each instrument?"""


class AskOrders(QuestionAbout[Order], tag=43):
    """Which orders are open, or have there been today?"""

    only_open: bool = True


class AskFills(QuestionAbout[Fill], tag=44):
    """What has been traded today?"""


class AskMovements(QuestionAbout[Movement], tag=45):
    """What has moved money and shares today, besides trading?"""


class AskMost(QuestionAbout[Most], tag=46):
    """How much could be bought or sold now, at a price, or where that is 0 at the day's limit?"""

    instrument: Name
    side: Side
    price: I32 = 0


class AskStatus(QuestionFor[Status], tag=74):
    """How does the venue stand?"""


class AskPhases(QuestionFor[InstrumentPhase], tag=75):
    """In which phase is each instrument?"""


class AskBlocks(QuestionFor[Block], tag=76):
    """Which orders are refused?"""


class AskAffected(QuestionFor[Affected], tag=77):
    """Which open orders would CANCEL_ORDERS, BLOCK_TRADING or CLOSE_DAY end now?

    What is left out fits all; the close ends all that is open.
    """

    kind: CommandKind
    instrument: Name = ""
    account: I32 = NONE
    session: I32 = NONE
    branch: I32 = NONE
    side: Side | None = None


class AskUsers(QuestionFor[User], tag=78):
    """Who are the users, and which of them are there?"""


class AnswerOf(Message, Generic[Told]):
    """What all answers consist of; the last page says so."""

    ask: I32
    sequence: I64
    is_last: bool
    rows: list[Told]


class AccountAnswer(AnswerOf[Account], tag=80):
    """The account."""


class FundsAnswer(AnswerOf[Funds], tag=81):
    """The money, in the order of currencies."""


class HoldingsAnswer(AnswerOf[Holding], tag=82):
    """The holdings, in the order of their first use."""


class OrdersAnswer(AnswerOf[Order], tag=83):
    """The orders, by number."""


class FillsAnswer(AnswerOf[Fill], tag=84):
    """The fills, by trade number."""


class MovementsAnswer(AnswerOf[Movement], tag=85):
    """The movements, in order."""


class MostAnswer(AnswerOf[Most], tag=86):
    """The largest quantity."""


class QuestionRefused(Message, tag=87):
    """The question is not answered."""

    ask: I32
    reason: AskReject


class UsersAnswer(AnswerOf[User], tag=88):
    """The users, by their session numbers."""


class StatusAnswer(AnswerOf[Status], tag=92):
    """How the venue stands."""


class PhasesAnswer(AnswerOf[InstrumentPhase], tag=93):
    """The phases, in the order of LoginAccepted's instruments."""


class BlocksAnswer(AnswerOf[Block], tag=94):
    """The blocks."""


class AffectedAnswer(AnswerOf[Affected], tag=95):
    """The open orders, in the order of currencies."""


AccountQuestion = (
    AskAccount | AskFunds | AskHoldings | AskOrders | AskFills | AskMovements | AskMost
)
VenueQuestion = AskStatus | AskPhases | AskBlocks | AskAffected | AskUsers
Question = AccountQuestion | VenueQuestion
Answer = (
    AccountAnswer
    | FundsAnswer
    | HoldingsAnswer
    | OrdersAnswer
    | FillsAnswer
    | MovementsAnswer
    | MostAnswer
    | StatusAnswer
    | PhasesAnswer
    | BlocksAnswer
    | AffectedAnswer
    | UsersAnswer
)

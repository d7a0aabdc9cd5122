"""Answers to questions, read where the state and the reports lie.

Whoever calls does so between batches, when all that the state holds is in the journal.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import convert

from engine.permissions import Service
from engine.venue import Venue
from gateway.config import Config
from gateway.orders_of_day import ReportsByAccount, fills_of, orders_of
from gateway.overview import Overview
from gateway.streams import Streams
from protocol.questions import (
    Account,
    AccountAnswer,
    AccountQuestion,
    Affected,
    AffectedAnswer,
    Answer,
    AskAccount,
    AskAffected,
    AskBlocks,
    AskFills,
    AskFunds,
    AskHoldings,
    AskMost,
    AskMovements,
    AskOrders,
    AskPhases,
    AskStatus,
    AskUsers,
    Block,
    BlocksAnswer,
    Fill,
    FillsAnswer,
    Funds,
    FundsAnswer,
    Holding,
    HoldingsAnswer,
    InstrumentPhase,
    Most,
    MostAnswer,
    Movement,
    MovementsAnswer,
    Order,
    OrdersAnswer,
    PhasesAnswer,
    Question,
    QuestionRefused,
    Row,
    Status,
    StatusAnswer,
    User,
    UsersAnswer,
    VenueQuestion,
)
from protocol.translate import Translator
from protocol.vocabulary import AskReject, Currency, Reach, Side

PAGE_ROWS = 4_000
"""Most rows of a page: it fits a frame, and is made in a few milliseconds."""

FILL_FIELDS = list(Fill.__struct_fields__)
MOVEMENT_FIELDS = list(Movement.__struct_fields__)

Things = Sequence[tuple] | np.ndarray
"""What rows are made of: tuples with their fields, where numbers stand for instruments."""


class Found(NamedTuple):
    """What answers a question: its pages, their rows, and what these are made of."""

    page: Callable[..., Answer]
    row: type[Row]
    things: Things


class Answers:
    """Knows who may ask what, and where the answer lies."""

    def __init__(
        self, config: Config, venue: Venue, translator: Translator, streams: Streams
    ) -> None:
        self.config = config
        self.venue = venue
        self.symbols = translator.symbols
        self.numbers = translator.numbers
        self.overview = Overview(config, venue, translator, streams)
        self.reports = ReportsByAccount(streams)
        self.last_orders: tuple[tuple[int, int], np.ndarray] | None = None

    def pages(self, question: Question, session: int) -> Iterator[Answer | QuestionRefused]:
        """Yield the pages of the answer to a session; all tell the state of the first `next`."""
        reason = self.refusal(question, session)
        if reason != AskReject.NOTHING:
            yield QuestionRefused(question.ask, reason)
            return
        page, row, things = self.found(question, session)
        sequence = self.venue.sequence
        for start in range(0, len(things) or 1, PAGE_ROWS):
            stop = start + PAGE_ROWS
            rows = self.rows(row, things[start:stop])
            yield page(question.ask, sequence, stop >= len(things), rows)

    def refusal(self, question: Question, session: int) -> AskReject:
        """Return why a session is not answered, or NOTHING."""
        if isinstance(question, AskAffected):
            return self.overview.refusal_of_affected(question, session)
        if isinstance(question, VenueQuestion):
            return self.overview.refusal(session)
        if not self.may_ask(session, question.account):
            return AskReject.ACCOUNT_NOT_ADMITTED
        if self.venue.with_accounts:
            if self.venue.account(question.account) is None:
                return AskReject.UNKNOWN_ACCOUNT
        elif not isinstance(question, AskOrders | AskFills):
            return AskReject.ACCOUNTS_ARE_OFF
        if isinstance(question, AskMost):
            return self.refusal_of_most(question)
        return AskReject.NOTHING

    def refusal_of_most(self, question: AskMost) -> AskReject:
        """Return why no order could be of this instrument and price, or NOTHING."""
        if not question.instrument or question.instrument not in self.numbers:
            return AskReject.UNKNOWN_INSTRUMENT
        lower, upper = self.venue.limits_of(self.numbers[question.instrument])
        if question.price and not lower <= question.price <= upper:
            return AskReject.PRICE_OUTSIDE_LIMITS
        return AskReject.NOTHING

    def may_ask(self, session: int, account: int) -> bool:
        """Say whether the session's role reaches an account, as one of its branch or as any."""
        user = self.config.users[session - 1]
        branch = self.config.branch_of(user)
        is_own = branch.account_first <= account <= branch.account_last
        return user.reach_of(Service.ASK) >= (Reach.OWN if is_own else Reach.EVERY)

    def found(self, question: Question, session: int) -> Found:
        """Look up what answers a question that is not refused."""
        match question:
            case AskStatus():
                return Found(StatusAnswer, Status, [self.overview.status()])
            case AskPhases():
                return Found(PhasesAnswer, InstrumentPhase, self.overview.phases())
            case AskBlocks():
                return Found(BlocksAnswer, Block, self.overview.blocks())
            case AskUsers():
                return Found(UsersAnswer, User, self.overview.users())
            case AskAffected():
                affected = self.overview.affected(question, session)
                return Found(AffectedAnswer, Affected, affected)
        return self.found_of_account(question)

    def found_of_account(self, question: AccountQuestion) -> Found:
        """Look up what answers a question about an account."""
        account = question.account
        match question:
            case AskAccount():
                opened = self.venue.account(account)
                assert opened is not None, "others are refused"
                return Found(AccountAnswer, Account, [opened])
            case AskFunds():
                funds = [self.venue.funds(account, currency) for currency in Currency]
                return Found(FundsAnswer, Funds, funds)
            case AskHoldings():
                return Found(HoldingsAnswer, Holding, self.holdings(account))
            case AskOrders():
                orders = self.orders(account)
                if question.only_open:
                    orders = orders[orders["leaves"] > 0]
                return Found(OrdersAnswer, Order, orders)
            case AskFills():
                fills = fills_of(self.reports.about_orders(account))
                return Found(FillsAnswer, Fill, fills[FILL_FIELDS])
            case AskMovements():
                movements = self.venue.ledger(account)[MOVEMENT_FIELDS]
                return Found(MovementsAnswer, Movement, movements)
            case AskMost():
                return Found(MostAnswer, Most, [(self.most(question),)])

    def orders(self, account: int) -> np.ndarray:
        """Return the day's orders of an account; asked again of the same state, they are there."""
        asked = account, self.venue.sequence
        if self.last_orders is None or self.last_orders[0] != asked:
            self.last_orders = asked, orders_of(self.reports.about_orders(account))
        return self.last_orders[1]

    def most(self, question: AskMost) -> int:
        """Return the largest quantity that could be ordered."""
        instrument = self.numbers[question.instrument]
        if question.side == Side.SELL:
            return self.venue.most_to_sell(question.account, instrument)
        price = question.price or self.venue.limits_of(instrument)[1]
        return self.venue.most_to_buy(question.account, instrument, price)

    def holdings(self, account: int) -> Things:
        """Return the holdings of an account, each with its currency."""
        currency_of = self.venue.currency_of
        return [(*held, currency_of(held.instrument)) for held in self.venue.holdings(account)]

    def rows(self, row: type[Row], things: Things) -> list[Row]:
        """Return the rows that things make, with the symbols of their instruments."""
        tuples = things.tolist() if isinstance(things, np.ndarray) else things
        if "instrument" in row.__struct_fields__:
            place = row.__struct_fields__.index("instrument")
            tuples = [
                (*thing[:place], self.symbols[thing[place]], *thing[place + 1 :])
                for thing in tuples
            ]
        return convert(tuples, list[row], strict=False)  # type: ignore[valid-type]

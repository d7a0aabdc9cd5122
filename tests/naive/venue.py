"""The whole venue in obvious Python: the meaning of the rules, and the measure of the engine.

Nothing here is fast.  Reports are dicts with the fields of REPORT rows, commands with those fields
of COMMAND rows that their kind has: prices in 1/10000 of the currency unit, quantities in shares,
times in nanoseconds since 1970 UTC.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from protocol.records import COMMAND, HEAD, KINDS, REPORT, Fields
from protocol.vocabulary import (
    EVERYONE,
    NONE,
    CommandKind,
    Currency,
    Grounds,
    Hold,
    Liquidity,
    Phase,
    Place,
    Reject,
    ReportKind,
    Role,
    SelfTrade,
)
from tests.naive import (
    accounts,
    blocks,
    changes,
    checks,
    codes,
    cover,
    custody,
    delays,
    entry,
    holds,
    interest,
    limits,
    lists,
    presence,
    proposals,
    users,
)
from tests.naive.accounts import Account
from tests.naive.auction import auction_rules, balance_at, find_auction
from tests.naive.book import Book, Order, Trade
from tests.naive.filters import Filters
from tests.naive.ledger import Moved, Movement
from tests.naive.proposals import Proposal, Proposed
from tests.naive.rates import retry_after
from tests.naive.settlement import settle


class Room(NamedTuple):
    """How much the venue can hold; of the sessions one is its own, ticks are of all instruments."""

    orders_open: int = 1_000_000
    orders_day: int = 10_000_000
    instruments: int = 10_000
    sessions: int = 1_000
    rules: int = 64
    ticks: int = 10_000_000
    blocks: int = 256
    fees: int = 64
    accounts: int = 10_000
    holdings: int = 100_000
    movements: int = 1_000_000
    lists: int = 65_536
    proposals: int = 64


LESSENED = ("orders_open", "orders_day", "accounts", "holdings", "movements", "lists")
"""Of what a day may grant less room."""


def places(fields: Fields) -> dict[str, int]:
    """Return by name where fields are in a COMMAND row."""
    return {name: COMMAND.names.index(name) for name, _ in HEAD + fields if name}


KIND = COMMAND.names.index("kind")
OF_HEAD = places(())
OF_KIND = {int(CommandKind[name]): places(fields) for name, fields in KINDS.items()}
"""By kind of command where its fields are in its row; what is of no kind has but a head."""


class Indicative(NamedTuple):
    """What a call auction would do now, and what it would leave of each side at its price."""

    price: int
    matched: int
    unmatched_bids: int
    unmatched_asks: int


@dataclass
class Session:
    """Who may send commands, and the highest client_seq heard so far."""

    role: int
    account_first: int = 0
    account_last: int = 0
    branch: int = 0
    self_trade: int = SelfTrade.ALLOWED
    client_seq: int = 0
    is_connected: bool = False
    cancels_on_disconnect: bool = False
    is_locked: bool = False


def no_orders() -> dict[Place, list[Order]]:
    """Return the places where orders wait, empty."""
    return {place: [] for place in Place if place != Place.BOOK}


@dataclass
class Instrument:
    """What is traded: how it was listed, by which rules, and where its day stands.

    It is in `phase`, which a hold may keep from the scheduled one.  `opening`, `last` and `close`
    are prices of the day, 0 where there is none yet; `stages` are the moves that have halted it.
    `fees` is the schedule of what trading costs, `issued` are the shares that were brought in.
    """

    listing: dict
    rules: dict
    fees: dict
    issued: int = 0
    scheduled: int = Phase.CLOSED
    phase: int = Phase.CLOSED
    hold: int = Hold.NONE
    opening: int = 0
    last: int = 0
    close: int = 0
    stages: set[tuple[int, bool]] = field(default_factory=set)
    book: Book = field(default_factory=Book)
    waiting: dict[Place, list[Order]] = field(default_factory=no_orders)

    @property
    def reference(self) -> int:
        """The last price of the day, or the previous close before the first trade."""
        return self.last or self.listing["previous_close"]


class NaiveVenue:
    """A pure function from COMMAND rows to reports."""

    def __init__(self, room: Room | None = None) -> None:
        self.room = room or Room()
        self.business_date: int | None = None
        self.day_is_open = False
        self.sessions = {0: Session(Role.VENUE)}
        self.rules: list[dict] = []
        self.schedules: list[dict] = []
        self.instruments: list[Instrument] = []
        self.hold: int = Hold.NONE
        self.blocks: list[Filters] = []
        self.orders: dict[int, Order] = {}
        self.orders_of: defaultdict[int, dict[int, Order]] = defaultdict(dict)
        self.orders_count = 0
        self.trades_count = 0
        self.with_accounts = False
        self.accounts: dict[int, Account] = {}
        self.movements: dict[tuple[int, Moved], Movement] = {}
        self.interest: dict[int, dict] = {}
        self.fees = dict.fromkeys(Currency, 0)
        self.four_eyes: set[int] = set()
        self.proposals: dict[Proposed, Proposal] = {}
        self.outside = dict.fromkeys(Currency, 0)
        self.command: dict = {}
        self.reports: list[dict] = []

    def apply(self, commands: np.ndarray) -> list[dict]:
        """Carry out COMMAND rows, one after the other, and return the reports they cause."""
        self.reports = []
        for row in commands.tolist():
            fields = OF_KIND.get(row[KIND], OF_HEAD)
            self.command = {name: row[place] for name, place in fields.items()}
            reason = self.hear()
            if reason != Reject.NOTHING:
                self.reject(reason)
        return self.reports

    def hear(self) -> Reject:
        """Carry out one command, or return why it is refused."""
        command = self.command
        reason = checks.refuse_sender(self, command)
        if reason != Reject.NOTHING:
            return reason
        self.sessions[command["session"]].client_seq = command["client_seq"]

        reason = checks.refuse_hour(self, command) or checks.refuse_content(self, command)
        if reason == Reject.NOTHING:
            self.carry_out(command)
        return reason

    def carry_out(self, command: dict) -> None:
        """Do what a command asks for, now that nothing speaks against it."""
        ACTS[command["kind"]](self, command)

    def rest(self, order: Order) -> None:
        """Put an order into the book."""
        order.place = Place.BOOK
        self.instruments[order.instrument].book.rest(order)
        self.keep(order)

    def wait(self, order: Order, place: Place) -> None:
        """Put an order where it waits, behind all others."""
        order.place = place
        self.instruments[order.instrument].waiting[place].append(order)
        self.keep(order)

    def keep(self, order: Order) -> None:
        """Know an order as open."""
        self.orders[order.number] = order
        self.orders_of[order.account][order.number] = order

    def forget(self, order: Order) -> None:
        """Know an order as open no longer, if it was."""
        self.orders.pop(order.number, None)
        self.orders_of[order.account].pop(order.number, None)

    def take_off(self, order: Order) -> None:
        """Take an open order out of its place, with all that is open of it."""
        instrument = self.instruments[order.instrument]
        if order.place == Place.BOOK:
            instrument.book.half(order.side).remove(order)
        else:
            instrument.waiting[order.place].remove(order)
        self.forget(order)

    def reduce(self, order: Order, quantity: int) -> None:
        """Take `quantity` shares off an open order, which loses its place when it is empty."""
        order.leaves -= quantity
        if order.leaves == 0:
            self.take_off(order)

    def uncross(self, instrument: Instrument) -> None:
        """Hold the call auction of an instrument."""
        found = self.auction(instrument)
        if found is None:
            return
        price, volume = found
        for trade in instrument.book.uncross(price, volume):
            self.trade(trade, (Liquidity.AUCTION, Liquidity.AUCTION), 0)

    def auction(self, instrument: Instrument) -> tuple[int, int] | None:
        """Return price and volume of the call auction of an instrument, as its book stands."""
        book = instrument.book
        rules = auction_rules(instrument.listing, instrument.rules)
        return find_auction(book.bids, book.asks, rules, instrument.reference)

    def indicative(self, number: int) -> Indicative:
        """Return what the call auction of an instrument would do now."""
        instrument = self.instruments[number]
        found = self.auction(instrument)
        if found is None:
            return Indicative(0, 0, 0, 0)
        price, volume = found
        at = balance_at(price, instrument.book.bids, instrument.book.asks)
        return Indicative(price, volume, at.bids - volume, at.asks - volume)

    def funds(self, account: int, currency: int) -> cover.FundsNow:
        """Return how an account's money in one currency stands."""
        return cover.funds_now(self, account, currency)

    def holdings(self, account: int) -> list[cover.HoldingNow]:
        """Return how an account's shares stand, in order of first use."""
        held = self.accounts[account].holdings
        return [cover.holding_now(self, account, instrument) for instrument in held]

    def account(self, account: int) -> accounts.AccountNow | None:
        """Return how an account stands, None where it was never opened."""
        return accounts.account_now(self, account) if account in self.accounts else None

    def open_orders(self, account: int) -> list[dict]:
        """Return the open orders of an account, oldest first."""
        return [
            {"order_number": number, "price": order.price, "leaves": order.leaves}
            for number, order in sorted(self.orders_of[account].items())
        ]

    def ledger(self, account: int) -> list[dict]:
        """Return what has moved money and shares of an account, in order."""
        return [
            vars(movement) | movement.moved._asdict()
            for movement in self.movements.values()
            if movement.moved.account == account
        ]

    def most_to_buy(self, account: int, instrument: int, price: int) -> int:
        """Return how many shares an account could pay for."""
        return cover.most_to_buy(self, account, instrument, price)

    def most_to_sell(self, account: int, instrument: int) -> int:
        """Return how many shares an account could sell."""
        return cover.sellable(self, account, instrument)

    def trade(
        self, trade: Trade, liquidities: tuple[Liquidity, Liquidity], request_seq: int
    ) -> None:
        """Report a trade in the book; its price is the last of the day from now on."""
        instrument = self.instruments[trade.orders[0].instrument]
        instrument.last = trade.price
        instrument.opening = instrument.opening or trade.price
        self.report_trade(trade, liquidities, request_seq)

    def report_trade(
        self, trade: Trade, liquidities: tuple[Liquidity, Liquidity], request_seq: int
    ) -> None:
        """Report a trade to both of its orders; `request_seq` is for the first one."""
        self.trades_count += 1
        if self.with_accounts:
            settle(self, trade)
        request_seqs = (request_seq, 0)
        for order, leaves, liquidity, seq in zip(
            trade.orders, trade.leaves, liquidities, request_seqs, strict=True
        ):
            self.report(
                ReportKind.TRADED,
                order,
                trade_number=self.trades_count,
                price=trade.price,
                quantity=trade.quantity,
                leaves=leaves,
                liquidity=liquidity,
                request_seq=seq,
            )
            if order.leaves == 0:
                self.forget(order)

    def fix_close(self, command: dict) -> None:
        """Fix the closing price of an instrument."""
        number, price = command["instrument"], command["price"]
        self.instruments[number].close = price
        self.report(ReportKind.CLOSE_FIXED, session=EVERYONE, instrument=number, price=price)

    def close_day(self, command: dict) -> None:
        """Expire every open order, oldest first, and end the day."""
        for _, order in sorted(self.orders.items()):
            self.report(ReportKind.EXPIRED, order, price=order.price, quantity=order.leaves)
        self.orders.clear()
        self.orders_of.clear()
        for instrument in self.instruments:
            instrument.book = Book()
            instrument.waiting = no_orders()
            instrument.phase = instrument.scheduled = Phase.CLOSED
            instrument.hold = Hold.NONE
        self.hold = Hold.NONE
        for account in self.accounts.values():
            for part in (*account.funds.values(), *account.holdings.values()):
                part.frozen_day = 0
        interest.accrue(self)
        self.report(
            ReportKind.DAY_ENDED, session=EVERYONE, instrument=NONE, quantity=self.business_date
        )
        self.day_is_open = False

    def open_day(self, command: dict) -> None:
        """Begin the day; it may grant less room than there is, 0 grants all."""
        for name in LESSENED:
            most = command[f"{name}_max"]
            if most > 0:
                self.room = self.room._replace(**{name: min(most, getattr(self.room, name))})
        self.business_date = command["business_date"]
        self.with_accounts = command["with_accounts"] == 1
        self.four_eyes = {one for one in Grounds if command["four_eyes"] >> one & 1}
        self.day_is_open = True

    def admit_session(self, command: dict) -> None:
        """Give a session its role and its accounts."""
        self.sessions[command["admitted"]] = Session(
            command["role"],
            command["account_first"],
            command["account_last"],
            command["branch"],
            command["self_trade"],
        )

    def define_rules(self, command: dict) -> None:
        """Keep rules by which instruments may be listed."""
        self.rules.append(command)

    def define_fees(self, command: dict) -> None:
        """Keep fees that the trading of instruments may cost."""
        self.schedules.append(command)

    def list_instrument(self, command: dict) -> None:
        """Begin to trade an instrument."""
        rules = self.rules[command["rules"]]
        schedule = self.schedules[command["fees"]] if self.with_accounts else {}
        self.instruments.append(Instrument(command, rules, schedule))

    def reject(self, reason: Reject) -> None:
        """Report that the command was refused."""
        command = self.command
        names_order = command["kind"] in (CommandKind.CANCEL_ORDER, CommandKind.REPLACE_ORDER)
        self.report(
            ReportKind.REJECTED,
            session=command["session"] if command["session"] in self.sessions else 0,
            client_seq=command["client_seq"],
            request_seq=command["client_seq"],
            order_number=command["order_number"] if names_order else 0,
            trade_number=retry_after(self, reason),
            reason=reason,
            instrument=NONE,
        )

    def report_replaced(self, order: Order, request_seq: int) -> None:
        """Report the price and the open quantity that an order now has."""
        self.report(
            ReportKind.REPLACED,
            order,
            price=order.price,
            quantity=order.leaves,
            leaves=order.leaves,
            request_seq=request_seq,
        )

    def report(self, kind: ReportKind, order: Order | None = None, **fields: int) -> None:
        """Write a report, about `order` where there is one; fields not given are 0."""
        about = {}
        if order is not None:
            about = {
                "order_number": order.number,
                "client_seq": order.client_seq,
                "session": order.session,
                "account": order.account,
                "instrument": order.instrument,
                "side": order.side,
            }
        cause = {"sequence": self.command["sequence"], "time": self.command["time"]}
        self.reports.append(
            dict.fromkeys(REPORT.names, 0) | cause | {"kind": int(kind)} | about | fields
        )


ACTS = {
    CommandKind.ENTER_ORDER: entry.enter,
    CommandKind.CANCEL_ORDER: changes.cancel,
    CommandKind.REPLACE_ORDER: changes.replace,
    CommandKind.CANCEL_ORDERS: changes.cancel_orders,
    CommandKind.CHANGE_PHASE: holds.change_phase,
    CommandKind.CLOSE_DAY: NaiveVenue.close_day,
    CommandKind.BLOCK_TRADING: blocks.block_trading,
    CommandKind.CHANGE_HOLD: holds.change_hold,
    CommandKind.OPEN_ACCOUNT: accounts.open_account,
    CommandKind.EDIT_ACCOUNT: accounts.edit_account,
    CommandKind.CHANGE_STATUS: accounts.change_status,
    CommandKind.MOVE_FUNDS: proposals.move_funds,
    CommandKind.MOVE_SHARES: proposals.move_shares,
    CommandKind.LIMIT_ACCOUNT: limits.limit_account,
    CommandKind.LIMIT_FUNDS: limits.limit_funds,
    CommandKind.CHANGE_LIST: lists.change_list,
    CommandKind.CAPITALISE: interest.capitalise,
    CommandKind.TRANSFER_CUSTODY: custody.transfer_custody,
    CommandKind.CHANGE_CODE: codes.change_code,
    CommandKind.OPEN_DAY: NaiveVenue.open_day,
    CommandKind.ADMIT_SESSION: NaiveVenue.admit_session,
    CommandKind.LIST_INSTRUMENT: NaiveVenue.list_instrument,
    CommandKind.DEFINE_RULES: NaiveVenue.define_rules,
    CommandKind.FIX_CLOSE: NaiveVenue.fix_close,
    CommandKind.DEFINE_FEES: NaiveVenue.define_fees,
    CommandKind.RELEASE_ORDER: delays.release_order,
    CommandKind.DEFINE_INTEREST: interest.define_interest,
    CommandKind.BRING_INTEREST: interest.bring_interest,
    CommandKind.OPEN_SESSION: presence.open_session,
    CommandKind.CLOSE_SESSION: presence.close_session,
    CommandKind.CHANGE_USER: users.change_user,
}
"""What does what each kind of command asks for."""


def report_rows(reports: list[dict]) -> np.ndarray:
    """Return reports as an array of REPORT rows."""
    return np.array([tuple(report.values()) for report in reports], dtype=REPORT)

"""A day of a million commands from a seed: most of the kinds that sessions and operators send.

It is made in portions, against a venue, so that cancels and replacements mostly name orders that
are open.
"""

import numpy as np

from bench.dice import Dice
from engine.venue import Limits, Venue
from protocol.records import COMMAND, join
from protocol.vocabulary import (
    AccountStatus,
    CommandKind,
    FundsEntry,
    Hold,
    HoldCause,
    OrderType,
    Phase,
    ReportKind,
    Role,
    SharesEntry,
    Side,
    TimeInForce,
)
from tests.commands import (
    EVERY_FEATURE,
    EVERY_TYPE,
    admit,
    block_trading,
    cancel_orders,
    capitalise,
    change_hold,
    change_list,
    change_phase,
    change_status,
    change_user,
    close_day,
    close_session,
    define_fees,
    define_interest,
    journal,
    lift_block,
    limit_account,
    limit_funds,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
    open_session,
)

COMMANDS = 1_000_000
PORTION = 1_000
INSTRUMENTS = 8
TERMINALS = 4
OPERATOR = TERMINALS + 1
OFFICES = {
    OPERATOR: Role.OPERATOR,
    OPERATOR + 1: Role.COUNTER,
    OPERATOR + 2: Role.RISK,
    OPERATOR + 3: Role.OBSERVER,
    OPERATOR + 4: Role.AUDITOR,
}
SESSIONS = TERMINALS + len(OFFICES) + 1
ACCOUNTS = 40
"""Ten of each terminal."""

TICK, MIDDLE, ROOM = 100, 100_000, 90
MONEY, SHARES = 10**14, 10**9

CANCELS, REPLACEMENTS, RARE = 250, 80, 4
"""Out of 1,000 commands."""


ROOM_FOR_ALL = Limits(
    orders_open=20_000,
    orders_day=COMMANDS,
    instruments=INSTRUMENTS,
    sessions=SESSIONS,
    rules=INSTRUMENTS,
    ticks=2 * INSTRUMENTS * (2 * ROOM + 1),
    accounts=ACCOUNTS + 1,
    holdings=ACCOUNTS * INSTRUMENTS + 1,
    movements=12_000,
    lists=ACCOUNTS * INSTRUMENTS,
)
"""Little more than the day needs, so that its digests are quickly made."""


class Maker:
    """Makes rows portion by portion, and plays them to know which orders are open."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.venue = Venue(ROOM_FOR_ALL)
        self.client_seqs = np.zeros(SESSIONS, np.int64)
        self.owner = np.zeros(COMMANDS + 1, np.int32)
        self.is_open = np.zeros(COMMANDS + 1, bool)
        self.open = np.zeros(0, np.int64)
        self.parts: list[np.ndarray] = []

    def make(self) -> np.ndarray:
        """Return a whole day, still without times."""
        self.play(opening())
        while self.venue.sequence < COMMANDS - PORTION:
            self.play(self.portion())
        self.play(journal([close_day()]))
        return join(self.parts)

    def play(self, rows: np.ndarray) -> None:
        """Add rows to the day and learn what becomes of them."""
        rows["sequence"] = self.venue.sequence + np.arange(len(rows)) + 1
        self.parts.append(rows)
        self.learn(self.venue.apply(rows))

    def learn(self, reports: np.ndarray) -> None:
        """Take note of which orders are open now."""
        accepted = reports[reports["kind"] == ReportKind.ACCEPTED]
        numbers = accepted["order_number"]
        self.owner[numbers] = accepted["session"]
        self.is_open[numbers] = True
        ends = np.isin(reports["kind"], (ReportKind.TRADED, ReportKind.CANCELED))
        self.is_open[reports["order_number"][ends & (reports["leaves"] == 0)]] = False
        self.open = np.concatenate([self.open, numbers])
        self.open = self.open[self.is_open[self.open]]

    def portion(self) -> np.ndarray:
        """Return the next rows."""
        rows = self.orders()
        turn = self.dice.below(1_000, PORTION)
        surplus = len(self.open) // 20
        self.make_cancels(rows, np.flatnonzero(turn < CANCELS + surplus))
        self.make_replacements(rows, np.flatnonzero(turn >= 1_000 - REPLACEMENTS))
        rare = self.dice.happens(RARE, PORTION)
        rare[0] |= self.dice.below(3, 1)[0] == 0
        for place in np.flatnonzero(rare).tolist():
            rows[place : place + 1] = self.rare()
        for session in range(1, SESSIONS):
            places = np.flatnonzero(rows["session"] == session)
            rows["client_seq"][places] = self.client_seqs[session] + np.arange(len(places)) + 1
            self.client_seqs[session] += len(places)
        return rows

    def orders(self) -> np.ndarray:
        """Return as many orders, most of them plain ones, near the middle of the prices."""
        dice, rows = self.dice, np.zeros(PORTION, COMMAND)
        rows["kind"] = CommandKind.ENTER_ORDER
        rows["session"] = 1 + dice.below(TERMINALS, PORTION)
        rows["account"] = 10 * (rows["session"] - 1) + 1 + dice.below(10, PORTION)
        rows["instrument"] = dice.below(INSTRUMENTS, PORTION)
        rows["side"] = dice.below(len(Side), PORTION)
        rows["quantity"] = 100 * (1 + dice.below(20, PORTION))
        away = (dice.below(2 * ROOM, PORTION) + dice.below(2 * ROOM, PORTION)) // 2 - ROOM
        rows["price"] = MIDDLE + TICK * away
        special = dice.below(1_000, PORTION)
        rows["time_in_force"][special < 60] = TimeInForce.IMMEDIATE_OR_CANCEL
        rows["post_only"][(special >= 60) & (special < 90)] = 1
        rows["minimum_quantity"][(special >= 90) & (special < 120)] = 100
        rows["display_quantity"][(special >= 120) & (special < 180)] = 100
        stops = (special >= 180) & (special < 220)
        rows["trigger_price"][stops] = MIDDLE + TICK * (dice.below(21, PORTION)[stops] - 10)
        others = (special >= 220) & (special < 280)
        rows["order_type"][others] = dice.below(len(OrderType), PORTION)[others]
        return rows

    def make_cancels(self, rows: np.ndarray, places: np.ndarray) -> None:
        """Let rows at these places cancel open orders instead, some of them in part."""
        if not len(self.open):
            return
        numbers = self.open[self.dice.below(len(self.open), len(places))]
        part = self.dice.happens(200, len(places))
        rows[places] = np.zeros(1, COMMAND)
        rows["kind"][places] = CommandKind.CANCEL_ORDER
        rows["session"][places] = self.owner[numbers]
        rows["order_number"][places] = numbers
        rows["quantity"][places] = 100 * part

    def make_replacements(self, rows: np.ndarray, places: np.ndarray) -> None:
        """Let rows at these places replace open orders instead."""
        if not len(self.open):
            return
        numbers = self.open[self.dice.below(len(self.open), len(places))]
        away = self.dice.below(61, len(places)) - 30
        rows[places] = np.zeros(1, COMMAND)
        rows["kind"][places] = CommandKind.REPLACE_ORDER
        rows["session"][places] = self.owner[numbers]
        rows["order_number"][places] = numbers
        rows["price"][places] = MIDDLE + TICK * away
        rows["quantity"][places] = 100 * (1 + self.dice.below(20, len(places)))
        rows["gives_up_place"][places] = self.dice.happens(200, len(places))

    def rare(self) -> np.ndarray:
        """Return the row of something that does not happen often."""
        account, instrument, turn, amount = (
            int(self.dice.below(bound, 1)[0]) for bound in (ACCOUNTS, INSTRUMENTS, 18, 1_000)
        )
        account += 1
        blocked = {"account": 1 + account % 3, "instrument": instrument}
        command = (
            change_phase(Phase.CONTINUOUS),
            change_phase(Phase.CONTINUOUS),
            change_phase(Phase.OPENING_CALL, instrument),
            change_hold(Hold.NONE, instrument, HoldCause.OPERATOR),
            change_hold(Hold.HALTED, instrument, HoldCause.NEWS),
            cancel_orders(account=account, instrument=instrument),
            block_trading(**blocked),
            lift_block(**blocked),
            move_funds(account, 10_000 * (amount + 1), FundsEntry.DEPOSIT),
            move_shares(account, amount + 1, SharesEntry.SHARES_IN, instrument=instrument),
            change_list(account, instrument, amount % 2),
            limit_funds(account, 0),
            capitalise(account),
            change_status(1 + account % 3, AccountStatus.FROZEN),
            change_status(1 + account % 3, AccountStatus.NORMAL),
            open_session(1 + amount % TERMINALS, cancels_on_disconnect=1),
            open_session(1 + amount % TERMINALS),
            change_user(1 + amount % TERMINALS, rate_max=amount),
            close_session(1 + amount % TERMINALS),
        )[turn]
        if command["kind"] in (CommandKind.OPEN_SESSION, CommandKind.CLOSE_SESSION):
            return journal([command])
        return journal([command | {"session": self.office()}])

    def office(self) -> int:
        """Return who asks for what does not happen often: mostly the operator, who may."""
        offices = [OPERATOR] * len(OFFICES) + list(OFFICES)
        return offices[int(self.dice.below(len(offices), 1)[0])]


def opening() -> np.ndarray:
    """Return the rows that open a day with accounts, and begin trading."""
    terminals = [admit(n, 10 * n - 9, 10 * n) for n in range(1, TERMINALS + 1)]
    listings = [
        row
        for number in range(INSTRUMENTS)
        for row in listing(
            number,
            order_types=EVERY_TYPE,
            features=EVERY_FEATURE,
            lower_limit=MIDDLE - ROOM * TICK,
            upper_limit=MIDDLE + ROOM * TICK,
        )
    ]
    accounts = range(1, ACCOUNTS + 1)
    holdings = [(account, number) for account in accounts for number in range(INSTRUMENTS)]
    return journal(
        [
            open_day(with_accounts=1),
            define_interest(35_000),
            *terminals,
            *[admit(number, 1, ACCOUNTS, role) for number, role in OFFICES.items()],
            define_fees(0, transfer_rate=1_000, handling_rate=3_410, stamp_sell_rate=50_000),
            *listings,
            *[open_account(account, commission_rate=25_000) for account in accounts],
            *[limit_account(account, rate_max=20) for account in accounts],
            *[
                move_funds(account, MONEY // dearth(account), FundsEntry.BROUGHT_FORWARD)
                for account in accounts
            ],
            *[
                move_shares(
                    account,
                    SHARES // dearth(account),
                    SharesEntry.BROUGHT_FORWARD,
                    instrument=number,
                )
                for account, number in holdings
            ],
            change_phase(Phase.CONTINUOUS),
        ]
    )


def dearth(account: int) -> int:
    """Return how many times less an account has than others: two of ten are poor."""
    return 20_000 if account % 5 == 0 else 1


def mixture(seed: int) -> np.ndarray:
    """Return the rows of a day, a little less than COMMANDS, not yet stamped."""
    return Maker(seed).make()

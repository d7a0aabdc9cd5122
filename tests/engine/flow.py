"""A random day: every kind of command, most of them sensible, some of them not.

The same seed gives the same rows.  A naive venue follows the day, so that cancels can aim at
orders that are open; what it reports is kept.
"""

from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

import numpy as np

from engine.venue import Limits
from protocol.records import join
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    Candidates,
    CommandKind,
    HaltRule,
    Handling,
    Hold,
    HoldCause,
    Market,
    OrderType,
    Phase,
    Role,
    Schedule,
    SelfTrade,
    Side,
    TieBreak,
    TimeInForce,
)
from tests.commands import (
    EVERY_FEATURE,
    EVERY_TYPE,
    admit,
    block_trading,
    cancel,
    cancel_orders,
    cancel_own,
    change_hold,
    change_phase,
    change_user,
    close_day,
    close_session,
    define_interest,
    enter,
    fix_close,
    journal,
    lift_block,
    listing,
    open_day,
    open_session,
    replace,
)
from tests.engine.agreement import naive_venue
from tests.engine.blunders import blunders, wrong_beginnings
from tests.engine.conservation import Wealth, wealth_of
from tests.naive.phases import handling_of
from tests.naive.venue import report_rows

INSTRUMENTS = 5
ACCOUNTS = 4
"""How many accounts of its own a session uses; so few that many orders meet one of their own."""

SESSIONS = (
    (1, 99, Role.TERMINAL, SelfTrade.ALLOWED),
    (100, 199, Role.COUNTER, SelfTrade.CANCELS_RESTING),
    (102, 249, Role.TERMINAL, SelfTrade.CANCELS_INCOMING),
    (1, 300, Role.OPERATOR, SelfTrade.CANCELS_BOTH),
    (1, 300, Role.VENUE, SelfTrade.ALLOWED),
    (101, 199, Role.OPERATOR, SelfTrade.CANCELS_RESTING),
    (1, 99, Role.RISK, SelfTrade.ALLOWED),
    (1, 99, Role.OBSERVER, SelfTrade.ALLOWED),
    (1, 300, Role.AUDITOR, SelfTrade.ALLOWED),
)
BRANCHES = (0, 1, 1, 0, 2, 2, 0, 0, 2)
TRADERS = 6
"""How many of the sessions may enter orders: the first ones."""

BLUNDERS = blunders(INSTRUMENTS)
PHASES = (
    *Phase,
    *[Phase.OPENING_CALL, Phase.PRE_CONTINUOUS, Phase.FIXED_PRICE] * 3,
    *[Phase.CONTINUOUS] * 24,
)
"""Those that take orders come more often."""

CAUSES_OF_OPERATORS = (HoldCause.OPERATOR, HoldCause.MARKET, HoldCause.NEWS, HoldCause.TECHNICAL)
HALTS = (HaltRule.NONE, HaltRule.NO_BAND_STOCK, HaltRule.FIRST_DAY_BOND)
QUANTITIES = (100, 200, 300, 300, 500, 1_000)
UNWANTED = (
    CommandKind.CLOSE_DAY,
    CommandKind.DEFINE_RULES,
    CommandKind.LIST_INSTRUMENT,
    CommandKind.ADMIT_SESSION,
    CommandKind.DEFINE_FEES,
)
"""What no blunder may make of a command, lest the day end or grow."""


WEALTH_EVERY = 2_000
"""After about so many commands the naive venue is asked what everybody has."""


class Day(NamedTuple):
    """The COMMAND rows of a day, and the REPORT rows of the naive venue on them.

    `wealths` is what all accounts had after some of the sequences, and at the end.
    """

    commands: np.ndarray
    reports: np.ndarray
    wealths: dict[int, Wealth]


class Flow:
    """The makings of one day: its chance, its venue, and what has come so far.

    `late` is by how much commands come later than one each millisecond, in nanoseconds.
    """

    blunders = BLUNDERS
    unwanted = UNWANTED

    def __init__(self, seed: int, limits: Limits, length: int) -> None:
        self.length = length
        self.random = Random(seed)
        self.venue = naive_venue(limits)
        self.client_seqs = [0] * (len(SESSIONS) + 1)
        self.count = 0
        self.rows: list[np.ndarray] = []
        self.late = 0
        self.reports: list[np.ndarray] = []
        self.wealths: dict[int, Wealth] = {}
        makers = self.shares_of_makers()
        self.makers = [*makers, self.order]
        self.turns = list(accumulate(makers.values()))

    def shares_of_makers(self) -> dict[Callable[[], dict], float]:
        """Return how often each maker of commands has its turn; the rest are orders."""
        return {
            self.cancel: 0.18,
            self.replacement: 0.09,
            self.mass_cancel: 0.006,
            self.phase: 0.02,
            self.hold: 0.03,
            self.block: 0.006,
            self.close: 0.01,
            self.presence: 0.01,
            self.user: 0.006,
        }

    def below(self, count: int) -> int:
        """Return a number from 0 on that is less than `count`; Random.randrange is slower."""
        return int(self.random.random() * count)

    def pick(self, options: Sequence) -> Any:
        """Return one of `options`."""
        return options[self.below(len(options))]

    def follow(self, commands: list[dict]) -> None:
        """Add commands to the day and let the venue carry them out."""
        rows = journal(commands, first=self.count + 1)
        rows["time"] += self.late
        self.reports.append(report_rows(self.venue.apply(rows)))
        self.rows.append(rows)
        self.count += len(rows)
        if self.count >= max(self.wealths, default=0) + WEALTH_EVERY:
            self.wealths[self.count] = wealth_of(self.venue, self.venue.accounts)

    def play(self) -> Day:
        """Play the whole day and return it."""
        self.follow(self.opening())
        self.follow(self.beginning())
        while self.count < self.length:
            self.follow([self.any() for _ in range(self.random.randint(1, 40))])
        self.wealths[self.count] = wealth_of(self.venue, self.venue.accounts)
        self.follow([close_day(), self.order(), self.cancel(), open_day(), close_day()])
        self.wealths[self.count] = wealth_of(self.venue, self.venue.accounts)
        return Day(join(self.rows), np.concatenate(self.reports), self.wealths)

    def opening(self) -> list[dict]:
        """Return what opens the day, with what is wrong before and after."""
        chance = self.random
        sessions = [
            admit(number, first, last, role, self_trade=mode, branch=branch)
            for number, ((first, last, role, mode), branch) in enumerate(
                zip(SESSIONS, BRANCHES, strict=True), start=1
            )
        ]
        listings = [row for number in range(INSTRUMENTS) for row in self.listing(number)]
        wrong = wrong_beginnings(len(SESSIONS), INSTRUMENTS)
        chance.shuffle(wrong)
        room = self.pick(({}, {"orders_open_max": 60}, {"orders_day_max": self.length // 3}))
        opening = [*self.day_opening(**room), *sessions, *listings, *wrong, open_day()]
        return [self.order(), self.phase(), open_day(business_date=20260230), *opening]

    def day_opening(self, **room: int) -> list[dict]:
        """Return what opens the day; what money earns means nothing where there are no accounts."""
        return [open_day(**room), define_interest(35_000)]

    def beginning(self) -> list[dict]:
        """Return what comes after the opening, before the day takes its course."""
        return []

    def listing(self, number: int) -> list[dict]:
        """Return an instrument of some forty prices, with rules of its own."""
        chance = self.random
        tick = self.pick((1, 10, 100))
        lower = chance.randint(1, 100) * tick
        upper = lower + self.pick((0, 15, 40)) * tick if number else lower + 40 * tick
        return listing(
            number,
            market=self.pick((*Market, Market.SSE, Market.SZSE)),
            schedule=self.pick(list(Schedule)),
            halts=self.pick(HALTS),
            tick=tick,
            lower_limit=lower,
            upper_limit=upper,
            previous_close=chance.randint(lower, upper),
            tie_break=self.pick(list(TieBreak)),
            candidates=self.pick(list(Candidates)),
            quantity_min=self.pick((100, 200)),
            quantity_step=self.pick((1, 100)),
            quantity_max=self.pick((1_000, 50_000)),
            quantity_max_market=self.pick((500, 50_000)),
            quantity_max_fixed=self.pick((500, 50_000)),
            order_types=self.pick((EVERY_TYPE, EVERY_TYPE, self.below(EVERY_TYPE) | 1)),
            features=self.pick((EVERY_FEATURE,) * 3 + (self.below(EVERY_FEATURE),)),
            cage_bp=self.pick((0, 0, 100, 1_000, 5_000)),
            cage_ticks=self.pick((0, 2, 10)),
        )

    def signed(self, command: dict, session: int) -> dict:
        """Return `command` with a session and its next client_seq."""
        self.client_seqs[session] += 5 if self.random.random() < 0.2 else 1
        return command | {"session": session, "client_seq": self.client_seqs[session]}

    def sender(self) -> int:
        """Return who sends an order or takes one back, seldom one who may enter none."""
        return self.below(1 + (TRADERS if self.random.random() < 0.95 else len(SESSIONS)))

    def order(self) -> dict:
        """Return an order, near the middle of its instrument's prices, mostly a plain one."""
        chance = self.random
        number = self.below(INSTRUMENTS)
        session = self.sender()
        first = SESSIONS[max(session - 1, 0)][0]
        command = enter(
            self.below(len(Side)),
            self.pick(QUANTITIES),
            self.price(number),
            instrument=number,
            account=first + self.below(ACCOUNTS),
        )
        if chance.random() < 0.4:
            command |= self.conditions(number)
        elif chance.random() < 0.7 and self.handling(number) == Handling.FIXED:
            command["order_type"] = OrderType.FIXED_PRICE
        return self.signed(command, session)

    def handling(self, number: int) -> Handling:
        """Return what an instrument's phase does with orders."""
        if number >= len(self.venue.instruments):
            return Handling.NOTHING
        return handling_of(self.venue.instruments[number].phase)

    def conditions(self, number: int) -> dict:
        """Return what may make an order for an instrument a special one."""
        special = self.random.random()
        if special < 0.1:
            return {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}
        if special < 0.17:
            return {"post_only": 1}
        if special < 0.27:
            minimum = self.pick((100, 200, 300))
            return {"minimum_quantity": minimum, "time_in_force": self.below(2)}
        if special < 0.42:
            return {"display_quantity": self.pick((100, 200, 200, 300, 600))}
        if special < 0.65:
            return {"order_type": OrderType.FIXED_PRICE}
        kind = self.market() if special < 0.87 or self.random.random() < 0.5 else {}
        return kind | ({"trigger_price": self.trigger(number)} if special > 0.79 else {})

    def market(self) -> dict:
        """Return what makes an order one of another type."""
        market = {"order_type": self.below(len(OrderType))}
        if self.random.random() < 0.5:
            market["price"] = 0
        if self.random.random() < 0.1:
            market["time_in_force"] = TimeInForce.IMMEDIATE_OR_CANCEL
        return market

    def trigger(self, number: int) -> int:
        """Return a price of an instrument, mostly one near its last."""
        if number >= len(self.venue.instruments) or self.random.random() < 0.2:
            return self.price(number)
        instrument = self.venue.instruments[number]
        away = (self.below(9) - 4) * instrument.rules["tick"]
        return instrument.reference // instrument.rules["tick"] * instrument.rules["tick"] + away

    def price(self, number: int) -> int:
        """Return a price of an instrument, mostly away from its limits."""
        if number >= len(self.venue.instruments):
            return 100
        instrument = self.venue.instruments[number]
        lower, tick = instrument.listing["lower_limit"], instrument.rules["tick"]
        ticks = (instrument.listing["upper_limit"] - lower) // tick
        return lower + int((self.random.random() + self.random.random()) / 2 * (ticks + 1)) * tick

    def open_order(self) -> tuple[int, int, int]:
        """Return the number of an open order, its instrument, and a session that may be its own."""
        chance = self.random
        number = self.pick(list(self.venue.orders) or [1])
        order = self.venue.orders.get(number)
        owner = order.session if order is not None else 0
        session = owner if chance.random() < 0.65 else self.sender()
        return number, order.instrument if order is not None else 0, session

    def cancel(self) -> dict:
        """Return the cancel of an open order, or of any: some whole, some in part."""
        number, _, session = self.open_order()
        quantity = self.pick((0, 0, 50, 100, 200, 100_000))
        order = self.venue.orders.get(number)
        if order is not None and self.random.random() < 0.3:
            return self.signed(cancel_own(order.client_seq, quantity), session)
        return self.signed(cancel(number, quantity), session)

    def replacement(self) -> dict:
        """Return a new price, a new quantity, or both, for an open order."""
        chance = self.random
        number, instrument, session = self.open_order()
        order = self.venue.orders.get(number)
        keeps_price = order is not None and chance.random() < 0.4
        price = order.price if keeps_price else self.price(instrument)
        quantity = self.pick((40, 100, 100, 200, 300, 1_000))
        command = replace(number, quantity, price, gives_up_place=int(chance.random() < 0.2))
        return self.signed(command, session)

    def mass_cancel(self) -> dict:
        """Return a mass cancel that filters by one or two fields, or by none."""
        filters = self.filters(self.pick((0, 1, 1, 2, 2)))
        return self.signed(cancel_orders(**filters), self.sender())

    def filters(self, count: int) -> dict:
        """Return so many filters of orders."""
        filters = {
            "instrument": self.below(INSTRUMENTS),
            "account": self.pick(SESSIONS)[0] + self.below(ACCOUNTS),
            "of_session": self.below(len(SESSIONS) + 1),
            "of_branch": self.below(3),
            "of_side": self.below(len(Side)),
        }
        names = self.random.sample(list(filters), count)
        return {name: filters[name] for name in names}

    def block(self) -> dict:
        """Return a block, or what lifts one of those there are."""
        chance, blocks = self.random, self.venue.blocks
        sender = self.pick((0, 4, 5, 6, 7, 7, 1, 2))
        if not blocks or chance.random() < 0.4:
            filters = self.filters(self.pick((2, 3, 3, 3, 4)))
            make = lift_block if chance.random() < 0.1 else block_trading
            return self.signed(make(**filters), sender)
        block = self.pick(blocks)
        side = {} if block.any_side else {"of_side": block.side}
        make = block_trading if chance.random() < 0.1 else lift_block
        command = make(
            instrument=block.instrument,
            account=block.account,
            of_session=block.session,
            of_branch=block.branch,
            **side,
        )
        return self.signed(command, sender)

    def phase(self) -> dict:
        """Return a change of phase, mostly into one that takes orders."""
        number = self.some_instruments()
        is_of_one = number == EVERY_INSTRUMENT and self.random.random() < 0.4
        schedules = [self.pick(list(Schedule))] if is_of_one else []
        command = change_phase(self.pick(PHASES), number, schedules)
        return self.signed(command, self.pick((0, 4, 4, 5, 5, 6, 6, 1, 7)))

    def hold(self) -> dict:
        """Return a hold, or mostly the end of one."""
        hold, number = self.pick(list(Hold)), self.some_instruments()
        held = [n for n, one in enumerate(self.venue.instruments) if one.hold != Hold.NONE]
        if self.venue.hold != Hold.NONE:
            held = [EVERY_INSTRUMENT]
        if held and self.random.random() < 0.75:
            hold, number = Hold.NONE, self.pick(held)
        sender = self.pick((0, 4, 5, 6, 6, 1, 8))
        cause = self.pick(list(HoldCause) if sender == 0 else CAUSES_OF_OPERATORS)
        return self.signed(change_hold(hold, number, cause), sender)

    def close(self) -> dict:
        """Return a closing price."""
        number = self.below(INSTRUMENTS)
        sender = self.pick((0, 0, 5, 5, 4))
        return self.signed(fix_close(self.price(number), number), sender)

    def presence(self) -> dict:
        """Return a session that comes, with or without orders that go with it, or that goes."""
        number = self.below(len(SESSIONS) + 2)
        command = open_session(number, self.below(2)) if self.below(3) else close_session(number)
        return self.signed(command, self.pick((0, 0, 0, 0, 5, 4)))

    def user(self) -> dict:
        """Return the lock of a user, or more often what lets one in again."""
        locked = [number for number, one in self.venue.sessions.items() if one.is_locked]
        number, is_locked = self.below(len(SESSIONS) + 2), self.below(2)
        if locked and self.random.random() < 0.7:
            number, is_locked = self.pick(locked), 0
        limits = {"rate_max": self.pick((0, 0, 5, -1)), "in_flight_max": self.pick((0, 0, 9))}
        command = change_user(number, is_locked, **limits)
        return self.signed(command, self.pick((0, 0, 4, 4, 6, 5, 1)))

    def some_instruments(self) -> int:
        """Return the number of an instrument, or EVERY_INSTRUMENT."""
        return self.pick((EVERY_INSTRUMENT, EVERY_INSTRUMENT, *range(INSTRUMENTS)))

    def blunder(self, command: dict) -> dict:
        """Return `command` with one or two fields gone wrong."""
        names = self.random.sample(list(self.blunders), self.pick((1, 2)))
        return command | {name: self.pick(self.blunders[name]) for name in names}

    def any(self) -> dict:
        """Return any command of the day."""
        command = self.makers[bisect(self.turns, self.random.random())]()
        if self.random.random() >= 0.06:
            return command
        wrong = self.blunder(command)
        return command if wrong["kind"] in self.unwanted else wrong


def random_day(seed: int, limits: Limits, count: int) -> Day:
    """Return a random day of about `count` commands, in ascending sequence."""
    return Flow(seed, limits, count).play()

"""After every step that hypothesis, or mere chance, thinks of, the arenas are sound, time is
respected, and no money and no share is lost."""

import numba
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.venue import Venue
from protocol.vocabulary import (
    FundsEntry,
    HaltRule,
    Hold,
    OrderType,
    Phase,
    Place,
    SelfTrade,
    SharesEntry,
    Side,
    TimeInForce,
)
from tests.commands import (
    EVERY_FEATURE,
    EVERY_TYPE,
    admit,
    cancel,
    cancel_orders,
    change_hold,
    change_phase,
    close_day,
    define_fees,
    enter,
    fix_close,
    journal,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
    replace,
)
from tests.engine.account_flow import ACCOUNTS_MAX
from tests.engine.agreement import assert_same, naive_venue
from tests.engine.arenas import assert_accounts_sound, assert_sound, half_of, queue
from tests.engine.conftest import SMALL
from tests.engine.conservation import assert_conserved, open_quantities, wealth_of
from tests.engine.flow import INSTRUMENTS
from tests.engine.service_flow import random_account_day
from tests.naive.venue import report_rows

ROOM = SMALL._replace(reports=3, accounts=8, holdings=16, movements=10_000)
STEPS_OF_CHANCE = 2_000 if numba.config.DISABLE_JIT else 20_000

LOWEST, TICK, STEPS = 99_500, 100, 70
"""More prices than a word of the bitmap marks."""

sides = st.sampled_from(Side)
prices = st.one_of(st.integers(30, 36), st.integers(0, STEPS - 1)).map(
    lambda step: LOWEST + step * TICK
)
quantities = st.integers(1, 5).map(lambda lots: lots * 100)
sessions = st.integers(1, len(SelfTrade))
accounts = st.integers(1, 3)
numbers = st.integers(0, 10_000)
phases = st.sampled_from(
    [
        *[Phase.CONTINUOUS] * 5,
        Phase.OPENING_CALL,
        Phase.PRE_CONTINUOUS,
        Phase.CLOSING_CALL,
        Phase.FIXED_PRICE,
    ]
)
conditions = st.one_of(
    st.just({}),
    st.sampled_from([{"minimum_quantity": 200}, {"post_only": 1}]),
    st.sampled_from([100, 200]).map(lambda quantity: {"display_quantity": quantity}),
    prices.map(lambda price: {"trigger_price": price}),
)


class Trading(RuleBasedStateMachine):
    """A day of two instruments, four sessions that treat self-trades differently, and accounts
    that they share; the naive venue and the engine side by side."""

    with_accounts = 0

    def __init__(self) -> None:
        super().__init__()
        self.engine = Venue(ROOM)
        self.naive = naive_venue(ROOM)
        self.reports: list = []
        self.entered = 0
        terms = {
            "order_types": EVERY_TYPE,
            "features": EVERY_FEATURE,
            "lower_limit": LOWEST,
            "upper_limit": LOWEST + (STEPS - 1) * TICK,
            "previous_close": LOWEST // 5 * 4,
        }
        admissions = [admit(mode + 1, 1, 3, self_trade=mode, branch=mode % 2) for mode in SelfTrade]
        for command in (
            open_day(with_accounts=self.with_accounts),
            define_fees(0, stamp_sell_rate=50_000, transfer_rate=1_000, handling_rate=341),
            *admissions,
            *listing(0, **terms),
            *listing(1, halts=HaltRule.FIRST_DAY_BOND, **terms),
        ):
            self.step(command)

    def step(self, command: dict) -> None:
        """Carry out one command on both venues."""
        sequence = self.engine.sequence + 1
        rows = journal([{"client_seq": sequence} | command], first=sequence)
        expected = report_rows(self.naive.apply(rows))
        assert_same(expected, self.engine.apply(rows), rows)
        self.reports += list(expected)

    @initialize(phase=phases)
    def begin(self, phase):
        self.step(change_phase(phase))

    @rule(side=sides, price=prices, quantity=quantities, session=sessions, account=accounts)
    def enter_limit(self, side, price, quantity, session, account):
        self.step(enter(side, quantity, price, session=session, account=account))

    @rule(
        side=sides,
        price=st.one_of(st.just(0), prices),
        quantity=quantities,
        session=sessions,
        account=accounts,
        order_type=st.sampled_from(OrderType),
        time_in_force=st.sampled_from(TimeInForce),
        condition=conditions,
    )
    def enter_any(self, side, price, quantity, condition, **fields):
        self.step(enter(side, quantity, price, **fields, **condition))

    @rule(number=numbers, quantity=st.sampled_from([0, 50, 100]), session=sessions)
    def cancel(self, number, quantity, session):
        self.step(cancel(self.some_order(number), quantity, session=session))

    @rule(
        number=numbers,
        price=prices,
        quantity=quantities,
        session=sessions,
        gives_up_place=st.integers(0, 1),
    )
    def replace(self, number, price, quantity, **fields):
        self.step(replace(self.some_order(number), quantity, price, **fields))

    @rule(
        session=sessions,
        filters=st.fixed_dictionaries(
            {},
            optional={
                "account": accounts,
                "instrument": st.integers(0, 1),
                "of_side": sides,
                "of_session": sessions,
                "of_branch": st.integers(0, 1),
            },
        ),
    )
    def cancel_orders(self, session, filters):
        self.step(cancel_orders(session=session, **filters))

    @rule(phase=phases, instrument=st.sampled_from([-1, 0, 1]))
    def change_phase(self, phase, instrument):
        self.step(change_phase(phase, instrument))

    @rule(
        hold=st.sampled_from([Hold.NONE, Hold.NONE, Hold.HALTED, Hold.SUSPENDED]),
        instrument=st.sampled_from([-1, 0, 1]),
    )
    def change_hold(self, hold, instrument):
        self.step(change_hold(hold, instrument))

    @rule(price=prices, instrument=st.integers(0, 1))
    def fix_close(self, price, instrument):
        self.step(fix_close(price, instrument))

    def some_order(self, number: int) -> int:
        """Return the number of an open order, chosen by `number`, or 1."""
        open_orders = sorted(self.naive.orders) or [1]
        return open_orders[number % len(open_orders)]

    @invariant()
    def arenas_are_sound(self):
        assert_sound(self.engine)

    @invariant()
    def queues_are_in_order_of_time(self):
        for number, instrument in enumerate(self.naive.instruments):
            for side in Side:
                resting = instrument.book.half(side)
                assert self.numbers_at(Place.BOOK, number, side) == [one.number for one in resting]
                places = [(abs(order.price - resting[0].price), order.placed) for order in resting]
                assert places == sorted(places)

    @invariant()
    def waiting_orders_are_in_order(self):
        for number, instrument in enumerate(self.naive.instruments):
            for side in Side:
                for place, waiting in instrument.waiting.items():
                    sign = 1 if side == Side.BUY else -1
                    told = [
                        (sign * order.terms["trigger_price"], order.number)
                        for order in waiting
                        if order.side == side
                    ]
                    expected = [order_number for _, order_number in sorted(told)]
                    assert self.numbers_at(place, number, side) == expected

    def numbers_at(self, place: Place, instrument: int, side: Side) -> list[int]:
        """Return the numbers of the orders in a half of the engine, in order."""
        state = self.engine.state
        half = half_of(state, place, instrument, side)
        levels = state.levels[half["levels"] : half["levels"] + half["ticks"]]
        return [
            int(state.orders[slot]["order_number"])
            for level in levels[levels["quantity"] > 0]
            for slot in queue(state, level)
        ]

    def teardown(self):
        self.step(close_day())
        assert_sound(self.engine)
        assert open_quantities(self.reports) == {}


class AccountTrading(Trading):
    """The same with accounts that have too little money, and too few shares."""

    with_accounts = 1

    def __init__(self) -> None:
        super().__init__()
        for number in range(1, 4):
            terms = {"commission_rate": 25_000, "commission_min": 50_000, "branch": number}
            self.step(open_account(number, **terms | {"commission_includes": number % 2}))
            self.step(move_funds(number, number * 30_000_000))
            self.step(move_shares(number, number * 250))

    @rule(account=accounts, amount=st.integers(1, 20_000_000), entry=st.sampled_from(FundsEntry))
    def move_funds(self, account, amount, entry):
        self.step(move_funds(account, amount, entry))

    @rule(
        account=accounts,
        amount=st.integers(1, 300),
        entry=st.sampled_from(SharesEntry),
        instrument=st.integers(0, 1),
    )
    def move_shares(self, account, amount, entry, instrument):
        self.step(move_shares(account, amount, entry, instrument=instrument))

    @invariant()
    def nothing_is_lost(self):
        assert_conserved(self.naive)
        numbers = self.naive.accounts
        assert wealth_of(self.engine, numbers) == wealth_of(self.naive, numbers)


def test_nothing_is_lost_in_many_steps_of_chance():
    limits = ROOM._replace(
        accounts=ACCOUNTS_MAX,
        holdings=ACCOUNTS_MAX * INSTRUMENTS,
        movements=STEPS_OF_CHANCE,
        orders_day=STEPS_OF_CHANCE,
    )
    day, venue = random_account_day(7, limits, STEPS_OF_CHANCE), Venue(limits)
    reports = []
    for row in np.split(day.commands, len(day.commands)):
        reports.append(venue.apply(row))
        assert_accounts_sound(venue.state)
        if venue.sequence % 100 == 0:
            assert_sound(venue)
    assert open_quantities(np.concatenate(reports)) == {}


TestTrading = Trading.TestCase
TestAccountTrading = AccountTrading.TestCase
TestAccountTrading.settings = settings(
    max_examples=10 if numba.config.DISABLE_JIT else 60, stateful_step_count=40, deadline=None
)
TestTrading.settings = settings(
    max_examples=15 if numba.config.DISABLE_JIT else 100, stateful_step_count=40, deadline=None
)

"""In a hundred thousand steps that hypothesis thinks of, no money and no share appears or goes.

Each step is one number, which seeds the chance that fills the fields of a command: a hundred
thousand steps must be cheap to draw.
"""

from random import Random

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.venue import Venue
from protocol.vocabulary import (
    NONE,
    AccountStatus,
    Currency,
    FundsEntry,
    Market,
    OrderType,
    Phase,
    RateAction,
    SharesEntry,
    Side,
    TimeInForce,
)
from tests.commands import (
    EVERY_FEATURE,
    EVERY_TYPE,
    admit,
    bring_interest,
    cancel,
    capitalise,
    change_code,
    change_phase,
    change_status,
    close_day,
    define_fees,
    define_interest,
    enter,
    journal,
    limit_account,
    limit_funds,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
    release_order,
    replace,
    transfer_custody,
)
from tests.engine.arenas import assert_accounts_sound, assert_answers_sound
from tests.engine.conftest import IS_AGAIN, SMALL

ROOM = SMALL._replace(accounts=8, holdings=16, movements=200, orders_day=200)
LOWEST, TICK, STEPS = 99_500, 100, 30
ACCOUNTS = 3
STEPS_OF_DAY = 100
DAYS = 50 if IS_AGAIN else 1_000

PHASES = (*[Phase.CONTINUOUS] * 6, Phase.OPENING_CALL, Phase.PRE_CONTINUOUS, Phase.FIXED_PRICE)
STATUSES = (*[AccountStatus.NORMAL] * 5, AccountStatus.FROZEN, AccountStatus.CLOSED)

seeds = st.integers(0, 2**64 - 1)


def price_of(dice: Random) -> int:
    """Return a price within the limits."""
    return LOWEST + dice.randrange(STEPS) * TICK


class Conservation(RuleBasedStateMachine):
    """A day of three accounts that are always short of something."""

    def __init__(self) -> None:
        super().__init__()
        self.venue = Venue(ROOM)
        self.time = 0
        terms = {
            "order_types": EVERY_TYPE,
            "features": EVERY_FEATURE,
            "lower_limit": LOWEST,
            "upper_limit": LOWEST + (STEPS - 1) * TICK,
            "previous_close": LOWEST,
            "market": Market.SZSE,
        }
        for command in (
            open_day(with_accounts=1),
            define_fees(0, stamp_sell_rate=50_000, transfer_rate=1_000, handling_rate=341),
            define_interest(50_000, days=3),
            admit(1, 1, ACCOUNTS),
            *listing(0, **terms),
            *listing(1, **terms),
            change_phase(Phase.CONTINUOUS),
        ):
            self.carry_out(command)
        for number in range(1, ACCOUNTS + 1):
            self.carry_out(open_account(number, commission_rate=25_000, commission_min=50_000))
            self.carry_out(move_funds(number, number * 100_000_000))
            self.carry_out(move_shares(number, number * 1_000))

    def carry_out(self, command: dict) -> None:
        sequence = self.venue.sequence + 1
        self.time += 10**8
        fields = {"client_seq": sequence, "time": self.time} | command
        self.venue.apply(journal([fields], first=sequence))

    def order(self, dice: Random) -> int:
        """Return the number of an open order, seldom of one that is not."""
        numbers = np.flatnonzero(self.venue.state.slots != NONE).tolist()
        return dice.choice([*numbers, 1])

    @rule(seed=seeds)
    def enter_limit(self, seed):
        self.enter(Random(seed))

    @rule(seed=seeds)
    def enter_any(self, seed):
        dice = Random(seed)
        if dice.randrange(3) == 0:
            self.enter(dice, trigger_price=price_of(dice))
        else:
            forms = {
                "order_type": dice.choice((*OrderType,)),
                "price": dice.choice((0, price_of(dice))),
            }
            self.enter(dice, time_in_force=dice.choice((*TimeInForce,)), **forms)

    def enter(self, dice: Random, **fields: int) -> None:
        side, quantity = dice.choice((*Side,)), 100 * (1 + dice.randrange(5))
        who = {"account": 1 + dice.randrange(ACCOUNTS), "instrument": dice.randrange(2)}
        self.carry_out(enter(side, quantity, price_of(dice), session=1, **who) | fields)

    @rule(seed=seeds)
    def cancel(self, seed):
        dice = Random(seed)
        self.carry_out(cancel(self.order(dice), dice.choice((0, 50, 100)), session=1))

    @rule(seed=seeds)
    def replace(self, seed):
        dice = Random(seed)
        number, quantity = self.order(dice), 100 * (1 + dice.randrange(5))
        self.carry_out(replace(number, quantity, price_of(dice), session=1))

    @rule(seed=seeds)
    def move(self, seed):
        dice = Random(seed)
        number = 1 + dice.randrange(ACCOUNTS)
        if dice.randrange(2):
            entry, currency = dice.choice((*FundsEntry,)), dice.choice((0, 0, 0, *Currency))
            self.carry_out(move_funds(number, dice.randrange(20_000_000), entry, currency=currency))
        else:
            entry, instrument = dice.choice((*SharesEntry,)), dice.randrange(2)
            self.carry_out(move_shares(number, dice.randrange(300), entry, instrument=instrument))

    @rule(seed=seeds)
    def serve(self, seed):
        """Do what an operator does seldom."""
        dice = Random(seed)
        number, most = 1 + dice.randrange(ACCOUNTS), dice.randrange(50_000_000)
        action = dice.choice((*RateAction,))
        self.carry_out(
            dice.choice(
                (
                    bring_interest(number, accrued=dice.randrange(1_000_000)),
                    capitalise(number),
                    capitalise(),
                    change_code(*dice.choice(((0, 1), (1, 0)))),
                    change_phase(dice.choice(PHASES)),
                    change_status(number, dice.choice(STATUSES)),
                    limit_account(number, rate_max=dice.randrange(9), rate_action=action),
                    limit_funds(number, most),
                    release_order(self.order(dice)),
                    transfer_custody(number, instrument=dice.choice((NONE, 0, 1))),
                )
            )
        )

    @invariant()
    def nothing_is_lost(self):
        assert_accounts_sound(self.venue.state)

    def teardown(self):
        assert_answers_sound(self.venue)
        self.carry_out(close_day())
        assert_accounts_sound(self.venue.state)
        assert not self.venue.state.funds["held"].any()
        assert not self.venue.state.holdings["held"].any()


TestConservation = Conservation.TestCase
TestConservation.settings = settings(
    max_examples=DAYS,
    stateful_step_count=STEPS_OF_DAY,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

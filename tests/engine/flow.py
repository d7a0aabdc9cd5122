"""A random day: every kind of command, most of them sensible, some of them not.

The same seed gives the same rows.  A naive venue follows the day, so that cancels can aim at
orders that are open.
"""

from random import Random

import numpy as np

from engine.venue import Limits
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    Candidates,
    CommandKind,
    Phase,
    Role,
    Side,
    TieBreak,
    TimeInForce,
)
from tests.commands import (
    admit,
    cancel,
    change_phase,
    close_day,
    enter,
    journal,
    list_instrument,
    open_day,
)
from tests.engine.agreement import naive_venue

INSTRUMENTS = 5
SESSIONS = (
    (1, 99, Role.TERMINAL),
    (100, 199, Role.TERMINAL),
    (150, 249, Role.TERMINAL),
    (1, 300, Role.OPERATOR),
    (1, 300, Role.VENUE),
    (100, 199, Role.OPERATOR),
)
BLUNDERS = {
    "kind": (0, 3, 15, 16, 17, 18, 31, 32, 33, 34, 35, 127, -1),
    "side": (2, -1, 127),
    "order_type": (1, -1),
    "time_in_force": (1, 2, -1),
    "reserved": (1, -(2**40)),
    "session": (-1, 0, 1, 3, 4, 7, 99, 2**31 - 1, -(2**31)),
    "client_seq": (-1, 0, 1),
    "instrument": (-2, -1, INSTRUMENTS, INSTRUMENTS + 1, 10_000, 2**31 - 1),
    "account": (-1, 0, 120, 170, 301, 2**31 - 1),
    "quantity": (-100, 0, 1, 99, 150, 1_000, 100_000, 2**31 - 1, -(2**31)),
    "price": (-100, 0, 1, 55, 99, 100, 2**31 - 1, -(2**31)),
    "order_number": (-1, 0, 10**6, 2**62),
    "phase": (8, -1, 127),
}
"""Values that fields take by mistake; not every one is wrong for every command."""


class Flow:
    """The makings of one day: its chance, its venue, and the commands so far."""

    def __init__(self, seed: int, limits: Limits) -> None:
        self.random = Random(seed)
        self.venue = naive_venue(limits)
        self.client_seqs = [0] * (len(SESSIONS) + 1)
        self.commands: list[dict] = []

    def follow(self, commands: list[dict]) -> None:
        """Add commands to the day and let the venue carry them out."""
        self.venue.apply(journal(commands, first=len(self.commands) + 1))
        self.commands += commands

    def opening(self) -> list[dict]:
        """Return what opens the day, with what is wrong before and after."""
        chance = self.random
        sessions = [admit(n, *session) for n, session in enumerate(SESSIONS, start=1)]
        listings = [self.listing(number) for number in range(INSTRUMENTS)]
        wrong = [
            admit(len(SESSIONS) + 5, 1, 2),
            admit(len(SESSIONS) + 1, 1, 2, role=len(Role)),
            list_instrument(INSTRUMENTS, tie_break=-1),
            list_instrument(INSTRUMENTS, previous_close=0),
            list_instrument(INSTRUMENTS, tick=0),
            list_instrument(INSTRUMENTS, upper_limit=109_950),
            list_instrument(INSTRUMENTS, lower_limit=110_100),
            list_instrument(INSTRUMENTS, lower_limit=-100),
            list_instrument(INSTRUMENTS, tick=1, upper_limit=90_000 + 2**18),
            list_instrument(INSTRUMENTS, quantity_step=0),
            list_instrument(INSTRUMENTS, quantity_min=-1),
            list_instrument(INSTRUMENTS + 1),
            list_instrument(0),
        ]
        chance.shuffle(wrong)
        room = chance.choice(({}, {"orders_open_max": 60}, {"orders_day_max": 2_000}))
        opening = [open_day(**room), *sessions, *listings, *wrong, open_day()]
        return [self.order(), self.phase(), open_day(business_date=20260230), *opening]

    def listing(self, number: int) -> dict:
        """Return an instrument of some forty prices, with rules of its own."""
        chance = self.random
        tick = chance.choice((1, 10, 100))
        lower = chance.randint(1, 100) * tick
        upper = lower + chance.choice((0, 15, 40)) * tick if number else lower + 40 * tick
        return list_instrument(
            number,
            tick=tick,
            lower_limit=lower,
            upper_limit=upper,
            previous_close=chance.randint(lower, upper),
            tie_break=chance.choice(list(TieBreak)),
            candidates=chance.choice(list(Candidates)),
            quantity_min=chance.choice((100, 200)),
            quantity_step=chance.choice((1, 100)),
            quantity_max=chance.choice((1_000, 50_000)),
        )

    def signed(self, command: dict, session: int) -> dict:
        """Return `command` with a session and its next client_seq."""
        self.client_seqs[session] += self.random.choice((1, 1, 1, 5))
        return command | {"session": session, "client_seq": self.client_seqs[session]}

    def order(self) -> dict:
        """Return an order, near the middle of its instrument's prices."""
        chance = self.random
        number = chance.randrange(INSTRUMENTS)
        session = chance.randrange(len(SESSIONS) + 1)
        first, last, _ = SESSIONS[max(session - 1, 0)]
        command = enter(
            chance.choice(list(Side)),
            chance.choice((100, 200, 300, 300, 500, 1_000)),
            self.price(number),
            instrument=number,
            account=chance.randint(first, last),
            time_in_force=chance.choice((TimeInForce.DAY,) * 7 + tuple(TimeInForce)),
        )
        return self.signed(command, session)

    def price(self, number: int) -> int:
        """Return a price of an instrument, mostly away from its limits."""
        if number >= len(self.venue.instruments):
            return 100
        listing = self.venue.instruments[number].listing
        ticks = (listing["upper_limit"] - listing["lower_limit"]) // listing["tick"]
        step = (self.random.randint(0, ticks) + self.random.randint(0, ticks)) // 2
        return listing["lower_limit"] + step * listing["tick"]

    def cancel(self) -> dict:
        """Return the cancel of an open order, or of any: some whole, some in part."""
        chance = self.random
        numbers = list(self.venue.orders) or [1]
        quantity = chance.choice((0, 0, 50, 100, 200, 100_000))
        number = chance.choice(numbers)
        order = self.venue.orders.get(number)
        owner = order.session if order is not None else 0
        session = chance.choice((owner, owner, chance.randrange(len(SESSIONS) + 1)))
        return self.signed(cancel(number, quantity), session)

    def phase(self) -> dict:
        """Return a change of phase, mostly into one that takes orders."""
        chance = self.random
        phase = chance.choice((*Phase, Phase.OPENING_CALL, *(Phase.CONTINUOUS,) * 8))
        number = chance.choice((EVERY_INSTRUMENT, EVERY_INSTRUMENT, *range(INSTRUMENTS)))
        return self.signed(change_phase(phase, number), chance.choice((0, 4, 5, 6, 1)))

    def blunder(self, command: dict) -> dict:
        """Return `command` with one or two fields gone wrong."""
        names = self.random.sample(list(BLUNDERS), self.random.choice((1, 2)))
        return command | {name: self.random.choice(BLUNDERS[name]) for name in names}

    def any(self) -> dict:
        """Return any command of the day."""
        chance = self.random
        draw = chance.random()
        command = self.order() if draw < 0.62 else self.cancel() if draw < 0.96 else self.phase()
        if chance.random() >= 0.06:
            return command
        wrong = self.blunder(command)
        if wrong["kind"] in (CommandKind.CLOSE_DAY, CommandKind.LIST_INSTRUMENT):
            return command
        return wrong


def random_day(seed: int, limits: Limits, count: int) -> np.ndarray:
    """Return the COMMAND rows of a random day of about `count` commands, in ascending sequence."""
    flow = Flow(seed, limits)
    flow.follow(flow.opening())
    while len(flow.commands) < count:
        flow.follow([flow.any() for _ in range(flow.random.randint(1, 40))])
    flow.follow([close_day(), flow.order(), flow.cancel(), open_day(), close_day()])
    return journal(flow.commands)

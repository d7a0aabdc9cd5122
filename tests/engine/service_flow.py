"""A random day of accounts with limits and lists, interest, and shares that go elsewhere.

Time passes on it, so that accounts send too many requests now and then, and so that orders are
delayed, and released.
"""

from bisect import insort

from engine.venue import Limits
from protocol.units import MILLISECOND, NANOSECONDS
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    EVERY_INSTRUMENT,
    Currency,
    ListMode,
    Phase,
    RateAction,
    ReportKind,
)
from tests.commands import (
    SECOND_ONE,
    bring_interest,
    cancel_orders,
    capitalise,
    change_code,
    change_list,
    define_interest,
    limit_account,
    limit_funds,
    release_order,
    transfer_custody,
)
from tests.engine.account_flow import COINS, CURRENCIES, OPERATORS, AccountFlow
from tests.engine.blunders import wrong_interest
from tests.engine.flow import INSTRUMENTS, Day

OF_VENUE = (0, 0, 0, 0, 5, 5, 5, 4)
"""Who sends the commands of the venue; the last one may not."""

PAUSES = (30 * MILLISECOND, 200 * MILLISECOND, 500 * MILLISECOND, NANOSECONDS, 2 * NANOSECONDS)
LIST_MODES = (*[ListMode.NONE] * 9, *[ListMode.FORBIDS] * 3, ListMode.PERMITS)
ACCRUED = (0, 49, 50, 12_345, 10_000_000, 10_000_000)
"""Interest, in 1/10000 of the currency unit; the first two amounts are not paid."""


class ServiceFlow(AccountFlow):
    """The makings of one day on which accounts ask for more than orders.

    `due` are the orders that were delayed, with the time at which they are to be released.
    """

    def __init__(self, seed: int, limits: Limits, length: int) -> None:
        self.due: list[tuple[int, int]] = []
        self.entered: list[dict] = []
        super().__init__(seed, limits, length)

    def shares_of_makers(self) -> dict:
        """Return how often each maker of commands has its turn."""
        return super().shares_of_makers() | {
            self.cancel: 0.08,
            self.replacement: 0.07,
            self.limits: 0.01,
            self.spending: 0.005,
            self.listing_of_account: 0.015,
            self.accrual: 0.01,
            self.payment: 0.006,
            self.departure: 0.01,
            self.code: 0.006,
            self.wrong_release: 0.003,
        }

    def follow(self, commands: list[dict]) -> None:
        """Add commands to the day, sometimes after a while; note which orders are delayed."""
        if self.random.random() < 0.12:
            self.late += self.pick(PAUSES)
        super().follow(commands)
        reports = self.reports[-1]
        for report in reports[reports["kind"] == ReportKind.ORDER_DELAYED]:
            time = int(report["time"]) + int(report["trade_number"]) * MILLISECOND
            insort(self.due, (time, int(report["order_number"])))

    def any(self) -> dict:
        """Return any command of the day; a release where one is due."""
        now = SECOND_ONE + self.late + self.count * MILLISECOND
        if self.due and self.due[0][0] <= now and self.random.random() < 0.3:
            return self.signed(release_order(self.due.pop(0)[1]), self.pick(OF_VENUE))
        return super().any()

    def day_opening(self, **room: int) -> list[dict]:
        """Return what opens the day, and what money earns on it."""
        earning = [
            define_interest(self.pick((0, 35_000, 10_000_000)), self.pick((1, 3)), currency=one)
            for one in Currency
            if self.random.random() < 0.8
        ]
        return [*super().day_opening(**room), *wrong_interest(), *earning]

    def account(self, number: int) -> list[dict]:
        """Return what opens an account, what it brings with it, and what limits it."""
        brought = bring_interest(number, self.pick(ACCRUED), currency=self.pick(CURRENCIES))
        limits = [limit_account(number, **self.some_limits())] if self.below(2) else []
        return [*super().account(number), brought, *limits]

    def some_limits(self) -> dict:
        """Return limits, of which most are none."""
        return {
            "order_value_max": self.pick((0, 0, 0, 0, 10_000_000)),
            "open_orders_max": self.pick((0, 0, 0, 0, 1, 3)),
            "rate_max": self.pick((0, 3, 4, 5, 8, 300)),
            "requests_max": self.pick((0, 0, 0, 0, 0, 0, 60, 20_000)),
            "rate_action": self.pick((*RateAction, RateAction.DELAY)),
            "list_mode": self.pick(LIST_MODES),
            "collar_bp": self.pick((0, 0, 50, 500, 2_000)),
            "duplicate_ms": self.pick((0, 0, 10, 100, 1_000)),
        }

    def phase(self) -> dict:
        """Return a change of phase, mostly into continuous trading of everything."""
        command = super().phase()
        if self.random.random() < 0.5:
            command |= {"phase": Phase.CONTINUOUS, "instrument": EVERY_INSTRUMENT, "schedules": 0}
        return command

    def order(self) -> dict:
        """Return an order, sometimes one of the last ones once more."""
        if self.entered and self.random.random() < 0.06:
            again = self.pick(self.entered)
            return self.signed(again, again["session"])
        command = super().order()
        self.entered = [*self.entered[-4:], command]
        return command

    def limits(self) -> dict:
        """Return the limits of an account."""
        command = limit_account(self.some_account(), **self.some_limits())
        return self.signed(command, self.pick(OPERATORS))

    def spending(self) -> dict:
        """Return the limit of what an account spends."""
        most = self.pick((0, 0, *COINS))
        command = limit_funds(self.some_account(), most, currency=self.pick(CURRENCIES))
        return self.signed(command, self.pick(OPERATORS))

    def listing_of_account(self) -> dict:
        """Return an instrument that gets on the list of an account, or off it."""
        command = change_list(self.some_account(), self.below(INSTRUMENTS), self.below(2))
        return self.signed(command, self.pick(OPERATORS))

    def accrual(self) -> dict:
        """Return the interest that an account brings with it, seldom more than can be paid."""
        command = bring_interest(
            self.some_account(),
            self.pick(ACCRUED),
            product=self.amount(),
            rest=self.below(36 * 10**9),
            currency=self.pick(CURRENCIES),
        )
        if self.random.random() < 0.04:
            command |= {"accrued": 10**18, "currency": Currency.USD}
        return self.signed(command, self.pick(OF_VENUE))

    def payment(self) -> dict:
        """Return the payment of interest, to one account or to all."""
        number = EVERY_ACCOUNT if self.below(2) else self.some_account()
        return self.signed(capitalise(number, currency=self.pick(CURRENCIES)), self.pick(OPERATORS))

    def departure(self) -> dict:
        """Return shares that leave, of one instrument or of all."""
        number = self.some_account()
        instrument = self.pick((EVERY_INSTRUMENT, *range(INSTRUMENTS)))
        amount = self.pick((0, 1 + self.below(200))) if instrument >= 0 else 0
        return self.signed(transfer_custody(number, amount, instrument), self.pick(OPERATORS))

    def code(self) -> dict:
        """Return an instrument that becomes another one, or what takes back its orders before."""
        old, new = self.pick(self.pairs())
        if self.random.random() < 0.4:
            return self.signed(cancel_orders(instrument=old), 0)
        return self.signed(change_code(old, new), self.pick(OPERATORS))

    def pairs(self) -> list[tuple[int, int]]:
        """Return instruments that could become each other, or any two where there are none."""
        names = ("depository", "listed_currency")
        kinds = [[one.listing[name] for name in names] for one in self.venue.instruments]
        numbers = range(len(kinds))
        alike = [(a, b) for a in numbers for b in numbers if a != b and kinds[a] == kinds[b]]
        anyhow = [(self.below(INSTRUMENTS), self.below(INSTRUMENTS))]
        return anyhow if self.random.random() < 0.2 else alike or anyhow

    def wrong_release(self) -> dict:
        """Return the release of an order that was not delayed, or is not due, or is not there."""
        number = self.pick([*self.venue.orders, 0])
        return self.signed(release_order(number), self.pick(OF_VENUE))


def random_account_day(seed: int, limits: Limits, count: int) -> Day:
    """Return a random day of about `count` commands with accounts, in ascending sequence."""
    return ServiceFlow(seed, limits, count).play()

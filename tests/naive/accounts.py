"""Accounts: what they may do, what they have, and the commands that open and change them.

The functions take the venue, and report through it what happens.  Money is in 1/10000 of the
currency unit.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from protocol.vocabulary import (
    NONE,
    AccountStatus,
    Currency,
    ListMode,
    RateAction,
    Reject,
    ReportKind,
)
from tests.naive.book import Order
from tests.naive.fees import CENT
from tests.naive.permissions import may_act_in, refuse_foreign


@dataclass
class Funds:
    """An account's money in one currency, but for what its orders hold.

    `spent` is what trading has cost it today, less what trading has brought it.
    """

    balance: int = 0
    frozen_day: int = 0
    frozen_long: int = 0
    credit: int = 0
    unsettled: int = 0
    spent: int = 0
    spending_max: int = 0


@dataclass
class Accrual:
    """The interest that an account's money in one currency has earned, and not yet been paid.

    `product` are cents times days, `rest` is what `accrued` lacks, in parts of interest.WHOLE.
    """

    product: int = 0
    accrued: int = 0
    rest: int = 0

    @property
    def payable(self) -> int:
        """What would be paid now, rounded half up to the cent."""
        return (self.accrued + CENT // 2) // CENT * CENT


@dataclass
class Holding:
    """An account's shares of one instrument, but for what its orders hold."""

    total: int = 0
    bought: int = 0
    frozen_day: int = 0
    frozen_long: int = 0
    pledged: int = 0
    cost: int = 0


@dataclass
class Rate:
    """How many requests an account has sent, by steps, maybe to come, and in the day.

    `step` is the latest that has any; before `quiet_until` no further alarm is raised.
    """

    step: int = 0
    counts: Counter[int] = field(default_factory=Counter)
    quiet_until: int = 0
    requests: int = 0


LIMITS_AT_FIRST = {
    "order_value_max": 0,
    "open_orders_max": 0,
    "rate_max": 300,
    "requests_max": 20_000,
    "rate_action": RateAction.ALARM,
    "list_mode": ListMode.NONE,
    "collar_bp": 0,
    "duplicate_ms": 0,
}
"""The limits of a new account; 300 requests in a second or 20,000 in a day are programme trading,
by the exchanges' rules of 2025-07-07."""


def in_each_currency(kind: type) -> Callable[[], dict[int, Any]]:
    """Return what makes one of a kind for each currency."""
    return lambda: {currency: kind() for currency in Currency}


@dataclass
class Account:
    """Whoever buys and sells.

    `terms` are the fields of the command that opened or edited it, `limits` those of the last one
    that limited it, `noted` those of its last order that may be entered twice by mistake.  `lists`
    says of the instruments that ever were on its list whether they are.
    """

    terms: dict
    status: int = AccountStatus.NORMAL
    limits: dict = field(default_factory=LIMITS_AT_FIRST.copy)
    rate: Rate = field(default_factory=Rate)
    lists: dict[int, bool] = field(default_factory=dict)
    noted: dict | None = None
    funds: dict[int, Funds] = field(default_factory=in_each_currency(Funds))
    accruals: dict[int, Accrual] = field(default_factory=in_each_currency(Accrual))
    holdings: dict[int, Holding] = field(default_factory=dict)


class AccountNow(NamedTuple):
    """What an account is and may do, how many orders it has open, and how often it has asked."""

    status: int
    account_kind: int
    branch: int
    channels: int
    depositories: int
    permissions: int
    commission_rate: int
    commission_min: int
    commission_min_foreign: int
    commission_includes: int
    order_value_max: int
    open_orders_max: int
    rate_max: int
    requests_max: int
    rate_action: int
    list_mode: int
    collar_bp: int
    duplicate_ms: int
    open_orders: int
    requests: int


OF_TERMS = AccountNow._fields[1:10]
"""What the command that opened or edited an account has said of it."""


def account_now(venue, number: int) -> AccountNow:
    """Return how an account stands."""
    account = venue.accounts[number]
    return AccountNow(
        status=account.status,
        open_orders=len(venue.orders_of[number]),
        requests=account.rate.requests,
        **{name: account.terms[name] for name in OF_TERMS},
        **{name: account.limits[name] for name in LIMITS_AT_FIRST},
    )


def is_known(venue, number: int) -> bool:
    """Whether there is an account of that number, and it is not closed."""
    account = venue.accounts.get(number)
    return account is not None and account.status != AccountStatus.CLOSED


def holdings_left(venue) -> int:
    """Return how many more holdings there may be."""
    return venue.room.holdings - sum(len(one.holdings) for one in venue.accounts.values())


def has_room_for_holding(venue, number: int, instrument: int) -> bool:
    """Whether an account has a holding of an instrument, or may have one more."""
    return instrument in venue.accounts[number].holdings or holdings_left(venue) > 0


def begin_holding(venue, order: Order) -> None:
    """Let the account of an order have a holding of its instrument, be it of nothing."""
    venue.accounts[order.account].holdings.setdefault(order.instrument, Holding())


def refuse_unknown(venue, command: dict) -> Reject:
    """Return why a command may not concern its account: it is foreign, or not there."""
    known = Reject.NOTHING if is_known(venue, command["account"]) else Reject.UNKNOWN_ACCOUNT
    return refuse_foreign(venue, command) or known


def refuse_terms(venue, command: dict) -> Reject:
    """Return why an account may not be described so: it, or the branch named, is foreign."""
    is_own = may_act_in(venue, command, command["branch"])
    foreign = refuse_foreign(venue, command)
    return foreign if is_own else Reject.ACCOUNT_NOT_ADMITTED


def refuse_open(venue, command: dict) -> Reject:
    """Return why an account is not opened."""
    reason = refuse_terms(venue, command)
    if reason != Reject.NOTHING:
        return reason
    if not 0 <= command["account"] < venue.room.accounts:
        return Reject.UNKNOWN_ACCOUNT
    return Reject.ACCOUNT_EXISTS if command["account"] in venue.accounts else Reject.NOTHING


def refuse_edit(venue, command: dict) -> Reject:
    """Return why an account does not get other terms."""
    reason = refuse_terms(venue, command) or refuse_unknown(venue, command)
    if reason != Reject.NOTHING:
        return reason
    has_orders = venue.orders_of[command["account"]]
    return Reject.ACCOUNT_HAS_ORDERS if has_orders else Reject.NOTHING


def refuse_status(venue, command: dict) -> Reject:
    """Return why an account does not get another status."""
    reason = refuse_unknown(venue, command)
    if reason != Reject.NOTHING:
        return reason
    is_closed = command["status"] == AccountStatus.CLOSED
    if is_closed and not is_empty(venue, command["account"]):
        return Reject.ACCOUNT_NOT_EMPTY
    return Reject.NOTHING


def is_empty(venue, number: int) -> bool:
    """Whether an account has nothing, wants nothing, and is owed nothing."""
    account = venue.accounts[number]
    has_funds = any(
        (funds.balance, funds.frozen_day, funds.frozen_long, funds.credit) != (0, 0, 0, 0)
        for funds in account.funds.values()
    )
    has_shares = any(holding.total != 0 for holding in account.holdings.values())
    earns = any(accrual.payable > 0 for accrual in account.accruals.values())
    return not has_funds and not has_shares and not earns and not venue.orders_of[number]


def open_account(venue, command: dict) -> None:
    """Open an account."""
    venue.accounts[command["account"]] = Account(terms=command)
    tell(venue, command)


def edit_account(venue, command: dict) -> None:
    """Give an account other terms."""
    venue.accounts[command["account"]].terms = command
    tell(venue, command)


def change_status(venue, command: dict) -> None:
    """Give an account another status."""
    venue.accounts[command["account"]].status = command["status"]
    tell(venue, command)


def tell(venue, command: dict) -> None:
    """Report to who asked that an account has changed, but not to the venue itself."""
    if command["session"] == 0:
        return
    venue.report(
        ReportKind.ACCOUNT_CHANGED,
        session=command["session"],
        account=command["account"],
        instrument=NONE,
        reason=venue.accounts[command["account"]].status,
        client_seq=command["client_seq"],
        request_seq=command["client_seq"],
    )

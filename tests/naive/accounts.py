"""Accounts: what they may do, what they have, and the commands that open and change them.

The functions take the venue, and report through it what happens.  Money is in 1/10000 of the
currency unit.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from protocol.vocabulary import NONE, AccountStatus, Currency, Reject, ReportKind
from tests.naive.book import Order


@dataclass
class Funds:
    """An account's money in one currency, but for what its orders hold."""

    balance: int = 0
    frozen_day: int = 0
    frozen_long: int = 0
    credit: int = 0
    unsettled: int = 0


@dataclass
class Holding:
    """An account's shares of one instrument, but for what its orders hold."""

    total: int = 0
    bought: int = 0
    frozen_day: int = 0
    frozen_long: int = 0
    pledged: int = 0
    cost: int = 0


def no_funds() -> dict[int, Funds]:
    """Return the funds of a new account."""
    return {currency: Funds() for currency in Currency}


@dataclass
class Account:
    """Whoever buys and sells; `terms` are the fields of the command that opened or edited it."""

    terms: dict
    status: int = AccountStatus.NORMAL
    order_value_max: int = 0
    open_orders_max: int = 0
    funds: dict[int, Funds] = field(default_factory=no_funds)
    holdings: dict[int, Holding] = field(default_factory=dict)


class AccountNow(NamedTuple):
    """What an account is and may do, and how many orders it has open."""

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
    open_orders: int


OF_TERMS = AccountNow._fields[1:10]
"""What the command that opened or edited an account has said of it."""


def account_now(venue, number: int) -> AccountNow:
    """Return how an account stands."""
    account = venue.accounts[number]
    return AccountNow(
        status=account.status,
        order_value_max=account.order_value_max,
        open_orders_max=account.open_orders_max,
        open_orders=len(orders_of(venue, number)),
        **{name: account.terms[name] for name in OF_TERMS},
    )


def is_known(venue, number: int) -> bool:
    """Whether there is an account of that number, and it is not closed."""
    account = venue.accounts.get(number)
    return account is not None and account.status != AccountStatus.CLOSED


def orders_of(venue, number: int) -> list[Order]:
    """Return the open orders of an account, in no order."""
    return [order for order in venue.orders.values() if order.account == number]


def has_room_for_holding(venue, number: int, instrument: int) -> bool:
    """Whether an account has a holding of an instrument, or may have one more."""
    used = sum(len(account.holdings) for account in venue.accounts.values())
    return instrument in venue.accounts[number].holdings or used < venue.room.holdings


def begin_holding(venue, order: Order) -> None:
    """Let the account of an order have a holding of its instrument, be it of nothing."""
    venue.accounts[order.account].holdings.setdefault(order.instrument, Holding())


def refuse_open(venue, command: dict) -> Reject:
    """Return why an account is not opened."""
    if not 0 <= command["account"] < venue.room.accounts:
        return Reject.UNKNOWN_ACCOUNT
    return Reject.ACCOUNT_EXISTS if command["account"] in venue.accounts else Reject.NOTHING


def refuse_edit(venue, command: dict) -> Reject:
    """Return why an account does not get other terms."""
    if not is_known(venue, command["account"]):
        return Reject.UNKNOWN_ACCOUNT
    has_orders = orders_of(venue, command["account"])
    return Reject.ACCOUNT_HAS_ORDERS if has_orders else Reject.NOTHING


def refuse_status(venue, command: dict) -> Reject:
    """Return why an account does not get another status."""
    if not is_known(venue, command["account"]):
        return Reject.UNKNOWN_ACCOUNT
    is_closed = command["status"] == AccountStatus.CLOSED
    if is_closed and not is_empty(venue, command["account"]):
        return Reject.ACCOUNT_NOT_EMPTY
    return Reject.NOTHING


def is_empty(venue, number: int) -> bool:
    """Whether an account has nothing and wants nothing."""
    account = venue.accounts[number]
    has_funds = any(
        (funds.balance, funds.frozen_day, funds.frozen_long, funds.credit) != (0, 0, 0, 0)
        for funds in account.funds.values()
    )
    has_shares = any(holding.total != 0 for holding in account.holdings.values())
    return not has_funds and not has_shares and not orders_of(venue, number)


def refuse_limit(venue, command: dict) -> Reject:
    """Return why an account does not get limits."""
    return Reject.NOTHING if is_known(venue, command["account"]) else Reject.UNKNOWN_ACCOUNT


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


def limit_account(venue, command: dict) -> None:
    """Limit the orders of an account."""
    account = venue.accounts[command["account"]]
    account.order_value_max = command["order_value_max"]
    account.open_orders_max = command["open_orders_max"]
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

"""What money earns: it accrues at the close of a day, and is paid when it is capitalised.

The functions take the venue, and report through it what happens.  Money is in 1/10000 of the
currency unit, rates are in 1e-8 a year of 360 days.
"""

from protocol.vocabulary import EVERY_ACCOUNT, FundsEntry, Reject
from tests.naive import ledger
from tests.naive.accounts import Accrual, is_known
from tests.naive.fees import CENT, ONE
from tests.naive.permissions import refuse_foreign

WHOLE = 360 * ONE
"""A rate of the whole for a day."""

RATE_MAX = 10_000_000
"""10 % a year, in 1e-8."""

DAYS_MAX = 20


def refuse_interest(venue, command: dict) -> Reject:
    """Return why money does not begin to earn that much."""
    makes_sense = 0 <= command["interest_rate"] <= RATE_MAX and 1 <= command["days"] <= DAYS_MAX
    return Reject.NOTHING if makes_sense else Reject.LISTING_OUT_OF_BOUNDS


def define_interest(venue, command: dict) -> None:
    """Define what money of a currency earns at the close, and for how many days."""
    venue.interest[command["currency"]] = command


def accrue(venue) -> None:
    """Let the money of all accounts earn what it earns until the next day of business."""
    for currency, interest in venue.interest.items():
        for account in venue.accounts.values():
            balance, accrual = account.funds[currency].balance, account.accruals[currency]
            if balance > 0:
                accrual.product += balance * interest["days"] // CENT
                accrual.rest += balance * interest["interest_rate"] * interest["days"]
                accrual.accrued += accrual.rest // WHOLE
                accrual.rest %= WHOLE


def refuse_brought(venue, command: dict) -> Reject:
    """Return why an account brings no interest with it."""
    return Reject.NOTHING if is_known(venue, command["account"]) else Reject.UNKNOWN_ACCOUNT


def bring_interest(venue, command: dict) -> None:
    """Bring in the interest that an account's money has earned on earlier days."""
    accrual = venue.accounts[command["account"]].accruals[command["currency"]]
    accrual.product, accrual.accrued = command["product"], command["accrued"]
    accrual.rest = command["rest"]


def earners(venue, command: dict) -> list[int]:
    """Return the numbers of the accounts whose interest is to be paid, where they have any."""
    asked = command["account"]
    return [
        number
        for number in (sorted(venue.accounts) if asked == EVERY_ACCOUNT else [asked])
        if is_known(venue, number) and payable(venue, number, command["currency"]) > 0
    ]


def payable(venue, number: int, currency: int) -> int:
    """Return the interest that an account would be paid now."""
    return venue.accounts[number].accruals[currency].payable


def refuse_capitalise(venue, command: dict) -> Reject:
    """Return why interest is not paid, to one account or to all."""
    number, currency = command["account"], command["currency"]
    foreign = refuse_foreign(venue, command)
    if foreign != Reject.NOTHING:
        return foreign
    if number != EVERY_ACCOUNT and not is_known(venue, number):
        return Reject.UNKNOWN_ACCOUNT
    paid = earners(venue, command)
    if not paid:
        return Reject.AMOUNT_NOT_POSITIVE
    amount = sum(payable(venue, one, currency) for one in paid)
    if max(0, venue.outside[currency]) + amount > ledger.OUTSIDE_MAX:
        return Reject.AMOUNT_TOO_LARGE
    is_full = ledger.lacks_room(venue, len(paid))
    return Reject.LEDGER_EXHAUSTED if is_full else Reject.NOTHING


def capitalise(venue, command: dict) -> None:
    """Pay the interest of one account, or of all, in the order of their numbers."""
    number, currency = command["account"], command["currency"]
    paid = earners(venue, command)
    total = sum(pay(venue, one, currency) for one in paid)
    if number == EVERY_ACCOUNT:
        told = {"order_number": total, "quantity": len(paid)}
    else:
        told = {"order_number": venue.accounts[number].funds[currency].balance}
    ledger.tell_funds(venue, number, currency, FundsEntry.INTEREST, **told)


def pay(venue, number: int, currency: int) -> int:
    """Pay the interest of an account, and return it; nothing is left of what has accrued."""
    account, amount = venue.accounts[number], payable(venue, number, currency)
    account.accruals[currency] = Accrual()
    account.funds[currency].balance += amount
    venue.outside[currency] += amount
    ledger.note(venue, ledger.funds_moved(number, currency, FundsEntry.INTEREST, amount))
    return amount

"""How often accounts ask for something, and what becomes of an order that is one too many.

The functions take the venue, and report through it what happens.
"""

from protocol.units import NANOSECONDS
from protocol.vocabulary import NONE, OrderType, RateAction, Reject, ReportKind
from tests.naive.accounts import Account

AT_ONCE = ("minimum_quantity", "post_only", "display_quantity", "trigger_price")
"""The conditions of orders that cannot be delayed."""


def second_of(command: dict) -> int:
    """Return the second in which a command came."""
    return command["time"] // NANOSECONDS


def count_request(venue, number: int) -> None:
    """Count a request of an account; the first one too many, of a second or the day, is told."""
    account = venue.accounts[number]
    rate, limits, second = account.rate, account.limits, second_of(venue.command)
    if second > rate.second:
        rate.second, rate.count = second, 0
    rate.count += 1
    rate.requests += 1
    is_first_of_second = 0 < limits["rate_max"] == rate.count - 1
    is_first_of_day = 0 < limits["requests_max"] == rate.requests - 1
    if is_first_of_second or is_first_of_day:
        venue.report(
            ReportKind.RATE_EXCEEDED,
            session=0,
            account=number,
            instrument=NONE,
            quantity=rate.count,
            order_number=rate.requests,
        )


def refuse_request(venue, number: int, is_delayable: bool) -> Reject:
    """Count a request of an account, and return why it is one too many.

    While the requests of an account are held back to a second that is yet to come, what cannot be
    delayed is refused.
    """
    count_request(venue, number)
    account, second = venue.accounts[number], second_of(venue.command)
    action, is_over = account.limits["rate_action"], is_over_second(account)
    if action == RateAction.ALARM:
        return Reject.NOTHING
    if is_over_day(account):
        return Reject.RATE_EXCEEDED
    if action == RateAction.REFUSE or not is_delayable:
        is_ahead = action == RateAction.DELAY and account.rate.second > second
        return Reject.RATE_EXCEEDED if is_over or is_ahead else Reject.NOTHING
    if is_over:
        account.rate.second += 1
        account.rate.count = 1
    return Reject.NOTHING


def is_over_second(account: Account) -> bool:
    """Whether an account has sent too many requests in a second."""
    return 0 < account.limits["rate_max"] < account.rate.count


def is_over_day(account: Account) -> bool:
    """Whether an account has sent too many requests in the day."""
    return 0 < account.limits["requests_max"] < account.rate.requests


def may_wait(command: dict) -> bool:
    """Whether an order may be delayed: one that is for the book, and sets no conditions."""
    is_of_book = command["order_type"] != OrderType.FIXED_PRICE
    return is_of_book and not any(command[name] for name in AT_ONCE)


def seconds_to_wait(venue, command: dict) -> int:
    """Return for how many seconds an order is delayed that was not refused."""
    account = venue.accounts[command["account"]]
    if account.limits["rate_action"] != RateAction.DELAY or not may_wait(command):
        return 0
    return max(0, account.rate.second - second_of(command))

"""How often accounts ask for something, and what becomes of an order that is one too many.

Time goes in steps.  An account may ask so often in any second: in a step, and in all those that
touch the second before its end.  The functions take the venue, and report through it what happens.
"""

from itertools import count

from protocol.units import MILLISECOND, RATE_STEP, RATE_STEPS
from protocol.vocabulary import NONE, CommandKind, OrderType, RateAction, Reject, ReportKind
from tests.naive.accounts import Account

AT_ONCE = ("minimum_quantity", "post_only", "display_quantity", "trigger_price")
"""The conditions of orders that cannot be delayed."""

MOST = 65_535
"""No limit takes more requests than that in one step."""


def step_of(command: dict) -> int:
    """Return the step in which a command came."""
    return command["time"] // RATE_STEP


def in_second(account: Account, step: int) -> int:
    """Return how many requests of an account count in the second that ends with a step."""
    return sum(account.rate.counts[one] for one in range(step - RATE_STEPS, step + 1))


def has_room(account: Account, step: int) -> bool:
    """Whether an account may ask once more in a step."""
    most = account.limits["rate_max"]
    return most == 0 or (in_second(account, step) < most and account.rate.counts[step] < MOST)


def is_over_day(account: Account) -> bool:
    """Whether an account has sent too many requests in the day."""
    return 0 < account.limits["requests_max"] < account.rate.requests


def note_request(venue, number: int) -> None:
    """Count a request in the day; what is too many is told, once in a second and in the day."""
    account = venue.accounts[number]
    rate, now = account.rate, step_of(venue.command)
    rate.step = max(rate.step, now)
    rate.requests += 1
    is_alarming = not has_room(account, rate.step) and now >= rate.quiet_until
    is_first_of_day = is_over_day(account) and rate.requests == account.limits["requests_max"] + 1
    if is_alarming:
        rate.quiet_until = now + RATE_STEPS + 1
    if is_alarming or is_first_of_day:
        venue.report(
            ReportKind.RATE_EXCEEDED,
            session=0,
            account=number,
            instrument=NONE,
            quantity=in_second(account, rate.step) + 1,
            order_number=rate.requests,
        )


def take_request(account: Account, step: int) -> None:
    """Count a request in a step, which is none before those that have requests already."""
    account.rate.step = step
    account.rate.counts[step] = min(account.rate.counts[step] + 1, MOST)


def count_request(venue, number: int) -> None:
    """Count a request of an account that is taken in any case."""
    note_request(venue, number)
    account = venue.accounts[number]
    take_request(account, account.rate.step)


def refuse_request(venue, number: int, is_delayable: bool) -> Reject:
    """Count a request of an account, or return why it is one too many.

    While the requests of an account are held back to a step that is yet to come, what cannot be
    delayed is refused.
    """
    note_request(venue, number)
    account = venue.accounts[number]
    action, step = account.limits["rate_action"], account.rate.step
    if action != RateAction.ALARM:
        if is_over_day(account):
            return Reject.RATE_EXCEEDED
        step = step_with_room(account)
        is_delayed = action == RateAction.DELAY and is_delayable
        if step > step_of(venue.command) and not is_delayed:
            return Reject.RATE_EXCEEDED
    take_request(account, step)
    return Reject.NOTHING


def step_with_room(account: Account) -> int:
    """Return the first step, behind all requests so far, that has room for one more."""
    return next(step for step in count(account.rate.step) if has_room(account, step))


def may_wait(command: dict) -> bool:
    """Whether an order may be delayed: one that is for the book, and sets no conditions."""
    is_of_book = command["order_type"] != OrderType.FIXED_PRICE
    return is_of_book and not any(command[name] for name in AT_ONCE)


def milliseconds_to_wait(venue, command: dict) -> int:
    """Return how long an order is delayed that was not refused."""
    account = venue.accounts[command["account"]]
    if account.limits["rate_action"] != RateAction.DELAY or not may_wait(command):
        return 0
    return milliseconds_until(account.rate.step, command)


def retry_after(venue, reason: Reject) -> int:
    """Return when a command that was one too many may come again; 0 where that is not today."""
    command = venue.command
    if reason != Reject.RATE_EXCEEDED:
        return 0
    is_replace = command["kind"] == CommandKind.REPLACE_ORDER
    named = venue.orders[command["order_number"]].account if is_replace else command["account"]
    account = venue.accounts[named]
    return 0 if is_over_day(account) else milliseconds_until(step_with_room(account), command)


def milliseconds_until(step: int, command: dict) -> int:
    """Return how long it is from a command to the beginning of a step, 0 where it has begun."""
    return max(0, -(-(step * RATE_STEP - command["time"]) // MILLISECOND))

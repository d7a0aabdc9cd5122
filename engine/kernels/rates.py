"""How many requests an account sends: counted by second and by day, and what is done about it.

Seconds are those of the clock.  An account whose orders are delayed has its count moved on to the
next second that has room, so `rate_second` may lie ahead: until then every order of it waits.
"""

from engine.kernels import reporting
from engine.kernels.kernel import kernel, rare
from engine.kernels.seldom import seldom
from protocol.units import NANOSECONDS
from protocol.vocabulary import RateAction, Reject, ReportKind


@kernel
def this_second(state):
    return state.venue[0]["time"] // NANOSECONDS


@kernel
def count_request(state, number, reports):
    """Count a request of an account; the first one too many raises an alarm."""
    account = state.accounts[number]
    second = this_second(state)
    if second > account["rate_second"]:
        account["rate_second"] = second
        account["rate_count"] = 0
    account["rate_count"] += 1
    account["requests"] += 1
    if seldom(is_first_too_many(account)):
        alarm(state, number, reports)


@kernel
def is_first_too_many(account):
    over = account["rate_count"] - account["rate_max"]
    over_day = account["requests"] - account["requests_max"]
    return (over == 1 and account["rate_max"] > 0) or (
        over_day == 1 and account["requests_max"] > 0
    )


@rare
def alarm(state, number, reports):
    """Tell the venue that an account has sent more than it should."""
    row = reports[reporting.blank(state, reports, ReportKind.RATE_EXCEEDED, 0)]
    row["account"] = number
    row["quantity"] = state.accounts[number]["rate_count"]
    row["order_number"] = state.accounts[number]["requests"]


@kernel
def check_rate(state, number, may_wait):
    """Return RATE_EXCEEDED where a request just counted is not taken, or NOTHING.

    One that may wait takes the first place of the next second where this one is full.
    """
    account = state.accounts[number]
    if not seldom(account["rate_action"] != RateAction.ALARM):
        return Reject.NOTHING
    if account["requests_max"] > 0 and account["requests"] > account["requests_max"]:
        return Reject.RATE_EXCEEDED
    is_over = account["rate_max"] > 0 and account["rate_count"] > account["rate_max"]
    if account["rate_action"] == RateAction.REFUSE:
        return Reject.RATE_EXCEEDED if is_over else Reject.NOTHING
    if is_over and may_wait:
        account["rate_second"] += 1
        account["rate_count"] = 1
    is_late = is_over or account["rate_second"] > this_second(state)
    return Reject.RATE_EXCEEDED if is_late and not may_wait else Reject.NOTHING


@kernel
def must_wait(state, number):
    """Say whether an order just counted must wait for its second."""
    if not state.venue[0]["with_accounts"]:
        return False
    is_held_back = state.accounts[number]["rate_action"] == RateAction.DELAY
    return seldom(is_held_back) and seconds_to_wait(state, number) > 0


@kernel
def seconds_to_wait(state, number):
    return state.accounts[number]["rate_second"] - this_second(state)

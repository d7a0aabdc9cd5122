"""How many requests an account sends in a second that slides and by day, and what is done about it.

Time goes in steps of RATE_STEP.  A window is one step and all that begin within the second before
it, so that every second lies in some window, and has no more requests than that.  An account whose
orders are delayed has its window moved on to the first step that has room, so `step` may lie ahead:
until then every order of it waits.
"""

from engine.kernels import reporting
from engine.kernels.kernel import kernel, rare
from engine.kernels.seldom import seldom
from engine.kernels.state import WINDOW_STEPS
from protocol.units import MILLISECOND, RATE_STEP
from protocol.vocabulary import RateAction, Reject, ReportKind

COUNT_MAX = 2**16 - 1
"""Requests that are counted in one step; a step that has so many is full whatever the limit."""

WAIT_MAX = 2**31 - 1
"""Milliseconds that a report can tell."""


@kernel
def this_step(state):
    return state.venue[0]["time"] // RATE_STEP


@kernel
def count_request(state, number, reports):
    """Count a request of an account that is never refused; one too many raises an alarm."""
    note_request(state, number)
    if seldom(is_too_many(state.accounts[number], state.windows[number])):
        alarm(state, number, reports)
    count(state.windows[number])


@kernel
def check_rate(state, number, may_wait, reports):
    """Return RATE_EXCEEDED where a request of an account is not taken; else count it, and NOTHING.

    One that may wait takes the first place that comes, where there is none now.
    """
    now = note_request(state, number)
    account, window = state.accounts[number], state.windows[number]
    if seldom(is_too_many(account, window) or window["step"] > now):
        return judge(state, number, may_wait, reports)
    count(window)
    return Reject.NOTHING


@kernel
def note_request(state, number):
    """Count a request in its day, and let the account's window end no earlier than in this step,
    which is returned."""
    state.accounts[number]["requests"] += 1
    now = this_step(state)
    if now > state.windows[number]["step"]:
        slide(state.windows[number], now)
    return now


@kernel
def slide(window, step):
    """Move a window on, and forget what it leaves behind."""
    if step - window["step"] >= WINDOW_STEPS:
        for place in range(WINDOW_STEPS):
            window["counts"][place] = 0
        window["total"] = 0
    else:
        for passed in range(window["step"] + 1, step + 1):
            window["total"] -= window["counts"][passed % WINDOW_STEPS]
            window["counts"][passed % WINDOW_STEPS] = 0
    window["step"] = step


@kernel
def count(window):
    place = window["step"] % WINDOW_STEPS
    if window["counts"][place] < COUNT_MAX:
        window["counts"][place] += 1
        window["total"] += 1


@kernel
def is_too_many(account, window):
    """Say whether a request more, noted and not yet counted, is beyond a limit."""
    return not has_room(account, window) or is_over_day(account)


@kernel
def has_room(account, window):
    if account["rate_max"] == 0:
        return True
    is_full = window["counts"][window["step"] % WINDOW_STEPS] == COUNT_MAX
    return window["total"] < account["rate_max"] and not is_full


@kernel
def is_over_day(account):
    return account["requests_max"] > 0 and account["requests"] > account["requests_max"]


@rare
def judge(state, number, may_wait, reports):
    """Say what becomes of a request that is one too many, or before which others wait."""
    account, window = state.accounts[number], state.windows[number]
    if is_too_many(account, window):
        alarm(state, number, reports)
    step = window["step"]
    if account["rate_action"] != RateAction.ALARM:
        step = step_with_room(account, window)
        waits = step > this_step(state)
        can_wait = may_wait and account["rate_action"] == RateAction.DELAY
        if is_over_day(account) or (waits and not can_wait):
            return Reject.RATE_EXCEEDED
    slide(window, step)
    count(window)
    return Reject.NOTHING


@kernel
def step_with_room(account, window):
    """Return the first step in which a request more would have room, behind all counted so far."""
    step, total = window["step"], window["total"]
    if not has_room(account, window):
        step += 1
        total -= window["counts"][step % WINDOW_STEPS]
        while total >= account["rate_max"]:
            step += 1
            total -= window["counts"][step % WINDOW_STEPS]
    return step


@rare
def alarm(state, number, reports):
    """Tell the venue that an account has sent too many: once in a window, and once in the day."""
    account, window = state.accounts[number], state.windows[number]
    is_alarming = not has_room(account, window) and this_step(state) >= account["quiet_until"]
    is_first_of_day = is_over_day(account) and account["requests"] == account["requests_max"] + 1
    if not is_alarming and not is_first_of_day:
        return
    if is_alarming:
        account["quiet_until"] = this_step(state) + WINDOW_STEPS
    row = reports[reporting.blank(state, reports, ReportKind.RATE_EXCEEDED, 0)]
    row["account"] = number
    row["quantity"] = window["total"] + 1
    row["order_number"] = account["requests"]


@kernel
def must_wait(state, number):
    """Say whether an order just counted must wait for its step."""
    if not state.venue[0]["with_accounts"]:
        return False
    is_held_back = state.accounts[number]["rate_action"] == RateAction.DELAY
    return seldom(is_held_back) and state.windows[number]["step"] > this_step(state)


@kernel
def milliseconds_to_wait(state, number):
    """Return how long an order just counted waits, rounded up."""
    return milliseconds_until(state, state.windows[number]["step"])


@kernel
def milliseconds_until_room(state, number):
    """Return when a request just refused would have room, rounded up; 0 where not today."""
    account = state.accounts[number]
    if is_over_day(account):
        return 0
    return milliseconds_until(state, step_with_room(account, state.windows[number]))


@kernel
def milliseconds_until(state, step):
    """Return how long it is until a step that has not begun yet."""
    wait = step * RATE_STEP - state.venue[0]["time"]
    return min(-(-wait // MILLISECOND), WAIT_MAX)

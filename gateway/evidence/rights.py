"""What is looked at to see whether somebody may send an order at all: who, for whom, and when.

Each function tells the inputs of one check, nothing where the check is not made.
"""

from typing import Any

import numpy as np

from gateway.evidence.moment import Moment
from gateway.readable import Readable, joined, word, words
from protocol.units import RATE_STEP, RATE_STEPS
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    AccountStatus,
    Channel,
    Depository,
    Handling,
    Hold,
    ListMode,
    Permission,
    Phase,
    RateAction,
    Role,
    Side,
    TimeInForce,
)


def form(moment: Moment) -> str:
    return "the fields above, each within its bounds"


def session(moment: Moment) -> str:
    number, known = moment.order["session"], int(moment.state.venue[0]["sessions"])
    if not 0 <= number < known:
        return f"session {number}; the sessions are 0 to {known - 1}"
    return f"session {number} is a {word(Role, moment.state.sessions[number]['role'])}"


def lock(moment: Moment) -> str:
    number = int(moment.order["session"])
    is_locked = bool(moment.state.sessions[number]["is_locked"])
    return f"session {number} is locked" if is_locked else ""


def client_seq(moment: Moment) -> str:
    number = moment.order["session"]
    if number == 0:
        return ""
    return f"{moment.order['client_seq']}, last one was {moment.venue.last_client_seq(number)}"


def day(moment: Moment) -> str:
    return "is open" if moment.venue.is_open else "is not open"


def instrument(moment: Moment) -> str:
    listed = int(moment.state.venue[0]["instruments"])
    return f"{moment.readable.symbol(moment.index)}, number {moment.index} of {listed}"


def rights(moment: Moment) -> str:
    row = moment.state.sessions[moment.order["session"]]
    account, number = moment.order["account"], moment.order["session"]
    if number == 0:
        return f"account {account}; the venue itself may act for any"
    first, last = row["account_first"], row["account_last"]
    return f"account {account}; session {number} may act for {first} to {last}"


def account(moment: Moment) -> str:
    number, known = moment.order["account"], int(moment.state.venue[0]["accounts_max"])
    if not moment.venue.with_accounts:
        return ""
    if not 0 <= number < known:
        return f"account {number}; there is room for 0 to {known - 1}"
    told = {AccountStatus.NONE: "was never opened", AccountStatus.CLOSED: "is closed"}
    return f"account {number} {told.get(moment.account['status'], 'is open')}"


def rate(moment: Moment) -> str:
    if not moment.venue.with_accounts:
        return ""
    row = moment.account
    action = word(RateAction, row["rate_action"])
    late = ", its orders wait" if moment.window["step"] > step_of(moment) else ""
    if row["rate_action"] == RateAction.DELAY and not moment.may_wait:
        late += ", this one cannot"
    rate, today = in_second(moment) + 1, row["requests"] + 1
    counted = within(rate, row["rate_max"]), within(today, row["requests_max"])
    return f"request {counted[0]} in its second, {counted[1]} today; beyond: {action}{late}"


def step_of(moment: Moment) -> int:
    """Return the step of time in which the order comes."""
    return int(moment.order["time"]) // RATE_STEP


def in_second(moment: Moment) -> int:
    """Return how many requests count in the second before the order, or before those that wait."""
    newest, counts = int(moment.window["step"]), moment.window["counts"]
    oldest = max(newest, step_of(moment)) - RATE_STEPS
    return int(counts[np.arange(oldest, newest + 1) % len(counts)].sum())


def status(moment: Moment) -> str:
    return word(AccountStatus, moment.account["status"]) if moment.venue.with_accounts else ""


def channel(moment: Moment) -> str:
    if not moment.venue.with_accounts:
        return ""
    has = words(Channel, moment.account["channels"])
    return f"{word(Channel, moment.order['channel'])}; the account has {has}"


def board(moment: Moment) -> str:
    if not moment.venue.with_accounts:
        return ""
    row, own = moment.instrument, moment.account
    needs = f"{word(Depository, row['depository'])}, {word(Permission, row['permission'])}"
    depositories = words(Depository, own["depositories"])
    return f"needs {needs}; has {depositories}, {words(Permission, own['permissions'])}"


def instrument_list(moment: Moment) -> str:
    if not moment.venue.with_accounts or moment.account["list_mode"] == ListMode.NONE:
        return ""
    lines = moment.state.lists[: moment.state.venue[0]["lists"]]
    is_own = (lines["account"] == moment.order["account"]) & (lines["is_listed"] == 1)
    listed = lines["instrument"][is_own].tolist()
    mode = word(ListMode, moment.account["list_mode"])
    return f"{mode} {joined(map(moment.readable.symbol, listed))}"


def blocks(moment: Moment) -> str:
    rows = moment.state.blocks[: moment.state.venue[0]["blocks"]]
    return f"blocked: {joined(block(moment.readable, row) for row in rows)}"


def block(readable: Readable, row: Any) -> str:
    """Return what a block refuses."""
    names = ("account", "of_session", "of_branch")
    told = [f"{name.removeprefix('of_')} {row[name]}" for name in names if row[name] != NONE]
    if row["instrument"] != EVERY_INSTRUMENT:
        told.append(readable.symbol(int(row["instrument"])))
    if not row["any_side"]:
        told.append(word(Side, row["of_side"]))
    return " ".join(told) or "everything"


def phase(moment: Moment) -> str:
    row = moment.instrument
    hold = max(row["hold"], moment.state.venue[0]["hold"])
    takes = "takes orders" if moment.phase["takes_orders"] else "takes no orders"
    handling = word(Handling, moment.phase["handling"])
    force = word(TimeInForce, moment.order["time_in_force"])
    held = f", hold {word(Hold, hold)}" if hold else ""
    return f"{word(Phase, row['phase'])} {takes}, handling {handling}{held}; the order is {force}"


def within(count: int, limit: int) -> str:
    """Return a count and its limit, where 0 is none."""
    return f"{count} of at most {limit}" if limit else f"{count} (no limit)"

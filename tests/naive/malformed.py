"""Commands that mean nothing: a field has a value that its vocabulary does not have."""

from enum import IntEnum
from functools import cache

from protocol.calendar import to_date
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    AccountKind,
    AccountStatus,
    Candidates,
    Channel,
    CommandKind,
    Currency,
    Depository,
    Feature,
    FundsEntry,
    Grounds,
    HaltRule,
    Hold,
    HoldCause,
    ListMode,
    Market,
    OrderType,
    Permission,
    Phase,
    RateAction,
    Role,
    Schedule,
    SelfTrade,
    SharesEntry,
    Side,
    TieBreak,
    TimeInForce,
)

EITHER = frozenset((0, 1))
"""The values of a field that says yes or no."""

COMMISSION_RATE_MAX = 300_000
"""0.3 %, in 1e-8."""

COUNTS = ("order_value_max", "open_orders_max", "rate_max", "requests_max")
"""Limits that may be any number."""

COLLAR_MAX = 10_000
"""The whole price, in basis points."""

DUPLICATE_MAX = 3_600_000
"""An hour, in milliseconds."""

ACCRUAL_MAX = 10**18
REST_LIMIT = 36 * 10**9
"""One year of 360 days at a rate of the whole, in 1e-8."""


@cache
def words(vocabulary: type[IntEnum]) -> frozenset[int]:
    """Return the values of a vocabulary."""
    return frozenset(int(word) for word in vocabulary)


def is_malformed(command) -> bool:
    """Whether a field has a value that has no meaning."""
    if command["kind"] not in words(CommandKind):
        return True
    check = CHECKS.get(command["kind"])
    return check is not None and not check(command)


def order_has_meaning(command) -> bool:
    """Whether an order to enter means something."""
    return (
        command["side"] in words(Side)
        and command["order_type"] in words(OrderType)
        and command["time_in_force"] in words(TimeInForce)
        and command["post_only"] in EITHER
        and command["channel"] in words(Channel)
    )


def cancel_has_meaning(command) -> bool:
    """Whether the cancel of an order means something; it names the order in one way."""
    return (
        command["of_client_seq"] >= 0
        and (command["of_client_seq"] == 0 or command["order_number"] == 0)
        and command["reserved"] == 0
    )


def replace_has_meaning(command) -> bool:
    """Whether the replacement of an order means something."""
    return command["gives_up_place"] in EITHER and command["reserved"] == 0


def filters_have_meaning(command) -> bool:
    """Whether the filters of a mass cancel, or of a block, mean something."""
    return (
        command["any_side"] in EITHER
        and command["of_side"] in words(Side)
        and min(command[name] for name in ("account", "of_session", "of_branch")) >= NONE
        and command["reserved"] == 0
    )


def block_has_meaning(command) -> bool:
    """Whether a block, or its lifting, means something."""
    return filters_have_meaning(command) and command["lifts"] in EITHER


def phase_has_meaning(command) -> bool:
    """Whether there is such a phase, but for those that come of a hold, and such schedules."""
    of_schedule = words(Phase) - {Phase.HALTED, Phase.SUSPENDED}
    schedules = command["schedules"]
    return (
        command["phase"] in of_schedule
        and 0 <= schedules < 1 << len(Schedule)
        and (schedules == 0 or command["instrument"] == EVERY_INSTRUMENT)
    )


def hold_has_meaning(command) -> bool:
    """Whether there is such a hold, and such a cause; volatility is one for the venue alone."""
    causes = words(HoldCause)
    if command["session"] != 0:
        causes -= {HoldCause.VOLATILITY_FIRST, HoldCause.VOLATILITY_SECOND}
    return command["hold"] in words(Hold) and command["cause"] in causes


def account_has_meaning(command) -> bool:
    """Whether what an account is and may do, and its commission, make sense."""
    return (
        command["account_kind"] in words(AccountKind)
        and 0 <= command["channels"] < 1 << len(Channel)
        and 0 <= command["depositories"] < 1 << len(Depository)
        and 0 <= command["permissions"] < 1 << len(Permission)
        and 0 <= command["commission_rate"] <= COMMISSION_RATE_MAX
        and command["commission_min"] >= 0
        and command["commission_min_foreign"] >= 0
        and command["commission_includes"] in EITHER
    )


def status_has_meaning(command) -> bool:
    """Whether there is such a status for an account that was opened."""
    return command["status"] in words(AccountStatus) - {AccountStatus.NONE}


def limits_have_meaning(command) -> bool:
    """Whether the limits of an account are limits, or none."""
    return (
        min(command[name] for name in COUNTS) >= 0
        and command["rate_action"] in words(RateAction)
        and command["list_mode"] in words(ListMode)
        and 0 <= command["collar_bp"] <= COLLAR_MAX
        and 0 <= command["duplicate_ms"] <= DUPLICATE_MAX
    )


def spending_has_meaning(command) -> bool:
    """Whether there is such a currency, and the limit of its spending is one, or none."""
    return command["currency"] in words(Currency) and command["spending_max"] >= 0


def list_has_meaning(command) -> bool:
    """Whether an instrument is to be on a list, or not to be."""
    return command["is_listed"] in EITHER


def currency_has_meaning(command) -> bool:
    """Whether there is such a currency."""
    return command["currency"] in words(Currency)


def transfer_has_meaning(command) -> bool:
    """Whether it is clear how many shares are to leave: of all instruments only all may."""
    return command["instrument"] != EVERY_INSTRUMENT or command["amount"] == 0


def accrual_has_meaning(command) -> bool:
    """Whether there can be such interest, in such a currency."""
    return (
        command["currency"] in words(Currency)
        and 0 <= command["product"] <= ACCRUAL_MAX
        and 0 <= command["accrued"] <= ACCRUAL_MAX
        and 0 <= command["rest"] < REST_LIMIT
    )


def funds_have_meaning(command) -> bool:
    """Whether there is such a reason to move money, and such money."""
    is_known = command["entry"] in words(FundsEntry) and command["grounds"] in words(Grounds)
    return is_known and command["currency"] in words(Currency)


def shares_have_meaning(command) -> bool:
    """Whether there is such a reason to move shares."""
    return command["entry"] in words(SharesEntry) and command["grounds"] in words(Grounds)


def day_has_meaning(command) -> bool:
    """Whether there is such a day, with accounts or without."""
    is_of_grounds = 0 <= command["four_eyes"] < 2 ** len(Grounds)
    return command["with_accounts"] in EITHER and is_of_grounds and date_has_meaning(command)


def date_has_meaning(command) -> bool:
    """Whether the calendar has the day of a number like 20261120."""
    try:
        to_date(command["business_date"])
    except ValueError:
        return False
    return True


def session_has_meaning(command) -> bool:
    """Whether the words by which a session is admitted are known."""
    return command["role"] in words(Role) and command["self_trade"] in words(SelfTrade)


def presence_has_meaning(command) -> bool:
    """Whether it is clear if the orders of a session that comes are to go with it."""
    return command["cancels_on_disconnect"] in EITHER


def user_has_meaning(command) -> bool:
    """Whether a user is locked or not, and no limit is less than none."""
    limits = command["rate_max"], command["in_flight_max"]
    return command["is_locked"] in EITHER and min(limits) >= 0


def listing_has_meaning(command) -> bool:
    """Whether what a listing says in words is in the vocabulary, and when a trade is settled."""
    return (
        command["market"] in words(Market)
        and command["schedule"] in words(Schedule)
        and command["halts"] in words(HaltRule)
        and command["depository"] in words(Depository)
        and command["permission"] in words(Permission)
        and command["listed_currency"] in words(Currency)
        and command["settlement_days"] in EITHER
    )


def rules_have_meaning(command) -> bool:
    """Whether the words of rules are known; every instrument takes limit orders."""
    order_types, features = command["order_types"], command["features"]
    return (
        command["tie_break"] in words(TieBreak)
        and command["candidates"] in words(Candidates)
        and 1 <= order_types < 1 << len(OrderType)
        and order_types & 1 << OrderType.LIMIT != 0
        and 0 <= features <= sum(Feature)
    )


CHECKS = {
    CommandKind.CHANGE_USER: user_has_meaning,
    CommandKind.ENTER_ORDER: order_has_meaning,
    CommandKind.CANCEL_ORDER: cancel_has_meaning,
    CommandKind.REPLACE_ORDER: replace_has_meaning,
    CommandKind.CANCEL_ORDERS: filters_have_meaning,
    CommandKind.CHANGE_PHASE: phase_has_meaning,
    CommandKind.BLOCK_TRADING: block_has_meaning,
    CommandKind.CHANGE_HOLD: hold_has_meaning,
    CommandKind.OPEN_ACCOUNT: account_has_meaning,
    CommandKind.EDIT_ACCOUNT: account_has_meaning,
    CommandKind.CHANGE_STATUS: status_has_meaning,
    CommandKind.MOVE_FUNDS: funds_have_meaning,
    CommandKind.MOVE_SHARES: shares_have_meaning,
    CommandKind.LIMIT_ACCOUNT: limits_have_meaning,
    CommandKind.LIMIT_FUNDS: spending_has_meaning,
    CommandKind.CHANGE_LIST: list_has_meaning,
    CommandKind.CAPITALISE: currency_has_meaning,
    CommandKind.TRANSFER_CUSTODY: transfer_has_meaning,
    CommandKind.OPEN_DAY: day_has_meaning,
    CommandKind.ADMIT_SESSION: session_has_meaning,
    CommandKind.LIST_INSTRUMENT: listing_has_meaning,
    CommandKind.DEFINE_RULES: rules_have_meaning,
    CommandKind.DEFINE_INTEREST: currency_has_meaning,
    CommandKind.BRING_INTEREST: accrual_has_meaning,
    CommandKind.OPEN_SESSION: presence_has_meaning,
}

"""Whether the fields of a command hold what its kind knows."""

from engine.kernels.kernel import kernel
from protocol.bounds import (
    ACCRUED_MAX,
    COLLAR_MAX,
    COMMISSION_RATE_MAX,
    DUPLICATE_MAX,
    INTEREST_YEAR,
)
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

MARKETS = len(Market)
SCHEDULES = len(Schedule)
HALT_RULES = len(HaltRule)
CAUSES = len(HoldCause)
ORDER_TYPES = len(OrderType)
ALL_FEATURES = sum(Feature)
CHANNELS = len(Channel)
DEPOSITORIES = len(Depository)
PERMISSIONS = len(Permission)
CURRENCIES = len(Currency)
ACCOUNT_KINDS = len(AccountKind)
FUNDS_ENTRIES = len(FundsEntry)
SHARES_ENTRIES = len(SharesEntry)
GROUNDS = len(Grounds)
RATE_ACTIONS = len(RateAction)
LIST_MODES = len(ListMode)
ROLES = len(Role)
FEBRUARY = 2


@kernel
def is_well_formed(command):
    """Say whether every field holds something that its kind knows."""
    kind = command["kind"]
    if kind == CommandKind.ENTER_ORDER:
        return (
            (command["side"] == Side.BUY or command["side"] == Side.SELL)
            and 0 <= command["order_type"] < ORDER_TYPES
            and TimeInForce.DAY <= command["time_in_force"] <= TimeInForce.IMMEDIATE_OR_CANCEL
            and 0 <= command["post_only"] <= 1
            and 0 <= command["channel"] < CHANNELS
        )
    if kind == CommandKind.CANCEL_ORDER:
        return names_one_order(command) and command["reserved"] == 0
    if kind == CommandKind.REPLACE_ORDER:
        return 0 <= command["gives_up_place"] <= 1 and command["reserved"] == 0
    if kind == CommandKind.CANCEL_ORDERS:
        return are_filters(command)
    if kind == CommandKind.BLOCK_TRADING:
        return 0 <= command["lifts"] <= 1 and are_filters(command)
    if kind == CommandKind.CHANGE_PHASE:
        return is_phase_change(command)
    if kind == CommandKind.CHANGE_HOLD:
        return is_hold_change(command)
    if kind == CommandKind.OPEN_DAY:
        return (
            is_date(command["business_date"])
            and 0 <= command["with_accounts"] <= 1
            and 0 <= command["four_eyes"] < 1 << GROUNDS
        )
    if CommandKind.OPEN_ACCOUNT <= kind <= CommandKind.CHANGE_CODE:
        return is_of_account(command)
    if kind == CommandKind.ADMIT_SESSION:
        return (
            0 <= command["role"] < ROLES
            and SelfTrade.ALLOWED <= command["self_trade"] <= SelfTrade.CANCELS_BOTH
        )
    if kind == CommandKind.DEFINE_RULES:
        return are_rules(command)
    if kind == CommandKind.LIST_INSTRUMENT:
        return is_listing(command)
    if kind == CommandKind.DEFINE_INTEREST:
        return 0 <= command["currency"] < CURRENCIES
    if kind == CommandKind.BRING_INTEREST:
        return is_accrual(command)
    if kind == CommandKind.CHANGE_USER:
        return (
            0 <= command["is_locked"] <= 1
            and command["rate_max"] >= 0
            and command["in_flight_max"] >= 0
        )
    if kind == CommandKind.OPEN_SESSION:
        return 0 <= command["cancels_on_disconnect"] <= 1
    return (
        kind == CommandKind.CLOSE_DAY
        or kind == CommandKind.FIX_CLOSE
        or kind == CommandKind.DEFINE_FEES
        or kind == CommandKind.RELEASE_ORDER
        or kind == CommandKind.CLOSE_SESSION
    )


@kernel
def is_of_account(command):
    """Say whether a command about an account holds what its kind knows."""
    kind = command["kind"]
    if kind == CommandKind.OPEN_ACCOUNT or kind == CommandKind.EDIT_ACCOUNT:
        return (
            0 <= command["account_kind"] < ACCOUNT_KINDS
            and 0 <= command["channels"] < 1 << CHANNELS
            and 0 <= command["depositories"] < 1 << DEPOSITORIES
            and 0 <= command["permissions"] < 1 << PERMISSIONS
            and 0 <= command["commission_rate"] <= COMMISSION_RATE_MAX
            and command["commission_min"] >= 0
            and command["commission_min_foreign"] >= 0
            and 0 <= command["commission_includes"] <= 1
        )
    if kind == CommandKind.CHANGE_STATUS:
        return AccountStatus.NORMAL <= command["status"] <= AccountStatus.CLOSED
    if kind == CommandKind.MOVE_FUNDS:
        is_entry = 0 <= command["entry"] < FUNDS_ENTRIES and has_grounds(command)
        return is_entry and 0 <= command["currency"] < CURRENCIES
    if kind == CommandKind.MOVE_SHARES:
        return 0 <= command["entry"] < SHARES_ENTRIES and has_grounds(command)
    if kind == CommandKind.LIMIT_ACCOUNT:
        return are_limits(command)
    if kind == CommandKind.LIMIT_FUNDS:
        return 0 <= command["currency"] < CURRENCIES and command["spending_max"] >= 0
    if kind == CommandKind.CHANGE_LIST:
        return 0 <= command["is_listed"] <= 1
    if kind == CommandKind.CAPITALISE:
        return 0 <= command["currency"] < CURRENCIES
    if kind == CommandKind.TRANSFER_CUSTODY:
        return command["instrument"] != EVERY_INSTRUMENT or command["amount"] == 0
    return kind == CommandKind.CHANGE_CODE


@kernel
def is_listing(command):
    return (
        0 <= command["market"] < MARKETS
        and 0 <= command["schedule"] < SCHEDULES
        and 0 <= command["halts"] < HALT_RULES
        and 0 <= command["depository"] < DEPOSITORIES
        and 0 <= command["permission"] < PERMISSIONS
        and 0 <= command["listed_currency"] < CURRENCIES
        and 0 <= command["settlement_days"] <= 1
    )


@kernel
def has_grounds(command):
    return 0 <= command["grounds"] < GROUNDS


@kernel
def are_limits(command):
    return (
        command["order_value_max"] >= 0
        and command["open_orders_max"] >= 0
        and command["rate_max"] >= 0
        and command["requests_max"] >= 0
        and 0 <= command["rate_action"] < RATE_ACTIONS
        and 0 <= command["list_mode"] < LIST_MODES
        and 0 <= command["collar_bp"] <= COLLAR_MAX
        and 0 <= command["duplicate_ms"] <= DUPLICATE_MAX
    )


@kernel
def is_accrual(command):
    return (
        0 <= command["currency"] < CURRENCIES
        and 0 <= command["product"] <= ACCRUED_MAX
        and 0 <= command["accrued"] <= ACCRUED_MAX
        and 0 <= command["rest"] < INTEREST_YEAR
    )


@kernel
def names_one_order(command):
    """Say whether a cancel names its order one way at most, by number or by client_seq."""
    by_client_seq = command["of_client_seq"]
    return by_client_seq == 0 or (by_client_seq > 0 and command["order_number"] == 0)


@kernel
def is_phase_change(command):
    """Say whether a phase may begin so; HALTED and SUSPENDED come from holds alone."""
    of_all = command["instrument"] == EVERY_INSTRUMENT
    return (
        0 <= command["phase"] < Phase.HALTED
        and 0 <= command["schedules"] < 1 << SCHEDULES
        and (command["schedules"] == 0 or of_all)
    )


@kernel
def is_hold_change(command):
    """Say whether a hold may begin or end so; of volatility only the venue itself may speak."""
    cause = command["cause"]
    is_volatility = cause == HoldCause.VOLATILITY_FIRST or cause == HoldCause.VOLATILITY_SECOND
    return (
        Hold.NONE <= command["hold"] <= Hold.SUSPENDED
        and 0 <= cause < CAUSES
        and (command["session"] == 0 or not is_volatility)
    )


@kernel
def are_filters(command):
    return (
        0 <= command["any_side"] <= 1
        and (command["of_side"] == Side.BUY or command["of_side"] == Side.SELL)
        and command["account"] >= NONE
        and command["of_session"] >= NONE
        and command["of_branch"] >= NONE
        and command["reserved"] == 0
    )


@kernel
def are_rules(command):
    return (
        TieBreak.MIDDLE <= command["tie_break"] <= TieBreak.NEAREST_REFERENCE
        and Candidates.ORDER_PRICES <= command["candidates"] <= Candidates.ALL_TICKS
        and 0 < command["order_types"] < 1 << ORDER_TYPES
        and command["order_types"] & 1 == 1
        and 0 <= command["features"] <= ALL_FEATURES
    )


@kernel
def is_date(number):
    """Say whether a number like 20261120 names a day."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    return 1 <= year <= 9_999 and 1 <= month <= 12 and 1 <= day <= days_in(year, month)


@kernel
def days_in(year, month):
    if month == FEBRUARY:
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if is_leap else 28
    return 30 + (month + month // 8) % 2

"""What goes wrong in a random day: values that no field should have, and things refused."""

from protocol.vocabulary import (
    NONE,
    AccountStatus,
    Channel,
    Currency,
    Depository,
    FundsEntry,
    Grounds,
    HaltRule,
    Hold,
    HoldCause,
    ListMode,
    Permission,
    Phase,
    RateAction,
    Role,
    Schedule,
    SelfTrade,
)
from tests.commands import (
    EVERY_FEATURE,
    EVERY_TYPE,
    admit,
    define_fees,
    define_interest,
    define_rules,
    list_instrument,
)

BLUNDERS = {
    "kind": (0, 5, 15, *range(16, 44), 127, -1),
    "side": (2, -1, 127),
    "order_type": (-1, 0, 1, 6, 7, 8, 127),
    "time_in_force": (1, 2, -1),
    "minimum_quantity": (-100, 1, 100, 10_000, 2**31 - 1, -(2**31)),
    "post_only": (1, 2, -1),
    "channel": (len(Channel), -1, 127),
    "display_quantity": (-100, 1, 50, 100, 10_000, 2**31 - 1, -(2**31)),
    "trigger_price": (-100, 1, 55, 100, 2**31 - 1, -(2**31)),
    "gives_up_place": (2, -1, 127),
    "any_side": (2, -1),
    "of_side": (2, -1),
    "of_session": (-2, 0, 99, 2**31 - 1),
    "of_branch": (-2, 7),
    "of_client_seq": (-1, 1, 7, 2**31 - 1, -(2**31)),
    "lifts": (1, 2, -1),
    "reserved": (1, -(2**31)),
    "admitted": (-1, 0, 99, 2**31 - 1),
    "cancels_on_disconnect": (2, -1),
    "session": (-1, 0, 3, 7, 99, 2**31 - 1, -(2**31)),
    "client_seq": (-1, 0, 1),
    "account": (-1, 0, 120, 170, 301, 2**31 - 1),
    "quantity": (-100, 0, 1, 99, 150, 1_000, 100_000, 2**31 - 1, -(2**31)),
    "price": (-100, 0, 1, 55, 99, 100, 2**31 - 1, -(2**31)),
    "order_number": (-1, 0, 10**6, 2**62),
    "phase": (Phase.FIXED_PRICE, Phase.HALTED, Phase.SUSPENDED, len(Phase), -1, 127),
    "schedules": (-1, 1, 2, 4, 127),
    "hold": (len(Hold), -1, 127),
    "cause": (HoldCause.VOLATILITY_FIRST, len(HoldCause), -1, 127),
}
"""Values that fields take by mistake; not every one is wrong for every command."""

ACCOUNT_BLUNDERS = {
    "account_kind": (2, -1),
    "channels": (-1, 16, 127),
    "depositories": (-1, 32, 127),
    "permissions": (-1, 1 << len(Permission), 2**31 - 1),
    "commission_rate": (-1, 300_001, 2**31 - 1),
    "commission_min": (-1, 2**31 - 1),
    "commission_min_foreign": (-1, 2**31 - 1),
    "commission_includes": (-1, 2),
    "status": (0, len(AccountStatus), -1),
    "entry": (len(FundsEntry), len(FundsEntry) - 1, -1, 127),
    "currency": (len(Currency), -1),
    "grounds": (1, len(Grounds) - 1, len(Grounds), -1),
    "amount": (0, -1, -(2**63), 10**12 + 1, 10**16 + 1, 2**63 - 1),
    "cost": (-1, 10**16 + 1, -(10**16) - 1, -(2**63)),
    "reverses": (-1, 1, 100, 2**62),
    "open_orders_max": (-1, 1, -(2**31)),
    "order_value_max": (-1, 1, -(2**63)),
    "rate_max": (-1, 1, 2**31 - 1, -(2**31)),
    "requests_max": (-1, 1, 2**31 - 1, -(2**31)),
    "rate_action": (len(RateAction), -1, 127),
    "list_mode": (len(ListMode), -1, 127),
    "collar_bp": (-1, 10_000, 10_001, -(2**31)),
    "duplicate_ms": (-1, 3_600_000, 3_600_001, -(2**31)),
    "spending_max": (-1, 1, -(2**63)),
    "is_listed": (-1, 0, 2),
    "product": (-1, 10**18, 10**18 + 1, 2**63 - 1, -(2**63)),
    "accrued": (-1, 49, 50, 10**18, 10**18 + 1, -(2**63)),
    "rest": (-1, 36 * 10**9 - 1, 36 * 10**9, 2**63 - 1, -(2**63)),
    "interest_rate": (-1, 0, 10_000_000, 10_000_001, -(2**31)),
    "days": (0, 20, 21, -1, -(2**31)),
    "to_instrument": (-1, 0, 5, 2**31 - 1, -(2**31)),
}
"""Such values of the fields that only the commands of accounts have."""


def blunders(instruments: int) -> dict[str, tuple[int, ...]]:
    """Return BLUNDERS, and wrong numbers of instruments where there are so many."""
    numbers = (-2, -1, instruments, instruments + 1, 10_000, 2**31 - 1)
    return BLUNDERS | {"instrument": numbers}


def wrong_fees(schedules: int) -> list[dict]:
    """Return fees that are refused behind so many that are not."""
    wrong = (
        {"stamp_buy_rate": -1},
        {"stamp_sell_rate": 1_000_001},
        {"transfer_rate": -1},
        {"handling_rate": 1_000_001},
        {"regulatory_rate": 2**31 - 1},
        {"settlement_rate": -(2**31)},
        {"settlement_cap": -1},
    )
    numbers = (schedules + 1, 0, -1)
    return [
        *[define_fees(schedules, **fields) for fields in wrong],
        *[define_fees(number) for number in numbers],
    ]


def wrong_interest() -> list[dict]:
    """Return what money does not begin to earn."""
    return [
        define_interest(-1),
        define_interest(10_000_001),
        define_interest(35_000, days=0),
        define_interest(35_000, days=21),
        define_interest(35_000, currency=len(Currency)),
        define_interest(35_000, currency=-1),
    ]


def wrong_beginnings(sessions: int, instruments: int) -> list[dict]:
    """Return admissions, rules and listings that are refused behind so many that are not."""
    next_session = sessions + 1
    admissions = [
        admit(next_session + 4, 1, 2),
        admit(next_session, 1, 2, role=len(Role)),
        admit(next_session, 1, 2, self_trade=len(SelfTrade)),
    ]
    rules = (
        {"tie_break": -1},
        {"candidates": 2},
        {"tick": 0},
        {"quantity_step": 0},
        {"quantity_min": -1},
        {"quantity_max_market": 0},
        {"quantity_max_fixed": 0},
        {"order_types": 0},
        {"order_types": EVERY_TYPE - 1},
        {"order_types": EVERY_TYPE + 1},
        {"features": -1},
        {"features": EVERY_FEATURE + 1},
        {"cage_bp": -1},
        {"cage_ticks": -1},
    )
    listings = (
        {"market": -1},
        {"schedule": len(Schedule)},
        {"schedule": -1},
        {"halts": len(HaltRule)},
        {"halts": -1},
        {"depository": len(Depository)},
        {"depository": -1},
        {"permission": len(Permission)},
        {"permission": -1},
        {"listed_currency": len(Currency)},
        {"listed_currency": -1},
        {"settlement_days": 2},
        {"settlement_days": -1},
        {"previous_close": 0},
        {"upper_limit": 109_950},
        {"lower_limit": 110_100},
        {"lower_limit": -100},
        {"upper_limit": 90_000 + 100 * 2**18},
        {"rules": instruments},
        {"rules": NONE},
    )
    return [
        *admissions,
        *[define_rules(instruments, **fields) for fields in rules],
        *[list_instrument(instruments, **{"rules": 0} | fields) for fields in listings],
        define_rules(instruments + 1),
        define_rules(0),
        list_instrument(instruments + 1, rules=0),
        list_instrument(0),
    ]

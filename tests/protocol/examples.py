"""One of each message and one of each row, no two fields alike, for tests to write and read."""

from pathlib import Path

import numpy as np

from protocol.messages import (
    Accepted,
    AccountChanged,
    BlockChanged,
    BlockTrading,
    Canceled,
    CancelOrder,
    CancelOrders,
    ChangeHold,
    ChangePhase,
    ChangeStatus,
    CloseDay,
    CloseFixed,
    CommandBatch,
    DayEnded,
    EditAccount,
    EnterOrder,
    Expired,
    FundsMoved,
    Heartbeat,
    HoldChanged,
    LimitAccount,
    Login,
    LoginAccepted,
    LoginRejected,
    Logout,
    MoveFunds,
    MoveShares,
    OpenAccount,
    OrdersCanceled,
    PhaseChanged,
    ProtocolError,
    Rejected,
    Released,
    Replaced,
    ReplaceOrder,
    ReportBatch,
    SharesMoved,
    Traded,
)
from protocol.records import COMMAND, REPORT
from protocol.vocabulary import (
    AccountKind,
    AccountStatus,
    CancelReason,
    Candidates,
    Channel,
    CommandKind,
    Currency,
    Depository,
    Feature,
    FundsEntry,
    HaltRule,
    Hold,
    HoldCause,
    Liquidity,
    LoginReject,
    Market,
    OrderType,
    Permission,
    Phase,
    ProtocolFault,
    Reject,
    ReportKind,
    Role,
    Schedule,
    SelfTrade,
    SharesEntry,
    Side,
    TieBreak,
    TimeInForce,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "protocol"

SYMBOLS = ["600519.SH", "000001.SZ", "300750.SZ"]
NOON = 1_795_147_200_000_000_000
"""12:00:00 on 20 November 2026 in Shanghai."""

INBOUND = [
    Login("alice", "open sesame", 1, 20261120, 77, True),
    Logout("good night"),
    Heartbeat(),
    EnterOrder(
        12,
        1001,
        "000001.SZ",
        Side.SELL,
        118_400,
        300,
        OrderType.BEST_FIVE_THEN_LIMIT,
        TimeInForce.IMMEDIATE_OR_CANCEL,
        90,
        True,
        100,
        118_700,
        Channel.ONLINE,
    ),
    CancelOrder(13, 5_000_000_000, 200, 12),
    CommandBatch(bytes(range(64))),
    ChangePhase(14, Phase.CLOSING_CALL, "300750.SZ", 1 << Schedule.TRADES_TO_CLOSE),
    CloseDay(15),
    ReplaceOrder(16, 5_000_000_000, 118_600, 250, True),
    CancelOrders(17, "000001.SZ", 1001, 4, 9, Side.SELL),
    BlockTrading(18, "000001.SZ", 1001, 4, 9, Side.SELL, True),
    ChangeHold(19, Hold.SUSPENDED, "300750.SZ", HoldCause.NEWS),
    OpenAccount(
        20,
        1002,
        9,
        AccountKind.PROPRIETARY,
        1 << Channel.TELEPHONE,
        1 << Depository.SHENZHEN_A,
        1 << Permission.DELISTING,
        25_000,
        50_000,
        10_000,
        True,
    ),
    EditAccount(
        21,
        1002,
        9,
        AccountKind.PROPRIETARY,
        1 << Channel.ONLINE,
        1 << Depository.BEIJING,
        1 << Permission.RISK_WARNING,
        300_000,
        60_000,
        20_000,
        True,
    ),
    ChangeStatus(22, 1002, AccountStatus.FROZEN),
    MoveFunds(23, 1002, Currency.HKD, FundsEntry.TRANSFER_IN, 6_000_000_000, 498),
    MoveShares(24, 1002, "300750.SZ", SharesEntry.BONUS, 7_000_000_000, -8_000_000_000, 499),
    LimitAccount(25, 1002, 9_000_000_000, 40),
]
OUTBOUND = [
    LoginAccepted(3, 9, 1000, 1999, 20261120, 78, 11, 10, "sync", SYMBOLS),
    LoginRejected(LoginReject.ALREADY_LOGGED_IN, "log out there"),
    ProtocolError(ProtocolFault.MESSAGE_UNKNOWN, "no message has this tag"),
    Accepted(78, NOON, 12, 5_000_000_000, 1001, "000001.SZ", Side.SELL, 118_400, 300),
    Rejected(79, NOON, 13, Reject.PHASE_REFUSES_CANCEL, 5_000_000_000),
    Traded(
        80,
        NOON,
        12,
        5_000_000_000,
        21,
        1001,
        "000001.SZ",
        Side.SELL,
        118_500,
        200,
        100,
        Liquidity.RESTING,
    ),
    Canceled(
        81,
        NOON,
        12,
        13,
        5_000_000_000,
        1001,
        "000001.SZ",
        Side.SELL,
        60,
        40,
        CancelReason.REQUESTED,
    ),
    Expired(82, NOON, 12, 5_000_000_000, 1001, "000001.SZ", Side.SELL, 40),
    PhaseChanged(83, NOON, Phase.CLOSING_CALL, "300750.SZ", 1 << Schedule.TRADES_TO_CLOSE),
    DayEnded(84, NOON, 20261120),
    ReportBatch(85, bytes(range(64))),
    Replaced(86, NOON, 12, 16, 5_000_000_000, 1001, "000001.SZ", Side.SELL, 118_600, 250),
    OrdersCanceled(87, NOON, 17, 6),
    Released(88, NOON, 12, 5_000_000_000, 1001, "000001.SZ", Side.SELL, 118_300, 270),
    HoldChanged(89, NOON, Hold.HALTED, HoldCause.VOLATILITY_SECOND, "300750.SZ"),
    BlockChanged(90, NOON, 18, 7, True),
    CloseFixed(91, NOON, "300750.SZ", 3_712_800),
    AccountChanged(92, NOON, 22, 1002, AccountStatus.FROZEN),
    FundsMoved(93, NOON, 23, 1002, Currency.HKD, FundsEntry.TRANSFER_IN, 6_000_000_100, 500),
    SharesMoved(94, NOON, 24, 1002, "300750.SZ", SharesEntry.BONUS, 7_000_000_200, 500),
]

COMMANDS = {
    CommandKind.ENTER_ORDER: {
        "client_seq": 12,
        "side": Side.SELL,
        "order_type": OrderType.BEST_FIVE_THEN_LIMIT,
        "time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL,
        "instrument": 1,
        "minimum_quantity": 90,
        "post_only": 1,
        "account": 1001,
        "price": 118_400,
        "quantity": 300,
        "display_quantity": 100,
        "trigger_price": 118_700,
        "channel": Channel.ONLINE,
    },
    CommandKind.CANCEL_ORDER: {
        "client_seq": 13,
        "order_number": 5_000_000_000,
        "quantity": 200,
        "of_client_seq": 12,
    },
    CommandKind.REPLACE_ORDER: {
        "client_seq": 16,
        "gives_up_place": 1,
        "order_number": 5_000_000_000,
        "price": 118_600,
        "quantity": 250,
    },
    CommandKind.CANCEL_ORDERS: {
        "client_seq": 17,
        "any_side": 0,
        "of_side": Side.SELL,
        "instrument": 1,
        "of_session": 4,
        "of_branch": 9,
        "account": 1001,
    },
    CommandKind.CHANGE_PHASE: {
        "client_seq": 14,
        "phase": Phase.CLOSING_CALL,
        "schedules": 1 << Schedule.TRADES_TO_CLOSE,
        "instrument": 2,
    },
    CommandKind.CLOSE_DAY: {"client_seq": 15},
    CommandKind.BLOCK_TRADING: {
        "client_seq": 18,
        "any_side": 0,
        "of_side": Side.SELL,
        "lifts": 1,
        "instrument": 1,
        "of_session": 4,
        "of_branch": 9,
        "account": 1001,
    },
    CommandKind.CHANGE_HOLD: {
        "client_seq": 19,
        "hold": Hold.SUSPENDED,
        "cause": HoldCause.NEWS,
        "instrument": 2,
    },
    CommandKind.OPEN_ACCOUNT: {
        "client_seq": 20,
        "account": 1002,
        "branch": 9,
        "account_kind": AccountKind.PROPRIETARY,
        "channels": 1 << Channel.TELEPHONE,
        "depositories": 1 << Depository.SHENZHEN_A,
        "permissions": 1 << Permission.DELISTING,
        "commission_rate": 25_000,
        "commission_min": 50_000,
        "commission_min_foreign": 10_000,
        "commission_includes": 1,
    },
    CommandKind.EDIT_ACCOUNT: {
        "client_seq": 21,
        "account": 1002,
        "branch": 9,
        "account_kind": AccountKind.PROPRIETARY,
        "channels": 1 << Channel.ONLINE,
        "depositories": 1 << Depository.BEIJING,
        "permissions": 1 << Permission.RISK_WARNING,
        "commission_rate": 300_000,
        "commission_min": 60_000,
        "commission_min_foreign": 20_000,
        "commission_includes": 1,
    },
    CommandKind.CHANGE_STATUS: {
        "client_seq": 22,
        "account": 1002,
        "status": AccountStatus.FROZEN,
    },
    CommandKind.MOVE_FUNDS: {
        "client_seq": 23,
        "account": 1002,
        "currency": Currency.HKD,
        "entry": FundsEntry.TRANSFER_IN,
        "amount": 6_000_000_000,
        "reverses": 498,
    },
    CommandKind.MOVE_SHARES: {
        "client_seq": 24,
        "account": 1002,
        "instrument": 2,
        "entry": SharesEntry.BONUS,
        "amount": 7_000_000_000,
        "cost": -8_000_000_000,
        "reverses": 499,
    },
    CommandKind.LIMIT_ACCOUNT: {
        "client_seq": 25,
        "account": 1002,
        "order_value_max": 9_000_000_000,
        "open_orders_max": 40,
    },
    CommandKind.OPEN_DAY: {
        "with_accounts": 1,
        "business_date": 20261120,
        "orders_open_max": 200_000,
        "orders_day_max": 2_000_000,
    },
    CommandKind.ADMIT_SESSION: {
        "role": Role.OPERATOR,
        "self_trade": SelfTrade.CANCELS_BOTH,
        "admitted": 3,
        "branch": 9,
        "account_first": 1000,
        "account_last": 1999,
        "trading_unit_sse": b"20001",
        "trading_unit_szse": b"390001",
    },
    CommandKind.LIST_INSTRUMENT: {
        "market": Market.SZSE,
        "schedule": Schedule.TRADES_TO_CLOSE,
        "halts": HaltRule.FIRST_DAY_BOND,
        "instrument": 1,
        "code": b"000001",
        "previous_close": 118_000,
        "lower_limit": 106_200,
        "upper_limit": 129_800,
        "rules": 5,
        "depository": Depository.SHENZHEN_B,
        "permission": Permission.B_SHARES,
        "listed_currency": Currency.HKD,
        "settlement_days": 1,
        "fees": 6,
    },
    CommandKind.DEFINE_RULES: {
        "tie_break": TieBreak.NEAREST_REFERENCE,
        "candidates": Candidates.ALL_TICKS,
        "defined": 5,
        "tick": 100,
        "quantity_min": 200,
        "quantity_step": 300,
        "quantity_max": 1_000_000,
        "quantity_max_market": 500_000,
        "quantity_max_fixed": 900_000,
        "order_types": 0b11101111,
        "features": Feature.MINIMUM_QUANTITY + Feature.QUEUES_IN_GAP,
        "cage_bp": 250,
        "cage_ticks": 10,
    },
    CommandKind.FIX_CLOSE: {"instrument": 2, "price": 3_712_800},
    CommandKind.DEFINE_FEES: {
        "defined": 6,
        "stamp_buy_rate": 40_000,
        "stamp_sell_rate": 50_000,
        "transfer_rate": 1_000,
        "handling_rate": 3_410,
        "regulatory_rate": 2_000,
        "settlement_rate": 60_000,
        "settlement_cap": 5_000_000,
    },
}
"""What each kind of command says; `command` makes rows of it."""

ABOUT_ORDER = {
    "order_number": 5_000_000_000,
    "client_seq": 12,
    "account": 1001,
    "instrument": 1,
    "side": Side.SELL,
}
REPORTS = {
    ReportKind.ACCEPTED: ABOUT_ORDER
    | {"price": 118_400, "quantity": 300, "leaves": 300, "request_seq": 12},
    ReportKind.REJECTED: {
        "order_number": 5_000_000_000,
        "client_seq": 13,
        "request_seq": 13,
        "instrument": -1,
        "reason": Reject.PHASE_REFUSES_CANCEL,
    },
    ReportKind.TRADED: ABOUT_ORDER
    | {
        "trade_number": 21,
        "price": 118_500,
        "quantity": 200,
        "leaves": 100,
        "liquidity": Liquidity.RESTING,
    },
    ReportKind.CANCELED: ABOUT_ORDER
    | {
        "price": 118_400,
        "quantity": 60,
        "leaves": 40,
        "request_seq": 13,
        "reason": CancelReason.REQUESTED,
    },
    ReportKind.EXPIRED: ABOUT_ORDER | {"price": 118_400, "quantity": 40},
    ReportKind.PHASE_CHANGED: {
        "instrument": 2,
        "reason": Phase.CLOSING_CALL,
        "quantity": 1 << Schedule.TRADES_TO_CLOSE,
        "session": -1,
    },
    ReportKind.DAY_ENDED: {"instrument": -1, "quantity": 20261120, "session": -1},
    ReportKind.REPLACED: ABOUT_ORDER
    | {"price": 118_600, "quantity": 250, "leaves": 250, "request_seq": 16},
    ReportKind.ORDERS_CANCELED: {
        "client_seq": 17,
        "request_seq": 17,
        "instrument": -1,
        "quantity": 6,
    },
    ReportKind.RELEASED: ABOUT_ORDER | {"price": 118_300, "quantity": 270, "leaves": 270},
    ReportKind.HOLD_CHANGED: {
        "instrument": 2,
        "reason": Hold.HALTED,
        "quantity": HoldCause.VOLATILITY_SECOND,
        "session": -1,
    },
    ReportKind.BLOCK_CHANGED: {
        "client_seq": 18,
        "request_seq": 18,
        "instrument": -1,
        "quantity": 7,
        "reason": 1,
    },
    ReportKind.CLOSE_FIXED: {"instrument": 2, "price": 3_712_800, "session": -1},
    ReportKind.ACCOUNT_CHANGED: {
        "client_seq": 22,
        "request_seq": 22,
        "account": 1002,
        "instrument": -1,
        "reason": AccountStatus.FROZEN,
    },
    ReportKind.FUNDS_MOVED: {
        "order_number": 6_000_000_100,
        "client_seq": 23,
        "request_seq": 23,
        "account": 1002,
        "instrument": -1,
        "side": Currency.HKD,
        "reason": FundsEntry.TRANSFER_IN,
    },
    ReportKind.SHARES_MOVED: {
        "order_number": 7_000_000_200,
        "client_seq": 24,
        "request_seq": 24,
        "account": 1002,
        "instrument": 2,
        "reason": SharesEntry.BONUS,
    },
}
"""What each kind of report says; `report` makes rows of it."""


def command(kind: CommandKind) -> np.ndarray:
    """Return the example of a kind of command as one COMMAND row of session 3, not stamped."""
    return row_of(COMMAND, {"session": 3, "kind": kind} | COMMANDS[kind])


def report(kind: ReportKind) -> np.ndarray:
    """Return the example of a kind of report as one REPORT row for session 3."""
    return row_of(
        REPORT, {"sequence": 500, "time": NOON, "session": 3, "kind": kind} | REPORTS[kind]
    )


def row_of(form: np.dtype, fields: dict) -> np.ndarray:
    row = np.zeros(1, form)
    for name, value in fields.items():
        row[name] = value
    return row


def golden(name: str) -> dict[str, bytes]:
    """Return the frozen bytes of a file, by the name before them."""
    lines = (GOLDEN / name).read_text(encoding="ascii").splitlines()
    return {
        key: bytes.fromhex(digits) for key, _, digits in (line.partition(" ") for line in lines)
    }

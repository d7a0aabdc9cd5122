"""Rejects of a day with accounts by descending precedence, like those of test_rejects.py.

The scene: session 1 may trade for the accounts 1 to 9, session 2 is an operator.  Instruments 0 to
2 are traded continuously; account 1 may not trade instrument 1, which needs a permission, nor
instrument 2, which is another depository's, and only comes to the counter.  It has money for 100
shares and 150 shares of instrument 0, and rests with order 1, a buy of 100 more.  Account 2 is
frozen, 3 is closed, 4 may have one open order and has order 2, 5 has reported a loss, 6 may not
enter an order worth more than 1000.00, 7 has money, but no shares, 9 was never opened.
"""

import pytest

from protocol.vocabulary import (
    EVERY_ACCOUNT,
    AccountStatus,
    Channel,
    CommandKind,
    Depository,
    FundsEntry,
    Grounds,
    ListMode,
    Market,
    OrderType,
    Permission,
    Phase,
    RateAction,
    Reject,
    Role,
    SharesEntry,
    Side,
)
from tests.commands import (
    EVERY_DEPOSITORY,
    EVERY_FEATURE,
    EVERY_TYPE,
    admit,
    bits_of,
    block_trading,
    bring_interest,
    capitalise,
    change_code,
    change_list,
    change_phase,
    change_status,
    change_user,
    close_day,
    define_fees,
    define_interest,
    edit_account,
    enter,
    journal,
    limit_account,
    limit_funds,
    list_instrument,
    listing,
    move_funds,
    move_shares,
    open_account,
    open_day,
    release_order,
    replace,
    transfer_custody,
)
from tests.engine.conftest import SMALL
from tests.engine.test_rejects import ROWS, Row, reasons

ROOM = SMALL._replace(orders_open=4, accounts=10, holdings=4, movements=10, lists=1)
FIVE = OrderType.BEST_FIVE_THEN_CANCEL
OPENING = [
    admit(1, 1, 9),
    admit(2, 1, 20, Role.OPERATOR),
    define_fees(0),
    *listing(0, order_types=EVERY_TYPE, features=EVERY_FEATURE),
    *listing(1, permission=Permission.STAR),
    *listing(2, market=Market.SZSE, depository=Depository.SHENZHEN_A),
    change_phase(Phase.CONTINUOUS),
]
SCENE = [
    open_day(with_accounts=1),
    *OPENING,
    open_account(
        1,
        channels=bits_of([Channel.COUNTER]),
        permissions=bits_of([Permission.ORDINARY]),
        depositories=bits_of([Depository.SHANGHAI_A]),
    ),
    open_account(2, depositories=EVERY_DEPOSITORY - 1),
    *[open_account(number) for number in (3, 4, 5, 6, 7)],
    change_status(2, AccountStatus.FROZEN),
    change_status(3, AccountStatus.CLOSED),
    change_status(5, AccountStatus.LOSS_REPORTED),
    move_funds(1, 20_000_000),
    move_shares(1, 150),
    move_funds(4, 9_500_000),
    move_funds(7, 10_000_000),
    enter(Side.BUY, 100, 95_000, account=1),
    enter(Side.BUY, 100, 95_000, account=4),
    limit_account(4, open_orders_max=1),
    limit_account(6, order_value_max=10_000_000),
]
"""Holdings: of 1 and 4 in instrument 0, so that two more are left."""

OFF = [open_day(), *OPENING]
CLOSED = [*SCENE, close_day()]
BLOCKED = [*SCENE, block_trading(account=1)]
STOPPED = [
    *SCENE,
    change_phase(Phase.BREAK),
    block_trading(),
    change_phase(Phase.CONTINUOUS),
    change_status(1, AccountStatus.LOSS_REPORTED),
]
"""The block has come too late for the orders."""

WAITING = [
    *SCENE,
    enter(Side.BUY, 100, 105_000, account=1, trigger_price=105_000),
    change_status(1, AccountStatus.FROZEN),
]
"""The stop is order 3."""

LIMITED = [*SCENE, limit_account(1, order_value_max=10_000_000)]
LIMITED_MORE = [*SCENE, limit_account(1, order_value_max=45_000_000)]
HOLDINGS_FULL = [*SCENE, *[move_shares(6, 100, instrument=number) for number in (0, 1)]]
LEDGER_FULL = [*SCENE, *[move_funds(1, 1, FundsEntry.FREEZE_DAY)] * 6]
FULL = [
    *HOLDINGS_FULL,
    enter(Side.SELL, 100, 110_000, account=1),
    enter(Side.SELL, 100, 100_000, account=6),
]
LIMITED_FULL = [*FULL, limit_account(1, order_value_max=20_000_000)]
REFUSES = {"rate_max": 1, "rate_action": RateAction.REFUSE}
RATED = [*SCENE, limit_account(1, **REFUSES), change_status(4, AccountStatus.FROZEN)]
"""In its second account 1 has entered an order already."""

RATED_WAITING = [*WAITING, limit_account(1, **REFUSES)]
LISTED = [*SCENE, limit_account(1, list_mode=ListMode.PERMITS)]
LISTED_BLOCKED = [*LISTED, block_trading()]
COLLARED = [*SCENE, limit_account(1, order_value_max=20_200_000, collar_bp=50)]
COLLARED_POOR = [*COLLARED, limit_funds(1, 1)]
POOR = [*SCENE, limit_funds(1, 25_000_000)]
ONCE = {"duplicate_ms": 3_600_000}
COLLARED_ONCE = [
    *SCENE,
    move_funds(7, 10_000_000),
    *[limit_account(number, **ONCE) for number in (1, 7)],
    *[enter(Side.BUY, 100, 101_000, account=number) for number in (1, 7)],
    limit_account(1, collar_bp=50, **ONCE),
]
"""1 and 7 have orders that are not to be repeated; that of 1 is outside its collar now."""

POOR_ONCE = [
    *SCENE,
    limit_account(1, **ONCE),
    enter(Side.BUY, 100, 100_000, account=1),
    limit_funds(1, 1),
]
SOLD_ONCE = [*SCENE, limit_account(1, **ONCE), enter(Side.SELL, 100, 110_000, account=1)]
LISTS_FULL = [*SCENE, change_list(7)]
EARNING = [
    *SCENE,
    open_account(8),
    *[bring_interest(number, 10**18) for number in (1, 2, 4, 5, 6, 7)],
]
"""Altogether they have earned more than can be paid, and 8 has earned nothing."""

EARNING_FULL = [*EARNING, *LEDGER_FULL[-6:]]

BUY = enter(Side.BUY, 100, 100_000, session=1, client_seq=6, account=1)
SELL = BUY | {"side": Side.SELL}
BY_OPERATOR = {"session": 2, "client_seq": 6}
OPEN = open_account(8, **BY_OPERATOR)
EDIT = edit_account(7, **BY_OPERATOR)
STATUS = change_status(7, **BY_OPERATOR)
LIMIT = limit_account(7, **BY_OPERATOR)
FUNDS = move_funds(7, 1_000, **BY_OPERATOR)
SHARES = move_shares(7, 100, **BY_OPERATOR)
SPEND = limit_funds(7, 1_000, **BY_OPERATOR)
LIST = change_list(7, **BY_OPERATOR)
PAY = capitalise(7, **BY_OPERATOR)
TRANSFER = transfer_custody(1, **BY_OPERATOR)
CODE = change_code(0, 1, **BY_OPERATOR)
OF_ACCOUNT = (OPEN, EDIT, STATUS, LIMIT, FUNDS, SHARES, SPEND, LIST, PAY, TRANSFER)
COMMANDS = (*OF_ACCOUNT, CODE)
WITHDRAW = FUNDS | {"entry": FundsEntry.WITHDRAW}
SHARES_OUT = SHARES | {"entry": SharesEntry.SHARES_OUT}
MUCH = 10**16
MANY = 10**12

OF_ORDERS = [
    Row(
        Reject.MALFORMED,
        Reject.UNKNOWN_SESSION,
        BUY | {"channel": len(Channel), "session": 3},
        {"channel": Channel.ONLINE},
    ),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.UNKNOWN_ACCOUNT,
        BUY | {"instrument": 3, "account": 9},
        {"instrument": 0},
    ),
    Row(
        Reject.ACCOUNT_NOT_ADMITTED,
        Reject.UNKNOWN_ACCOUNT,
        BUY | {"account": 10},
        {"account": 9},
    ),
    *[
        Row(
            Reject.UNKNOWN_ACCOUNT,
            Reject.ACCOUNT_NOT_NORMAL,
            BUY | {"account": account},
            {"account": 2},
        )
        for account in (3, 9)
    ],
    Row(
        Reject.UNKNOWN_ACCOUNT,
        Reject.RATE_EXCEEDED,
        BUY | {"account": 9},
        {"account": 1},
        RATED,
    ),
    Row(
        Reject.RATE_EXCEEDED,
        Reject.ACCOUNT_NOT_NORMAL,
        BUY,
        {"account": 2},
        RATED,
    ),
    *[
        Row(
            Reject.ACCOUNT_NOT_NORMAL,
            Reject.CHANNEL_NOT_PERMITTED,
            BUY | {"account": account, "channel": Channel.TELEPHONE},
            {"account": 1},
        )
        for account in (2, 5)
    ],
    *[
        Row(
            Reject.CHANNEL_NOT_PERMITTED,
            Reject.BOARD_NOT_PERMITTED,
            BUY | {"channel": Channel.ONLINE, "instrument": instrument},
            {"channel": Channel.COUNTER},
        )
        for instrument in (1, 2)
    ],
    *[
        Row(
            Reject.BOARD_NOT_PERMITTED,
            Reject.TRADING_BLOCKED,
            BUY | {"instrument": instrument},
            {"instrument": 0},
            BLOCKED,
        )
        for instrument in (1, 2)
    ],
    Row(
        Reject.BOARD_NOT_PERMITTED,
        Reject.INSTRUMENT_NOT_PERMITTED,
        BUY | {"instrument": 1},
        {"instrument": 0},
        LISTED,
    ),
    Row(
        Reject.INSTRUMENT_NOT_PERMITTED,
        Reject.TRADING_BLOCKED,
        BUY,
        {"account": 7},
        LISTED_BLOCKED,
    ),
    *[
        Row(
            Reject.QUANTITY_NOT_IN_LOTS,
            Reject.PRICE_NOT_POSITIVE,
            SELL | {"quantity": wrong, "price": 0},
            {"quantity": right},
        )
        for wrong, right in ((1, 50), (120, 100), (149, 150), (151, 250))
    ],
    Row(
        Reject.QUANTITY_NOT_IN_LOTS,
        Reject.INSUFFICIENT_FUNDS,
        BUY | {"quantity": 250},
        {"quantity": 200},
    ),
    Row(
        Reject.QUANTITY_NOT_IN_LOTS,
        Reject.INSUFFICIENT_SHARES,
        SELL | {"quantity": 220},
        {"quantity": 250},
    ),
    Row(
        Reject.QUANTITY_NOT_IN_LOTS,
        Reject.INSUFFICIENT_SHARES,
        SELL | {"account": 7, "quantity": 50},
        {"quantity": 100},
    ),
    Row(
        Reject.WOULD_TRADE,
        Reject.TOO_MANY_OPEN_ORDERS,
        SELL | {"account": 4, "price": 95_000, "post_only": 1},
        {"price": 95_100},
    ),
    Row(
        Reject.TOO_MANY_OPEN_ORDERS,
        Reject.ORDER_VALUE_TOO_LARGE,
        BUY | {"account": 4, "price": 100_100},
        {"account": 6},
    ),
    Row(
        Reject.TOO_MANY_OPEN_ORDERS,
        Reject.INSUFFICIENT_SHARES,
        SELL | {"account": 4},
        {"account": 7},
    ),
    Row(
        Reject.ORDER_VALUE_TOO_LARGE,
        Reject.INSUFFICIENT_FUNDS,
        BUY | {"account": 6, "price": 100_100},
        {"price": 100_000},
    ),
    Row(
        Reject.ORDER_VALUE_TOO_LARGE,
        Reject.INSUFFICIENT_FUNDS,
        BUY | {"account": 6, "price": 0, "order_type": FIVE},
        {"price": 100_000},
    ),
    Row(
        Reject.ORDER_VALUE_TOO_LARGE,
        Reject.INSUFFICIENT_SHARES,
        SELL | {"account": 6, "price": 0, "order_type": FIVE, "quantity": 200},
        {"quantity": 100},
    ),
    Row(
        Reject.ORDER_VALUE_TOO_LARGE,
        Reject.PRICE_OUTSIDE_COLLAR,
        BUY | {"quantity": 300, "price": 101_000},
        {"quantity": 200},
        COLLARED,
    ),
    Row(
        Reject.PRICE_OUTSIDE_COLLAR,
        Reject.DUPLICATE_ORDER,
        BUY | {"price": 101_000},
        {"account": 7},
        COLLARED_ONCE,
    ),
    Row(
        Reject.DUPLICATE_ORDER,
        Reject.SPENDING_TOO_LARGE,
        BUY,
        {"price": 99_900},
        POOR_ONCE,
    ),
    Row(
        Reject.DUPLICATE_ORDER,
        Reject.INSUFFICIENT_SHARES,
        SELL | {"price": 110_000},
        {"price": 109_900},
        SOLD_ONCE,
    ),
    Row(
        Reject.SPENDING_TOO_LARGE,
        Reject.INSUFFICIENT_FUNDS,
        BUY | {"quantity": 200},
        {"quantity": 100, "price": 110_000},
        POOR,
    ),
    Row(
        Reject.INSUFFICIENT_FUNDS,
        Reject.HOLDINGS_EXHAUSTED,
        BUY | {"account": 7, "price": 100_100},
        {"price": 100_000},
        HOLDINGS_FULL,
    ),
    Row(
        Reject.HOLDINGS_EXHAUSTED,
        Reject.ORDERS_EXHAUSTED,
        BUY | {"account": 7},
        {"account": 1},
        FULL,
    ),
    Row(
        Reject.INSUFFICIENT_FUNDS,
        Reject.ORDERS_EXHAUSTED,
        BUY | {"price": 105_100},
        {"price": 105_000},
        FULL,
    ),
    Row(
        Reject.INSUFFICIENT_SHARES,
        Reject.ORDERS_EXHAUSTED,
        SELL,
        {"quantity": 50},
        FULL,
    ),
    Row(
        Reject.QUANTITY_NOT_IN_LOTS,
        Reject.INSUFFICIENT_FUNDS,
        replace(1, 250, 95_000, session=1, client_seq=6),
        {"quantity": 300},
    ),
    Row(
        Reject.PRICE_OUTSIDE_LIMITS,
        Reject.INSUFFICIENT_FUNDS,
        replace(1, 200, 110_100, session=1, client_seq=6),
        {"price": 100_100},
    ),
    Row(
        Reject.ORDER_WAITS,
        Reject.RATE_EXCEEDED,
        replace(3, 100, 95_000, session=1, client_seq=6),
        {"order_number": 1},
        RATED_WAITING,
    ),
    Row(
        Reject.RATE_EXCEEDED,
        Reject.ACCOUNT_NOT_NORMAL,
        replace(1, 100, 95_000, session=1, client_seq=6),
        {"order_number": 2},
        RATED,
    ),
    Row(
        Reject.ORDER_WAITS,
        Reject.ACCOUNT_NOT_NORMAL,
        replace(3, 100, 95_000, session=1, client_seq=6),
        {"order_number": 1},
        WAITING,
    ),
    Row(
        Reject.ACCOUNT_NOT_NORMAL,
        Reject.TRADING_BLOCKED,
        replace(1, 100, 95_000, session=1, client_seq=6),
        {"order_number": 2},
        STOPPED,
    ),
    Row(
        Reject.PRICE_OUTSIDE_LIMITS,
        Reject.ORDER_VALUE_TOO_LARGE,
        replace(1, 200, 110_100, session=1, client_seq=6),
        {"price": 100_000},
        LIMITED,
    ),
    Row(
        Reject.ORDER_VALUE_TOO_LARGE,
        Reject.PRICE_OUTSIDE_COLLAR,
        replace(1, 300, 101_000, session=1, client_seq=6),
        {"quantity": 200},
        COLLARED,
    ),
    Row(
        Reject.PRICE_OUTSIDE_COLLAR,
        Reject.SPENDING_TOO_LARGE,
        replace(1, 100, 101_000, session=1, client_seq=6),
        {"price": 100_000},
        COLLARED_POOR,
    ),
    Row(
        Reject.SPENDING_TOO_LARGE,
        Reject.INSUFFICIENT_FUNDS,
        replace(1, 300, 100_000, session=1, client_seq=6),
        {"quantity": 200, "price": 110_000},
        POOR,
    ),
    Row(
        Reject.ORDER_VALUE_TOO_LARGE,
        Reject.INSUFFICIENT_FUNDS,
        replace(1, 500, 90_100, session=1, client_seq=6),
        {"price": 90_000},
        LIMITED_MORE,
    ),
    Row(
        Reject.ORDER_VALUE_TOO_LARGE,
        Reject.INSUFFICIENT_SHARES,
        replace(3, 200, 100_100, session=1, client_seq=6),
        {"price": 100_000},
        LIMITED_FULL,
    ),
    Row(
        Reject.PRICE_OUTSIDE_LIMITS,
        Reject.INSUFFICIENT_SHARES,
        replace(3, 200, 110_100, session=1, client_seq=6),
        {"price": 110_000},
        FULL,
    ),
]
OF_ACCOUNTS = [
    *[
        Row(Reject.DAY_NOT_OPEN, Reject.UNKNOWN_ACCOUNT, row | {"account": 10}, {}, CLOSED)
        for row in (*OF_ACCOUNT, bring_interest(10, 1))
    ],
    *[
        Row(Reject.ACCOUNTS_ARE_OFF, Reject.UNKNOWN_ACCOUNT, row | {"account": -2}, {}, OFF)
        for row in (*OF_ACCOUNT, bring_interest(10, 1))
    ],
    *[
        Row(reason, Reject.UNKNOWN_INSTRUMENT, CODE | {"to_instrument": 3}, {}, scene)
        for reason, scene in ((Reject.DAY_NOT_OPEN, CLOSED), (Reject.ACCOUNTS_ARE_OFF, OFF))
    ],
    *[
        Row(
            Reject.COMMAND_NOT_PERMITTED,
            Reject.ACCOUNTS_ARE_OFF,
            row | {"session": 1},
            {"session": 2},
            OFF,
        )
        for row in COMMANDS
    ],
    *[
        Row(
            Reject.CLIENT_SEQ_NOT_INCREASING,
            Reject.ACCOUNTS_ARE_OFF,
            row | {"client_seq": 0},
            {"client_seq": 6},
            OFF,
        )
        for row in COMMANDS
    ],
    *[
        Row(Reject.MALFORMED, Reject.COMMAND_NOT_PERMITTED, row | wrong | {"session": 1}, right)
        for row, wrong, right in (
            (OPEN, {"channels": 16}, {"channels": 15}),
            (EDIT, {"commission_rate": 300_001}, {"commission_rate": 300_000}),
            (EDIT, {"commission_min": -1}, {"commission_min": 0}),
            (STATUS, {"status": AccountStatus.NONE}, {"status": AccountStatus.CLOSED}),
            (LIMIT, {"order_value_max": -1}, {"order_value_max": 0}),
            (LIMIT, {"open_orders_max": -1}, {"open_orders_max": 0}),
            (LIMIT, {"rate_action": 3}, {"rate_action": RateAction.REFUSE}),
            (LIMIT, {"collar_bp": 10_001}, {"collar_bp": 10_000}),
            (SPEND, {"spending_max": -1}, {"spending_max": 0}),
            (LIST, {"is_listed": 2}, {"is_listed": 1}),
            (PAY, {"currency": 3}, {"currency": 2}),
            (TRANSFER, {"amount": 1}, {"amount": 0}),
            (FUNDS, {"entry": len(FundsEntry)}, {"entry": FundsEntry.INTEREST_TAX}),
            (FUNDS, {"currency": 3}, {"currency": 2}),
            (SHARES, {"entry": len(SharesEntry)}, {"entry": SharesEntry.CODE_CHANGE_IN}),
        )
    ],
    Row(Reject.UNKNOWN_ACCOUNT, Reject.ACCOUNT_EXISTS, OPEN | {"account": 10}, {"account": 3}),
    Row(Reject.UNKNOWN_ACCOUNT, Reject.ACCOUNT_HAS_ORDERS, EDIT | {"account": 3}, {"account": 4}),
    Row(
        Reject.UNKNOWN_ACCOUNT,
        Reject.ACCOUNT_NOT_EMPTY,
        STATUS | {"account": 3, "status": AccountStatus.CLOSED},
        {"account": 7},
    ),
    Row(
        Reject.UNKNOWN_ACCOUNT,
        Reject.ACCOUNT_NOT_NORMAL,
        WITHDRAW | {"account": 9, "amount": 0},
        {"account": 2},
    ),
    Row(
        Reject.ACCOUNT_NOT_NORMAL,
        Reject.AMOUNT_NOT_POSITIVE,
        WITHDRAW | {"account": 2, "amount": 0},
        {"entry": FundsEntry.FREEZE_LONG},
    ),
    Row(
        Reject.ACCOUNT_NOT_NORMAL,
        Reject.NOTHING_TO_REVERSE,
        WITHDRAW | {"account": 2},
        {"reverses": 99},
    ),
    Row(
        Reject.ACCOUNT_NOT_NORMAL,
        Reject.AMOUNT_TOO_LARGE,
        WITHDRAW | {"account": 5, "amount": MUCH + 1},
        {"account": 7},
    ),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.UNKNOWN_ACCOUNT,
        SHARES | {"account": 3, "instrument": 3},
        {"instrument": 0},
    ),
    Row(
        Reject.UNKNOWN_ACCOUNT,
        Reject.AMOUNT_NOT_POSITIVE,
        SHARES | {"account": 9, "amount": 0},
        {"account": 2},
    ),
    Row(
        Reject.AMOUNT_NOT_POSITIVE,
        Reject.AMOUNT_TOO_LARGE,
        SHARES | {"amount": 0, "cost": -MUCH - 1},
        {"amount": MANY},
    ),
    *[
        Row(
            Reject.AMOUNT_NOT_POSITIVE,
            Reject.NOTHING_TO_REVERSE,
            row | {"amount": 0, "reverses": 99},
            {"amount": 1},
        )
        for row in (FUNDS, SHARES)
    ],
    *[
        Row(
            Reject.AMOUNT_TOO_LARGE,
            Reject.NOTHING_TO_REVERSE,
            row | {"amount": most + 1, "reverses": -1},
            {"amount": most},
        )
        for row, most in ((FUNDS, MUCH), (SHARES, MANY))
    ],
    *[
        Row(
            Reject.NOTHING_TO_REVERSE,
            Reject.LEDGER_EXHAUSTED,
            row | {"reverses": 99},
            {"reverses": 0},
            LEDGER_FULL,
        )
        for row in (FUNDS, SHARES)
    ],
    *[
        Row(
            Reject.UNKNOWN_INSTRUMENT,
            Reject.UNKNOWN_ACCOUNT,
            row | {"account": 3, "instrument": 3},
            {"instrument": 0},
        )
        for row in (LIST, TRANSFER)
    ],
    Row(
        Reject.UNKNOWN_ACCOUNT,
        Reject.LISTS_EXHAUSTED,
        LIST | {"account": 3},
        {"account": 6},
        LISTS_FULL,
    ),
    Row(Reject.UNKNOWN_ACCOUNT, Reject.AMOUNT_NOT_POSITIVE, PAY | {"account": 3}, {"account": 7}),
    Row(
        Reject.AMOUNT_NOT_POSITIVE,
        Reject.AMOUNT_TOO_LARGE,
        PAY | {"account": 8},
        {"account": EVERY_ACCOUNT},
        EARNING,
    ),
    Row(
        Reject.AMOUNT_TOO_LARGE,
        Reject.LEDGER_EXHAUSTED,
        PAY | {"account": EVERY_ACCOUNT},
        {"account": 7},
        EARNING_FULL,
    ),
    Row(
        Reject.UNKNOWN_ACCOUNT,
        Reject.ACCOUNT_NOT_NORMAL,
        TRANSFER | {"account": 9},
        {"account": 2},
    ),
    Row(
        Reject.ACCOUNT_NOT_NORMAL,
        Reject.CUSTODY_NOT_TRANSFERABLE,
        TRANSFER | {"account": 5, "instrument": 0},
        {"account": 1},
    ),
    Row(
        Reject.CUSTODY_NOT_TRANSFERABLE,
        Reject.AMOUNT_NOT_POSITIVE,
        TRANSFER | {"instrument": 0, "amount": -1},
        {"instrument": 2},
    ),
    *[
        Row(
            reason,
            Reject.LEDGER_EXHAUSTED,
            TRANSFER | {"instrument": 2, "amount": wrong},
            {"amount": right},
            LEDGER_FULL,
        )
        for reason, wrong, right in (
            (Reject.AMOUNT_NOT_POSITIVE, -1, 0),
            (Reject.AMOUNT_TOO_LARGE, MANY + 1, MANY),
        )
    ],
    Row(
        Reject.LEDGER_EXHAUSTED,
        Reject.INSUFFICIENT_SHARES,
        TRANSFER | {"instrument": 2},
        {},
        LEDGER_FULL,
    ),
    Row(
        Reject.UNKNOWN_INSTRUMENT,
        Reject.CUSTODY_NOT_TRANSFERABLE,
        CODE | {"to_instrument": 0},
        {"to_instrument": 2},
    ),
    Row(
        Reject.CUSTODY_NOT_TRANSFERABLE,
        Reject.LEDGER_EXHAUSTED,
        CODE | {"to_instrument": 2},
        {"to_instrument": 1},
        LEDGER_FULL,
    ),
    Row(Reject.HOLDINGS_EXHAUSTED, Reject.ORDERS_ARE_OPEN, CODE, {}, HOLDINGS_FULL),
    Row(
        Reject.LEDGER_EXHAUSTED,
        Reject.INSUFFICIENT_FUNDS,
        WITHDRAW | {"amount": MUCH},
        {},
        LEDGER_FULL,
    ),
    Row(
        Reject.LEDGER_EXHAUSTED,
        Reject.INSUFFICIENT_SHARES,
        SHARES_OUT | {"amount": MANY},
        {},
        LEDGER_FULL,
    ),
    Row(
        Reject.INSUFFICIENT_SHARES,
        Reject.HOLDINGS_EXHAUSTED,
        SHARES_OUT,
        {"entry": SharesEntry.CUSTODY_IN},
        HOLDINGS_FULL,
    ),
]
OF_LISTINGS = [
    Row(
        Reject.MALFORMED,
        Reject.LISTING_OUT_OF_BOUNDS,
        list_instrument(9, settlement_days=2),
        {"settlement_days": 1},
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.LISTING_OUT_OF_BOUNDS,
        define_fees(2, **BY_OPERATOR),
        {"session": 0},
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.LISTING_OUT_OF_BOUNDS,
        define_interest(0, days=0, **BY_OPERATOR),
        {"session": 0},
    ),
    Row(
        Reject.MALFORMED,
        Reject.LISTING_OUT_OF_BOUNDS,
        define_interest(-1, currency=3),
        {"currency": 2},
    ),
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.DAY_NOT_OPEN,
        release_order(1, **BY_OPERATOR),
        {"session": 0},
        CLOSED,
    ),
]
LOCKED = [*SCENE, change_user(2, 1)]
FOUR_EYES = [open_day(with_accounts=1, four_eyes=1 << Grounds.CORRECTION), *SCENE[1:]]
OF_PEOPLE = [
    Row(
        Reject.COMMAND_NOT_PERMITTED,
        Reject.USER_LOCKED,
        define_fees(1) | BY_OPERATOR,
        {"kind": CommandKind.CHANGE_PHASE, "phase": Phase.BREAK},
        LOCKED,
    ),
    Row(
        Reject.USER_LOCKED,
        Reject.CLIENT_SEQ_NOT_INCREASING,
        change_phase(Phase.BREAK, session=2, client_seq=0),
        {},
        LOCKED,
    ),
    Row(
        Reject.INSUFFICIENT_FUNDS,
        Reject.AWAITS_SECOND_PERSON,
        move_funds(1, 10**12, FundsEntry.WITHDRAW, grounds=Grounds.CORRECTION) | BY_OPERATOR,
        {"amount": 1},
        FOUR_EYES,
    ),
]
ACCOUNT_ROWS = [*OF_ORDERS, *OF_ACCOUNTS, *OF_LISTINGS, *OF_PEOPLE]


@pytest.mark.parametrize(
    "row", ACCOUNT_ROWS, ids=lambda row: f"{row.earlier.name}-{row.later.name}"
)
def test_earlier_reason_wins_where_there_are_accounts(new_venue, row):
    scene = SCENE if row.scene is Row._field_defaults["scene"] else row.scene
    other = scene if row.mended else SCENE
    assert reasons(new_venue(ROOM), scene, row.command) == [row.earlier]
    assert reasons(new_venue(ROOM), other, row.command | row.mended) == [row.later]


def test_every_reason_is_among_the_earlier_or_the_later():
    named = {reason for row in [*ROWS, *ACCOUNT_ROWS] for reason in (row.earlier, row.later)}
    assert named == set(Reject) - {Reject.NOTHING}


@pytest.mark.parametrize("command", [SHARES, CODE], ids=["shares", "code"])
def test_ledger_is_exhausted_before_holdings(new_venue, command):
    full = [*HOLDINGS_FULL, *LEDGER_FULL[-4:]]
    assert reasons(new_venue(ROOM), full, command) == [Reject.LEDGER_EXHAUSTED]
    assert reasons(new_venue(ROOM), HOLDINGS_FULL, command) == [Reject.HOLDINGS_EXHAUSTED]


@pytest.mark.parametrize(
    "command",
    [
        list_instrument(3, rules=0, fees=1),
        list_instrument(3, rules=0, fees=-1),
        define_fees(2),
        define_fees(0),
        define_fees(1, stamp_buy_rate=-1),
        define_fees(1, settlement_rate=1_000_001),
        define_fees(1, settlement_cap=-1),
    ],
)
def test_listing_or_fees_out_of_bounds_are_refused(new_venue, command):
    assert reasons(new_venue(ROOM), SCENE, command) == [Reject.LISTING_OUT_OF_BOUNDS]


def test_unknown_fees_do_not_matter_without_accounts(new_venue):
    assert reasons(new_venue(ROOM), OFF, list_instrument(3, rules=0, fees=9)) == []


def test_day_with_accounts_needs_room_for_them(new_venue):
    reports = new_venue(SMALL).apply(journal([open_day(with_accounts=1), open_day(), open_day()]))
    assert [int(report["reason"]) for report in reports] == [
        Reject.LISTING_OUT_OF_BOUNDS,
        Reject.DAY_ALREADY_OPEN,
    ]


def reversal_of(place: int, **fields) -> dict:
    """Return the reversal of a movement of the scene, as an operator asks for it."""
    return SCENE[place] | {"reverses": place + 1} | BY_OPERATOR | fields


MOVES = [place for place, row in enumerate(SCENE) if "amount" in row]


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": 1},
        {"currency": 1},
        {"entry": FundsEntry.DIVIDEND},
        {"amount": 1},
        {"reverses": MOVES[-1]},
        {"reverses": -1},
    ],
)
def test_reversal_must_be_of_the_same(new_venue, wrong):
    assert reasons(new_venue(ROOM), SCENE, reversal_of(MOVES[-1])) == []
    command = reversal_of(MOVES[-1], **wrong)
    assert reasons(new_venue(ROOM), SCENE, command) == [Reject.NOTHING_TO_REVERSE]


def test_movement_is_reversed_once_and_its_reversal_never(new_venue):
    reversed_once = [*SCENE, reversal_of(MOVES[-1], session=0)]
    for movement in (MOVES[-1] + 1, len(reversed_once)):
        command = reversal_of(MOVES[-1], reverses=movement)
        assert reasons(new_venue(ROOM), reversed_once, command) == [Reject.NOTHING_TO_REVERSE]

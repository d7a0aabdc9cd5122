"""The words of the venue: one definition of each, from the wire to the kernels.

The numbers are part of the wire format and of the journal.  They are never reused.
"""

from enum import IntEnum

NONE = -1
"""No slot, no instrument, no session: tested by name, since -1 would index the last row."""

EVERYONE = -1
"""As a report's session: the report goes to every session."""

EVERY_INSTRUMENT = -1
"""As a phase change's instrument: the phase changes for all of them."""

EVERY_ACCOUNT = -1
"""As the account whose interest is capitalised: that of all of them is."""


class Side(IntEnum):
    """Of an order; also the index of the half of the book on which it rests."""

    BUY = 0
    SELL = 1


class Market(IntEnum):
    """The exchange whose rules an instrument follows."""

    SSE = 0
    SZSE = 1
    BSE = 2


class OrderType(IntEnum):
    """How an order's price is given; what each does is the table in engine/order_types.py."""

    LIMIT = 0
    COUNTERPARTY_BEST = 1
    OWN_SIDE_BEST = 2
    BEST_FIVE_THEN_CANCEL = 3
    BEST_FIVE_THEN_LIMIT = 4
    IMMEDIATE_THEN_CANCEL = 5
    ALL_OR_CANCEL = 6
    FIXED_PRICE = 7


class TimeInForce(IntEnum):
    """What becomes of an order that does not trade at once."""

    DAY = 0
    IMMEDIATE_OR_CANCEL = 1


class CommandKind(IntEnum):
    """What a command asks for.  Who may ask for it is the table in engine/permissions.csv."""

    ENTER_ORDER = 1
    CANCEL_ORDER = 2
    REPLACE_ORDER = 3
    CANCEL_ORDERS = 4
    CHANGE_PHASE = 16
    CLOSE_DAY = 17
    BLOCK_TRADING = 18
    CHANGE_HOLD = 19
    OPEN_ACCOUNT = 20
    EDIT_ACCOUNT = 21
    CHANGE_STATUS = 22
    MOVE_FUNDS = 23
    MOVE_SHARES = 24
    LIMIT_ACCOUNT = 25
    LIMIT_FUNDS = 26
    CHANGE_LIST = 27
    CAPITALISE = 28
    TRANSFER_CUSTODY = 29
    CHANGE_CODE = 30
    CHANGE_USER = 31
    OPEN_DAY = 32
    ADMIT_SESSION = 33
    LIST_INSTRUMENT = 34
    DEFINE_RULES = 35
    FIX_CLOSE = 36
    DEFINE_FEES = 37
    RELEASE_ORDER = 38
    DEFINE_INTEREST = 39
    BRING_INTEREST = 40
    OPEN_SESSION = 41
    CLOSE_SESSION = 42


class ReportKind(IntEnum):
    """What a report says has happened."""

    ACCEPTED = 1
    REJECTED = 2
    TRADED = 3
    CANCELED = 4
    EXPIRED = 5
    PHASE_CHANGED = 6
    DAY_ENDED = 7
    REPLACED = 8
    ORDERS_CANCELED = 9
    RELEASED = 10
    HOLD_CHANGED = 11
    BLOCK_CHANGED = 12
    CLOSE_FIXED = 13
    ACCOUNT_CHANGED = 14
    FUNDS_MOVED = 15
    SHARES_MOVED = 16
    RATE_EXCEEDED = 17
    ORDER_DELAYED = 18
    CODE_CHANGED = 19
    USER_CHANGED = 20


class Phase(IntEnum):
    """A part of the day.  What each phase admits is the table in engine/phases.py."""

    CLOSED = 0
    OPENING_CALL = 1
    OPENING_CALL_LOCKED = 2
    PRE_CONTINUOUS = 3
    CONTINUOUS = 4
    BREAK = 5
    CLOSING_CALL = 6
    POST_CLOSE = 7
    FIXED_PRICE = 8
    HALTED = 9
    SUSPENDED = 10


class Hold(IntEnum):
    """What an operator, or a volatile price, keeps an instrument from; the larger one holds."""

    NONE = 0
    HALTED = 1
    SUSPENDED = 2


class HoldCause(IntEnum):
    """Why an instrument is held."""

    OPERATOR = 0
    VOLATILITY_FIRST = 1
    VOLATILITY_SECOND = 2
    MARKET = 3
    NEWS = 4
    TECHNICAL = 5


class HaltRule(IntEnum):
    """By which moves of its price an instrument is halted; the moves are in engine/halts.py."""

    NONE = 0
    NO_BAND_STOCK = 1
    FIRST_DAY_BOND = 2


class Schedule(IntEnum):
    """Which timetable of engine/phases.py an instrument follows."""

    CLOSING_CALL = 0
    TRADES_TO_CLOSE = 1


class Place(IntEnum):
    """Where an open order is: in the book, or waiting for a trigger, for 9:30, for the close, or
    because its account has sent too many."""

    BOOK = 0
    STOPS = 1
    GAP = 2
    FIXED = 3
    DELAYED = 4


class Pricing(IntEnum):
    """Where an order type takes its price from when it arrives."""

    GIVEN = 0
    WORST_ALLOWED = 1
    BEST_OPPOSITE = 2
    BEST_OWN = 3


class Rest(IntEnum):
    """What becomes of the rest of an order that has traded all it can on arrival."""

    RESTS = 0
    IS_CANCELED = 1
    RESTS_AT_LAST_PRICE = 2


class SelfTrade(IntEnum):
    """What is done where an order would trade with another one of its account."""

    ALLOWED = 0
    CANCELS_RESTING = 1
    CANCELS_INCOMING = 2
    CANCELS_BOTH = 3


class Feature(IntEnum):
    """What the rules of an instrument may allow beyond order types, as bits."""

    MINIMUM_QUANTITY = 1
    POST_ONLY = 2
    ICEBERG = 4
    STOP = 8
    QUEUES_IN_GAP = 16


class Handling(IntEnum):
    """What a phase does with orders: nothing, let them rest, match them on arrival, let them wait
    for the next phase, or trade at the closing price."""

    NOTHING = 0
    RESTS = 1
    MATCHES = 2
    QUEUES = 3
    FIXED = 4


class Liquidity(IntEnum):
    """How an order came to trade."""

    NONE = 0
    INCOMING = 1
    RESTING = 2
    AUCTION = 3
    FIXED_PRICE = 4


class TieBreak(IntEnum):
    """Which price a call auction takes when several leave the same quantity unmatched."""

    MIDDLE = 0
    NEAREST_REFERENCE = 1


class Candidates(IntEnum):
    """The prices that a call auction considers."""

    ORDER_PRICES = 0
    ALL_TICKS = 1


class Currency(IntEnum):
    """Of an instrument, and of an account's funds."""

    CNY = 0
    USD = 1
    HKD = 2


class Depository(IntEnum):
    """The securities accounts that an account may have, one for each market."""

    SHANGHAI_A = 0
    SHANGHAI_B = 1
    SHENZHEN_A = 2
    SHENZHEN_B = 3
    BEIJING = 4


class Permission(IntEnum):
    """What an account must be allowed to trade; ordinary shares and funds need none but theirs."""

    ORDINARY = 0
    STAR = 1
    CHINEXT = 2
    BEIJING = 3
    B_SHARES = 4
    FUNDS = 5
    REITS = 6
    CONVERTIBLES = 7
    RISK_WARNING = 8
    DELISTING = 9


class Channel(IntEnum):
    """How an order reached the branch."""

    COUNTER = 0
    TELEPHONE = 1
    SELF_SERVICE = 2
    ONLINE = 3


class AccountKind(IntEnum):
    """Whose account it is."""

    CUSTOMER = 0
    PROPRIETARY = 1


class AccountStatus(IntEnum):
    """What an account may do; NONE is one that was never opened."""

    NONE = 0
    NORMAL = 1
    LOSS_REPORTED = 2
    FROZEN = 3
    CLOSED = 4


class RateAction(IntEnum):
    """What is done about an account that sends more requests than it should."""

    ALARM = 0
    DELAY = 1
    REFUSE = 2


class ListMode(IntEnum):
    """What the list of an account's instruments is for."""

    NONE = 0
    FORBIDS = 1
    PERMITS = 2


class FundsEntry(IntEnum):
    """Why money of an account moves; what each does is the table in engine/entries.py."""

    BROUGHT_FORWARD = 0
    DEPOSIT = 1
    WITHDRAW = 2
    TRANSFER_IN = 3
    TRANSFER_OUT = 4
    REMIT_IN = 5
    REMIT_OUT = 6
    FREEZE_DAY = 7
    RELEASE_DAY = 8
    FREEZE_LONG = 9
    RELEASE_LONG = 10
    GRANT_CREDIT = 11
    REVOKE_CREDIT = 12
    DIVIDEND = 13
    DIVIDEND_TAX = 14
    INTEREST = 15
    INTEREST_TAX = 16


class SharesEntry(IntEnum):
    """Why shares of an account move; what each does is the table in engine/entries.py."""

    BROUGHT_FORWARD = 0
    SHARES_IN = 1
    SHARES_OUT = 2
    CUSTODY_IN = 3
    CUSTODY_OUT = 4
    FREEZE_DAY = 5
    RELEASE_DAY = 6
    FREEZE_LONG = 7
    RELEASE_LONG = 8
    PLEDGE = 9
    RELEASE_PLEDGE = 10
    BONUS = 11
    RIGHTS = 12
    CODE_CHANGE_OUT = 13
    CODE_CHANGE_IN = 14


class Grounds(IntEnum):
    """On what grounds an operator freezes, releases or moves money or shares."""

    NONE = 0
    CUSTOMER_REQUEST = 1
    COURT_ORDER = 2
    LOSS_REPORT = 3
    RISK_CONTROL = 4
    INHERITANCE = 5
    CORRECTION = 6


class Role(IntEnum):
    """What a session may ask for; what each role may is the table in engine/permissions.csv."""

    TERMINAL = 0
    OPERATOR = 1
    VENUE = 2
    COUNTER = 3
    OBSERVER = 4
    AUDITOR = 5
    RISK = 6


class Reach(IntEnum):
    """For whom a role may ask for something: for nobody, its own branch, or every one."""

    NOBODY = 0
    OWN = 1
    EVERY = 2


class Copies(IntEnum):
    """Whose reports a session hears a copy of, instead of trading."""

    NOTHING = 0
    BRANCH = 1
    EVERYONE = 2


class Reject(IntEnum):
    """Why a command was refused, in the order in which the checks are made.

    docs/protocol/order-entry.md gives the cause and the remedy of each.
    """

    NOTHING = 0
    MALFORMED = 1
    UNKNOWN_SESSION = 2
    COMMAND_NOT_PERMITTED = 3
    USER_LOCKED = 4
    CLIENT_SEQ_NOT_INCREASING = 5
    DAY_NOT_OPEN = 6
    ACCOUNTS_ARE_OFF = 7
    UNKNOWN_INSTRUMENT = 8
    ACCOUNT_NOT_ADMITTED = 9
    UNKNOWN_ACCOUNT = 10
    RATE_EXCEEDED = 11
    ACCOUNT_NOT_NORMAL = 12
    CHANNEL_NOT_PERMITTED = 13
    BOARD_NOT_PERMITTED = 14
    INSTRUMENT_NOT_PERMITTED = 15
    TRADING_BLOCKED = 16
    PHASE_REFUSES_ORDER = 17
    ORDER_TYPE_NOT_ALLOWED = 18
    FEATURE_NOT_ALLOWED = 19
    QUANTITY_NOT_POSITIVE = 20
    QUANTITY_TOO_LARGE = 21
    QUANTITY_NOT_IN_LOTS = 22
    MINIMUM_OUT_OF_RANGE = 23
    DISPLAY_OUT_OF_RANGE = 24
    PRICE_NOT_POSITIVE = 25
    PRICE_NOT_ON_TICK = 26
    PRICE_OUTSIDE_LIMITS = 27
    PRICE_OUTSIDE_CAGE = 28
    PRICE_WORSE_THAN_CLOSE = 29
    TRIGGER_OUT_OF_RANGE = 30
    WOULD_TRADE = 31
    TOO_MANY_OPEN_ORDERS = 32
    ORDER_VALUE_TOO_LARGE = 33
    PRICE_OUTSIDE_COLLAR = 34
    DUPLICATE_ORDER = 35
    SPENDING_TOO_LARGE = 36
    CUSTODY_NOT_TRANSFERABLE = 37
    AMOUNT_NOT_POSITIVE = 38
    AMOUNT_TOO_LARGE = 39
    NOTHING_TO_REVERSE = 40
    LEDGER_EXHAUSTED = 41
    INSUFFICIENT_SHARES = 42
    INSUFFICIENT_FUNDS = 43
    HOLDINGS_EXHAUSTED = 44
    LISTS_EXHAUSTED = 45
    ORDERS_EXHAUSTED = 46
    UNKNOWN_ORDER = 47
    ORDER_NOT_YOURS = 48
    PHASE_REFUSES_CANCEL = 49
    ORDER_WAITS = 50
    ACCOUNT_EXISTS = 51
    ACCOUNT_NOT_EMPTY = 52
    ACCOUNT_HAS_ORDERS = 53
    ORDERS_ARE_OPEN = 54
    DAY_ALREADY_OPEN = 55
    LISTING_OUT_OF_BOUNDS = 56
    BLOCKS_EXHAUSTED = 57
    UNKNOWN_BLOCK = 58
    CLOSE_IS_FIXED = 59
    AWAITS_SECOND_PERSON = 60


class CancelReason(IntEnum):
    """Why an order was canceled."""

    NOTHING = 0
    REQUESTED = 1
    IMMEDIATE_REST = 2
    NO_PRICE = 3
    MINIMUM_NOT_MET = 4
    SELF_TRADE = 5
    MASS_CANCEL = 6
    TRADING_BLOCKED = 7
    OUTSIDE_CAGE = 8
    WORSE_THAN_CLOSE = 9
    PHASE_ENDED = 10
    DISCONNECTED = 11


class LoginReject(IntEnum):
    """Why a login was refused, in the order in which the checks are made."""

    NOTHING = 0
    LOCKED = 1
    BUSY = 2
    UNKNOWN_USER_OR_PASSWORD = 3
    VERSION_NOT_SUPPORTED = 4
    WRONG_BUSINESS_DATE = 5
    CERTIFICATE_OF_ANOTHER_BRANCH = 6
    NO_SUCH_REPORT = 7
    NOT_PERMITTED = 8
    USER_LOCKED = 9


class Refusal(IntEnum):
    """Why a request was not carried out, and has no report in the stream."""

    NOTHING = 0
    NOT_ANSWERED = 1
    OTHER_REQUEST = 2
    TOO_MANY_RESENT = 3
    TOO_MANY_IN_FLIGHT = 4
    RATE_EXCEEDED = 5
    DAY_ENDED = 6
    BUSY = 7
    NOT_PERMITTED = 8
    DAY_NOT_ENDED = 9
    DAY_CANNOT_OPEN = 10


class ProtocolFault(IntEnum):
    """Why a session was closed for breaking the protocol."""

    NOTHING = 0
    FRAME_TOO_LONG = 1
    FRAME_EMPTY = 2
    FRAME_TRUNCATED = 3
    MESSAGE_MALFORMED = 4
    MESSAGE_UNKNOWN = 5
    MESSAGE_UNEXPECTED = 6
    ROWS_MALFORMED = 7
    TOO_SLOW = 8


class OrderStatus(IntEnum):
    """What has become of an order."""

    OPEN = 0
    TRADED = 1
    CANCELED = 2
    EXPIRED = 3


class AskReject(IntEnum):
    """Why a question was not answered, in the order in which it is looked at."""

    NOTHING = 0
    TOO_MANY_QUESTIONS = 1
    ACCOUNT_NOT_ADMITTED = 2
    ACCOUNTS_ARE_OFF = 3
    UNKNOWN_ACCOUNT = 4
    UNKNOWN_INSTRUMENT = 5
    PRICE_OUTSIDE_LIMITS = 6
    QUESTION_NOT_PERMITTED = 10


class OrderChange(IntEnum):
    """How an order looks different to everyone."""

    ADDED = 1
    CHANGED = 2
    REMOVED = 3


class SubscribeReject(IntEnum):
    """Why a subscription was refused, in the order in which it is looked at."""

    NOTHING = 0
    UNKNOWN_INSTRUMENT = 1
    DEPTH_NOT_OFFERED = 2
    INTERVAL_NOT_OFFERED = 3
    NOTHING_WANTED = 4
    NOT_SUBSCRIBED = 5

"""Why a command is refused: every check is one line, and the first that fails gives the reason.

The functions take the venue and the command, a dict of the fields of a COMMAND row, and change
nothing but how many requests an account has sent, and what has been proposed.
"""

from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    NONE,
    AccountStatus,
    CommandKind,
    Feature,
    Handling,
    Place,
    Reject,
    Side,
)
from tests.naive import (
    accounts,
    codes,
    custody,
    interest,
    limits,
    lists,
    presence,
    proposals,
    users,
)
from tests.naive.book import Order
from tests.naive.changes import order_named, takes_cancel
from tests.naive.cover import refuse_growth
from tests.naive.filters import filters_of, is_blocked
from tests.naive.malformed import is_malformed
from tests.naive.permissions import CANCELING, may_act_for, may_act_in, may_ask
from tests.naive.phases import PHASES
from tests.naive.rates import refuse_request
from tests.naive.terms import is_in_lots, is_listed, refuse_limit, refuse_order

TICKS_MAX = 262_144
"""The most prices that an instrument may have between its limits."""

POSITIVE = (
    "tick",
    "quantity_min",
    "quantity_step",
    "quantity_max",
    "quantity_max_market",
    "quantity_max_fixed",
)
"""The fields of rules that must be greater than 0."""

RATES = (
    "stamp_buy_rate",
    "stamp_sell_rate",
    "transfer_rate",
    "handling_rate",
    "regulatory_rate",
    "settlement_rate",
)
RATE_MAX = 1_000_000
"""1 %, in 1e-8."""


def refuse_sender(venue, command) -> Reject:
    """Return why the command may not be heard at all, NOTHING where it may."""
    if is_malformed(command):
        return Reject.MALFORMED
    if command["session"] not in venue.sessions:
        return Reject.UNKNOWN_SESSION
    session = venue.sessions[command["session"]]
    if not may_ask(session.role, command["kind"]):
        return Reject.COMMAND_NOT_PERMITTED
    if session.is_locked and command["kind"] not in CANCELING:
        return Reject.USER_LOCKED
    if command["session"] > 0 and command["client_seq"] <= session.client_seq:
        return Reject.CLIENT_SEQ_NOT_INCREASING
    return Reject.NOTHING


def refuse_hour(venue, command) -> Reject:
    """Return why this is not the time for the command.  One log holds one day."""
    if command["kind"] == CommandKind.OPEN_DAY:
        was_opened = venue.business_date is not None
        return Reject.DAY_ALREADY_OPEN if was_opened else Reject.NOTHING
    if not venue.day_is_open:
        comes_or_goes = command["kind"] in (CommandKind.OPEN_SESSION, CommandKind.CLOSE_SESSION)
        return Reject.NOTHING if comes_or_goes else Reject.DAY_NOT_OPEN
    is_of_accounts = 20 <= command["kind"] <= 30 or command["kind"] == CommandKind.BRING_INTEREST
    return Reject.ACCOUNTS_ARE_OFF if is_of_accounts and not venue.with_accounts else Reject.NOTHING


def refuse_content(venue, command) -> Reject:
    """Return why what the command asks for cannot be done."""
    refuse = CHECKS.get(command["kind"])
    return refuse(venue, command) if refuse else Reject.NOTHING


def refuse_cancel(venue, command) -> Reject:
    """Return why the venue does not take an order back."""
    if command["quantity"] < 0:
        return Reject.QUANTITY_NOT_POSITIVE
    return refuse_touch(venue, command, order_named(venue, command))


def refuse_touch(venue, command, order: Order | None) -> Reject:
    """Return why the sender may not change or take back an order now."""
    if order is None:
        return Reject.UNKNOWN_ORDER
    if not may_act_for(venue, command, order.account):
        return Reject.ORDER_NOT_YOURS
    if not takes_cancel(venue, order):
        return Reject.PHASE_REFUSES_CANCEL
    return Reject.NOTHING


def refuse_replace(venue, command) -> Reject:
    """Return why an order does not get another price and quantity."""
    order, quantity = venue.orders.get(command["order_number"]), command["quantity"]
    reason = refuse_touch(venue, command, order)
    if reason != Reject.NOTHING:
        return reason
    instrument = venue.instruments[order.instrument]
    is_more = quantity > order.leaves
    if order.place != Place.BOOK:
        return Reject.ORDER_WAITS
    reason = refuse_owner(venue, order.account) if venue.with_accounts else Reject.NOTHING
    if reason != Reject.NOTHING:
        return reason
    if is_blocked(venue, order.instrument, order.account, order.session, order.side):
        return Reject.TRADING_BLOCKED
    if not PHASES[instrument.phase].takes_orders:
        return Reject.PHASE_REFUSES_ORDER
    if quantity <= 0:
        return Reject.QUANTITY_NOT_POSITIVE
    if quantity > instrument.rules["quantity_max"]:
        return Reject.QUANTITY_TOO_LARGE
    if order.side == Side.BUY and is_more and not is_in_lots(quantity, instrument.rules):
        return Reject.QUANTITY_NOT_IN_LOTS
    if order.display != 0 and quantity > 100 * order.display:
        return Reject.DISPLAY_OUT_OF_RANGE
    reason = refuse_limit(instrument, order.side, command["price"], is_caged=True)
    if reason == Reject.NOTHING and venue.with_accounts:
        return refuse_growth(venue, order, command["price"], quantity)
    return reason


def refuse_owner(venue, number: int) -> Reject:
    """Count the replacement, and return why the account of an order may have none."""
    reason = refuse_request(venue, number, is_delayable=False)
    if reason == Reject.NOTHING and venue.accounts[number].status != AccountStatus.NORMAL:
        return Reject.ACCOUNT_NOT_NORMAL
    return reason


def refuse_instrument(venue, command) -> Reject:
    """Return why neither an instrument nor all of them are meant."""
    if command["instrument"] == EVERY_INSTRUMENT or is_listed(venue, command["instrument"]):
        return Reject.NOTHING
    return Reject.UNKNOWN_INSTRUMENT


def refuse_day(venue, command) -> Reject:
    """Return why the day does not open: there are to be accounts, and there is no room for any."""
    has_no_room = command["with_accounts"] and venue.room.accounts == 0
    return Reject.LISTING_OUT_OF_BOUNDS if has_no_room else Reject.NOTHING


def refuse_session(venue, command) -> Reject:
    """Return why a session is not admitted: it is not the next one, or there is no room."""
    number = command["admitted"]
    if number != len(venue.sessions) or number >= venue.room.sessions:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def refuse_rules(venue, command) -> Reject:
    """Return why rules are not kept: not the next ones, no room, or they make no sense."""
    if command["defined"] != len(venue.rules) or command["defined"] >= venue.room.rules:
        return Reject.LISTING_OUT_OF_BOUNDS
    if min(command[name] for name in POSITIVE) <= 0:
        return Reject.LISTING_OUT_OF_BOUNDS
    if not 0 <= command["cage_bp"] <= 10_000 or command["cage_ticks"] < 0:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def refuse_fees(venue, command) -> Reject:
    """Return why fees are not kept: not the next ones, no room, or beyond what fees may be."""
    number = command["defined"]
    if number != len(venue.schedules) or number >= venue.room.fees:
        return Reject.LISTING_OUT_OF_BOUNDS
    if not all(0 <= command[name] <= RATE_MAX for name in RATES) or command["settlement_cap"] < 0:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def refuse_listing(venue, command) -> Reject:
    """Return why an instrument is not listed."""
    number = command["instrument"]
    if number != len(venue.instruments) or number >= venue.room.instruments:
        return Reject.LISTING_OUT_OF_BOUNDS
    if not 0 <= command["rules"] < len(venue.rules):
        return Reject.LISTING_OUT_OF_BOUNDS
    if venue.with_accounts and not 0 <= command["fees"] < len(venue.schedules):
        return Reject.LISTING_OUT_OF_BOUNDS
    rules = venue.rules[command["rules"]]
    if command["previous_close"] <= 0 or not limits_make_sense(command, rules["tick"]):
        return Reject.LISTING_OUT_OF_BOUNDS
    taken = sum(room_of(one.listing, one.rules) for one in venue.instruments)
    if taken + room_of(command, rules) > venue.room.ticks:
        return Reject.LISTING_OUT_OF_BOUNDS
    return Reject.NOTHING


def limits_make_sense(listing, tick: int) -> bool:
    """Whether both limits are prices on the tick, in order, and not too many prices apart."""
    lower, upper = listing["lower_limit"], listing["upper_limit"]
    if lower <= 0 or lower > upper:
        return False
    if lower % tick != 0 or upper % tick != 0:
        return False
    return ticks_of(listing, tick) <= TICKS_MAX


def ticks_of(listing, tick: int) -> int:
    """Return how many prices lie from the lower to the upper limit, both included."""
    return (listing["upper_limit"] - listing["lower_limit"]) // tick + 1


def room_of(listing, rules) -> int:
    """Return how much room the prices of an instrument take; those of stops as much again."""
    ticks = ticks_of(listing, rules["tick"])
    return 2 * ticks if rules["features"] & Feature.STOP else ticks


def refuse_block(venue, command) -> Reject:
    """Return why trading is not blocked, or a block not lifted."""
    reason = refuse_instrument(venue, command)
    is_known = filters_of(command) in venue.blocks
    if reason != Reject.NOTHING:
        return reason
    is_of_own = may_act_in(venue, command, command["of_branch"])
    if not is_of_own and not may_act_for(venue, command, command["account"]):
        return Reject.ACCOUNT_NOT_ADMITTED
    if command["lifts"]:
        return Reject.NOTHING if is_known else Reject.UNKNOWN_BLOCK
    if command["of_session"] not in (NONE, *venue.sessions):
        return Reject.UNKNOWN_SESSION
    is_full = len(venue.blocks) >= venue.room.blocks
    return Reject.BLOCKS_EXHAUSTED if is_full and not is_known else Reject.NOTHING


def refuse_close(venue, command) -> Reject:
    """Return why a closing price is not fixed: it trades already, or there is no such price."""
    if not is_listed(venue, command["instrument"]):
        return Reject.UNKNOWN_INSTRUMENT
    instrument = venue.instruments[command["instrument"]]
    if PHASES[instrument.phase].handling == Handling.FIXED:
        return Reject.CLOSE_IS_FIXED
    if command["price"] <= 0:
        return Reject.PRICE_NOT_POSITIVE
    is_on_tick = command["price"] % instrument.rules["tick"] == 0
    return Reject.NOTHING if is_on_tick else Reject.PRICE_NOT_ON_TICK


CHECKS = {
    CommandKind.ENTER_ORDER: refuse_order,
    CommandKind.CANCEL_ORDER: refuse_cancel,
    CommandKind.REPLACE_ORDER: refuse_replace,
    CommandKind.CANCEL_ORDERS: refuse_instrument,
    CommandKind.CHANGE_PHASE: refuse_instrument,
    CommandKind.BLOCK_TRADING: refuse_block,
    CommandKind.CHANGE_HOLD: refuse_instrument,
    CommandKind.OPEN_ACCOUNT: accounts.refuse_open,
    CommandKind.EDIT_ACCOUNT: accounts.refuse_edit,
    CommandKind.CHANGE_STATUS: accounts.refuse_status,
    CommandKind.MOVE_FUNDS: proposals.refuse_funds,
    CommandKind.MOVE_SHARES: proposals.refuse_shares,
    CommandKind.LIMIT_ACCOUNT: limits.refuse_limit,
    CommandKind.LIMIT_FUNDS: limits.refuse_limit,
    CommandKind.CHANGE_LIST: lists.refuse_list,
    CommandKind.CAPITALISE: interest.refuse_capitalise,
    CommandKind.TRANSFER_CUSTODY: custody.refuse_transfer,
    CommandKind.CHANGE_CODE: codes.refuse_code,
    CommandKind.OPEN_DAY: refuse_day,
    CommandKind.ADMIT_SESSION: refuse_session,
    CommandKind.LIST_INSTRUMENT: refuse_listing,
    CommandKind.DEFINE_RULES: refuse_rules,
    CommandKind.FIX_CLOSE: refuse_close,
    CommandKind.DEFINE_FEES: refuse_fees,
    CommandKind.DEFINE_INTEREST: interest.refuse_interest,
    CommandKind.BRING_INTEREST: interest.refuse_brought,
    CommandKind.OPEN_SESSION: presence.refuse_presence,
    CommandKind.CLOSE_SESSION: presence.refuse_presence,
    CommandKind.CHANGE_USER: users.refuse_change,
}
"""What speaks against each kind of command; nothing speaks against the others."""

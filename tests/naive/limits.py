"""The limits of an account: how many orders, of what value, how far from the market, how alike.

The functions take the venue, and report through it what happens.  Money is in 1/10000 of the
currency unit.
"""

from protocol.vocabulary import Reject, Side
from tests.naive.accounts import LIMITS_AT_FIRST, refuse_unknown, tell

MILLISECOND = 1_000_000
"""In nanoseconds."""

ALIKE = ("instrument", "side", "order_type", "price", "quantity")
"""What two orders of an account share where the second is taken for the first once more."""


def refuse_limit(venue, command: dict) -> Reject:
    """Return why an account does not get limits."""
    return refuse_unknown(venue, command)


def limit_account(venue, command: dict) -> None:
    """Give an account other limits, all at once."""
    limits = {name: command[name] for name in LIMITS_AT_FIRST}
    venue.accounts[command["account"]].limits = limits
    tell(venue, command)


def limit_funds(venue, command: dict) -> None:
    """Limit what an account may spend in a day, in one currency."""
    funds = venue.accounts[command["account"]].funds[command["currency"]]
    funds.spending_max = command["spending_max"]
    tell(venue, command)


def refuse_beyond(venue, command: dict, price: int) -> Reject:
    """Return why an order, at the worst price that it allows, goes beyond limits of its account."""
    number = command["account"]
    account, instrument = venue.accounts[number], venue.instruments[command["instrument"]]
    if 0 < account.limits["open_orders_max"] <= len(venue.orders_of[number]):
        return Reject.TOO_MANY_OPEN_ORDERS
    reason = refuse_price(account, instrument, command["side"], price, command["quantity"])
    if reason != Reject.NOTHING:
        return reason
    return Reject.DUPLICATE_ORDER if is_duplicate(account, command) else Reject.NOTHING


def refuse_price(account, instrument, side: int, price: int, quantity: int) -> Reject:
    """Return why an account may not trade so many shares at a price."""
    if 0 < account.limits["order_value_max"] < price * quantity:
        return Reject.ORDER_VALUE_TOO_LARGE
    is_outside = is_outside_collar(account.limits["collar_bp"], instrument, side, price)
    return Reject.PRICE_OUTSIDE_COLLAR if is_outside else Reject.NOTHING


def is_outside_collar(collar_bp: int, instrument, side: int, price: int) -> bool:
    """Whether a price is worse than the last one by more than so many basis points."""
    if collar_bp == 0:
        return False
    if side == Side.BUY:
        return price * 10_000 > instrument.reference * (10_000 + collar_bp)
    return price * 10_000 < instrument.reference * (10_000 - collar_bp)


def is_duplicate(account, command: dict) -> bool:
    """Whether an order is like the last one of its account, and comes too soon behind it."""
    noted, window = account.noted, account.limits["duplicate_ms"] * MILLISECOND
    if window == 0 or noted is None:
        return False
    is_alike = all(noted[name] == command[name] for name in ALIKE)
    return is_alike and 0 <= command["time"] - noted["time"] < window


def note_order(venue, command: dict) -> None:
    """Remember an accepted order where it must not be entered twice."""
    account = venue.accounts[command["account"]]
    if account.limits["duplicate_ms"] > 0:
        account.noted = command

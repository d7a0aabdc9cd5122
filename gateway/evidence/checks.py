"""What an order was checked for, in order.

The outcome is the engine's: the reason that it gave marks the check that failed.  Nothing here
decides anything; it reads, just before the order, what the checks of engine/kernels/checks.py will
read.  A check looks only at what those before it have let pass, and so do the functions named here.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.evidence import means, rights, terms
from gateway.evidence.moment import Moment
from protocol.vocabulary import Reject


class Check(NamedTuple):
    """What an order is checked for, why it may be refused, and what is looked at.

    `inputs` returns nothing where the order, or the day, has nothing that this could refuse.
    """

    of: str
    reasons: tuple[Reject, ...]
    inputs: Callable[[Moment], str]


CHECKS = (
    Check("form", (Reject.MALFORMED,), rights.form),
    Check("session", (Reject.UNKNOWN_SESSION, Reject.COMMAND_NOT_PERMITTED), rights.session),
    Check("lock", (Reject.USER_LOCKED,), rights.lock),
    Check("client_seq", (Reject.CLIENT_SEQ_NOT_INCREASING,), rights.client_seq),
    Check("day", (Reject.DAY_NOT_OPEN,), rights.day),
    Check("instrument", (Reject.UNKNOWN_INSTRUMENT,), rights.instrument),
    Check("rights", (Reject.ACCOUNT_NOT_ADMITTED,), rights.rights),
    Check("account", (Reject.UNKNOWN_ACCOUNT,), rights.account),
    Check("rate", (Reject.RATE_EXCEEDED,), rights.rate),
    Check("status", (Reject.ACCOUNT_NOT_NORMAL,), rights.status),
    Check("channel", (Reject.CHANNEL_NOT_PERMITTED,), rights.channel),
    Check("board", (Reject.BOARD_NOT_PERMITTED,), rights.board),
    Check("list", (Reject.INSTRUMENT_NOT_PERMITTED,), rights.instrument_list),
    Check("blocks", (Reject.TRADING_BLOCKED,), rights.blocks),
    Check("phase", (Reject.PHASE_REFUSES_ORDER,), rights.phase),
    Check("order type", (Reject.ORDER_TYPE_NOT_ALLOWED,), terms.order_type),
    Check("features", (Reject.FEATURE_NOT_ALLOWED,), terms.features),
    Check("quantity", (Reject.QUANTITY_NOT_POSITIVE, Reject.QUANTITY_TOO_LARGE), terms.quantity),
    Check("lots", (Reject.QUANTITY_NOT_IN_LOTS,), terms.lots),
    Check("minimum", (Reject.MINIMUM_OUT_OF_RANGE,), terms.minimum),
    Check("display", (Reject.DISPLAY_OUT_OF_RANGE,), terms.display),
    Check(
        "price",
        (Reject.PRICE_NOT_POSITIVE, Reject.PRICE_NOT_ON_TICK, Reject.PRICE_OUTSIDE_LIMITS),
        terms.price,
    ),
    Check("cage", (Reject.PRICE_OUTSIDE_CAGE,), terms.cage),
    Check("close", (Reject.PRICE_WORSE_THAN_CLOSE,), terms.close),
    Check("trigger", (Reject.TRIGGER_OUT_OF_RANGE,), terms.trigger),
    Check("post-only", (Reject.WOULD_TRADE,), terms.post_only),
    Check("open orders", (Reject.TOO_MANY_OPEN_ORDERS,), means.open_orders),
    Check("order value", (Reject.ORDER_VALUE_TOO_LARGE,), means.order_value),
    Check("collar", (Reject.PRICE_OUTSIDE_COLLAR,), means.collar),
    Check("duplicate", (Reject.DUPLICATE_ORDER,), means.duplicate),
    Check("spending", (Reject.SPENDING_TOO_LARGE,), means.spending),
    Check("shares", (Reject.INSUFFICIENT_SHARES,), means.shares),
    Check("funds", (Reject.INSUFFICIENT_FUNDS,), means.funds),
    Check("holdings", (Reject.HOLDINGS_EXHAUSTED,), means.holdings_room),
    Check("orders", (Reject.ORDERS_EXHAUSTED,), means.orders_room),
)
"""The order of docs/market-rules.md."""


class Looked(NamedTuple):
    """A check that was made: its inputs, and whether the order failed it for the reason given."""

    of: str
    inputs: str
    has_failed: bool


def checks_made(moment: Moment, reason: Reject) -> Iterator[Looked]:
    """Yield the checks up to the one that gives the venue's reason, all where it is NOTHING."""
    for check in CHECKS:
        has_failed = reason in check.reasons
        inputs = check.inputs(moment)
        if inputs or has_failed:
            yield Looked(check.of, inputs, has_failed)
        if has_failed:
            return


def not_looked_at(reason: Reject) -> list[str]:
    """Return the checks behind the one that gives a reason."""
    places = [place for place, check in enumerate(CHECKS) if reason in check.reasons]
    return [check.of for check in CHECKS[places[0] + 1 :]] if places else []

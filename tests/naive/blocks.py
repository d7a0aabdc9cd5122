"""The kill switch: a block takes back the orders that fit it, and lets no new ones in.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import NONE, CancelReason, ReportKind
from tests.naive.changes import cancel_fitting
from tests.naive.filters import filters_of


def block_trading(venue, command: dict) -> None:
    """Set a block, or lift it."""
    block = filters_of(command)
    canceled = 0
    if command["lifts"]:
        venue.blocks.remove(block)
    else:
        venue.blocks = list(dict.fromkeys([*venue.blocks, block]))
        canceled = cancel_fitting(venue, command, CancelReason.TRADING_BLOCKED)
    venue.report(
        ReportKind.BLOCK_CHANGED,
        session=command["session"],
        reason=command["lifts"],
        quantity=canceled,
        instrument=NONE,
        client_seq=command["client_seq"],
        request_seq=command["client_seq"],
    )

"""An instrument that becomes another one, share for share.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import EVERYONE, Reject, ReportKind, SharesEntry
from tests.naive import ledger
from tests.naive.accounts import Holding, holdings_left
from tests.naive.terms import is_listed

PARTS = ("total", "bought", "frozen_day", "frozen_long", "pledged", "cost")
"""What of a holding goes over."""


def refuse_code(venue, command: dict) -> Reject:
    """Return why an instrument does not become another one."""
    old, new = command["instrument"], command["to_instrument"]
    if old == new or not is_listed(venue, old) or not is_listed(venue, new):
        return Reject.UNKNOWN_INSTRUMENT
    here, there = venue.instruments[old], venue.instruments[new]
    if any(here.listing[name] != there.listing[name] for name in ("depository", "listed_currency")):
        return Reject.CUSTODY_NOT_TRANSFERABLE
    if here.issued + there.issued > ledger.ISSUED_MAX:
        return Reject.AMOUNT_TOO_LARGE
    owners = owners_of(venue, old)
    if ledger.lacks_room(venue, 2 * len(owners)):
        return Reject.LEDGER_EXHAUSTED
    newcomers = [number for number in owners if new not in venue.accounts[number].holdings]
    if len(newcomers) > holdings_left(venue):
        return Reject.HOLDINGS_EXHAUSTED
    is_open = any(order.instrument == old for order in venue.orders.values())
    return Reject.ORDERS_ARE_OPEN if is_open else Reject.NOTHING


def owners_of(venue, instrument: int) -> list[int]:
    """Return the numbers of the accounts that have shares of an instrument."""
    return [
        number
        for number, account in venue.accounts.items()
        if instrument in account.holdings and account.holdings[instrument].total > 0
    ]


def change_code(venue, command: dict) -> None:
    """Make all shares of an instrument shares of another one."""
    old, new = command["instrument"], command["to_instrument"]
    owners = owners_of(venue, old)
    for number in owners:
        go_over(venue, number, old, new)
    venue.report(
        ReportKind.CODE_CHANGED,
        session=EVERYONE,
        instrument=old,
        order_number=new,
        quantity=len(owners),
    )


def go_over(venue, number: int, old: int, new: int) -> None:
    """Make an account's shares of an instrument shares of another one."""
    holdings = venue.accounts[number].holdings
    here, there = holdings[old], holdings.setdefault(new, Holding())
    shares, cost = here.total, here.cost
    for name in PARTS:
        setattr(there, name, getattr(there, name) + getattr(here, name))
        setattr(here, name, 0)
    for instrument, sign, entry in (
        (old, -1, SharesEntry.CODE_CHANGE_OUT),
        (new, 1, SharesEntry.CODE_CHANGE_IN),
    ):
        venue.instruments[instrument].issued += sign * shares
        ledger.note(venue, ledger.shares_moved(number, instrument, entry, shares, cost))

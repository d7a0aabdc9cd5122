"""Shares that leave for another firm: of one instrument, or all of them.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import EVERY_INSTRUMENT, AccountStatus, Market, Reject, SharesEntry
from tests.naive import ledger
from tests.naive.accounts import refuse_unknown
from tests.naive.cover import sellable
from tests.naive.terms import is_listed


def refuse_transfer(venue, command: dict) -> Reject:
    """Return why shares do not leave an account."""
    number, instrument = command["account"], command["instrument"]
    is_of_all = instrument == EVERY_INSTRUMENT
    if not is_of_all and not is_listed(venue, instrument):
        return Reject.UNKNOWN_INSTRUMENT
    reason = refuse_unknown(venue, command)
    if reason != Reject.NOTHING:
        return reason
    if venue.accounts[number].status != AccountStatus.NORMAL:
        return Reject.ACCOUNT_NOT_NORMAL
    reason = Reject.NOTHING if is_of_all else refuse_one(venue, command)
    if reason != Reject.NOTHING:
        return reason
    leaving = leaving_shares(venue, command)
    if ledger.lacks_room(venue, len(leaving) if is_of_all else 1):
        return Reject.LEDGER_EXHAUSTED
    is_short = any(shares > sellable(venue, number, one) for one, shares in leaving)
    return Reject.INSUFFICIENT_SHARES if is_short or not leaving else Reject.NOTHING


def refuse_one(venue, command: dict) -> Reject:
    """Return why shares of an instrument leave no account, or not so many."""
    if not may_leave(venue, command["instrument"]):
        return Reject.CUSTODY_NOT_TRANSFERABLE
    if command["amount"] < 0:
        return Reject.AMOUNT_NOT_POSITIVE
    is_too_much = command["amount"] > ledger.SHARES_MAX
    return Reject.AMOUNT_TOO_LARGE if is_too_much else Reject.NOTHING


def may_leave(venue, instrument: int) -> bool:
    """Whether shares can go to another firm; in Shanghai they follow the designated broker."""
    return venue.instruments[instrument].listing["market"] != Market.SSE


def leaving_shares(venue, command: dict) -> list[tuple[int, int]]:
    """Return which shares are to leave, and how many of each, in order of first use."""
    number, instrument = command["account"], command["instrument"]
    if instrument != EVERY_INSTRUMENT:
        shares = command["amount"] or sellable(venue, number, instrument)
        return [(instrument, shares)] if shares > 0 else []
    return [
        (one, sellable(venue, number, one))
        for one in venue.accounts[number].holdings
        if may_leave(venue, one) and sellable(venue, number, one) > 0
    ]


def transfer_custody(venue, command: dict) -> None:
    """Let shares leave an account, with their part of what all of them have cost."""
    for instrument, shares in leaving_shares(venue, command):
        leave(venue, command["account"], instrument, shares)


def leave(venue, number: int, instrument: int, shares: int) -> None:
    """Let shares of an instrument leave an account."""
    holding = venue.accounts[number].holdings[instrument]
    is_all = shares == holding.total
    cost = holding.cost if is_all else holding.cost // holding.total * shares
    holding.total -= shares
    holding.cost -= cost
    venue.instruments[instrument].issued -= shares
    entry = SharesEntry.CUSTODY_OUT
    ledger.note(venue, ledger.shares_moved(number, instrument, entry, shares, cost))
    ledger.tell_shares(venue, number, instrument, entry)

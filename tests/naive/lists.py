"""The instruments that an account may not trade, or the only ones that it may.

The functions take the venue, and report through it what happens.
"""

from protocol.vocabulary import Reject
from tests.naive.accounts import refuse_unknown, tell
from tests.naive.terms import is_listed


def refuse_list(venue, command: dict) -> Reject:
    """Return why the list of an account does not change.  A line once made stays."""
    number, instrument = command["account"], command["instrument"]
    if not is_listed(venue, instrument):
        return Reject.UNKNOWN_INSTRUMENT
    reason = refuse_unknown(venue, command)
    if reason != Reject.NOTHING:
        return reason
    lines = sum(len(account.lists) for account in venue.accounts.values())
    is_new = command["is_listed"] and instrument not in venue.accounts[number].lists
    return Reject.LISTS_EXHAUSTED if is_new and lines >= venue.room.lists else Reject.NOTHING


def change_list(venue, command: dict) -> None:
    """Put an instrument on the list of an account, or take it off."""
    lists, instrument = venue.accounts[command["account"]].lists, command["instrument"]
    if command["is_listed"] or instrument in lists:
        lists[instrument] = command["is_listed"] == 1
    tell(venue, command)

"""Why an account may not trade an instrument at all, or not this way, or not so often."""

from protocol.vocabulary import AccountStatus, ListMode, Reject
from tests.naive.accounts import Account, is_known
from tests.naive.rates import may_wait, refuse_request


def refuse_account(venue, command: dict) -> Reject:
    """Count an order of an account, and return why the account may not trade so."""
    if not is_known(venue, command["account"]):
        return Reject.UNKNOWN_ACCOUNT
    reason = refuse_request(venue, command["account"], may_wait(command))
    if reason != Reject.NOTHING:
        return reason
    account = venue.accounts[command["account"]]
    listing = venue.instruments[command["instrument"]].listing
    if account.status != AccountStatus.NORMAL:
        return Reject.ACCOUNT_NOT_NORMAL
    if not account.terms["channels"] & 1 << command["channel"]:
        return Reject.CHANNEL_NOT_PERMITTED
    if not account.terms["depositories"] & 1 << listing["depository"]:
        return Reject.BOARD_NOT_PERMITTED
    if not account.terms["permissions"] & 1 << listing["permission"]:
        return Reject.BOARD_NOT_PERMITTED
    if not is_permitted(account, command["instrument"]):
        return Reject.INSTRUMENT_NOT_PERMITTED
    return Reject.NOTHING


def is_permitted(account: Account, instrument: int) -> bool:
    """Whether the list of an account lets it trade an instrument."""
    is_on_list = account.lists.get(instrument, False)
    mode = account.limits["list_mode"]
    return mode == ListMode.NONE or is_on_list == (mode == ListMode.PERMITS)

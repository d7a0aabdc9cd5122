"""Which orders a mass cancel or a block means."""

from typing import NamedTuple

from protocol.vocabulary import EVERY_INSTRUMENT, NONE, Side


class Filters(NamedTuple):
    """What an order must have to be meant; EVERY_INSTRUMENT, NONE and `any_side` 1 leave it open.

    Where the side is open, `side` is BUY, so that equal filters are equal.
    """

    instrument: int
    account: int
    session: int
    branch: int
    any_side: int
    side: int


def filters_of(command: dict) -> Filters:
    """Return the filters that a command names."""
    return Filters(
        command["instrument"],
        command["account"],
        command["of_session"],
        command["of_branch"],
        command["any_side"],
        Side.BUY if command["any_side"] else command["of_side"],
    )


def fits(filters: Filters, venue, instrument: int, account: int, session: int, side: int) -> bool:
    """Whether an order like that fits every filter."""
    return (
        filters.instrument in (EVERY_INSTRUMENT, instrument)
        and filters.account in (NONE, account)
        and filters.session in (NONE, session)
        and filters.branch in (NONE, venue.sessions[session].branch)
        and (filters.any_side == 1 or filters.side == side)
    )


def is_blocked(venue, instrument: int, account: int, session: int, side: int) -> bool:
    """Whether any block fits an order like that."""
    return any(fits(block, venue, instrument, account, session, side) for block in venue.blocks)

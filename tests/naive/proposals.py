"""Four eyes: some movements are asked for by two people before they are made."""

from dataclasses import dataclass

from protocol.vocabulary import Grounds, Reject
from tests.naive import ledger
from tests.naive.ledger import Moved, moved_by

HALF_AN_HOUR = 30 * 60 * 10**9


@dataclass
class Proposal:
    """What somebody has asked for, and waits for somebody else."""

    sequence: int
    time: int
    session: int


Proposed = tuple[Moved, int, int]
"""What moves, on what grounds, and what that reverses."""


def proposed_by(command: dict) -> Proposed:
    """Return what a command proposes; that of somebody else must be the same."""
    return moved_by(command), command["grounds"], command["reverses"]


def takes_two(venue, command: dict) -> bool:
    """Whether a movement needs a second person; a reversal is a correction."""
    grounds = Grounds.CORRECTION if command["reverses"] else Grounds(command["grounds"])
    return command["session"] != 0 and grounds in venue.four_eyes


def refuse_first(venue, command: dict) -> Reject:
    """Return why a movement has to wait; it is then proposed."""
    if not takes_two(venue, command):
        return Reject.NOTHING
    proposal = venue.proposals.get(proposed_by(command))
    is_late = proposal is not None and command["time"] > proposal.time + HALF_AN_HOUR
    if proposal is None or is_late:
        if proposal is None and len(venue.proposals) == venue.room.proposals:
            del venue.proposals[min(venue.proposals, key=lambda it: venue.proposals[it].sequence)]
        new = Proposal(command["sequence"], command["time"], command["session"])
        venue.proposals[proposed_by(command)] = new
        return Reject.AWAITS_SECOND_PERSON
    is_own = proposal.session == command["session"]
    return Reject.AWAITS_SECOND_PERSON if is_own else Reject.NOTHING


def settle(venue, command: dict) -> None:
    """Forget what was proposed: it is being done."""
    if takes_two(venue, command):
        del venue.proposals[proposed_by(command)]


def refuse_funds(venue, command: dict) -> Reject:
    """Return why money does not move, or not yet."""
    return ledger.refuse_funds(venue, command) or refuse_first(venue, command)


def refuse_shares(venue, command: dict) -> Reject:
    """Return why shares do not move, or not yet."""
    return ledger.refuse_shares(venue, command) or refuse_first(venue, command)


def move_funds(venue, command: dict) -> None:
    """Move an account's money, as it was proposed."""
    settle(venue, command)
    ledger.move_funds(venue, command)


def move_shares(venue, command: dict) -> None:
    """Move an account's shares, as it was proposed."""
    settle(venue, command)
    ledger.move_shares(venue, command)

"""Four eyes: what moves money or shares on certain grounds is asked for by two people.

The first asking is refused with AWAITS_SECOND_PERSON and remembered as a proposal.  The same asked
for by another user, soon enough, is carried out.  A reversal is a correction, whatever it says.
"""

from engine.kernels.kernel import kernel
from engine.kernels.seldom import seldom
from protocol.bounds import PROPOSAL_TIME
from protocol.vocabulary import NONE, CommandKind, Grounds, Reject

CORRECTION = int(Grounds.CORRECTION)


@kernel
def check_second(state, command):
    """Return AWAITS_SECOND_PERSON where nobody else has asked for a movement yet, or NOTHING.

    Whoever asks first has then proposed it.
    """
    if not needs_second(state, command):
        return Reject.NOTHING
    place = find_proposal(state, command)
    if place == NONE:
        propose(state, command, place_for_proposal(state))
    elif has_lapsed(state.proposals[place], command):
        propose(state, command, place)
    elif state.proposals[place]["session"] != command["session"]:
        return Reject.NOTHING
    return Reject.AWAITS_SECOND_PERSON


@kernel
def needs_second(state, command):
    """Say whether a movement takes two people; what the venue itself moves takes none."""
    grounds = CORRECTION if command["reverses"] != 0 else int(command["grounds"])
    return command["session"] > 0 and state.venue[0]["four_eyes"] >> grounds & 1 == 1


@kernel
def find_proposal(state, command):
    """Return the place of the proposal of the same movement, NONE where there is none."""
    for place in range(state.venue[0]["proposals"]):
        proposal = state.proposals[place]
        if (
            proposal["account"] == command["account"]
            and proposal["amount"] == command["amount"]
            and proposal["reverses"] == command["reverses"]
            and proposal["kind"] == command["kind"]
            and proposal["entry"] == command["entry"]
            and proposal["grounds"] == command["grounds"]
            and is_of_the_same(proposal, command)
        ):
            return place
    return NONE


@kernel
def is_of_the_same(proposal, command):
    """Say whether a proposal is of the currency, or of the shares and their cost, of a command."""
    if command["kind"] == CommandKind.MOVE_FUNDS:
        return proposal["currency"] == command["currency"]
    is_of_shares = proposal["instrument"] == command["instrument"]
    return is_of_shares and proposal["cost"] == command["cost"]


@kernel
def has_lapsed(proposal, command):
    return command["time"] - proposal["time"] > PROPOSAL_TIME


@kernel
def place_for_proposal(state):
    """Return a place for one more; where there is none, the oldest gives way."""
    venue = state.venue[0]
    if venue["proposals"] < len(state.proposals):
        venue["proposals"] += 1
        return venue["proposals"] - 1
    oldest = 0
    for place in range(len(state.proposals)):
        if state.proposals[place]["sequence"] < state.proposals[oldest]["sequence"]:
            oldest = place
    return oldest


@kernel
def propose(state, command, place):
    proposal = state.proposals[place]
    proposal["sequence"] = command["sequence"]
    proposal["time"] = command["time"]
    proposal["session"] = command["session"]
    proposal["kind"] = command["kind"]
    proposal["entry"] = command["entry"]
    proposal["currency"] = command["currency"]
    proposal["grounds"] = command["grounds"]
    proposal["instrument"] = command["instrument"]
    proposal["account"] = command["account"]
    proposal["cost"] = command["cost"]
    proposal["amount"] = command["amount"]
    proposal["reverses"] = command["reverses"]


@kernel
def settle_proposal(state, command):
    """Forget the proposal of a movement that is being made; the last one takes its place."""
    if seldom(needs_second(state, command)):
        venue = state.venue[0]
        venue["proposals"] -= 1
        state.proposals[find_proposal(state, command)] = state.proposals[venue["proposals"]]

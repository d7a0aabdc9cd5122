"""For whom a command may be given: for nobody, for the sender's own branch, or for every one."""

from engine.kernels.kernel import kernel
from protocol.vocabulary import Reach


@kernel
def reach_of(state, command):
    """Return the Reach that the role of a command's sender gives it."""
    role = state.sessions[command["session"]]["role"]
    return state.permissions[role, command["kind"]]


@kernel
def may_act_for(state, command, account):
    """Say whether a command may concern an account; the own ones are those of the admission."""
    session = state.sessions[command["session"]]
    is_own = session["account_first"] <= account <= session["account_last"]
    return is_own or reach_of(state, command) == Reach.EVERY


@kernel
def may_act_in(state, command, branch):
    """Say whether a command may concern a branch."""
    is_own = state.sessions[command["session"]]["branch"] == branch
    return is_own or reach_of(state, command) == Reach.EVERY

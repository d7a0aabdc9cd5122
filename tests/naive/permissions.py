"""Who may ask for what: of each role what it may do for its own branch, and what for every one."""

from protocol.vocabulary import CommandKind, Reject, Role

ENTERING = {CommandKind.ENTER_ORDER, CommandKind.REPLACE_ORDER}
CANCELING = {CommandKind.CANCEL_ORDER, CommandKind.CANCEL_ORDERS}
COUNTER = {
    CommandKind.OPEN_ACCOUNT,
    CommandKind.EDIT_ACCOUNT,
    CommandKind.CHANGE_STATUS,
    CommandKind.MOVE_FUNDS,
    CommandKind.MOVE_SHARES,
    CommandKind.CAPITALISE,
    CommandKind.TRANSFER_CUSTODY,
}
"""The business of a branch's counter."""

GUARDING = {
    CommandKind.BLOCK_TRADING,
    CommandKind.LIMIT_ACCOUNT,
    CommandKind.LIMIT_FUNDS,
    CommandKind.CHANGE_LIST,
    CommandKind.CHANGE_USER,
}
MARKET = {
    CommandKind.CHANGE_PHASE,
    CommandKind.CLOSE_DAY,
    CommandKind.CHANGE_HOLD,
    CommandKind.CHANGE_CODE,
}

OWN = {
    Role.TERMINAL: ENTERING | CANCELING,
    Role.COUNTER: ENTERING | CANCELING | COUNTER,
    Role.OPERATOR: ENTERING,
}
EVERY = {
    Role.RISK: CANCELING | GUARDING,
    Role.OPERATOR: CANCELING | GUARDING | COUNTER | MARKET,
    Role.VENUE: set(CommandKind),
}


def may_ask(role: int, kind: int) -> bool:
    """Whether a role may ask for anything of a kind at all."""
    return kind in OWN.get(role, ()) or kind in EVERY.get(role, ())


def may_act_for(venue, command: dict, account: int) -> bool:
    """Whether a command may concern an account."""
    sender = venue.sessions[command["session"]]
    is_own = sender.account_first <= account <= sender.account_last
    return is_own or command["kind"] in EVERY.get(sender.role, ())


def may_act_in(venue, command: dict, branch: int) -> bool:
    """Whether a command may concern a branch."""
    sender = venue.sessions[command["session"]]
    return sender.branch == branch or command["kind"] in EVERY.get(sender.role, ())


def refuse_foreign(venue, command: dict) -> Reject:
    """Return why a command may not concern its account."""
    is_own = may_act_for(venue, command, command["account"])
    return Reject.NOTHING if is_own else Reject.ACCOUNT_NOT_ADMITTED

"""The one entry: a batch of COMMAND rows in, REPORT rows out."""

from engine.kernels import (
    accounts,
    book,
    codes,
    custody,
    day,
    delays,
    interest,
    ledger,
    lists,
    mass_cancel,
    phases,
    reporting,
    sessions,
    users,
)
from engine.kernels.ahead import look_ahead
from engine.kernels.checks import check_command
from engine.kernels.kernel import entrance, kernel, rare
from engine.kernels.seldom import seldom
from protocol.vocabulary import CommandKind, Reject


@entrance
def apply(state, commands, reports):
    """Carry out `commands` (n, COMMAND) in turn; return how many are done.

    Their reports are the first `state.venue[0]["reports"]` rows of `reports` (m, REPORT; m > 2).
    Fewer than all are done only where that buffer is full: empty it and call again with the rest,
    beginning with the command that is not done; it goes on where it stopped.
    """
    state.venue[0]["reports"] = 0
    for done in range(len(commands)):
        look_ahead(state, commands, done)
        if not carry_out(state, commands[done], reports):
            return done
    return len(commands)


@kernel
def carry_out(state, command, reports):
    """Carry out one command; return whether it is done."""
    if not is_under_way(state, command):
        if not reporting.has_room_for(state, reports, 1):
            return False
        begin(state, command)
        reason = check_command(state, command)
        if reason != Reject.NOTHING:
            known = 0 <= command["session"] < state.venue[0]["sessions"]
            session = command["session"] if known else 0
            reporting.reject(state, reports, command, session, reason)
            return True
    kind = command["kind"]
    if kind == CommandKind.ENTER_ORDER:
        return book.enter(state, command, reports)
    if kind == CommandKind.CANCEL_ORDER:
        return book.cancel(state, command, reports)
    if seldom(kind != CommandKind.REPLACE_ORDER):
        return carry_out_rare(state, command, reports)
    return book.replace(state, command, reports)


@rare
def carry_out_rare(state, command, reports):
    """Carry out what comes seldom; return whether it is done."""
    kind = command["kind"]
    if kind == CommandKind.CANCEL_ORDERS:
        return mass_cancel.cancel_orders(state, command, reports)
    if kind == CommandKind.BLOCK_TRADING:
        return mass_cancel.block_trading(state, command, reports)
    if kind == CommandKind.CHANGE_PHASE:
        return phases.change_phase(state, command, reports)
    if kind == CommandKind.CHANGE_HOLD:
        return phases.change_hold(state, command, reports)
    if kind == CommandKind.FIX_CLOSE:
        return day.fix_close(state, command, reports)
    if kind == CommandKind.CLOSE_DAY:
        return day.close_day(state, reports)
    if kind == CommandKind.ADMIT_SESSION:
        return day.admit(state, command, reports)
    if kind == CommandKind.LIST_INSTRUMENT:
        return day.list_instrument(state, command, reports)
    if kind == CommandKind.DEFINE_RULES:
        return day.define_rules(state, command, reports)
    if kind == CommandKind.DEFINE_FEES:
        return day.define_fees(state, command, reports)
    if kind == CommandKind.DEFINE_INTEREST:
        return interest.define_interest(state, command, reports)
    if kind == CommandKind.OPEN_DAY:
        return day.open_day(state, command, reports)
    if kind == CommandKind.RELEASE_ORDER:
        return delays.release_order(state, command, reports)
    if kind == CommandKind.OPEN_SESSION:
        return sessions.open_session(state, command, reports)
    if kind == CommandKind.CLOSE_SESSION:
        return sessions.close_session(state, command, reports)
    if kind == CommandKind.CHANGE_USER:
        return users.change_user(state, command, reports)
    return carry_out_for_account(state, command, reports)


@rare
def carry_out_for_account(state, command, reports):
    """Carry out what changes an account besides trading; return whether it is done."""
    kind = command["kind"]
    if kind == CommandKind.MOVE_FUNDS:
        return ledger.move_funds(state, command, reports)
    if kind == CommandKind.MOVE_SHARES:
        return ledger.move_shares(state, command, reports)
    if kind == CommandKind.OPEN_ACCOUNT:
        return accounts.open_account(state, command, reports)
    if kind == CommandKind.EDIT_ACCOUNT:
        return accounts.edit_account(state, command, reports)
    if kind == CommandKind.CHANGE_STATUS:
        return accounts.change_status(state, command, reports)
    if kind == CommandKind.LIMIT_ACCOUNT:
        return accounts.limit_account(state, command, reports)
    if kind == CommandKind.LIMIT_FUNDS:
        return accounts.limit_funds(state, command, reports)
    if kind == CommandKind.CHANGE_LIST:
        return lists.change_list(state, command, reports)
    if kind == CommandKind.BRING_INTEREST:
        return interest.bring_interest(state, command, reports)
    if kind == CommandKind.CAPITALISE:
        return interest.capitalise(state, command, reports)
    if kind == CommandKind.TRANSFER_CUSTODY:
        return custody.transfer_custody(state, command, reports)
    return codes.change_code(state, command, reports)


@kernel
def is_under_way(state, command):
    """Say whether the command has passed its first checks and waits for an empty buffer."""
    return state.venue[0]["sequence"] == command["sequence"]


@kernel
def begin(state, command):
    venue = state.venue[0]
    venue["sequence"] = command["sequence"]
    venue["time"] = command["time"]

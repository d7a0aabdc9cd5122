"""Opening, editing, limiting and closing accounts."""

from engine.kernels import reporting
from engine.kernels.fees import round_to_cent
from engine.kernels.holdings import funds_at
from engine.kernels.kernel import kernel
from engine.kernels.rights import may_act_for, may_act_in
from protocol.bounds import PROGRAMME_RATE, PROGRAMME_REQUESTS
from protocol.vocabulary import NONE, AccountStatus, Currency, Reject, ReportKind

CURRENCIES = len(Currency)


@kernel
def is_open(state, account):
    """Say whether there is such an account, opened and not closed."""
    if not 0 <= account < state.venue[0]["accounts_max"]:
        return False
    status = state.accounts[account]["status"]
    return status != AccountStatus.NONE and status != AccountStatus.CLOSED


@kernel
def check_account(state, command):
    """Return why a command cannot be meant for its account, or NOTHING."""
    if not may_act_for(state, command, command["account"]):
        return Reject.ACCOUNT_NOT_ADMITTED
    return Reject.NOTHING if is_open(state, command["account"]) else Reject.UNKNOWN_ACCOUNT


@kernel
def check_new_account(state, command):
    """Return why an account cannot be opened so, or NOTHING."""
    if not may_describe(state, command):
        return Reject.ACCOUNT_NOT_ADMITTED
    if not 0 <= command["account"] < state.venue[0]["accounts_max"]:
        return Reject.UNKNOWN_ACCOUNT
    if state.accounts[command["account"]]["status"] != AccountStatus.NONE:
        return Reject.ACCOUNT_EXISTS
    return Reject.NOTHING


@kernel
def may_describe(state, command):
    """Say whether the sender may say what the account is; it stays with the sender's branch."""
    is_admitted = may_act_for(state, command, command["account"])
    return is_admitted and may_act_in(state, command, command["branch"])


@kernel
def open_account(state, command, reports):
    """Open an account with empty funds, and no limits but an alarm for too many requests."""
    reason = check_new_account(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    account = state.accounts[command["account"]]
    account["status"] = AccountStatus.NORMAL
    account["rate_max"] = PROGRAMME_RATE
    account["requests_max"] = PROGRAMME_REQUESTS
    owner = state.owners[command["account"]]
    owner["first_holding"] = NONE
    owner["last_holding"] = NONE
    describe(account, owner, command)
    return tell_account(state, command, reports)


@kernel
def edit_account(state, command, reports):
    """Give an account other permissions and another commission, while it has no open order."""
    reason = check_account(state, command)
    if not may_describe(state, command):
        reason = Reject.ACCOUNT_NOT_ADMITTED
    if reason == Reject.NOTHING and state.accounts[command["account"]]["open_orders"] > 0:
        reason = Reject.ACCOUNT_HAS_ORDERS
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    describe(state.accounts[command["account"]], state.owners[command["account"]], command)
    return tell_account(state, command, reports)


@kernel
def describe(account, owner, command):
    owner["account_kind"] = command["account_kind"]
    owner["branch"] = command["branch"]
    account["channels"] = command["channels"]
    account["depositories"] = command["depositories"]
    account["permissions"] = command["permissions"]
    account["commission_rate"] = command["commission_rate"]
    account["commission_min"] = command["commission_min"]
    account["commission_min_foreign"] = command["commission_min_foreign"]
    account["commission_includes"] = command["commission_includes"]


@kernel
def change_status(state, command, reports):
    """Change what an account may do; only an empty one can be closed."""
    reason = check_account(state, command)
    if reason == Reject.NOTHING and command["status"] == AccountStatus.CLOSED:
        if not is_empty(state, command["account"]):
            reason = Reject.ACCOUNT_NOT_EMPTY
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    state.accounts[command["account"]]["status"] = command["status"]
    return tell_account(state, command, reports)


@kernel
def is_empty(state, number):
    """Say whether an account has neither money, nor interest, nor shares, nor open orders."""
    if state.accounts[number]["open_orders"] > 0:
        return False
    for currency in range(CURRENCIES):
        funds = state.funds[funds_at(number, currency)]
        frozen = funds["frozen_day"] != 0 or funds["frozen_long"] != 0
        if funds["balance"] != 0 or funds["credit"] != 0 or frozen:
            return False
        if round_to_cent(state.accruals[funds_at(number, currency)]["accrued"]) > 0:
            return False
    holding = state.owners[number]["first_holding"]
    while holding != NONE:
        if state.holdings[holding]["total"] != 0:
            return False
        holding = state.following[holding]
    return True


@kernel
def limit_account(state, command, reports):
    """Limit how large, how many, how fast and where an account's orders may be; 0 is no limit."""
    reason = check_account(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    account = state.accounts[command["account"]]
    account["order_value_max"] = command["order_value_max"]
    account["open_orders_max"] = command["open_orders_max"]
    account["rate_max"] = command["rate_max"]
    account["requests_max"] = command["requests_max"]
    account["rate_action"] = command["rate_action"]
    account["list_mode"] = command["list_mode"]
    account["has_guards"] = (command["collar_bp"] | command["duplicate_ms"]) > 0
    owner = state.owners[command["account"]]
    owner["collar_bp"] = command["collar_bp"]
    owner["duplicate_ms"] = command["duplicate_ms"]
    return tell_account(state, command, reports)


@kernel
def limit_funds(state, command, reports):
    """Limit what trading may cost an account today in a currency, net; 0 is no limit."""
    reason = check_account(state, command)
    if reason != Reject.NOTHING:
        return reporting.refuse(state, reports, command, reason)
    if not reporting.has_room_for(state, reports, 1):
        return False
    funds = state.funds[funds_at(command["account"], command["currency"])]
    funds["spending_max"] = command["spending_max"]
    return tell_account(state, command, reports)


@kernel
def tell_account(state, command, reports):
    if has_asker(command):
        row = answer(state, command, ReportKind.ACCOUNT_CHANGED, reports)
        row["reason"] = state.accounts[command["account"]]["status"]
    return True


@kernel
def has_asker(command):
    """Say whether a session waits for the answer; the venue itself does not."""
    return command["session"] > 0


@kernel
def answer(state, command, kind, reports):
    """Begin the answer to an account command."""
    row = reports[reporting.blank(state, reports, kind, command["session"])]
    row["account"] = command["account"]
    row["client_seq"] = command["client_seq"]
    row["request_seq"] = command["client_seq"]
    return row

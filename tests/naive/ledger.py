"""What moves an account's money and shares besides trading, and its reversal on the same day.

The functions take the venue, and report through it what happens.  Money is in 1/10000 of the
currency unit.
"""

from dataclasses import dataclass
from typing import NamedTuple

from protocol.vocabulary import (
    NONE,
    AccountStatus,
    CommandKind,
    FundsEntry,
    Reject,
    ReportKind,
    SharesEntry,
)
from tests.naive.accounts import Holding, has_room_for_holding, refuse_unknown
from tests.naive.cover import funds_now, holding_now
from tests.naive.terms import is_listed

FUNDS_MAX = 10**16
SHARES_MAX = 10**12
OUTSIDE_MAX = 6 * 10**18
CREDIT_MAX = 10**18
COST_MAX = 10**18
ISSUED_MAX = 10**15
"""The most that one command may move; and all that may be brought in of a currency, lent to an
account, and issued of an instrument."""


class OfFunds(NamedTuple):
    """Which parts of an account's money an entry adds to, or takes from."""

    balance: int = 0
    frozen_day: int = 0
    frozen_long: int = 0
    credit: int = 0
    unsettled: int = 0
    withdraws: bool = False


class OfShares(NamedTuple):
    """Which parts of a holding an entry adds to, or takes from."""

    total: int = 0
    frozen_day: int = 0
    frozen_long: int = 0
    pledged: int = 0


FUNDS = {
    FundsEntry.BROUGHT_FORWARD: OfFunds(balance=1),
    FundsEntry.DEPOSIT: OfFunds(balance=1),
    FundsEntry.WITHDRAW: OfFunds(balance=-1, withdraws=True),
    FundsEntry.TRANSFER_IN: OfFunds(balance=1, unsettled=1),
    FundsEntry.TRANSFER_OUT: OfFunds(balance=-1, withdraws=True),
    FundsEntry.REMIT_IN: OfFunds(balance=1, unsettled=1),
    FundsEntry.REMIT_OUT: OfFunds(balance=-1, withdraws=True),
    FundsEntry.FREEZE_DAY: OfFunds(frozen_day=1),
    FundsEntry.RELEASE_DAY: OfFunds(frozen_day=-1),
    FundsEntry.FREEZE_LONG: OfFunds(frozen_long=1),
    FundsEntry.RELEASE_LONG: OfFunds(frozen_long=-1),
    FundsEntry.GRANT_CREDIT: OfFunds(credit=1),
    FundsEntry.REVOKE_CREDIT: OfFunds(credit=-1),
    FundsEntry.DIVIDEND: OfFunds(balance=1),
    FundsEntry.DIVIDEND_TAX: OfFunds(balance=-1),
    FundsEntry.INTEREST: OfFunds(balance=1),
    FundsEntry.INTEREST_TAX: OfFunds(balance=-1),
}
SHARES = {
    SharesEntry.BROUGHT_FORWARD: OfShares(total=1),
    SharesEntry.SHARES_IN: OfShares(total=1),
    SharesEntry.SHARES_OUT: OfShares(total=-1),
    SharesEntry.CUSTODY_IN: OfShares(total=1),
    SharesEntry.CUSTODY_OUT: OfShares(total=-1),
    SharesEntry.FREEZE_DAY: OfShares(frozen_day=1),
    SharesEntry.RELEASE_DAY: OfShares(frozen_day=-1),
    SharesEntry.FREEZE_LONG: OfShares(frozen_long=1),
    SharesEntry.RELEASE_LONG: OfShares(frozen_long=-1),
    SharesEntry.PLEDGE: OfShares(pledged=1),
    SharesEntry.RELEASE_PLEDGE: OfShares(pledged=-1),
    SharesEntry.BONUS: OfShares(total=1),
    SharesEntry.RIGHTS: OfShares(total=1),
    SharesEntry.CODE_CHANGE_OUT: OfShares(total=-1),
    SharesEntry.CODE_CHANGE_IN: OfShares(total=1),
}


class Moved(NamedTuple):
    """What has moved; a reversal must equal in it what it reverses.

    `place` is the currency of money, the instrument of shares; money has no cost.
    """

    kind: int
    account: int
    place: int
    entry: int
    amount: int
    cost: int = 0


@dataclass
class Movement:
    """Money or shares that a granted command has moved."""

    sequence: int
    client_seq: int
    moved: Moved
    is_reversal: bool
    grounds: int = 0
    is_reversed: bool = False


def funds_moved(account: int, currency: int, entry: int, amount: int) -> Moved:
    """Return a movement of money."""
    return Moved(CommandKind.MOVE_FUNDS, account, currency, entry, amount)


def shares_moved(account: int, instrument: int, entry: int, shares: int, cost: int) -> Moved:
    """Return a movement of shares."""
    return Moved(CommandKind.MOVE_SHARES, account, instrument, entry, shares, cost)


def moved_by(command: dict) -> Moved:
    """Return what a command moves."""
    account, entry, amount = command["account"], command["entry"], command["amount"]
    if command["kind"] == CommandKind.MOVE_FUNDS:
        return funds_moved(account, command["currency"], entry, amount)
    return shares_moved(account, command["instrument"], entry, amount, command["cost"])


def signed_amount(command: dict) -> int:
    """Return the amount of a movement, turned round where it is a reversal."""
    return -command["amount"] if command["reverses"] else command["amount"]


def refuse_movement(venue, command: dict) -> Reject:
    """Return why there is nothing to reverse, or no room for one more movement."""
    if command["reverses"] != 0:
        movement = venue.movements.get((command["reverses"], moved_by(command)))
        if movement is None or movement.is_reversal or movement.is_reversed:
            return Reject.NOTHING_TO_REVERSE
    return Reject.LEDGER_EXHAUSTED if lacks_room(venue, 1) else Reject.NOTHING


def lacks_room(venue, count: int) -> bool:
    """Whether there is no room for so many more movements."""
    return len(venue.movements) + count > venue.room.movements


def refuse_funds(venue, command: dict) -> Reject:
    """Return why money does not move."""
    number, amount = command["account"], command["amount"]
    reason = refuse_unknown(venue, command)
    if reason != Reject.NOTHING:
        return reason
    withdraws = FUNDS[command["entry"]].withdraws and command["reverses"] == 0
    if withdraws and venue.accounts[number].status != AccountStatus.NORMAL:
        return Reject.ACCOUNT_NOT_NORMAL
    if amount <= 0:
        return Reject.AMOUNT_NOT_POSITIVE
    outside = venue.outside[command["currency"]]
    credit = venue.accounts[number].funds[command["currency"]].credit
    if amount > FUNDS_MAX or outside + amount > OUTSIDE_MAX or credit + amount > CREDIT_MAX:
        return Reject.AMOUNT_TOO_LARGE
    reason = refuse_movement(venue, command)
    if reason != Reject.NOTHING:
        return reason
    is_short = withdraws and amount > funds_now(venue, number, command["currency"]).withdrawable
    if is_short or is_money_short(venue, command):
        return Reject.INSUFFICIENT_FUNDS
    return Reject.NOTHING


def is_money_short(venue, command: dict) -> bool:
    """Whether a movement would take money that is not there, or not free."""
    entry, amount = FUNDS[command["entry"]], signed_amount(command)
    now = funds_now(venue, command["account"], command["currency"])
    parts = (
        now.frozen_day + entry.frozen_day * amount,
        now.frozen_long + entry.frozen_long * amount,
        now.credit + entry.credit * amount,
    )
    change = (entry.balance + entry.credit - entry.frozen_day - entry.frozen_long) * amount
    return min(parts) < 0 or (change < 0 and now.available + change < 0)


def refuse_shares(venue, command: dict) -> Reject:
    """Return why shares do not move."""
    number, instrument = command["account"], command["instrument"]
    if not is_listed(venue, instrument):
        return Reject.UNKNOWN_INSTRUMENT
    reason = refuse_unknown(venue, command)
    if reason != Reject.NOTHING:
        return reason
    if command["amount"] <= 0:
        return Reject.AMOUNT_NOT_POSITIVE
    if command["amount"] > SHARES_MAX or abs(command["cost"]) > FUNDS_MAX:
        return Reject.AMOUNT_TOO_LARGE
    if venue.instruments[instrument].issued + command["amount"] > ISSUED_MAX:
        return Reject.AMOUNT_TOO_LARGE
    held = venue.accounts[number].holdings.get(instrument, Holding())
    if command["cost"] != 0 and abs(held.cost) + abs(command["cost"]) > COST_MAX:
        return Reject.AMOUNT_TOO_LARGE
    reason = refuse_movement(venue, command)
    if reason != Reject.NOTHING:
        return reason
    if are_shares_short(venue, command):
        return Reject.INSUFFICIENT_SHARES
    has_room = has_room_for_holding(venue, number, instrument)
    return Reject.NOTHING if has_room else Reject.HOLDINGS_EXHAUSTED


def are_shares_short(venue, command: dict) -> bool:
    """Whether a movement would take shares that are not there, or not free."""
    entry, amount = SHARES[command["entry"]], signed_amount(command)
    holding, free = Holding(), 0
    if command["instrument"] in venue.accounts[command["account"]].holdings:
        holding = venue.accounts[command["account"]].holdings[command["instrument"]]
        free = holding_now(venue, command["account"], command["instrument"]).sellable
    parts = (
        holding.total + entry.total * amount,
        holding.frozen_day + entry.frozen_day * amount,
        holding.frozen_long + entry.frozen_long * amount,
        holding.pledged + entry.pledged * amount,
    )
    change = (entry.total - entry.frozen_day - entry.frozen_long - entry.pledged) * amount
    return min(parts) < 0 or (change < 0 and free + change < 0)


def move_funds(venue, command: dict) -> None:
    """Move an account's money."""
    entry, amount = FUNDS[command["entry"]], signed_amount(command)
    funds = venue.accounts[command["account"]].funds[command["currency"]]
    funds.balance += entry.balance * amount
    funds.frozen_day += entry.frozen_day * amount
    funds.frozen_long += entry.frozen_long * amount
    funds.credit += entry.credit * amount
    funds.unsettled = max(0, funds.unsettled + entry.unsettled * amount)
    venue.outside[command["currency"]] += entry.balance * amount
    note(venue, moved_by(command), command["reverses"])
    about = (command["account"], command["currency"], command["entry"])
    tell_funds(venue, *about, order_number=funds.balance)


def move_shares(venue, command: dict) -> None:
    """Move an account's shares."""
    entry, amount = SHARES[command["entry"]], signed_amount(command)
    number, instrument = command["account"], command["instrument"]
    holding = venue.accounts[number].holdings.setdefault(instrument, Holding())
    holding.total += entry.total * amount
    holding.frozen_day += entry.frozen_day * amount
    holding.frozen_long += entry.frozen_long * amount
    holding.pledged += entry.pledged * amount
    holding.cost += entry.total * (-command["cost"] if command["reverses"] else command["cost"])
    venue.instruments[instrument].issued += entry.total * amount
    note(venue, moved_by(command), command["reverses"])
    tell_shares(venue, number, instrument, command["entry"])


def note(venue, moved: Moved, reverses: int = 0) -> None:
    """Keep a movement; what it reverses cannot be reversed again."""
    command, sequence = venue.command, venue.command["sequence"]
    grounds = command.get("grounds", 0)
    movement = Movement(sequence, command["client_seq"], moved, reverses != 0, grounds)
    venue.movements[sequence, moved] = movement
    if movement.is_reversal:
        venue.movements[reverses, moved].is_reversed = True


def tell_funds(venue, account: int, currency: int, entry: int, **fields: int) -> None:
    """Report a movement of money."""
    tell(venue, ReportKind.FUNDS_MOVED, account, entry, instrument=NONE, side=currency, **fields)


def tell_shares(venue, account: int, instrument: int, entry: int) -> None:
    """Report a movement of shares, and how many the account has now."""
    total = venue.accounts[account].holdings[instrument].total
    about = {"instrument": instrument, "order_number": total}
    tell(venue, ReportKind.SHARES_MOVED, account, entry, **about)


def tell(venue, kind: ReportKind, account: int, entry: int, **fields: int) -> None:
    """Report a movement to who asked for it, but not to the venue itself."""
    command = venue.command
    if command["session"] == 0:
        return
    venue.report(
        kind,
        session=command["session"],
        account=account,
        reason=entry,
        client_seq=command["client_seq"],
        request_seq=command["client_seq"],
        **fields,
    )

"""COMMAND rows for tests: name only what matters, the rest has a harmless default.

A command is a dict of the fields of its row; `journal` stacks commands into numbered rows.
Prices are in 1/10000 of the currency unit, quantities in shares.
"""

from collections.abc import Iterable
from enum import IntEnum

import numpy as np

from protocol.records import COMMAND, RULES
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    EVERY_ACCOUNT,
    EVERY_INSTRUMENT,
    NONE,
    AccountStatus,
    Candidates,
    Channel,
    CommandKind,
    Currency,
    Depository,
    Feature,
    FundsEntry,
    HoldCause,
    Market,
    OrderType,
    Permission,
    Role,
    Schedule,
    SharesEntry,
    TieBreak,
)

BUSINESS_DATE = 20260706
SECOND_ONE = 1_783_300_000 * NANOSECONDS
"""The time of the first command of a journal, in ns since 1970 UTC; each follows 1 ms later."""


def bits_of(words: Iterable[IntEnum]) -> int:
    """Return the bits of words: order types, as rules have them, or what an account may use."""
    return sum(1 << word for word in words)


EVERY_TYPE = bits_of(OrderType)
EVERY_FEATURE = sum(Feature)
EVERY_CHANNEL = bits_of(Channel)
EVERY_DEPOSITORY = bits_of(Depository)
EVERY_PERMISSION = bits_of(Permission)
CONDITIONS = Feature.MINIMUM_QUANTITY + Feature.POST_ONLY
"""The features of orders that never wait and hide nothing."""

TYPES_OF_BOOK = EVERY_TYPE - bits_of([OrderType.FIXED_PRICE])
"""The types of orders that trade in the book."""

SSE_RULES = {
    "market": Market.SSE,
    "tie_break": TieBreak.MIDDLE,
    "candidates": Candidates.ORDER_PRICES,
    "order_types": TYPES_OF_BOOK
    - bits_of((OrderType.IMMEDIATE_THEN_CANCEL, OrderType.ALL_OR_CANCEL)),
}
SZSE_RULES = {
    "market": Market.SZSE,
    "tie_break": TieBreak.NEAREST_REFERENCE,
    "candidates": Candidates.ALL_TICKS,
    "order_types": TYPES_OF_BOOK - bits_of([OrderType.BEST_FIVE_THEN_LIMIT]),
}
OF_RULES = {name for name, _ in RULES if name}


def journal(commands: Iterable[dict], first: int = 1) -> np.ndarray:
    """Return `commands` as COMMAND rows, numbered and timed from sequence `first` on."""
    commands = list(commands)
    rows = np.zeros(len(commands), COMMAND)
    rows["sequence"] = np.arange(first, first + len(commands))
    rows["time"] = SECOND_ONE + rows["sequence"] * (NANOSECONDS // 1_000)
    for row, command in zip(rows, commands, strict=True):
        for name, value in command.items():
            row[name] = value
    return rows


def open_day(**fields) -> dict:
    """Begin the day BUSINESS_DATE, without accounts unless `with_accounts` is 1."""
    return {"kind": CommandKind.OPEN_DAY, "business_date": BUSINESS_DATE} | fields


def close_day(**fields) -> dict:
    """Expire what is open and end the day."""
    return {"kind": CommandKind.CLOSE_DAY} | fields


def change_phase(
    phase: int, instrument: int = EVERY_INSTRUMENT, schedules: Iterable[Schedule] = (), **fields
) -> dict:
    """Begin a phase, for every instrument only where it follows one of `schedules`, if any."""
    return {
        "kind": CommandKind.CHANGE_PHASE,
        "phase": phase,
        "instrument": instrument,
        "schedules": bits_of(schedules),
    } | fields


def change_hold(
    hold: int, instrument: int = EVERY_INSTRUMENT, cause: int = HoldCause.OPERATOR, **fields
) -> dict:
    """Hold an instrument or the whole venue, or let it go on with Hold.NONE."""
    return {
        "kind": CommandKind.CHANGE_HOLD,
        "hold": hold,
        "instrument": instrument,
        "cause": cause,
    } | fields


def fix_close(price: int, instrument: int = 0, **fields) -> dict:
    """Fix the closing price of an instrument."""
    return {"kind": CommandKind.FIX_CLOSE, "instrument": instrument, "price": price} | fields


def admit(number: int, first: int, last: int, role: int = Role.TERMINAL, **fields) -> dict:
    """Admit session `number` for the accounts from `first` to `last`."""
    return {
        "kind": CommandKind.ADMIT_SESSION,
        "role": role,
        "admitted": number,
        "account_first": first,
        "account_last": last,
    } | fields


def open_session(number: int, cancels_on_disconnect: int = 0, **fields) -> dict:
    """Let session `number` be there; its open orders go with it if `cancels_on_disconnect` is 1."""
    return {
        "kind": CommandKind.OPEN_SESSION,
        "admitted": number,
        "cancels_on_disconnect": cancels_on_disconnect,
    } | fields


def close_session(number: int, **fields) -> dict:
    """Let session `number` be gone."""
    return {"kind": CommandKind.CLOSE_SESSION, "admitted": number} | fields


def define_rules(number: int, **fields) -> dict:
    """Define rules of SSE: cents, lots of 100, what SSE allows in its book, conditions, no cage."""
    of_sse = {name: value for name, value in SSE_RULES.items() if name in OF_RULES}
    return (
        {
            "kind": CommandKind.DEFINE_RULES,
            "defined": number,
            "tick": 100,
            "quantity_min": 100,
            "quantity_step": 100,
            "quantity_max": 1_000_000,
            "quantity_max_market": 1_000_000,
            "quantity_max_fixed": 1_000_000,
            "features": CONDITIONS,
        }
        | of_sse
        | fields
    )


def list_instrument(number: int, **fields) -> dict:
    """List a share of SSE by the rules of the same number: 10.00 yesterday, 9.00 to 11.00 today.

    It is traded in CNY, by the fees number 0 where there are accounts; what is bought may be sold
    at once.
    """
    return {
        "kind": CommandKind.LIST_INSTRUMENT,
        "market": Market.SSE,
        "instrument": number,
        "code": b"%06d" % (600000 + number),
        "depository": Depository.SHANGHAI_A,
        "permission": Permission.ORDINARY,
        "listed_currency": Currency.CNY,
        "previous_close": 100_000,
        "lower_limit": 90_000,
        "upper_limit": 110_000,
        "rules": number,
    } | fields


def listing(number: int, **fields) -> list[dict]:
    """Define rules and list an instrument by them; each of `fields` goes where it belongs."""
    of_rules = {name: value for name, value in fields.items() if name in OF_RULES}
    others = {name: value for name, value in fields.items() if name not in OF_RULES}
    return [define_rules(number, **of_rules), list_instrument(number, **others)]


def define_fees(number: int, **fields) -> dict:
    """Define fees: none, unless `fields` give rates in 1e-8."""
    return {"kind": CommandKind.DEFINE_FEES, "defined": number} | fields


def open_account(number: int, **fields) -> dict:
    """Open an account that may trade everything through every channel, for nothing."""
    return {
        "kind": CommandKind.OPEN_ACCOUNT,
        "account": number,
        "channels": EVERY_CHANNEL,
        "depositories": EVERY_DEPOSITORY,
        "permissions": EVERY_PERMISSION,
        "commission_includes": 1,
    } | fields


def edit_account(number: int, **fields) -> dict:
    """Make an account what open_account makes a new one."""
    return open_account(number, **fields) | {"kind": CommandKind.EDIT_ACCOUNT}


def change_status(number: int, status: int = AccountStatus.FROZEN, **fields) -> dict:
    """Give an account another status."""
    return {"kind": CommandKind.CHANGE_STATUS, "account": number, "status": status} | fields


def limit_account(number: int, **fields) -> dict:
    """Give an account these limits and no others; 0 is no limit, and too many requests alarm."""
    return {"kind": CommandKind.LIMIT_ACCOUNT, "account": number} | fields


def limit_funds(number: int, spending_max: int, **fields) -> dict:
    """Limit what an account spends in a day, in CNY unless `fields` say so; 0 for no limit."""
    return {
        "kind": CommandKind.LIMIT_FUNDS,
        "account": number,
        "currency": Currency.CNY,
        "spending_max": spending_max,
    } | fields


def change_list(number: int, instrument: int = 0, is_listed: int = 1, **fields) -> dict:
    """Put an instrument on the list of an account, or take it off."""
    return {
        "kind": CommandKind.CHANGE_LIST,
        "account": number,
        "instrument": instrument,
        "is_listed": is_listed,
    } | fields


def capitalise(number: int = EVERY_ACCOUNT, **fields) -> dict:
    """Pay the interest of one account, or of all, in CNY unless `fields` say so."""
    return {
        "kind": CommandKind.CAPITALISE,
        "account": number,
        "currency": Currency.CNY,
    } | fields


def transfer_custody(
    number: int, amount: int = 0, instrument: int = EVERY_INSTRUMENT, **fields
) -> dict:
    """Let shares of an account leave for another firm, all that may go where `amount` is 0."""
    return {
        "kind": CommandKind.TRANSFER_CUSTODY,
        "account": number,
        "amount": amount,
        "instrument": instrument,
    } | fields


def change_code(instrument: int, to_instrument: int, **fields) -> dict:
    """Make all shares of an instrument shares of another one."""
    return {
        "kind": CommandKind.CHANGE_CODE,
        "instrument": instrument,
        "to_instrument": to_instrument,
    } | fields


def release_order(order_number: int, **fields) -> dict:
    """Let an order arrive that was delayed."""
    return {"kind": CommandKind.RELEASE_ORDER, "order_number": order_number} | fields


def define_interest(rate: int, days: int = 1, **fields) -> dict:
    """Let money, CNY unless `fields` say so, earn interest at the close; `rate` is 1e-8 a year."""
    return {
        "kind": CommandKind.DEFINE_INTEREST,
        "currency": Currency.CNY,
        "interest_rate": rate,
        "days": days,
    } | fields


def bring_interest(number: int, accrued: int, product: int = 0, rest: int = 0, **fields) -> dict:
    """Bring in the interest that an account has earned, in CNY unless `fields` say so."""
    return {
        "kind": CommandKind.BRING_INTEREST,
        "account": number,
        "currency": Currency.CNY,
        "product": product,
        "accrued": accrued,
        "rest": rest,
    } | fields


def change_user(number: int, is_locked: int = 0, **fields) -> dict:
    """Lock a user, or let it in again, and limit its requests as `fields` say."""
    return {"kind": CommandKind.CHANGE_USER, "admitted": number, "is_locked": is_locked} | fields


def move_funds(number: int, amount: int, entry: int = FundsEntry.DEPOSIT, **fields) -> dict:
    """Move money of an account, in 1/10000 of the currency unit: CNY unless `fields` say so."""
    return {
        "kind": CommandKind.MOVE_FUNDS,
        "account": number,
        "currency": Currency.CNY,
        "entry": entry,
        "amount": amount,
    } | fields


def move_shares(number: int, amount: int, entry: int = SharesEntry.SHARES_IN, **fields) -> dict:
    """Move shares of an account; those of instrument 0 unless `fields` say otherwise."""
    return {
        "kind": CommandKind.MOVE_SHARES,
        "account": number,
        "entry": entry,
        "amount": amount,
    } | fields


def enter(side: int, quantity: int, price: int, **fields) -> dict:
    """Buy or sell, at the counter; by the venue itself and for instrument 0 by default."""
    return {
        "kind": CommandKind.ENTER_ORDER,
        "side": side,
        "quantity": quantity,
        "price": price,
    } | fields


def cancel(order_number: int, quantity: int = 0, **fields) -> dict:
    """Take back `quantity` shares of an order, or all of it."""
    return {
        "kind": CommandKind.CANCEL_ORDER,
        "order_number": order_number,
        "quantity": quantity,
    } | fields


def cancel_own(client_seq: int, quantity: int = 0, **fields) -> dict:
    """Take back the order that the session itself entered with `client_seq`."""
    return cancel(0, quantity, of_client_seq=client_seq) | fields


def replace(order_number: int, quantity: int, price: int, **fields) -> dict:
    """Give an order a price and an open quantity."""
    return {
        "kind": CommandKind.REPLACE_ORDER,
        "order_number": order_number,
        "quantity": quantity,
        "price": price,
    } | fields


def cancel_orders(**fields) -> dict:
    """Take back every open order that fits `fields`, or all."""
    return {
        "kind": CommandKind.CANCEL_ORDERS,
        "any_side": int("of_side" not in fields),
        "instrument": EVERY_INSTRUMENT,
        "account": NONE,
        "of_session": NONE,
        "of_branch": NONE,
    } | fields


def block_trading(**fields) -> dict:
    """Refuse orders that fit `fields`, or all, and take back those that are open."""
    return cancel_orders(**fields) | {"kind": CommandKind.BLOCK_TRADING}


def lift_block(**fields) -> dict:
    """Lift the block of the same `fields`."""
    return block_trading(**fields) | {"lifts": 1}

"""The dated rules of the boards, as boards.csv beside this module has them, and whose they are.

Of a board's lines the newest that is in force on a day holds.  codes.csv says by which digits the
code of a security tells its board.  Neither knows what is a daily fact of the security: whether it
is under special treatment, being delisted, listed on the day, or free of limits.
"""

import csv
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.kernels.state import TICKS_MAX
from protocol.units import apply_ratio, format_units, parse_units
from protocol.vocabulary import (
    Candidates,
    CommandKind,
    Currency,
    Depository,
    Feature,
    HaltRule,
    Market,
    OrderType,
    Permission,
    Schedule,
    TieBreak,
)

BOARDS = Path(__file__).with_name("boards.csv")
CODES = Path(__file__).with_name("codes.csv")
SUBJECTS = (
    "price limit",
    "first day",
    "free days",
    "halts",
    "tick",
    "lots",
    "most",
    "fixed price",
    "cage",
    "order types",
    "gap",
    "auction",
    "schedule",
    "account",
    "sale",
)
"""What a rule's source and confidence may speak of by itself."""

SUFFIXES = {"SH": Market.SSE, "SZ": Market.SZSE, "BJ": Market.BSE}
BASIS_POINTS = 10_000
PRICE_MAX = 2**31 - 1
CLOSE_MAX = PRICE_MAX // 2
"""The highest previous close: with it, any limit fits the 32 bits of a price."""


class Status(StrEnum):
    """What a day may bring for a security, which its code does not tell.

    `st` is special treatment (ST and *ST), `first` the day of listing where it has a band of its
    own, `free` a day without limits: the first ones after listing, the first one of a delisting.
    """

    NORMAL = "normal"
    ST = "st"
    DELISTING = "delisting"
    FIRST = "first"
    FREE = "free"


class BoardRule(NamedTuple):
    """The rules of a board from a day on; prices in 1/10000 of its currency, quantities in shares.

    `halts` are those of days without the usual limits: the free ones, or the first one.
    `fees` names a schedule of fees.csv.  `depository` and `permission` are what an account must
    have to trade; what it has bought may be sold after `settlement_days`.
    `source` and `confidence` speak of all of it, and behind a semicolon of one subject: in
    "verified; cage: own choice" only the cage is our own choice.
    """

    board: str
    market: Market
    effective_from: date
    price_limit_bp: int
    price_limit_st_bp: int
    price_limit_ticks: int
    first_day_up_bp: int
    first_day_down_bp: int
    first_days_free: int
    halts: HaltRule
    tick: int
    quantity_min: int
    quantity_step: int
    quantity_max: int
    quantity_max_market: int
    quantity_max_fixed: int
    cage_bp: int
    cage_ticks: int
    order_types: tuple[OrderType, ...]
    features: tuple[Feature, ...]
    tie_break: TieBreak
    candidates: Candidates
    schedule: Schedule
    fees: str
    depository: Depository
    permission: Permission
    currency: Currency
    settlement_days: int
    source: str
    confidence: str


class Code(NamedTuple):
    """Codes of a market that begin with one of these digits are of this board."""

    market: Market
    prefixes: tuple[str, ...]
    board: str
    confidence: str


def load_board_rules(path: Path = BOARDS) -> list[BoardRule]:
    """Return the dated rules of all boards."""
    with path.open(encoding="utf-8", newline="") as file:
        return [make_rule(row) for row in csv.DictReader(file)]


def make_rule(row: dict[str, str]) -> BoardRule:
    made = {
        "market": Market[row["market"]],
        "effective_from": date.fromisoformat(row["effective_from"]),
        "halts": HaltRule[row["halts"]],
        "tick": parse_units(row["tick"]),
        "order_types": tuple(OrderType[name] for name in row["order_types"].split()),
        "features": tuple(Feature[name] for name in row["features"].split()),
        "tie_break": TieBreak[row["tie_break"]],
        "candidates": Candidates[row["candidates"]],
        "schedule": Schedule[row["schedule"]],
        "depository": Depository[row["depository"]],
        "permission": Permission[row["permission"]],
        "currency": Currency[row["currency"]],
    }
    for text in (row["source"], row["confidence"]):
        check_subjects(text)
    texts = ("board", "fees", "source", "confidence")
    return BoardRule(
        **{
            name: made[name] if name in made else text if name in texts else int(text)
            for name, text in row.items()
        }
    )


def load_codes(path: Path = CODES) -> list[Code]:
    """Return which codes are of which board."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Code(
                Market[row["market"]],
                tuple(row["prefixes"].split()),
                row["board"],
                row["confidence"],
            )
            for row in csv.DictReader(file)
        ]


def parse_symbol(symbol: str) -> tuple[str, Market]:
    """Return code and market of a symbol like "600519.SH"; raises ValueError."""
    code, _, suffix = symbol.partition(".")
    if not (len(code) == 6 and code.isascii() and code.isdigit() and suffix in SUFFIXES):
        raise ValueError(f'symbol {symbol!r} is not six digits and .SH, .SZ or .BJ, as "600519.SH"')
    return code, SUFFIXES[suffix]


def board_of(symbol: str) -> str:
    """Return the board that a symbol's code tells, by its longest prefix that is known.

    Raises ValueError where none has such codes, and for what is no symbol.
    """
    code, market = parse_symbol(symbol)
    found = {
        prefix: known.board
        for known in load_codes()
        for prefix in known.prefixes
        if known.market is market and code.startswith(prefix)
    }
    if not found:
        raise ValueError(f"no board of {market.name} has codes like {code}; name the board")
    return found[max(found, key=len)]


def rule_in_force(rules: Iterable[BoardRule], board: str, day: date) -> BoardRule | None:
    """Return the newest rule of a board that is in force on a day, None where there is none."""
    of_board = (rule for rule in rules if rule.board == board and rule.effective_from <= day)
    return max(of_board, key=lambda rule: rule.effective_from, default=None)


def said_of(subject: str, text: str) -> str:
    """Return what a rule's `source` or `confidence` says of a subject."""
    of_all, *of_some = text.split("; ")
    exceptions = dict(part.split(": ", 1) for part in of_some)
    return exceptions.get(subject, of_all)


def check_subjects(text: str) -> None:
    """Raise ValueError where a `source` or `confidence` speaks of what is no subject."""
    _, *of_some = text.split("; ")
    for part in of_some:
        subject, *_ = part.split(": ", 1)
        if subject not in SUBJECTS:
            raise ValueError(f"{subject!r} in {text!r} is no subject; use one of {SUBJECTS}")


def check_status(rule: BoardRule, status: Status) -> None:
    """Raise ValueError where a board has no days of a status."""
    days = {Status.FIRST: rule.first_day_up_bp, Status.FREE: rule.first_days_free}
    allowed = [known for known in Status if days.get(known, True)]
    if status not in allowed:
        raise ValueError(
            f"board {rule.board} has no status {status} by its rules from {rule.effective_from} "
            f"on; use one of {', '.join(allowed)}"
        )


def limits_bp(rule: BoardRule, status: Status) -> tuple[int, int]:
    """Return how far a price may go down and up on a day of a status, in basis points."""
    assert status is not Status.FREE, "on a free day there is no limit"
    if status is Status.FIRST:
        return rule.first_day_down_bp, rule.first_day_up_bp
    limit = rule.price_limit_st_bp if status is Status.ST else rule.price_limit_bp
    return limit, limit


def permission_on(rule: BoardRule, status: Status) -> Permission:
    """Return what an account must be allowed to trade on a day of a status."""
    special = {Status.ST: Permission.RISK_WARNING, Status.DELISTING: Permission.DELISTING}
    return special.get(status, rule.permission)


def halts_on(rule: BoardRule, status: Status) -> HaltRule:
    """Return by which moves of its price a security is halted on a day of a status."""
    return rule.halts if status in (Status.FIRST, Status.FREE) else HaltRule.NONE


def price_limits(
    rule: BoardRule, previous_close: int, status: Status = Status.NORMAL
) -> tuple[int, int]:
    """Return the lower and upper limit price of a day.

    They are rounded half up to the tick and a tick away at least, where the rules of the day say
    so.  On a first day, the previous close is the issue price.  A free day has the widest band
    that an instrument can have, TICKS_MAX prices, with the previous close in its middle where there
    is room below.  The lower limit is a tick at least.
    """
    if status is Status.FREE:
        lower = max(rule.tick, previous_close - TICKS_MAX // 2 * rule.tick)
        return lower, lower + (TICKS_MAX - 1) * rule.tick
    down, up = limits_bp(rule, status)
    room = rule.price_limit_ticks * rule.tick
    lower = apply_ratio(previous_close, BASIS_POINTS - down, BASIS_POINTS, rule.tick)
    upper = apply_ratio(previous_close, BASIS_POINTS + up, BASIS_POINTS, rule.tick)
    lower = min(lower, previous_close - room)
    return max(lower, rule.tick), max(upper, previous_close + room)


def parse_close(text: str) -> int:
    """Return a previous close in 1/10000; raises ValueError where none can be so."""
    previous_close = parse_units(text)
    if not 0 < previous_close <= CLOSE_MAX:
        raise ValueError(
            f"previous_close {text} is not above 0 and at most {format_units(CLOSE_MAX)}"
        )
    return previous_close


def check_on_tick(rule: BoardRule, previous_close: int) -> None:
    """Raise ValueError where a previous close is not on the tick of its board."""
    if previous_close % rule.tick:
        raise ValueError(f"previous_close is not a multiple of the tick, {format_units(rule.tick)}")


def define(row: np.void, rule: BoardRule, number: int) -> None:
    """Make a COMMAND row define the rules of a board under a number."""
    row["kind"] = CommandKind.DEFINE_RULES
    row["defined"] = number
    row["order_types"] = sum(1 << kind for kind in rule.order_types)
    row["features"] = sum(rule.features)
    for field in ("tick", "quantity_min", "quantity_step", "quantity_max", "quantity_max_market"):
        row[field] = getattr(rule, field)
    for field in ("quantity_max_fixed", "cage_bp", "cage_ticks", "tie_break", "candidates"):
        row[field] = getattr(rule, field)

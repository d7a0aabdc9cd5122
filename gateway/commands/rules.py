"""Tell the rules of a security on a day, each with its source and how sure it is."""

import argparse
from collections.abc import Iterator
from datetime import date

from engine.phases import RULES, TIMETABLE
from engine.rulebook import (
    SUFFIXES,
    BoardRule,
    Status,
    board_of,
    check_on_tick,
    limit_bp,
    load_board_rules,
    parse_close,
    parse_symbol,
    price_limits,
    rule_in_force,
    said_of,
)
from gateway.clock import ShanghaiClock
from protocol.calendar import business_date_at, to_date
from protocol.mistake import Mistake
from protocol.units import format_units
from protocol.vocabulary import Handling

HANDLINGS = {
    Handling.NOTHING: "",
    Handling.RESTS: "; they rest",
    Handling.MATCHES: "; they match on arrival",
}


class RulesError(Mistake):
    """There are no such rules; the text says why, and what to ask for."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("symbol", metavar="SYMBOL", help='like "600519", or "600519.SH"')
    parser.add_argument("--date", default="", help="like 2023-02-01; today if left out")
    parser.add_argument("--status", choices=[*map(str, Status)], default=str(Status.NORMAL))
    parser.add_argument("--previous-close", default="", help="yuan; tells the limit prices")
    parser.add_argument("--board", default="", help="where the code does not tell, as for funds")


def run(arguments: argparse.Namespace) -> int:
    """Print the rules and the day's timetable."""
    symbol, status = arguments.symbol, Status(arguments.status)
    try:
        symbol = whole_symbol(arguments.symbol)
        day = parse_day(arguments.date) if arguments.date else today()
        rule = find_rule(symbol, arguments.board, day)
        told = list(tell(rule, status, arguments.previous_close))
    except ValueError as error:
        raise RulesError(f"{symbol}: {error}") from None
    print(f"{symbol} on {day}, {status}: {rule.board}, by rules from {rule.effective_from} on")
    for subject, text in told:
        source, confidence = said_of(subject, rule.source), said_of(subject, rule.confidence)
        print(f"{subject:13}{text:52}  {source} ({confidence})")
    for line in timetable():
        print(line)
    return 0


def whole_symbol(text: str) -> str:
    """Return a symbol with its exchange, which a code alone may tell; raises ValueError."""
    if "." in text:
        parse_symbol(text)
        return text
    found = [symbol for suffix in SUFFIXES if has_board(symbol := f"{text}.{suffix}")]
    if len(found) != 1:
        raise ValueError("the code alone tells no exchange; write it like 600519.SH")
    return found[0]


def has_board(symbol: str) -> bool:
    try:
        return bool(board_of(symbol))
    except ValueError:
        return False


def parse_day(text: str) -> date:
    """Return a date like 2023-02-01; raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--date {text!r} is no date like 2023-02-01") from None


def today() -> date:
    """Return the date in Shanghai."""
    return to_date(business_date_at(ShanghaiClock().now()))


def find_rule(symbol: str, board: str, day: date) -> BoardRule:
    """Return the rule of a symbol on a day: of the board that is named, else of its code's."""
    rules = load_board_rules()
    known = {rule.board for rule in rules}
    if board and board not in known:
        raise ValueError(f"board {board!r} is unknown; known are {', '.join(sorted(known))}")
    board = board or board_of(symbol)
    found = rule_in_force(rules, board, day)
    if found is None:
        first = min(rule.effective_from for rule in rules if rule.board == board)
        raise ValueError(f"board {board} has no rules on {day}; its first are of {first}")
    return found


def tell(rule: BoardRule, status: Status, previous_close: str) -> Iterator[tuple[str, str]]:
    """Yield each subject of the rules and what they say of it; raises ValueError."""
    yield "price limit", tell_limit(rule, status) + tell_limits(rule, status, previous_close)
    free = rule.first_days_free
    yield "free days", f"the first {free} after listing" if free else "none after listing"
    yield "tick", shortened(rule.tick)
    yield "lots", f"buys of {rule.quantity_min}, then steps of {rule.quantity_step}"
    yield "most", f"{rule.quantity_max:,}, in a market order {rule.quantity_max_market:,}"
    yield "cage", tell_cage(rule)
    for order_type in rule.order_types:
        yield "order types", order_type.name
    for feature in rule.features:
        yield "order types", feature.name
    yield "auction", f"{rule.candidates.name}, then {rule.tie_break.name}"


def tell_limit(rule: BoardRule, status: Status) -> str:
    if status is Status.FREE:
        return "none"
    least = f", {rule.price_limit_ticks} tick at least" if rule.price_limit_ticks else ""
    return f"{percent(limit_bp(rule, status))}{least}"


def tell_limits(rule: BoardRule, status: Status, previous_close: str) -> str:
    if not previous_close:
        return ""
    close = parse_close(previous_close)
    check_on_tick(rule, close)
    lower, upper = map(shortened, price_limits(rule, close, status))
    return f": {lower} to {upper}"


def tell_cage(rule: BoardRule) -> str:
    if not rule.cage_bp:
        return "none"
    ticks = f", {rule.cage_ticks} ticks at least" if rule.cage_ticks else ""
    return percent(rule.cage_bp) + ticks


def timetable() -> Iterator[str]:
    """Yield a line for each phase of the day, and what it admits."""
    rules = {rule.phase: rule for rule in RULES}
    for second, phase in TIMETABLE:
        rule = rules[phase]
        taken = ["orders"] * rule.takes_orders + ["cancels"] * rule.takes_cancels
        admits = " and ".join(taken) or "nothing"
        yield (
            f"{second // 3600:02}:{second // 60 % 60:02}  {phase.name:20}"
            f"takes {admits}{HANDLINGS[rule.handling]}"
        )


def percent(basis_points: int) -> str:
    return f"{basis_points // 100} %"


def shortened(price: int) -> str:
    """Return a price with two decimals, or as many as it needs."""
    return format_units(price, 2 if price % 100 == 0 else 3 if price % 10 == 0 else 4)

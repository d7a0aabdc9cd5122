"""Tell the rules of a security on a day, each with its source and how sure it is."""

import argparse
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from engine.fees import RATE_DECIMALS, FeeRule, fees_in_force, load_fee_rules
from engine.halts import HALTS, Halt
from engine.phases import RULES, TIMETABLES, PhaseRule
from engine.rulebook import (
    SUFFIXES,
    BoardRule,
    Status,
    board_of,
    check_on_tick,
    check_status,
    limits_bp,
    load_board_rules,
    parse_close,
    parse_symbol,
    permission_on,
    price_limits,
    rule_in_force,
    said_of,
)
from gateway.clock import ShanghaiClock
from protocol.calendar import business_date_at, to_date
from protocol.mistake import Mistake
from protocol.units import format_units
from protocol.vocabulary import (
    Currency,
    Depository,
    Feature,
    HaltRule,
    Handling,
    OrderType,
    Schedule,
)

HANDLINGS = {
    Handling.RESTS: "rest",
    Handling.MATCHES: "match on arrival",
    Handling.QUEUES: "wait",
}
"""What becomes of orders in a phase that takes them."""

HALTED_DAYS = {HaltRule.NO_BAND_STOCK: "free days", HaltRule.FIRST_DAY_BOND: "first day"}
CLOSES = {
    Schedule.CLOSING_CALL: "closes by call auction 14:57-15:00",
    Schedule.TRADES_TO_CLOSE: "trades to 15:00; closes at the last minute's average",
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
    parser.add_argument("--fees", default="", help="a schedule other than the board's")


def run(arguments: argparse.Namespace) -> int:
    """Print the rules, the fees and the day's timetable."""
    symbol, status = arguments.symbol, Status(arguments.status)
    try:
        symbol = whole_symbol(arguments.symbol)
        day = parse_day(arguments.date) if arguments.date else today()
        rule = find_rule(symbol, arguments.board, day)
        fees = find_fees(rule, arguments.fees, day)
        told = list(tell(rule, status, arguments.previous_close))
    except ValueError as error:
        raise RulesError(f"{symbol}: {error}") from None
    print(f"{symbol} on {day}, {status}: {rule.board}, by rules from {rule.effective_from} on")
    print_told(rule, told)
    print(f"fees {fees.fees}, by rules from {fees.effective_from} on")
    print_told(fees, tell_fees(fees))
    for line in timetable(rule):
        print(line)
    return 0


def print_told(rule: BoardRule | FeeRule, told: Iterable[tuple[str, str]]) -> None:
    for subject, text in told:
        source, confidence = said_of(subject, rule.source), said_of(subject, rule.confidence)
        print(f"{subject:15}{text:52}  {source} ({confidence})")


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


def find_fees(rule: BoardRule, fees: str, day: date) -> FeeRule:
    """Return the fees of a day: of the schedule that is named, else of the board's."""
    rules = load_fee_rules()
    known = sorted({fee_rule.fees for fee_rule in rules})
    if fees and fees not in known:
        raise ValueError(f"fees {fees!r} are unknown; known are {', '.join(known)}")
    found = fees_in_force(rules, fees or rule.fees, day)
    if found is None:
        raise ValueError(f"fees {fees or rule.fees} have no rules on {day}")
    return found


def tell(rule: BoardRule, status: Status, previous_close: str) -> Iterator[tuple[str, str]]:
    """Yield each subject of the rules and what they say of it; raises ValueError."""
    check_status(rule, status)
    limit = tell_limit(rule, status) + tell_limits(rule, status, previous_close)
    yield "first day" if status is Status.FIRST else "price limit", limit
    free = rule.first_days_free
    yield "free days", f"the first {free} after listing" if free else "none after listing"
    for halt in tell_halts(rule.halts):
        yield "halts", halt
    yield "tick", shortened(rule.tick)
    yield "lots", f"buys of {rule.quantity_min}, then steps of {rule.quantity_step}"
    yield "most", f"{rule.quantity_max:,}, in a market order {rule.quantity_max_market:,}"
    yield "fixed price", tell_fixed_price(rule)
    yield "cage", tell_cage(rule)
    for name in tell_order_types(rule):
        yield "order types", name
    queues = Feature.QUEUES_IN_GAP in rule.features
    yield "gap", f"9:25-9:30: orders {'wait' if queues else 'are refused'}"
    yield "auction", f"{rule.candidates.name}, then {rule.tie_break.name}"
    yield "schedule", CLOSES[rule.schedule]
    depository, permission = Depository(rule.depository), permission_on(rule, status)
    currency = Currency(rule.currency)
    yield "account", f"{permission.name}, {depository.name}, in {currency.name}"
    yield "sale", "from the next trading day on" if rule.settlement_days else "on the same day"


def tell_limit(rule: BoardRule, status: Status) -> str:
    if status is Status.FREE:
        return "none"
    down, up = limits_bp(rule, status)
    limit = percent(up) if up == down else f"{percent(up)} up, {percent(down)} down"
    least = f", {rule.price_limit_ticks} tick at least" if rule.price_limit_ticks else ""
    return limit + least


def tell_limits(rule: BoardRule, status: Status, previous_close: str) -> str:
    if not previous_close:
        return ""
    close = parse_close(previous_close)
    check_on_tick(rule, close)
    lower, upper = map(shortened, price_limits(rule, close, status))
    return f": {lower} to {upper}"


def tell_halts(rule: HaltRule) -> Iterator[str]:
    """Yield on which days which moves of a price halt a security, and for how long."""
    if rule is HaltRule.NONE:
        yield "none"
    for halt in HALTS:
        if halt.rule is rule:
            yield tell_halt(halt, halt.first_bp, halt.minutes[0])
            yield tell_halt(halt, halt.second_bp, halt.minutes[1])


def tell_halt(halt: Halt, basis_points: int, minutes: int) -> str:
    since = "the opening price" if halt.from_open else "the previous close"
    until = f"{minutes} minutes" if minutes else "until 14:57"
    return f"{HALTED_DAYS[halt.rule]}: {percent(basis_points)} from {since}, {until}"


def tell_fixed_price(rule: BoardRule) -> str:
    if OrderType.FIXED_PRICE not in rule.order_types:
        return "none"
    return f"after the close, up to {rule.quantity_max_fixed:,}"


def tell_cage(rule: BoardRule) -> str:
    if not rule.cage_bp:
        return "none"
    ticks = f", {rule.cage_ticks} ticks at least" if rule.cage_ticks else ""
    return percent(rule.cage_bp) + ticks


def tell_order_types(rule: BoardRule) -> Iterator[str]:
    """Yield the order types and features that no other subject speaks of."""
    for order_type in rule.order_types:
        if order_type is not OrderType.FIXED_PRICE:
            yield order_type.name
    for feature in rule.features:
        if feature is not Feature.QUEUES_IN_GAP:
            yield feature.name


def tell_fees(rule: FeeRule) -> Iterator[tuple[str, str]]:
    """Yield each fee and what part of the turnover it is."""
    stamps = {"buys": rule.stamp_buy_rate, "sells": rule.stamp_sell_rate}
    taxed = [f"{tell_rate(rate)} of {side}" for side, rate in stamps.items() if rate]
    yield "stamp duty", ", ".join(taxed) or "none"
    yield "transfer fee", tell_rate(rule.transfer_rate)
    yield "handling fee", tell_rate(rule.handling_rate)
    yield "regulatory fee", tell_rate(rule.regulatory_rate)
    cap = f", {shortened(rule.settlement_cap)} at most" if rule.settlement_cap else ""
    yield "settlement fee", tell_rate(rule.settlement_rate) + cap


def tell_rate(rate: int) -> str:
    """Return a rate in 1e-8 as per cent."""
    if rate == 0:
        return "none"
    return f"{Decimal(rate).scaleb(2 - RATE_DECIMALS).normalize():f} %"


def timetable(rule: BoardRule) -> Iterator[str]:
    """Yield a line for each phase of the day of a board, and what it admits."""
    phases = {of_phase.phase: of_phase for of_phase in RULES}
    for second, phase in TIMETABLES[rule.schedule]:
        admits = "; ".join(tell_phase(rule, phases[phase])) or "takes nothing"
        yield f"{second // 3600:02}:{second // 60 % 60:02}  {phase.name:20}{admits}"


def tell_phase(rule: BoardRule, phase: PhaseRule) -> Iterator[str]:
    """Yield what becomes in a phase of orders, if it takes any, and of fixed-price orders."""
    refuses = phase.handling is Handling.QUEUES and Feature.QUEUES_IN_GAP not in rule.features
    if phase.takes_orders and not refuses:
        cancels = " and cancels" if phase.takes_cancels else ""
        yield f"takes orders{cancels}; they {HANDLINGS[phase.handling]}"
    if OrderType.FIXED_PRICE in rule.order_types and rule.market in phase.takes_fixed:
        trades = phase.handling is Handling.FIXED
        yield f"fixed-price orders {'trade at the closing price' if trades else 'wait'}"


def percent(basis_points: int) -> str:
    return f"{basis_points / 100:g} %"


def shortened(price: int) -> str:
    """Return a price with two decimals, or as many as it needs."""
    return format_units(price, 2 if price % 100 == 0 else 3 if price % 10 == 0 else 4)

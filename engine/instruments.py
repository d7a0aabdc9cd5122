"""The day's instrument list: a CSV file and the dated rules of the boards, made into listings.

The file has the columns symbol, name, board and previous_close, like
`600519.SH,贵州茅台,SSE_MAIN,1845.02`.  Which rules a board follows on a day is read from boards.csv
beside this module.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.kernels.state import TICKS_MAX
from protocol.mistake import Mistake
from protocol.records import COMMAND
from protocol.units import apply_ratio, format_units, parse_units
from protocol.vocabulary import Candidates, CommandKind, Market, TieBreak

BOARDS = Path(__file__).with_name("boards.csv")
MARKETS = {"SH": Market.SSE, "SZ": Market.SZSE}
COLUMNS = ["symbol", "name", "board", "previous_close"]
PRICE_MAX = 2**31 - 1
BASIS_POINTS = 10_000
FIRST_LINE = 2
"""Of the file, that lists an instrument: behind the header."""


class InstrumentError(Mistake):
    """An instrument file is refused; the text names file, line, field, reason and remedy."""


class BoardRule(NamedTuple):
    """The rules of a board from a day on; prices in 1/10000 yuan, quantities in shares."""

    board: str
    effective_from: date
    price_limit_bp: int
    tick: int
    quantity_min: int
    quantity_step: int
    quantity_max: int
    tie_break: TieBreak
    candidates: Candidates


class Instrument(NamedTuple):
    """One line of the instrument file; the previous close is in 1/10000 yuan."""

    symbol: str
    name: str
    board: str
    previous_close: int

    @property
    def code(self) -> str:
        """The exchange's six digits."""
        return self.symbol[:6]

    @property
    def market(self) -> Market:
        """The exchange that the symbol's suffix names."""
        return MARKETS[self.symbol[7:]]


def load_board_rules(path: Path = BOARDS) -> list[BoardRule]:
    """Return the dated rules of all boards."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            BoardRule(
                board=row["board"],
                effective_from=date.fromisoformat(row["effective_from"]),
                price_limit_bp=int(row["price_limit_bp"]),
                tick=parse_units(row["tick"]),
                quantity_min=int(row["quantity_min"]),
                quantity_step=int(row["quantity_step"]),
                quantity_max=int(row["quantity_max"]),
                tie_break=TieBreak[row["tie_break"]],
                candidates=Candidates[row["candidates"]],
            )
            for row in csv.DictReader(file)
        ]


def rule_in_force(rules: Sequence[BoardRule], board: str, day: date) -> BoardRule | None:
    """Return the newest rule of a board that is in force on a day, None where there is none."""
    of_board = (rule for rule in rules if rule.board == board and rule.effective_from <= day)
    return max(of_board, key=lambda rule: rule.effective_from, default=None)


def load_instruments(path: Path) -> list[Instrument]:
    """Return the instruments of a CSV file, in its order, or raise InstrumentError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(read_instruments(path, csv.reader(file)))
    except OSError as error:
        raise InstrumentError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InstrumentError(f"{path}: is not UTF-8: {error.reason}") from None


def read_instruments(path: Path, lines: Iterator[list[str]]) -> Iterator[Instrument]:
    seen: set[str] = set()
    boards = {rule.board for rule in load_board_rules()}
    header = next(lines, None)
    if header != COLUMNS:
        raise InstrumentError(f"{path}:1: the first line must be {','.join(COLUMNS)}")
    for number, fields in enumerate(lines, start=FIRST_LINE):
        try:
            instrument = read_instrument(fields, boards)
        except ValueError as error:
            raise InstrumentError(f"{path}:{number}: {error}") from None
        if instrument.symbol in seen:
            raise InstrumentError(f"{path}:{number}: {instrument.symbol} is listed twice")
        seen.add(instrument.symbol)
        yield instrument
    if not seen:
        raise InstrumentError(f"{path}: lists no instrument; add at least one line")


def read_instrument(fields: list[str], boards: set[str]) -> Instrument:
    if len(fields) != len(COLUMNS):
        raise ValueError(f"has {len(fields)} fields instead of {len(COLUMNS)}")
    symbol, name, board, price = fields
    code, _, suffix = symbol.partition(".")
    if not (len(code) == 6 and code.isascii() and code.isdigit() and suffix in MARKETS):
        raise ValueError(f'symbol {symbol!r} is not six digits and .SH or .SZ, as "600519.SH"')
    if board not in boards:
        raise ValueError(f"board {board!r} is unknown; known are {', '.join(sorted(boards))}")
    previous_close = parse_units(price)
    if not 0 < previous_close <= PRICE_MAX // 2:
        raise ValueError(f"previous_close {price} is not above 0 and at most 107374.1823")
    return Instrument(symbol, name, board, previous_close)


def price_limits(rule: BoardRule, previous_close: int) -> tuple[int, int]:
    """Return the lower and upper limit price of the day, rounded half up, a tick away at least.

    SSE 2023 rules 3.3.13, SZSE 2023 rules 3.3.14.
    """
    step = rule.price_limit_bp
    lower = apply_ratio(previous_close, BASIS_POINTS - step, BASIS_POINTS, rule.tick)
    upper = apply_ratio(previous_close, BASIS_POINTS + step, BASIS_POINTS, rule.tick)
    lower = min(lower, previous_close - rule.tick)
    return max(lower, rule.tick), max(upper, previous_close + rule.tick)


def load_listings(path: Path, day: date) -> tuple[list[Instrument], np.ndarray]:
    """Return the instruments of a CSV file and their LIST_INSTRUMENT rows (COMMAND) of a day.

    Raises InstrumentError, also where an instrument's board has no rules on that day, or its
    previous close does not fit them.
    """
    rules = load_board_rules()
    instruments = load_instruments(path)
    rows = np.zeros(len(instruments), COMMAND)
    for number, (row, instrument) in enumerate(zip(rows, instruments, strict=True)):
        try:
            fill_in(row, instrument, rule_in_force(rules, instrument.board, day), day)
        except ValueError as error:
            raise InstrumentError(f"{path}:{number + FIRST_LINE}: {error}") from None
        row["instrument"] = number
    return instruments, rows


def fill_in(row: np.void, instrument: Instrument, rule: BoardRule | None, day: date) -> None:
    """Make a row list the instrument; raises ValueError where no rule or not this one fits it."""
    if rule is None:
        raise ValueError(f"{instrument.symbol}: board {instrument.board} has no rules on {day}")
    if instrument.previous_close % rule.tick:
        raise ValueError(
            f"{instrument.symbol}: previous_close is not a multiple of the tick, "
            f"{format_units(rule.tick)}"
        )
    lower, upper = price_limits(rule, instrument.previous_close)
    if upper > PRICE_MAX or (upper - lower) // rule.tick >= TICKS_MAX:
        raise ValueError(
            f"{instrument.symbol}: the price limits {format_units(lower)} and "
            f"{format_units(upper)} are more than {TICKS_MAX} ticks apart; correct previous_close"
        )
    row["kind"] = CommandKind.LIST_INSTRUMENT
    row["code"] = instrument.code.encode()
    row["market"] = instrument.market
    row["previous_close"] = instrument.previous_close
    row["lower_limit"], row["upper_limit"] = lower, upper
    for field in ("tick", "quantity_min", "quantity_step", "quantity_max", "tie_break"):
        row[field] = getattr(rule, field)
    row["candidates"] = rule.candidates

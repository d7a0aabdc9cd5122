"""The day's instrument list: a CSV file and the dated rules of the boards, made into commands.

The file has the columns symbol, name, board and previous_close, like
`600519.SH,贵州茅台,SSE_MAIN,1845.02`, and may have more: status, settlement and fees.  Where one of
these is blank, the security has the status normal, and what its board says.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.fees import FeeRule, define_fees, fees_in_force, load_fee_rules
from engine.kernels.state import TICKS_MAX
from engine.rulebook import (
    SUFFIXES,
    BoardRule,
    Status,
    check_on_tick,
    check_status,
    define,
    halts_on,
    load_board_rules,
    parse_close,
    parse_symbol,
    permission_on,
    price_limits,
    rule_in_force,
)
from protocol.mistake import Mistake
from protocol.records import COMMAND, join
from protocol.units import format_units
from protocol.vocabulary import CommandKind, Market

COLUMNS = ["symbol", "name", "board", "previous_close"]
OPTIONAL = ("status", "settlement", "fees")
SETTLEMENTS = {"T0": 0, "T1": 1}
"""After how many days what was bought may be sold."""

FIRST_LINE = 2
"""Of the file, that lists an instrument: behind the header."""


class InstrumentError(Mistake):
    """An instrument file is refused; the text names file, line, field, reason and remedy."""


class Instrument(NamedTuple):
    """One line of the instrument file; the previous close is in 1/10000 of the currency.

    On the first day of listing it is the issue price.  `settlement_days` and `fees` are those of
    the board where they are None.
    """

    symbol: str
    name: str
    board: str
    previous_close: int
    status: Status = Status.NORMAL
    settlement_days: int | None = None
    fees: str | None = None

    @property
    def code(self) -> str:
        """The exchange's six digits."""
        return self.symbol[:6]

    @property
    def market(self) -> Market:
        """The exchange that the symbol's suffix names."""
        return SUFFIXES[self.symbol[7:]]


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
    boards = {rule.board: rule.market for rule in load_board_rules()}
    header = next(lines, [])
    check_header(path, header)
    for number, fields in enumerate(lines, start=FIRST_LINE):
        try:
            instrument = read_instrument(fields, header, boards)
        except ValueError as error:
            raise InstrumentError(f"{path}:{number}: {error}") from None
        if instrument.symbol in seen:
            raise InstrumentError(f"{path}:{number}: {instrument.symbol} is listed twice")
        seen.add(instrument.symbol)
        yield instrument
    if not seen:
        raise InstrumentError(f"{path}: lists no instrument; add at least one line")


def check_header(path: Path, header: list[str]) -> None:
    more = header[len(COLUMNS) :]
    if header[: len(COLUMNS)] != COLUMNS or sorted(more) != sorted({*more}.intersection(OPTIONAL)):
        raise InstrumentError(
            f"{path}:1: the first line must be {','.join(COLUMNS)}; behind that, "
            f"{', '.join(OPTIONAL)} may follow, each once"
        )


def read_instrument(fields: list[str], header: list[str], boards: dict[str, Market]) -> Instrument:
    if len(fields) != len(header):
        raise ValueError(f"has {len(fields)} fields instead of {len(header)}")
    symbol, name, board, price, *_ = fields
    _, market = parse_symbol(symbol)
    if board not in boards:
        raise ValueError(f"board {board!r} is unknown; known are {', '.join(sorted(boards))}")
    if boards[board] is not market:
        raise ValueError(f"{symbol}: board {board} is of {boards[board].name}; name one of its own")
    given = dict(zip(header, fields, strict=True))
    status = given.get("status") or Status.NORMAL
    if status not in list(Status):
        raise ValueError(f"status {status!r} is unknown; known are {', '.join(Status)}")
    settlement = given.get("settlement")
    if settlement and settlement not in SETTLEMENTS:
        raise ValueError(f"settlement {settlement!r} is unknown; known are T0, T1")
    days = SETTLEMENTS[settlement] if settlement else None
    fees = given.get("fees") or None
    return Instrument(symbol, name, board, parse_close(price), Status(status), days, fees)


def load_listings(path: Path, day: date) -> tuple[list[Instrument], np.ndarray]:
    """Return the instruments of a CSV file, and the COMMAND rows that list them on a day.

    The rows are the DEFINE_RULES and then the DEFINE_FEES that the instruments need, each in order
    of first use, then a LIST_INSTRUMENT for each.

    Raises InstrumentError, also where an instrument's board or its fees have no rules on that day,
    or its status or previous close does not fit them.
    """
    boards, schedules = load_board_rules(), load_fee_rules()
    instruments = load_instruments(path)
    rules: dict[BoardRule, int] = {}
    fees: dict[FeeRule, int] = {}
    listings = np.zeros(len(instruments), COMMAND)
    for number, (row, instrument) in enumerate(zip(listings, instruments, strict=True)):
        try:
            rule = rule_of(instrument, boards, day)
            fee_rule = fee_rule_of(instrument, rule, schedules, day)
            fill_in(row, instrument, rule)
        except ValueError as error:
            line = number + FIRST_LINE
            raise InstrumentError(f"{path}:{line}: {instrument.symbol}: {error}") from None
        row["instrument"] = number
        row["rules"] = rules.setdefault(rule, len(rules))
        row["fees"] = fees.setdefault(fee_rule, len(fees))
    return instruments, join([definitions(define, rules), definitions(define_fees, fees), listings])


def rule_of(instrument: Instrument, boards: list[BoardRule], day: date) -> BoardRule:
    rule = rule_in_force(boards, instrument.board, day)
    if rule is None:
        raise ValueError(f"board {instrument.board} has no rules on {day}")
    return rule


def fee_rule_of(
    instrument: Instrument, rule: BoardRule, schedules: list[FeeRule], day: date
) -> FeeRule:
    fees = instrument.fees or rule.fees
    fee_rule = fees_in_force(schedules, fees, day)
    if fee_rule is None:
        known = sorted({schedule.fees for schedule in schedules})
        if fees not in known:
            raise ValueError(f"fees {fees!r} are unknown; known are {', '.join(known)}")
        raise ValueError(f"fees {fees} have no rules on {day}")
    return fee_rule


def definitions(define_one: Callable[..., None], numbers: dict[NamedTuple, int]) -> np.ndarray:
    rows = np.zeros(len(numbers), COMMAND)
    for row, (rule, number) in zip(rows, numbers.items(), strict=True):
        define_one(row, rule, number)
    return rows


def fill_in(row: np.void, instrument: Instrument, rule: BoardRule) -> None:
    """Make a row list the instrument; raises ValueError where it does not fit its rules."""
    check_status(rule, instrument.status)
    check_on_tick(rule, instrument.previous_close)
    lower, upper = price_limits(rule, instrument.previous_close, instrument.status)
    if (upper - lower) // rule.tick >= TICKS_MAX:
        raise ValueError(
            f"the price limits {format_units(lower)} and {format_units(upper)} are more than "
            f"{TICKS_MAX} ticks apart; correct previous_close"
        )
    row["kind"] = CommandKind.LIST_INSTRUMENT
    row["code"] = instrument.code.encode()
    row["market"] = instrument.market
    row["schedule"] = rule.schedule
    row["halts"] = halts_on(rule, instrument.status)
    row["depository"] = rule.depository
    row["permission"] = permission_on(rule, instrument.status)
    row["listed_currency"] = rule.currency
    days = instrument.settlement_days
    row["settlement_days"] = rule.settlement_days if days is None else days
    row["previous_close"] = instrument.previous_close
    row["lower_limit"], row["upper_limit"] = lower, upper

"""Recorded order flow: events files read into rows, each with the line it came from.

Two formats.  `sse` has the columns seq, time, phase, action, order_no, side, price, qty and
price_known, and for several instruments symbol; its actions are NEW, CANCEL and UNCROSS.  `lobster`
has seq, time, action, order_id, side, price and qty; its actions are NEW, REDUCE, CANCEL and
AGGRESS, which names the resting order that was hit.  Files may be compressed with gzip.
"""

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from protocol.calendar import DAY, seconds_in
from protocol.mistake import Mistake
from protocol.units import NANOSECONDS, format_units, parse_units
from protocol.vocabulary import Phase, Side

PHASES = {
    "OPEN_CALL": Phase.OPENING_CALL,
    "CONT": Phase.CONTINUOUS,
    "CLOSE_CALL": Phase.CLOSING_CALL,
}
AFTER_CALL = {
    Phase.OPENING_CALL: Phase.PRE_CONTINUOUS,
    Phase.CLOSING_CALL: Phase.POST_CLOSE,
}
NUMBER_MAX = 2**31 - 1
SIDES = {"B": Side.BUY, "S": Side.SELL}

SSE_COLUMNS = ("seq", "time", "phase", "action", "order_no", "side", "price", "qty")
LOBSTER_COLUMNS = ("seq", "time", "action", "order_id", "side", "price", "qty")
TRADE_COLUMNS = ("trade_no", "event_seq", "buy_order", "sell_order", "price", "qty", "aggressor")


class EventsError(Mistake):
    """An events file is refused; the text names file, line and reason."""


class Event(NamedTuple):
    """One line; time in ns since midnight, price in 1/10000 of the currency, quantity in shares.

    For a CANCEL the quantity is 0, for all of the order.
    """

    line: int
    seq: int
    time: int
    symbol: str
    phase: Phase
    action: str
    order_id: int
    side: Side
    price: int
    quantity: int


class Trade(NamedTuple):
    """One line of an expected-trades file; aggressor is B, S, or N in a call auction."""

    symbol: str
    trade_no: int
    event_seq: int
    buy_order: int
    sell_order: int
    price: int
    quantity: int
    aggressor: str


def read_events(path: Path, form: str) -> list[Event]:
    """Return the events of a file of format "sse" or "lobster"; raises EventsError."""
    columns, make = {
        "sse": (SSE_COLUMNS, sse_event),
        "lobster": (LOBSTER_COLUMNS, lobster_event),
    }[form]
    events = list(read_lines(path, columns, make))
    if not events:
        raise EventsError(f"{path}: has no events; there is nothing to play")
    return events


def read_trades(path: Path) -> list[Trade]:
    """Return the trades that are expected; raises EventsError."""
    return list(read_lines(path, TRADE_COLUMNS, trade_of))


Made = Event | Trade


def read_lines(
    path: Path, columns: tuple[str, ...], make: Callable[[int, dict[str, str]], Made]
) -> Iterator[Made]:
    line = 1
    try:
        with open_text(path) as file:
            rows = csv.DictReader(file)
            missing = [name for name in columns if name not in (rows.fieldnames or ())]
            if missing:
                raise EventsError(f"{path}:1: the header lacks {', '.join(missing)}")
            for line, row in enumerate(rows, start=2):
                if None in row or None in row.values():
                    raise ValueError(f"does not have the {len(rows.fieldnames)} fields of line 1")
                yield make(line, row)
    except (ValueError, KeyError) as error:
        raise EventsError(f"{path}:{line}: {reason_of(error)}") from None
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EventsError(f"{path}: cannot be read: {reason}") from None


def reason_of(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is no word of this format"
    return str(error)


def open_text(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def sse_event(line: int, row: dict[str, str]) -> Event:
    action = row["action"]
    time = parse_time(row["time"])
    symbol = row.get("symbol", "")
    if action == "UNCROSS":
        phase = AFTER_CALL[PHASES[row["phase"]]]
        return Event(line, int(row["seq"]), time, symbol, phase, action, 0, Side.BUY, 0, 0)
    if action not in ("NEW", "CANCEL"):
        raise ValueError(f"action {action!r} is not NEW, CANCEL or UNCROSS")
    is_new = action == "NEW"
    return Event(
        line,
        int(row["seq"]),
        time,
        symbol,
        PHASES[row["phase"]],
        action,
        int(row["order_no"]),
        SIDES[row["side"]],
        parse_price(row["price"]) if is_new else 0,
        parse_quantity(row["qty"]) if is_new else 0,
    )


def lobster_event(line: int, row: dict[str, str]) -> Event:
    action = row["action"]
    if action not in ("NEW", "REDUCE", "CANCEL", "AGGRESS"):
        raise ValueError(f"action {action!r} is not NEW, REDUCE, CANCEL or AGGRESS")
    return Event(
        line,
        int(row["seq"]),
        parse_seconds(row["time"]),
        "",
        Phase.CONTINUOUS,
        action,
        int(row["order_id"]),
        SIDES[row["side"]],
        parse_price(row["price"]),
        0 if action == "CANCEL" else parse_quantity(row["qty"]),
    )


def parse_time(text: str) -> int:
    found = re.fullmatch(r"((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d+)?", text, re.ASCII)
    if found is None:
        raise ValueError(f"time {text!r} is not like 09:30:00.000")
    return seconds_in(found[1]) * NANOSECONDS + nanoseconds(found[2])


def parse_seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,5})(\.\d+)?", text, re.ASCII)
    if found is None or (time := int(found[1]) * NANOSECONDS) >= DAY:
        raise ValueError(f"time {text!r} is not in seconds after midnight, like 34200.004")
    return time + nanoseconds(found[2])


def nanoseconds(fraction: str | None) -> int:
    """Return the nanoseconds in a fraction of a second, like ".004"."""
    return int((fraction or ".")[1:10].ljust(9, "0"))


def parse_price(text: str) -> int:
    price = parse_units(text)
    if not 0 < price <= NUMBER_MAX:
        raise ValueError(f"price {text} is not above 0 and at most {format_units(NUMBER_MAX)}")
    return price


def parse_quantity(text: str) -> int:
    quantity = int(text)
    if not 0 < quantity <= NUMBER_MAX:
        raise ValueError(f"qty {text} is not from 1 to {NUMBER_MAX}")
    return quantity


def trade_of(line: int, row: dict[str, str]) -> Trade:
    return Trade(
        row.get("symbol", ""),
        int(row["trade_no"]),
        int(row["event_seq"]),
        int(row["buy_order"]),
        int(row["sell_order"]),
        parse_units(row["price"]),
        int(row["qty"]),
        row["aggressor"],
    )

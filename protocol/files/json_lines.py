"""Copies of executions as JSON lines, for who follows the venue's fills by the words of FIX.

A line is an ExecutionReport (35=8) with CopyMsgIndicator (797) Y, one for each fill: named fields,
all of them strings, no blanks, LF behind it.  Prices and amounts are decimals, times are UTC.  A
fill is written in one way only, and read only if it is written so.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from protocol.calendar import SHANGHAI_OFFSET
from protocol.files.delimited import WIDTH_MAX, masks_left, masks_right
from protocol.files.fault import FileFault
from protocol.files.moments import TIME, parse_times, spell_times
from protocol.files.numerals import NOTHING, digits, misfits, spell
from protocol.files.numerals import read as read_numbers
from protocol.files.rows import FILL
from protocol.units import UNITS_PER_CENT

BLOCK_ROWS = 1 << 13
"""Lines that are made at a time: few enough to stay in the processor's cache."""

BLOCK_BYTES = 1 << 22
LINE_BYTES_MAX = 600

QUOTE, LF = b'"\n'
TEXTS = ("SecurityExchange", "Symbol")

DATE_END = 8
UTC_PLACES = [*range(4), 5, 6, 8, 9, *range(10, 29)]
"""Where the characters of a UTCTimestamp stand in a time of the venue's own spelling."""

MARKET_CODES = np.array([b"XSHG", b"XSHE", b"BJSE"])
"""The exchanges by ISO 10383, in the order of Market."""

CONSTANT = b'"MsgType":"8","CopyMsgIndicator":"Y","ExecType":"F"'
"""An execution report, a copy, a trade."""

FORBIDDEN = np.zeros(256, bool)
FORBIDDEN[1 : ord(" ")] = True
FORBIDDEN[[ord('"'), ord("\\")]] = True
FORBIDDEN[127:] = True


def write(fills: Iterable[np.ndarray]) -> Iterator[bytes]:
    """Yield the lines of FILL rows, which come in blocks; raise FileFault where one cannot be told.

    The order's time, the liquidity and the fees are not told.
    """
    for block in fills:
        for start in range(0, len(block), BLOCK_ROWS):
            lines = lines_of(block[start : start + BLOCK_ROWS])
            yield lines[lines != NOTHING].tobytes()


def lines_of(fills: np.ndarray) -> np.ndarray:
    """Return lines as cells of one width, filled up with NOTHING, which is not written."""
    template, slots = TEMPLATE
    cells = np.empty((len(fills), len(template)), np.uint8)
    cells[:] = template
    parts = values_of(fills)
    for name, slot in slots.items():
        cells[:, slot] = parts[name]
    return cells


def values_of(fills: np.ndarray) -> dict[str, np.ndarray]:
    """Return the cells of each field that differs from line to line."""
    trade = number(fills, "trade_number", 10)
    side = number(fills, "side", 1) + np.uint8(1)
    return {
        "ExecID": np.hstack([trade, np.full((len(fills), 1), ord("-"), np.uint8), side]),
        "TrdMatchID": trade,
        "OrderID": number(fills, "order_number", 12),
        "ClOrdID": number(fills, "client_seq", 10),
        "Account": number(fills, "account", 10),
        "SecurityExchange": text(MARKET_CODES[fills["market"]]),
        "Symbol": symbols(fills),
        "Side": side,
        "LastQty": number(fills, "quantity", 10),
        "LastPx": number(fills, "price", 11, 4),
        "GrossTradeAmt": cells_of(fills, "turnover", fills["turnover"] // UNITS_PER_CENT, 18, 2),
        "TradeDate": digits(fills["business_date"].astype(np.int64), 8),
        "TransactTime": utc(fills["trade_time"]),
    }


WIDTHS = {
    "ExecID": 12,
    "TrdMatchID": 10,
    "OrderID": 12,
    "ClOrdID": 10,
    "Account": 10,
    "SecurityExchange": 4,
    "Symbol": 6,
    "Side": 1,
    "LastQty": 10,
    "LastPx": 11,
    "GrossTradeAmt": 18,
    "TradeDate": 8,
    "TransactTime": 27,
}
"""The most characters of each field that differs from line to line."""


def make_template() -> tuple[np.ndarray, dict[str, slice]]:
    """Return a line without its values, and where they belong."""
    line, slots = b"{" + CONSTANT, {}
    for name, width in WIDTHS.items():
        line += f',"{name}":"'.encode()
        slots[name] = slice(len(line), len(line) + width)
        line += bytes(width) + b'"'
    return np.frombuffer(line + b"}\n", np.uint8), slots


TEMPLATE = make_template()
QUOTES_BEFORE = CONSTANT.count(b'"')
QUOTES = QUOTES_BEFORE + 4 * len(WIDTHS)


def number(fills: np.ndarray, name: str, width: int, decimals: int = 0) -> np.ndarray:
    return cells_of(fills, name, fills[name].astype(np.int64), width, decimals)


def cells_of(
    fills: np.ndarray, name: str, values: np.ndarray, width: int, decimals: int
) -> np.ndarray:
    wrong = misfits(values, width, decimals) | (values < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FileFault(
            f"executions: trade {fills['trade_number'][row]}: {name}: {fills[name][row]} is"
            f" negative or does not fit {width} characters; correct the fill"
        )
    return spell(values, width, decimals, NOTHING)


def text(values: np.ndarray) -> np.ndarray:
    return values.view(np.uint8).reshape(len(values), -1)


def symbols(fills: np.ndarray) -> np.ndarray:
    cells = text(np.ascontiguousarray(fills["code"]))
    wrong = FORBIDDEN[cells].any(axis=1)
    if wrong.any():
        fill = fills[int(np.argmax(wrong))]
        raise FileFault(
            f"executions: trade {fill['trade_number']}: code: {fill['code']} is not plain ASCII;"
            " list the instrument with another code"
        )
    return cells


def utc(times: np.ndarray) -> np.ndarray:
    """Return times like 20260302-01:30:00.250000000, the UTCTimestamp of FIX, as (n, 27) cells."""
    cells = spell_times(times - SHANGHAI_OFFSET)[:, UTC_PLACES]
    cells[:, DATE_END] = ord("-")
    return cells


def read_utc(cells: np.ndarray) -> np.ndarray:
    """Return the times in (n, 27) cells; what is no digit counts as 0."""
    times = np.zeros((len(cells), len(TIME)), np.uint8)
    times[:, UTC_PLACES] = cells
    return parse_times(times)[0] + SHANGHAI_OFFSET


def read(path: Path) -> Iterator[np.ndarray]:
    """Yield FILL rows of what the lines tell, in blocks; fields they do not tell are 0.

    Raises FileFault, naming the line, where one is not spelled as `write` does, or where an ExecID
    comes again, and OSError where the file cannot be read.
    """
    line, rest, last = 1, b"", np.zeros(0, FILL)
    with path.open("rb") as file:
        while chunk := file.read(BLOCK_BYTES):
            whole, end, rest = (rest + chunk).rpartition(b"\n")
            if end:
                fills = fills_of(path.name, whole + end, line)
                check_order(path.name, np.concatenate([last, fills]), line - len(last))
                yield fills
                line += len(fills)
                last = np.concatenate([last, fills[-2:]])[-2:]
            if len(rest) > LINE_BYTES_MAX:
                break
    if rest:
        raise fault(path.name, line, "it has no end")


def fault(name: str, line: int, text: str) -> FileFault:
    return FileFault(f"{name}: line {line}: {text}; fetch the file again")


def check_order(name: str, fills: np.ndarray, first: int) -> None:
    """Check that no ExecID comes twice: trades in order, of each trade two sides at most."""
    trade, side = fills["trade_number"], fills["side"]
    wrong = np.zeros(len(fills), bool)
    wrong[1:] = (trade[1:] < trade[:-1]) | ((trade[1:] == trade[:-1]) & (side[1:] == side[:-1]))
    wrong[2:] |= trade[2:] == trade[:-2]
    if wrong.any():
        raise fault(name, first + int(np.argmax(wrong)), "its ExecID comes again or out of order")


def fills_of(name: str, body: bytes, first: int) -> np.ndarray:
    """Return the fills of whole lines, the first of which is number `first` in its file."""
    values = cut(name, body, first)
    fills = np.zeros(len(next(iter(values.values()))), FILL)
    for field, (column, decimals) in NUMBERS.items():
        numbers = read_numbers(values[field], decimals)
        fits = (numbers >= 0) & (numbers <= np.iinfo(fills.dtype[column]).max)
        fills[column] = np.where(fits, numbers, 0)
    fills["turnover"] *= UNITS_PER_CENT
    fills["side"] = values["Side"][:, 0] == ord("2")
    fills["code"] = values["Symbol"].view("S6").ravel()
    codes = values["SecurityExchange"].view("S4").ravel()
    for market, code in enumerate(MARKET_CODES):
        fills["market"][codes == code] = market
    fills["trade_time"] = read_utc(values["TransactTime"])
    check_spelling(name, body, fills, first)
    return fills


NUMBERS = {
    "TrdMatchID": ("trade_number", 0),
    "OrderID": ("order_number", 0),
    "ClOrdID": ("client_seq", 0),
    "Account": ("account", 0),
    "LastQty": ("quantity", 0),
    "LastPx": ("price", 4),
    "GrossTradeAmt": ("turnover", 2),
    "TradeDate": ("business_date", 0),
}
"""The column of FILL that a field tells, and its decimals."""


def cut(name: str, body: bytes, first: int) -> dict[str, np.ndarray]:
    """Return the values of lines as cells that stand right, text as cells that stand left."""
    padded = np.frombuffer(bytes(WIDTH_MAX) + body + bytes(WIDTH_MAX), np.uint8)
    quotes = np.flatnonzero(padded == QUOTE)
    ends = np.flatnonzero(padded == LF)
    counts = np.diff(np.searchsorted(quotes, ends), prepend=0)
    wrong = np.flatnonzero(counts != QUOTES)
    if wrong.size:
        raise fault(name, first + int(wrong[0]), "it has not the fields of an execution")
    table = quotes.reshape(-1, QUOTES)
    values = {}
    for place, (field, width) in enumerate(WIDTHS.items()):
        opening, closing = table[:, QUOTES_BEFORE + 4 * place + 2 :][:, :2].T
        length = closing - opening - 1
        if (length > width).any():
            row = int(np.argmax(length > width))
            raise fault(name, first + row, f"{field}: it is longer than {width} characters")
        windows = sliding_window_view(padded, width)
        if field in TEXTS:
            values[field] = windows[opening + 1] & masks_left(width)[length]
        else:
            values[field] = windows[closing - width] & masks_right(width)[length]
    return values


def check_spelling(name: str, body: bytes, fills: np.ndarray, first: int) -> None:
    """Check that the lines are what `write` makes of what was read."""
    if b"".join(write([fills])) == body:
        return
    for row, line in enumerate(body.splitlines(keepends=True)):
        if b"".join(write([fills[row : row + 1]])) != line:
            raise fault(name, first + row, "it is not spelled as the venue spells")

"""The instruments file of the next day: the day's own, with the prices that the day has left."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from engine.clearing.actions import MILLION, Action, Kind
from engine.instruments import load_instruments
from engine.rulebook import Status
from protocol.units import format_units


def next_instruments(
    path: Path,
    closes: Mapping[str, tuple[int, int]],
    actions: Sequence[Action],
    next_date: int,
) -> bytes:
    """Return the bytes of the instruments file of the next business day.

    `path` is the day's own file; `closes` tells of a symbol its closing price and its tick.  What
    goes ex on the next day has its reference price; what changes its code is listed under both, at
    the same price; and what had its first day has the status normal.

    Raises InstrumentError where the day's file is wrong.
    """
    load_instruments(path)
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    price = header.index("previous_close")
    status = header.index("status") if "status" in header else None
    today = [action for action in actions if action.ex_date == next_date]
    codes = {action.symbol: action.to_symbol for action in today if action.kind is Kind.CODE_CHANGE}
    former = {to: symbol for symbol, to in codes.items()}
    listed = {line[0] for line in lines}
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for line in lines:
        symbol = line[0]
        share = former.get(symbol, symbol)
        if share in closes:
            close, tick = closes[share]
            of_share = [action for action in today if action.symbol == share]
            line[price] = format_units(reference_price(close, tick, of_share))
        if status is not None and line[status] == Status.FIRST:
            line[status] = Status.NORMAL
        writer.writerow(line)
        if codes.get(symbol, symbol) not in listed:
            writer.writerow([codes[symbol], *line[1:]])
    return text.getvalue().encode()


def reference_price(close: int, tick: int, actions: Sequence[Action]) -> int:
    """Return what a price is ex of dividends, bonus shares and rights, half up to the tick.

    (close - cash + price of rights x rights a share) / (1 + new shares a share): SSE and SZSE
    trading rules, ex-rights and ex-dividend.
    """
    value, shares = close * MILLION, MILLION
    for action in actions:
        value -= action.cash * 10_000 if action.kind is Kind.DIVIDEND else 0
        value += action.price * action.ratio if action.kind is Kind.RIGHTS else 0
        shares += action.ratio if action.kind in (Kind.BONUS, Kind.RIGHTS) else 0
    grid = shares * tick
    return max((2 * value + grid) // (2 * grid) * tick, tick)

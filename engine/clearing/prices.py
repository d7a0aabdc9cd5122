"""Opening and closing price of each instrument.

The opening price is that of the first trade.  The closing price is that of the closing call
auction; where it did not trade, the average price, weighted by quantity, of the trades in the
minute up to and including the last trade, rounded half up to the tick; without any trade the
previous close.
"""

import numpy as np

from engine.clearing.fills import granted
from engine.listings import listed
from protocol.records import join
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    CommandKind,
    Liquidity,
    Phase,
    ReportKind,
    Side,
)

MINUTE = 60 * NANOSECONDS

PRICES = np.dtype([("instrument", "<i4"), ("code", "S6"), ("open", "<i4"), ("close", "<i4")])
"""Of one instrument, in 1/10000 yuan; `open` is 0 where it did not trade."""


def day_prices(commands: np.ndarray, reports: np.ndarray) -> np.ndarray:
    """Return a PRICES row for each instrument, in the order of their numbers."""
    told = (CommandKind.DEFINE_RULES, CommandKind.LIST_INSTRUMENT)
    listings = listed(join(granted(commands, reports, kind) for kind in told))
    kept = (reports["kind"] == ReportKind.TRADED) & (reports["side"] == Side.BUY)
    trades = reports[kept]
    auction = closing_auction(reports, trades, len(listings))
    prices = np.zeros(len(listings), PRICES)
    prices["instrument"] = listings["instrument"]
    prices["code"] = listings["code"]
    first = trades[::-1]
    prices["open"][first["instrument"]] = first["price"]
    prices["close"] = listings["previous_close"]
    traded, average = last_minute(trades, listings)
    prices["close"][traded] = average[traded]
    prices["close"][auction["instrument"]] = auction["price"]
    return prices


def closing_auction(reports: np.ndarray, trades: np.ndarray, instruments: int) -> np.ndarray:
    """Return the trades that a call auction made after its instrument had entered CLOSING_CALL."""
    changes = reports[reports["kind"] == ReportKind.PHASE_CHANGED]
    changes = changes[changes["reason"] == Phase.CLOSING_CALL]
    never = np.iinfo(np.int64).max
    entered = np.full(instruments, never)
    everyone = changes["instrument"] == EVERY_INSTRUMENT
    entered[:] = changes["sequence"][everyone].min(initial=never)
    one = changes[~everyone]
    np.minimum.at(entered, one["instrument"], one["sequence"])
    after = trades["sequence"] > entered[trades["instrument"]]
    return trades[after & (trades["liquidity"] == Liquidity.AUCTION)]


def last_minute(trades: np.ndarray, listings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which instruments traded, and their average price in the minute of the last trade."""
    instruments = len(listings)
    last = np.full(instruments, np.iinfo(np.int64).min)
    np.maximum.at(last, trades["instrument"], trades["time"])
    late = trades[trades["time"] > last[trades["instrument"]] - MINUTE]
    quantity = np.zeros(instruments, np.int64)
    turnover = np.zeros(instruments, np.int64)
    np.add.at(quantity, late["instrument"], late["quantity"])
    np.add.at(turnover, late["instrument"], late["price"].astype(np.int64) * late["quantity"])
    traded = quantity > 0
    tick = listings["tick"]
    grid = np.where(traded, quantity * tick, 1)
    return traded, (2 * turnover + grid) // (2 * grid) * tick

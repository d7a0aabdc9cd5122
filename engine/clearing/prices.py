"""Opening and closing price of each instrument, and the commands that fix the closing price.

The opening price is that of the first trade.  The closing price is that of the closing call
auction; where it did not trade, and where an instrument's schedule has none, the average price,
weighted by quantity, of the trades in the minute up to and including the last trade, rounded half
up to the tick; without any trade the previous close.  What trades at the closing price, when the
close is over, changes neither.
"""

import numpy as np

from engine.clearing.fills import granted
from engine.listings import listed
from protocol.records import COMMAND, join
from protocol.units import NANOSECONDS
from protocol.vocabulary import (
    EVERY_INSTRUMENT,
    CommandKind,
    Liquidity,
    Phase,
    ReportKind,
    Schedule,
    Side,
)

MINUTE = 60 * NANOSECONDS

PRICES = np.dtype([("instrument", "<i4"), ("code", "S6"), ("open", "<i4"), ("close", "<i4")])
"""Of one instrument, in 1/10000 yuan; `open` is 0 where it did not trade."""


def day_prices(commands: np.ndarray, reports: np.ndarray) -> np.ndarray:
    """Return a PRICES row for each instrument that `commands` list, in order of their numbers."""
    told = (CommandKind.DEFINE_RULES, CommandKind.LIST_INSTRUMENT)
    return prices_of(listed(join(granted(commands, reports, kind) for kind in told)), reports)


def fix_closes(listings: np.ndarray, reports: np.ndarray, instruments: np.ndarray) -> np.ndarray:
    """Return a FIX_CLOSE row for each of the instruments, by number, at the price of `prices_of`.

    The COMMAND rows are without sequence and time.
    """
    rows = np.zeros(len(instruments), COMMAND)
    rows["kind"] = CommandKind.FIX_CLOSE
    rows["instrument"] = instruments
    rows["price"] = prices_of(listings, reports)["close"][instruments]
    return rows


def prices_of(listings: np.ndarray, reports: np.ndarray) -> np.ndarray:
    """Return a PRICES row for each of the LISTED rows.

    Of the day's REPORT rows it needs those of kinds PHASE_CHANGED and TRADED, buyers' at least.
    """
    kept = (reports["kind"] == ReportKind.TRADED) & (reports["side"] == Side.BUY)
    trades = reports[kept & (reports["liquidity"] != Liquidity.FIXED_PRICE)]
    auction = closing_auction(reports, trades, listings)
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


def closing_auction(reports: np.ndarray, trades: np.ndarray, listings: np.ndarray) -> np.ndarray:
    """Return the trades that a call auction made after its instrument had entered CLOSING_CALL."""
    changes = reports[reports["kind"] == ReportKind.PHASE_CHANGED]
    never = np.iinfo(np.int64).max
    entered = np.full(len(listings), never)
    for change in changes[changes["reason"] == Phase.CLOSING_CALL]:
        meant = meant_by(change, listings)
        entered[meant] = np.minimum(entered[meant], change["sequence"])
    entered[listings["schedule"] != Schedule.CLOSING_CALL] = never
    after = trades["sequence"] > entered[trades["instrument"]]
    return trades[after & (trades["liquidity"] == Liquidity.AUCTION)]


def meant_by(change: np.void, listings: np.ndarray) -> np.ndarray:
    """Return the numbers of the instruments that a PHASE_CHANGED report speaks of."""
    if change["instrument"] != EVERY_INSTRUMENT:
        return np.array([change["instrument"]])
    schedules = change["quantity"]
    return np.flatnonzero((schedules == 0) | (schedules >> listings["schedule"] & 1))


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

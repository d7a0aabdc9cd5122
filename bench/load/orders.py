"""A seeded flow of limit orders around the previous closes, some of which are canceled again."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.dice import Dice
from bench.workload import PLAIN
from engine.instruments import load_listings
from engine.listings import listed
from protocol.calendar import to_date
from protocol.messages import LoginAccepted
from protocol.mistake import Mistake
from protocol.records import COMMAND
from protocol.vocabulary import CommandKind, Side

TICKS = 10
"""An order's price is at most so many ticks from the previous close, either way."""

LOTS = 5
"""Its quantity is at most so often the least that may be ordered."""

LAG = 64
"""A cancel is of an order behind the previous close which came at most so many requests before it,
or of the last one before those."""


class Market(NamedTuple):
    """The instruments to trade: their numbers at the venue, and their LISTED rows."""

    numbers: np.ndarray
    listings: np.ndarray


def market_of(path: Path, accepted: LoginAccepted) -> Market:
    """Return the instruments of a CSV file that the venue lists; raises Mistake if none is."""
    instruments, commands = load_listings(path, to_date(accepted.business_date))
    places = {symbol: number for number, symbol in enumerate(accepted.instruments)}
    numbers = np.array([places.get(one.symbol, -1) for one in instruments])
    if (numbers < 0).all():
        raise Mistake(
            f"{path}: the venue lists none of these instruments; name its own file by --instruments"
        )
    return Market(numbers[numbers >= 0], listed(commands)[numbers >= 0])


def make_orders(
    dice: Dice, market: Market, accounts: Sequence[int], count: int, cancels: int
) -> np.ndarray:
    """Return COMMAND rows of one session with client_seq 1, 2, 3, ...

    `accounts` are the first and the last that it may use; `cancels` percent of the requests take an
    earlier order back.
    """
    rows = np.zeros(count, COMMAND)
    place = dice.below(len(market.numbers), count)
    listing = market.listings[place]
    first, last = accounts
    away = dice.below(2 * TICKS + 1, count) - TICKS
    price = listing["previous_close"] + away * listing["tick"]
    rows["kind"] = CommandKind.ENTER_ORDER
    rows["client_seq"] = np.arange(1, count + 1)
    rows["instrument"] = market.numbers[place]
    rows["side"] = dice.below(2, count)
    rests = np.where(rows["side"] == Side.BUY, away < 0, away > 0)
    rows["account"] = first + dice.below(last - first + 1, count)
    rows["price"] = np.clip(price, listing["lower_limit"], listing["upper_limit"])
    rows["quantity"] = listing["quantity_min"] * (1 + dice.below(LOTS, count))
    return with_cancels(dice, rows, rests, cancels)


def with_cancels(dice: Dice, orders: np.ndarray, rests: np.ndarray, percent: int) -> np.ndarray:
    """Return the rows with so many percent of them made cancels, never the first."""
    count = len(orders)
    place = np.arange(count)
    is_cancel = dice.happens(percent, count, out_of=100) & (place > 0)
    last_resting = np.maximum.accumulate(np.where(rests & ~is_cancel, place, 0))
    target = last_resting[np.maximum(place - 1 - dice.below(LAG, count), 0)]
    cancels = np.zeros(np.count_nonzero(is_cancel), COMMAND)
    cancels["kind"] = CommandKind.CANCEL_ORDER
    cancels["client_seq"] = orders["client_seq"][is_cancel]
    cancels["of_client_seq"] = 1 + target[is_cancel]
    rows = orders.view(PLAIN).copy()
    rows[is_cancel] = cancels.view(PLAIN)
    return rows.view(COMMAND)

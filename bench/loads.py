"""Orders of many users, as frames that are ready to be sent."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.child import PASSWORD, accounts_of
from engine.listings import LISTED
from protocol.codec import encode
from protocol.messages import CommandBatch, EnterOrder
from protocol.records import COMMAND
from protocol.vocabulary import CommandKind, Side

PIECE_ORDERS = 2_000
QUANTITY = 200
TICKS_PASSIVE, TICKS_AGGRESSIVE = 15, 12
"""How far orders are from the last close: behind it, or across it."""

CNY_TICK = 100


class Load(NamedTuple):
    """What one user sends: whole frames in pieces, and how many orders stand in each piece."""

    user: str
    password: str
    pieces: list[bytes]
    orders: list[int]


def make_loads(
    listings: np.ndarray, symbols: Sequence[str], sessions: int, orders: int, batch: int
) -> list[Load]:
    """Return the loads of the users terminal1, terminal2, ..., with so many orders together.

    With a `batch` of 1 each order is a readable message, else so many are in a frame.
    """
    each = orders // sessions
    loads = []
    for number in range(1, sessions + 1):
        rows = rows_of_user(listings, number, each)
        frames = readable(rows, symbols) if batch == 1 else packed(rows, batch)
        frames_each = max(1, PIECE_ORDERS // batch)
        starts = range(0, len(frames), frames_each)
        pieces = [b"".join(frames[start : start + frames_each]) for start in starts]
        counts = [min(frames_each * batch, each - start * batch) for start in starts]
        loads.append(Load(f"terminal{number}", PASSWORD, pieces, counts))
    return loads


def rows_of_user(listings: np.ndarray, seed: int, count: int) -> np.ndarray:
    """Return COMMAND rows that enter orders of both sides around the last closes of stocks.

    `listings` are LISTED rows; some two of three orders come to trade.
    """
    assert listings.dtype == LISTED
    dice = np.random.default_rng(seed)
    stocks = np.flatnonzero(listings["tick"] == CNY_TICK)
    rows = np.zeros(count, COMMAND)
    rows["kind"] = CommandKind.ENTER_ORDER
    rows["client_seq"] = np.arange(1, count + 1)
    rows["account"] = dice.choice(accounts_of(1), count)
    rows["instrument"] = stocks[dice.integers(0, len(stocks), count)]
    rows["side"] = dice.integers(0, 2, count)
    rows["quantity"] = QUANTITY
    ticks = dice.integers(-TICKS_PASSIVE, TICKS_AGGRESSIVE, count)
    aggressive = np.where(rows["side"] == Side.BUY, ticks, -ticks)
    closes = listings["previous_close"][rows["instrument"]]
    rows["price"] = closes + CNY_TICK * aggressive
    return rows


def packed(rows: np.ndarray, batch: int) -> list[bytes]:
    return [
        encode(CommandBatch(rows[start : start + batch].tobytes()))
        for start in range(0, len(rows), batch)
    ]


def readable(rows: np.ndarray, symbols: Sequence[str]) -> list[bytes]:
    names = ["client_seq", "account", "instrument", "side", "price", "quantity"]
    return [
        encode(EnterOrder(seq, account, symbols[instrument], Side(side), price, quantity))
        for seq, account, instrument, side, price, quantity in rows[names].tolist()
    ]

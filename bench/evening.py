"""Orders at the closing price, which follow a day's flow between the close and 15:30.

How many there are on real days, and how far they give way, is a guess: no recorded day has any.
"""

from itertools import pairwise

import numpy as np

from bench.dice import Dice
from bench.windows import SECOND
from bench.workload import PPM, Flow, numbered
from engine.phases import RULES, TIMETABLE
from protocol.records import COMMAND, join
from protocol.vocabulary import NONE, CommandKind, OrderType, Reject, Side

SPANS = [
    (begin, end)
    for begin, end in pairwise(TIMETABLE)
    if RULES[begin.phase].takes_fixed and not RULES[begin.phase].takes_orders
]
"""The phases that take nothing else."""

GIVES = 30_000
WANTS = 5_000
"""How many ppm an order's limit is at most better, and worse, than the last price of the flow."""

LOTS_MAX = 20


def with_evening(
    flow: Flow, instruments: np.ndarray, accounts: np.ndarray, orders: int, seed: int
) -> Flow:
    """Return a flow with about so many fixed-price orders behind it, where the rules allow any.

    The arguments are those of `workload`.  An order whose limit turns out worse than the closing
    price is refused, or canceled once trading begins, which no flow without a book can foresee.
    """
    dice = Dice(seed)
    allowed = np.flatnonzero(instruments["order_types"] >> OrderType.FIXED_PRICE & 1)
    each = orders // len(SPANS) if len(allowed) else 0
    parts, phases, start = [flow.rows], list(flow.phases), len(flow.rows)
    for begin, end in SPANS:
        rows = fixed_orders(dice, flow, instruments, allowed, accounts, each)
        time = begin.second * SECOND + dice.below((end.second - begin.second) * SECOND, each)
        rows["time"] = np.sort(time) * 1000
        parts.append(rows)
        phases.append((begin.phase, slice(start, start + each)))
        start += each
    rows = join(parts)
    rows["client_seq"] = numbered(rows["session"])
    more = start - len(flow.rows)
    targets = np.append(flow.targets, np.full(more, NONE))
    reasons = np.append(flow.reasons, np.full(more, Reject.NOTHING, np.int8))
    return Flow(rows, targets, reasons, tuple(phases))


def fixed_orders(
    dice: Dice,
    flow: Flow,
    instruments: np.ndarray,
    allowed: np.ndarray,
    accounts: np.ndarray,
    count: int,
) -> np.ndarray:
    """Return COMMAND rows of fixed-price orders in the instruments `allowed`, by number."""
    rows = np.zeros(count, COMMAND)
    rows["kind"] = CommandKind.ENTER_ORDER
    rows["order_type"] = OrderType.FIXED_PRICE
    rows["instrument"] = allowed[dice.below(len(allowed), count)]
    rows["side"] = dice.below(2, count)
    listing = instruments[rows["instrument"]]
    lots = 1 + dice.below(LOTS_MAX, count)
    rows["quantity"] = np.minimum(lots * listing["quantity_min"], listing["quantity_max_fixed"])
    price = last_prices(flow, instruments)[rows["instrument"]]
    gives = price * (dice.below(GIVES + WANTS, count) - WANTS) // PPM
    price = np.where(rows["side"] == Side.BUY, price + gives, price - gives)
    on_tick = price // listing["tick"] * listing["tick"]
    rows["price"] = np.clip(on_tick, listing["lower_limit"], listing["upper_limit"])
    rows["session"] = 1 + dice.below(len(accounts), count)
    first, last = accounts[rows["session"] - 1].T
    rows["account"] = first + dice.below(last - first + 1, count)
    return rows


def last_prices(flow: Flow, instruments: np.ndarray) -> np.ndarray:
    """Return the price of each instrument's last limit order, or else its previous close."""
    prices = instruments["previous_close"].copy()
    entered = flow.rows["kind"] == CommandKind.ENTER_ORDER
    is_good = entered & (flow.rows["order_type"] == OrderType.LIMIT) & (flow.reasons == 0)
    prices[flow.rows["instrument"][is_good]] = flow.rows["price"][is_good]
    return prices

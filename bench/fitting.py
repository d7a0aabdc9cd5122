"""How well the order flow fits real days: `python -m bench.fitting DAY.csv.gz...` prints a table.

A day is an events file of format "sse" (bench/events.py) of one instrument; beside each stands a
flow of as many orders at its price.  Both pass through the same plain book, which tells what a
list of orders cannot: which of them trade at once, how far behind the best price the others lie,
which cancels are late.
"""

import sys
from heapq import heappop, heappush
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.events import read_events
from bench.windows import CONTINUOUS, SECOND, trading_time, window_at
from bench.workload import Flow, workload
from engine.listings import LISTED
from protocol.units import apply_ratio
from protocol.vocabulary import NONE, OrderType, Reject, Side

TICK = 100
LOT = 100


class Day(NamedTuple):
    """One instrument's requests in order of arrival, as parallel arrays.

    `time` is µs after midnight in Shanghai, `price` 1/10000 yuan, `quantity` shares; `target` is
    for a cancel the index of its order, else NONE.
    """

    time: np.ndarray
    side: np.ndarray
    price: np.ndarray
    quantity: np.ndarray
    target: np.ndarray


def read_day(path: Path) -> Day:
    """Return the requests of an events file of format "sse"; raises EventsError."""
    places: dict[int, int] = {}
    rows = []
    for event in read_events(path, "sse"):
        if event.action == "UNCROSS":
            continue
        target = places[event.order_id] if event.action == "CANCEL" else NONE
        places.setdefault(event.order_id, len(rows))
        rows.append((event.time // 1000, event.side, event.price, event.quantity, target))
    return Day(*np.array(rows, np.int64).T)


def flow_like(day: Day, seed: int) -> Day:
    """Return a flow of as many orders, for one instrument at the same price."""
    orders = np.count_nonzero(day.target == NONE)
    close = int(np.median(day.price[day.target == NONE])) // TICK * TICK
    listing = np.zeros(1, LISTED)
    listing["order_types"] = 1 << OrderType.LIMIT
    listing["tick"] = TICK
    listing["quantity_min"] = listing["quantity_step"] = LOT
    listing["quantity_max"] = listing["quantity_max_market"] = 1_000_000
    listing["previous_close"] = close
    listing["lower_limit"] = apply_ratio(close, 9, 10, TICK)
    listing["upper_limit"] = apply_ratio(close, 11, 10, TICK)
    return day_of(workload(listing, terminals=1, orders=int(orders), seed=seed))


def day_of(flow: Flow, instrument: int = 0) -> Day:
    """Return a flow's requests for one instrument, without the mistaken ones."""
    entered = np.where(flow.targets == NONE, np.arange(len(flow.rows)), flow.targets)
    chosen = (flow.rows["instrument"][entered] == instrument) & (flow.reasons == Reject.NOTHING)
    target = np.where(flow.targets == NONE, NONE, (np.cumsum(chosen) - 1)[entered])
    rows = flow.rows
    fields = (rows["time"] // 1000, rows["side"], rows["price"], rows["quantity"], target)
    return Day(*(field[chosen].astype(np.int64) for field in fields))


class Book:
    """Price-time priority in its plainest form; orders are known by their place in the day."""

    def __init__(self, day: Day) -> None:
        self.price = day.price.tolist()
        self.leaves = day.quantity.tolist()
        self.queues: dict[int, list[tuple[int, int]]] = {Side.BUY: [], Side.SELL: []}

    def rest(self, side: int, place: int) -> None:
        """Put an order into its queue."""
        price = self.price[place]
        heappush(self.queues[side], (-price if side == Side.BUY else price, place))

    def best(self, side: int) -> int:
        """Return the place of the first order on a side, or NONE."""
        queue = self.queues[side]
        while queue and not self.leaves[queue[0][1]]:
            heappop(queue)
        return queue[0][1] if queue else NONE

    def best_price(self, side: int) -> int:
        """Return the best price on a side, 0 where there is none."""
        place = self.best(side)
        return 0 if place == NONE else self.price[place]

    def trade(self) -> int:
        """Trade while the best prices cross; return the quantity."""
        traded = 0
        while (buy := self.best(Side.BUY)) != NONE and (sell := self.best(Side.SELL)) != NONE:
            if self.price[buy] < self.price[sell]:
                break
            quantity = min(self.leaves[buy], self.leaves[sell])
            self.leaves[buy] -= quantity
            self.leaves[sell] -= quantity
            traded += quantity
        return traded


class Fate(NamedTuple):
    """What became of each request: parallel to the arrays of its Day.

    `bid` and `ask` are the best prices that an order met in continuous trading, else 0; `traded`
    is the quantity that it traded on arrival; `late` is 1 for a cancel that found nothing left.
    """

    bid: np.ndarray
    ask: np.ndarray
    traded: np.ndarray
    late: np.ndarray


def replay(day: Day) -> Fate:
    """Pass a day through a book; what the opening call crosses trades before the next request."""
    fate = Fate(*(np.zeros(len(day.time), np.int64) for _ in Fate._fields))
    book = Book(day)
    matches = CONTINUOUS[window_at(day.time)].tolist()
    requests = zip(day.side.tolist(), day.target.tolist(), matches, strict=True)
    for place, (side, target, is_matched) in enumerate(requests):
        if target != NONE:
            fate.late[place] = book.leaves[target] == 0
            book.leaves[target] = 0
            continue
        if is_matched:
            book.trade()
            fate.bid[place] = book.best_price(Side.BUY)
            fate.ask[place] = book.best_price(Side.SELL)
        book.rest(side, place)
        if is_matched:
            fate.traded[place] = book.trade()
    return fate


def measure(day: Day) -> dict[str, float]:
    """Return the statistics that the flow is fitted to, by name."""
    window = window_at(day.time)
    is_order = day.target == NONE
    is_trading = CONTINUOUS[window]
    fate = replay(day)
    shares = np.bincount(window[is_order], minlength=len(CONTINUOUS)) / is_order.sum() * 100
    return {
        "requests": len(day.time),
        "orders in the opening call, %": shares[0] + shares[1],
        "orders in the morning, %": shares[2],
        "orders in the afternoon, %": shares[3],
        "orders in the closing call, %": shares[4],
        **measure_arrivals(day.time[is_order & is_trading]),
        **measure_placing(day, fate, is_order & is_trading),
        **measure_lots(day.quantity[is_order & is_trading] / LOT),
        **measure_cancels(day, fate, ~is_order & is_trading),
    }


def measure_arrivals(time: np.ndarray) -> dict[str, float]:
    """Measure how orders crowd in time, from their times in µs."""
    return {
        "orders within 10 ms of the last, %": np.mean(np.diff(time) <= SECOND // 100) * 100,
        "variance to mean, orders in 1 s": dispersion(time, SECOND),
        "variance to mean, orders in 10 s": dispersion(time, 10 * SECOND),
    }


def dispersion(time: np.ndarray, width: int) -> float:
    """Return variance / mean of the counts per `width` µs: 1 where times are independent."""
    counts = np.bincount((time - time[0]) // width)
    return counts.var() / counts.mean()


def measure_placing(day: Day, fate: Fate, is_order: np.ndarray) -> dict[str, float]:
    """Measure where orders lie against the best prices that they met."""
    chosen = is_order & (fate.bid > 0) & (fate.ask > 0)
    bid, ask, traded = (field[chosen] for field in (fate.bid, fate.ask, fate.traded))
    price, is_buy = day.price[chosen], day.side[chosen] == Side.BUY
    behind = np.where(is_buy, bid - price, price - ask)[traded == 0] / bid[traded == 0] * 10_000
    low, high = np.quantile(bid, (0.01, 0.99))
    return {
        "orders that trade at once, %": np.mean(traded > 0) * 100,
        "others at the best price or better, %": np.mean(behind <= 0) * 100,
        "others up to 100 bp behind it, %": np.mean((behind > 0) & (behind <= 100)) * 100,
        "others further behind, %": np.mean(behind > 100) * 100,
        "spread, median, bp": np.median((ask - bid) / bid) * 10_000,
        "best bid, 1st to 99th percentile, bp": (high - low) / low * 10_000,
    }


def measure_lots(lots: np.ndarray) -> dict[str, float]:
    """Measure how large orders are."""
    return {
        "orders of one lot, %": np.mean(lots == 1) * 100,
        "lots per order, mean": lots.mean(),
        "lots per order, 99th percentile": np.quantile(lots, 0.99),
        "orders of 10 lots or more in whole tens, %": np.mean(lots[lots >= 10] % 10 == 0) * 100,
        "orders that are no whole lots, %": np.mean(lots % 1 > 0) * 100,
    }


def measure_cancels(day: Day, fate: Fate, is_cancel: np.ndarray) -> dict[str, float]:
    """Measure how many orders are canceled, and after how much trading time."""
    entered = day.time[day.target[is_cancel]]
    delay = (trading_time(day.time[is_cancel]) - trading_time(entered)) / SECOND
    lower, median, upper = np.quantile(delay, (0.25, 0.5, 0.75))
    requests = np.count_nonzero(CONTINUOUS[window_at(day.time)])
    return {
        "cancels among requests, %": is_cancel.sum() / requests * 100,
        "cancels that come too late, %": fate.late[is_cancel].mean() * 100,
        "delay of cancels, lower quartile, s": lower,
        "delay of cancels, median, s": median,
        "delay of cancels, upper quartile, s": upper,
    }


def main(paths: list[str]) -> None:
    """Print the statistics of each day and, beside it, of the flow that is like it."""
    days = [read_day(Path(path)) for path in paths]
    columns = [measure(each) for day in days for each in (day, flow_like(day, seed=1))]
    names = [name for path in paths for name in (Path(path).name[:6], "flow")]
    print(" " * 42, *(f"{name:>8}" for name in names))
    for name in columns[0]:
        print(f"{name:42}", *(f"{column[name]:8.1f}" for column in columns))


if __name__ == "__main__":
    main(sys.argv[1:])

"""A day of orders and cancels from a seed: the flow that demo, tests and benchmarks share.

The flow knows no book.  Each instrument has a reference price that walks with its orders; prices
lie at fitted distances around it, and cancels follow at fitted delays, so that some come too late.

The same seed gives the same bytes on every machine: all chance comes from bench.dice, and all
that is made of it is integer arithmetic and stable sorting.

Fitted to two days of the Shanghai exchange, 601825 on 2023-07-11 at 5.48 yuan and 600519 on
2023-02-01 at 1,850 yuan; as bench.fitting prints it, beside flows of as many orders at their price:

    in continuous trading, one instrument      601825     flow   600519     flow
    orders within 10 ms of the last, %           28.3     20.0     14.3     22.8
    variance to mean, orders in 1 s              13.5      5.9      5.4      7.9
    orders that trade at once, %                 48.5     39.4     35.6     36.0
    others at the best price or better, %        67.7     48.2     45.9      8.3
    others more than 100 bp behind it, %          9.5      8.9      7.8      8.7
    spread, median, bp                           18.3     18.3      3.8      1.9
    orders of one lot, %                         23.1     22.3     79.1     78.9
    lots per order, mean                         27.3     27.4      1.7      1.7
    cancels among requests, %                    19.5     21.6     21.8     21.6
    cancels that come too late, %                   -     25.0        -     32.1
    delay of cancels, median, s                 150.3     48.2     22.9     48.5

What fits badly follows from knowing no book: few orders join the best price where ticks are fine,
and a quarter to a third of the cancels come too late; the feed shows no such cancel at all.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bench.dice import Dice
from bench.windows import (
    BEGINS,
    CONTINUOUS,
    DAY,
    ENDS,
    PHASES,
    SECOND,
    TRADED,
    clock_time,
    microseconds,
    trading_time,
    window_at,
)
from protocol.records import COMMAND
from protocol.vocabulary import NONE, CommandKind, OrderType, Phase, Reject, Side, TimeInForce

PPM = 1_000_000
"""Distances are millionths of the reference price: a basis point is 100 of them."""

# fmt: off
ARRIVALS = (
    (0, "09:15:00"), (14, "09:15:01"), (205, "09:15:05"), (485, "09:15:20"), (550, "09:20:00"),
    (620, "09:24:00"), (650, "09:25:00"), (650, "09:30:00"), (664, "09:30:02"), (790, "09:30:10"),
    (930, "09:31:00"), (1010, "09:32:00"), (1200, "09:35:00"), (1800, "09:45:00"),
    (2500, "10:00:00"), (3840, "10:30:00"), (5100, "11:00:00"), (5830, "11:30:00"),
    (5830, "13:00:00"), (5890, "13:00:05"), (6660, "13:30:00"), (7450, "14:00:00"),
    (8650, "14:30:00"), (9940, "14:57:00"), (9950, "14:57:10"), (10_000, "15:00:00"),
)
"""Orders out of 10,000 that have come by this time: the mean of the two days."""

OPENING = (
    (0, -104_000), (30, -90_000), (60, -18_000), (100, -3_000), (140, 0), (250, 4_000),
    (350, 10_000), (500, 20_000), (600, 29_000), (700, 39_000), (800, 63_000), (850, 93_000),
    (1000, 105_000),
)
"""How far orders of the opening call stay behind the reference price; negative: they cross it.
Quantiles out of 1,000, blended from both days around the auction's price."""

TRADING = (
    (0, -1_000), (20, -720), (60, -450), (160, -310), (300, -220), (400, -150), (430, 0),
    (431, 150), (500, 220), (580, 320), (650, 450), (720, 650), (800, 1_100), (850, 1_900),
    (900, 4_500), (950, 10_300), (980, 25_000), (995, 92_000), (1000, 103_000),
)
"""The same in continuous trading, measured from the middle of the best prices; up to 10 bp widened,
since the flow's best prices lie closer, until as many orders trade at once as on the days."""

CLOSING = (
    (0, -99_600), (80, -60_000), (200, -25_000), (300, -18_000), (420, -3_000), (590, 0),
    (750, 1_000), (900, 3_500), (970, 15_000), (1000, 40_000),
)
"""The same in the closing call, around the auction's price."""

CHEAP_SIZES = (
    (0, 1), (225, 2), (330, 3), (400, 4), (460, 5), (510, 6), (555, 7), (600, 9), (640, 10),
    (700, 14), (750, 19), (800, 26), (900, 56), (950, 105), (980, 210), (990, 360), (999, 1_500),
    (1000, 3_000),
)
"""Lots per order where a lot is cheap, quantiles out of 1,000: both sides of 601825."""

DEAR_SIZES = (
    (0, 1), (790, 2), (895, 3), (925, 4), (950, 5), (970, 6), (985, 10), (992, 15), (999, 46),
    (1000, 100),
)
"""The same where a lot is dear: both sides of 600519."""

DELAYS = (
    (0, 50), (50, 1_500), (100, 4_000), (250, 13_000), (400, 32_000), (500, 60_000),
    (600, 150_000), (700, 330_000), (800, 900_000), (900, 4_500_000), (950, 8_000_000),
    (1000, 14_200_000),
)
"""Milliseconds of trading time until the cancel, quantiles out of 1,000: both days blended."""

CANCELED = ((0, 15), (500, 380), (1_500, 580), (10_000, 650), (20_000, 450), (PPM, 220))
"""Placed up to this distance, so many out of 1,000 orders are to be canceled: a little more than
on the days, which cannot show the cancels that came too late."""
# fmt: on

CANCELED_CALL = 260
"""The same for orders of the opening call, once continuous trading has begun: 180 and 280."""

CANCELED_EARLY = 20
"""The same for orders of the opening call while it still takes cancels: 3 and 34."""

BURSTS = ((20, 240, SECOND), (300, 220, SECOND // 100))
"""Out of 1,000 orders so many lead a burst, so many join the last, within µs: programs that slice
an order over seconds, and orders of one moment (10 ms in the feed).  Fitted to the share of gaps
up to 10 ms and to the variance of the counts per second and per 10 seconds."""

MOMENT = SECOND // 100
ALIKE = 850
"""Out of 1,000 orders within a MOMENT of the last, those that take its side: 780 and 960."""

BUYS = 540
"""Out of 1,000 orders: 512 and 579."""

STEP = 90
"""Per order the reference price moves by up to so many ppm: 40 and 60 of standard deviation."""

OVERNIGHT = 10_000
"""Between the days it moves by up to so many ppm: a guess, since two days say little."""

DEAR = 20_000 * 10_000
"""From 20,000 yuan on a lot is dear; one of 601825 cost 550, one of 600519 185,000."""

TENS = 10 ** np.arange(7)
ROUND = 370
"""Out of 1,000 orders of ten lots and more, those cut to their leading digit."""

FLATTEN = 5
"""Activity follows 1 / (rank + FLATTEN), Zipf's law with a flatter head: a guess."""

ODD_SELLS = 2
"""Out of 1,000 sells, those that are no whole lots: 2 on both days."""

IMMEDIATE = 20
"""Out of 1,000 orders that cross the reference price, those that may not rest: a guess, since the
feed shows such orders only by what they traded."""

MISTAKES = (
    Reject.UNKNOWN_INSTRUMENT,
    Reject.ACCOUNT_NOT_ADMITTED,
    Reject.QUANTITY_NOT_IN_LOTS,
    Reject.PRICE_NOT_ON_TICK,
    Reject.PRICE_OUTSIDE_LIMITS,
)
"""What a mistaken order gets wrong, each as often as the others."""

PRICED = (OrderType.LIMIT, OrderType.FIXED_PRICE)
MARKET_TYPES = tuple(kind for kind in OrderType if kind not in PRICED)

PLAIN = np.dtype((np.void, COMMAND.itemsize))
"""A COMMAND row as bytes: numpy copies a union field by field, most bytes many times over."""


class Flow(NamedTuple):
    """A day's requests in order of arrival, as parallel arrays.

    `rows` are COMMAND rows of kinds ENTER_ORDER and CANCEL_ORDER whose `time` is ns after midnight
    in Shanghai.  `targets` (i8) holds for a cancel the index of the row that entered its order,
    else NONE; the cancel's `order_number` is NONE until the venue has numbered that order.
    `reasons` (i1) is the Reject that a row is made to meet, NOTHING for nearly all.  `phases`
    holds each Phase that takes orders with the slice of its rows, in order of the day.
    """

    rows: np.ndarray
    targets: np.ndarray
    reasons: np.ndarray
    phases: tuple[tuple[Phase, slice], ...]

    def resolved(self) -> np.ndarray:
        """Return the rows with the order numbers of a venue that takes them all in this order.

        A venue whose rules have a cage does not: there cancels need the numbers that it reports.
        """
        rows = self.rows.view(PLAIN).copy().view(COMMAND)
        is_accepted = (self.targets == NONE) & (self.reasons == Reject.NOTHING)
        is_cancel = self.targets != NONE
        rows["order_number"][is_cancel] = np.cumsum(is_accepted)[self.targets[is_cancel]]
        return rows


def workload(
    instruments: np.ndarray,
    terminals: int,
    orders: int,
    seed: int,
    accounts: np.ndarray | None = None,
    mistakes: float = 0.005,
    market_orders: float = 0.02,
) -> Flow:
    """Return a day of `orders` orders, with the cancels of about a quarter of them on top.

    `instruments` are LISTED rows (engine/listings.py), the busiest first, with limits on tick.
    `accounts` has a row (first, last) per terminal; without it terminal t acts for the thousand
    from 1000 t on.  `mistakes` is the share of orders that the venue must refuse.
    `market_orders` is the share of market orders among those that cross the reference price, where
    the rules allow any: of each type as many, without protection prices, and never canceled.  How
    many there are on real days the feed does not show.

    Where the rules have a cage the venue refuses a few orders more, which no flow without a book
    can foresee.
    """
    if accounts is None:
        accounts = np.arange(1, terminals + 1)[:, None] * 1000 + [0, 999]
    assert orders > 0, "a day without orders has no flow"
    assert len(accounts) == terminals, "each terminal has its accounts"
    assert (instruments["tick"] > 1).all(), "no price is off a tick of 1"
    assert (instruments["quantity_min"] > 1).all(), "no quantity is under a lot of 1"
    dice = Dice(seed)
    instrument, time = arrivals(dice, len(instruments), orders)
    window = window_at(time)
    listing = instruments[instrument]
    rows = np.zeros(orders, COMMAND)
    rows["kind"] = CommandKind.ENTER_ORDER
    rows["time"] = time * 1000
    rows["instrument"] = instrument
    rows["side"] = sides(dice, instrument, time)
    rows["quantity"] = quantities(dice, listing, rows["side"])
    distance = distances(dice, PHASES[window])
    reference = references(dice, instruments, instrument)
    rows["price"] = prices(listing, reference, rows["side"], distance)
    rows["session"] = 1 + dice.below(terminals, orders)
    first, last = accounts[rows["session"] - 1].T
    rows["account"] = first + dice.below(last - first + 1, orders)
    crosses = CONTINUOUS[window] & (distance < 0)
    rows["time_in_force"] = crosses & dice.happens(IMMEDIATE, orders)
    reasons = spoil(dice, rows, instruments, accounts, mistakes)
    canceled = cancels(dice, window, time, distance)
    make_market(dice, rows, listing, crosses & (reasons == Reject.NOTHING), market_orders)
    may_rest = (rows["time_in_force"] == TimeInForce.DAY) & (rows["order_type"] == OrderType.LIMIT)
    canceled[~may_rest | (reasons != Reject.NOTHING)] = NONE
    return interleave(rows, reasons, canceled)


def arrivals(dice: Dice, instruments: int, orders: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the instrument and the time of each order, sorted by instrument, then time.

    One integer holds both while they are sorted.
    """
    weights = np.cumsum(PPM // (np.arange(1, instruments + 1) + FLATTEN))
    instrument = np.searchsorted(weights, dice.below(int(weights[-1]), orders), side="right")
    knots = [(share, microseconds(clock)) for share, clock in ARRIVALS]
    moments = instrument * DAY + dice.quantiles(knots, orders)
    for lead, join, within in BURSTS:
        moments.sort()
        moments = burst(dice, moments, lead, join, within)
    moments.sort()
    return np.divmod(moments, DAY)


def burst(dice: Dice, moments: np.ndarray, lead: int, join: int, within: int) -> np.ndarray:
    """Move orders behind a leader before them, in the same instrument and window."""
    count = len(moments)
    places = np.arange(count)
    leader = moments[np.maximum.accumulate(places * dice.happens(lead, count))]
    moved = leader + dice.below(within, count)
    joins = dice.happens(join, count) & (leader // DAY == moments // DAY)
    window = window_at(moments % DAY)
    joins &= (window_at(leader % DAY) == window) & (moved % DAY < ENDS[window])
    return np.where(joins, moved, moments)


def sides(dice: Dice, instrument: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return each order's side: a toss, or the side of the order a moment before."""
    count = len(time)
    follows = np.zeros(count, bool)
    follows[1:] = (np.diff(instrument) == 0) & (np.diff(time) <= MOMENT)
    tossed = ~follows | ~dice.happens(ALIKE, count)
    toss = np.where(dice.happens(BUYS, count), Side.BUY, Side.SELL)
    return toss[np.maximum.accumulate(np.arange(count) * tossed)]


def quantities(dice: Dice, listing: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return each order's quantity in shares: multiples of the least, but for a few sells."""
    count = len(side)
    least = listing["quantity_min"]
    is_dear = listing["previous_close"] * least >= DEAR
    cheap, dear = dice.quantiles(CHEAP_SIZES, count), dice.quantiles(DEAR_SIZES, count)
    lots = np.where(is_dear, dear, cheap)
    leading = TENS[np.searchsorted(TENS, lots, side="right") - 1]
    lots -= lots % leading * dice.happens(ROUND, count)
    whole = np.minimum(lots, listing["quantity_max"] // least) * least
    is_odd = (side == Side.SELL) & dice.happens(ODD_SELLS, count)
    return whole - is_odd * (1 + dice.below(least - 1, count))


def distances(dice: Dice, phase: np.ndarray) -> np.ndarray:
    """Return how far behind the reference price each order is placed, in ppm."""
    distance = dice.quantiles(TRADING, len(phase))
    is_opening = (phase == Phase.OPENING_CALL) | (phase == Phase.OPENING_CALL_LOCKED)
    is_closing = phase == Phase.CLOSING_CALL
    distance[is_opening] = dice.quantiles(OPENING, np.count_nonzero(is_opening))
    distance[is_closing] = dice.quantiles(CLOSING, np.count_nonzero(is_closing))
    return distance


def references(dice: Dice, instruments: np.ndarray, instrument: np.ndarray) -> np.ndarray:
    """Return the reference price at each order, in 1/10000 yuan.

    It walks with the instrument's orders and turns back halfway to the nearer limit.
    """
    count = len(instrument)
    opening = dice.below(2 * OVERNIGHT + 1, len(instruments)) - OVERNIGHT
    walk = np.cumsum(dice.below(2 * STEP + 1, count) - STEP)
    first = np.searchsorted(instrument, np.arange(len(instruments)))
    begin = walk[np.minimum(first, count - 1)]
    close = instruments["previous_close"]
    room = np.minimum(close - instruments["lower_limit"], instruments["upper_limit"] - close)
    turn = np.maximum(room * PPM // (2 * close), 1)[instrument]
    drift = walk + (opening - begin)[instrument]
    folded = turn - np.abs((drift + turn) % (4 * turn) - 2 * turn)
    return close[instrument] + close[instrument] * folded // PPM


def prices(
    listing: np.ndarray, reference: np.ndarray, side: np.ndarray, distance: np.ndarray
) -> np.ndarray:
    """Return each order's price in 1/10000 yuan, on tick, rounded away from the reference."""
    behind = reference * distance // PPM
    exact = reference + np.where(side == Side.BUY, -behind, behind)
    rounds_up = (side == Side.BUY) != (distance >= 0)
    ticks = np.where(rounds_up, -(-exact // listing["tick"]), exact // listing["tick"])
    return np.clip(ticks * listing["tick"], listing["lower_limit"], listing["upper_limit"])


def spoil(
    dice: Dice, rows: np.ndarray, instruments: np.ndarray, accounts: np.ndarray, share: float
) -> np.ndarray:
    """Put a mistake into a share of the rows; return the Reject that each row is to meet."""
    is_wrong = dice.happens(int(share * PPM), len(rows), out_of=PPM)
    reasons = np.array(MISTAKES, np.int8)[dice.below(len(MISTAKES), len(rows))] * is_wrong
    wrong = np.flatnonzero(is_wrong)
    listing, orders = instruments[rows["instrument"][wrong]], taken(rows, wrong)
    beyond = listing["upper_limit"] + listing["tick"]
    for reason, field, values in (
        (Reject.UNKNOWN_INSTRUMENT, "instrument", len(instruments) + orders["instrument"]),
        (Reject.ACCOUNT_NOT_ADMITTED, "account", accounts.max() + orders["session"]),
        (Reject.QUANTITY_NOT_IN_LOTS, "quantity", listing["quantity_min"] - 1),
        (Reject.QUANTITY_NOT_IN_LOTS, "side", np.full(len(wrong), Side.BUY)),
        (Reject.PRICE_NOT_ON_TICK, "price", orders["price"] + 1),
        (Reject.PRICE_OUTSIDE_LIMITS, "price", beyond),
    ):
        meets = reasons[wrong] == reason
        rows[field][wrong[meets]] = values[meets]
    return reasons


def make_market(
    dice: Dice, rows: np.ndarray, listing: np.ndarray, may_be: np.ndarray, share: float
) -> None:
    """Make market orders of a share of those rows that may be: any that their rules allow."""
    allowed = listing["order_types"][:, None] >> np.array(MARKET_TYPES) & 1
    is_made = may_be & dice.happens(int(share * PPM), len(rows), out_of=PPM) & allowed.any(axis=1)
    place = dice.below(np.maximum(allowed.sum(axis=1), 1), len(rows))
    drawn = (np.cumsum(allowed, axis=1) > place[:, None]).argmax(axis=1)
    most = listing["quantity_max_market"]
    rows["order_type"][is_made] = np.array(MARKET_TYPES)[drawn][is_made]
    rows["time_in_force"][is_made] = TimeInForce.DAY
    rows["price"][is_made] = 0
    rows["quantity"][is_made] = np.minimum(rows["quantity"], most)[is_made]


def cancels(dice: Dice, window: np.ndarray, time: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return when each order is to be canceled, or NONE.

    Delays pass in trading time; what would fall past its end is not sent.
    """
    count = len(time)
    bounds, chances = np.array(CANCELED).T
    chance = chances[np.searchsorted(bounds, distance)]
    chance = np.where(trading_time(time) > 0, chance, CANCELED_CALL)
    due = trading_time(time) + dice.quantiles(DELAYS, count) * 1000
    is_canceled = dice.happens(chance, count) & (due < TRADED[-1])
    at = np.where(is_canceled, clock_time(due), NONE)
    is_early = (PHASES[window] == Phase.OPENING_CALL) & dice.happens(CANCELED_EARLY, count)
    return np.where(is_early, time + dice.below(ENDS[window] - time, count), at)


def taken(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the COMMAND rows at `places`."""
    return rows.view(PLAIN)[places].view(COMMAND)


def interleave(orders: np.ndarray, reasons: np.ndarray, canceled: np.ndarray) -> Flow:
    """Put orders and their cancels into order of arrival and number them per session."""
    entered = np.flatnonzero(canceled != NONE)
    requests = np.zeros(len(entered), COMMAND)
    requests["kind"] = CommandKind.CANCEL_ORDER
    requests["time"] = canceled[entered] * 1000
    requests["session"] = orders["session"][entered]
    requests["order_number"] = NONE
    rows = np.concatenate((orders.view(PLAIN), requests.view(PLAIN))).view(COMMAND)
    arrival = np.argsort(rows["time"], kind="stable")
    place = np.empty(len(rows), np.int64)
    place[arrival] = np.arange(len(rows))
    targets = np.full(len(rows), NONE, np.int64)
    targets[place[len(orders) :]] = place[entered]
    expected = np.zeros(len(rows), np.int8)
    expected[place[: len(orders)]] = reasons
    rows = taken(rows, arrival)
    rows["client_seq"] = numbered(rows["session"])
    bounds = [*np.searchsorted(rows["time"], BEGINS * 1000).tolist(), len(rows)]
    phases = [
        (Phase(phase), slice(*pair)) for phase, pair in zip(PHASES, pairwise(bounds), strict=True)
    ]
    return Flow(rows, targets, expected, tuple(phases))


def numbered(session: np.ndarray) -> np.ndarray:
    """Return 1, 2, 3... for the rows of each session."""
    by_session = np.argsort(session, kind="stable")
    ordered = session[by_session]
    numbers = np.empty(len(session), np.int64)
    numbers[by_session] = 1 + np.arange(len(session)) - np.searchsorted(ordered, ordered)
    return numbers
